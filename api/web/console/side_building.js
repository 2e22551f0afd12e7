/**
 * A building at the side: what goes there, and when.
 */

import { el } from "../shared/dom.js";
import { clockTime } from "../shared/times.js";
import { t } from "../shared/words.js";
import { buildingName, courierName, floorName } from "./place_names.js";
import { facts, linkTo, statusMark, viewOf } from "./side_parts.js";

const OPEN = new Set(["waiting", "planned", "on_board"]);

/** Returns the view of a building. */
export function buildingView(model, id) {
  const drops = () =>
    model
      .orders()
      .flatMap(({ drops: all }) => all)
      .filter(({ desk, status }) => desk.building === id && OPEN.has(status));
  return viewOf(
    () => [buildingName(id), drops()],
    () =>
      draw(
        model,
        id,
        drops().sort((a, b) => a.desk.floor - b.desk.floor),
      ),
  );
}

function draw(model, id, drops) {
  return [
    el("h2", { class: "told" }, buildingName(id)),
    facts(["id", id], ["open_drops", String(drops.length)]),
    drops.length
      ? el(
          "ul",
          { class: "cards" },
          drops.map((drop) => card(model, drop)),
        )
      : el("p", { class: "soft" }, t("hand.no_drops_here")),
  ];
}

function card(model, drop) {
  const desk = [floorName(drop.desk.floor), drop.desk.department, drop.desk.desk].filter(Boolean).join(" · ");
  return el(
    "li",
    {},
    el(
      "p",
      {},
      linkTo("drop", drop.id),
      statusMark(drop.status),
      drop.eta ? el("span", { class: "soft" }, clockTime(drop.eta)) : null,
    ),
    el("p", { class: "told" }, desk),
    el("p", { class: "soft told" }, courierName(model, drop.courier)),
  );
}
