"""
Pictures of the dispatcher's console as it really is: ``python -m benchmarks.console_pictures``.

A shift of the demo is played on a manual clock while the console is open in Debian's Chromium, in
Chinese and in English; after a while it stands and is looked at. Left under ``api/pictures/``.
"""

from __future__ import annotations

import shutil
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from api.demo_client import HttpService
from api.demo_play import Scale, play_shift
from benchmarks.phone_pictures import PICTURES
from benchmarks.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from scenarios.log import ShiftLog

LANGUAGES = ("en", "zh-CN")

SCREEN: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}

ZONE = ZoneInfo("Europe/Helsinki")

START = datetime(2026, 11, 23, 10, tzinfo=ZONE)

SCALE = Scale(minutes=150, couriers=6, urgent_per_hour=40, standard_per_hour=12)
"""A busy morning: more than the demo's, so that there is something to decide."""

LOOKED_AT_S = 47 * 60
"""When the shift stands still to be looked at: long enough for all to be on their way."""


def draw(folder: Path, language: str, looked_at_s: int = LOOKED_AT_S) -> None:
    """Leaves the pictures of one language in a folder."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium")
    if program is None:
        raise RuntimeError("There is no browser: install chromium.")
    settings = {"clock": "manual", "clock_start": START.isoformat(), "requests_per_second": 10_000}
    with TemporaryDirectory() as home, sync_playwright() as playwright:
        service = Service(Path(home), settings | {"search_seconds": 0.05, "polish_seconds": 0})
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            service.start()
            origin = str(service.http.base_url).rstrip("/")
            context = browser.new_context(base_url=origin, locale=language, **SCREEN)
            page = context.new_page()
            page.goto("/")
            page.locator("#console:not([hidden])").wait_for()
            play(origin, looked_at_s, page)
            _draw(page, folder, language)
        finally:
            browser.close()
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


def _draw(page: Page, folder: Path, language: str) -> None:
    page.wait_for_timeout(3000)
    page.screenshot(path=folder / f"console-{language}.png")
    row = page.locator("table.orders tbody tr.tight, table.orders tbody tr.fine").first
    row.click()
    page.locator("#side:not([hidden])").wait_for()
    page.wait_for_timeout(1500)
    page.screenshot(path=folder / f"console-drop-{language}.png")


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for each in sys.argv[1:] or LANGUAGES:
        draw(PICTURES, each)
