/**
 * The goods of a stop: what is brought, or what is to be taken.
 */

import { el } from "../shared/dom.js";
import { t } from "../shared/words.js";

/**
 * Returns what is brought, line by line; null for nothing.
 * @param {any} stop
 */
export function goodsView(stop) {
  const goods = stop.goods.filter(({ drop }) => stop.kind !== "deliver" || stop.drops.includes(drop));
  if (!goods.length) return null;
  const lines = goods.flatMap(({ items }) => items.map(itemView));
  return el("section", { class: "goods" }, el("h3", {}, t("courier.items")), el("ul", {}, lines));
}

function itemView({ sku, name, quantity }) {
  return el(
    "li",
    {},
    el("b", {}, `${quantity}×`),
    el("span", { class: "told", dir: "auto" }, name || sku),
  );
}

/**
 * Returns what is to be loaded, drop by drop, to be ticked off; `ui.left` are those left behind.
 * @param {any} stop
 * @param {any} ui
 */
export function loadList(stop, ui) {
  return el(
    "section",
    { class: "goods load" },
    el("h3", {}, t("courier.to_load", { n: stop.goods.length })),
    el("ul", {}, stop.goods.map((each) => loadRow(each, ui))),
  );
}

function loadRow(goods, ui) {
  const box = el("input", {
    type: "checkbox",
    checked: !ui.left.has(goods.drop),
    data: { key: `load ${goods.drop}` },
    on: {
      change: () => {
        if (box.checked) ui.left.delete(goods.drop);
        else ui.left.add(goods.drop);
        ui.redraw();
      },
    },
  });
  const items = goods.items.map(({ sku, name, quantity }) => `${quantity}× ${name || sku}`);
  return el(
    "li",
    {},
    el(
      "label",
      {},
      box,
      el(
        "span",
        {},
        el("b", { class: "told", dir: "auto" }, goods.department ?? goods.order),
        el("small", { class: "told", dir: "auto" }, `${goods.order} · ${items.join(", ")}`),
      ),
    ),
  );
}
