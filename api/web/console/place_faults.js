/**
 * Faults that the service found in a new order, shown at the fields that have them.
 */

import { el } from "../shared/dom.js";

/**
 * Marks the fields of a form that problems name, `drops[0].items[1].quantity`, and focuses the first;
 * what no field has is added to `said` in the service's own words.
 */
export function showFaults(form, said, errors) {
  for (const node of form.querySelectorAll("[aria-invalid]")) node.removeAttribute("aria-invalid");
  const fields = errors.map(({ at, message }) => {
    const field = fieldAt(form, String(at ?? ""));
    field?.setAttribute("aria-invalid", "true");
    said.append(el("p", { class: "told" }, message));
    return field;
  });
  fields.find(Boolean)?.focus();
}

/** Returns the field that a problem names, null for none. */
function fieldAt(form, at) {
  const [, number, rest] = /^drops\[(\d+)\]\.(.*)$/.exec(at) ?? [];
  if (number === undefined) return byName(form, at);
  const drop = form.querySelectorAll("fieldset.drop")[Number(number)];
  const [, line, name] = /^items\[(\d+)\]\.(.*)$/.exec(rest) ?? [];
  if (line !== undefined) return byName(drop?.querySelectorAll(".line")[Number(line)], name);
  return byName(drop, rest) ?? drop?.querySelector("input");
}

function byName(part, name) {
  return [...(part?.querySelectorAll("[data-at]") ?? [])].find(({ dataset }) => dataset.at === name) ?? null;
}
