/**
 * The lane of one courier in the timeline.
 */

import { el, fill, setAttribute, setText } from "../shared/dom.js";
import { clockTime, now } from "../shared/times.js";
import { t } from "../shared/words.js";
import { doing, stopName } from "./couriers_table.js";
import { draggable, dropTarget } from "./drag.js";
import { badge, colourOf, nameOf } from "./look.js";
import { isSelected, select } from "./selection.js";
import { dropBefore, partsOf } from "./timeline_parts.js";

const MINUTE = 60_000;

/** Returns an empty lane; `scale()` gives `{from, minute}`: the instant at its left, and pixels. */
export function makeLane(courier, scale) {
  const label = el("button", { type: "button", class: "lane-label", tabindex: "-1" },
    badge(courier.id), el("span", { class: "told" }), el("small", {}));
  label.addEventListener("click", () => select({ kind: "courier", id: courier.id }));
  const gap = el("div", { class: "gap", hidden: true });
  const track = el("div", { class: "track" });
  const about = { class: "lane", style: { "--of": colourOf(courier.id) }, data: { key: courier.id } };
  const lane = el("div", about, label, track);
  Object.assign(lane, { label, track, gap, stops: [], shown: "" });
  aim(lane, courier.id, scale);
  return lane;
}

/**
 * Shows a courier's route in a lane; what is as it was is left alone.
 *
 * The label is shown at once, the blocks by `draw`, a `seenFirst`.
 */
export function showLane(lane, { courier, stops, from, version }, model, draw) {
  const [, name, words] = lane.label.children;
  setText(name, nameOf(courier));
  setText(words, t(`console.doing_${doing(courier, stops[0])}`));
  const isMine = isSelected("courier", courier.id);
  lane.classList.toggle("selected", isMine);
  setAttribute(lane.label, "aria-pressed", String(isMine));
  const key = `${from} ${version} ${JSON.stringify(stops)}`;
  draw(lane, () => {
    if (lane.shown !== key) {
      Object.assign(lane, { shown: key, stops });
      fillTrack(lane, blocksOf(stops, from, model));
    }
    for (const block of lane.track.querySelectorAll("[data-drop]")) mark(block, model);
  });
}

/** The block of the drop that has the focus has it still, where the lane has one. */
function fillTrack({ track, gap, label }, blocks) {
  const held = track.contains(document.activeElement) ? document.activeElement.dataset.drop : null;
  fill(track, gap, blocks);
  if (held === null) return;
  const same = [...track.children].find(({ dataset }) => dataset.drop === held);
  (same ?? label).focus({ preventScroll: true });
}

function mark(block, model) {
  const { drop } = block.dataset;
  const order = model.drop(drop)?.order.id;
  const isIt = isSelected("drop", drop) || Boolean(order && isSelected("order", order));
  block.classList.toggle("selected", isIt);
  setAttribute(block, "aria-pressed", String(isIt));
}

function blocksOf(stops, from, model) {
  const at = (instant) => (instant - from) / MINUTE;
  const place = (a, b) => ({ "--at": at(a).toFixed(2), "--for": ((b - a) / MINUTE).toFixed(2) });
  let nth = 0;
  const numbers = new Map(stops.filter(({ kind }) => kind === "deliver").map((stop) => [stop.id, ++nth]));
  const parts = partsOf(stops);
  const blocks = parts.map((part) => {
    const style = place(part.from, part.to);
    const look = `part ${part.kind}${part.stop.committed ? " committed" : ""}`;
    if (part.kind !== "desk") return el("span", { class: look, style, title: titleOf(part) });
    return desk(part, { class: look, style }, numbers.get(part.stop.id), model);
  });
  return [blocks, stops.filter(({ due_at }) => due_at).map((stop) => due(stop, at, numbers.get(stop.id)))];
}

/** A block is a button: it takes the focus, and is dragged to another lane or place. */
function desk({ stop, from, to }, about, number, model) {
  const [drop] = stop.drops;
  const late = stop.slack_s !== null && stop.slack_s < 0;
  const named = { ...about, class: late ? `${about.class} late` : about.class, data: { drop }, tabindex: "-1" };
  const label = deskLabel(stop, number, model);
  const block = el("button", { type: "button", ...named, title: label, "aria-label": label }, el("span", {}, number));
  block.addEventListener("click", () => select({ kind: "drop", id: drop }));
  if (!stop.committed) draggable(block, () => drop);
  return block;
}

function deskLabel(stop, number, model) {
  const order = model.drop(stop.drops[0])?.order;
  const words = { n: number, where: stopName(stop), at: clockTime(stop.start), end: clockTime(stop.departure) };
  const said = [t("console.stop_desk", words)];
  if (order?.customer) said.push(order.customer);
  if (stop.due_at) said.push(t("console.stop_due", { at: clockTime(stop.due_at) }));
  if (stop.committed) said.push(t("console.committed"));
  return said.join(" · ");
}

function titleOf({ kind, from, to }) {
  return `${t(`console.part_${kind}`)} ${clockTime(from)}–${clockTime(to)}`;
}

function due({ due_at, slack_s }, at, number) {
  const style = { "--at": at(Date.parse(due_at)).toFixed(2) };
  const look = slack_s !== null && slack_s < 0 ? "due late" : "due";
  return el("span", { class: look, style, title: t("console.due_mark", { n: number, at: clockTime(due_at) }) });
}

function aim(lane, courier, scale) {
  const targetOf = (event) => {
    const { from, minute } = scale();
    const x = event.clientX - lane.track.getBoundingClientRect().left;
    const at = Math.max(from + (x / minute) * MINUTE, now());
    return { courier, after: dropBefore(lane.stops, at), at };
  };
  dropTarget(lane.track, targetOf, (target) => {
    lane.gap.hidden = !target;
    lane.classList.toggle("aimed", Boolean(target));
    if (!target) return;
    const after = lane.stops.find((stop) => stop.drops.includes(target.after) && stop.kind === "deliver");
    const shown = after ? Date.parse(after.departure) : now();
    lane.gap.style.setProperty("--at", String((shown - scale().from) / MINUTE));
  });
  dropTarget(lane.label, () => ({ courier, after: null }), (target) => lane.classList.toggle("aimed", Boolean(target)));
}
