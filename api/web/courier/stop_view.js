/**
 * The next stop, large: where it is, for whom, what is brought, and how much time is left.
 */

import { el } from "../shared/dom.js";
import { clockTime, countdown, now } from "../shared/times.js";
import { t } from "../shared/words.js";
import { goodsView, loadList } from "./goods_view.js";
import { icon } from "./icons.js";
import { floorName, insideView, streetView } from "./way_view.js";

const SOON_S = 300;

/**
 * Returns the next stop as an element.
 * @param {any} stop as `ahead` gives it
 * @param {any} ui what the page remembers over another drawing
 */
export function stopView(stop, ui) {
  const deliver = stop.kind === "deliver";
  return el(
    "article",
    { class: `stop ${stop.kind}`, "aria-labelledby": "stop-name" },
    head(stop),
    stop.cut_off ? el("p", { class: "notice bad told", dir: "auto" }, t("courier.cut_off")) : null,
    deliver ? deskView(stop) : storeView(stop),
    deliver ? personView(stop) : null,
    stop.kind === "load" ? loadList(stop, ui) : goodsView(stop),
    deliver ? insideView(stop) : null,
    streetView(stop, ui),
  );
}

function head(stop) {
  return el(
    "div",
    { class: "head" },
    el("p", { class: "kind" }, t(`courier.kind_${stop.kind}`), phase(stop)),
    timeLeft(stop),
  );
}

function phase(stop) {
  return stop.phase === "ahead" ? null : el("span", { class: "phase" }, t(`courier.phase_${stop.phase}`));
}

/** Minutes and seconds to the promise; of a stop without one, when it is planned. */
function timeLeft(stop) {
  if (!stop.due_at) {
    const at = stop.kind === "load" ? stop.start : stop.arrival;
    const words = stop.kind === "load" ? "courier.ready_at" : "courier.planned_at";
    return el("p", { class: "left plain" }, el("small", {}, t(words)), el("b", {}, clockTime(at)));
  }
  return el(
    "p",
    { class: "left", data: { due: stop.due_at } },
    el("small", {}, t("courier.left")),
    el("b", { role: "timer" }),
  );
}

/**
 * Writes into a page how much time is left; called each second, and read aloud never.
 * @param {HTMLElement} page
 */
export function tick(page) {
  for (const node of page.querySelectorAll("[data-due]")) {
    const left = Math.floor((Date.parse(node.dataset.due) - now()) / 1000);
    const urgency = left < 0 ? "late" : left < SOON_S ? "soon" : "calm";
    node.dataset.urgency = urgency;
    const label = t(left < 0 ? "courier.late_by" : "courier.left");
    const [small, large] = [node.querySelector("small"), node.querySelector("b")];
    if (small.textContent !== label) small.textContent = label;
    large.textContent = countdown(Math.abs(left));
  }
}

function deskView({ place }) {
  const name = place.name ?? place.address ?? place.building;
  const reception = place.hand_over_at === "reception";
  return [
    el("h1", { id: "stop-name", class: "told", dir: "auto" }, name),
    place.address && place.address !== name
      ? el("p", { class: "address told", dir: "auto" }, place.address)
      : null,
    el(
      "dl",
      { class: "where" },
      fact("entrance", doorName(place.door), "words"),
      fact("floor", floorName(place.floor), place.floor === 0 ? "words" : "figure"),
      fact("department", reception ? t("courier.reception") : place.department, "words wide"),
      fact("desk", reception ? null : place.desk, "figure wide"),
    ),
    reception ? el("p", { class: "notice" }, t("courier.at_reception")) : null,
  ];
}

function fact(name, value, kind) {
  if (value === null || value === undefined || value === "") return null;
  return el(
    "div",
    { class: kind },
    el("dt", {}, t(`courier.${name}`)),
    el("dd", { class: "told", dir: "auto" }, value),
  );
}

function doorName(door) {
  if (!door) return t("courier.door_any");
  const side = t(`courier.side_${door.side}`);
  return door.main ? t("courier.door_main", { side }) : t("courier.door_side", { side });
}

function storeView({ place }) {
  return el("h1", { id: "stop-name", class: "told", dir: "auto" }, place.name);
}

function personView(stop) {
  return stop.hand_overs
    .filter(({ drop }) => stop.drops.includes(drop))
    .map(({ contact, note }) => [contact ? contactView(contact) : null, note ? noteView(note) : null]);
}

function contactView({ name, phone }) {
  const call = phone
    ? el("a", { class: "button call", href: `tel:${phone.replace(/[^+\d]/g, "")}` }, icon("phone"), t("courier.call"))
    : null;
  return el(
    "div",
    { class: "contact" },
    el("p", {}, el("small", {}, t("courier.contact")), el("b", { class: "told", dir: "auto" }, name ?? phone)),
    call,
  );
}

function noteView(note) {
  return el("p", { class: "note told", dir: "auto" }, icon("note"), el("span", {}, note));
}
