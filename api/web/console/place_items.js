/**
 * The goods of a drop: lines of article, name, quantity and load.
 */

import { el } from "../shared/dom.js";
import { t } from "../shared/words.js";

/** Returns the list of a drop's goods: `{node, body(), focus(), label()}`; one line at first. */
export function itemList() {
  const lines = el("div", { class: "lines" });
  const caption = el("p", { class: "lines-head" });
  const add = el("button", { type: "button", class: "quiet", on: { click: () => added().focus() } });
  const added = () => {
    const line = itemLine(() => lines.children.length > 1 && line.node.remove());
    lines.append(line.node);
    line.node.line = line;
    line.label();
    return line;
  };
  const all = () => [...lines.children].map((node) => node.line);
  added();
  return {
    node: el("div", { class: "goods" }, caption, lines, add),
    body: () => all().map((line) => line.body()),
    focus: () => all()[0].focus(),
    label() {
      caption.textContent = t("hand.goods");
      add.textContent = t("hand.add_item");
      for (const line of all()) line.label();
    },
  };
}

function itemLine(removed) {
  const sku = el("input", {
    class: "sku",
    maxlength: "100",
    required: true,
    autocomplete: "off",
    data: { at: "sku" },
  });
  const name = el("input", { class: "name", maxlength: "200", autocomplete: "off", data: { at: "name" } });
  const number = (at, value, min) =>
    el("input", { type: "number", min, max: "1000000", step: "1", value, required: true, data: { at } });
  const quantity = number("quantity", "1", "1");
  const load = number("load", "1", "0");
  const remove = el("button", { type: "button", class: "quiet", on: { click: removed } }, "×");
  const fields = { sku, name, quantity, load };
  return {
    node: el("div", { class: "line" }, sku, name, quantity, load, remove),
    focus: () => sku.focus(),
    body: () => ({
      sku: sku.value.trim(),
      name: name.value.trim(),
      quantity: Number(quantity.value),
      load: Number(load.value),
    }),
    label() {
      for (const [at, field] of Object.entries(fields)) {
        field.setAttribute("aria-label", t(`hand.item_${at}`));
        field.title = t(`hand.item_${at}`);
      }
      sku.placeholder = t("hand.item_sku");
      name.placeholder = t("hand.item_name");
      remove.setAttribute("aria-label", t("hand.remove_item"));
    },
  };
}
