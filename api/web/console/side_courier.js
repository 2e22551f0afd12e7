/**
 * A courier at the side: shift, load, route, break, and how the phone is signed in or out.
 */

import { ask, newKey } from "../shared/ask.js";
import { el } from "../shared/dom.js";
import { clockTime, dayTime } from "../shared/times.js";
import { t } from "../shared/words.js";
import { toast } from "./announce.js";
import { sure } from "./dialog.js";
import { deskName } from "./place_names.js";
import { doing, facts, linkTo, showSecret, viewOf } from "./side_parts.js";

/** Returns the view of a courier. */
export function courierView(model, id) {
  const route = () => model.plan().routes.find(({ courier }) => courier === id)?.stops ?? [];
  return viewOf(
    () => [{ ...model.courier(id), place: null, position: null, plan_version: 0 }, route()],
    () => {
      const courier = model.courier(id);
      return courier ? draw(model, courier, route()) : el("p", { class: "soft" }, t("hand.gone"));
    },
  );
}

function draw(model, courier, stops) {
  const { id, name, shift, capacity, on_board: load, paused, silent, returning } = courier;
  const marks = [paused && "on_break_mark", silent && "silent_mark"].filter(Boolean);
  return [
    el("h2", { class: "told" }, name || id),
    el(
      "p",
      { class: "marks" },
      el("span", { class: "soft" }, id),
      marks.map((mark) => el("span", { class: "mark warn" }, t(`hand.${mark}`))),
    ),
    facts(
      ["shift", `${dayTime(shift.start)} – ${dayTime(shift.end)}`],
      ["vehicle", t("hand.capacity_n", { profile: courier.profile, n: capacity })],
      ["load", load.length ? load.map((drop) => linkTo("drop", drop)) : t("hand.nothing")],
      ["returning", returning.length ? returning.map((drop) => linkTo("drop", drop)) : null],
    ),
    el("div", { class: "actions" }, actions(model, courier)),
    el("h3", {}, t("hand.route")),
    stops.length
      ? el(
          "ol",
          { class: "stops" },
          stops.map((stop) => line(stop)),
        )
      : el("p", { class: "soft" }, t("hand.no_route")),
  ];
}

function line({ kind, place, drops, arrival, departure, slack_s: slack, committed }) {
  const where = kind === "deliver" ? deskName(place) : place.name;
  return el(
    "li",
    { class: [kind, committed ? "committed" : "", slack !== null && slack < 0 ? "is-late" : ""].join(" ") },
    el("time", { datetime: arrival }, `${clockTime(arrival)}–${clockTime(departure)}`),
    el(
      "span",
      {},
      el("b", {}, t(`hand.stop_${kind}`)),
      " ",
      el("span", { class: "told" }, where),
      committed ? ` · ${t("hand.committed")}` : "",
      el(
        "span",
        { class: "of" },
        drops.map((drop) => linkTo("drop", drop)),
      ),
    ),
  );
}

function actions(model, { id, name, paused }) {
  const path = `/v1/couriers/${encodeURIComponent(id)}`;
  const found = [];
  if (model.may("couriers.change")) {
    found.push(
      doing(paused ? "end_break" : "begin_break", async () => {
        await ask("PATCH", path, { body: { paused: !paused }, key: newKey() });
        await model.refresh("couriers");
      }),
    );
  }
  if (model.may("couriers.invite")) {
    found.push(doing("sign_in_code", () => invite(path, name || id)));
    found.push(doing("sign_out_phone", () => signOut(path, name || id)));
  }
  return found;
}

async function invite(path, name) {
  const { body } = await ask("POST", `${path}/sign-in-codes`);
  const link = `${location.origin}/courier#code=${encodeURIComponent(body.code)}`;
  await showSecret(
    t("hand.sign_in_title", { name }),
    t("hand.code_hint", { time: clockTime(body.expires_at) }),
    ["code", body.code],
    ["link", link],
  );
}

async function signOut(path, name) {
  if (!(await sure(t("hand.sign_out_title", { name }), t("hand.sign_out_sure"), t("hand.sign_out_now")))) return;
  await ask("DELETE", `${path}/sign-in`);
  toast(t("hand.signed_out", { name }));
}
