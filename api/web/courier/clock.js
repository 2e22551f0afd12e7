/**
 * The service's clock over a start of the page without a network.
 */

import { setCity, skewMs } from "../shared/times.js";
import { keep, kept } from "./keep.js";

/** Takes the clock as far from the phone's as it was the last time, until the service is heard. */
export function recallClock() {
  const city = kept("city");
  if (city) setCity({ ...city, now: new Date(Date.now() - kept("ahead_ms", 0)).toISOString() });
}

/**
 * Takes the clock and the time zone that the service tells, and keeps them.
 * @param {any} city
 */
export function learnClock(city) {
  setCity(city);
  keep("city", city);
  keep("ahead_ms", skewMs());
}
