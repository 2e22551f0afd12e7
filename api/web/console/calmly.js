/**
 * Work that is asked for more often than it should be done.
 */

/** Times as long as the work took is how long it rests: one page never takes much of a service. */
const REST = 3;

/** Milliseconds that calls are gathered, so that what happens together is one piece of work. */
const GATHER_MS = 60;

/**
 * Returns a function that has the work done, never twice at a time and with a rest between: what it
 * finds is never older than the call. All who asked meanwhile get the same promise.
 */
export function calmly(work) {
  let next = null;
  let running = Promise.resolve();
  let freeAt = 0;

  async function turn() {
    await running;
    await pause(Math.max(GATHER_MS, freeAt - performance.now()));
    const began = performance.now();
    next = null;
    running = work().catch(() => {});
    await running;
    const ended = performance.now();
    freeAt = ended + REST * (ended - began);
  }

  return () => (next ??= turn());
}

function pause(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
