/**
 * What is selected: a drop, order, courier or building, in all views of the page at once.
 */

import { hub } from "./hub.js";

const changes = hub();
let current = null;

/**
 * Selects `{kind, id}`, or nothing with null; `kind` is `drop`, `order`, `courier` or `building`.
 *
 * Those who asked with `onSelect` are told, unless it was selected already.
 */
export function select(what) {
  if (what?.kind === current?.kind && what?.id === current?.id) return;
  current = what ? { kind: what.kind, id: what.id } : null;
  changes.tell("selected", current);
}

/** Returns what is selected, `{kind, id}`, null for nothing. */
export function selected() {
  return current;
}

/** Returns whether this very thing is selected. */
export function isSelected(kind, id) {
  return current?.kind === kind && current.id === id;
}

/** Calls a function with what is selected each time that changes; returns how to end that. */
export function onSelect(listener) {
  return changes.on("selected", listener);
}
