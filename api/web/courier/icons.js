/**
 * Small drawings beside words, never instead of them.
 */

import { svg } from "../shared/dom.js";

const DRAWN = {
  leave: "M5 17a3 3 0 1 0 .1 0M19 17a3 3 0 1 0 .1 0M5 20l4-9h6l4 9M9 11L8 8M15 11l-1-5h3",
  park: "M5 3h14v18H5zM10 17V7h3.5a3 3 0 0 1 0 6H10",
  check_in: "M4 20V9l8-6 8 6v11M9 20v-6h6v6",
  badge: "M4 7h16v12H4zM12 4v3M8 12a2 2 0 1 0 .1 0M13 12h4M13 15h4",
  escort: "M8 5a2.5 2.5 0 1 0 .1 0M4 20v-5a4 4 0 0 1 8 0v5M16 5a2.5 2.5 0 1 0 .1 0M20 20v-5a4 4 0 0 0-5-4",
  lift: "M5 3h14v18H5zM9 10l3-4 3 4M9 14l3 4 3-4",
  stairs: "M3 20h5v-4h4v-4h4V8h5",
  walk: "M13 4a1.6 1.6 0 1 0 .1 0M9 21l3-6-2-3 2-5 3 3 3 1M12 15l4 6M10 8l-3 3",
  phone: "M6 3h4l2 5-3 2a12 12 0 0 0 5 5l2-3 5 2v4a2 2 0 0 1-2 2A17 17 0 0 1 4 5a2 2 0 0 1 2-2z",
  note: "M5 4h14v16H5zM8 8h8M8 12h8M8 16h5",
  menu: "M4 6h16M4 12h16M4 18h16",
  back: "M15 5l-7 7 7 7",
  map: "M3 6l6-3 6 3 6-3v15l-6 3-6-3-6 3zM9 3v15M15 6v15",
  box: "M4 8l8-4 8 4v9l-8 4-8-4zM4 8l8 4 8-4M12 12v9",
  away: "M3 3l18 18M5 12a10 10 0 0 1 4-3M19 12a10 10 0 0 0-7-3M8 16a5 5 0 0 1 8 0",
};

/**
 * Returns a drawing that nobody reads aloud.
 * @param {string} name
 */
export function icon(name) {
  const about = { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" };
  return svg("svg", about, svg("path", { d: DRAWN[name] ?? DRAWN.walk }));
}
