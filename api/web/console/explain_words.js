/**
 * Why a courier cannot bring a drop, and what would mend it, in plain words.
 */

import { span } from "../shared/times.js";
import { has, t } from "../shared/words.js";
import { courierName } from "./place_names.js";

/** How dear it is to mend a reason, by kind: a word of the dispatcher first, promises last. */
const PRICE = { goods: 0, paused: 0, pinned: 1, held: 1, shift: 2, closed: 3, capacity: 4, late: 5 };
const DEAREST = 9;

/** Returns reasons, the one that is the cheapest to mend first. */
export function cheapestFirst(reasons) {
  const price = ({ kind, unit }) => PRICE[kind === "shift" && unit === "s" ? "closed" : kind] ?? DEAREST;
  return [...reasons].sort((a, b) => price(a) - price(b) || a.short_by - b.short_by);
}

/** Returns why, and what would mend it: `{why, mend}`. */
export function reasonWords(model, reason) {
  const courier = reason.courier ? model.courier(reason.courier) : null;
  const about = {
    courier: courierName(model, reason.courier),
    n: reason.short_by,
    by: reason.unit === "s" ? span(reason.short_by) : `${reason.short_by}`,
  };
  const name = nameOf(reason, courier);
  if (!has(`hand.why_${name}`)) return { why: reason.text, mend: reason.relaxation };
  return { why: t(`hand.why_${name}`, about), mend: t(`hand.mend_${name}`, about) };
}

function nameOf({ kind, unit, courier: id }, courier) {
  if (kind !== "shift" || unit === "s") return kind;
  if (!id) return "no_couriers";
  if (courier?.paused) return "on_break";
  return courier?.silent ? "silent" : "off_shift";
}
