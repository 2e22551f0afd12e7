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
