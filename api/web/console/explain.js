/**
 * Why a drop is late or with nobody: the reason of each courier, and the move that would help.
 */

import { sayError } from "../shared/ask.js";
import { el, fill } from "../shared/dom.js";
import { t } from "../shared/words.js";
import { cheapestFirst, reasonWords } from "./explain_words.js";
import { explained } from "./moves.js";
import { chanceText, courierName } from "./place_names.js";
import { rescueLine } from "./rescue.js";

/**
 * Returns an element that explains a drop of the model; it is filled once the service answered.
 *
 * It is asked again by `renew()` of the element, where the plan is another one.
 */
export function explanation(model, drop) {
  const body = el("div", { role: "status" }, el("p", { class: "soft" }, t("hand.explaining")));
  const node = el("section", { class: "explain" }, el("h3", {}, t("hand.explain")), body);
  node.renew = async () => {
    try {
      const found = await explained(drop);
      if (node.isConnected) fill(body, words(model, found));
    } catch (error) {
      fill(body, el("p", { class: "notice bad" }, sayError(error)));
    }
  };
  queueMicrotask(node.renew);
  return node;
}

function words(model, found) {
  const reasons = cheapestFirst(found.reasons);
  return [
    found.p_on_time === null ? null : el("p", {}, t("hand.chance_is", { chance: chanceText(found.p_on_time) })),
    found.rescue ? rescueLine(model, found) : el("p", { class: "soft" }, noRescue(model, found)),
    reasons.length ? table(model, reasons) : el("p", { class: "is-good" }, t("hand.nothing_in_the_way")),
  ];
}

function noRescue(model, { drop, order }) {
  const status = model.drop(drop)?.drop.status;
  if (status === "on_board") return t("hand.no_rescue_on_board");
  const service = model.order(order)?.service;
  return t(service === "standard" ? "hand.no_rescue_needed" : "hand.no_rescue");
}

function table(model, reasons) {
  const row = (reason, i) => {
    const { why, mend } = reasonWords(model, reason);
    const who = reason.courier ? courierName(model, reason.courier) : t("hand.all_couriers");
    return el(
      "tr",
      { class: i ? "" : "cheapest" },
      el("th", { scope: "row", class: "told" }, who),
      el("td", { class: "told" }, why),
      el("td", { class: "told" }, i ? null : el("b", {}, t("hand.cheapest"), " "), mend),
    );
  };
  const head = ["courier", "why", "mend"].map((name) => el("th", { scope: "col" }, t(`hand.${name}`)));
  return el(
    "table",
    { class: "reasons" },
    el("caption", { class: "unseen" }, t("hand.reasons")),
    el("thead", {}, el("tr", {}, head)),
    el("tbody", {}, reasons.map(row)),
  );
}
