/**
 * Rescues that are looked for: one after the other, as each costs the service some work.
 */

import { explained } from "./moves.js";

/** For how many promises, those due first: more are not read at a glance. */
export const MOST = 12;

/** Milliseconds that what was found is good in a newer plan. */
const GOOD_MS = 10_000;

/** What was found for promises in danger, by drop; `changed` is called when there is more. */
export class Looked {
  #found = new Map();
  #wanted = [];
  #isLooking = false;

  constructor(model, changed) {
    this.model = model;
    this.changed = changed;
  }

  /** Returns `{rescue}` of a danger, with null where no move helps; null while it is not known. */
  of({ drop, rescue }) {
    return rescue ? { rescue } : (this.#found.get(drop)?.found ?? null);
  }

  /** Looks for what is not known of dangers, or was found in an older plan some time ago. */
  async look(dangers) {
    this.#wanted = dangers.filter(({ rescue }) => !rescue).map(({ drop }) => drop);
    if (this.#isLooking) return;
    this.#isLooking = true;
    for (let drop = this.#next(); drop; drop = this.#next()) {
      const about = { version: this.model.plan().version, at: performance.now() };
      try {
        const { rescue } = await explained(drop);
        this.#found.set(drop, { found: { rescue }, ...about });
      } catch {
        // What was known stays; it is asked again after a while.
        this.#found.set(drop, { found: this.#found.get(drop)?.found ?? null, ...about });
      }
      this.changed();
    }
    this.#isLooking = false;
  }

  #next() {
    return this.#wanted.slice(0, MOST).find((drop) => !this.#isFresh(this.#found.get(drop)));
  }

  #isFresh(known) {
    if (!known) return false;
    const isYoung = performance.now() - known.at < GOOD_MS;
    return isYoung || (known.found !== null && known.version === this.model.plan().version);
  }
}
