/**
 * What the phone keeps between two visits: little, and all of it can be wiped at once.
 */

const PREFIX = "dispatch.courier.";

/**
 * Returns what was kept under a name, `otherwise` where there is nothing.
 * @param {string} name
 * @param {any} [otherwise]
 */
export function kept(name, otherwise = null) {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? otherwise : JSON.parse(text);
  } catch {
    return otherwise;
  }
}

/**
 * Keeps a value under a name; a phone without room goes on without.
 * @param {string} name
 * @param {any} value
 */
export function keep(name, value) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Private windows may refuse: then it lasts as long as the page.
  }
}

/**
 * Forgets what was kept under names.
 * @param {...string} names
 */
export function forget(...names) {
  for (const name of names) localStorage.removeItem(PREFIX + name);
}
