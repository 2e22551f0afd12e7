/**
 * The tables of couriers and of buildings: what the map shows, in words.
 */

import { el, keep, setAttribute, setText } from "../shared/dom.js";
import { clockTime, countdown, now, span } from "../shared/times.js";
import { onLanguage, t } from "../shared/words.js";
import { dropTarget } from "./drag.js";
import { rowsOf } from "./drop_state.js";
import { walkable } from "./grid.js";
import { badge, floorWord, nameOf, numberOf } from "./look.js";
import { buildingName } from "./places.js";
import { isSelected, onSelect, select } from "./selection.js";

/** Returns the element of the table of couriers, kept up to date. */
export function couriersTable(model) {
  const list = listOf(model, {
    name: "couriers",
    kind: "courier",
    heads: ["courier", "doing", "next", "stops", "goods", "shift"],
    items: () => [...model.couriers()].sort((a, b) => Number(numberOf(a.id)) - Number(numberOf(b.id))),
    cells: (courier) => courierCells(model, courier),
    parts: ["couriers", "plan"],
  });
  dropTarget(list.body, (event) => {
    const row = event.target.closest("tr[data-key]");
    return row && { courier: row.dataset.key, after: null };
  });
  return list.element;
}

function courierCells(model, courier) {
  const stops = model.plan().routes.find((route) => route.courier === courier.id)?.stops ?? [];
  const next = stops[0];
  return [
    [badge(courier.id), el("span", { class: "told" }, nameOf(courier))],
    t(`console.doing_${doing(courier, next)}`),
    next ? el("span", { class: "told" }, `${clockTime(next.arrival)} ${stopName(next)}`) : "—",
    stops.filter(({ kind }) => kind === "deliver").length,
    `${courier.on_board.length}${courier.returning.length ? ` + ${courier.returning.length}` : ""}`,
    `${clockTime(courier.shift.start)}–${clockTime(courier.shift.end)}`,
  ];
}

/** Returns a word for what a courier does now; `next` is the first stop of the route. */
export function doing(courier, next) {
  if (courier.silent) return "silent";
  if (courier.paused) return "paused";
  const begins = Date.parse(courier.shift.start);
  if (now() < begins) return "early";
  if (courier.committed) return next?.arrived_at ? "there" : "way";
  if (now() >= Date.parse(courier.shift.end)) return "off";
  return next ? "ready" : "idle";
}

/** Returns where a stop is, in words. */
export function stopName({ place, kind }) {
  if (place.store) return kind === "return" ? t("console.back_to", { store: place.name }) : place.name;
  return [buildingName(place.building), floorWord(place.floor), place.department].filter(Boolean).join(" · ");
}

/** Returns the element of the table of buildings with something to bring to, kept up to date. */
export function buildingsTable(model) {
  return listOf(model, {
    name: "buildings",
    kind: "building",
    heads: ["building", "drops", "urgent", "late", "by", "first_due"],
    items: () => buildingsOf(model),
    cells: ({ id, rows }) => buildingCells(id, rows),
    parts: ["orders", "plan"],
  }).element;
}

function buildingCells(id, rows) {
  const due = Math.min(...rows.map((row) => row.due ?? Infinity));
  const left = (due - now()) / 1000;
  const by = [...new Set(rows.map(({ courier }) => courier).filter(Boolean))].sort();
  return [
    el("span", { class: "told" }, buildingName(id)),
    rows.length,
    rows.filter(({ order }) => order.service === "urgent").length,
    rows.filter(({ state }) => state === "late" || state === "danger").length,
    by.map(badge),
    due === Infinity ? "—" : Math.abs(left) < 3600 ? countdown(left) : span(Math.round(left)),
  ];
}

/** Returns the buildings with drops that wait, `{id, rows}`, those with the most first. */
export function buildingsOf(model) {
  const found = new Map();
  for (const row of rowsOf(model)) {
    if (row.state === "done" || row.state === "stopped") continue;
    const id = row.drop.desk.building;
    if (!found.has(id)) found.set(id, []);
    found.get(id).push(row);
  }
  const all = [...found].map(([id, rows]) => ({ id, rows }));
  return all.sort((a, b) => b.rows.length - a.rows.length || (a.id < b.id ? -1 : 1));
}

function listOf(model, { name, kind, heads, items, cells, parts }) {
  const body = el("tbody", {});
  const row = el("tr", {}, heads.map((head) => el("th", { scope: "col", data: { head } })));
  const table = el("table", { class: name, role: "grid", data: { name } }, el("thead", {}, row), body);
  const walk = walkable(body, { choose: (id) => select({ kind, id }) });
  const make = ({ id }) => el("tr", { tabindex: "-1", data: { key: id } }, heads.map(() => el("td", {})));
  const update = (node, item) => {
    const marked = isSelected(kind, item.id);
    setAttribute(node, "class", marked ? "selected" : null);
    setAttribute(node, "aria-selected", String(marked));
    cells(item).forEach((told, index) => showCell(node.children[index], told));
  };
  const show = () => {
    if (!element.isConnected || element.hidden) return;
    keep(body, items(), ({ id }) => id, make, update);
    walk.settle();
  };
  const write = () => {
    for (const head of row.children) setText(head, t(`console.col_${head.dataset.head}`));
    table.setAttribute("aria-label", t(`console.tab_${name}`));
    show();
  };
  const element = el("div", { class: "tab" }, el("div", { class: "scroller" }, table));
  for (const part of parts) model.on(part, show);
  element.addEventListener("shown", show);
  onSelect(show);
  onLanguage(write);
  write();
  return { element, body };
}

function showCell(cell, told) {
  const nodes = [told].flat(Infinity);
  const text = nodes.map((node) => node?.textContent ?? node).join("\n");
  if (cell.told === text) return;
  cell.told = text;
  cell.replaceChildren(...nodes);
}
