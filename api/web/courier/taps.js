/**
 * What a courier taps, as a value.
 */

/**
 * Numbers taps anew from what the service expects: it has none of them.
 * @param {any} state
 * @param {number} expected
 */
export function renumber(state, expected) {
  state.items.forEach((tap, i) => {
    tap.seq = expected + i;
  });
  state.next = expected + state.items.length;
}

/** Returns a tap as it is sent, with what was signed for it. */
export function withProof(tap, proof) {
  return proof ? { ...tap, proof } : tap;
}

/** Returns what becomes of a tap that the service cannot even read. */
export function rejected(tap, reason) {
  return { action_id: tap.action_id, result: "rejected", reason, first_result: null };
}

/** Returns whether two taps say the same: an impatient thumb is heard once. */
export function isSame(a, b) {
  return a.kind === b.kind && a.stop === b.stop && a.drop === b.drop;
}

/** Returns an id that nobody else has; phones without a secure origin know no `randomUUID`. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Does one thing of a kind at a time in all windows of the phone. */
export function alone(work, kind = "taps") {
  return navigator.locks ? navigator.locks.request(`dispatch.courier.${kind}`, work) : work();
}
