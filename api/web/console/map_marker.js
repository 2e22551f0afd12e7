/**
 * Marks on the map: elements of ours at a place, for the pointer.
 */

import { el } from "../shared/dom.js";
import { L } from "../shared/map.js";

/**
 * Returns `{mark, node}`: Leaflet's marker and our element in it; `click` is called on a click.
 *
 * Its middle is at the place, whatever its size. Keys go through the tables instead.
 */
export function marker(map, spot, look, click, about = {}) {
  const node = el("div", { class: look });
  const icon = L.divIcon({ html: node, className: "mark", iconSize: [0, 0] });
  const mark = L.marker(spot, { icon, keyboard: false, ...about }).addTo(map);
  mark.on("click", click);
  return { mark, node };
}
