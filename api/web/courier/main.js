/**
 * The courier's page: puts the screens together, and says what is new without taking the focus.
 */

import { byId, el, fill, setText } from "../shared/dom.js";
import { skewMs } from "../shared/times.js";
import { loadWords, onLanguage, t } from "../shared/words.js";
import { failView } from "./fail_view.js";
import { handOverView } from "./hand_over.js";
import { icon } from "./icons.js";
import { languages, menuView } from "./menu.js";
import { Positions } from "./positions.js";
import { Shift } from "./shift.js";
import { codeOfLink, signInView } from "./sign_in.js";
import { laterView, stopView, tick } from "./stop_view.js";

const NEWS_MS = 10_000;

const ui = { open: new Set(), left: new Set(), map: null, screen: null, redraw: () => draw() };
let shift = null;
let positions = null;
let newsTimer = null;

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
  header();
  if (!shift.signedIn) {
    if (ui.screen?.name !== "sign-in") show("sign-in", signIn());
    return;
  }
  if (ui.screen?.name === "sign-in") ui.screen = null;
  if (ui.screen) return;
  const focused = document.activeElement?.dataset?.key;
  fill(byId("page"), routeView());
  tick(byId("page"));
  if (focused) byId("page").querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

function routeView() {
  const [next, ...later] = shift.stops;
  if (!next) return restView();
  return [stopView(next, ui), actions(next), laterView(later)];
}

function restView() {
  const words = shift.route ? (shift.atWork ? "idle" : "off") : "loading";
  return el("div", { class: "rest" }, icon("box"), el("h1", {}, t(`courier.${words}`)), el("p", {}, t(`courier.${words}_hint`)));
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
  const about = { type: "button", class: kind, data: { key: kind }, on: { click } };
  return el("button", about, t(`courier.${name}`, values));
}

function act(stop, step) {
  if (step === "hand_over") return handOver(stop);
  if (step === "returned") return shift.tap({ kind: "delivered", stop: stop.id });
  if (step !== "loaded") return shift.tap({ kind: step, stop: stop.id });
  const drops = stop.drops.filter((drop) => !ui.left.has(drop));
  ui.left.clear();
  return shift.tap({ kind: "loaded", stop: stop.id, drops });
}

function handOver(stop) {
  const goods = goodsOf(stop);
  const done = (lines, proof) => {
    shift.tap({ kind: "delivered", stop: stop.id, drop: goods.drop, lines }, proof);
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
  draw();
  byId("page").querySelector(".primary")?.focus({ preventScroll: true });
}

function signIn() {
  const about = { code: codeOfLink(), signIn: (code) => shift.signIn(code) };
  return [signInView(about), languages()];
}

function header() {
  const n = shift.queue.waiting.length;
  const state = shift.online ? (n ? "sending" : "online") : "offline";
  byId("bar").hidden = !shift.signedIn;
  byId("state").dataset.state = state;
  setText(byId("state-text"), t(`courier.${state}`));
  setText(byId("depth"), n ? t("courier.depth", { n }) : "");
  byId("depth").hidden = !n;
  const skew = Math.round(Math.abs(skewMs()) / 60_000);
  byId("skew").hidden = !(shift.signedIn && skew);
  setText(byId("skew"), t("courier.skew", { n: skew }));
  byId("paused").hidden = !(shift.signedIn && shift.paused);
}

/** Says something in the live region and shows it for a while; the focus stays where it is. */
function news(name, { tap, reason } = {}) {
  const [next] = shift?.stops ?? [];
  const where = next ? (next.place.name ?? next.place.address ?? "") : "";
  const of = tap ? t(`courier.tap_${tap.kind}`) : "";
  const word = name === "rejected" && tap?.proof?.pin ? "pin_rejected" : name;
  setText(byId("news-text"), t(`courier.news_${word}`, { where, tap: of, reason: reason ?? "" }));
  byId("news").dataset.kind = ["next", "later"].includes(name) ? "route" : "fault";
  byId("news").classList.add("shown");
  clearTimeout(newsTimer);
  const longer = tap || name === "lost" ? 3 : 1;
  newsTimer = setTimeout(() => byId("news").classList.remove("shown"), longer * NEWS_MS);
}

/** Lets a worker keep the page, so that it opens in a lift too. */
async function keepPage() {
  if (!("serviceWorker" in navigator)) return;
  const found = performance.getEntriesByType("resource").map(({ name }) => new URL(name));
  const own = found.filter((url) => url.pathname.startsWith("/assets/"));
  const files = [...new Set(own.map((url) => url.pathname))];
  const other = document.documentElement.lang === "en" ? "zh-CN" : "en";
  const spoken = files.filter((path) => path.startsWith("/assets/words/"));
  files.push(...spoken.map((path) => path.replace(/words\/[^/]+/, `words/${other}`)));
  try {
    await navigator.serviceWorker.register("/assets/courier/worker.js", { scope: "/courier" });
    const ready = await navigator.serviceWorker.ready;
    ready.active.postMessage({ files });
  } catch {
    // Without a worker the page lasts as long as it is open.
  }
}

async function start() {
  await loadWords("shared", "problems", "courier");
  shift = new Shift({ changed: draw, news });
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
