/**
 * What happened, in sentences.
 */

import { clockTime } from "../shared/times.js";
import { has, language, t } from "../shared/words.js";
import { nameOf, numberOf } from "./look.js";

/** Changes of a plan that are told one by one; of more, how many. */
const MOST_CHANGES = 6;

/** What everybody should hear at once. */
const LOUD = new Set(["breach_foreseen", "promise_breached", "silenced", "failed", "evidence_kept"]);

/** Returns whether something should be said aloud. */
export function isLoud({ data }) {
  return LOUD.has(data.kind);
}

/**
 * Returns `{text, details, tone, about, isKnown}` of something that happened; `before` is what did
 * before it. `isKnown` is false where something that it names was not fetched yet.
 */
export function told(entry, before, model) {
  const found = entry.name === "plan" ? planTold(entry, before, model) : eventTold(entry, model);
  const { orders = [], couriers = [] } = entry.data;
  const isKnown = orders.every((id) => model.order(id)) && couriers.every((id) => model.courier(id));
  return { ...found, isKnown };
}

function planTold({ data }, before, model) {
  const n = data.changes.length;
  const why = causeOf(data, before);
  const cause = why ? eventTold(why, model).text : t("console.why_search");
  const { version } = data;
  const text = n ? t("console.plan_changed", { n, version }) : t("console.plan_kept", { version });
  const details = data.changes.slice(0, MOST_CHANGES).map((change) => changeTold(change, model));
  if (n > MOST_CHANGES) details.push(t("console.and_more", { n: n - MOST_CHANGES }));
  const drop = data.changes[0]?.drop;
  const about = drop ? { kind: "drop", id: drop } : null;
  return { text, details: [t("console.because", { cause }), ...details], tone: "plan", about };
}

/** What happened at the same moment, of which the plan is the answer. */
function causeOf({ at }, before) {
  return before.find((entry) => entry.name !== "plan" && entry.at === at) ?? null;
}

function changeTold({ drop, from, to }, model) {
  const words = { drop: dropName(drop, model), from: courierName(from, model), to: courierName(to, model) };
  return t(`console.change_${from ? (to ? "moved" : "left") : "given"}`, words);
}

function eventTold({ name, data }, model) {
  const { kind } = data;
  const key = has(`console.event_${kind}`) ? `console.event_${kind}` : "console.event_other";
  const order = data.orders?.[0];
  const drop = data.drops?.[0];
  const courier = data.couriers?.[0] ?? (drop ? model.drop(drop)?.drop.courier : null);
  const words = {
    order: orderName(order, model),
    drop: dropName(drop, model),
    courier: courierName(courier, model),
    chance: data.p_on_time === undefined ? "" : percent(data.p_on_time),
    due: clockTime(model.order(order)?.promise.due_at),
    n: data.drops?.length ?? 0,
    kind,
    why: data.text ?? data.reason ?? "",
  };
  const tone = LOUD.has(kind) ? "loud" : name;
  return { text: t(key, words), details: rescueTold(data, model), tone, about: aboutOf(data, courier) };
}

function aboutOf({ drops = [], orders = [] }, courier) {
  if (drops.length === 1) return { kind: "drop", id: drops[0] };
  if (orders.length) return { kind: "order", id: orders[0] };
  return courier ? { kind: "courier", id: courier } : null;
}

function rescueTold({ rescue, reason }, model) {
  if (!rescue) return reason ? [reason] : [];
  return [t("console.rescue", { courier: courierName(rescue.courier, model), chance: percent(rescue.p_on_time) })];
}

function orderName(id, model) {
  const order = id && model.order(id);
  return order?.customer ? `${order.customer} (${id})` : (id ?? "");
}

function dropName(id, model) {
  const found = id && model.drop(id);
  const name = found && (found.drop.desk.department || found.order.customer);
  return name ? `${name} (${id})` : (id ?? "");
}

function courierName(id, model) {
  if (!id) return t("console.nobody");
  const courier = model.courier(id);
  return courier ? `${numberOf(id)} ${nameOf(courier)}` : id;
}

function percent(share) {
  return new Intl.NumberFormat(language(), { style: "percent" }).format(share);
}
