/**
 * How each drop stands, as a dispatcher sorts them: what needs a look first comes first.
 */

import { now } from "../shared/times.js";
import { isOpen } from "./standing.js";

/** The states, the most pressing first. */
export const STATES = [
  "late", "danger", "unplanned", "tight", "fine", "held", "paused", "awaited", "done", "stopped",
];

const TIGHT_S = 120;
const TIGHT_CHANCE = 0.85;
const DANGER_CHANCE = 0.5;

const DONE = new Set(["accepted", "partly_accepted"]);

/** What is sorted behind all that runs, in seconds. */
const BEHIND = { held: 1e7, paused: 2e7, awaited: 3e7, done: 4e7, stopped: 5e7 };

/**
 * Returns the drops of orders as rows: `{id, drop, order, nth, courier, stop, eta, slack, chance,
 * state, sort}`.
 *
 * `eta` is in milliseconds, by the plan where that is newer; `slack` in seconds between it and when
 * the order is due; both are null where nothing is planned.
 */
export function rowsOf(model) {
  const inDanger = new Set(model.breaches().map(({ order }) => order));
  return model.orders().flatMap((order) =>
    order.drops.map((drop, index) => rowOf(model, order, drop, index, inDanger.has(order.id))),
  );
}

function rowOf(model, order, drop, index, inDanger) {
  const found = drop.closed_at ? null : model.stopOf(drop.id);
  const ends = found?.stop.departure ?? drop.closed_at ?? drop.eta;
  const eta = ends ? Date.parse(ends) : null;
  const due = order.promise.due_at ? Date.parse(order.promise.due_at) : null;
  const row = {
    id: drop.id,
    drop,
    order,
    nth: order.drops.length > 1 ? `${index + 1}/${order.drops.length}` : "",
    courier: found?.courier ?? drop.courier,
    stop: found?.stop ?? null,
    eta,
    due,
    slack: eta !== null && due !== null ? Math.round((due - eta) / 1000) : null,
    chance: drop.closed_at ? null : order.promise.p_on_time,
  };
  row.state = stateOf(row, inDanger);
  row.sort = (BEHIND[row.state] ?? 0) + pressing(row);
  return row;
}

function stateOf({ drop, order, courier, slack, chance, due }, inDanger) {
  if (drop.closed_at) return DONE.has(drop.status) ? "done" : "stopped";
  if (!isOpen(order)) return "stopped";
  if (order.status === "awaiting_goods") return "awaited";
  if (order.paused) return "paused";
  if ((due !== null && due < now()) || (slack !== null && slack < 0)) return "late";
  if (drop.held) return "held";
  if (!courier) return "unplanned";
  if (inDanger || (chance !== null && chance < DANGER_CHANCE)) return "danger";
  const isTight = (slack !== null && slack < TIGHT_S) || (chance !== null && chance < TIGHT_CHANCE);
  return isTight ? "tight" : "fine";
}

/** Seconds of slack; what nobody brings has none, and of what is over the last comes first. */
function pressing({ state, drop, order, slack, due }) {
  if (state === "done" || state === "stopped") {
    const ended = Date.parse(drop.closed_at ?? order.cancelled_at ?? order.placed_at);
    return (now() - ended) / 1000;
  }
  const left = due === null ? 0 : (due - now()) / 1000;
  return slack ?? (state === "unplanned" ? Math.min(left, 0) : left);
}
