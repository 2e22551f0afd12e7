/**
 * Days of the store: dates as `2026-11-23`, and the plans of one.
 */

import { ask, readAll } from "../shared/ask.js";
import { cityZone } from "../shared/times.js";

const MOST_KEPT = 60;
const seen = new Map();

/** Returns the date in the city of an instant in milliseconds. */
export function dayOf(instant) {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: cityZone(),
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });
  return parts.format(new Date(instant));
}

/** Returns the date after a date. */
export function nextDay(date) {
  const next = new Date(`${date}T12:00:00Z`);
  next.setUTCDate(next.getUTCDate() + 1);
  return next.toISOString().slice(0, 10);
}

/** Returns the plans that were published on a date, the oldest first. */
export function plansOf(date) {
  return readAll(`/v1/plans?from=${date}&to=${nextDay(date)}`);
}

/** Returns the plan of a version; those looked at last are kept, as they never change. */
export async function planOf(version) {
  const known = seen.get(version);
  if (known) return known;
  const { body } = await ask("GET", `/v1/plan/${version}?ways=true`);
  seen.set(version, body);
  if (seen.size > MOST_KEPT) seen.delete(seen.keys().next().value);
  return body;
}
