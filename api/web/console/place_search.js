/**
 * The search for a desk or a building: by customer, building, department, in any part of a word.
 */

import { ask, sayError } from "../shared/ask.js";
import { el, fill, setAttribute } from "../shared/dom.js";
import { t } from "../shared/words.js";
import { buildingName, deskName } from "./place_names.js";

const WAIT_MS = 150;
const MOST_DESKS = 8;
const MOST_BUILDINGS = 4;
let numbers = 0;

/** Returns what a search for some words finds: `{kind: "desk" | "building", item}`. */
export async function found(words) {
  const q = encodeURIComponent(words);
  const [desks, buildings] = await Promise.all([
    ask("GET", `/v1/desks?limit=${MOST_DESKS}&q=${q}`),
    ask("GET", `/v1/buildings?limit=${MOST_BUILDINGS}&q=${q}`),
  ]);
  return [
    ...desks.body.items.map((item) => ({ kind: "desk", item })),
    ...buildings.body.items.map((item) => ({ kind: "building", item })),
  ];
}

/** Returns what was found as two texts, `[name, place]`. */
export function foundNames({ kind, item }) {
  if (kind === "building") {
    const address = item.address === item.name ? null : item.address;
    return [item.name ?? item.id, [address, t("hand.floors", { floors: item.floors })].filter(Boolean).join(" · ")];
  }
  const name = [item.department, item.desk].filter(Boolean).join(" · ") || item.name;
  const place = deskName({ ...item, department: null, desk: null });
  return [name, [item.customer, place].filter(Boolean).join(" — ")];
}

/**
 * Returns a search field, `{node, input}`; `chosen(what)` is called with what was found and taken.
 *
 * A combobox with a list below: arrows go through it, Enter takes, Escape closes.
 */
export function searchField(chosen) {
  const id = `search-${(numbers += 1)}`;
  const input = el("input", {
    id,
    type: "search",
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    maxlength: "200",
    "aria-expanded": "false",
    "aria-controls": `${id}-list`,
    "aria-autocomplete": "list",
  });
  const list = el("ul", { id: `${id}-list`, class: "found", role: "listbox", hidden: true });
  const said = el("p", { class: "soft", role: "status" });
  const search = { input, list, said, id, items: [], at: -1, turn: 0, timer: 0, chosen };
  const label = () => {
    setAttribute(list, "aria-label", t("hand.found"));
    setAttribute(input, "placeholder", t("hand.search_hint"));
  };
  input.addEventListener("input", () => later(search));
  input.addEventListener("keydown", (event) => onKey(search, event));
  input.addEventListener("blur", () => close(search));
  label();
  return { node: el("div", { class: "search" }, input, list, said), input, label };
}

function later(search) {
  clearTimeout(search.timer);
  const words = search.input.value.trim();
  const turn = ++search.turn;
  if (!words) {
    fill(search.said);
    return close(search);
  }
  search.timer = setTimeout(async () => {
    try {
      const items = await found(words);
      if (turn === search.turn) show(search, items);
    } catch (error) {
      if (turn === search.turn) fill(search.said, sayError(error));
    }
  }, WAIT_MS);
}

function show(search, items) {
  Object.assign(search, { items, at: items.length ? 0 : -1 });
  fill(
    search.list,
    items.map((what, i) => option(search, what, i)),
  );
  fill(search.said, items.length ? t("hand.n_found", { n: items.length }) : t("hand.none_found"));
  open(search, items.length > 0);
}

function option(search, what, i) {
  const [name, place] = foundNames(what);
  const isGone = isUnreachable(what);
  const take = (event) => {
    event.preventDefault();
    pick(search, i);
  };
  return el(
    "li",
    {
      id: `${search.id}-${i}`,
      role: "option",
      class: what.kind,
      "aria-selected": String(i === search.at),
      "aria-disabled": isGone ? "true" : null,
      on: { pointerdown: take },
    },
    el("b", { class: "told" }, name),
    el(
      "span",
      { class: "told soft" },
      isGone ? t("hand.desk_gone", { building: buildingName(what.item.building) }) : place,
    ),
  );
}

/** A desk of the directory whose building the city no longer has. */
function isUnreachable({ kind, item }) {
  return kind === "desk" && item.lat === null;
}

function open(search, isOpen) {
  search.list.hidden = !isOpen;
  search.input.setAttribute("aria-expanded", String(isOpen));
  setAttribute(search.input, "aria-activedescendant", isOpen ? `${search.id}-${search.at}` : null);
}

function close(search) {
  open(search, false);
}

function onKey(search, event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && search.items.length) {
    event.preventDefault();
    search.at = (search.at + step + search.items.length) % search.items.length;
    [...search.list.children].forEach((item, i) => setAttribute(item, "aria-selected", String(i === search.at)));
    open(search, true);
    search.list.children[search.at].scrollIntoView({ block: "nearest" });
  } else if (event.key === "Enter") {
    // Enter in the middle of a word of Chinese is for the input method.
    if (event.isComposing) return;
    event.preventDefault();
    if (!search.list.hidden) pick(search, search.at);
  } else if (event.key === "Escape" && !search.list.hidden) {
    event.stopPropagation();
    event.preventDefault();
    close(search);
  }
}

function pick(search, i) {
  const what = search.items[i];
  if (!what || isUnreachable(what)) return;
  close(search);
  fill(search.said);
  search.input.value = "";
  search.chosen(what);
}
