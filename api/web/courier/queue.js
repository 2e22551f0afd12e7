/**
 * Taps that the service has not answered yet: kept on the phone, sent in order, each taken once.
 *
 * They hold ids, kinds and counts. What was signed lies beside them until it is sent.
 */

import { Refused } from "../shared/ask.js";
import { coalesced } from "./coalesced.js";
import { forget, keep, kept } from "./keep.js";
import { alone, isSame, newId, rejected, renumber, withProof } from "./taps.js";

const TAPS = "taps";
const PROOFS = "proofs";
const AT_ONCE = 50;

/** Kinds of taps that may follow one like them. */
const AGAIN = new Set(["paused", "resumed"]);

/**
 * The queue of one phone; several windows of it share what is kept.
 *
 * `send` posts a body and gives the answer; `told(tap, result)` hears what became of taps that
 * took no effect, and `changed()` that the queue is another.
 */
export class Queue {
  #send;
  #told;
  #changed;

  constructor({ send, told, changed }) {
    this.#send = send;
    this.#told = told;
    this.#changed = changed;
  }

  /** Taps that wait, the oldest first. */
  get waiting() {
    return this.#state().items;
  }

  /** Taps that took effect since the route was last fetched. */
  get settled() {
    return this.#state().settled;
  }

  /**
   * Numbers what comes next as the service expects it.
   * @param {number | null} expected
   */
  begin(expected) {
    const state = this.#state();
    state.next = expected ?? 1;
    if (state.items.length && state.items[0].seq > state.next) renumber(state, state.next);
    const last = state.items.at(-1);
    if (last) state.next = Math.max(state.next, last.seq + 1);
    this.#keep(state);
  }

  /**
   * Adds a tap; returns false where the same one waits or took effect already.
   * @param {{kind: string, stop?: string, drop?: string}} tap
   * @param {{pin?: string, signature?: string} | null} [proof]
   */
  add(tap, proof = null) {
    const state = this.#state();
    const before = AGAIN.has(tap.kind) ? state.items.slice(-1) : [...state.items, ...state.settled];
    if (before.some((each) => isSame(each, tap))) return false;
    const id = newId();
    const occurred_at = new Date().toISOString();
    state.items.push({ action_id: id, seq: state.next, ...tap, occurred_at });
    state.next += 1;
    if (proof) keep(PROOFS, { ...kept(PROOFS, {}), [id]: proof });
    this.#keep(state);
    this.#changed();
    return true;
  }

  /** Sends all that waits; throws `Refused` 401 where the phone is no longer signed in. */
  flush = coalesced(() => alone(() => this.#drain()));

  /**
   * Forgets taps that a route fetched since shows by itself.
   * @param {string[]} ids
   */
  forgetSettled(ids) {
    const state = this.#state();
    state.settled = state.settled.filter((tap) => !ids.includes(tap.action_id));
    this.#keep(state);
  }

  /** Forgets what people gave; ids and kinds stay until they are sent. */
  forgetPersons() {
    forget(PROOFS);
  }

  /** Forgets everything: another courier has the phone. */
  forgetAll() {
    forget(TAPS, PROOFS);
  }

  async #drain() {
    let most = AT_ONCE;
    for (let tries = 0; this.waiting.length && tries < 1000; tries += 1) {
      const batch = this.waiting.slice(0, most);
      try {
        const proofs = kept(PROOFS, {});
        const actions = batch.map((tap) => withProof(tap, proofs[tap.action_id]));
        const answer = await this.#send({ actions, device_now: new Date().toISOString() });
        this.#answered(batch, answer.results);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        const expected = error.problem.expected_seq;
        if (error.status === 409 && Number.isInteger(expected) && tries < 3) {
          this.#renumbered(expected);
        } else if ([401, 403, 409, 429].includes(error.status) || error.status >= 500) {
          throw error;
        } else if (batch.length > 1) {
          most = 1;
        } else {
          this.#answered(batch, [rejected(batch[0], error.message)]);
        }
      }
      this.#changed();
    }
  }

  #answered(batch, results) {
    const state = this.#state();
    const proofs = kept(PROOFS, {});
    const byId = new Map(batch.map((tap) => [tap.action_id, tap]));
    for (const result of results) {
      const tap = byId.get(result.action_id);
      state.items = state.items.filter((each) => each.action_id !== result.action_id);
      const first = result.result === "duplicate" ? result.first_result : result.result;
      if (first === "applied") state.settled.push(tap);
      else this.#told({ ...tap, proof: proofs[tap.action_id] }, { ...result, result: first });
      delete proofs[result.action_id];
    }
    keep(PROOFS, proofs);
    this.#keep(state);
  }

  #renumbered(expected) {
    const state = this.#state();
    renumber(state, expected);
    this.#keep(state);
  }

  #state() {
    return kept(TAPS, { next: 1, items: [], settled: [] });
  }

  #keep(state) {
    keep(TAPS, state);
  }
}
