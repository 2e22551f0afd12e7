/**
 * The map: the city, and what is on its way in it.
 */

import { sayError } from "../shared/ask.js";
import { byId, el, fill } from "../shared/dom.js";
import { L, drawCity } from "../shared/map.js";
import { onLanguage, t } from "../shared/words.js";
import { buildingLayer } from "./map_buildings.js";
import { courierLayer } from "./map_couriers.js";
import { routeLayer } from "./map_routes.js";
import { citySheet } from "./places.js";
import { onSelect, selected } from "./selection.js";

const RETRY_MS = 5000;

/** Milliseconds that the map has kept its new size when it is drawn anew. */
const RESIZE_MS = 100;

/** How close the map goes by itself. */
const MOST_ZOOM = 16.5;

/** Draws the map in its region, and keeps what is on it up to date. */
export async function startMap(model) {
  const element = el("div", { id: "map" });
  const legend = el("ul", { class: "map-legend", "aria-hidden": "true" });
  fill(byId("map-region"), element, legend);
  let sheet;
  try {
    sheet = await citySheet();
  } catch (error) {
    fill(element, el("p", { class: "notice warn", role: "status" }, sayError(error)));
    setTimeout(() => startMap(model), RETRY_MS);
    return;
  }
  const map = drawCity(element, sheet, { zoomIn: t("shared.zoom_in"), zoomOut: t("shared.zoom_out") });
  // The tables have all that the map shows; its marks are for the pointer.
  map.getPane("markerPane").setAttribute("aria-hidden", "true");
  const layers = [routeLayer(map, model), buildingLayer(map, model), courierLayer(map, model)];
  const draw = () => layers.forEach((layer) => layer.show());
  for (const part of ["plan", "orders"]) model.on(part, draw);
  model.on("couriers", () => {
    layers[0].show();
    layers[2].show();
  });
  model.on("tick", () => layers[2].tick());
  onSelect(() => {
    draw();
    follow(map, model);
  });
  const home = () => lookAt(map, model, sheet);
  keepInSight(map, element, model, home);
  map.addControl(homeButton(home));
  const write = () => {
    const words = ["committed", "planned", "heard", "guessed"];
    fill(legend, words.map((name) => el("li", { class: name }, t(`console.map_${name}`))));
    draw();
  };
  onLanguage(write);
  write();
}

/** Shows all work until somebody moves the map: then it stays where they left it. */
function keepInSight(map, element, model, home) {
  let isTheirs = false;
  for (const name of ["pointerdown", "wheel", "keydown"]) element.addEventListener(name, () => (isTheirs = true), true);
  const look = () => isTheirs || home();
  // A map that jumps with each plan is hard to read: it stays while it shows the work well.
  const lookAgain = () => isTheirs || showsWell(map, workBox(model)) || home();
  const fit = () => {
    map.invalidateSize({ animate: false, pan: isTheirs });
    look();
  };
  let timer = null;
  // Only when it is observed has the map the size that the page gives it. To draw it anew is work:
  // what the page made room for is shown before.
  new ResizeObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(fit, timer === null ? 0 : RESIZE_MS);
  }).observe(element);
  model.on("plan", lookAgain);
}

/** Returns the button that shows all work again. */
function homeButton(home) {
  const button = el("button", { type: "button", class: "map-home", on: { click: home } });
  const write = () => {
    button.title = t("console.map_all");
    button.setAttribute("aria-label", t("console.map_all"));
  };
  fill(button, "⤢");
  onLanguage(write);
  write();
  const control = new L.Control({ position: "topright" });
  control.onAdd = () => button;
  return control;
}

/** Shows where work is, the whole city where there is none. */
function lookAt(map, model, sheet) {
  const [west, south, east, north] = sheet.bbox;
  const box = workBox(model)?.pad(0.12) ?? L.latLngBounds([south, west], [north, east]);
  map.fitBounds(box, { animate: false, maxZoom: MOST_ZOOM });
}

/** Returns the box around all stops, null where there is one at most. */
function workBox(model) {
  const spots = model.plan().routes.flatMap(({ stops }) => stops.map(({ place }) => [place.lat, place.lon]));
  return spots.length > 1 ? L.latLngBounds(spots) : null;
}

/** Returns whether the map shows a box, whole and not far too small. */
function showsWell(map, box) {
  if (!box || !map.getBounds().contains(box)) return false;
  return Math.min(map.getBoundsZoom(box), MOST_ZOOM) - map.getZoom() < 1;
}

/** Brings what is selected into sight, where it is not. */
function follow(map, model) {
  const what = selected();
  const stop = what?.kind === "drop" ? model.stopOf(what.id)?.stop : null;
  const spot = stop ? [stop.place.lat, stop.place.lon] : null;
  if (spot && !map.getBounds().contains(spot)) map.panTo(spot, { animate: false });
}
