/**
 * The stops after the next one.
 */

import { el } from "../shared/dom.js";
import { clockTime } from "../shared/times.js";
import { t } from "../shared/words.js";
import { floorName } from "./way_view.js";

/**
 * Returns the stops after the next one, each in a line.
 * @param {any[]} stops
 */
export function laterView(stops) {
  if (!stops.length) return null;
  return el(
    "section",
    { class: "later" },
    el("h2", {}, t("courier.later", { n: stops.length })),
    el("ol", {}, stops.map(laterRow)),
  );
}

function laterRow(stop) {
  const { place } = stop;
  const name = place.name ?? place.address ?? place.building;
  const floor = () => t("courier.on_floor", { floor: floorName(place.floor) });
  const inside = stop.kind === "deliver" ? [floor(), place.department] : [];
  const about = [t(`courier.kind_${stop.kind}`), ...inside].filter(Boolean).join(" · ");
  return el(
    "li",
    {},
    el("span", { class: "time" }, clockTime(stop.arrival)),
    el(
      "span",
      { class: "what" },
      el("b", { class: "told", dir: "auto" }, name),
      el("small", { class: "told", dir: "auto" }, about),
    ),
  );
}
