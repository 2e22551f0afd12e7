/**
 * Photos that are not sent yet, on the phone; a phone that keeps none has them as long as the page.
 */

const NAME = "dispatch.courier";
const STORE = "photos";

/** A place for photos by id, in IndexedDB. */
export class PhotoStore {
  #opened = null;

  /** Returns all that is kept, the oldest first. */
  async all() {
    const found = (await this.#done("readonly", (store) => store.getAll())) ?? [];
    return found.sort((a, b) => a.taken_at - b.taken_at);
  }

  /** Keeps a photo: `{id, drop, sku, taken_at, picture}`. */
  async put(photo) {
    await this.#done("readwrite", (store) => store.put(photo));
  }

  /** Forgets a photo. */
  async remove(id) {
    await this.#done("readwrite", (store) => store.delete(id));
  }

  /** Forgets all. */
  async clear() {
    await this.#done("readwrite", (store) => store.clear());
  }

  /** Returns what comes of one step, null where the phone keeps nothing. */
  async #done(mode, step) {
    try {
      this.#opened ??= opened();
      const store = (await this.#opened).transaction(STORE, mode).objectStore(STORE);
      return await answer(step(store));
    } catch {
      // Private windows may refuse, and a full phone.
      return null;
    }
  }
}

function opened() {
  const asked = indexedDB.open(NAME, 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "id" });
  return answer(asked);
}

function answer(asked) {
  return new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}
