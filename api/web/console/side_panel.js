/**
 * What is selected, in full: a drop, an order, a courier or a building, with what can be done.
 */

import { el, fill, setText } from "../shared/dom.js";
import { countdown, now } from "../shared/times.js";
import { onLanguage, t } from "../shared/words.js";
import { learnNames, onNames } from "./place_names.js";
import { onSelect, selected } from "./selection.js";
import { buildingView } from "./side_building.js";
import { courierView } from "./side_courier.js";
import { dropView } from "./side_drop.js";
import { orderView } from "./side_order.js";
import { startMoves } from "./move_dialog.js";

const VIEWS = { drop: dropView, order: orderView, courier: courierView, building: buildingView };

/** Returns the element that shows what is selected, and keeps itself up to date. */
export function sidePanel(model) {
  startMoves(model);
  const node = el("div", { class: "side-panel" });
  let view = null;
  const open = () => {
    const what = selected();
    view = what && VIEWS[what.kind] ? VIEWS[what.kind](model, what.id) : null;
    fill(node, view?.node ?? (what ? el("p", { class: "soft" }, t("hand.gone")) : null));
    tick();
  };
  const update = () => {
    view?.update();
    tick();
  };
  const tick = () => {
    for (const left of node.querySelectorAll("[data-due]")) {
      const seconds = (left.dataset.due - now()) / 1000;
      left.classList.toggle("is-bad", seconds < 0);
      setText(left, countdown(seconds));
    }
  };
  onSelect(open);
  onLanguage(open);
  onNames(update);
  for (const part of ["orders", "couriers", "plan"]) model.on(part, update);
  model.on("tick", tick);
  learnNames().catch(() => {});
  return node;
}
