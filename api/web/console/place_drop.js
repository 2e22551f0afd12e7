/**
 * A drop of a new order: the desk it goes to, who takes it there, and the goods.
 */

import { el, fill } from "../shared/dom.js";
import { t } from "../shared/words.js";
import { itemList } from "./place_items.js";
import { foundNames, searchField } from "./place_search.js";

let numbers = 0;

/**
 * Returns a drop's part of the form: `{node, body(), focus(), label(number, many)}`.
 *
 * `body()` is the drop as `POST /v1/orders` takes it. `removed()` is called to take it away,
 * `customerKnown(name)` where the desk that was chosen is a customer's.
 */
export function dropFields({ removed, customerKnown }) {
  return new Drop(removed, customerKnown).asFields();
}

class Drop {
  #chosen = null;

  constructor(removed, customerKnown) {
    const id = `drop-${(numbers += 1)}`;
    this.customerKnown = customerKnown;
    this.search = searchField((what) => this.#choose(what));
    const field = (name, about) =>
      el("input", { id: `${id}-${name}`, data: { at: AT[name] }, autocomplete: "off", ...about });
    this.floor = field("floor", { type: "number", min: "-20", max: "200", step: "1" });
    this.department = field("department", { maxlength: "200", list: `${id}-departments` });
    this.desk = field("desk", { maxlength: "200" });
    this.contact = field("contact", { maxlength: "200" });
    this.phone = field("phone", { maxlength: "200", type: "tel" });
    this.note = el("textarea", { id: `${id}-note`, maxlength: "1000", rows: "1", data: { at: AT.note } });
    this.departments = el("datalist", { id: `${id}-departments` });
    this.items = itemList();
    this.legend = el("legend");
    this.remove = el("button", { type: "button", class: "quiet", on: { click: removed } });
    this.place = el("div", { class: "chosen", hidden: true });
    this.labels = [];
    this.inside = el(
      "div",
      { class: "row", hidden: true },
      this.#labelled("floor_field", this.floor),
      this.#labelled("department", this.department),
      this.#labelled("desk", this.desk),
      this.departments,
    );
    this.node = el(
      "fieldset",
      { class: "drop" },
      this.legend,
      this.#labelled("where", this.search.input, this.search.node),
      this.place,
      this.inside,
      this.items.node,
      el("div", { class: "row" }, this.#labelled("contact", this.contact), this.#labelled("phone", this.phone)),
      this.#labelled("note", this.note),
      this.remove,
    );
  }

  asFields() {
    return {
      node: this.node,
      body: () => this.#body(),
      focus: () => (this.#chosen ? this.items.focus() : this.search.input.focus()),
      label: (number, many) => this.#label(number, many),
      isPlaced: () => this.#chosen !== null,
    };
  }

  #labelled(name, field, shown = field) {
    const text = el("span");
    this.labels.push([text, name]);
    const label = el("label", { for: field.id }, text);
    return el("div", { class: "field" }, label, shown);
  }

  #label(number, many) {
    for (const [node, name] of this.labels) node.textContent = t(`hand.${name}`);
    this.legend.textContent = t("hand.drop_n", { n: number });
    fill(this.remove, t("hand.remove_drop", { n: number })).hidden = !many;
    this.search.label();
    this.items.label();
    if (this.#chosen) this.#showPlace();
  }

  #choose(what) {
    this.#chosen = what;
    const { kind, item } = what;
    this.inside.hidden = kind === "desk";
    if (kind === "building") {
      this.floor.value = this.floor.value || "0";
      fill(
        this.departments,
        (item.departments ?? []).map(({ name }) => el("option", { value: name })),
      );
    } else {
      this.contact.value ||= item.contact?.name ?? "";
      this.phone.value ||= item.contact?.phone ?? "";
      if (item.customer) this.customerKnown(item.customer);
    }
    this.#showPlace();
    (kind === "building" ? this.floor : this.items).focus();
  }

  #showPlace() {
    const [name, place] = foundNames(this.#chosen);
    const change = () => {
      this.#chosen = null;
      this.place.hidden = this.inside.hidden = true;
      this.search.node.hidden = false;
      this.search.input.focus();
    };
    fill(
      this.place,
      el("p", {}, el("b", { class: "told" }, name), el("span", { class: "told soft" }, place)),
      el("button", { type: "button", class: "quiet", on: { click: change } }, t("hand.change")),
    ).hidden = false;
    this.search.node.hidden = true;
  }

  #body() {
    const contact = { name: this.contact.value.trim(), phone: this.phone.value.trim() };
    return { desk: { ...this.#desk(), contact }, items: this.items.body(), note: this.note.value.trim() };
  }

  #desk() {
    if (!this.#chosen) return {};
    const { kind, item } = this.#chosen;
    if (kind === "desk") return { id: item.id };
    const floor = Number.parseInt(this.floor.value, 10);
    const about = { building: item.id, department: this.department.value.trim(), desk: this.desk.value.trim() };
    return Number.isNaN(floor) ? about : { ...about, floor };
  }
}

/** Where the service finds what fields hold, as its problems name it. */
const AT = {
  floor: "desk.floor",
  department: "desk.department",
  desk: "desk.desk",
  contact: "desk.contact.name",
  phone: "desk.contact.phone",
  note: "note",
};
