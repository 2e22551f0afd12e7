/**
 * What a courier needs seldom: language, pause, place, and the way out.
 */

import { el } from "../shared/dom.js";
import { LANGUAGES, language, speak, t } from "../shared/words.js";
import { sheetHead } from "./hand_over.js";

/**
 * Returns the screen.
 * @param {{shift: import("./shift.js").Shift, positions: import("./positions.js").Positions,
 *   back: () => void}} about
 */
export function menuView({ shift, positions, back }) {
  const leave = () => {
    const n = shift.outbox.length;
    if (n && !leave.sure) {
      leave.sure = true;
      out.textContent = t("courier.leave_sure", { n });
      return;
    }
    shift.leave("left");
  };
  const out = el("button", { type: "button", class: "danger", on: { click: leave } }, t("courier.leave"));
  const pause = () => {
    shift.tap({ kind: shift.paused ? "resumed" : "paused" });
    back();
  };
  return el(
    "article",
    { class: "sheet menu", "aria-labelledby": "sheet-title" },
    sheetHead(t("courier.menu"), back),
    languages(),
    el("button", { type: "button", on: { click: pause } }, t(shift.paused ? "courier.resume" : "courier.pause")),
    positions.possible ? place(positions) : null,
    out,
  );
}

/** Returns the choice of language; the signed out may need it too. */
export function languages() {
  const choices = Object.entries(LANGUAGES).map(([code, name]) =>
    el(
      "label",
      {},
      el("input", {
        type: "radio",
        name: "language",
        value: code,
        checked: code === language(),
        on: { change: () => speak(code) },
      }),
      el("span", { lang: code }, name),
    ),
  );
  const legend = el("legend", {}, t("shared.language"));
  return el("fieldset", { class: "choices two" }, legend, choices);
}

function place(positions) {
  const box = el("input", { type: "checkbox", checked: positions.agreed });
  box.addEventListener("change", () => {
    positions.agreed = box.checked;
  });
  return el(
    "div",
    { class: "choices" },
    el("label", {}, box, t("courier.positions")),
    el("p", { class: "quiet-text" }, t("courier.positions_hint")),
  );
}
