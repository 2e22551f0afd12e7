/**
 * How couriers and states look: a colour and a number, a sign and a word, never colour alone.
 */

import { el, setAttribute, svg } from "../shared/dom.js";
import { t } from "../shared/words.js";

/** Colours that are told apart by most eyes, each 4.5 : 1 with white at least. */
const COLOURS = [
  "#0b5a8f", "#9a4a00", "#6a3d9a", "#17663c", "#b0286a", "#00696f",
  "#5a4632", "#3f51b5", "#7a6200", "#374f5c", "#8e2f8e", "#4b6a00",
];

/** Drawings of states, by name, in a square of 16. */
const SIGNS = {
  late: "M5 1h6l4 4v6l-4 4H5l-4-4V5zM8 4v5M8 11.2v1",
  danger: "M8 1.5l7 13H1zM8 6v4M8 11.6v1",
  unplanned: "M8 1a7 7 0 1 0 .1 0M6 6.2a2 2 0 1 1 2.6 2c-.5.3-.6.6-.6 1.3M8 11v1",
  tight: "M8 1.2L14.8 8 8 14.8 1.2 8zM8 5v3.4h2.4",
  fine: "M8 1a7 7 0 1 0 .1 0M4.8 8.2l2.3 2.3 4-4.6",
  held: "M3 1h10M3 15h10M4 1c0 4 8 6 8 14M12 1c0 4-8 6-8 14",
  paused: "M4.5 2v12M11.5 2v12",
  awaited: "M1.5 5L8 2l6.5 3v6L8 14l-6.5-3zM1.5 5L8 8l6.5-3M8 8v6",
  done: "M2 8.5l4 4L14 4",
  stopped: "M3 3l10 10M13 3L3 13",
};

/** Returns the number of a courier, which is on everything of theirs: `c_12` is 12. */
export function numberOf(courier) {
  return courier.replace(/^\D+/, "");
}

/** Returns the colour of a courier. */
export function colourOf(courier) {
  return COLOURS[(Number(numberOf(courier)) + COLOURS.length - 1) % COLOURS.length] ?? COLOURS[0];
}

/** Returns what a courier is called, their id where no name is known. */
export function nameOf(courier) {
  return courier ? courier.name || courier.id : "";
}

/** Returns the number of a courier on their colour. */
export function badge(courier) {
  return el("b", { class: "badge", style: { "--of": colourOf(courier) } }, numberOf(courier));
}

/** Shows another courier in a badge, nothing for null. */
export function showBadge(node, courier) {
  const text = courier ? numberOf(courier) : "";
  if (node.textContent !== text) node.textContent = text;
  setAttribute(node, "hidden", !courier);
  if (courier) node.style.setProperty("--of", colourOf(courier));
}

/** Returns the sign of a state. */
export function sign(state) {
  const about = { class: "sign", viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" };
  return svg("svg", about, svg("path", { d: SIGNS[state] }));
}

/** Shows another state in a sign that is there. */
export function showSign(node, state) {
  const path = node.firstElementChild;
  if (path.getAttribute("d") !== SIGNS[state]) path.setAttribute("d", SIGNS[state]);
}

/** Returns a state in words. */
export function stateWord(state) {
  return t(`console.state_${state}`);
}

/** Returns a floor as people call it; 0 is at the level of the street. */
export function floorWord(floor) {
  if (floor === 0) return t("console.floor_ground");
  return t(`console.floor_${floor < 0 ? "below" : "above"}`, { n: Math.abs(floor) });
}
