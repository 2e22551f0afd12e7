/**
 * Tells the service where the phone is: on shift only, while the courier agrees, while the page is
 * looked at. A position that cannot be sent is forgotten.
 */

import { ask } from "../shared/ask.js";
import { now } from "../shared/times.js";
import { keep, kept } from "./keep.js";

const EVERY_MS = 10_000;

/** Watches the phone's place for a shift; see `agreed`. */
export class Positions {
  #shift;
  #watch = null;
  #sentAt = 0;

  /** @param {import("./shift.js").Shift} shift */
  constructor(shift) {
    this.#shift = shift;
    setInterval(() => this.look(), EVERY_MS);
  }

  /** Whether the courier lets the page tell. */
  get agreed() {
    return kept("positions", false);
  }

  set agreed(yes) {
    keep("positions", yes);
    this.look();
  }

  /** Whether the phone can tell at all. */
  get possible() {
    return "geolocation" in navigator;
  }

  /** Begins, or ends, to watch, as it is right now. */
  look() {
    const wanted = this.possible && this.agreed && this.#shift.signedIn && this.#shift.atWork;
    if (wanted && this.#watch === null) {
      const sure = { enableHighAccuracy: true, maximumAge: EVERY_MS };
      this.#watch = navigator.geolocation.watchPosition(
        (here) => this.#tell(here.coords),
        () => {},
        sure,
      );
    } else if (!wanted && this.#watch !== null) {
      navigator.geolocation.clearWatch(this.#watch);
      this.#watch = null;
    }
  }

  async #tell({ latitude, longitude }) {
    const shift = this.#shift;
    if (!shift.signedIn || !shift.atWork || Date.now() - this.#sentAt < EVERY_MS) return;
    this.#sentAt = Date.now();
    // By the service's clock: one that is an hour off would tell of another shift.
    const at = new Date(now()).toISOString();
    const body = { positions: [{ lat: latitude, lon: longitude, at }] };
    try {
      await ask("POST", `/v1/couriers/${shift.courier.id}/positions`, { body });
    } catch {
      // Where somebody was a while ago helps nobody.
    }
  }
}
