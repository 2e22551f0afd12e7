/**
 * What happened to an order, in words, the newest last.
 */

import { ask, sayError } from "../shared/ask.js";
import { el, fill } from "../shared/dom.js";
import { clockSeconds, dayTime } from "../shared/times.js";
import { has, t } from "../shared/words.js";
import { courierName } from "./place_names.js";

/** Returns a list `{node, renew()}` of what happened to an order. */
export function historyList(model, id) {
  const node = el("ol", { class: "history", "aria-label": t("hand.history") });
  const renew = async () => {
    try {
      const { body } = await ask("GET", `/v1/orders/${encodeURIComponent(id)}`);
      fill(
        node,
        body.history.map((entry) => line(model, entry)),
      );
    } catch (error) {
      fill(node, el("li", { class: "is-bad" }, sayError(error)));
    }
  };
  return { node, renew };
}

function line(model, { at, what, facts }) {
  return el(
    "li",
    {},
    el("time", { datetime: at, title: clockSeconds(at) }, dayTime(at)),
    el("span", { class: "told" }, happened(what), details(model, facts)),
  );
}

/** Returns what happened in words, by the name of its event. */
export function happened(what) {
  return has(`hand.what_${what}`) ? t(`hand.what_${what}`) : what.replaceAll("_", " ");
}

function details(model, facts) {
  const changes = (facts.changes ?? []).map(({ drop, to }) => `${drop} → ${courierName(model, to)}`);
  const who = facts.courier && !changes.length ? courierName(model, facts.courier) : null;
  const told = [...changes, facts.drop, who, facts.reason].filter(Boolean);
  return told.length ? `: ${told.join(", ")}` : "";
}
