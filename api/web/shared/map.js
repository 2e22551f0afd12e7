/**
 * A map of the city, drawn from its own roads and buildings, on which pages draw their own things.
 */

import * as L from "/assets/leaflet/leaflet-src.esm.js";

import { el } from "./dom.js";

/** How roads are drawn, the narrowest first: colour, and pixels across. */
const ROADS = {
  path: { color: "#dfdcd3", weight: 0.8 },
  lane: { color: "#d9d5ca", weight: 1.4 },
  street: { color: "#ffffff", weight: 3.2 },
  main: { color: "#ffffff", weight: 5 },
};

const BUILDING = { color: "#cfc9bb", weight: 0.8, fillColor: "#e6e1d6", fillOpacity: 1 };

// Places are told in two dimensions: with three, each of a hundred marks is a layer of its own to be
// put together in each frame.
L.Browser.ie3d = true;

/** Leaflet, for what pages draw on a map. Texts go in as elements only, never as strings. */
export { L };

/**
 * Draws the city in an element and returns Leaflet's map.
 *
 * `sheet` is `GET /v1/city/map`; `labels` name the buttons: `{zoomIn, zoomOut}`. The map is drawn on
 * a canvas, so that thousands of lines cost no elements.
 */
export function drawCity(element, sheet, labels) {
  const [west, south, east, north] = sheet.bbox;
  const box = L.latLngBounds([south, west], [north, east]);
  const map = L.map(element, {
    attributionControl: false,
    zoomControl: false,
    preferCanvas: true,
    zoomSnap: 0.25,
    // Turns of the wheel are not gathered for 40 ms, which are felt: they come with frames as it is.
    wheelDebounceTime: 0,
    minZoom: 11,
    maxZoom: 19,
    maxBounds: box.pad(0.5),
    fadeAnimation: false,
    // A hundred marks that move by themselves are as many layers: they come back where it ends.
    markerZoomAnimation: false,
  });
  // The one that a hand drags.
  map.getPane("mapPane").style.willChange = "transform";
  L.control
    .zoom({ zoomInTitle: labels.zoomIn, zoomOutTitle: labels.zoomOut, position: "topright" })
    .addTo(map);
  // Whose data it is has to be seen, and is a text: Leaflet's own line would read it as HTML.
  const owners = [sheet.attribution, sheet.tiles?.attribution].filter(Boolean);
  element.append(el("p", { class: "map-attribution" }, [...new Set(owners)].join(" · ")));
  map.fitBounds(box, { animate: false });
  addSheet(map, sheet);
  if (sheet.tiles) addTiles(map, sheet.tiles);
  return map;
}

/** Draws tiles above the city's own map, which is seen where a tile does not come. */
function addTiles(map, { url }) {
  map.createPane("tiles").style.zIndex = 250;
  // Servers of tiles want to know who asks; nothing else of the service does.
  L.tileLayer(url, { pane: "tiles", maxZoom: 19, referrerPolicy: "origin" }).addTo(map);
}

function addSheet(map, sheet) {
  map.createPane("city").style.zIndex = 200;
  const renderer = L.canvas({ pane: "city", padding: 0.3 });
  const of = (kind, width) =>
    sheet.features.filter(({ properties: p }) => p.kind === kind && (!width || p.width === width));
  const common = { pane: "city", renderer, interactive: false };
  for (const building of of("building")) {
    if (building.geometry.type !== "Polygon") continue;
    const rings = building.geometry.coordinates.map((ring) => ring.map(latLon));
    L.polygon(rings, { ...common, ...BUILDING }).addTo(map);
  }
  for (const [width, style] of Object.entries(ROADS)) {
    const lines = of("road", width).map((road) => road.geometry.coordinates.map(latLon));
    // One path for all of a width: each path costs a stroke.
    L.polyline(lines, { ...common, ...style, lineCap: "round", smoothFactor: 0.5 }).addTo(map);
  }
}

/** Returns latitude and longitude of a GeoJSON position. */
export function latLon([lon, lat]) {
  return [lat, lon];
}
