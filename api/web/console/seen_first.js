/**
 * Drawing what is seen at once, and the rest when the page has time for it.
 */

/** How many that are out of sight are drawn in one go: a hand never waits for more of them. */
const AT_ONCE = 6;

/** Milliseconds that what is out of sight may be older than what is seen, on a busy page. */
const MOST_MS = 500;

/**
 * Returns `draw(node, work)`, which has the work of a node in an element that scrolls done: with the
 * next frame where it is seen, else soon. Work that was not begun yet gives way to newer work.
 */
export function seenFirst(root) {
  const watched = new WeakSet();
  const seen = new WeakSet();
  const waiting = new Map();
  let isAsked = false;

  const sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) seen.delete(target);
      else {
        seen.add(target);
        run(target);
      }
    }
  }, { root, rootMargin: "20% 0px" });

  function run(node) {
    const work = waiting.get(node);
    waiting.delete(node);
    work?.();
  }

  function goOn() {
    isAsked = false;
    for (const node of [...waiting.keys()].slice(0, AT_ONCE)) run(node);
    askForTime();
  }

  function askForTime() {
    if (isAsked || !waiting.size) return;
    isAsked = true;
    if (globalThis.requestIdleCallback) requestIdleCallback(goOn, { timeout: MOST_MS });
    else setTimeout(goOn, MOST_MS / 10);
  }

  return (node, work) => {
    waiting.set(node, work);
    if (seen.has(node)) return run(node);
    if (!watched.has(node)) sight.observe(node);
    watched.add(node);
    askForTime();
  };
}
