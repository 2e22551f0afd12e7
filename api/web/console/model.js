/**
 * What the page knows of the zone: fetched once, kept up by one stream, and how old it is.
 */

import { ask, read, readAll } from "../shared/ask.js";
import { listen } from "../shared/listen.js";
import { movedTo, setCity } from "../shared/times.js";
import { hub } from "./hub.js";
import { Known } from "./known.js";
import { Dangers } from "./standing.js";

const MOST_NEWS = 300;
const LOOK_MS = 5000;

/** What each event of the stream makes old. */
const STALE = {
  plan: ["plan", "orders"],
  order: ["orders"],
  courier: ["couriers", "orders"],
  traffic: ["plan"],
  breach_foreseen: ["orders"],
};

/**
 * Starts to look and returns the model, once it knows orders, couriers and the plan.
 *
 * `me` is who looks, as `GET /v1/me` tells it; `lost` is called when the session is over.
 */
export async function startModel(me, { lost = () => {} } = {}) {
  const model = new Model(me, lost);
  await model.refreshAll();
  model.start();
  return model;
}

/** What is known (see `Known` for how to read it), kept up to date. */
class Model extends Known {
  #hub = hub();
  #news = [];
  #dangers = new Dangers();
  #fetches = new Map();
  #failedAt = null;
  #isLive = false;
  #lost;
  #fetch = {
    orders: async () => {
      this.takeOrders(await readAll("/v1/orders"));
      this.#dangers.forget(this);
    },
    couriers: async () => this.takeCouriers(await readAll("/v1/couriers")),
    plan: async () => this.takePlan((await read("/v1/plan")).body),
  };

  constructor(me, lost) {
    super();
    this.me = me;
    this.#lost = lost;
  }

  /** Returns whether who looks may do something, by the name of its scope. */
  may(scope) {
    return this.me.scopes.includes(scope);
  }

  /**
   * Calls a function when a part changed: `orders`, `couriers`, `plan`, `feed`, `breaches`, `live`,
   * or `tick` once a second. Returns how to hear no more of it.
   */
  on(part, listener) {
    return this.#hub.on(part, listener);
  }

  /**
   * Returns promises that will probably break, and open ones that did, the one due first first:
   * `{kind: "foreseen" | "late", order, drop, chance, rescue, reason, at, due}`.
   *
   * `rescue` is `{courier, after, p_on_time, harm_s, late}` or null, `reason` why there is none.
   */
  breaches() {
    return this.#dangers.of(this.orders());
  }

  /** Returns what happened, the newest first: `{key, name, at, data}`. */
  feed() {
    return this.#news;
  }

  /** Returns whether what is shown is so now. */
  isLive() {
    return this.#isLive && this.#failedAt === null;
  }

  /** Returns the milliseconds since what is shown was known to be so; 0 while it is live. */
  ageMs() {
    if (this.isLive()) return 0;
    const heard = this.#isLive ? 0 : (this.stream?.ageMs() ?? 0);
    const failed = this.#failedAt === null ? 0 : performance.now() - this.#failedAt;
    return Math.max(heard, failed);
  }

  /** Begins to listen, anew where it did already. */
  start() {
    this.stream?.stop();
    if (!this.stream) {
      setInterval(() => this.#hub.tell("tick"), 1000);
      setInterval(() => this.#look(), LOOK_MS);
    }
    this.stream = listen("/v1/stream", {
      heard: (name, data) => this.#heard(name, data),
      stateChanged: (isLive) => this.#liveChanged(isLive),
      lost: this.#lost,
    });
  }

  /** Fetches everything anew. */
  refreshAll() {
    return Promise.all(Object.keys(this.#fetch).map((part) => this.refresh(part)));
  }

  /** Fetches a part anew: `orders`, `couriers` or `plan`; calls that come together are one fetch. */
  refresh(part) {
    const running = this.#fetches.get(part);
    if (running) {
      running.again ??= running.done.then(() => this.refresh(part));
      return running.again;
    }
    const done = this.#fetched(part).finally(() => this.#fetches.delete(part));
    this.#fetches.set(part, { done });
    return done;
  }

  async #fetched(part) {
    try {
      await this.#fetch[part]();
      this.#setFailed(null);
    } catch (error) {
      this.#setFailed(this.#failedAt ?? performance.now());
      if (!this.stream) throw error;
      return;
    }
    this.#hub.tell(part);
    if (part === "orders") this.#hub.tell("breaches");
  }

  #setFailed(at) {
    const isNew = (at === null) !== (this.#failedAt === null);
    this.#failedAt = at;
    if (isNew) this.#hub.tell("live");
  }

  #liveChanged(isLive) {
    this.#isLive = isLive;
    // What happened before the stream was there is not told by it.
    if (isLive) this.refreshAll();
    this.#hub.tell("live");
  }

  #heard(name, data) {
    if (data.at) movedTo(data.at);
    if (name === "reset") this.refreshAll();
    if (!(name in STALE)) return;
    for (const part of STALE[name]) this.refresh(part);
    if (this.#dangers.hear(name, data)) this.#hub.tell("breaches");
    this.#news = [{ key: `${data.at} ${Math.random()}`, name, at: data.at, data }, ...this.#news];
    this.#news.length = Math.min(this.#news.length, MOST_NEWS);
    this.#hub.tell("feed");
  }

  /** Where couriers are is told by no event, and a clock moved by hand may move without one. */
  async #look() {
    if (document.hidden || !this.#isLive) return;
    this.refresh("couriers");
    try {
      setCity((await ask("GET", "/v1/city")).body);
    } catch {
      // The stream or the next fetch tells that the service is away.
    }
  }
}
