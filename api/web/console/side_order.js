/**
 * An order at the side: its promise, its drops, what happened, and what can be done with it.
 */

import { ask, newKey } from "../shared/ask.js";
import { el } from "../shared/dom.js";
import { dayTime, now } from "../shared/times.js";
import { t } from "../shared/words.js";
import { toast } from "./announce.js";
import { askText, sure } from "./dialog.js";
import { chanceText, courierName, deskName, goods } from "./place_names.js";
import { historyList } from "./side_history.js";
import { doing, facts, linkTo, promiseClock, showSecret, statusMark, viewOf } from "./side_parts.js";

const OPEN = new Set(["awaiting_goods", "placed", "planned"]);

/** Returns the view of an order. */
export function orderView(model, id) {
  const history = historyList(model, id);
  return viewOf(
    () => [
      model.order(id),
      model.couriers().map(({ name }) => name),
      model.order(id)?.drops.map(({ desk }) => deskName(desk)),
    ],
    () => {
      const order = model.order(id);
      history.renew();
      return order ? draw(model, order, history.node) : el("p", { class: "soft" }, t("hand.gone"));
    },
  );
}

function draw(model, order, history) {
  return [
    el("h2", { class: "told" }, t("hand.order_title", { id: order.external_id ?? order.id })),
    el(
      "p",
      { class: "marks" },
      el("span", { class: `mark ${order.service}` }, t(`hand.service_${known(order.service)}`)),
      statusMark(order.status),
    ),
    promiseClock(order),
    facts(
      ["customer", order.customer],
      ["channel", t(`hand.channel_${order.channel}`)],
      ["placed_at", dayTime(order.placed_at)],
      ["ready_at", dayTime(order.ready_at)],
      ["chance", order.promise.p_on_time === null ? null : chanceText(order.promise.p_on_time)],
      ["paused_because", order.paused?.reason],
      ["id", order.external_id ? order.id : null],
    ),
    el("h3", {}, t("hand.drops")),
    el(
      "ul",
      { class: "cards" },
      order.drops.map((drop) => card(model, drop)),
    ),
    el("div", { class: "actions" }, actions(model, order)),
    el("h3", {}, t("hand.history")),
    history,
  ];
}

function known(service) {
  return ["urgent", "standard", "special"].includes(service) ? service : "other";
}

function card(model, drop) {
  return el(
    "li",
    {},
    el("p", {}, linkTo("drop", drop.id), statusMark(drop.status)),
    el("p", { class: "told" }, deskName(drop.desk)),
    el("p", { class: "told soft" }, goods(drop.items)),
    el("p", { class: "soft" }, drop.courier ? courierName(model, drop.courier) : t("hand.nobody")),
  );
}

function actions(model, order) {
  const found = [];
  const path = `/v1/orders/${encodeURIComponent(order.id)}`;
  const change = async (rest, body) => {
    await ask("POST", `${path}/${rest}`, { body, key: newKey() });
    await model.refresh("orders");
  };
  if (model.may("orders.place") && order.status !== "cancelled")
    found.push(doing("buyer_link", () => buyerLink(path)));
  if (model.may("orders.change") && OPEN.has(order.status)) {
    if (order.status === "awaiting_goods")
      found.push(doing("goods_arrived", () => change("goods-arrived", { at: null })));
    else found.push(doing("ready", () => ready(change)));
    found.push(
      order.paused ? doing("resume_order", () => change("resume")) : doing("pause_order", () => pause(change)),
    );
  }
  if (model.may("orders.cancel") && OPEN.has(order.status))
    found.push(doing("cancel_order", () => cancel(model, order, path)));
  return found;
}

async function buyerLink(path) {
  const { body } = await ask("POST", `${path}/links`);
  await showSecret(t("hand.buyer_link"), t("hand.shown_once", { time: dayTime(body.expires_at) }), [
    "link",
    location.origin + body.path,
  ]);
}

async function ready(change) {
  const minutes = await askText(t("hand.ready"), t("hand.ready_in"), t("hand.ready_now"), {
    value: "0",
    type: "number",
  });
  if (minutes === null) return;
  await change("ready", { at: new Date(now() + Number(minutes) * 60_000).toISOString() });
}

async function pause(change) {
  const reason = await askText(t("hand.pause_now"), t("hand.pause_reason"), t("hand.pause_now"));
  if (reason) await change("pause", { reason });
}

async function cancel(model, order, path) {
  const name = order.external_id ?? order.id;
  if (!(await sure(t("hand.cancel_title", { id: name }), t("hand.cancel_sure"), t("hand.cancel_now")))) return;
  await ask("DELETE", path, { key: newKey() });
  toast(t("hand.cancelled", { id: name }));
  await model.refresh("orders");
  model.refresh("plan");
}
