"""Where the focus is in the console while what is shown changes by itself."""

from __future__ import annotations

import random
from bisect import bisect_left
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser import looking, running
from tests.browser_world import ask, hire, order

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def test_a_row_that_moves_up_by_itself_keeps_the_focus(chromium: Browser, tmp_path: Path) -> None:
    with running(tmp_path, requests_per_second=10_000) as service:
        hire(service, "Aino")
        made = {each["drops"][0]["id"]: each["id"] for each in (order(service), order(service))}
        with looking(chromium, service) as page:
            page.wait_for_selector("#console:not([hidden])")
            rows = page.locator("table.orders tbody tr")
            expect(rows).to_have_count(2)
            first, second = (str(rows.nth(i).get_attribute("data-key")) for i in (0, 1))
            rows.nth(1).focus()
            # What stands is sorted behind what runs: the second is the first now.
            ask(service, "POST", f"/v1/orders/{made[first]}/pause", {"reason": "asked to"})
            expect(rows.nth(0)).to_have_attribute("data-key", second)
            expect(rows.nth(0)).to_be_focused()


def test_a_block_of_the_timeline_keeps_the_focus_when_its_lane_is_drawn_anew(
    chromium: Browser, tmp_path: Path
) -> None:
    with running(tmp_path, requests_per_second=10_000) as service:
        hire(service, "Aino")
        drop = order(service)["drops"][0]["id"]
        with looking(chromium, service) as page:
            page.wait_for_selector("#console:not([hidden])")
            block = page.locator(f".lane [data-drop={drop}]")
            block.focus()
            blocks = page.locator(".lane button.part")
            expect(blocks).to_have_count(1)
            order(service, "k_9")
            expect(blocks).to_have_count(2)
            expect(block).to_be_focused()
            # It has none any more: the lane's label has the focus then.
            ask(service, "DELETE", f"/v1/orders/{drop.replace('d_', 'o_')}")
            expect(blocks).to_have_count(1)
            expect(page.locator(".lane .lane-label")).to_be_focused()


def test_lanes_out_of_sight_are_drawn_soon_and_those_in_sight_at_once(
    chromium: Browser, tmp_path: Path
) -> None:
    with running(tmp_path, requests_per_second=10_000) as service:
        for n in range(12):
            hire(service, f"Courier {n}")
        drops = [order(service, f"k_{n}")["drops"][0]["id"] for n in range(1, 13)]
        for n, drop in enumerate(drops, 1):
            ask(service, "PATCH", f"/v1/drops/{drop}", {"courier": f"c_{n}"})
        with looking(chromium, service) as page:
            # The page never has time: what is seen is drawn all the same.
            page.add_init_script("window.requestIdleCallback = (go) => { window.goOn = go; };")
            page.reload()
            page.wait_for_selector("#console:not([hidden])")
            lanes = page.locator(".lane")
            expect(lanes.first.locator("[data-drop]")).to_have_count(1)
            expect(lanes.last.locator("[data-drop]")).to_have_count(0)
            lanes.last.scroll_into_view_if_needed()
            expect(lanes.last.locator("[data-drop]")).to_have_count(1)
            # Once it has time the others come, some at a time.
            for _ in range(3):
                page.evaluate("() => window.goOn?.()")
            expect(page.locator(".lane [data-drop]")).to_have_count(12)


COVERED = """(row) => {
  const head = row.closest('table').tHead.getBoundingClientRect();
  return row.getBoundingClientRect().top < head.bottom - 1;
}"""
"""Whether a row begins behind the head that stays above it."""


def test_a_row_reached_by_keys_is_never_behind_the_head(chromium: Browser, tmp_path: Path) -> None:
    with running(tmp_path, requests_per_second=10_000) as service:
        hire(service, "Aino")
        for _ in range(9):
            order(service)
        size = {"width": 1280, "height": 480}
        with looking(chromium, service, viewport=size) as page:
            page.wait_for_selector("#console:not([hidden])")
            rows = page.locator("table.orders tbody tr")
            expect(rows).to_have_count(9)
            rows.last.focus()
            page.keyboard.press("Home")
            expect(rows.first).to_be_focused()
            assert not rows.first.evaluate(COVERED)
            page.keyboard.press("End")
            for nth in range(7, -1, -1):
                page.keyboard.press("ArrowUp")
                expect(rows.nth(nth)).to_be_focused()
                assert not rows.nth(nth).evaluate(COVERED)


REORDERED = """async ([before, after, focused]) => {
  const { el, keep } = await import('/assets/shared/dom.js');
  const list = document.body.appendChild(el('ul'));
  const make = (n) => el('li', { tabindex: '0' }, n);
  const show = (items) => keep(list, items, String, make, () => {});
  show(before).get(String(focused))?.focus();
  const held = document.activeElement;
  let blurs = 0;
  held.addEventListener('blur', () => blurs++);
  const seen = new MutationObserver(() => {});
  seen.observe(list, { childList: true });
  show(after);
  const moved = seen.takeRecords().flatMap((change) => [...change.addedNodes]).length;
  const order = [...list.children].map((child) => Number(child.textContent));
  const isHeld = held === document.activeElement && blurs === 0;
  list.remove();
  return { order, moved, isHeld };
}"""
"""What became of a list in which ``focused`` has the focus when it was shown in another order."""


def rising(numbers: list[int]) -> int:
    """Returns the length of the longest rising subsequence."""
    ends: list[int] = []
    for number in numbers:
        at = bisect_left(ends, number)
        ends[at : at + 1] = [number]
    return len(ends)


def beside(numbers: list[int], held: int) -> list[int]:
    """Returns those that are on the same side of one as before, when they were sorted."""
    at = numbers.index(held)
    return [n for i, n in enumerate(numbers) if (i < at) == (n < held)]


def test_a_list_in_another_order_moves_as_few_as_can_be_and_never_the_focus(
    chromium: Browser, tmp_path: Path
) -> None:
    rng = random.Random(5)
    with running(tmp_path) as service, looking(chromium, service) as page:

        def shown(after: list[int], focused: int | None, before: int = 8) -> Any:
            return page.evaluate(REORDERED, [list(range(before)), after, focused])

        # The first goes to the end: it alone moves, not the seven that it passes.
        last = [*range(1, 8), 0]
        assert shown(last, None) == {"order": last, "moved": 1, "isHeld": True}
        # With the focus on it the others move.
        assert shown(last, 0) == {"order": last, "moved": 7, "isHeld": True}
        # What is new comes in between, what is gone goes: nothing else moves.
        other = [0, 8, 1, 3, 9, 4, 6, 7]
        assert shown(other, 3) == {"order": other, "moved": 2, "isHeld": True}
        for _ in range(60):
            after = rng.sample(range(10), rng.randint(1, 10))
            there = [n for n in after if n < 8]
            focused = rng.choice(there) if there and rng.random() < 0.5 else None
            may_stay = there if focused is None else beside(there, focused)
            moved = len(after) - rising(may_stay)
            assert shown(after, focused) == {"order": after, "moved": moved, "isHeld": True}
