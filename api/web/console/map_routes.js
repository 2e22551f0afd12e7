/**
 * Routes on the map: what a courier is committed to solid, what is planned dashed, stops numbered.
 */

import { L, latLon } from "../shared/map.js";
import { colourOf } from "./look.js";
import { marker } from "./map_marker.js";
import { select, selected } from "./selection.js";

/** Stops up to which all are numbered; of more, those of the courier that is selected. */
const MOST_NUMBERED = 80;

/** Returns the layer of routes: `show()` draws them as they are now. */
export function routeLayer(map, model) {
  const lines = L.layerGroup().addTo(map);
  const marks = new Map();
  let drawn = "";
  return {
    show() {
      const chosen = chosenCourier(model);
      const { version, routes, travel_epoch: epoch } = model.plan();
      const key = `${version} ${epoch} ${chosen} ${routes.some(({ stops }) => stops.some(({ way }) => way))}`;
      if (key !== drawn) drawLines(lines, routes, chosen);
      drawn = key;
      showStops(map, marks, stopsOf(routes, chosen), chosen);
    },
  };
}

/** Returns the courier that is selected, or brings what is; null for none. */
export function chosenCourier(model) {
  const what = selected();
  if (what?.kind === "courier") return what.id;
  if (what?.kind === "drop") return model.stopOf(what.id)?.courier ?? null;
  const order = what?.kind === "order" ? model.order(what.id) : null;
  return order?.drops.map(({ id }) => model.stopOf(id)?.courier).find(Boolean) ?? null;
}

function drawLines(lines, routes, chosen) {
  lines.clearLayers();
  const last = [...routes].sort((a, b) => (a.courier === chosen) - (b.courier === chosen));
  for (const { courier, stops } of last) {
    const isChosen = courier === chosen;
    const style = {
      color: colourOf(courier),
      weight: isChosen ? 5 : 3,
      opacity: isChosen ? 1 : chosen ? 0.16 : 0.7,
      interactive: false,
      lineCap: "butt",
    };
    for (const stop of stops.filter(({ way }) => way?.line)) {
      const line = stop.way.line.coordinates.map(latLon);
      if (isChosen) L.polyline(line, { ...style, color: "#ffffff", weight: 9, opacity: 0.9 }).addTo(lines);
      L.polyline(line, { ...style, dashArray: stop.committed ? null : "7 6" }).addTo(lines);
    }
  }
}

function stopsOf(routes, chosen) {
  const found = routes.flatMap(({ courier, stops }) => {
    const delivering = stops.filter(({ kind }) => kind === "deliver");
    return delivering.map((stop, index) => ({ key: `${courier} ${stop.id}`, courier, stop, nth: index + 1 }));
  });
  return found.length > MOST_NUMBERED ? found.filter(({ courier }) => courier === chosen) : found;
}

function showStops(map, marks, stops, chosen) {
  const left = new Set(marks.keys());
  for (const each of stops) {
    left.delete(each.key);
    const found = marks.get(each.key) ?? makeStop(map, marks, each);
    const { node } = found;
    found.drop = each.stop.drops[0];
    found.mark.setLatLng([each.stop.place.lat, each.stop.place.lon]);
    if (node.textContent !== String(each.nth)) node.textContent = each.nth;
    const faded = chosen && each.courier !== chosen;
    const isIt = each.stop.drops.some((drop) => selected()?.kind === "drop" && selected().id === drop);
    node.className = "stop-mark";
    node.classList.toggle("faded", Boolean(faded));
    node.classList.toggle("selected", isIt);
    node.classList.toggle("committed", each.stop.committed);
  }
  for (const key of left) {
    marks.get(key).mark.remove();
    marks.delete(key);
  }
}

function makeStop(map, marks, { key, courier, stop }) {
  const choose = () => select({ kind: "drop", id: found.drop });
  const found = marker(map, [stop.place.lat, stop.place.lon], "stop-mark", choose);
  found.node.style.setProperty("--of", colourOf(courier));
  marks.set(key, found);
  return found;
}
