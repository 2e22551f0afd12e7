/**
 * Tables whose rows are walked through by keys: one row at a time is in the path of the Tab key.
 */

const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };

/**
 * Lets rows of a table's body be walked through: arrows, page keys, Home and End move, Enter, Space
 * and a click choose, and `keys` are further ones: `{m: (key of the row) => …}`.
 *
 * Rows have their key in `data-key`. Returns `{settle()}`, to be called when rows have changed.
 */
export function walkable(body, { choose, keys = {} }) {
  let current = null;
  const rows = () => [...body.rows].filter((row) => !row.hidden);
  const be = (row, focus) => {
    if (current && current !== row) current.tabIndex = -1;
    current = row;
    if (!row) return;
    row.tabIndex = 0;
    if (focus) row.focus();
  };
  body.addEventListener("focusin", (event) => be(event.target.closest("tr"), false));
  // Rows move by themselves: meant is the one on which the pointer went down, wherever it is when the
  // button comes up. There is no click then, so it is not waited for.
  let pressed = null;
  body.addEventListener("pointerdown", (event) => {
    const isMeant = event.button === 0 && !event.target.closest("button, a");
    pressed = isMeant ? (event.target.closest("tr[data-key]")?.dataset.key ?? null) : null;
  });
  body.addEventListener("pointercancel", () => {
    pressed = null;
  });
  body.addEventListener("pointerup", () => {
    if (pressed && rows().some((row) => row.dataset.key === pressed)) choose(pressed);
    pressed = null;
  });
  body.addEventListener("click", (event) => {
    // Of no pointer, but of who is told the rows: a reader of the screen.
    const row = event.detail === 0 && event.target.closest("tr[data-key]");
    if (row && !event.target.closest("button, a")) choose(row.dataset.key);
  });
  body.addEventListener("keydown", (event) => {
    const row = event.target.closest("tr[data-key]");
    if (event.target !== row || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = acts(event.key, row, rows, be, choose, keys);
    if (!act) return;
    event.preventDefault();
    act();
  });
  return {
    settle() {
      if (current?.isConnected && !current.hidden) return;
      be(rows()[0] ?? null, false);
    },
  };
}

function acts(key, row, rows, be, choose, keys) {
  if (key in STEPS) {
    const all = rows();
    const at = Math.min(Math.max(all.indexOf(row) + STEPS[key], 0), all.length - 1);
    return () => be(all[at], true);
  }
  if (key === "Enter" || key === " ") return () => choose(row.dataset.key);
  const act = keys[key.toLowerCase()];
  return act && (() => act(row.dataset.key));
}
