/**
 * What a move of a drop leads to, in words: when it comes then, and who waits longer.
 */

import { el } from "../shared/dom.js";
import { clockTime, span } from "../shared/times.js";
import { t } from "../shared/words.js";
import { orderName } from "./place_names.js";

const MOST_SHOWN = 8;

/** Returns nodes that show the consequences `{eta, delays}` of moving a drop, the worst first. */
export function consequences(model, drop, { eta, delays }) {
  const order = model.order(drop.order);
  const due = order?.promise.due_at;
  const isLate = eta && due && Date.parse(eta) > Date.parse(due);
  const others = delays.filter(({ order: id }) => id !== drop.order);
  return [own(eta, due, isLate), ...harmed(model, others)];
}

function own(eta, due, isLate) {
  if (!eta) return el("p", { class: "is-bad" }, t("hand.with_nobody_then"));
  const about = { time: clockTime(eta), due: clockTime(due) };
  if (!due) return el("p", {}, t("hand.comes_at", about));
  const by = isLate
    ? span((Date.parse(eta) - Date.parse(due)) / 1000)
    : span((Date.parse(due) - Date.parse(eta)) / 1000);
  const words = isLate ? "hand.comes_late" : "hand.comes_in_time";
  return el("p", { class: isLate ? "is-bad" : "is-good" }, t(words, { ...about, by }));
}

function harmed(model, delays) {
  if (!delays.length) return [el("p", { class: "is-good" }, t("hand.nobody_waits"))];
  const late = delays.filter(({ still_on_time: kept }) => !kept);
  const worst = [...delays].sort((a, b) => a.still_on_time - b.still_on_time || b.by_s - a.by_s);
  const line = ({ order, by_s: by, still_on_time: kept }) =>
    el(
      "li",
      { class: kept ? "" : "is-bad" },
      el("span", { class: "told" }, orderName(model, order)),
      el("b", {}, `+${span(by)}`),
      el("span", {}, t(kept ? "hand.still_in_time" : "hand.becomes_late")),
    );
  return [
    late.length ? el("p", { class: "is-bad" }, t("hand.n_late", { n: late.length })) : null,
    el("ul", { class: "delays" }, worst.slice(0, MOST_SHOWN).map(line)),
    delays.length > MOST_SHOWN ? el("p", {}, t("hand.and_more", { n: delays.length - MOST_SHOWN })) : null,
  ];
}
