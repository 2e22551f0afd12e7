/**
 * By what a hand-over is shown: a signature, the PIN that the buyer was shown, or nothing.
 */

import { el } from "../shared/dom.js";
import { t } from "../shared/words.js";
import { signaturePad } from "./signature.js";

/**
 * Returns the choice: its `element`, `value()` the proof, null for none, `fault()` what it lacks.
 * @param {boolean} hasPin whether the buyer was shown one
 * @param {() => void} changed
 */
export function proofView(hasPin, changed) {
  const state = { kind: hasPin ? "pin" : "signature" };
  const pad = signaturePad({ label: t("courier.sign_here"), changed });
  const pin = el("input", {
    id: "pin",
    inputmode: "numeric",
    autocomplete: "off",
    maxlength: "4",
    pattern: "[0-9]{4}",
    "aria-label": t("courier.pin_of_buyer"),
    on: { input: changed },
  });
  const ways = {
    signature: el(
      "div",
      { class: "signing" },
      pad.element,
      el("button", { type: "button", class: "second", on: { click: pad.clear } }, t("courier.clear")),
    ),
    pin: el("div", { class: "pin" }, pin, el("p", {}, t("courier.pin_hint"))),
    none: el("p", { class: "notice warn" }, t("courier.none_hint")),
  };
  const kinds = ["signature", ...(hasPin ? ["pin"] : []), "none"];

  function choose(kind) {
    state.kind = kind;
    for (const each of kinds) ways[each].hidden = each !== kind;
    changed();
  }

  const tabs = kinds.map((kind) =>
    el(
      "label",
      {},
      el("input", {
        type: "radio",
        name: "proof",
        value: kind,
        checked: kind === state.kind,
        on: { change: () => choose(kind) },
      }),
      t(`courier.proof_${kind}`),
    ),
  );
  const element = el(
    "fieldset",
    { class: "proof" },
    el("legend", {}, t("courier.proof")),
    el("div", { class: "tabs" }, tabs),
    kinds.map((kind) => ways[kind]),
  );
  for (const kind of kinds) ways[kind].hidden = kind !== state.kind;
  return {
    element,
    value: () =>
      ({ signature: { signature: pad.path() }, pin: { pin: pin.value }, none: null })[state.kind],
    fault: () => {
      if (state.kind === "signature" && !pad.path()) return "courier.need_signature";
      if (state.kind === "pin" && !/^[0-9]{4}$/.test(pin.value)) return "courier.need_pin";
      return null;
    },
  };
}
