/**
 * The region of tables: orders, couriers and buildings, one at a time.
 */

import { byId, el, fill, setAttribute, setText } from "../shared/dom.js";
import { onLanguage, t } from "../shared/words.js";
import { buildingsTable, couriersTable } from "./couriers_table.js";
import { ordersTable } from "./orders_table.js";

/** Fills the region with its tables; the key `/` leads to the search from everywhere. */
export function startTables(model) {
  const orders = ordersTable(model);
  const tables = { orders: orders.element, couriers: couriersTable(model), buildings: buildingsTable(model) };
  const names = Object.keys(tables);
  const tabs = names.map((name) => {
    const about = { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `table-${name}` };
    return el("button", { ...about, data: { name }, on: { click: () => show(name) } });
  });
  for (const name of names) {
    tables[name].id = `table-${name}`;
    for (const [key, value] of Object.entries({ role: "tabpanel", "aria-labelledby": `tab-${name}` })) {
      tables[name].setAttribute(key, value);
    }
  }
  const list = el("div", { class: "tablist", role: "tablist" }, tabs);
  list.addEventListener("keydown", (event) => step(event, tabs));

  function show(name) {
    for (const tab of tabs) {
      const isIt = tab.dataset.name === name;
      setAttribute(tab, "aria-selected", String(isIt));
      tab.tabIndex = isIt ? 0 : -1;
      tables[tab.dataset.name].hidden = !isIt;
    }
    tables[name].dispatchEvent(new CustomEvent("shown"));
  }

  const write = () => tabs.forEach((tab) => setText(tab, t(`console.tab_${tab.dataset.name}`)));
  onLanguage(write);
  write();
  fill(byId("orders"), list, Object.values(tables));
  show("orders");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.closest("input, textarea, select, dialog")) return;
    event.preventDefault();
    show("orders");
    orders.text.focus();
  });
}

function step(event, tabs) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  const at = tabs.indexOf(document.activeElement);
  const next = tabs[(at + by + tabs.length) % tabs.length];
  next.click();
  next.focus();
}
