/**
 * Which drops the table shows: by words, state, service and courier.
 */

import { el, fill } from "../shared/dom.js";
import { t } from "../shared/words.js";
import { STATES } from "./drop_state.js";
import { nameOf, numberOf, stateWord } from "./look.js";
import { buildingName } from "./places.js";

const SERVICES = ["urgent", "standard", "special"];
const OVER = new Set(["done", "stopped"]);

/** Returns `{element, takes(row, model), showCouriers(couriers), write()}`; `changed` is called as it does. */
export function orderFilter(changed) {
  const text = el("input", { type: "search", class: "search", on: { input: changed } });
  const [state, service, courier] = ["state", "service", "courier"].map((name) =>
    el("select", { data: { by: name }, on: { change: changed } }),
  );
  const element = el("div", { class: "filters", role: "search" }, text, state, service, courier);
  let known = [];

  function write() {
    text.placeholder = t("console.filter_text");
    text.setAttribute("aria-label", t("console.filter_text"));
    options(state, "open", [["open", t("console.filter_open")], ["", t("console.filter_all")],
      ...STATES.map((each) => [each, stateWord(each)])]);
    options(service, "", [["", t("console.filter_service")],
      ...SERVICES.map((each) => [each, t(`console.service_${each}`)])]);
    couriers(known);
    for (const select of [state, service, courier]) {
      select.setAttribute("aria-label", t(`console.by_${select.dataset.by}`));
    }
  }

  function couriers(all) {
    known = all;
    const named = all.map((each) => [each.id, `${numberOf(each.id)} ${nameOf(each)}`]);
    options(courier, "", [["", t("console.filter_courier")], ["-", t("console.filter_nobody")], ...named]);
  }

  function takes(row, model) {
    if (state.value === "open" ? OVER.has(row.state) : state.value && row.state !== state.value) return false;
    if (service.value && row.order.service !== service.value) return false;
    if (courier.value === "-" ? row.courier : courier.value && row.courier !== courier.value) return false;
    const words = text.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return true;
    const about = aboutOf(row, model);
    return words.every((word) => about.includes(word));
  }

  write();
  return { element, text, takes, write, showCouriers: couriers };
}

function aboutOf({ id, drop: { desk, items }, order, courier }, model) {
  const of = [id, order.id, order.external_id, order.customer, desk.department, desk.desk, desk.building,
    buildingName(desk.building), desk.contact?.name, courier, nameOf(model.courier(courier)),
    ...items.flatMap(({ sku, name }) => [sku, name])];
  return of.filter(Boolean).join("\n").toLocaleLowerCase();
}

function options(select, usual, choices) {
  const before = select.options.length ? select.value : usual;
  const key = JSON.stringify(choices);
  if (select.choices === key) return;
  select.choices = key;
  fill(select, choices.map(([value, name]) => el("option", { value }, name)));
  select.value = choices.some(([value]) => value === before) ? before : usual;
}
