/**
 * Times as the store's clocks show them, and what time it is there, whatever the device believes.
 */

import { language } from "./words.js";

/** Milliseconds; a device whose clock is off by more than this is told so. */
const MOST_SKEW_MS = 60_000;

let timezone;
let stands = null;
let aheadMs = 0;
let isHeard = false;
const formats = new Map();

/** Takes the city's time zone and clock, as `GET /v1/city` tells them. */
export function setCity(city) {
  if (timezone !== city.timezone) formats.clear();
  timezone = city.timezone;
  const told = Date.parse(city.now);
  stands = city.clock === "manual" ? told : null;
  if (stands === null) heardTime(told);
}

/** Returns the name of the city's time zone. */
export function cityZone() {
  return timezone;
}

/** Takes the header `Date` of an answer, which is to the second. */
export function heardDate(text) {
  const told = text ? Date.parse(text) : NaN;
  // Half a second on the mean has passed since what the header names.
  if (!Number.isNaN(told) && stands === null) heardTime(told + 500);
}

function heardTime(told) {
  const ahead = Date.now() - told;
  // A second either way is rounding; to follow it would make countdowns hop.
  if (!isHeard || Math.abs(ahead - aheadMs) > 1500) aheadMs = ahead;
  isHeard = true;
}

/** Returns the milliseconds since 1970 of now, by the service's clock. */
export function now() {
  return stands ?? Date.now() - aheadMs;
}

/** Tells that a clock which is moved by hand stands at an instant at least. */
export function movedTo(instant) {
  if (stands !== null) stands = Math.max(stands, Date.parse(instant));
}

/** Returns by how many milliseconds the device's clock is ahead, 0 where it is near enough. */
export function skewMs() {
  return Math.abs(aheadMs) > MOST_SKEW_MS ? aheadMs : 0;
}

function format(name, options) {
  const key = `${language()} ${name}`;
  if (!formats.has(key)) {
    formats.set(
      key,
      new Intl.DateTimeFormat(language(), { timeZone: timezone, hourCycle: "h23", ...options }),
    );
  }
  return formats.get(key);
}

/** Returns an instant as a clock shows it, `10:22`; an em dash for null. */
export function clockTime(instant) {
  if (instant === null || instant === undefined) return "—";
  return format("time", { hour: "2-digit", minute: "2-digit" }).format(new Date(instant));
}

/** Returns an instant with seconds, `10:22:07`. */
export function clockSeconds(instant) {
  return format("seconds", { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(
    new Date(instant),
  );
}

/** Returns an instant with its day, where that is not the day of now: `Tue 24 Nov 10:22`. */
export function dayTime(instant) {
  if (instant === null || instant === undefined) return "—";
  const day = format("day", { weekday: "short", day: "numeric", month: "short" });
  const date = new Date(instant);
  const of = day.format(date);
  return of === day.format(new Date(now())) ? clockTime(instant) : `${of} ${clockTime(instant)}`;
}

/** Returns whole seconds as `7:05`, from an hour on `1:07:05`; `−0:30` for those below zero. */
export function countdown(seconds) {
  const whole = Math.abs(Math.trunc(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const pad = (n) => String(n).padStart(2, "0");
  const text = h ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
  return seconds <= -1 ? `−${text}` : text;
}

/** To make a format costs more than to use it a hundred times, and a table needs hundreds. */
function numberIn(unit) {
  const key = `${language()} in ${unit}`;
  if (!formats.has(key)) {
    formats.set(key, new Intl.NumberFormat(language(), { style: "unit", unit, unitDisplay: "short" }));
  }
  return formats.get(key);
}

/** Returns whole seconds in the largest unit that says enough, `40 s`, `7 min`, `3 h`, `2 d`. */
export function span(seconds) {
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const size = Math.abs(seconds);
  const [unit, length] = units.find(([, n]) => size >= 2 * n) ?? units.at(-1);
  return numberIn(unit).format(Math.round(seconds / length));
}
