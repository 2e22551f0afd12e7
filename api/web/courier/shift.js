/**
 * A courier's shift as the phone knows it: who is signed in, the route, and what waits to be sent.
 *
 * The route is kept without names, numbers and notes, which last as long as the page.
 */

import { holdToken, onLost } from "../shared/ask.js";
import { movedTo, now } from "../shared/times.js";
import { learnClock, recallClock } from "./clock.js";
import { coalesced } from "./coalesced.js";
import { forget, keep, kept } from "./keep.js";
import { Line, quietly } from "./line.js";
import { Outbox } from "./outbox.js";
import { ahead, difference, isAtWork, isPaused, withoutPersons } from "./progress.js";
import { expectedNumber, fetchRoute, lookUp, signIn } from "./service.js";

const KEPT = ["token", "route", "courier"];

/** Everything a page of a courier shows; `changed()` says that something is another. */
export class Shift {
  #changed;
  #news;
  #line;

  /** @param {{changed: () => void, news: (name: string, values?: any) => void}} page */
  constructor({ changed, news }) {
    this.#changed = changed;
    this.#news = news;
    this.token = kept("token");
    this.route = kept("route");
    this.courier = kept("courier");
    this.#line = new Line({ changed, wake: () => this.#wake() });
    this.outbox = new Outbox({ line: this.#line, courier: () => this.courier.id, changed, news });
    this.queue = this.outbox.queue;
    holdToken(this.token);
    onLost(() => this.leave("lost"));
    recallClock();
  }

  /** Whether the phone is signed in. */
  get signedIn() {
    return this.token !== null;
  }

  /** Whether the service can be reached. */
  get online() {
    return this.#line.stands;
  }

  /** Taps that the route does not show. */
  get taps() {
    return [...this.queue.settled, ...this.queue.waiting];
  }

  /** The stops that are left, see `ahead`. */
  get stops() {
    return ahead(this.route?.stops ?? [], this.taps);
  }

  /** Whether the courier pauses. */
  get paused() {
    return isPaused(this.courier?.paused ?? false, this.taps);
  }

  /** Whether now belongs to the shift, or work begun in it is left. */
  get atWork() {
    return isAtWork(this.courier?.shift, this.stops, now());
  }

  /**
   * Signs the phone in by a code; throws `Refused` or `Unreachable`.
   * @param {string} code
   */
  async signIn(code) {
    holdToken(null);
    const { token, courier } = await signIn(code);
    if (kept("of") !== courier) await this.outbox.forgetAll();
    keep("of", courier);
    this.token = token;
    keep("token", token);
    forget("begun");
    holdToken(token);
    await this.#begin();
    this.open();
  }

  /** Begins to listen, and to send what waits. */
  open() {
    if (!this.signedIn) return;
    this.#line.open({
      heard: (name, data) => this.#heard(name, data),
      live: () => this.#quietly(() => this.#begin()),
      lost: () => this.leave("lost"),
    });
    this.#wake();
  }

  /**
   * Forgets who was signed in and what they were told; taps not sent yet stay, by ids and kinds.
   * @param {string} why
   */
  leave(why) {
    if (!this.signedIn) return;
    this.#line.close();
    holdToken(null);
    forget(...KEPT);
    this.outbox.forgetPersons();
    this.token = this.route = this.courier = null;
    this.#news(why);
    this.#changed();
  }

  /**
   * Takes a tap down and sends it when that can be done; false for one that was taken already.
   * @param {any} tap
   * @param {any} [proof]
   */
  tap(tap, proof = null) {
    const taken = this.queue.add(tap, proof);
    this.#wake();
    return taken;
  }

  /** Keeps photos of a drop's hand-over, and sends them once its tap is sent. */
  async keepPhotos(drop, taken) {
    await this.outbox.photos.add(drop, taken);
    this.#wake();
  }

  /** Fetches the route; says aloud where it is another than the page showed. */
  fetch = coalesced(() => this.#fetched());

  async #fetched() {
    const settled = this.queue.settled.map((tap) => tap.action_id);
    const before = this.route && this.stops;
    const found = await this.#line.reaching(fetchRoute(this.courier.id, this.route?.tag));
    this.queue.forgetSettled(settled);
    if (!found) return this.#changed();
    movedTo(found.now);
    this.route = { stops: found.stops, tag: found.tag };
    // Without the tag: a page that starts anew asks for the persons too.
    keep("route", { stops: found.stops.map(withoutPersons), tag: null });
    const other = before && difference(before, this.stops);
    if (other) this.#news(other);
    return this.#changed();
  }

  async #heard(name, data) {
    if (data.at) movedTo(data.at);
    if (name === "courier" || name === "reset") await this.#quietly(() => this.#look());
    if (name !== "bye") await this.#quietly(() => this.fetch());
  }

  /** Learns all there is to know, and sends what waits under the numbers the service expects. */
  async #begin() {
    await this.#look();
    if (!kept("begun")) {
      this.queue.begin(await this.#line.reaching(expectedNumber(this.courier.id)));
      keep("begun", true);
    }
    await this.outbox.flush(() => this.fetch());
  }

  async #look() {
    const { courier, city } = await this.#line.reaching(lookUp(kept("of")));
    this.courier = courier;
    learnClock(city);
    keep("courier", courier);
    this.#changed();
  }

  async #wake() {
    if (!this.signedIn || document.visibilityState === "hidden") return;
    this.#endOfShift();
    if (this.courier && (this.outbox.length || !this.online)) {
      await this.#quietly(() => this.outbox.flush(() => this.fetch()));
    }
    this.#changed();
  }

  #endOfShift() {
    if (this.courier && !this.atWork && now() >= Date.parse(this.courier.shift.end)) {
      forget("route");
      this.outbox.forgetPersons();
    }
  }

  /** Does what may fail; of a phone that was signed out meanwhile anything may. */
  async #quietly(work) {
    const mine = this.token;
    try {
      await quietly(work);
    } catch (error) {
      if (this.token === mine) throw error;
    }
  }
}
