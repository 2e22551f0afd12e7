/**
 * What a plan changed, and why it was made, in words.
 */

import { el } from "../shared/dom.js";
import { clockTime } from "../shared/times.js";
import { t } from "../shared/words.js";
import { buildingName, courierName } from "./place_names.js";
import { happened } from "./side_history.js";

const MOST_SHOWN = 12;

/** Returns why a plan of `GET /v1/plans` was made: what happened just before. */
export function whyOf(model, { causes }) {
  const line = ({ what, at, about }) =>
    el(
      "li",
      {},
      el("time", { datetime: at }, clockTime(at)),
      el(
        "span",
        {},
        happened(what),
        " ",
        about.slice(0, 4).map((id) => thing(model, id)),
      ),
    );
  return [
    el("h3", {}, t("report.why")),
    causes.length
      ? el("ul", {}, causes.slice(0, MOST_SHOWN).map(line))
      : el("p", { class: "soft" }, t("report.no_cause")),
    causes.length > MOST_SHOWN
      ? el("p", { class: "soft" }, t("hand.and_more", { n: causes.length - MOST_SHOWN }))
      : null,
  ];
}

function thing(model, id) {
  return [el("span", { class: "told thing" }, model.courier(id)?.name || id), " "];
}

/** Returns which drops changed courier by a plan. */
export function changesOf(model, { changes }) {
  const line = ({ drop, from, to }) =>
    el(
      "li",
      {},
      el("b", {}, drop),
      " ",
      el("span", { class: "told" }, `${courierName(model, from)} → ${courierName(model, to)}`),
    );
  return [
    el("h3", {}, t("report.changes")),
    changes.length
      ? el("ul", {}, changes.slice(0, MOST_SHOWN).map(line))
      : el("p", { class: "soft" }, t("report.no_changes")),
    changes.length > MOST_SHOWN
      ? el("p", { class: "soft" }, t("hand.and_more", { n: changes.length - MOST_SHOWN }))
      : null,
  ];
}

/** Returns the routes of a plan as a table, what changed by it marked. */
export function routesOf(model, plan, changes) {
  const moved = new Set(changes.map(({ drop }) => drop));
  const rows = plan.routes
    .filter(({ stops }) => stops.length)
    .map(({ courier, stops }) =>
      el(
        "tr",
        {},
        el("th", { scope: "row", class: "told" }, courierName(model, courier)),
        el(
          "td",
          {},
          el(
            "ol",
            {},
            stops.map((stop) => line(stop, moved)),
          ),
        ),
      ),
    );
  const left = plan.unassigned.map(({ drop }) => drop);
  return [
    el("h3", {}, t("report.routes")),
    rows.length
      ? el("table", { class: "plan" }, el("caption", { class: "unseen" }, t("report.routes")), el("tbody", {}, rows))
      : el("p", { class: "soft" }, t("report.no_routes")),
    left.length
      ? el("p", { class: "is-bad told" }, t("report.left_out", { n: left.length, drops: left.join(", ") }))
      : null,
  ];
}

function line({ kind, place, drops, arrival, committed }, moved) {
  const where = kind === "deliver" ? buildingName(place.building) : place.name;
  return el(
    "li",
    { class: drops.some((drop) => moved.has(drop)) && kind === "deliver" ? "moved" : "" },
    el("time", { datetime: arrival }, clockTime(arrival)),
    " ",
    el("span", { class: "told" }, `${t(`hand.stop_${kind}`)} ${where}`),
    kind === "deliver" ? ` (${drops.join(", ")})` : "",
    committed ? ` · ${t("hand.committed")}` : "",
  );
}
