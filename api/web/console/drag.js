/**
 * Drops that are dragged: what is being dragged, and where it may be let go.
 */

import { sayError } from "../shared/ask.js";
import { toast } from "./announce.js";

const TYPE = "application/x-dispatch-drop";
let dragged = null;

/** Makes an element the handle of a drop; `dropOf()` tells which one, null for none just now. */
export function draggable(element, dropOf) {
  element.draggable = true;
  element.addEventListener("dragstart", (event) => {
    const drop = dropOf(event);
    if (!drop) return event.preventDefault();
    dragged = drop;
    event.dataTransfer.setData(TYPE, drop);
    event.dataTransfer.setData("text/plain", drop);
    event.dataTransfer.effectAllowed = "move";
    document.body.classList.add("dragging");
  });
  element.addEventListener("dragend", () => {
    dragged = null;
    document.body.classList.remove("dragging");
  });
}

/**
 * Lets drops be let go on an element; `targetOf(event)` returns `{courier, after}`, null for none.
 *
 * `after` is the drop behind which it shall be brought, null for where it fits. `hover(target)` is
 * called as the pointer moves, with null when it has left.
 */
export function dropTarget(element, targetOf, hover = () => {}) {
  element.addEventListener("dragover", (event) => {
    const target = dragged && asked && targetOf(event);
    hover(target);
    if (!target) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
  });
  element.addEventListener("dragleave", (event) => {
    if (!element.contains(event.relatedTarget)) hover(null);
  });
  element.addEventListener("drop", (event) => {
    const target = dragged && targetOf(event);
    hover(null);
    if (!target) return;
    event.preventDefault();
    move({ drop: dragged, ...target });
  });
}

/** Returns the drop that is being dragged, null for none. */
export function draggedDrop() {
  return dragged;
}

let asked = null;

/** Takes what asks where a drop shall go: `askMove({drop, courier, after})`. */
export function moveWith(askMove) {
  asked = askMove;
}

/** Returns whether drops can be moved by who looks. */
export function canMove() {
  return asked !== null;
}

/** Asks where a drop shall go, and moves it there; `courier` and `after` may be known already. */
export async function move(wish) {
  try {
    await asked?.(wish);
  } catch (error) {
    toast(sayError(error), { kind: "bad" });
  }
}
