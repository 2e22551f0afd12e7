/**
 * The timeline: a lane for each courier, with what they do when, and the line of now.
 */

import { byId, el, fill, keep, setAttribute, setText } from "../shared/dom.js";
import { clockTime, now } from "../shared/times.js";
import { onLanguage, t } from "../shared/words.js";
import { numberOf } from "./look.js";
import { seenFirst } from "./seen_first.js";
import { onSelect, selected } from "./selection.js";
import { walkTimeline } from "./timeline_keys.js";
import { makeLane, showLane } from "./timeline_lane.js";
import { PARTS } from "./timeline_parts.js";
import { showTimelineTable } from "./timeline_table.js";

const MINUTE = 60_000;
const HOURS = [1, 2, 4, 8];

/** Pixels that a minute needs for a check-in to be seen: as many hours are shown at first. */
const LEGIBLE_PX = 8;

/** Minutes between the ticks of the axis, by the hours shown. */
const STEP_OF = { 1: 10, 2: 15, 4: 30, 8: 60 };

/** Fills the region of the timeline, and keeps it up to date. */
export function startTimeline(model) {
  const ui = { hours: 0, across: 0, asTable: false, from: now(), version: 0 };
  const parts = {
    title: el("h2", {}),
    legend: el("ul", { class: "legend", "aria-hidden": "true" }),
    zoom: el("div", { class: "zoom", role: "group" }),
    table: el("button", { type: "button", on: { click: () => turn() } }),
  };
  const axis = el("div", { class: "axis", "aria-hidden": "true" });
  const line = el("div", { class: "now", "aria-hidden": "true" });
  const lanes = el("div", { class: "lanes" });
  const chart = el("div", { class: "chart" }, axis, lanes, line);
  const scroller = el("div", { class: "scroller", tabindex: "-1" }, chart);
  const words = el("div", { class: "scroller", hidden: true, tabindex: "0", role: "region" });
  const walk = walkTimeline(chart);
  fill(byId("timeline"), el("header", {}, Object.values(parts)), scroller, words);

  // Looked up when it may be another: to ask for a width has the page laid out there and then.
  const measure = () => (ui.across = scroller.clientWidth - labelWidth(chart));
  const minute = () => Math.max(1.2, ui.across / (ui.hours * 60));
  const scale = () => ({ from: ui.from, minute: ui.minute });

  const make = ({ courier }) => makeLane(courier, scale);
  const draw = seenFirst(scroller);

  function show() {
    if (ui.asTable) return showTimelineTable(words, model);
    const routes = new Map(model.plan().routes.map((route) => [route.courier, route.stops]));
    const couriers = atWork(model, routes);
    ui.from = beginning(routes);
    ui.minute = minute();
    const until = ending(routes, ui);
    chart.style.setProperty("--minute", `${ui.minute}px`);
    chart.style.setProperty("--minutes", String((until - ui.from) / MINUTE));
    drawAxis(axis, ui, until);
    const { from, version } = ui;
    const items = couriers.map((courier) => ({ courier, stops: routes.get(courier.id) ?? [], from, version }));
    keep(lanes, items, ({ courier }) => courier.id, make, (lane, item) => showLane(lane, item, model, draw));
    walk.settle();
    tick();
  }

  function tick() {
    line.style.setProperty("--at", ((now() - ui.from) / MINUTE).toFixed(3));
  }

  function turn() {
    ui.asTable = !ui.asTable;
    scroller.hidden = ui.asTable;
    words.hidden = !ui.asTable;
    write();
  }

  function write() {
    ui.version += 1;
    setText(parts.title, t("console.timeline"));
    setText(parts.table, ui.asTable ? t("console.as_chart") : t("console.as_table"));
    parts.zoom.setAttribute("aria-label", t("console.zoom"));
    words.setAttribute("aria-label", t("console.timeline"));
    fill(parts.zoom, HOURS.map((hours) => zoomTo(hours)));
    fill(parts.legend, [...PARTS, "due"].map((kind) => el("li", { class: kind }, t(`console.part_${kind}`))));
    show();
  }

  function zoomTo(hours) {
    const click = () => {
      ui.hours = hours;
      write();
      parts.zoom.querySelector('[aria-pressed="true"]').focus();
    };
    const about = { type: "button", "aria-pressed": String(ui.hours === hours), data: { hours } };
    return el("button", { ...about, on: { click } }, t("console.hours", { n: hours }));
  }

  ui.hours = HOURS.findLast((hours) => measure() / (hours * 60) >= LEGIBLE_PX) ?? HOURS[0];
  for (const part of ["plan", "couriers"]) model.on(part, show);
  model.on("tick", tick);
  onSelect((what) => {
    show();
    requestAnimationFrame(() => reveal(lanes, model, what));
  });
  new ResizeObserver(() => {
    measure();
    show();
  }).observe(scroller);
  onLanguage(write);
  write();
}

function labelWidth(chart) {
  return parseFloat(getComputedStyle(chart).getPropertyValue("--label")) || 130;
}

/** Returns who has something to do or could get it, in the order of their numbers. */
function atWork(model, routes) {
  const isOn = ({ shift }) => Date.parse(shift.start) <= now() && now() < Date.parse(shift.end);
  const is = (courier) => routes.get(courier.id)?.length || isOn(courier);
  return model.couriers().filter(is).sort((a, b) => Number(numberOf(a.id)) - Number(numberOf(b.id)));
}

function beginning(routes) {
  const committed = [...routes.values()].map(([stop]) => stop).filter((stop) => stop?.committed);
  const firsts = committed.map((stop) => Date.parse(stop.arrival) - (stop.way?.duration_s ?? 0) * 1000);
  const earliest = Math.max(Math.min(now() - 2 * MINUTE, ...firsts), now() - 30 * MINUTE);
  return Math.floor(earliest / (5 * MINUTE)) * 5 * MINUTE;
}

function ending(routes, { from, hours }) {
  const lasts = [...routes.values()].map((stops) => Date.parse(stops.at(-1)?.departure ?? 0));
  return Math.max(from + hours * 60 * MINUTE, Math.max(0, ...lasts) + 10 * MINUTE);
}

function drawAxis(axis, { from, hours }, until) {
  const step = STEP_OF[hours] * MINUTE;
  const ticks = [];
  for (let at = Math.ceil(from / step) * step; at < until; at += step) ticks.push(at);
  keep(axis, ticks, String, (at) => el("span", { class: "tick" }, clockTime(at)), (node, at) => {
    setText(node, clockTime(at));
    node.style.setProperty("--at", String((at - from) / MINUTE));
  });
}

function reveal(lanes, model, what) {
  const courier = what?.kind === "courier" ? what.id : what?.kind === "drop" ? model.stopOf(what.id)?.courier : null;
  if (courier && selected()) lanes.keptChildren.get(courier)?.scrollIntoView({ block: "nearest", inline: "nearest" });
}
