"""
Pictures of the console as it really is: ``python -m benchmarks.console_pictures``.

The demo's shift is played for an hour and a quarter; then the page is opened in Debian's Chromium,
in Chinese and in English. Left under ``api/pictures/``.
"""

from __future__ import annotations

import shutil
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from PIL import Image

from api.demo import START, ZONE
from api.demo_client import HttpService
from api.demo_play import Scale, play_shift
from api.demo_server import running_service

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page

    from scenarios.log import ShiftLog

PICTURES = Path(__file__).parents[1] / "api" / "pictures"

WIDE = {"width": 1440, "height": 900}
"""A dispatcher's screen."""

PLAYED_S = 75 * 60
"""Seconds of the shift: so many that couriers are on their way and promises were kept."""

SCALE = Scale(couriers=6, urgent_per_hour=18, standard_per_hour=16)
"""Somewhat more than the demo, so that there is something to be seen."""

COLOURS = 192
"""Of a picture: the page has few, and a file with a palette is a third of one without."""

WORDS = {
    "zh-CN": ("新建订单", "查询可承诺时间"),
    "en": ("New order", "Ask for the time"),
}
"""The buttons that are pressed, by language."""


def draw(folder: Path, languages: tuple[str, ...] = tuple(WORDS)) -> None:
    """Leaves the pictures in a folder; raises RuntimeError where there is no browser."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium")
    if program is None:
        raise RuntimeError("There is no browser: install chromium.")
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory()))
        settings = {"clock": "manual", "clock_start": START.isoformat(), "polish_seconds": 0}
        db = {"db": f"sqlite:///{home / 'dispatch.db'}", "port": 0, "search_seconds": 0.05}
        url = stack.enter_context(running_service(home, settings | db))
        service = stack.enter_context(closing(HttpService(url, "pictures", ZONE)))
        start = int(START.timestamp())
        play_shift(service, seed=1, start=start, scale=SCALE, progress=_until(start + PLAYED_S))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for language in languages:
            _draw(browser, url, folder, language)
        browser.close()


def _until(end: int) -> Callable[[int, ShiftLog], None]:
    """Returns what ends a shift at a moment, as Ctrl-C does."""

    def tell(now: int, _: ShiftLog) -> None:
        if now >= end:
            raise KeyboardInterrupt

    return tell


def _draw(browser: Browser, url: str, folder: Path, language: str) -> None:
    context = browser.new_context(base_url=url, locale=language, viewport=WIDE)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/")
    page.wait_for_selector("#console:not([hidden])")
    _select(page, _urgent(page))
    page.locator(".side-panel h2").first.wait_for()
    page.wait_for_timeout(1500)
    _keep(page, folder / f"console-live-{language}.png")
    new_order, ask = WORDS[language]
    page.get_by_role("button", name=new_order).click()
    page.locator("#place [role=combobox]").first.fill("asianajo reims")
    page.locator("#place [role=option]").first.wait_for()
    page.keyboard.press("Enter")
    page.locator("#place .sku").first.fill("A4-80")
    page.get_by_role("button", name=ask).click()
    page.locator("#place .quote").wait_for()
    _keep(page, folder / f"console-order-{language}.png")
    for view in ("report", "replay"):
        page.goto(f"/#{view}")
        page.locator(f"#{view} svg, #{view} canvas").first.wait_for()
        page.wait_for_timeout(800)
        _keep(page, folder / f"console-{view}-{language}.png")
    context.close()


def _urgent(page: Page) -> str:
    """Returns the id of an urgent drop that is due soon and on its way."""
    found: list[dict[str, Any]] = page.evaluate(
        "async () => (await (await fetch('/v1/orders?limit=200&status=under_way')).json()).items"
    )
    urgent = [order for order in found if order["service"] == "urgent"] or found
    drop = urgent[0]["drops"][0]["id"]
    return str(drop)


def _select(page: Page, drop: str) -> None:
    page.evaluate(
        "async (id) => (await import('/assets/console/selection.js')).select({kind: 'drop', id})",
        drop,
    )


def _keep(page: Page, path: Path) -> None:
    page.screenshot(path=path)
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(COLOURS).save(path, optimize=True)


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    draw(PICTURES, tuple(sys.argv[1:]) or tuple(WORDS))
