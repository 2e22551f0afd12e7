/**
 * Who looks at a page: nobody is asked where the service trusts this machine, a token otherwise.
 */

import { Refused, ask, holdSession } from "./ask.js";

/**
 * Returns who asks, as `GET /v1/me` tells it, and holds their session; null for nobody.
 *
 * Raises `Unreachable` where the service is away.
 */
export async function whoIs() {
  try {
    const { body } = await ask("GET", "/v1/me", { quiet: true });
    holdSession(body.csrf);
    return body;
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return null;
    throw error;
  }
}

/** Takes a token for a session of this browser, and returns who asks; raises `Refused`. */
export async function signIn(token) {
  const headers = { Authorization: `Bearer ${token}` };
  const { body } = await ask("POST", "/v1/sessions", { headers, quiet: true });
  holdSession(body.csrf);
  return body;
}

/** Ends the session; one that is over already is as good. */
export async function signOut() {
  try {
    await ask("DELETE", "/v1/sessions", { quiet: true });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
  holdSession(null);
}
