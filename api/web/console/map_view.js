/**
 * The map: the city with what is on its way in it.
 */

import { read } from "../shared/ask.js";
import { byId, el, fill } from "../shared/dom.js";
import { drawCity } from "../shared/map.js";
import { t } from "../shared/words.js";

/** Draws the map in its region, and keeps what is on it up to date. */
export async function startMap() {
  const element = el("div", { id: "map" });
  fill(byId("map-region"), element);
  const sheet = (await read("/v1/city/map")).body;
  drawCity(element, sheet, { zoomIn: t("shared.zoom_in"), zoomOut: t("shared.zoom_out") });
}
