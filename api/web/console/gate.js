/**
 * The form at the entrance: takes a token for a session, and says why it is shown.
 */

import { Refused, Unreachable, onLost, sayError } from "../shared/ask.js";
import { byId, el, fill, setText } from "../shared/dom.js";
import { signIn, signOut, whoIs } from "../shared/session.js";
import { t } from "../shared/words.js";

const RETRY_MS = 3000;

/**
 * Returns who looks at the console, once somebody does; `why` is a word for whom was sent here.
 *
 * What is on the page stays as it is behind the form, with all that was typed.
 */
export async function entered(why = "") {
  const me = why ? null : await persistently(whoIs);
  return me ?? asked(why);
}

/**
 * Returns what work gives, however often it has to be tried: why it fails is shown meanwhile.
 *
 * A page begins while the service does, or is too busy: it comes by itself, nobody has to reload.
 */
export async function persistently(work) {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
      if (byId("gate").hidden) {
        fill(byId("gate"), el("p", { class: "gate-form", role: "status" }, sayError(error))).hidden = false;
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      byId("gate").hidden = true;
    }
  }
}

function asked(why) {
  const token = el("input", {
    id: "token", type: "password", autocomplete: "current-password", required: true,
    spellcheck: "false", "aria-describedby": "gate-why",
  });
  const said = el("p", { id: "gate-why", role: "alert", class: why ? "notice warn" : "" }, why);
  const form = el("form", { class: "gate-form", "aria-labelledby": "gate-title" },
    el("h1", { id: "gate-title" }, t("console.sign_in")),
    said,
    el("label", { for: "token" }, t("console.token")),
    token,
    el("button", { class: "primary", type: "submit" }, t("console.sign_in")),
  );
  fill(byId("gate"), el("main", {}, form)).hidden = false;
  byId("console").inert = true;
  token.focus();
  return new Promise((resolve) => {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        const me = await signIn(token.value.trim());
        fill(byId("gate")).hidden = true;
        byId("console").inert = false;
        resolve(me);
      } catch (error) {
        said.className = "notice bad";
        setText(said, sayError(error));
        token.select();
      }
    });
  });
}

/** Ends the session and begins the page anew. */
export async function leave() {
  await signOut();
  location.reload();
}

/** Calls a function, once for each time, when the session is over. */
export function onSessionLost(listener) {
  onLost((problem) => listener(problem));
}
