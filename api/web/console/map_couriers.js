/**
 * Couriers on the map: where their phones were heard, else where the plan has them by now.
 */

import { setAttribute } from "../shared/dom.js";
import { latLon } from "../shared/map.js";
import { now, span } from "../shared/times.js";
import { t } from "../shared/words.js";
import { dropTarget } from "./drag.js";
import { colourOf, nameOf, numberOf } from "./look.js";
import { marker } from "./map_marker.js";
import { chosenCourier } from "./map_routes.js";
import { select } from "./selection.js";

/** Seconds for which a place that a phone told counts as where the courier is. */
const FRESH_S = 120;

/** Milliseconds that a mark takes from one place to the next. */
const GLIDE_MS = 900;

/** Returns the layer of couriers: `show()` draws them anew, `tick()` lets them go on. */
export function courierLayer(map, model) {
  const marks = new Map();
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  function show() {
    const chosen = chosenCourier(model);
    const left = new Set(marks.keys());
    for (const courier of model.couriers().filter((each) => isShown(each, model))) {
      left.delete(courier.id);
      const found = marks.get(courier.id) ?? make(courier.id);
      const { spot, heard, title } = whereIs(courier, model);
      const look = { guessed: !heard, selected: chosen === courier.id, faded: chosen && chosen !== courier.id };
      for (const [name, isIt] of Object.entries(look)) found.node.classList.toggle(name, Boolean(isIt));
      setAttribute(found.node, "title", title);
      glide(found, spot, still.matches);
    }
    for (const id of left) {
      marks.get(id).mark.remove();
      marks.delete(id);
    }
  }

  function make(id) {
    const { spot } = whereIs(model.courier(id), model);
    const found = marker(map, spot, "courier-mark", () => select({ kind: "courier", id }), { zIndexOffset: 1000 });
    found.node.textContent = numberOf(id);
    found.node.style.setProperty("--of", colourOf(id));
    const aimed = (target) => found.node.classList.toggle("aimed", Boolean(target));
    dropTarget(found.node, () => ({ courier: id, after: null }), aimed);
    marks.set(id, found);
    return found;
  }

  return { show, tick: show };
}

/** Who is at work now, or has a route still. */
function isShown({ id, shift }, model) {
  const isOn = Date.parse(shift.start) <= now() && now() < Date.parse(shift.end);
  return isOn || model.plan().routes.some(({ courier, stops }) => courier === id && stops.length);
}

/** Returns `{spot, heard, title}` of a courier. */
function whereIs(courier, model) {
  const { position, place } = courier;
  const name = nameOf(courier);
  const age = position ? Math.round((now() - Date.parse(position.at)) / 1000) : Infinity;
  if (age <= FRESH_S) {
    const title = t("console.heard_ago", { name, age: span(Math.max(age, 0)) });
    return { spot: [position.lat, position.lon], heard: true, title };
  }
  const title = t("console.guessed", { name });
  const stop = model.plan().routes.find((route) => route.courier === courier.id)?.stops[0];
  const line = courier.committed ? stop?.way?.line?.coordinates : null;
  return { spot: line ? along(line, done(stop)) : [place.lat, place.lon], heard: false, title };
}

function done(stop) {
  const arrival = Date.parse(stop.arrival);
  return 1 - (arrival - now()) / Math.max(1, stop.way.duration_s * 1000);
}

/** Returns the point at a share of a line's length, in degrees: near enough for a picture. */
function along(line, share) {
  const lengths = line.slice(1).map(([x, y], i) => Math.hypot(x - line[i][0], (y - line[i][1]) * 2));
  let rest = Math.min(Math.max(share, 0), 1) * lengths.reduce((sum, length) => sum + length, 0);
  for (const [i, length] of lengths.entries()) {
    if (rest <= length) {
      const part = length ? rest / length : 0;
      return latLon(line[i].map((from, axis) => from + (line[i + 1][axis] - from) * part));
    }
    rest -= length;
  }
  return latLon(line.at(-1));
}

/** Moves a mark to a place, evenly; at once for those who want no motion, or where nobody looks. */
function glide(found, spot, atOnce) {
  const from = found.mark.getLatLng();
  const [lat, lon] = spot;
  if (found.to && found.to[0] === lat && found.to[1] === lon) return;
  found.to = spot;
  cancelAnimationFrame(found.frame);
  if (atOnce || document.hidden) return found.mark.setLatLng(spot);
  const began = performance.now();
  const step = () => {
    const share = Math.min(1, (performance.now() - began) / GLIDE_MS);
    found.mark.setLatLng([from.lat + (lat - from.lat) * share, from.lng + (lon - from.lng) * share]);
    if (share < 1) found.frame = requestAnimationFrame(step);
  };
  found.frame = requestAnimationFrame(step);
}
