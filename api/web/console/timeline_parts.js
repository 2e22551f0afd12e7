/**
 * What a courier does when: a route cut into rides, check-ins, lifts, desks and the rest.
 */

/** What each part of a way inside a building counts as. */
const INSIDE = {
  leave: "park", park: "park",
  check_in: "check_in", badge: "check_in", escort: "check_in",
  lift: "lift", stairs: "lift",
  walk: "walk",
};

/** What happens at each kind of stop. */
const AT_STOP = { load: "load", deliver: "desk", return: "back" };

/** The kinds of parts, in the order in which a legend lists them. */
export const PARTS = ["ride", "park", "check_in", "lift", "walk", "wait", "load", "desk", "back"];

/**
 * Returns the parts of a route, `{kind, from, to, stop, leg}`, times in milliseconds.
 *
 * The legs of a way are fitted between the stop before and the arrival: plans are re-timed as
 * couriers are heard, ways are not. Without a way, all of it is a ride.
 */
export function partsOf(stops) {
  let free = null;
  return stops.flatMap((stop) => {
    const parts = [...wayOf(stop, free), ...stayOf(stop)];
    free = Date.parse(stop.departure);
    return parts;
  });
}

function wayOf(stop, free) {
  const arrival = Date.parse(stop.arrival);
  const took = (stop.way?.duration_s ?? 0) * 1000;
  const begins = free ?? arrival - took;
  if (begins >= arrival) return [];
  const legs = legsOf(stop.way);
  const whole = legs.reduce((sum, { seconds }) => sum + seconds, 0);
  let at = begins;
  return legs.map(({ kind, seconds, leg }) => {
    const from = at;
    at += whole ? ((arrival - begins) * seconds) / whole : arrival - begins;
    return { kind, from, to: at, stop, leg };
  });
}

/** The ride comes before the bicycle is parked at the other end; within one building there is none. */
function legsOf(way) {
  if (!way) return [{ kind: "ride", seconds: 0, leg: null }];
  const inside = way.inside.map((leg) => ({ kind: INSIDE[leg.kind] ?? "walk", seconds: leg.duration_s, leg }));
  const ridden = way.duration_s - inside.reduce((sum, { seconds }) => sum + seconds, 0);
  if (ridden <= 0) return inside;
  const parks = way.inside.findIndex(({ kind }) => kind === "park");
  const ride = { kind: "ride", seconds: ridden, leg: null };
  const at = parks < 0 ? inside.length : parks;
  return [...inside.slice(0, at), ride, ...inside.slice(at)];
}

function stayOf(stop) {
  const [arrival, start, departure] = [stop.arrival, stop.start, stop.departure].map((at) => Date.parse(at));
  const wait = { kind: "wait", from: arrival, to: start, stop, leg: null };
  const stay = { kind: AT_STOP[stop.kind], from: start, to: departure, stop, leg: null };
  return start > arrival ? [wait, stay] : [stay];
}

/** Returns the last drop that is brought before an instant, null where none is. */
export function dropBefore(stops, instant) {
  const before = stops.filter((stop) => stop.kind === "deliver" && Date.parse(stop.start) <= instant);
  return before.at(-1)?.drops.at(-1) ?? null;
}
