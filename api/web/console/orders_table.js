/**
 * The table of orders, a row for each drop, what presses most first.
 */

import { el, keep, setAttribute, setText } from "../shared/dom.js";
import { onLanguage, t } from "../shared/words.js";
import { move } from "./drag.js";
import { rowsOf } from "./drop_state.js";
import { walkable } from "./grid.js";
import { nameOf } from "./look.js";
import { orderFilter } from "./order_filter.js";
import { isMovable, makeRow, markRow, showRow, tickRow } from "./order_row.js";
import { onSelect, select } from "./selection.js";

/** How each column sorts: numbers the smallest first, texts by the language. */
const SORTS = {
  left: (row) => row.sort,
  who: (row) => row.order.customer ?? row.drop.desk.department ?? row.order.id,
  courier: (row, model) => (row.courier ? nameOf(model.courier(row.courier)) : "\uffff"),
  eta: (row) => row.eta ?? Infinity,
  chance: (row) => row.chance ?? 2,
};

/** Returns `{element, text}`: the table with its filters, kept up to date. */
export function ordersTable(model) {
  const filter = orderFilter(() => show());
  const heads = Object.keys(SORTS).map(headOf);
  const body = el("tbody", { role: "rowgroup" });
  const none = el("p", { class: "nothing", role: "status" });
  const table = el("table", { class: "orders", role: "grid", data: { name: "orders" } },
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, heads)), body);
  const scroller = el("div", { class: "scroller" }, table, none);
  const sort = { by: "left", down: false };
  const walk = walkable(body, {
    choose: (id) => select({ kind: "drop", id }),
    keys: { m: (id) => isMovable(model.drop(id) && rowById(id)) && move({ drop: id }) },
  });
  const rowById = (id) => body.keptChildren.get(id).row;

  // Only the countdowns of rows that are seen run. To ask where a row is would have the page laid
  // out there and then; it is told with the frame in which it was.
  const seen = new Set();
  const sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) seen.delete(target);
      else {
        seen.add(target);
        tickRow(target);
      }
    }
  }, { root: scroller, rootMargin: "20% 0px" });
  const make = (row) => {
    const node = makeRow(row);
    sight.observe(node);
    return node;
  };

  function headOf(name) {
    const by = () => {
      sort.down = sort.by === name && !sort.down;
      sort.by = name;
      show();
    };
    const button = el("button", { type: "button", on: { click: by } });
    return el("th", { scope: "col", role: "columnheader", class: `c-${name}`, data: { name } }, button);
  }

  function show() {
    const rows = rowsOf(model).filter((row) => filter.takes(row, model));
    rows.sort(order(sort, model));
    keep(body, rows, (row) => row.id, make, (node, row) => showRow(node, row, model));
    setText(none, rows.length ? "" : t("console.no_orders"));
    for (const head of heads) {
      const isBy = head.dataset.name === sort.by;
      setAttribute(head, "aria-sort", isBy ? (sort.down ? "descending" : "ascending") : null);
    }
    walk.settle();
    tick();
  }

  function write() {
    for (const head of heads) setText(head.firstChild, t(`console.head_${head.dataset.name}`));
    table.setAttribute("aria-label", t("console.tab_orders"));
    filter.write();
    show();
  }

  function tick() {
    seen.forEach(tickRow);
  }

  function reveal(what) {
    for (const node of body.rows) markRow(node);
    if (what?.kind !== "drop") return;
    requestAnimationFrame(() => body.keptChildren.get(what.id)?.scrollIntoView({ block: "nearest" }));
  }

  for (const part of ["orders", "plan", "breaches"]) model.on(part, show);
  model.on("couriers", () => {
    filter.showCouriers(model.couriers());
    show();
  });
  model.on("tick", tick);
  onSelect(reveal);
  onLanguage(write);
  filter.showCouriers(model.couriers());
  write();
  const element = el("div", { class: "tab" }, filter.element, scroller);
  return { element, text: filter.text };
}

function order({ by, down }, model) {
  const of = SORTS[by];
  const sign = down ? -1 : 1;
  return (a, b) => {
    const [x, y] = [of(a, model), of(b, model)];
    const found = typeof x === "string" ? x.localeCompare(String(y)) : x - y;
    return sign * (found || a.sort - b.sort) || (a.id < b.id ? -1 : 1);
  };
}
