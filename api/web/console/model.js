/**
 * What the page knows of the zone: fetched once, kept up by one stream, and how old it is.
 */

import { ask, read, readAll } from "../shared/ask.js";
import { listen } from "../shared/listen.js";
import { movedTo, now, setCity } from "../shared/times.js";
import { calmly } from "./calmly.js";
import { hub } from "./hub.js";
import { Known } from "./known.js";
import { notePlaces } from "./places.js";
import { Dangers } from "./standing.js";

const MOST_NEWS = 300;
const LOOK_MS = 5000;

/** Milliseconds for which the page still shows an order that ended. */
const ENDED_MS = 3_600_000;

/** What each event of the stream makes old. */
const STALE = {
  plan: ["plan", "orders"],
  order: ["orders", "couriers"],
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
  await model.first();
  model.start();
  return model;
}

/** What is known (see `Known` for how to read it), kept up to date. */
class Model extends Known {
  #hub = hub();
  #news = [];
  #count = 0;
  #dangers = new Dangers();
  #failed = new Map();
  #isStreaming = false;
  #wasLive = false;
  #lost;
  #fetch = {
    orders: async () => {
      const began = performance.now();
      const since = encodeURIComponent(new Date(now() - ENDED_MS).toISOString());
      this.takeOrders(await readAll(`/v1/orders?ended_since=${since}`), began);
      this.#dangers.forget(this);
    },
    couriers: async () => this.takeCouriers(await readAll("/v1/couriers")),
    plan: async () => {
      // The ways take longer: the first view comes without them.
      this.takePlan((await read(this.stream ? "/v1/plan?ways=true" : "/v1/plan")).body);
      notePlaces(this.plan());
    },
  };
  #calm = Object.fromEntries(
    Object.keys(this.#fetch).map((part) => [part, calmly(() => this.#fetched(part))]),
  );

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
    return this.#isStreaming && this.#failed.size === 0;
  }

  /** Returns the milliseconds since what is shown was known to be so; 0 while it is live. */
  ageMs() {
    if (this.isLive()) return 0;
    const heard = this.#isStreaming ? 0 : (this.stream?.ageMs() ?? 0);
    const failed = [...this.#failed.values()].map((at) => performance.now() - at);
    return Math.max(heard, ...failed);
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
      stateChanged: (isStreaming) => this.#streams(isStreaming),
      lost: this.#lost,
    });
  }

  /** Fetches everything for the first time; raises where that fails. */
  async first() {
    await Promise.all(Object.values(this.#fetch).map((fetch) => fetch()));
  }

  /** Fetches everything anew. */
  refreshAll() {
    return Promise.all(Object.keys(this.#fetch).map((part) => this.refresh(part)));
  }

  /** Fetches a part anew: `orders`, `couriers` or `plan`; calls that come together are one fetch. */
  refresh(part) {
    return this.#calm[part]();
  }

  async #fetched(part) {
    try {
      await this.#fetch[part]();
      this.#failed.delete(part);
    } catch {
      // Asked again with the next look; until then the page says how old it is.
      if (!this.#failed.has(part)) this.#failed.set(part, performance.now());
    }
    this.#liveChanged();
    if (!this.#failed.has(part)) await this.#hub.tellInTurns(...(part === "orders" ? ["orders", "breaches"] : [part]));
  }

  #streams(isStreaming) {
    this.#isStreaming = isStreaming;
    // What happened before the stream was there is not told by it.
    if (isStreaming) this.refreshAll();
    this.#liveChanged();
  }

  #liveChanged() {
    if (this.#wasLive === this.isLive()) return;
    this.#wasLive = this.isLive();
    this.#hub.tell("live");
  }

  #heard(name, data) {
    if (data.at) movedTo(data.at);
    if (name === "reset") this.refreshAll();
    if (!(name in STALE)) return;
    // Where that fails it comes with all the others.
    if (data.kind === "order_placed") this.#placed(data.orders[0]).catch(() => {});
    for (const part of STALE[name]) this.refresh(part);
    if (this.#dangers.hear(name, data)) this.#hub.tellSoon("breaches");
    this.#news = [{ key: `n${++this.#count}`, name, at: data.at, data }, ...this.#news];
    this.#news.length = Math.min(this.#news.length, MOST_NEWS);
    this.#hub.tellSoon("feed");
  }

  /** Shows an order that was just placed, before all are fetched: that takes longer. */
  async #placed(id) {
    const { body } = await ask("GET", `/v1/orders/${encodeURIComponent(id)}`);
    this.takePlaced(body, performance.now());
    this.#hub.tellSoon("orders");
  }

  /** Where couriers are is told by no event, and a clock moved by hand may move without one. */
  async #look() {
    if (document.hidden || !this.#isStreaming) return;
    for (const part of new Set(["couriers", ...this.#failed.keys()])) this.refresh(part);
    try {
      setCity((await ask("GET", "/v1/city")).body);
    } catch {
      // The stream or the next fetch tells that the service is away.
    }
  }
}
