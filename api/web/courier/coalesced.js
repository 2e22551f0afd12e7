/**
 * Work that is done by one at a time, however many ask for it.
 */

/**
 * Returns a function that does the work, and once more where it was asked for meanwhile: what it
 * finds is never older than the last call, also where it failed before. All who asked hear how the
 * last time ended.
 * @param {() => Promise<void>} work
 */
export function coalesced(work) {
  let running = null;
  let again = false;
  async function turns() {
    do {
      again = false;
      try {
        await work();
      } catch (error) {
        // Whoever asked meanwhile may know that it can be done now.
        if (!again) throw error;
      }
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
