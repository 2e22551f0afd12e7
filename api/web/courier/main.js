/**
 * The courier's page: puts the screens together, and says what is new without taking the focus.
 */

import { byId, el, fill } from "../shared/dom.js";
import { loadWords, onLanguage, t } from "../shared/words.js";
import { bar, news } from "./bar.js";
import { failView } from "./fail_view.js";
import { handOverView } from "./hand_over.js";
import { icon } from "./icons.js";
import { languages, menuView } from "./menu.js";
import { Positions } from "./positions.js";
import { Shift } from "./shift.js";
import { codeOfLink, signInView } from "./sign_in.js";
import { laterView } from "./later_view.js";
import { keepPage } from "./offline.js";
import { stopView, tick } from "./stop_view.js";

const CALM_MS = 600;

const ui = {
  open: new Set(),
  left: new Set(),
  map: null,
  screen: null,
  next: null,
  calmUntil: 0,
  redraw: () => draw(),
};
let shift = null;
let positions = null;

/** What the big button does at each phase of each kind of stop. */
const NEXT_TAP = {
  "load ahead": "departed",
  "load way": "arrived",
  "load there": "loaded",
  "deliver ahead": "departed",
  "deliver way": "arrived",
  "deliver there": "hand_over",
  "return ahead": "departed",
  "return way": "arrived",
  "return there": "returned",
};

/** Draws the page as it is now; a screen that lies above the route stays as it is. */
function draw() {
  bar(shift);
  if (!shift.signedIn) {
    if (ui.screen?.name !== "sign-in") show("sign-in", signIn());
    return;
  }
  if (ui.screen?.name === "sign-in") ui.screen = null;
  if (ui.screen) return;
  const focused = document.activeElement?.dataset?.key;
  fill(byId("page"), routeView());
  tick(byId("page"));
  if (ui.next !== shift.stops[0]?.id) scrollTo(0, 0);
  ui.next = shift.stops[0]?.id;
  if (focused) byId("page").querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

function routeView() {
  const [next, ...later] = shift.stops;
  if (!next) return restView();
  return [stopView(next, ui), actions(next), laterView(later)];
}

function restView() {
  const words = shift.route ? (shift.atWork ? "idle" : "off") : "loading";
  const told = [el("h1", {}, t(`courier.${words}`)), el("p", {}, t(`courier.${words}_hint`))];
  return el("div", { class: "rest" }, icon("box"), told);
}

function actions(stop) {
  const step = nextTap(stop);
  const drop = stop.kind === "deliver" ? stop.drops[0] : null;
  const second =
    step === "hand_over"
      ? button("cannot", "second", () => failing(stop))
      : stop.phase === "way" && drop
        ? button("hand_over_now", "second", () => handOver(stop))
        : null;
  const n = stop.goods.filter(({ drop: name }) => !ui.left.has(name)).length;
  const main = button(`do_${step}`, "primary huge", () => act(stop, step), { n });
  if (step === "loaded") main.disabled = n === 0;
  return el("footer", { class: "actions" }, main, second);
}

function nextTap(stop) {
  // A store that one stands in already needs no ride.
  const here = stop.kind === "load" && stop.phase === "ahead" && !stop.way?.duration_s;
  return here ? "loaded" : NEXT_TAP[`${stop.kind} ${stop.phase}`];
}

function button(name, kind, click, values) {
  const calm = performance.now() < ui.calmUntil;
  const guarded = () => performance.now() >= ui.calmUntil && click();
  const about = { type: "button", class: kind, "aria-disabled": calm ? "true" : null };
  return el("button", { ...about, data: { key: kind }, on: { click: guarded } }, t(`courier.${name}`, values));
}

/** The button under an impatient thumb is another one now: for a moment it takes nothing. */
function calm() {
  ui.calmUntil = performance.now() + CALM_MS;
  setTimeout(draw, CALM_MS + 1);
}

function act(stop, step) {
  calm();
  if (step === "hand_over") return handOver(stop);
  if (step === "returned") return shift.tap({ kind: "delivered", stop: stop.id });
  if (step !== "loaded") return shift.tap({ kind: step, stop: stop.id });
  const drops = stop.drops.filter((drop) => !ui.left.has(drop));
  ui.left.clear();
  return shift.tap({ kind: "loaded", stop: stop.id, drops });
}

function handOver(stop) {
  const goods = goodsOf(stop);
  const done = (lines, proof, photos) => {
    const tap = { kind: "delivered", stop: stop.id, drop: goods.drop, lines };
    if (shift.tap(tap, proof)) shift.keepPhotos(goods.drop, photos);
    back();
  };
  show("hand-over", handOverView(goods, { done, back, fail: () => failing(stop) }));
}

function failing(stop) {
  const goods = goodsOf(stop);
  const done = (reason) => {
    shift.tap({ kind: "failed", stop: stop.id, drop: goods.drop, reason });
    back();
  };
  show("fail", failView(goods, { done, back }));
}

function goodsOf(stop) {
  return stop.goods.find(({ drop }) => drop === stop.drops[0]);
}

/** Puts a screen above the route, with the focus on its title: the courier asked for it. */
function show(name, view) {
  ui.screen = { name };
  fill(byId("page"), view);
  scrollTo(0, 0);
  byId("page").querySelector("#sheet-title")?.focus();
}

function back() {
  ui.screen = null;
  calm();
  draw();
  byId("page").querySelector(".primary")?.focus({ preventScroll: true });
}

function signIn() {
  const about = { code: codeOfLink(), signIn: (code) => shift.signIn(code) };
  return [signInView(about), languages()];
}

async function start() {
  await loadWords("shared", "problems", "courier");
  shift = new Shift({ changed: draw, news: (...said) => news(shift?.stops[0], ...said) });
  positions = new Positions(shift);
  const menu = () => show("menu", menuView({ shift, positions, back }));
  byId("menu").addEventListener("click", menu);
  byId("menu").append(icon("menu"));
  onLanguage(() => {
    ui.screen = null;
    draw();
  });
  addEventListener("hashchange", () => {
    if (new URLSearchParams(location.hash.slice(1)).has("code")) invited();
  });
  setInterval(() => tick(byId("page")), 1000);
  draw();
  if (location.hash) invited();
  shift.open();
  positions.look();
  await keepPage();
}

/** A link with a code signs in anew, whoever was signed in before. */
function invited() {
  if (shift.signedIn) return shift.leave("left");
  ui.screen = null;
  return draw();
}

start();
