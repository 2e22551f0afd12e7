/**
 * Who wants to hear of what: names of happenings, and listeners to each.
 */

import { calmly } from "./calmly.js";

/**
 * Returns `{on(name, listener), tell(name, ...about), tellInTurns(...names), tellSoon(name)}`.
 *
 * `on` returns how to hear no more of it. `tellInTurns` calls each listener once, however many of
 * the names it listens to, and lets the page answer a hand between one and the next. `tellSoon` does
 * so once for all that is told within some milliseconds: a storm has hundreds of events.
 */
export function hub() {
  const listeners = new Map();
  const listening = (name) => [...(listeners.get(name) ?? [])];
  const unsaid = new Set();

  async function tellInTurns(...names) {
    for (const listener of new Set(names.flatMap(listening))) {
      call(listener, []);
      await breath();
    }
  }

  const sayUnsaid = calmly(() => {
    const names = [...unsaid];
    unsaid.clear();
    return tellInTurns(...names);
  });

  return {
    on(name, listener) {
      if (!listeners.has(name)) listeners.set(name, new Set());
      listeners.get(name).add(listener);
      return () => listeners.get(name).delete(listener);
    },
    tell(name, ...about) {
      for (const listener of listening(name)) call(listener, about);
    },
    tellInTurns,
    tellSoon(name) {
      unsaid.add(name);
      sayUnsaid();
    },
  };
}

function call(listener, about) {
  try {
    listener(...about);
  } catch (error) {
    // One view that fails must not keep the others from what is new.
    reportError(error);
  }
}

/** Ends the piece of work the browser is at; what goes on comes after what waits to be answered. */
function breath() {
  return globalThis.scheduler?.yield?.() ?? new Promise((resolve) => setTimeout(resolve));
}
