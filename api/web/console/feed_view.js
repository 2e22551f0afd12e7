/**
 * The feed: what happened, the newest first, and what each plan changed because of it.
 */

import { byId, el, fill, keep, setAttribute, setText } from "../shared/dom.js";
import { clockSeconds } from "../shared/times.js";
import { onLanguage, t } from "../shared/words.js";
import { announce } from "./announce.js";
import { isLoud, told } from "./feed_words.js";
import { select } from "./selection.js";

const MOST_SHOWN = 120;

/** Events that are read out when many come together, the newest. */
const MOST_SAID = 3;

/** Events before a plan among which the one that it answers is looked for. */
const MOST_TOGETHER = 12;

/** Fills the region of the feed, and keeps it up to date until it is paused. */
export function startFeed(model) {
  const ui = { paused: false, shown: model.feed(), last: model.feed()[0] };
  const title = el("h2", {});
  const all = el("input", { type: "checkbox", on: { change: () => show() } });
  const allWords = el("span", {});
  const pause = el("button", { type: "button", on: { click: () => turn() } });
  const list = el("ol", { class: "news" });
  const none = el("p", { class: "nothing" });
  const scroller = el("div", { class: "scroller", tabindex: "0", role: "region" }, list, none);
  fill(byId("feed"), el("header", {}, title, el("label", {}, all, allWords), pause), scroller);

  function take() {
    const news = model.feed();
    const heard = news.indexOf(ui.last);
    const loud = news.slice(0, heard < 0 ? news.length : heard).filter(isLoud).slice(0, MOST_SAID);
    [ui.last] = news;
    const textOf = (entry) => told(entry, news.slice(news.indexOf(entry) + 1), model).text;
    if (loud.length) announce(loud.reverse().map(textOf).join(" · "));
    if (!ui.paused) ui.shown = model.feed();
    show();
  }

  function show() {
    const waiting = model.feed().findIndex((entry) => entry === ui.shown[0]);
    setText(pause, ui.paused ? t("console.feed_go_on", { n: Math.max(waiting, 0) }) : t("console.feed_pause"));
    setAttribute(pause, "aria-pressed", String(ui.paused));
    const wanted = ui.shown.filter((entry) => all.checked || !isQuiet(entry)).slice(0, MOST_SHOWN);
    keep(list, wanted, ({ key }) => key, makeEntry, (node, entry) => {
      // What is told of an event stays as it was told, once all are known whom it names.
      const isTold = node.isKnown && node.language === document.documentElement.lang;
      if (!isTold) showEntry(node, entry, told(entry, before(entry), model));
    });
    setText(none, wanted.length ? "" : t("console.feed_nothing"));
  }

  function before(entry) {
    const at = ui.shown.indexOf(entry) + 1;
    return ui.shown.slice(at, at + MOST_TOGETHER);
  }

  function turn() {
    ui.paused = !ui.paused;
    if (!ui.paused) ui.shown = model.feed();
    show();
  }

  function write() {
    setText(title, t("console.feed"));
    setText(allWords, t("console.feed_all"));
    scroller.setAttribute("aria-label", t("console.feed"));
    show();
  }

  model.on("feed", take);
  for (const part of ["orders", "couriers"]) model.on(part, show);
  onLanguage(write);
  write();
}

/** Plans that moved nothing are for those who want to see all. */
function isQuiet({ name, data }) {
  return (name === "plan" && data.changes.length === 0) || ["arrived", "departed", "heard"].includes(data.kind);
}

function makeEntry() {
  const time = el("time", {});
  const text = el("button", { type: "button", class: "quiet told" });
  const details = el("ul", {});
  const node = el("li", {}, time, el("div", {}, text, details));
  Object.assign(node, { time, text, details });
  return node;
}

function showEntry(node, { at }, { text, details, tone, about, isKnown }) {
  Object.assign(node, { language: document.documentElement.lang, isKnown });
  node.className = tone;
  setText(node.time, at ? clockSeconds(at) : "");
  setText(node.text, text);
  node.text.disabled = !about;
  node.text.onclick = () => select(about);
  fill(node.details, details.map((line) => el("li", { class: "told" }, line)));
}
