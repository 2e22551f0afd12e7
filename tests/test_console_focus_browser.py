"""Where the focus is in the console while what is shown changes by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
