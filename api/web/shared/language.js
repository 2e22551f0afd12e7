/**
 * The choice of the language, for the head of a page.
 */

import { el } from "./dom.js";
import { LANGUAGES, language, speak, t } from "./words.js";

/** Returns a list of the languages to choose from; what is chosen holds at once. */
export function languageChoice() {
  const names = Object.entries(LANGUAGES);
  const choice = el(
    "select",
    { "aria-label": t("shared.language"), "data-t-label": "shared.language" },
    names.map(([value, name]) => el("option", { value, lang: value }, name)),
  );
  choice.value = language();
  choice.addEventListener("change", () => speak(choice.value));
  return choice;
}
