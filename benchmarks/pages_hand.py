"""
What a dispatcher does at the console, each thing done and timed a number of times.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.pages_clock import spot, timed
from benchmarks.pages_map import pan_frames, zoom, zoom_frames

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from playwright.sync_api import Page

ROWS = "table.orders tbody tr"
SETTLE_MS = 150
"""Pause between two things: a hand is no faster, and what one left undone is not the next one's."""


def _press(page: Page, place: str, kind: str, done: str) -> float:
    """Returns the milliseconds of a click on the element at a CSS selector, which may move away."""
    x, y = _reach(page, place)
    return timed(page, kind, partial(page.mouse.click, x, y), done)


def _reach(page: Page, place: str, away: float = 0) -> tuple[float, float]:
    """Returns where the element at a CSS selector is, with the pointer so many pixels beside it."""
    is_there = "([x, y, place]) => document.elementFromPoint(x, y)?.closest(place) != null"
    while True:
        x, y = spot(page, place)
        page.mouse.move(x + away, y)
        page.wait_for_timeout(SETTLE_MS)
        if page.evaluate(is_there, [x, y, place]):
            return x, y
        page.locator(place).first.evaluate("(it) => it.scrollIntoView({block: 'center'})")


def _choose(page: Page, row: str, shows: str = "true") -> float:
    """
    Returns the milliseconds of choosing the row at a CSS selector, from the press of the button.

    A row may move between press and release, and another be at the place: there is no click then,
    and meant is the one that was pressed.
    """
    meant = "event.target.closest('tr')?.ariaSelected === 'true'"
    return _press(page, f"{row} .c-eta", "pointerdown", f"{meant} && {shows}")


def _nothing_chosen(page: Page) -> None:
    page.locator("body").press("Escape")
    page.wait_for_function("() => document.querySelector('#side').hidden")
    page.wait_for_timeout(SETTLE_MS)


def open_side(page: Page, times: int) -> list[float]:
    """A drop is chosen while nothing is: its panel opens."""
    done = "!document.querySelector('#side').hidden && document.querySelector('.side-panel h2')"
    found = []
    for i in range(times):
        _nothing_chosen(page)
        found.append(_choose(page, f"{ROWS}:nth-child({i % 8 + 1})", done))
    return found


def select_row(page: Page, times: int) -> list[float]:
    """Another drop is chosen: table, map, timeline and panel show it."""
    found = []
    for i in range(times):
        row = f"{ROWS}:nth-child({i % 8 + 1}):not([aria-selected=true])"
        found.append(
            _choose(page, row if page.locator(row).count() else f"{ROWS}:nth-child({i % 8 + 2})")
        )
    return found


def select_lane(page: Page, times: int) -> list[float]:
    """A courier is chosen in the timeline."""
    found = []
    for i in range(times):
        label = f".lane:nth-child({i % 4 + 1}) .lane-label"
        done = f"document.querySelector('{label}').ariaPressed === 'true'"
        found.append(_press(page, label, "click", done))
    return found


def search(page: Page, times: int) -> list[float]:
    """A letter is typed into the search, or taken out."""
    field = page.locator("input.search")
    found = []
    for i in range(times):
        text = "customer 1"[: i % 10 + 1]
        if i % 10 == 0:
            field.fill("")
        page.wait_for_timeout(SETTLE_MS)
        done = f"document.querySelector('input.search').value === {json.dumps(text)}"
        key = "Space" if text[-1] == " " else text[-1]
        field.focus()
        found.append(timed(page, "keydown", partial(page.keyboard.press, key), done))
    field.fill("")
    return found


def sort(page: Page, times: int) -> list[float]:
    """The table is sorted by another column."""
    found = []
    for i in range(times):
        head = f".c-{('who', 'eta', 'chance', 'left')[i % 4]}"
        done = f"document.querySelector('thead {head}').ariaSort"
        found.append(_press(page, f"thead {head} button", "click", done))
    page.locator("thead .c-left button").click()
    return found


def change_tab(page: Page, times: int) -> list[float]:
    """Couriers or buildings are shown in place of orders."""
    found = []
    for i in range(times):
        name = ("couriers", "buildings", "orders")[i % 3]
        found.append(
            _press(
                page, f"#tab-{name}", "click", f"!document.querySelector('#table-{name}').hidden"
            )
        )
    page.locator("#tab-orders").click()
    return found


MOVABLE = f"""(nth) => {{
  const early = ['waiting', 'planned'];
  const isMovable = ({{ row }}) => early.includes(row.drop.status) && !row.stop?.committed;
  const rows = [...document.querySelectorAll('{ROWS}')].filter(isMovable);
  rows[nth % rows.length].focus();
}}"""
"""Puts the focus on a row whose drop can still be moved."""


def open_move(page: Page, times: int) -> list[float]:
    """The dialog that moves a drop opens, by its key."""
    done, found = "document.querySelector('dialog[open]')", []
    for i in range(times):
        page.evaluate(MOVABLE, i)
        page.wait_for_timeout(SETTLE_MS)
        found.append(timed(page, "keydown", partial(page.keyboard.press, "m"), done))
        page.keyboard.press("Escape")
        page.locator("dialog[open]").wait_for(state="detached")
    return found


def hover(page: Page, times: int) -> list[float]:
    """The pointer comes to a row."""
    found = []
    for i in range(times):
        x, y = _reach(page, f"{ROWS}:nth-child({i % 8 + 1})", away=900)
        done = f"document.querySelector('{ROWS}:hover')"
        found.append(timed(page, "pointermove", partial(page.mouse.move, x, y), done))
    return found


def place(page: Page, times: int, body: str) -> list[float]:
    """An order is sent and answered, its event heard, and it is a row of the table."""
    found = []
    for _ in range(times):
        sent = f"""() => sinceNow(async () => {{
          const about = {{method: 'POST', headers: {{'Content-Type': 'application/json'}}}};
          const answer = await fetch('/v1/orders', {{...about, body: {json.dumps(body)}}});
          return (await answer.json()).drops[0].id;
        }}, (id) => document.querySelector(`{ROWS}[data-key="${{id}}"]`))"""
        found.append(float(page.evaluate(sent)))
        page.wait_for_timeout(1000)
    return found


HANDS: Mapping[str, Callable[[Page, int], list[float]]] = {
    "a row is chosen, the side opens": open_side,
    "another row is chosen": select_row,
    "a lane is chosen": select_lane,
    "a letter in the search": search,
    "sorted by a column": sort,
    "another tab": change_tab,
    "the dialog of a move": open_move,
    "the pointer on a row": hover,
    "the map begins to zoom": zoom,
    "longest frame of a zoom": zoom_frames,
    "longest frame of a drag": pan_frames,
}
"""What is done with the hand, by what it is called in the figures."""
