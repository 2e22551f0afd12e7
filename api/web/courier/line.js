/**
 * The line to the service: whether it stands, what is heard on it, and when to try again.
 */

import { Refused, Unreachable } from "../shared/ask.js";
import { listen } from "../shared/listen.js";

const RETRY_MS = 15_000;

/** A line that breaks and comes again; `changed()` says that it did, `wake()` that now is a time. */
export class Line {
  #changed;
  #stream = null;

  /** @param {{changed: () => void, wake: () => void}} about */
  constructor({ changed, wake }) {
    this.#changed = changed;
    this.stands = true;
    addEventListener("online", wake);
    document.addEventListener("visibilitychange", wake);
    setInterval(wake, RETRY_MS);
  }

  /**
   * Listens from now on; `live()` is called when the stream begins, each time anew.
   * @param {{heard: (name: string, data: any) => void, live: () => void, lost: () => void}} ears
   */
  open({ heard, live, lost }) {
    this.close();
    this.#stream = listen("/v1/stream", {
      heard,
      lost,
      stateChanged: (isLive) => {
        this.#now(isLive);
        if (isLive) live();
      },
    });
  }

  /** Listens no more. */
  close() {
    this.#stream?.stop();
    this.#stream = null;
  }

  /** Returns what is asked for, and learns whether the service can be reached. */
  async reaching(asked) {
    try {
      const found = await asked;
      this.#now(true);
      return found;
    } catch (error) {
      if (error instanceof Unreachable) this.#now(false);
      throw error;
    }
  }

  #now(stands) {
    if (this.stands === stands) return;
    this.stands = stands;
    this.#changed();
  }
}

/** Does what may fail for want of a network, or of leave; what waits is tried again later. */
export async function quietly(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
  }
}
