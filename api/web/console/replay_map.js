/**
 * The map of a plan that was: who was to go where, with what the plan changed on top.
 */

import { read } from "../shared/ask.js";
import { el } from "../shared/dom.js";
import { L, drawCity } from "../shared/map.js";
import { t } from "../shared/words.js";

/** Colours of couriers by turns, told apart on a light ground; the numbers of stops tell too. */
const COLOURS = ["#0b5a8f", "#a3211d", "#17663c", "#6b3fa0", "#7d4e00", "#00727a", "#9b1b6a", "#444b54"];
const CHANGED = "#d97a00";

/** Returns the map, `{node, begin(), show(plan, changes, nameOf)}`; `begin` draws the city once. */
export function replayMap() {
  const node = el("div", { class: "replay-map", role: "group" });
  const drawn = { map: null, layer: null, plan: null };
  return {
    node,
    async begin() {
      node.setAttribute("aria-label", t("report.map"));
      if (drawn.map) return drawn.map.invalidateSize();
      const { body: sheet } = await read("/v1/city/map");
      if (drawn.map) return null;
      drawn.map = drawCity(node, sheet, { zoomIn: t("shared.zoom_in"), zoomOut: t("shared.zoom_out") });
      drawn.layer = L.layerGroup().addTo(drawn.map);
      return null;
    },
    show(plan, changes, nameOf) {
      if (!drawn.map) return;
      drawn.layer.clearLayers();
      if (!plan) return;
      const moved = new Set(changes.map(({ drop }) => drop));
      plan.routes.forEach((route, i) => addRoute(drawn.layer, route, COLOURS[i % COLOURS.length], moved, nameOf));
      if (drawn.plan === null) fit(drawn.map, plan);
      drawn.plan = plan;
    },
  };
}

/** Shows all stops of the first plan; later ones leave the map where the reader put it. */
function fit(map, { routes }) {
  const places = routes.flatMap(({ stops }) => stops.map(({ place }) => [place.lat, place.lon]));
  if (places.length) map.fitBounds(L.latLngBounds(places).pad(0.15), { animate: false, maxZoom: 16 });
}

function addRoute(layer, { courier, stops }, color, moved, nameOf) {
  let before = null;
  for (const { place, committed, way } of stops) {
    const at = [place.lat, place.lon];
    const line = way?.line?.coordinates.map(([lon, lat]) => [lat, lon]) ?? (before ? [before, at] : null);
    // What was under way solid, what was only planned dashed.
    if (line) L.polyline(line, { color, weight: 3, opacity: 0.85, dashArray: committed ? null : "6 6" }).addTo(layer);
    before = at;
  }
  let number = 0;
  for (const { kind, place, drops } of stops) {
    const isStore = kind !== "deliver";
    if (!isStore) number += 1;
    const isMoved = !isStore && drops.some((drop) => moved.has(drop));
    const words = isStore
      ? place.name
      : `${nameOf(courier)} ${number}: ${place.name ?? place.building} (${drops.join(", ")})`;
    const dot = L.circleMarker([place.lat, place.lon], {
      radius: isStore ? 7 : isMoved ? 8 : 6,
      color: isMoved ? CHANGED : color,
      weight: isMoved ? 4 : 2,
      fillColor: isStore ? color : "#ffffff",
      fillOpacity: 1,
    });
    dot.bindTooltip(el("span", { class: "told" }, words)).addTo(layer);
  }
}
