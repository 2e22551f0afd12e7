/**
 * Buildings on the map that wait for drops: how many, and whether one of them is in danger.
 */

import { setAttribute, setText } from "../shared/dom.js";
import { t } from "../shared/words.js";
import { buildingsOf } from "./couriers_table.js";
import { marker } from "./map_marker.js";
import { buildingName, buildingSpot } from "./places.js";
import { isSelected, select } from "./selection.js";

/** Returns the layer of buildings: `show()` draws them as they are now. */
export function buildingLayer(map, model) {
  const marks = new Map();
  return {
    show() {
      const left = new Set(marks.keys());
      for (const { id, rows } of buildingsOf(model)) {
        const spot = buildingSpot(id);
        if (!spot) continue;
        left.delete(id);
        if (!marks.has(id)) marks.set(id, make(map, spot, id));
        showBuilding(marks.get(id).node, id, rows);
      }
      for (const id of left) {
        marks.get(id).mark.remove();
        marks.delete(id);
      }
    },
  };
}

function make(map, spot, id) {
  return marker(map, spot, "", () => select({ kind: "building", id }), { zIndexOffset: -500 });
}

function showBuilding(node, id, rows) {
  const bad = rows.some(({ state }) => state === "late" || state === "danger" || state === "unplanned");
  const urgent = rows.some(({ order }) => order.service === "urgent");
  const look = `building-mark${bad ? " bad" : urgent ? " urgent" : ""}${isSelected("building", id) ? " selected" : ""}`;
  if (node.className !== look) node.className = look;
  setText(node, rows.length);
  setAttribute(node, "title", t("console.building_count", { name: buildingName(id), n: rows.length }));
}
