/**
 * Moves of drops: tried dry, sent for what was seen, and taken back.
 */

import { Refused, ask, newKey, sayError } from "../shared/ask.js";
import { t } from "../shared/words.js";
import { toast } from "./announce.js";
import { courierName } from "./place_names.js";

const MOST_KEPT = 20;
const done = [];

/** Returns a drop as it is now with the tag of that, `{drop, tag}`. */
export async function lookAt(id) {
  const { body, tag } = await ask("GET", `/v1/drops/${encodeURIComponent(id)}`);
  return { drop: body, tag };
}

/** Returns why a drop is late or with nobody, and what would help: `GET /v1/drops/{id}/explanation`. */
export async function explained(id) {
  return (await ask("GET", `/v1/drops/${encodeURIComponent(id)}/explanation`)).body;
}

/** Returns the consequences of a move `{courier, after, pinned}`, which is not made. */
export async function tryMove(id, wish) {
  return (await patch(id, { ...wish, dry_run: true })).body;
}

/**
 * Moves a drop that was seen as `{drop, tag}`, and offers the way back; returns the consequences.
 *
 * Raises `Refused` 412, with `problem.current`, where somebody else changed it since; `key` makes a
 * move that is sent again the same one.
 */
export async function makeMove(model, seen, wish, { key = newKey() } = {}) {
  const before = placeOf(model, seen.drop);
  const { body, tag } = await patch(seen.drop.id, wish, { match: seen.tag, key });
  remember({ id: seen.drop.id, before, tag });
  const words = { drop: seen.drop.id, courier: courierName(model, wish.courier) };
  toast(wish.courier ? t("hand.moved", words) : t("hand.released", words), {
    undo: () => undoMove(model, seen.drop.id),
    kind: "good",
  });
  renew(model);
  return body;
}

function patch(id, wish, about = {}) {
  return ask("PATCH", `/v1/drops/${encodeURIComponent(id)}`, { body: wish, ...about });
}

function renew(model) {
  model.refresh("plan");
  model.refresh("orders");
}

function remember(move) {
  done.push(move);
  if (done.length > MOST_KEPT) done.shift();
}

/**
 * Returns where a drop is, as a wish that brings it back there.
 *
 * The drop is newer than the plan that the page has heard of: where the two disagree it goes back to
 * its courier, where it fits.
 */
export function placeOf(model, { id, courier, pinned }) {
  const route = model.plan().routes.find((each) => each.courier === courier);
  const handed = (route?.stops ?? []).filter(({ kind }) => kind === "deliver").flatMap(({ drops }) => drops);
  const at = handed.indexOf(id);
  return { courier: courier ?? pinned, after: at > 0 ? handed[at - 1] : null, pinned: Boolean(pinned) };
}

/** Takes back the last move, or the last of one drop; returns whether there was one. */
export async function undoMove(model, id = done.at(-1)?.id) {
  const at = done.findLastIndex((move) => move.id === id);
  if (at < 0) return false;
  const [move] = done.splice(at, 1);
  try {
    await goBack(move);
    toast(t("hand.undone", { drop: move.id, courier: courierName(model, move.before.courier) }), { kind: "good" });
  } catch (error) {
    const isOvertaken = error instanceof Refused && error.status === 412;
    toast(isOvertaken ? t("hand.undo_overtaken", { drop: move.id }) : sayError(error), { kind: "bad" });
  }
  renew(model);
  return true;
}

async function goBack({ id, before, tag }) {
  try {
    await patch(id, before, { match: tag, key: newKey() });
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== "not-in-route") throw error;
    // What it followed is delivered by now: to the same courier, where it fits.
    await patch(id, { ...before, after: null }, { match: tag, key: newKey() });
  }
}

/** Lets Ctrl+Z take back the last move, but where somebody types. */
export function undoByKey(model) {
  addEventListener("keydown", (event) => {
    const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
    if (!isUndo || event.target.closest("input:not([type=range]), textarea, select, dialog") || !done.length) return;
    event.preventDefault();
    undoMove(model);
  });
}
