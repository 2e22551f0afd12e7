/**
 * What is ahead of a courier: the route as it was last heard, after the taps since.
 */

/**
 * Returns the stops that are left, each with its `phase`: `ahead`, `way` or `there`.
 * @param {any[]} stops as the service tells them
 * @param {any[]} taps those that the stops do not show yet, the oldest first
 */
export function ahead(stops, taps) {
  const phases = new Map();
  const gone = new Set();
  const over = new Set();
  for (const tap of taps) {
    if (tap.kind === "departed") phases.set(tap.stop, "way");
    else if (tap.kind === "arrived") phases.set(tap.stop, "there");
    else if (tap.kind === "loaded") gone.add(tap.stop);
    else if (tap.kind === "delivered" || tap.kind === "failed") {
      if (tap.drop) over.add(tap.drop);
      else gone.add(tap.stop);
    }
  }
  return stops.filter((stop) => !gone.has(stop.id)).flatMap((stop) => left(stop, over, phases));
}

function left(stop, over, phases) {
  const drops = stop.kind === "deliver" ? stop.drops.filter((drop) => !over.has(drop)) : stop.drops;
  if (stop.kind === "deliver" && !drops.length) return [];
  return [{ ...stop, drops, phase: phases.get(stop.id) ?? phaseOf(stop) }];
}

function phaseOf(stop) {
  if (!stop.committed) return "ahead";
  return stop.arrived_at ? "there" : "way";
}

/**
 * Returns whether the courier pauses: as last heard, after the taps since.
 * @param {boolean} paused
 * @param {any[]} taps
 */
export function isPaused(paused, taps) {
  const last = taps.findLast((tap) => tap.kind === "paused" || tap.kind === "resumed");
  return last ? last.kind === "paused" : paused;
}

/**
 * Returns how two routes differ, for who was looking at the first: `null` for in nothing that
 * matters, `next` where the next stop is another, `later` where something after it is.
 * @param {any[]} before
 * @param {any[]} after
 */
export function difference(before, after) {
  const [a, b] = [before, after].map((stops) => stops.map((stop) => `${stop.id} ${stop.drops}`));
  if (a.join() === b.join()) return null;
  return a[0] === b[0] ? "later" : "next";
}

/**
 * Returns whether now, in milliseconds, belongs to a shift, or work begun in it is left.
 * @param {{start: string, end: string} | undefined} shift
 * @param {any[]} stops
 * @param {number} now
 */
export function isAtWork(shift, stops, now) {
  if (!shift || now < Date.parse(shift.start)) return false;
  return now < Date.parse(shift.end) || stops.length > 0;
}

/** Returns a stop without whom it is for: all that is kept of it over a start of the page. */
export function withoutPersons(stop) {
  return { ...stop, hand_overs: [] };
}
