/**
 * Promises in danger, each with the move that would save it, and a button that makes it.
 */

import { sayError } from "../shared/ask.js";
import { el, fill, keep, setText } from "../shared/dom.js";
import { countdown, now, span } from "../shared/times.js";
import { onLanguage, t } from "../shared/words.js";
import { toast } from "./announce.js";
import { askMove } from "./move_dialog.js";
import { lookAt, makeMove, tryMove } from "./moves.js";
import { buildingName, chanceText, courierName, onNames, orderName } from "./place_names.js";
import { Looked, MOST } from "./rescue_looks.js";
import { select } from "./selection.js";

/**
 * Makes the move that would save a promise: tried first, and asked about where it makes more
 * promises late than was said. Returns whether it was made.
 */
export async function takeRescue(model, { drop, rescue }) {
  const wish = { courier: rescue.courier, after: rescue.after, pinned: true };
  const seen = await lookAt(drop);
  const { delays } = await tryMove(drop, wish);
  const said = new Set([...rescue.late, seen.drop.order]);
  const isWorse = delays.some(({ order, still_on_time: kept }) => !kept && !said.has(order));
  if (isWorse) return askMove({ drop, ...wish });
  await makeMove(model, seen, wish);
  return true;
}

/** Returns a line that tells a rescue, its gain and cost, with the button that takes it. */
export function rescueLine(model, { drop, order, p_on_time: chance, rescue }) {
  const take = el("button", { type: "button", class: "primary" }, t("hand.take_rescue"));
  take.setAttribute("aria-label", t("hand.take_rescue_of", { order }));
  take.hidden = !model.may("drops.move");
  take.addEventListener("click", async () => {
    take.disabled = true;
    try {
      await takeRescue(model, { drop, rescue });
    } catch (error) {
      toast(sayError(error), { kind: "bad" });
    }
    take.disabled = false;
  });
  return el("div", { class: "rescue" }, el("p", { class: "told" }, rescueWords(model, chance, rescue)), take);
}

function rescueWords(model, chance, { courier, after, p_on_time: then, harm_s: harm, late }) {
  const to = t(after ? "hand.rescue_after" : "hand.rescue_to", { courier: courierName(model, courier), drop: after });
  const cost = harm ? t("hand.rescue_harm", { by: span(harm) }) : t("hand.rescue_harmless");
  const gain = el("b", { class: "is-good" }, `${chanceText(chance)} → ${chanceText(then)}`);
  const lost = late.length ? el("b", { class: "is-bad" }, t("hand.n_late", { n: late.length })) : null;
  return [to, " ", gain, " · ", cost, lost ? [" · ", lost] : null];
}

/**
 * Returns the list of promises in danger, those due first first, which keeps itself up to date.
 *
 * Of many the rest is counted only: in a storm they are in the table of orders, on top.
 */
export function rescuePanel(model) {
  const list = el("ul", { class: "dangers" });
  const rest = el("p", { class: "rest" });
  const node = el("div", { class: "rescues" }, list, rest);
  const looked = new Looked(model, () => draw());
  const draw = () => {
    const found = model.breaches();
    node.hidden = !found.length;
    rest.hidden = found.length <= MOST;
    setText(rest, t("hand.more_in_danger", { n: found.length - MOST }));
    keep(
      list,
      found.slice(0, MOST),
      ({ order }) => order,
      () => el("li", {}),
      (item, danger) => show(model, item, danger, looked.of(danger)),
    );
  };
  const update = () => {
    draw();
    looked.look(model.breaches());
  };
  const tick = () => {
    for (const left of list.querySelectorAll("[data-due]"))
      setText(left, countdown((left.dataset.due - now()) / 1000));
    looked.look(model.breaches());
  };
  for (const part of ["breaches", "orders", "plan"]) model.on(part, update);
  model.on("tick", tick);
  onNames(update);
  onLanguage(() => {
    for (const item of list.children) item.shown = null;
    update();
  });
  update();
  return node;
}

/** Shows a danger in its line; what is the same as before is left alone, focus and all. */
function show(model, item, danger, looked) {
  const building = model.drop(danger.drop)?.drop.desk.building;
  const place = building ? buildingName(building) : "";
  const name = orderName(model, danger.order);
  const told = JSON.stringify([danger, looked, place, name]);
  if (item.shown === told) return;
  item.shown = told;
  const open = () => select({ kind: "drop", id: danger.drop });
  const about = { type: "button", class: "quiet told name", title: name, on: { click: open } };
  item.className = danger.kind;
  fill(
    item,
    el("span", { class: "mark" }, t(`hand.danger_${danger.kind}`)),
    el("b", { class: "left", data: { due: danger.due } }, countdown((danger.due - now()) / 1000)),
    el("button", about, name),
    el("span", { class: "soft told", title: place }, place),
    looked?.rescue
      ? rescueLine(model, { ...danger, p_on_time: danger.chance, rescue: looked.rescue })
      : el("p", {}, t(looked ? "hand.no_rescue_short" : "hand.looking", { chance: chanceText(danger.chance) })),
  );
}
