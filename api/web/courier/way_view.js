/**
 * The way to a stop: on the map and step by step on the street, and floor by floor inside.
 */

import { ask } from "../shared/ask.js";
import { el } from "../shared/dom.js";
import { L, drawCity, latLon } from "../shared/map.js";
import { span } from "../shared/times.js";
import { language, t } from "../shared/words.js";
import { icon } from "./icons.js";

const DOT = { radius: 8, weight: 3, fillOpacity: 1 };
const LINE = { color: "#0b5a8f", weight: 6, opacity: 0.9 };

/**
 * Returns what is to be done inside the building, in order, lifts and stairs with their floors.
 * @param {any} stop
 */
export function insideView(stop) {
  const legs = (stop.way?.inside ?? []).slice(entering(stop.way?.inside ?? []));
  if (!legs.length) return null;
  return el(
    "section",
    { class: "inside" },
    el("h3", {}, t("courier.inside")),
    el("ol", {}, legs.map(leg)),
  );
}

/** Where the way out of the last building ends: what is before is left behind at once. */
function entering(legs) {
  const parks = legs.findIndex(({ kind }) => kind === "park");
  return parks < 0 ? 0 : parks + 1;
}

function leg({ kind, from, to, duration_s }, i, legs) {
  const floors = kind === "lift" || kind === "stairs";
  const name = kind === "walk" && i < legs.length - 1 ? "walk_on" : kind;
  const words = floors
    ? t(`courier.leg_${kind}`, { from: floorName(from), to: floorName(to) })
    : t(`courier.leg_${name}`);
  return el(
    "li",
    { class: floors ? "floors" : null },
    icon(kind),
    el("span", {}, words),
    el("small", {}, span(duration_s)),
  );
}

/**
 * Returns a floor as people call it; 0 is at the level of the street.
 * @param {number} floor
 */
export function floorName(floor) {
  if (floor === 0) return t("courier.floor_ground");
  return t(floor < 0 ? "courier.floor_below" : "courier.floor_above", { n: Math.abs(floor) });
}

/**
 * Returns the way on the street, folded; the map is drawn when it is opened first.
 *
 * `ui` remembers over another drawing of the page what is open, and the map.
 * @param {any} stop
 * @param {any} ui
 */
export function streetView(stop, ui) {
  const way = stop.way;
  if (!way || !way.steps.length) return null;
  const canvas = mapOf(stop, ui);
  const about = { class: "way", open: ui.open.has("way"), data: { key: "way" } };
  const box = el(
    "details",
    { ...about, on: { toggle: () => opened(box, stop, ui) } },
    el(
      "summary",
      {},
      icon("map"),
      el("span", {}, t("courier.way")),
      el("small", {}, `${span(way.duration_s)} · ${distance(way.distance_m)}`),
    ),
    canvas,
    el("ol", { class: "steps" }, way.steps.map(step)),
  );
  return box;
}

function step({ text, distance_m }) {
  const words = language() === "en" ? text.en : text.zh;
  const far = distance_m ? el("small", {}, distance(distance_m)) : null;
  return el("li", {}, el("span", { class: "told" }, words), far);
}

/**
 * Returns metres as one reads them on the way: `620 m`, `1.2 km`.
 * @param {number} metres
 */
export function distance(metres) {
  const km = metres >= 1000;
  const about = { style: "unit", unit: km ? "kilometer" : "meter", maximumFractionDigits: km ? 1 : 0 };
  return new Intl.NumberFormat(language(), about).format(km ? metres / 1000 : Math.round(metres));
}

function mapOf(stop, ui) {
  if (ui.map?.stop !== stop.id) {
    ui.map = { stop: stop.id, element: el("div", { class: "map", "aria-hidden": "true" }), drawn: false };
  }
  return ui.map.element;
}

async function opened(box, stop, ui) {
  if (box.open) ui.open.add("way");
  else ui.open.delete("way");
  const map = ui.map;
  if (!box.open || map.drawn) return;
  map.drawn = true;
  try {
    ui.sheet ??= (await ask("GET", "/v1/city/map")).body;
    if (typeof ui.sheet === "string") ui.sheet = JSON.parse(ui.sheet);
    draw(map.element, ui.sheet, stop);
  } catch {
    // The steps say it all; the map is tried again when it is opened again.
    map.drawn = false;
    map.element.hidden = true;
  }
}

function draw(element, sheet, stop) {
  element.hidden = false;
  const labels = { zoomIn: t("shared.zoom_in"), zoomOut: t("shared.zoom_out") };
  const map = drawCity(element, sheet, labels);
  const door = [stop.place.door?.lat ?? stop.place.lat, stop.place.door?.lon ?? stop.place.lon];
  const line = stop.way.line?.coordinates?.map(latLon) ?? [door];
  L.polyline(line, LINE).addTo(map);
  L.circleMarker(line[0], { ...DOT, fillColor: "#ffffff", color: LINE.color }).addTo(map);
  L.circleMarker(door, { ...DOT, fillColor: "#a3211d", color: "#ffffff" }).addTo(map);
  map.fitBounds(L.latLngBounds([...line, door]).pad(0.15), { animate: false, maxZoom: 17 });
  // The steps say the same: who goes by keys or by ear does not get caught in a picture.
  for (const node of [element, ...element.querySelectorAll("a, button")]) node.tabIndex = -1;
}
