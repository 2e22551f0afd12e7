"""
Pictures of the dispatcher's console as it really is.

A shift of the demo is played on a manual clock while the console is open; after a while it stands
and is looked at: at work, a drop and why it is as it is, a new order with its quote, the report of
promises, the replay of the day.
"""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from api.demo_client import HttpService
from api.demo_play import Scale, play_shift
from benchmarks.browser import origin
from benchmarks.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from playwright.sync_api import Browser, Page

    from scenarios.log import ShiftLog

SCREEN: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}

SETTLE_MS = 2500
"""Until couriers on the map have come to where they are, and all that was asked is answered."""

ZONE = ZoneInfo("Europe/Helsinki")

START = datetime(2026, 11, 23, 10, tzinfo=ZONE)

SCALE = Scale(minutes=150, couriers=6, urgent_per_hour=40, standard_per_hour=12)
"""A busy morning: more than the demo's, so that there is something to decide."""

LOOKED_AT_S = 47 * 60
"""When the shift stands still to be looked at: long enough for all to be on their way."""


def draw_console(browser: Browser, folder: Path, language: str) -> None:
    """Leaves the pictures of one language in a folder."""
    settings = {"clock": "manual", "clock_start": START.isoformat(), "requests_per_second": 10_000}
    with TemporaryDirectory() as home:
        service = Service(Path(home), settings | {"search_seconds": 0.05, "polish_seconds": 0})
        try:
            service.start()
            with browser.new_context(
                base_url=origin(service), locale=language, **SCREEN
            ) as context:
                page = context.new_page()
                page.goto("/")
                page.locator("#console:not([hidden])").wait_for()
                play(origin(service), LOOKED_AT_S, page)
                page.wait_for_timeout(SETTLE_MS)
                for name, look in LOOKS.items():
                    look(page)
                    page.wait_for_timeout(SETTLE_MS)
                    page.screenshot(path=folder / f"{name}-{language}.png")
        finally:
            service.stop()


def play(origin: str, seconds: int, page: Page) -> None:
    """Plays the shift for so long; the page hears it all, as a dispatcher's would."""
    start = int(START.timestamp())
    with closing(HttpService(origin, "picture", ZONE)) as world:
        play_shift(world, seed=3, start=start, scale=SCALE, progress=_until(start + seconds, page))


def _until(end: int, page: Page) -> Callable[[int, ShiftLog], None]:
    def tell(now: int, log: ShiftLog) -> None:
        # The browser's own work is done only while its driver is asked for something.
        page.wait_for_timeout(1)
        if now >= end:
            raise KeyboardInterrupt

    return tell


def _at_work(page: Page) -> None:
    page.locator("#map .courier-mark").first.wait_for()


def _drop(page: Page) -> None:
    page.locator("table.orders tbody tr").first.click()
    page.locator(".side-panel .reasons, .side-panel .explain p").first.wait_for()


def _new_order(page: Page) -> None:
    page.keyboard.press("Escape")
    page.locator("#head button.primary").click()
    page.locator("#place [role=combobox]").fill("reims")
    page.locator(".found [role=option]").first.wait_for()
    page.keyboard.press("Enter")
    page.locator("#place .sku").fill("A4-80")
    page.locator("#place [data-at=quantity]").fill("5")
    page.locator("#place [type=submit]").click()
    page.locator(".quote").wait_for()


def _report(page: Page) -> None:
    page.keyboard.press("Escape")
    page.locator("#head [data-view=report]").click()
    page.locator("#report svg").first.wait_for()


def _replay(page: Page) -> None:
    page.locator("#head [data-view=replay]").click()
    slider = page.locator("#replay-slider")
    page.locator("#replay canvas").first.wait_for()
    page.wait_for_timeout(SETTLE_MS)
    slider.focus()
    for _ in range(6):
        page.keyboard.press("ArrowLeft")


LOOKS: Mapping[str, Callable[[Page], None]] = {
    "console": _at_work,
    "console-drop": _drop,
    "console-order": _new_order,
    "console-report": _report,
    "console-replay": _replay,
}
"""What is looked at, in this order, by the name of its picture."""
