/**
 * How a phone is signed in: by the code that the dispatcher tells, or by a link with it.
 */

import { Unreachable, sayError } from "../shared/ask.js";
import { el, setText } from "../shared/dom.js";
import { t } from "../shared/words.js";

/**
 * Returns the code of the link that opened the page, and takes it out of the address; null for
 * none. What is behind `#` was never sent to anybody.
 */
export function codeOfLink() {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (location.hash) history.replaceState(null, "", location.pathname);
  return code;
}

/**
 * Returns the screen; `signIn(code)` signs the phone in, or throws.
 * @param {{signIn: (code: string) => Promise<void>, code: string | null}} about
 */
export function signInView({ signIn, code }) {
  const fault = el("p", { class: "notice bad", role: "alert", hidden: true });
  const input = el("input", {
    id: "code",
    autocomplete: "one-time-code",
    autocapitalize: "characters",
    spellcheck: "false",
    maxlength: "20",
    required: true,
    value: code,
  });
  const go = el("button", { class: "primary huge", type: "submit" }, t("courier.sign_in"));

  async function submit(event) {
    event?.preventDefault();
    go.disabled = true;
    fault.hidden = true;
    try {
      await signIn(input.value);
    } catch (error) {
      setText(fault, saying(error));
      fault.hidden = false;
    }
    go.disabled = false;
  }

  const form = el(
    "form",
    { class: "sign-in", on: { submit } },
    el("h1", {}, t("courier.title")),
    el("p", {}, t("courier.sign_in_hint")),
    el("label", { for: "code" }, t("courier.code")),
    input,
    fault,
    go,
  );
  if (code) queueMicrotask(submit);
  return form;
}

function saying(error) {
  if (!(error instanceof Unreachable) && error.status === 401) return t("courier.code_over");
  return sayError(error);
}
