/**
 * Why a drop cannot be delivered.
 */

import { el, setText } from "../shared/dom.js";
import { t } from "../shared/words.js";
import { sheetHead } from "./hand_over.js";

/** The reasons that the service knows. */
export const FAILURES = ["absent", "closed", "no_access", "wrong_desk", "refused"];

/**
 * Returns the screen; `done(reason)` is called when one is chosen and confirmed.
 * @param {any} goods
 * @param {{done: (reason: string) => void, back: () => void}} on
 */
export function failView(goods, { done, back }) {
  let chosen = null;
  const hint = el("p", { class: "hint", role: "status" });
  const confirm = el("button", { type: "button", class: "danger huge" }, t("courier.fail_confirm"));
  confirm.addEventListener("click", () => {
    setText(hint, chosen ? "" : t("courier.need_reason"));
    if (!chosen) return;
    confirm.disabled = true;
    done(chosen);
  });
  const pick = (reason) => () => {
    chosen = reason;
    setText(hint, "");
  };
  return el(
    "article",
    { class: "sheet", "aria-labelledby": "sheet-title" },
    sheetHead(t("courier.cannot"), back),
    el("p", { class: "for told", dir: "auto" }, goods.department ?? goods.order),
    el(
      "fieldset",
      { class: "choices" },
      el("legend", {}, t("courier.why")),
      FAILURES.map((reason) =>
        el(
          "label",
          {},
          el("input", { type: "radio", name: "failure", value: reason, on: { change: pick(reason) } }),
          t(`courier.fail_${reason}`),
        ),
      ),
    ),
    el("p", { class: "quiet-text" }, t("courier.fail_hint")),
    el("footer", { class: "actions" }, hint, confirm),
  );
}
