/**
 * The form of a new order: service, customer, how it came in, and its drops.
 */

import { el, fill } from "../shared/dom.js";
import { t } from "../shared/words.js";
import { dropFields } from "./place_drop.js";

const SERVICES = ["urgent", "standard", "special"];
const CHANNELS = ["phone", "mail", "fax", "console"];

/** What is typed of a new order; it stays until `clear`. */
export class OrderForm {
  #drops = [];

  constructor() {
    const input = (name, at) =>
      el("input", { id: `place-${name}`, maxlength: "200", autocomplete: "off", data: { at } });
    this.services = el("div", { class: "choice", role: "radiogroup" });
    this.channel = el("select", { id: "place-channel" });
    this.customer = input("customer", "customer");
    this.number = input("number", "external_id");
    this.list = el("div", { class: "drops" });
    this.more = el("button", { type: "button", class: "quiet", on: { click: () => this.#add().focus() } });
    this.go = el("button", { type: "submit", class: "primary" });
    this.labels = ["channel", "customer", "number"].map((name) => [el("span"), name, this[name]]);
    const [channel, customer, number] = this.labels.map(([text, , field]) =>
      el("div", { class: "field" }, el("label", { for: field.id }, text), field),
    );
    this.node = el(
      "fieldset",
      { class: "plain" },
      this.services,
      el("div", { class: "row" }, customer, channel),
      number,
      this.list,
      el("div", { class: "actions" }, this.more, this.go),
    );
    this.#add();
  }

  /** Writes all words anew; what is typed and chosen stays. */
  write() {
    this.more.textContent = t("hand.add_drop");
    this.go.textContent = t("hand.ask_time");
    for (const [node, name] of this.labels) node.textContent = t(`hand.${name}`);
    const chosen = this.#service();
    const channel = this.channel.value || CHANNELS[0];
    const service = (name) =>
      el(
        "label",
        { class: name },
        el("input", { type: "radio", name: "service", value: name, checked: name === chosen }),
        t(`hand.service_${name}`),
      );
    this.services.setAttribute("aria-label", t("hand.service"));
    fill(this.services, SERVICES.map(service));
    fill(
      this.channel,
      CHANNELS.map((name) => el("option", { value: name }, t(`hand.channel_${name}`))),
    );
    this.channel.value = channel;
    this.#number();
  }

  /** Returns what a quote is asked for. */
  wanted() {
    return { service: this.#service(), drops: this.#drops.map((drop) => drop.body()) };
  }

  /** Returns the order as `POST /v1/orders` takes it, but for the quote. */
  order() {
    const number = this.number.value.trim();
    const about = { channel: this.channel.value, customer: this.customer.value.trim() };
    return { ...this.wanted(), ...about, ...(number ? { external_id: number } : {}) };
  }

  /** Returns the first drop of which nobody chose where it goes, undefined for none. */
  unplaced() {
    return this.#drops.find((drop) => !drop.isPlaced());
  }

  /** Forgets what was typed. */
  clear() {
    for (const drop of this.#drops.splice(0)) drop.node.remove();
    this.customer.value = this.number.value = "";
    this.#add();
  }

  #service() {
    return this.services.querySelector(":checked")?.value ?? SERVICES[0];
  }

  #number() {
    this.#drops.forEach((drop, i) => drop.label(i + 1, this.#drops.length > 1));
  }

  #add() {
    const drop = dropFields({
      removed: () => {
        this.#drops = this.#drops.filter((each) => each !== drop);
        drop.node.remove();
        this.#number();
        this.#drops.at(-1).focus();
      },
      customerKnown: (name) => (this.customer.value ||= name),
    });
    this.#drops.push(drop);
    this.list.append(drop.node);
    this.#number();
    return drop;
  }
}
