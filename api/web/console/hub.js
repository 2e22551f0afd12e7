/**
 * Who wants to hear of what: names of happenings, and listeners to each.
 */

/** Returns `{on(name, listener), tell(name, ...about)}`; `on` returns how to hear no more of it. */
export function hub() {
  const listeners = new Map();
  return {
    on(name, listener) {
      if (!listeners.has(name)) listeners.set(name, new Set());
      listeners.get(name).add(listener);
      return () => listeners.get(name).delete(listener);
    },
    tell(name, ...about) {
      for (const listener of [...(listeners.get(name) ?? [])]) {
        try {
          listener(...about);
        } catch (error) {
          // One view that fails must not keep the others from what is new.
          reportError(error);
        }
      }
    },
  };
}
