/**
 * Requests to the service: who asks, keys, tags, and problems in the reader's language.
 */

import { heardDate } from "./times.js";
import { has, t } from "./words.js";

/** Milliseconds after which a request is given up. */
const PATIENCE_MS = 30_000;

/** Methods that change nothing. */
const SAFE = new Set(["GET", "HEAD"]);

const held = { bearer: null, csrf: null };
const lost = new Set();
const known = new Map();

/** A request that the service refused: `status`, `code`, and the whole `problem` document. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
    this.code = String(problem.type ?? "").replace("/problems/", "") || "http";
  }
}

/** A request that got no answer: the network or the service is away. */
export class Unreachable extends Error {}

/** Asks with a token from now on, null for none; a phone has one. */
export function holdToken(token) {
  held.bearer = token;
  known.clear();
}

/** Asks in a browser's session from now on: `csrf` of `GET /v1/me`, null where none is asked for. */
export function holdSession(csrf) {
  held.csrf = csrf;
  known.clear();
}

/** Calls a function when the service no longer knows who asks. */
export function onLost(listener) {
  lost.add(listener);
}

/** Returns the headers that say who asks. */
export function whoAsks(method = "GET") {
  const headers = {};
  if (held.bearer) headers.Authorization = `Bearer ${held.bearer}`;
  else if (held.csrf && !SAFE.has(method)) headers["X-CSRF-Token"] = held.csrf;
  return headers;
}

/** Returns a new key for a request that must take effect once, however often it is sent. */
export function newKey() {
  return crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint32Array(4))).join("-");
}

/**
 * Sends a request and returns `{body, tag, status}`; raises `Refused` and `Unreachable`.
 *
 * `body` is sent as JSON, a blob as it is; `key` is the Idempotency-Key, `match` the tag of what is edited, `headers`
 * are added, `quiet` tells nobody of a session that is lost.
 */
export async function ask(method, path, { body, key, match, headers = {}, quiet = false } = {}) {
  const sent = { Accept: "application/json", ...whoAsks(method), ...headers };
  const isBlob = body instanceof Blob;
  if (body !== undefined) sent["Content-Type"] = isBlob ? body.type : "application/json";
  if (key) sent["Idempotency-Key"] = key;
  if (match) sent["If-Match"] = match;
  const answer = await fetched(path, {
    method,
    headers: sent,
    body: body === undefined || isBlob ? body : JSON.stringify(body),
  });
  if (answer.ok || answer.status === 304) {
    return { status: answer.status, tag: answer.headers.get("ETag"), body: await bodyOf(answer) };
  }
  const problem = (await bodyOf(answer)) ?? {};
  if (answer.status === 401 && !quiet) for (const listener of lost) listener(problem);
  throw new Refused(answer.status, typeof problem === "object" ? problem : {});
}

async function fetched(path, options) {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch(path, { ...options, signal, cache: "no-store", redirect: "error" });
    heardDate(answer.headers.get("Date"));
    return answer;
  } catch (error) {
    throw new Unreachable(String(error));
  }
}

async function bodyOf(answer) {
  const text = await answer.text().catch(() => {
    throw new Unreachable("The answer broke off.");
  });
  if (!text) return null;
  return /json/.test(answer.headers.get("Content-Type") ?? "") ? JSON.parse(text) : text;
}

/**
 * Returns what is at a path, `{body, tag, isNew}`; what did not change is not sent again.
 *
 * `isNew` is false where it is the very thing that was returned the last time.
 */
export async function read(path) {
  const before = known.get(path);
  const headers = before?.tag ? { "If-None-Match": before.tag } : {};
  const answer = await ask("GET", path, { headers });
  if (answer.status === 304 && before) return { ...before, isNew: false };
  const found = { body: answer.body, tag: answer.tag };
  if (found.tag) known.set(path, found);
  return { ...found, isNew: true };
}

/** Returns all items of a list, page after page. */
export async function readAll(path) {
  const items = [];
  for (let cursor = null; ; ) {
    const mark = path.includes("?") ? "&" : "?";
    const more = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
    const { body } = await ask("GET", `${path}${mark}limit=200${more}`);
    items.push(...body.items);
    cursor = body.next;
    if (!cursor) return items;
  }
}

/**
 * Returns an error as a sentence for the reader: by its code where there are words for it, else as
 * the service told it.
 */
export function sayError(error) {
  if (error instanceof Unreachable) return t("shared.unreachable");
  if (!(error instanceof Refused)) return t("shared.failed");
  const key = `problems.${error.code}`;
  return has(key) ? t(key) : error.message;
}

/** Returns what the service told in its own words, null where `sayError` said that already. */
export function errorDetail(error) {
  const isSaid = !(error instanceof Refused) || !has(`problems.${error.code}`);
  return isSaid ? null : error.message;
}
