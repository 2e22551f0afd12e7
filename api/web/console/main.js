/**
 * The dispatcher's console: finds out who looks, and puts the parts of the page together.
 */

import { read } from "../shared/ask.js";
import { byId, fill } from "../shared/dom.js";
import { setCity } from "../shared/times.js";
import { loadWords, onLanguage, t } from "../shared/words.js";
import { moveWith } from "./drag.js";
import { entered, onSessionLost, persistently } from "./gate.js";
import { startFeed } from "./feed_view.js";
import { startHead } from "./head.js";
import { startMap } from "./map_view.js";
import { startModel } from "./model.js";
import { startSide, startViews } from "./shell.js";
import { startTables } from "./table_view.js";
import { startTimeline } from "./timeline_view.js";

import { askMove } from "./move_dialog.js";
import { placePanel } from "./place.js";
import { replayPanel } from "./replay.js";
import { reportPanel } from "./report.js";
import { rescuePanel } from "./rescue.js";
import { sidePanel } from "./side_panel.js";

/* ---- The dispatcher's hand: words, and panels by the region they fill. ---- */

const AREAS = ["shared", "problems", "console", "hand", "report"];

/**
 * Each is called once with the model and returns an element that keeps itself up to date; but
 * `move` asks where a drop shall go: `askMove({drop, courier, after})`.
 */
const PANELS = {
  move: askMove,
  breaches: rescuePanel,
  side: sidePanel,
  place: placePanel,
  report: reportPanel,
  replay: replayPanel,
};

/* ---- */

await loadWords(...AREAS);
const named = () => (document.title = t("console.title"));
onLanguage(named);
named();

let me = await entered();
const { body: city } = await persistently(() => read("/v1/city"));
setCity(city);
const model = await persistently(() => startModel(me, { lost: enterAgain }));
byId("console").hidden = false;
startHead(model, { city: city.name, canPlace: Boolean(PANELS.place) && model.may("orders.place") });
if (PANELS.breaches) fill(byId("breaches"), PANELS.breaches(model)).hidden = false;
if (PANELS.move && model.may("drops.move")) moveWith(PANELS.move);
startSide(model, PANELS);
startViews(model, PANELS);
startTables(model);
startTimeline(model);
startFeed(model);
startMap(model);
onSessionLost(enterAgain);

/** Asks who looks anew, above the page as it is; for another one the page begins anew. */
async function enterAgain() {
  if (!byId("gate").hidden) return;
  const before = me;
  me = await entered(t("console.session_over"));
  if (me.name !== before.name || me.role !== before.role) location.reload();
  else model.start();
}
