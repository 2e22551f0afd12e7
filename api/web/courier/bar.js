/**
 * What is always there: how the phone stands, and what is new.
 */

import { byId, setText } from "../shared/dom.js";
import { skewMs } from "../shared/times.js";
import { t } from "../shared/words.js";

const NEWS_MS = 10_000;

let newsTimer = null;

/**
 * Writes into the bar how the phone stands: network, what waits, clock, break.
 * @param {import("./shift.js").Shift} shift
 */
export function bar(shift) {
  const n = shift.queue.waiting.length;
  const state = shift.online ? (n ? "sending" : "online") : "offline";
  byId("bar").hidden = !shift.signedIn;
  byId("state").dataset.state = state;
  setText(byId("state-text"), t(`courier.${state}`));
  const photos = shift.outbox.photos.count;
  const waits = [n && t("courier.depth", { n }), photos && t("courier.depth_photos", { n: photos })];
  setText(byId("depth"), waits.filter(Boolean).join(" · "));
  byId("depth").hidden = !n && !photos;
  const skew = Math.round(Math.abs(skewMs()) / 60_000);
  byId("skew").hidden = !(shift.signedIn && skew);
  setText(byId("skew"), t("courier.skew", { n: skew }));
  byId("paused").hidden = !(shift.signedIn && shift.paused);
}

/**
 * Says something in the live region and shows it for a while; the focus stays where it is.
 * @param {any} next the next stop, undefined for none
 * @param {string} name
 * @param {{tap?: any, reason?: string}} [about]
 */
export function news(next, name, { tap, reason } = {}) {
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
