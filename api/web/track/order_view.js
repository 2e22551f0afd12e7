/**
 * One order as its buyer sees it.
 */

import { el } from "../shared/dom.js";
import { dayTime } from "../shared/times.js";
import { language, t } from "../shared/words.js";

const STAGES = ["placed", "on_board", "coming", "done"];

/** Statuses of an order that is over, and not as it was meant. */
const SPOILT = new Set(["cancelled", "returned"]);

/**
 * Returns how far an order is: `placed`, `on_board`, `coming`, `done`, or `cancelled`, `returned`.
 * @param {any} order as `GET /v1/track` tells it
 */
export function stageOf({ status, drops }) {
  if (SPOILT.has(status)) return status;
  if (status === "delivered" || status === "partly_accepted") return "done";
  if (drops.some((drop) => drop.is_next)) return "coming";
  return drops.some((drop) => drop.status === "on_board") ? "on_board" : "placed";
}

/**
 * Returns the page of an order.
 * @param {any} order
 */
export function orderView(order) {
  const stage = stageOf(order);
  return el(
    "article",
    { class: "order" },
    el("p", { class: "name" }, t("track.order"), " ", el("b", { class: "told", dir: "auto" }, order.order)),
    el("h1", {}, t(`track.stage_${order.status === "partly_accepted" ? "partly" : stage}`)),
    SPOILT.has(stage) ? null : road(stage),
    SPOILT.has(stage) ? null : promise(order, stage),
    order.drops.map((drop) => dropView(drop, order.drops.length)),
  );
}

function road(stage) {
  const at = STAGES.indexOf(stage);
  const steps = STAGES.map((name, i) =>
    el(
      "li",
      { class: i < at || stage === "done" ? "past" : i === at ? "now" : "", "aria-current": i === at ? "step" : null },
      t(`track.step_${name}`),
    ),
  );
  return el("ol", { class: "road" }, steps);
}

function promise({ due_at, promise: state, drops }, stage) {
  if (stage === "done") return null;
  const etas = drops.map(({ eta }) => eta).filter(Boolean);
  const last = etas.sort((a, b) => Date.parse(a) - Date.parse(b)).at(-1);
  const late = state === "breached" || (last && due_at && Date.parse(last) > Date.parse(due_at));
  return el(
    "dl",
    { class: "times" },
    el("div", { class: "eta" }, el("dt", {}, t("track.eta")), el("dd", {}, last ? dayTime(last) : t("track.unknown"))),
    due_at ? el("div", {}, el("dt", {}, t("track.due")), el("dd", {}, dayTime(due_at))) : null,
    late ? el("p", { class: "notice warn" }, t("track.late")) : null,
  );
}

function dropView(drop, n) {
  const { department, status, pin, closed_at, eta, courier } = drop;
  const name = department ?? t("track.drop");
  const when = closed_at ? dayTime(closed_at) : n > 1 && eta ? dayTime(eta) : "";
  return el(
    "section",
    { class: "drop" },
    el(
      "div",
      { class: "line" },
      el("h2", { class: "told", dir: "auto" }, name),
      el("p", {}, t(`track.drop_${status}`), when ? ` · ${when}` : ""),
    ),
    drop.is_next ? el("p", { class: "near" }, near(courier)) : null,
    pin ? pinView(pin) : null,
  );
}

function near(courier) {
  if (!courier) return t("track.coming_to_you");
  const km = courier.distance_m >= 1000;
  const about = { style: "unit", unit: km ? "kilometer" : "meter", maximumFractionDigits: 1 };
  const far = new Intl.NumberFormat(language(), about).format(km ? courier.distance_m / 1000 : courier.distance_m);
  return t("track.near", { far });
}

function pinView(pin) {
  return el(
    "p",
    { class: "pin" },
    el("span", {}, t("track.pin")),
    el("b", {}, pin),
    el("small", {}, t("track.pin_hint")),
  );
}
