/**
 * How orders stand, and which promises are in danger.
 */

import { now } from "../shared/times.js";

/** Below this chance a promise will probably break: the policy's `foresee_below` unless it is set. */
const PROBABLY_BROKEN = 0.5;
const OPEN = new Set(["awaiting_goods", "placed", "planned", "under_way"]);

/** Returns whether an order still waits for something. */
export function isOpen(order) {
  return Boolean(order) && OPEN.has(order.status);
}

/** Returns the seconds that are left until an order is due, null where no clock runs. */
export function leftS(order) {
  const due = order.promise.due_at;
  return due === null ? null : Math.floor((Date.parse(due) - now()) / 1000);
}

/** What was told of promises that will probably break; by order. */
export class Dangers {
  #told = new Map();

  /** Takes a fact of the stream; returns whether it is about a danger. */
  hear(name, data) {
    if (name === "breach_foreseen") {
      const { drops, p_on_time: chance, rescue = null, reason = null, at } = data;
      this.#told.set(data.orders[0], { drop: data.drop ?? drops[0], chance, rescue, reason, at });
      return true;
    }
    return data.kind === "breach_averted" && data.orders.some((order) => this.#told.delete(order));
  }

  /** Forgets orders that wait for nothing any more. */
  forget(known) {
    for (const id of this.#told.keys()) if (!isOpen(known.order(id))) this.#told.delete(id);
  }

  /** Returns the dangers of some orders, the one due first first: see `breaches` of the model. */
  of(orders) {
    const found = orders.filter(isOpen).map((order) => this.#danger(order));
    return found.filter(Boolean).sort((a, b) => a.due - b.due);
  }

  #danger(order) {
    const told = this.#told.get(order.id);
    const { state, due_at, p_on_time } = order.promise;
    // Who opens the page hears nothing of what was foreseen before.
    const isLikely = told || (p_on_time !== null && p_on_time < PROBABLY_BROKEN);
    const kind = state === "breached" ? "late" : state === "running" && isLikely ? "foreseen" : null;
    if (!kind) return null;
    const drop = (order.drops.find(({ closed_at }) => !closed_at) ?? order.drops[0]).id;
    const about = { drop, rescue: null, reason: null, at: null, ...told };
    return { ...about, kind, order: order.id, chance: p_on_time ?? told?.chance ?? 0, due: Date.parse(due_at) };
  }
}
