/**
 * The city as the page knows it: its map, and what buildings are called.
 */

import { read } from "../shared/ask.js";

const names = new Map();
const spots = new Map();
let fetching = null;

/** Returns the city's map, `GET /v1/city/map`, fetched once. */
export function citySheet() {
  fetching ??= read("/v1/city/map").then(
    ({ body }) => {
      for (const feature of body.features) note(feature);
      return body;
    },
    (error) => {
      fetching = null;
      throw error;
    },
  );
  return fetching;
}

function note({ properties: { kind, id, name }, geometry }) {
  if (kind !== "building") return;
  if (name) names.set(id, name);
  spots.set(id, middle(geometry));
}

function middle({ type, coordinates }) {
  const ring = type === "Polygon" ? coordinates[0].slice(1) : [coordinates];
  const sum = ring.reduce(([x, y], [lon, lat]) => [x + lon, y + lat], [0, 0]);
  return [sum[1] / ring.length, sum[0] / ring.length];
}

/** Takes what the stops of a plan tell of buildings that the map does not name. */
export function notePlaces(plan) {
  for (const { stops } of plan.routes) {
    for (const { place } of stops) {
      if (!place.building) continue;
      const name = place.name ?? place.address;
      if (name && !names.has(place.building)) names.set(place.building, name);
      if (!spots.has(place.building)) spots.set(place.building, [place.lat, place.lon]);
    }
  }
}

/** Returns what a building is called, its id where it has no name. */
export function buildingName(id) {
  return names.get(id) ?? id;
}

/** Returns where a building is, `[lat, lon]`, null where that is not known yet. */
export function buildingSpot(id) {
  return spots.get(id) ?? null;
}
