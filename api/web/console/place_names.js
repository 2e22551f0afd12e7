/**
 * What places and people are called, in the words of the reader.
 */

import { read } from "../shared/ask.js";
import { t } from "../shared/words.js";
import { hub } from "./hub.js";

const buildings = new Map();
const changes = hub();

/** Learns what the city's buildings are called, and tells those who asked with `onNames`. */
export async function learnNames() {
  if (buildings.size) return;
  const { body } = await read("/v1/city/map");
  for (const { properties: about } of body.features) {
    if (about.kind === "building") buildings.set(about.id, about.name);
  }
  changes.tell("names");
}

/** Calls a function once the names of buildings are known. */
export function onNames(listener) {
  return changes.on("names", listener);
}

/** Returns what a building is called, its id where it has no name. */
export function buildingName(id) {
  return buildings.get(id) || id;
}

/** Returns a floor in words: `Ground floor`, `Floor 4`. */
export function floorName(floor) {
  return floor === 0 ? t("hand.floor_ground") : t("hand.floor", { floor: floor < 0 ? `−${-floor}` : floor });
}

/** Returns where a desk is: building, floor, department and desk. */
export function deskName(desk) {
  return [buildingName(desk.building), floorName(desk.floor), desk.department, desk.desk].filter(Boolean).join(" · ");
}

/** Returns what a courier is called, `nobody` for null. */
export function courierName(model, id) {
  if (id === null || id === undefined) return t("hand.nobody");
  return model.courier(id)?.name || id;
}

/** Returns an order by what it is called and for whom: `o_12 · Reims & Co`. */
export function orderName(model, id) {
  const order = model.order(id);
  return [order?.external_id ?? id, order?.customer].filter(Boolean).join(" · ");
}

/** Returns goods in a line: `3 × Paper, 2 × PEN-B`. */
export function goods(items) {
  return items.map(({ sku, name, quantity }) => `${quantity} × ${name || sku}`).join(", ");
}

/** Returns a chance in words, `87 %`; a dash where none is known. */
export function chanceText(chance) {
  return chance === null || chance === undefined ? "—" : `${Math.round(chance * 100)} %`;
}
