/**
 * A new order: written, quoted while its place is held, and placed once.
 */

import { Refused, ask, newKey, sayError, whoAsks } from "../shared/ask.js";
import { el, fill } from "../shared/dom.js";
import { onLanguage, t } from "../shared/words.js";
import { announce, toast } from "./announce.js";
import { showFaults } from "./place_faults.js";
import { OrderForm } from "./place_form.js";
import { quoteView } from "./place_quote.js";
import { select } from "./selection.js";
import { isPlacing, onSide } from "./shell.js";

/** Returns the form for a new order; it keeps what is typed until the order is placed. */
export function placePanel(model) {
  return new Placing(model).node;
}

class Placing {
  #form = new OrderForm();
  #quote = null;
  #view = null;
  #busy = false;

  constructor(model) {
    this.model = model;
    this.title = el("h2", { id: "place-title" });
    this.said = el("div", { class: "notice bad", role: "alert", hidden: true });
    this.quoted = el("div", {});
    const submit = (event) => {
      event.preventDefault();
      this.#askTime();
    };
    const about = { class: "place fields", "aria-labelledby": "place-title", on: { submit } };
    this.node = el("form", about, this.title, this.said, this.#form.node, this.quoted);
    this.#write();
    onLanguage(() => this.#write());
    onSide(() => isPlacing() || this.#giveBack());
    model.on("tick", () => this.#view?.tick());
    addEventListener("pagehide", () => this.#giveBackAtOnce());
  }

  #write() {
    this.title.textContent = t("hand.new_order");
    this.#form.write();
    if (this.#quote) this.#showQuote();
  }

  /** Asks what may be promised, and has the place held. */
  async #askTime() {
    if (this.#busy) return;
    const unplaced = this.#form.unplaced();
    if (unplaced) {
      this.#fault(t("hand.choose_place"));
      unplaced.focus();
      return;
    }
    await this.#during(async () => {
      this.said.hidden = true;
      const body = { ...this.#form.wanted(), reserve: true };
      const { body: quote } = await ask("POST", "/v1/quotes", { body, key: newKey() });
      this.#quote = { ...quote, key: newKey() };
      this.#form.node.disabled = true;
      this.#showQuote();
      this.quoted.firstElementChild.focus();
      announce(quote.feasible ? t("hand.can_promise") : t("hand.cannot_promise"));
    });
    // Whoever closed the side meanwhile wants no place held.
    if (!isPlacing()) this.#giveBack();
  }

  #showQuote() {
    this.#view = quoteView(this.model, this.#quote, {
      accept: (how) => this.#accept(how),
      back: () => this.#giveBack(),
      again: async () => {
        await this.#giveBack();
        await this.#askTime();
      },
    });
    fill(this.quoted, this.#view.node);
  }

  /** Shows the form again, and gives the place back that was held for it. */
  async #giveBack() {
    if (!this.#quote || this.#busy) return;
    const { quote_id: quote } = this.#quote;
    this.#unquoted();
    if (isPlacing()) this.#form.go.focus();
    try {
      await ask("DELETE", `/v1/quotes/${quote}`, { key: newKey() });
    } catch {
      // It lapses by itself within a minute.
    }
  }

  #giveBackAtOnce() {
    if (!this.#quote || this.#busy) return;
    const headers = whoAsks("DELETE");
    fetch(`/v1/quotes/${this.#quote.quote_id}`, { method: "DELETE", headers, keepalive: true });
    this.#unquoted();
  }

  #unquoted() {
    this.#quote = this.#view = null;
    this.#form.node.disabled = false;
    fill(this.quoted);
  }

  /** Places the order, `requote` for the time that was quoted, `accept_late` for the usual one. */
  async #accept(how) {
    const { key, quote_id: quote } = this.#quote;
    await this.#during(async () => {
      this.#view.busy(true);
      // A quote is for the time it names; who keeps the usual one does without it.
      const isLate = how === "accept_late";
      if (isLate) await ask("DELETE", `/v1/quotes/${quote}`, { key: `${key}-back` }).catch(() => {});
      const promised = isLate ? {} : { quote_id: quote };
      const body = { ...this.#form.order(), ...promised, on_infeasible: how };
      const { body: order } = await ask("POST", "/v1/orders", { body, key: `${key}-${how}` });
      await this.#placed(order);
    });
    this.#view?.busy(false);
  }

  async #placed(order) {
    this.#unquoted();
    this.#form.clear();
    toast(t("hand.placed", { order: order.external_id ?? order.id }), { kind: "good" });
    this.model.refresh("plan");
    await this.model.refresh("orders");
    select({ kind: "order", id: order.id });
  }

  async #during(work) {
    if (this.#busy) return;
    this.#busy = this.#form.go.disabled = true;
    try {
      await work();
    } catch (error) {
      const isRefused = error instanceof Refused;
      // What is wrong with the order, or its quote, is mended in the form.
      if (isRefused && (error.code.startsWith("quote-") || error.status === 422)) this.#unquoted();
      this.#fault(sayError(error));
      if (isRefused) showFaults(this.node, this.said, error.problem.errors ?? []);
    }
    this.#busy = this.#form.go.disabled = false;
  }

  #fault(text) {
    fill(this.said, el("p", { class: "told" }, text)).hidden = false;
    this.said.scrollIntoView({ block: "nearest" });
  }
}
