/**
 * What may be promised for a new order, shown while its place is held.
 */

import { el } from "../shared/dom.js";
import { clockTime, countdown, dayTime, now, span } from "../shared/times.js";
import { t } from "../shared/words.js";
import { cheapestFirst, reasonWords } from "./explain_words.js";
import { chanceText, courierName, orderName } from "./place_names.js";

const MOST_REASONS = 6;

/**
 * Returns an element that shows a quote of `POST /v1/quotes` and what can be done with it.
 *
 * `accept(how)` is called with `requote` or `accept_late`, `back()` gives the place back; `again()`
 * asks anew. `tick()` of what is returned keeps the time that is left, `busy(isBusy)` shuts all.
 */
export function quoteView(model, quote, { accept, back, again }) {
  const left = el("p", { class: "hold" });
  const button = (name, words, act) => el("button", { type: "button", class: name, on: { click: act } }, words);
  const yes = quote.feasible
    ? [button("primary", t("hand.accept"), () => accept("requote"))]
    : [
        button("primary", t("hand.accept_time", { span: span(quote.promise_s) }), () => accept("requote")),
        button("", t("hand.accept_late"), () => accept("accept_late")),
      ];
  const anew = button("primary", t("hand.ask_again"), again);
  anew.hidden = true;
  const node = el(
    "section",
    { class: quote.feasible ? "quote" : "quote infeasible", tabindex: "-1", "aria-label": t("hand.quote") },
    el("h3", {}, quote.feasible ? t("hand.can_promise") : t("hand.cannot_promise")),
    figures(model, quote),
    delayed(model, quote.delays),
    others(quote.alternatives),
    reasons(model, quote),
    left,
    el("div", { class: "actions" }, yes, anew, button("", t("hand.back"), back)),
  );
  const isOver = () => Date.parse(quote.expires_at) <= now();
  let isBusy = false;
  const tick = () => {
    const over = isOver();
    for (const each of yes) each.disabled = isBusy || over;
    anew.hidden = !over;
    const remains = countdown((Date.parse(quote.expires_at) - now()) / 1000);
    const words = over
      ? t("hand.quote_over")
      : t(quote.reserved ? "hand.held_for" : "hand.good_for", { left: remains });
    if (left.textContent !== words) left.textContent = words;
  };
  const busy = (is) => {
    isBusy = is;
    tick();
  };
  tick();
  return { node, tick, busy };
}

function figures(model, quote) {
  const line = (name, value, about = {}) => [el("dt", {}, t(`hand.${name}`)), el("dd", about, value)];
  return el(
    "dl",
    { class: "figures" },
    line("promise", [el("b", {}, span(quote.promise_s)), ` · ${t("hand.by_time", { time: dayTime(quote.due_at) })}`]),
    quote.eta ? line("eta", `${clockTime(quote.eta)} · ${t("hand.p90", { time: clockTime(quote.eta_p90) })}`) : null,
    quote.p_on_time === null ? null : line("chance", chanceText(quote.p_on_time)),
    quote.courier ? line("courier", courierName(model, quote.courier), { class: "told" }) : null,
  );
}

function delayed(model, delays) {
  if (!delays.length) return el("p", { class: "is-good" }, t("hand.nobody_waits"));
  const line = ({ order, by_s: by, still_on_time: kept }) =>
    el(
      "li",
      { class: kept ? "" : "is-bad" },
      el("span", { class: "told" }, orderName(model, order)),
      el("b", {}, `+${span(by)}`),
      el("span", {}, t(kept ? "hand.still_in_time" : "hand.becomes_late")),
    );
  return [el("h4", {}, t("hand.others_wait")), el("ul", { class: "delays" }, delays.map(line))];
}

function others(alternatives) {
  if (!alternatives.length) return null;
  const line = ({ kind, promise_s: promised }) => el("li", {}, t(`hand.instead_${kind}`, { span: span(promised) }));
  return [el("h4", {}, t("hand.alternatives")), el("ul", { class: "alternatives" }, alternatives.map(line))];
}

function reasons(model, { reasons: found }) {
  if (!found.length) return null;
  const line = (reason) => {
    const { why, mend } = reasonWords(model, reason);
    return el(
      "li",
      { class: "told" },
      el("b", {}, reason.courier ? courierName(model, reason.courier) : t("hand.all_couriers")),
      ` ${why} ${mend}`,
    );
  };
  return [
    el("h4", {}, t("hand.reasons")),
    el("ul", { class: "why" }, cheapestFirst(found).slice(0, MOST_REASONS).map(line)),
  ];
}
