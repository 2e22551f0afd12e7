/**
 * Dialogs above the page: the focus goes in, stays in, and comes back.
 */

import { onLost } from "../shared/ask.js";
import { el } from "../shared/dom.js";
import { t } from "../shared/words.js";

const open = new Set();
let numbers = 0;

// Who must sign in again could not reach the form behind a dialog.
onLost(() => {
  for (const dialog of open) dialog.close();
});

/**
 * Opens a dialog with a title and what is in it; returns `{node, close, closed}`.
 *
 * `closed` is a promise of the value given to `close`, null where it was left by Escape, by its
 * cross, or because the session is over.
 */
export function openDialog(title, ...body) {
  const before = document.activeElement;
  const name = `dialog-${(numbers += 1)}`;
  let answer = null;
  const leave = {
    type: "button",
    class: "quiet close",
    "aria-label": t("console.close"),
    on: { click: () => close() },
  };
  const node = el(
    "dialog",
    { class: "dialog", "aria-labelledby": name },
    el("header", {}, el("h2", { id: name }, title), el("button", leave, "×")),
    body,
  );
  const close = (value = null) => {
    answer = value;
    node.close();
  };
  const dialog = { node, close };
  dialog.closed = new Promise((resolve) => {
    node.addEventListener("close", () => {
      open.delete(dialog);
      node.remove();
      if (before?.isConnected) before.focus();
      resolve(answer);
    });
  });
  document.body.append(node);
  open.add(dialog);
  node.showModal();
  return dialog;
}

/**
 * Asks whether something shall be done, and returns whether it shall; `action` names the button.
 */
export async function sure(title, text, action) {
  const yes = el("button", { type: "button", class: "primary", on: { click: () => dialog.close(true) } }, action);
  const no = el("button", { type: "button", on: { click: () => dialog.close() } }, t("hand.cancel"));
  const dialog = openDialog(title, el("p", { class: "told" }, text), el("div", { class: "actions" }, yes, no));
  no.focus();
  return (await dialog.closed) === true;
}

/** Asks for a line of text and returns it, null where it was left; `label` names the field, `about` it. */
export async function askText(title, label, action, about = {}) {
  const field = el("input", { maxlength: "200", required: true, "aria-label": label, ...about });
  const submit = (event) => {
    event.preventDefault();
    dialog.close(field.value.trim());
  };
  const form = el(
    "form",
    { class: "fields", on: { submit } },
    el("label", {}, label, field),
    el("div", { class: "actions" }, el("button", { type: "submit", class: "primary" }, action)),
  );
  const dialog = openDialog(title, form);
  field.focus();
  return dialog.closed;
}
