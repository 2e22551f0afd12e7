/**
 * What the page says: aloud for those who listen, and as notes at the edge of the screen.
 */

import { byId, el, setText } from "../shared/dom.js";
import { t } from "../shared/words.js";

/** Milliseconds that a note stays; one with a way back stays longer. */
const NOTE_MS = 6000;
const UNDO_MS = 15_000;
const MOST_NOTES = 3;

let turn = 0;

/** Says a text aloud, after what is being said; nothing is shown and no focus moves. */
export function announce(text) {
  // Two regions by turns: the same words twice are said twice.
  const [now, before] = turn++ % 2 ? ["said-a", "said-b"] : ["said-b", "said-a"];
  setText(byId(before), "");
  setText(byId(now), text);
}

/**
 * Shows a note for some seconds and says it aloud; `undo` is offered as a button `label`.
 *
 * `kind` is `good`, `bad` or nothing. Returns how to take the note away. A note stays while the
 * pointer or the focus is on it.
 */
export function toast(text, { undo = null, label = t("console.undo"), kind = "" } = {}) {
  const close = () => {
    clearTimeout(timer);
    note.remove();
  };
  const back = () => {
    close();
    undo();
  };
  const note = el("div", { class: `note ${kind}` },
    el("p", { class: "told" }, text),
    undo ? el("button", { type: "button", on: { click: back } }, label) : null,
    el("button", { type: "button", class: "quiet", "aria-label": t("console.close"), on: { click: close } }, "×"),
  );
  let timer = 0;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(close, undo ? UNDO_MS : NOTE_MS);
  };
  const stay = () => clearTimeout(timer);
  for (const name of ["pointerenter", "focusin"]) note.addEventListener(name, stay);
  for (const name of ["pointerleave", "focusout"]) note.addEventListener(name, wait);
  const notes = byId("notes");
  notes.append(note);
  while (notes.children.length > MOST_NOTES) notes.firstElementChild.remove();
  wait();
  announce(text);
  return close;
}
