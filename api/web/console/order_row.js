/**
 * One drop in the table of orders: made once, and then only what changed is shown anew.
 */

import { el, setAttribute, setText } from "../shared/dom.js";
import { clockTime, countdown, dayTime, now, span } from "../shared/times.js";
import { language, t } from "../shared/words.js";
import { draggable } from "./drag.js";
import { badge, floorWord, nameOf, showBadge, showSign, sign, stateWord } from "./look.js";
import { buildingName } from "./places.js";
import { isSelected } from "./selection.js";

/** Seconds up to which a countdown shows seconds. */
const CLOSE_S = 3600;

/** Returns the row of a drop, empty as yet. */
export function makeRow(row) {
  const parts = {
    sign: sign(row.state),
    state: el("span", { class: "unseen" }),
    left: el("b", { class: "left" }),
    slack: el("small", {}),
    service: el("span", { class: "service" }),
    who: el("b", { class: "told who" }),
    where: el("small", { class: "told" }),
    badge: badge("c_0"),
    courier: el("span", { class: "told" }),
    eta: el("b", {}),
    p90: el("small", {}),
    chance: el("b", {}),
    nth: el("small", {}),
  };
  const p = parts;
  // Roles are told: what is not laid out as a table is none by itself.
  const cell = (name, ...children) => el("td", { class: `c-${name}`, role: "gridcell" }, children);
  const node = el("tr", { tabindex: "-1", role: "row", data: { key: row.id } },
    cell("left", p.sign, p.state, p.left, p.slack),
    cell("who", p.service, p.who, p.where),
    cell("courier", p.badge, p.courier),
    cell("eta", p.eta, p.p90),
    cell("chance", p.chance, p.nth),
  );
  node.parts = parts;
  draggable(node, () => (isMovable(node.row) ? node.row.id : null));
  return node;
}

/** Returns whether a dispatcher may move a drop: it is not at a courier's hands yet. */
export function isMovable({ drop, order, stop, state }) {
  const waits = drop.status === "waiting" || drop.status === "planned";
  return waits && !order.paused && !stop?.committed && !["done", "stopped", "awaited"].includes(state);
}

/** Shows a drop in its row; that time goes on is for `tickRow`. */
export function showRow(node, row, model) {
  node.row = row;
  const { parts: p } = node;
  const { drop, order, state } = row;
  markRow(node);
  showSign(p.sign, state);
  setText(p.state, stateWord(state));
  setAttribute(p.sign.parentNode, "title", stateWord(state));
  setText(p.service, t(`console.service_${order.service}`));
  setAttribute(p.service, "class", `service ${order.service}`);
  const who = order.customer || drop.desk.department || order.external_id || order.id;
  setText(p.who, who);
  setText(p.where, whereOf(row));
  setAttribute(p.who.parentNode, "title", `${who}\n${whereOf(row)}`);
  showBadge(p.badge, row.courier);
  setText(p.courier, row.courier ? nameOf(model.courier(row.courier)) : t(`console.nobody_${nobody(row)}`));
  setText(p.eta, etaOf(row));
  setText(p.p90, drop.eta_p90 && !drop.closed_at ? t("console.p90", { at: clockTime(drop.eta_p90) }) : "");
  setText(p.chance, row.chance === null ? "" : percent(row.chance));
  setText(p.nth, row.nth);
  setText(p.slack, slackWord(row));
  // Countdowns run where they are seen; all else is told of rows out of sight too.
  const told = `${state} ${drop.status} ${order.paused} ${row.due}`;
  if (node.told !== told) tickRow(node);
  node.told = told;
}

/** Shows whether the drop of a row is selected, or what it belongs to is. */
export function markRow(node) {
  const isIt = isMarked(node.row);
  const look = `${node.row.state}${isIt ? " selected" : ""}`;
  if (node.className !== look) node.className = look;
  setAttribute(node, "aria-selected", String(isIt));
}

/** Shows how long is left now, without anything else of the row. */
export function tickRow({ row, parts }) {
  setText(parts.left, leftWord(row));
}

function isMarked({ id, order, courier, drop }) {
  return (
    isSelected("drop", id) || isSelected("order", order.id) || isSelected("building", drop.desk.building) ||
    Boolean(courier && isSelected("courier", courier))
  );
}

function whereOf({ drop: { desk }, order }) {
  const parts = [buildingName(desk.building), floorWord(desk.floor)];
  if (order.customer !== desk.department) parts.push(desk.department);
  return [...parts, desk.desk].filter(Boolean).join(" · ");
}

function nobody({ state }) {
  return ["held", "paused", "awaited", "stopped", "done"].includes(state) ? state : "yet";
}

function etaOf({ drop, eta }) {
  if (eta !== null) return dayTime(eta);
  return drop.held_until ? t("console.starting", { at: dayTime(drop.held_until) }) : "—";
}

function leftWord({ drop, state, due, order }) {
  if (state === "done" || state === "stopped") return t(`console.drop_${drop.closed_at ? drop.status : "cancelled"}`);
  if (due === null) return order.paused ? t("console.stands") : "—";
  const left = Math.floor((due - now()) / 1000);
  return Math.abs(left) < CLOSE_S ? countdown(left) : span(left);
}

function slackWord({ slack, state }) {
  if (slack === null || state === "done" || state === "stopped") return "";
  const size = Math.abs(slack) < 2 * CLOSE_S ? minutes(Math.abs(slack)) : span(Math.abs(slack));
  return slack < 0 ? `−${size}` : `+${size}`;
}

function minutes(seconds) {
  return t("console.minutes", { n: Math.floor(seconds / 60) });
}

let percents = null;

function percent(chance) {
  if (percents?.of !== language()) {
    percents = { of: language(), format: new Intl.NumberFormat(language(), { style: "percent" }) };
  }
  return percents.format.format(chance);
}
