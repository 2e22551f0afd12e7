/**
 * The timeline as a table: every stop of every courier, in words.
 */

import { el, fill } from "../shared/dom.js";
import { clockTime, span } from "../shared/times.js";
import { t } from "../shared/words.js";
import { stopName } from "./couriers_table.js";
import { badge, nameOf } from "./look.js";
import { PARTS, partsOf } from "./timeline_parts.js";

const HEADS = ["courier", "stop", "arrives", "leaves", "due", "spent"];

/** Returns the table of all routes. */
export function timelineTable(model) {
  const heads = HEADS.map((name) => el("th", { scope: "col" }, t(`console.col_${name}`)));
  const rows = model.plan().routes.flatMap(({ courier, stops }) => rowsOf(model.courier(courier), courier, stops));
  return el("table", { class: "stops" }, el("caption", { class: "unseen" }, t("console.timeline")),
    el("thead", {}, el("tr", {}, heads)), el("tbody", {}, rows));
}

function rowsOf(courier, id, stops) {
  const parts = partsOf(stops);
  return stops.map((stop, index) =>
    el("tr", { class: stop.committed ? "committed" : null },
      index ? el("td", {}) : el("th", { scope: "row" }, badge(id), el("span", { class: "told" }, nameOf(courier))),
      el("td", {}, el("span", { class: "told" }, `${index + 1}. ${t(`console.kind_${stop.kind}`)} ${stopName(stop)}`),
        stop.committed ? el("small", {}, ` ${t("console.committed")}`) : null),
      el("td", {}, clockTime(stop.arrival)),
      el("td", {}, clockTime(stop.departure)),
      el("td", {}, stop.due_at ? clockTime(stop.due_at) : "—"),
      el("td", {}, spent(parts.filter((part) => part.stop === stop))),
    ),
  );
}

function spent(parts) {
  const told = PARTS.map((kind) => {
    const of = parts.filter((part) => part.kind === kind);
    const seconds = Math.round(of.reduce((sum, { from, to }) => sum + to - from, 0) / 1000);
    return seconds ? `${t(`console.part_${kind}`)} ${span(seconds)}` : null;
  });
  return told.filter(Boolean).join(", ");
}

/** Puts the table of all routes into an element. */
export function showTimelineTable(element, model) {
  fill(element, timelineTable(model));
}
