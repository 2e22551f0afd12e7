/**
 * The timeline by keys: it is one stop of the Tab key, and arrows go from stop to stop in it.
 */

import { move } from "./drag.js";
import { select } from "./selection.js";

/** Lets the blocks in an element be walked through; returns `{settle()}` for when they changed. */
export function walkTimeline(element) {
  const lanes = () => [...element.querySelectorAll(".lane:not([hidden])")];
  const blocksOf = (lane) => [lane.querySelector(".lane-label"), ...lane.querySelectorAll("[data-drop]")];
  let place = [0, 0];

  function be(node, focus) {
    for (const other of element.querySelectorAll('.lane [tabindex="0"]')) other.tabIndex = -1;
    if (!node) return;
    node.tabIndex = 0;
    if (focus) node.focus();
  }

  function at(row, column) {
    const all = lanes();
    const lane = all[Math.min(Math.max(row, 0), all.length - 1)];
    if (!lane) return null;
    const blocks = blocksOf(lane);
    place = [all.indexOf(lane), Math.min(Math.max(column, 0), blocks.length - 1)];
    return blocks[place[1]];
  }

  element.addEventListener("focusin", ({ target }) => {
    const lane = target.closest(".lane");
    if (!lane) return;
    place = [lanes().indexOf(lane), Math.max(blocksOf(lane).indexOf(target), 0)];
    be(target, false);
  });
  element.addEventListener("keydown", (event) => {
    if (!event.target.closest(".lane") || event.ctrlKey || event.metaKey || event.altKey) return;
    const [row, column] = place;
    const to = {
      ArrowDown: [row + 1, column], ArrowUp: [row - 1, column], ArrowRight: [row, column + 1],
      ArrowLeft: [row, column - 1], Home: [row, 0], End: [row, Infinity],
    }[event.key];
    const { drop } = event.target.dataset;
    if (to) be(at(...to), true);
    else if (event.key.toLowerCase() === "m" && drop && event.target.draggable) move({ drop });
    else if (event.key.toLowerCase() === "o" && drop) select({ kind: "drop", id: drop });
    else return;
    event.preventDefault();
  });
  return {
    settle() {
      if (!element.querySelector('.lane [tabindex="0"]')) be(at(...place), false);
    },
  };
}
