/**
 * The frame of the page: which view is shown, and what is in the column at the side.
 */

import { byId, el, fill } from "../shared/dom.js";
import { onLanguage, t } from "../shared/words.js";
import { hub } from "./hub.js";
import { onSelect, select, selected } from "./selection.js";

/** The views of the page, the first one where none is asked for. */
export const VIEWS = ["live", "report", "replay"];

const changes = hub();

/** Returns the view that is shown, by the part of the address behind `#`. */
export function view() {
  const asked = location.hash.slice(1);
  return VIEWS.includes(asked) ? asked : shown;
}

let shown = "live";

/** Calls a function with the view each time another one is shown. */
export function onView(listener) {
  return changes.on("view", listener);
}

/**
 * Begins to show views: `panels.report(model)` and `panels.replay(model)` return an element, made
 * when it is first wanted. Each element hears `shown` and `hidden` then.
 */
export function startViews(model, panels) {
  const made = new Map();
  const show = () => {
    const before = shown;
    shown = view();
    if (panels[shown] && !made.has(shown)) {
      made.set(shown, panels[shown](model));
      fill(byId(shown), made.get(shown));
    }
    for (const name of VIEWS) byId(name).hidden = name !== shown;
    if (before !== shown) made.get(before)?.dispatchEvent(new CustomEvent("hidden"));
    made.get(shown)?.dispatchEvent(new CustomEvent("shown"));
    changes.tell("view", shown);
  };
  addEventListener("hashchange", show);
  show();
}

let placing = false;

/** Returns whether a new order is being placed at the side. */
export function isPlacing() {
  return placing;
}

/** Opens the side for a new order, or closes it; what was typed stays. */
export function placeOrder(wanted = true) {
  if (!byId("place")) return;
  placing = wanted;
  if (wanted && shown !== "live") location.hash = "live";
  changes.tell("side");
  if (wanted) byId("place").querySelector("input, select, textarea, button")?.focus();
}

/**
 * Fills the side: `panels.place(model)` for a new order, `panels.side(model)` for what is selected.
 *
 * What is not shown is hidden and not taken away, so that nothing typed is lost.
 */
export function startSide(model, panels) {
  const close = el("button", { type: "button", class: "quiet close", on: { click: closeSide } }, "×");
  const place = el("div", { id: "place" }, panels.place?.(model));
  const chosen = el("div", { id: "selected" }, panels.side?.(model));
  fill(byId("side"), close, place, chosen);
  const show = () => {
    place.hidden = !placing;
    chosen.hidden = placing || !selected() || !panels.side;
    byId("side").hidden = place.hidden && chosen.hidden;
    byId("live").classList.toggle("with-side", !byId("side").hidden);
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented && !event.target.closest?.("dialog")) closeSide();
  });
  const name = () => close.setAttribute("aria-label", t("console.close"));
  onLanguage(name);
  onSelect((what) => {
    if (what) placing = false;
    show();
    changes.tell("side");
  });
  changes.on("side", show);
  name();
  show();
}

/** Calls a function each time the side opens, closes or shows something else. */
export function onSide(listener) {
  return changes.on("side", listener);
}

/** Closes the side: a new order that is being written first, else what is selected. */
export function closeSide() {
  if (placing) placeOrder(false);
  else select(null);
}
