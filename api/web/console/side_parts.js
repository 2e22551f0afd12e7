/**
 * Parts that several views of the side have: facts, buttons, links to other things, clocks.
 */

import { sayError } from "../shared/ask.js";
import { el, fill } from "../shared/dom.js";
import { dayTime } from "../shared/times.js";
import { t } from "../shared/words.js";
import { toast } from "./announce.js";
import { openDialog } from "./dialog.js";
import { select } from "./selection.js";

/** Returns a list of facts; each is `[name, value]`, left out where the value is null or empty. */
export function facts(...pairs) {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el(
    "dl",
    { class: "figures" },
    shown.map(([name, value]) => [el("dt", {}, t(`hand.${name}`)), el("dd", { class: "told" }, value)]),
  );
}

/** Returns a button that does something, and says what went wrong where it fails. */
export function doing(name, work, { primary = false } = {}) {
  const button = el("button", { type: "button", class: primary ? "primary" : "" }, t(`hand.${name}`));
  // Not disabled meanwhile: the focus would be lost, and with it the way back from a dialog.
  let isBusy = false;
  button.addEventListener("click", async () => {
    if (isBusy) return;
    isBusy = true;
    try {
      await work();
    } catch (error) {
      toast(sayError(error), { kind: "bad" });
    }
    isBusy = false;
  });
  return button;
}

/** Returns a button that selects something else. */
export function linkTo(kind, id, text = id) {
  return el("button", { type: "button", class: "link told", on: { click: () => select({ kind, id }) } }, text);
}

/** Returns the clock of an order's promise: what is left, and by when. */
export function promiseClock({ promise }) {
  const words = t(`hand.promise_${promise.state}`);
  const isRunning = promise.due_at && ["running", "breached"].includes(promise.state);
  return el(
    "p",
    { class: `promise ${promise.state}` },
    el("span", { class: "mark" }, words),
    isRunning ? el("b", { class: "left", data: { due: Date.parse(promise.due_at) } }) : null,
    promise.due_at ? el("span", { class: "soft" }, t("hand.by_time", { time: dayTime(promise.due_at) })) : null,
  );
}

/** Returns how a drop stands, in a word. */
export function statusMark(status) {
  return el("span", { class: `mark status ${status}` }, t(`hand.status_${status}`));
}

/**
 * Makes a view from what draws it: `draw()` returns nodes and `told()` what they depend on; the
 * view is drawn anew only where that changed, so that focus and scrolling stay.
 */
export function viewOf(told, draw) {
  const node = el("div", { class: "view" });
  let shown = null;
  const update = () => {
    const is = JSON.stringify(told());
    if (is === shown) return;
    shown = is;
    const focus = node.contains(document.activeElement) ? document.activeElement.textContent : null;
    fill(node, draw());
    if (focus) [...node.querySelectorAll("button, a")].find((each) => each.textContent === focus)?.focus();
  };
  update();
  return { node, update };
}

/** Shows a secret that is never shown again, with a button that copies it. */
export async function showSecret(title, hint, ...secrets) {
  const line = ([name, text]) => {
    const field = el("input", { readonly: true, value: text, "aria-label": t(`hand.${name}`), class: "secret" });
    const copy = el("button", { type: "button" }, t("hand.copy"));
    copy.addEventListener("click", async () => {
      field.select();
      const isCopied = await copied(text, field);
      copy.textContent = t(isCopied ? "hand.copied" : "hand.copy_by_hand");
    });
    return el(
      "div",
      { class: "field" },
      el("span", { class: "soft" }, t(`hand.${name}`)),
      el("div", { class: "copying" }, field, copy),
    );
  };
  const dialog = openDialog(title, el("p", {}, hint), secrets.map(line));
  dialog.node.querySelector(".copying button").focus();
  await dialog.closed;
}

async function copied(text, field) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without https a browser gives no clipboard; the field is selected for the hand.
    field.focus();
    return false;
  }
}
