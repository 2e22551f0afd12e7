/**
 * The words of the pages: catalogues by language and area, `/assets/words/en/console.json`.
 *
 * A key is `area.name`. A word may be an object by plural form (`one`, `other`), chosen by the
 * parameter `n`.
 */

import { setAttribute, setText } from "./dom.js";

/** The languages there are, the first one where the browser asks for none of them. */
export const LANGUAGES = { "zh-CN": "中文", en: "English" };

const KEPT = "dispatch.language";
const words = new Map();
const changed = new Set();
let areas = [];
let spoken = null;

/** Returns the language in use, `zh-CN` or `en`. */
export function language() {
  spoken ??= chosen();
  return spoken;
}

function chosen() {
  let kept = null;
  try {
    kept = localStorage.getItem(KEPT);
  } catch {
    // A browser that keeps nothing is asked each time.
  }
  const wishes = [kept, ...(navigator.languages ?? [])].filter(Boolean);
  for (const wish of wishes) {
    const short = wish.toLowerCase().split("-")[0];
    const found = Object.keys(LANGUAGES).find((name) => name.toLowerCase().split("-")[0] === short);
    if (found) return found;
  }
  return Object.keys(LANGUAGES)[0];
}

/** Loads the words of some areas in the language in use, and writes the page in them. */
export async function loadWords(...names) {
  areas = names;
  const read = names.map(async (name) => {
    const answer = await fetch(`/assets/words/${language()}/${name}.json`);
    if (!answer.ok) throw new Error(`There are no words ${name} in ${language()}.`);
    return [name, await answer.json()];
  });
  for (const [name, found] of await Promise.all(read)) {
    for (const [key, word] of Object.entries(found)) words.set(`${name}.${key}`, word);
  }
  document.documentElement.lang = language();
  writePage(document);
}

/** Takes another language, remembers it, and tells all who asked with `onLanguage`. */
export async function speak(name) {
  spoken = name;
  try {
    localStorage.setItem(KEPT, name);
  } catch {
    // It then holds until the page is left.
  }
  await loadWords(...areas);
  for (const listener of changed) listener(name);
}

/** Calls a function each time the language changes. */
export function onLanguage(listener) {
  changed.add(listener);
}

/** Returns whether there is a word of this key. */
export function has(key) {
  return words.has(key);
}

/**
 * Returns a word, with parameters in place of `{name}`.
 *
 * A key without a word is returned itself: a test sees to it that there is none.
 */
export function t(key, params = {}) {
  let word = words.get(key);
  if (word === undefined) return key;
  if (typeof word === "object") {
    word = word[plurals().select(Number(params.n ?? 0))] ?? word.other;
  }
  return word.replace(/\{(\w+)\}/g, (whole, name) => String(params[name] ?? whole));
}

let rules = null;

function plurals() {
  if (rules?.of !== language()) rules = { of: language(), plural: new Intl.PluralRules(language()) };
  return rules.plural;
}

/** The attributes that name words, and what each of them sets; `data-t` sets the text. */
const NAMED = { "data-t-label": "aria-label", "data-t-title": "title", "data-t-hint": "placeholder" };

/** Writes the words that a page's HTML names: `<h1 data-t="console.title">`. */
export function writePage(root) {
  for (const node of root.querySelectorAll("[data-t]")) setText(node, t(node.dataset.t));
  for (const [named, set] of Object.entries(NAMED)) {
    for (const node of root.querySelectorAll(`[${named}]`)) {
      setAttribute(node, set, t(node.getAttribute(named)));
    }
  }
}
