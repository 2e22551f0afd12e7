/**
 * A courier's shift as the phone knows it: who is signed in, the route, and what waits to be sent.
 *
 * The route is kept without names, phone numbers and notes, so that it is there without a network;
 * those last as long as the page.
 */

import { ask, holdToken, onLost, Refused, Unreachable } from "../shared/ask.js";
import { listen } from "../shared/listen.js";
import { movedTo, now, setCity, skewMs } from "../shared/times.js";
import { forget, keep, kept } from "./keep.js";
import { ahead, difference, isPaused } from "./progress.js";
import { Queue } from "./queue.js";

const RETRY_MS = 15_000;
const KEPT = ["token", "route", "courier"];

/** Everything a page of a courier shows; `changed()` says that something is another. */
export class Shift {
  #changed;
  #news;
  #stream = null;
  #fetching = null;
  #again = false;

  /**
   * @param {{changed: () => void, news: (name: string, values?: any) => void}} page
   */
  constructor({ changed, news }) {
    this.#changed = changed;
    this.#news = news;
    this.token = kept("token");
    this.route = kept("route");
    this.courier = kept("courier");
    this.online = true;
    this.queue = new Queue({
      send: (body) => this.#sent(body),
      told: (tap, result) => this.#refusal(tap, result),
      changed,
    });
    holdToken(this.token);
    onLost(() => this.leave("lost"));
    const city = kept("city");
    // Until the service is heard, its clock is as far from the phone's as it was the last time.
    if (city) setCity({ ...city, now: new Date(Date.now() - kept("ahead_ms", 0)).toISOString() });
    addEventListener("online", () => this.#wake());
    document.addEventListener("visibilitychange", () => this.#wake());
    setInterval(() => this.#wake(), RETRY_MS);
  }

  /** Whether the phone is signed in. */
  get signedIn() {
    return this.token !== null;
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
    const { start, end } = this.courier?.shift ?? {};
    if (!start || now() < Date.parse(start)) return false;
    return now() < Date.parse(end) || this.stops.length > 0;
  }

  /**
   * Signs the phone in by a code; throws `Refused` or `Unreachable`.
   * @param {string} code
   */
  async signIn(code) {
    holdToken(null);
    const { body } = await ask("POST", "/v1/sign-in", { body: { code }, quiet: true });
    if (kept("of") !== body.courier) this.queue.forgetAll();
    keep("of", body.courier);
    this.token = body.token;
    keep("token", this.token);
    forget("begun");
    holdToken(this.token);
    await this.#begin();
    this.open();
  }

  /** Begins to listen, and to send what waits. */
  open() {
    if (!this.signedIn) return;
    this.#stream?.stop();
    this.#stream = listen("/v1/stream", {
      heard: (name, data) => this.#heard(name, data),
      stateChanged: (isLive) => this.#live(isLive),
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
    this.#stream?.stop();
    this.#stream = null;
    holdToken(null);
    forget(...KEPT);
    this.queue.forgetPersons();
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

  /** Fetches the route; says aloud where it is another than the page showed. */
  async fetch() {
    if (this.#fetching) {
      this.#again = true;
      return this.#fetching;
    }
    this.#fetching = this.#fetched();
    try {
      await this.#fetching;
    } finally {
      this.#fetching = null;
    }
    if (this.#again) {
      this.#again = false;
      await this.fetch();
    }
  }

  async #fetched() {
    const settled = this.queue.settled.map((tap) => tap.action_id);
    const before = this.route && this.stops;
    const headers = this.route?.tag ? { "If-None-Match": this.route.tag } : {};
    const path = `/v1/couriers/${this.courier.id}/route`;
    const { status, body, tag } = await this.#ask("GET", path, { headers });
    this.queue.forgetSettled(settled);
    if (status === 304) return this.#changed();
    movedTo(body.now);
    this.route = { stops: body.stops, tag };
    // Without the tag: a page that starts anew asks for the persons too.
    keep("route", { stops: body.stops.map(withoutPersons), tag: null });
    const other = before && difference(before, this.stops);
    if (other) this.#news(other);
    return this.#changed();
  }

  async #heard(name, data) {
    if (data.at) movedTo(data.at);
    if (name === "courier" || name === "reset") await this.#quietly(() => this.#look());
    if (name !== "bye") await this.#quietly(() => this.fetch());
  }

  /** A line that stands anew: something may have been missed meanwhile. */
  async #live(isLive) {
    this.#reached(isLive);
    if (!isLive) return;
    await this.#quietly(() => this.#begin());
  }

  /** Learns all there is to know, and sends what waits under the numbers the service expects. */
  async #begin() {
    await this.#look();
    if (!kept("begun")) {
      const path = `/v1/couriers/${this.courier.id}/actions?limit=1`;
      this.queue.begin((await this.#ask("GET", path)).body.expected_seq);
      keep("begun", true);
    }
    await this.queue.flush();
    await this.fetch();
  }

  async #look() {
    const id = kept("of");
    const { body } = await this.#ask("GET", `/v1/couriers/${id}`);
    this.courier = { id, shift: body.shift, paused: body.paused };
    keep("courier", this.courier);
    const city = (await this.#ask("GET", "/v1/city")).body;
    setCity(city);
    keep("city", city);
    keep("ahead_ms", skewMs());
    this.#changed();
  }

  async #wake() {
    if (!this.signedIn || document.visibilityState === "hidden") return;
    this.#endOfShift();
    if (this.courier && (this.queue.waiting.length || !this.online)) {
      await this.#quietly(async () => {
        await this.queue.flush();
        await this.fetch();
      });
    }
    this.#changed();
  }

  #endOfShift() {
    if (this.courier && !this.atWork && now() >= Date.parse(this.courier.shift.end)) {
      forget("route");
      this.queue.forgetPersons();
    }
  }

  async #sent(taps) {
    const path = `/v1/couriers/${this.courier.id}/actions`;
    return (await this.#ask("POST", path, { body: taps })).body;
  }

  #refusal(tap, result) {
    this.#news(result.result, { tap, reason: result.reason });
  }

  async #ask(method, path, more) {
    try {
      const answer = await ask(method, path, more);
      this.#reached(true);
      return answer;
    } catch (error) {
      if (error instanceof Unreachable) this.#reached(false);
      throw error;
    }
  }

  #reached(online) {
    if (this.online === online) return;
    this.online = online;
    this.#changed();
  }

  /** Does what may fail for want of a network; what waits is tried again later. */
  async #quietly(work) {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
    }
  }
}

/** A stop without whom it is for. */
function withoutPersons(stop) {
  return { ...stop, hand_overs: [] };
}
