/**
 * All that goes from the phone to the service: taps, and after them the photos that belong to them.
 */

import { Photos } from "./photos.js";
import { Queue } from "./queue.js";
import { sendPhoto, sendTaps } from "./service.js";

/** What waits to be sent; `queue` are taps, `photos` are photos. */
export class Outbox {
  /**
   * @param {{line: import("./line.js").Line, courier: () => string, changed: () => void,
   *   news: (name: string, values?: any) => void}} about
   */
  constructor({ line, courier, changed, news }) {
    this.queue = new Queue({
      send: (taps) => line.reaching(sendTaps(courier(), taps)),
      told: (tap, { result, reason }) => news(result, { tap, reason }),
      changed,
    });
    this.photos = new Photos({
      send: (photo) => line.reaching(sendPhoto(photo)),
      isWaiting: (drop) => this.queue.waiting.some((tap) => tap.drop === drop),
      told: (reason) => news("photo_refused", { reason }),
      changed,
    });
  }

  /** How much waits. */
  get length() {
    return this.queue.waiting.length + this.photos.count;
  }

  /**
   * Sends what waits; photos last, after `between`, so that nothing waits for them.
   * @param {() => Promise<void>} between
   */
  async flush(between) {
    await this.queue.flush();
    await between();
    await this.photos.flush();
  }

  /** Forgets what people gave and what was taken of them. */
  forgetPersons() {
    this.queue.forgetPersons();
    this.photos.forget();
  }

  /** Forgets everything: another courier has the phone. */
  async forgetAll() {
    this.queue.forgetAll();
    await this.photos.forget();
  }
}
