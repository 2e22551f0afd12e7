/**
 * The buyer's page: where one order is, and when it comes. The link's token never leaves the part
 * of the address that a browser keeps to itself, but in a header.
 */

import { Refused, ask, holdToken } from "../shared/ask.js";
import { byId, el, fill, setText } from "../shared/dom.js";
import { setCity, now, span } from "../shared/times.js";
import { LANGUAGES, language, loadWords, onLanguage, speak, t } from "../shared/words.js";
import { orderView, stageOf } from "./order_view.js";

const EVERY_MS = 10_000;

const seen = { order: null, at: null, fault: null, said: "" };

async function look() {
  if (document.visibilityState === "hidden" || seen.fault === "over") return;
  try {
    const { body } = await ask("GET", "/v1/track", { quiet: true });
    setCity({ timezone: body.timezone, now: body.now, clock: "system" });
    Object.assign(seen, { order: body, at: now(), fault: null });
  } catch (error) {
    seen.fault = error instanceof Refused && error.status === 404 ? "over" : "away";
    if (seen.fault === "over") seen.order = null;
  }
  draw();
}

function draw() {
  const { order, fault } = seen;
  if (fault === "over") fill(byId("page"), over());
  else if (order) fill(byId("page"), orderView(order));
  else fill(byId("page"), el("p", { class: "wait" }, fault ? t("track.away") : t("track.loading")));
  say(order ? t(`track.stage_${stageOf(order)}`) : "");
  age();
}

function over() {
  return el("div", { class: "over" }, el("h1", {}, t("track.over")), el("p", {}, t("track.over_hint")));
}

/** Says a new stage aloud, once. */
function say(words) {
  if (words && seen.said && words !== seen.said) setText(byId("said"), words);
  seen.said = words || seen.said;
}

function age() {
  const old = seen.at === null ? 0 : Math.round((now() - seen.at) / 1000);
  const stale = seen.order && old > (2 * EVERY_MS) / 1000;
  setText(byId("age"), stale ? t("track.age", { age: span(old) }) : "");
}

function languages() {
  const choices = Object.entries(LANGUAGES).map(([code, name]) =>
    el(
      "button",
      { type: "button", lang: code, "aria-pressed": String(code === language()), on: { click: () => speak(code) } },
      name,
    ),
  );
  fill(byId("languages"), choices);
}

async function start() {
  holdToken(location.hash.slice(1) || "none");
  await loadWords("shared", "track");
  languages();
  onLanguage(() => {
    languages();
    draw();
  });
  addEventListener("hashchange", () => {
    holdToken(location.hash.slice(1) || "none");
    Object.assign(seen, { order: null, fault: null, said: "" });
    look();
  });
  document.addEventListener("visibilitychange", look);
  setInterval(look, EVERY_MS);
  setInterval(age, 1000);
  draw();
  await look();
}

start();
