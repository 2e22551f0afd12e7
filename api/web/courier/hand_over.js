/**
 * The hand-over of a drop: what is accepted, line by line, and by what it is shown.
 */

import { el, fill, setText } from "../shared/dom.js";
import { t } from "../shared/words.js";
import { icon } from "./icons.js";
import { Roll } from "./photo_view.js";
import { proofView } from "./proof_view.js";

/** Why a line, or some of it, is not accepted. */
export const LINE_REASONS = ["missing", "dirty", "wrong_model", "wrong_count", "disliked"];

/**
 * Returns the screen of a hand-over; `done(lines, proof, photos)` is called when all is said.
 * @param {any} goods of the drop, as the route tells them
 * @param {{done: (lines: any[], proof: any, photos: any[]) => void, back: () => void, fail: () => void}} on
 */
export function handOverView(goods, { done, back, fail }) {
  const lines = goods.items.map(({ sku, quantity }) => ({ sku, quantity, accepted: quantity, reason: "" }));
  const roll = new Roll();
  const proof = proofView(goods.pin, () => check());
  const hint = el("p", { class: "hint", id: "hint", role: "status" });
  const confirm = el(
    "button",
    { class: "primary huge", type: "button", data: { key: "confirm" }, "aria-describedby": "hint" },
    t("courier.confirm"),
  );
  const missing = () => lines.find((line) => line.accepted < line.quantity && !line.reason);

  let tried = false;

  function check() {
    const fault = missing() ? "courier.need_reason" : proof.fault();
    // Nobody is told what is missing before they said to be done.
    setText(hint, fault && tried ? t(fault) : "");
    return !fault;
  }

  confirm.addEventListener("click", () => {
    tried = true;
    if (!check()) return;
    confirm.disabled = true;
    const isLess = (sku) => lines.some((line) => line.sku === sku && line.accepted < line.quantity);
    done(lines.map(told), proof.value(), roll.photos(isLess));
  });
  return el(
    "article",
    { class: "sheet", "aria-labelledby": "sheet-title" },
    sheetHead(t("courier.hand_over"), back),
    el("p", { class: "for told", dir: "auto" }, goods.department ?? goods.order),
    el("ul", { class: "lines" }, goods.items.map((item, i) => lineView(item, lines[i], roll, check))),
    proof.element,
    roll.field(null, t("courier.photo_add")),
    el("button", { type: "button", class: "second", on: { click: fail } }, t("courier.cannot")),
    el("footer", { class: "actions" }, hint, confirm),
  );
}

/**
 * Returns the head of a screen above another, with the way back; its title takes the focus.
 * @param {string} title
 * @param {() => void} back
 */
export function sheetHead(title, back) {
  return el(
    "header",
    { class: "sheet-head" },
    el(
      "button",
      { type: "button", class: "quiet", "aria-label": t("courier.back"), on: { click: back } },
      icon("back"),
    ),
    el("h1", { id: "sheet-title", tabindex: "-1" }, title),
  );
}

function told({ sku, quantity, accepted, reason }) {
  const rejected = quantity - accepted;
  return { sku, accepted, rejected, reason: rejected ? reason : "" };
}

function lineView({ name, sku, quantity }, line, roll, changed) {
  const words = name || sku;
  const count = el("output", { class: "count" });
  const reasons = el("fieldset", { class: "reasons", hidden: true });
  const photos = roll.field(sku, t("courier.photo_of", { name: words }));
  const less = button("−", t("courier.less", { name: words }), () => set(line.accepted - 1));
  const more = button("+", t("courier.more", { name: words }), () => set(line.accepted + 1));

  function set(accepted) {
    line.accepted = Math.max(0, Math.min(quantity, accepted));
    if (line.accepted === quantity) line.reason = "";
    setText(count, t("courier.of", { n: line.accepted, all: quantity }));
    less.disabled = line.accepted === 0;
    more.disabled = line.accepted === quantity;
    reasons.hidden = photos.hidden = line.accepted === quantity;
    row.dataset.whole = String(line.accepted === quantity);
    changed();
  }

  fill(reasons, el("legend", {}, t("courier.why")), LINE_REASONS.map(choice));

  function choice(reason) {
    const about = { type: "radio", name: `why ${sku}`, value: reason };
    const pick = () => {
      line.reason = reason;
      changed();
    };
    return el("label", {}, el("input", { ...about, on: { change: pick } }), t(`courier.line_${reason}`));
  }

  const row = el(
    "li",
    {},
    el("b", { class: "told", dir: "auto" }, words),
    el("div", { class: "stepper" }, less, count, more),
    reasons,
    photos,
  );
  queueMicrotask(() => set(quantity));
  return row;
}

function button(sign, label, click) {
  return el("button", { type: "button", class: "step", "aria-label": label, on: { click } }, sign);
}
