/**
 * Work that is done by one at a time, however many ask for it.
 */

/**
 * Returns a function that does the work, and once more where it was asked for meanwhile: what it
 * finds is never older than the last call. All who asked hear the same error.
 * @param {() => Promise<void>} work
 */
export function coalesced(work) {
  let running = null;
  let again = false;
  async function turns() {
    do {
      again = false;
      await work();
    } while (again);
  }
  return () => {
    if (running) again = true;
    else {
      running = turns().finally(() => {
        running = null;
      });
    }
    return running;
  };
}
