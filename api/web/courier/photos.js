/**
 * Photos on their way to the service: each after the tap it belongs to, which never waits for it.
 *
 * Each has an id of its own, by which it is kept once however often it is sent.
 */

import { Refused } from "../shared/ask.js";
import { coalesced } from "./coalesced.js";
import { PhotoStore } from "./photo_store.js";
import { alone, newId } from "./taps.js";

/** Answers after which a photo may be taken another time. */
const PASSING = new Set([401, 403, 408, 429]);

/**
 * The photos of one phone.
 *
 * `send(photo)` puts one, `isWaiting(drop)` says whether a tap about a drop is still to be sent,
 * `told(reason)` hears of a photo that is not wanted, and `changed()` that there are others.
 */
export class Photos {
  #about;
  #store = new PhotoStore();
  #held = new Map();
  #times = 0;
  #read;

  constructor(about) {
    this.#about = about;
    this.#read = this.#store.all().then((found) => {
      for (const photo of found) this.#held.set(photo.id, photo);
      if (found.length) about.changed();
    });
  }

  /** How many wait. */
  get count() {
    return this.#held.size;
  }

  /**
   * Keeps photos of a hand-over until they are sent.
   * @param {string} drop
   * @param {{sku: string | null, picture: Promise<Blob | null>}[]} taken
   */
  async add(drop, taken) {
    const times = this.#times;
    for (const { sku, picture } of taken) {
      const found = await picture;
      // Forgotten while it was scaled down: it is nobody's any more.
      if (times !== this.#times) return;
      if (!found) continue;
      const photo = { id: newId(), drop, sku, taken_at: Date.now(), picture: found };
      this.#held.set(photo.id, photo);
      await this.#store.put(photo);
    }
    if (taken.length) this.#about.changed();
  }

  /** Sends what waits and whose tap is sent; throws as `ask` does where that is of no use now. */
  flush = coalesced(() => alone(() => this.#sent(), "photos"));

  /** Forgets all: nobody, or somebody else, has the phone. */
  async forget() {
    this.#times += 1;
    await this.#read;
    this.#held.clear();
    await this.#store.clear();
  }

  async #sent() {
    await this.#read;
    for (const photo of [...this.#held.values()]) {
      if (this.#about.isWaiting(photo.drop)) continue;
      try {
        await this.#about.send(photo);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (PASSING.has(error.status) || error.status >= 500) throw error;
        this.#about.told(error.message);
      }
      this.#held.delete(photo.id);
      await this.#store.remove(photo.id);
      this.#about.changed();
    }
  }
}
