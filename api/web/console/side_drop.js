/**
 * A drop at the side: where it goes, who brings it when, what was given for it, and why it is late.
 */

import { el, fill } from "../shared/dom.js";
import { clockTime, dayTime } from "../shared/times.js";
import { t } from "../shared/words.js";
import { explanation } from "./explain.js";
import { askMove } from "./move_dialog.js";
import { lookAt, makeMove, placeOf } from "./moves.js";
import { chanceText, courierName, deskName, goods, orderName } from "./place_names.js";
import { doing, facts, linkTo, promiseClock, statusMark, viewOf } from "./side_parts.js";
import { proofList } from "./side_proofs.js";

const CLOSED = new Set(["accepted", "partly_accepted", "rejected", "failed", "cancelled"]);
const LIKELY = 0.8;

/** Returns the view of a drop. */
export function dropView(model, id) {
  let proofs = null;
  // One list however often the view is drawn: a dialog opened from it finds the way back.
  const given = () => (proofs ??= proofList(model, id));
  return viewOf(
    () => {
      const known = model.drop(id);
      return [
        known?.drop,
        known?.order.promise,
        known && deskName(known.drop.desk),
        known && courierName(model, known.drop.courier),
        model.unassigned(id),
      ];
    },
    () => {
      const known = model.drop(id);
      return known ? draw(model, known, given) : el("p", { class: "soft" }, t("hand.gone"));
    },
  );
}

function draw(model, { drop, order }, given) {
  const { desk } = drop;
  return [
    el("h2", {}, t("hand.drop_title", { id: drop.id })),
    el(
      "p",
      { class: "marks" },
      statusMark(drop.status),
      drop.pinned ? el("span", { class: "mark" }, t("hand.pinned_mark")) : null,
      linkTo("order", order.id, orderName(model, order.id)),
    ),
    CLOSED.has(drop.status) ? null : promiseClock(order),
    el("p", { class: "told where" }, linkTo("building", desk.building, deskName(desk))),
    facts(
      ["goods", goods(drop.items)],
      ["contact", [desk.contact?.name, desk.contact?.phone].filter(Boolean).join(" · ")],
      ["note", drop.note],
      [
        "courier",
        drop.courier ? linkTo("courier", drop.courier, courierName(model, drop.courier)) : t("hand.nobody"),
      ],
      ["eta", drop.eta && t("hand.eta_p90", { time: clockTime(drop.eta), late: clockTime(drop.eta_p90) })],
      ["chance", order.promise.p_on_time === null ? null : chanceText(order.promise.p_on_time)],
      ["held_until", drop.held_until && dayTime(drop.held_until)],
      ["closed_at", drop.closed_at && dayTime(drop.closed_at)],
      ["failure", drop.failure && t(`hand.fail_${drop.failure}`)],
    ),
    lines(drop),
    el("div", { class: "actions" }, actions(model, drop)),
    CLOSED.has(drop.status)
      ? given()
      : needsExplaining(drop, order)
        ? explanation(model, drop.id)
        : asksWhy(model, drop),
  ];
}

/** In nobody's route, late, or not likely in time. */
function needsExplaining(drop, { promise }) {
  const isLate = drop.eta && promise.due_at && Date.parse(drop.eta) > Date.parse(promise.due_at);
  return !drop.courier || isLate || promise.state === "breached" || (promise.p_on_time ?? 1) < LIKELY;
}

function asksWhy(model, drop) {
  const node = el("div", {});
  fill(
    node,
    doing("explain", async () => fill(node, explanation(model, drop.id))),
  );
  return node;
}

function actions(model, drop) {
  if (!model.may("drops.move") || !["waiting", "planned"].includes(drop.status)) return [];
  return [
    doing("move", () => askMove({ drop: drop.id }), { primary: true }),
    drop.courier ? doing(drop.pinned ? "unpin" : "pin", () => hold(model, drop.id, !drop.pinned)) : null,
  ];
}

/** Pins a drop where it is, or lets the planner move it from there. */
async function hold(model, id, pinned) {
  const seen = await lookAt(id);
  const { after } = placeOf(model, seen.drop);
  await makeMove(model, seen, { courier: seen.drop.courier, after, pinned });
}

function lines({ lines: told }) {
  if (!told.length) return null;
  const line = ({ sku, accepted, rejected, reason }) =>
    el(
      "li",
      { class: rejected ? "is-bad" : "" },
      el("span", { class: "told" }, sku),
      ` ${t("hand.accepted_n", { n: accepted })}`,
      rejected ? ` · ${t("hand.rejected_n", { n: rejected })} ${reason ? t(`hand.line_${reason}`) : ""}` : "",
    );
  return el("ul", { class: "accepted" }, told.map(line));
}
