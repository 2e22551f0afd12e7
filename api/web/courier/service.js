/**
 * What the phone asks of the service, in its courier's name.
 */

import { ask } from "../shared/ask.js";

/**
 * Signs the phone in and returns token and courier; throws `Refused` or `Unreachable`.
 * @param {string} code
 */
export async function signIn(code) {
  return (await ask("POST", "/v1/sign-in", { body: { code }, quiet: true })).body;
}

/** Returns the courier, and the city with its clock. */
export async function lookUp(courier) {
  const [mine, city] = await Promise.all([ask("GET", `/v1/couriers/${courier}`), ask("GET", "/v1/city")]);
  const { id, shift, paused } = mine.body;
  return { courier: { id, shift, paused }, city: city.body };
}

/** Returns the number that the service expects of the courier's next tap, null for any. */
export async function expectedNumber(courier) {
  return (await ask("GET", `/v1/couriers/${courier}/actions?limit=1`)).body.expected_seq;
}

/** Returns the route with its tag, null where it is still that of `tag`. */
export async function fetchRoute(courier, tag) {
  const headers = tag ? { "If-None-Match": tag } : {};
  const answer = await ask("GET", `/v1/couriers/${courier}/route`, { headers });
  return answer.status === 304 ? null : { ...answer.body, tag: answer.tag };
}

/** Sends a photo; it is kept once, however often it is sent. */
export async function sendPhoto({ id, drop, sku, picture }) {
  const line = sku === null ? "" : `?sku=${encodeURIComponent(sku)}`;
  await ask("PUT", `/v1/drops/${encodeURIComponent(drop)}/photos/${id}${line}`, { body: picture });
}

/** Sends taps and returns what became of them. */
export async function sendTaps(courier, taps) {
  return (await ask("POST", `/v1/couriers/${courier}/actions`, { body: taps })).body;
}
