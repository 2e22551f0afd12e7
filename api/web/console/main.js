/**
 * The dispatcher's console: finds out who looks, and puts the parts of the page together.
 */

import { read } from "../shared/ask.js";
import { byId, el, fill } from "../shared/dom.js";
import { languageChoice } from "../shared/language.js";
import { drawCity } from "../shared/map.js";
import { setCity } from "../shared/times.js";
import { loadWords, t } from "../shared/words.js";
import { entered } from "./gate.js";

await loadWords("shared", "problems", "console");
document.title = t("console.title");
await entered();
setCity((await read("/v1/city")).body);
const map = el("div", { id: "map", role: "region", "aria-label": t("console.map") });
fill(byId("console"), el("main", {}, el("h1", {}, t("console.title")), languageChoice(), map)).hidden = false;
const sheet = (await read("/v1/city/map")).body;
drawCity(map, sheet, { zoomIn: t("shared.zoom_in"), zoomOut: t("shared.zoom_out") });
