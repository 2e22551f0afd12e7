/**
 * A day again, plan by plan: a slider, the map of each plan, what changed by it, and why.
 */

import { sayError } from "../shared/ask.js";
import { el, fill, setAttribute } from "../shared/dom.js";
import { clockSeconds, now } from "../shared/times.js";
import { onLanguage, t } from "../shared/words.js";
import { learnNames, onNames } from "./place_names.js";
import { dayOf, planOf, plansOf } from "./replay_days.js";
import { replayMap } from "./replay_map.js";
import { changesOf, routesOf, whyOf } from "./replay_words.js";

const PACE_MS = 900;

/** Returns the replay; its days are fetched when they are asked for. */
export function replayPanel(model) {
  return new Replay(model).node;
}

class Replay {
  #plans = [];
  #at = -1;
  #turn = 0;
  #timer = 0;
  #shown = null;

  constructor(model) {
    this.model = model;
    const press = (name, act) => el("button", { type: "button", data: { name }, on: { click: act } });
    this.day = el("input", {
      type: "date",
      id: "replay-day",
      value: dayOf(now()),
      on: { change: () => this.#load() },
    });
    this.slider = el("input", {
      type: "range",
      id: "replay-slider",
      min: "0",
      max: "0",
      step: "1",
      on: { input: () => this.#go(Number(this.slider.value)) },
    });
    this.buttons = [
      press("earlier", () => this.#step(-1)),
      press("play", () => this.#playOrStop()),
      press("later", () => this.#step(1)),
    ];
    this.dayLabel = el("label", { for: "replay-day" });
    this.time = el("output", { class: "replay-time", for: "replay-slider" });
    this.said = el("p", { class: "soft", role: "status" });
    this.why = el("div", { class: "why" });
    this.changes = el("div", { class: "changes" });
    this.routes = el("div", { class: "routes scroll", tabindex: "0", role: "group" });
    this.map = replayMap();
    this.title = el("h2");
    this.node = el(
      "div",
      { class: "replay" },
      el(
        "header",
        {},
        this.title,
        el("div", { class: "field" }, this.dayLabel, this.day),
        this.buttons,
        this.slider,
        this.time,
      ),
      this.said,
      el(
        "div",
        { class: "replay-body" },
        this.map.node,
        el("div", { class: "replay-side" }, this.why, this.changes, this.routes),
      ),
    );
    this.node.addEventListener("shown", () => this.#begin());
    this.node.addEventListener("hidden", () => this.#stop());
    this.node.addEventListener("keydown", (event) => this.#onKey(event));
    onLanguage(() => this.#write());
    onNames(() => this.#draw());
    this.#write();
  }

  #write() {
    this.title.textContent = t("report.replay");
    this.dayLabel.textContent = t("report.day");
    setAttribute(this.slider, "aria-label", t("report.slider"));
    setAttribute(this.routes, "aria-label", t("report.routes"));
    for (const button of this.buttons) {
      const name = button.dataset.name === "play" && this.#timer ? "stop" : button.dataset.name;
      button.textContent = t(`report.${name}`);
    }
    this.#draw();
  }

  async #begin() {
    learnNames().catch(() => {});
    await this.map.begin().catch((error) => fill(this.said, sayError(error)));
    await this.#load();
  }

  async #load() {
    this.#stop();
    const turn = ++this.#turn;
    if (!this.day.value) return;
    fill(this.said, t("report.loading"));
    try {
      const plans = await plansOf(this.day.value);
      if (turn !== this.#turn) return;
      this.#plans = plans;
      this.slider.max = String(Math.max(0, plans.length - 1));
      this.slider.disabled = !plans.length;
      for (const button of this.buttons) button.disabled = !plans.length;
      await this.#go(plans.length - 1);
      if (!plans.length) fill(this.said, t("report.no_plans"));
    } catch (error) {
      if (turn === this.#turn) fill(this.said, sayError(error));
    }
  }

  #step(by) {
    this.#stop();
    return this.#go(this.#at + by);
  }

  /** Shows the plan at a place of the day; only the last one asked for. */
  async #go(at) {
    this.#at = Math.max(-1, Math.min(at, this.#plans.length - 1));
    const turn = ++this.#turn;
    this.slider.value = String(Math.max(0, this.#at));
    const about = this.#plans[this.#at];
    if (!about) {
      this.#shown = null;
      return this.#draw();
    }
    fill(this.time, `${clockSeconds(about.made_at)} · ${t("report.plan_n", { version: about.version })}`);
    setAttribute(this.slider, "aria-valuetext", this.time.textContent);
    try {
      const plan = await planOf(about.version);
      if (turn !== this.#turn) return;
      this.#shown = { about, plan };
      fill(this.said, t("report.place", { n: this.#at + 1, all: this.#plans.length }));
      this.#draw();
    } catch (error) {
      if (turn === this.#turn) fill(this.said, sayError(error));
      this.#stop();
    }
  }

  #draw() {
    if (!this.#shown) {
      for (const part of [this.time, this.why, this.changes, this.routes]) fill(part);
      return this.map.show(null, []);
    }
    const { about, plan } = this.#shown;
    fill(this.why, whyOf(this.model, about));
    fill(this.changes, changesOf(this.model, about));
    fill(this.routes, routesOf(this.model, plan, about.changes));
    this.map.show(plan, about.changes, (id) => this.model.courier(id)?.name || id);
  }

  #playOrStop() {
    if (this.#timer) return this.#stop();
    if (this.#at >= this.#plans.length - 1) this.#go(0);
    const tick = async () => {
      if (this.#at >= this.#plans.length - 1) return this.#stop();
      await this.#go(this.#at + 1);
      // Stopped, or left, while the plan was fetched.
      if (this.#timer) this.#timer = setTimeout(tick, PACE_MS);
    };
    this.#timer = setTimeout(tick, PACE_MS);
    this.#label();
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#label();
  }

  #label() {
    this.buttons[1].textContent = t(this.#timer ? "report.stop" : "report.play");
  }

  /** Arrows step, Home and End go to the ends, blank plays; but where somebody types or presses. */
  #onKey(event) {
    if (event.target.closest("input, button, select, a")) return;
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -this.#at, End: this.#plans.length };
    if (event.key in steps) this.#step(steps[event.key]);
    else if (event.key === " ") this.#playOrStop();
    else return;
    event.preventDefault();
  }
}
