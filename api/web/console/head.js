/**
 * The head of the page: what time it is at the store, how fresh everything is, and how it stands.
 */

import { byId, el, fill, setAttribute, setText } from "../shared/dom.js";
import { languageChoice } from "../shared/language.js";
import { clockSeconds, now, skewMs, span } from "../shared/times.js";
import { onLanguage, t } from "../shared/words.js";
import { announce } from "./announce.js";
import { leave } from "./gate.js";
import { isOpen } from "./standing.js";
import { VIEWS, isPlacing, onSide, onView, placeOrder, view } from "./shell.js";

/** Fills the head, and keeps it up to date; `city` is its name. */
export function startHead(model, { city, canPlace }) {
  const parts = headOf(model, city, canPlace);
  fill(byId("head"), Object.values(parts));
  const tick = () => {
    setText(parts.clock, clockSeconds(now()));
    showState(parts.state, model);
  };
  const all = () => {
    fill(byId("head"), Object.values(Object.assign(parts, headOf(model, city, canPlace))));
    tick();
    counts(parts.counts, model);
  };
  onLanguage(all);
  onView(() => showTabs(parts.tabs));
  onSide(() => setAttribute(parts.place, "aria-pressed", String(isPlacing())));
  model.on("tick", tick);
  model.on("live", () => {
    tick();
    announce(model.isLive() ? t("console.live_again") : t("console.stale_now"));
  });
  const count = () => counts(parts.counts, model);
  for (const part of ["orders", "breaches", "couriers"]) model.on(part, count);
  all();
}

function headOf(model, city, canPlace) {
  const press = () => placeOrder(!isPlacing());
  const about = {
    place: { type: "button", class: "primary", hidden: !canPlace, "aria-pressed": "false", on: { click: press } },
    leave: { type: "button", class: "quiet", hidden: model.me.csrf === null, on: { click: leave } },
  };
  return {
    title: el("h1", {}, t("console.name"), el("span", { class: "told" }, city)),
    tabs: showTabs(el("nav", { class: "tabs", "aria-label": t("console.views") }, VIEWS.map(tab))),
    clock: el("time", { class: "clock", title: t("console.clock") }),
    state: el("p", { class: "state" }),
    counts: el("ul", { class: "counts", "aria-label": t("console.counts") }),
    place: el("button", about.place, t("console.new_order")),
    language: languageChoice(),
    leave: el("button", about.leave, t("console.sign_out")),
  };
}

function tab(name) {
  return el("a", { href: `#${name}`, data: { view: name } }, t(`console.view_${name}`));
}

function showTabs(nav) {
  for (const link of nav.children) setAttribute(link, "aria-current", link.dataset.view === view() ? "page" : null);
  return nav;
}

function showState(node, model) {
  const live = model.isLive();
  node.className = live ? "state live" : "state stale";
  const skew = skewMs();
  const words = live ? t("console.live") : t("console.stale", { age: span(Math.round(model.ageMs() / 1000)) });
  setText(node, words);
  setAttribute(node, "title", skew ? t("console.skew", { by: span(Math.round(skew / 1000)) }) : null);
}

function counts(list, model) {
  const open = model.orders().filter(isOpen);
  const breaches = model.breaches();
  const about = [
    ["open", open.length],
    ["urgent", open.filter((order) => order.service === "urgent").length],
    ["foreseen", breaches.filter(({ kind }) => kind === "foreseen").length],
    ["late", breaches.filter(({ kind }) => kind === "late").length],
    ["couriers", model.couriers().filter((courier) => isAtWork(courier)).length],
  ];
  const item = ([name, n]) =>
    el("li", { class: n ? name : `${name} none` }, el("b", {}, n), t(`console.count_${name}`, { n }));
  fill(list, about.map(item));
}

function isAtWork({ shift, paused }) {
  return !paused && Date.parse(shift.start) <= now() && now() < Date.parse(shift.end);
}
