"""
How fast the pages are: the console with 300 open orders and 60 couriers, the courier's page.

A real service whose clock runs, and Debian's Chromium with a screen of 1440 by 900. First views are
measured from navigation to the frame that shows the last part; what a hand does from the event to
the frame behind the one that shows it, once while the zone rests and once while couriers tap and
orders come. Nothing is simulated: each event is sent by the browser's own input.
"""

from __future__ import annotations

import json
import random
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.browser import chromium, origin
from benchmarks.demand import order
from benchmarks.machine import machine
from benchmarks.pages_clock import add_clock, first_view, long_tasks
from benchmarks.pages_hand import HANDS, place
from benchmarks.pages_world import LATE, SETTINGS, Zone, fill, going_on
from benchmarks.service import Service

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

FIRST_MS = 3000.0
"""Aim for a first view."""

HAND_MS = 100.0
"""Aim for what a hand does, and for the page's longest task."""

NEWS_MS = 2000.0
"""Aim for what somebody else did."""

SCREEN: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "locale": "en"}

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "locale": "en",
}


@dataclass(frozen=True, slots=True)
class Pages:
    """How much is shown, how often each thing is done, and seconds of traffic looked at."""

    orders: int = 300
    couriers: int = 60
    views: int = 5
    times: int = 12
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Figure:
    """Milliseconds that something took each time, and the aim for them."""

    name: str
    ms: tuple[float, ...]
    aim: float

    @property
    def is_held(self) -> bool:
        """Whether it never took longer than the aim."""
        return max(self.ms, default=0) <= self.aim

    def __str__(self) -> str:
        if not self.ms:
            return f"{self.name} none"
        p50, worst = np.percentile(self.ms, 50), max(self.ms)
        word = "held" if self.is_held else "NOT held"
        figures = f"p50 {p50:6.0f}, worst {worst:6.0f} ms (n = {len(self.ms)})"
        return f"{self.name:34}{figures:42}aim {self.aim:.0f}: {word}"


def pages(what: Pages | None = None) -> str:
    """Returns the figures as text; raises RuntimeError where there is no browser."""
    what = Pages() if what is None else what
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        service = Service(Path(folder), SETTINGS)
        try:
            service.start()
            zone = fill(service, what.orders, what.couriers)
            heads = [machine(), _head(browser, what)]
            return "\n".join([*heads, *_measured(service, browser, zone, what)]) + "\n"
        finally:
            service.stop()


def _head(browser: Browser, what: Pages) -> str:
    return (
        f"Chromium {browser.version}, {what.orders} open orders, {what.couriers} couriers; "
        "browser, service and its search on the same machine"
    )


def _measured(service: Service, browser: Browser, zone: Zone, what: Pages) -> list[str]:
    lines = ["first view", *map(str, _first_views(service, browser, zone, what))]
    with browser.new_context(base_url=origin(service), **SCREEN) as context:
        page = _console(context, what)
        page.wait_for_timeout(5000)
        lines += ["the zone rests", *map(str, _by_hand(page, zone, what))]
        with going_on(service, zone):
            page.wait_for_timeout(5000)
            lines += ["the zone works", *map(str, _by_hand(page, zone, what))]
            lines += [_minute(page, what)]
    return lines


def _first_views(service: Service, browser: Browser, zone: Zone, what: Pages) -> list[Figure]:
    cold, warm, sign_in, again = list[float](), list[float](), list[float](), list[float]()
    done = _all_there(what)
    for i in range(what.views):
        with browser.new_context(base_url=origin(service), **SCREEN) as context:
            add_clock(context)
            page = context.new_page()
            cold.append(first_view(page, "/", done))
            page.wait_for_timeout(500)
            warm.append(first_view(page, "/", done))
        with browser.new_context(base_url=origin(service), **PHONE) as context:
            add_clock(context)
            page = context.new_page()
            courier = zone.couriers[i % len(zone.couriers)]
            code = service.ask("POST", f"/v1/couriers/{courier}/sign-in-codes")["code"]
            stop = "document.querySelector('article')"
            sign_in.append(first_view(page, f"/courier#code={code}", stop))
            page.wait_for_timeout(2000)
            page.goto("about:blank")
            again.append(first_view(page, "/courier", stop))
    return [
        Figure("console, nothing kept", tuple(cold), FIRST_MS),
        Figure("console, files kept", tuple(warm), FIRST_MS),
        Figure("courier's page, by a link", tuple(sign_in), FIRST_MS),
        Figure("courier's page, signed in", tuple(again), FIRST_MS),
    ]


def _all_there(what: Pages) -> str:
    """Returns the expression that holds when table, map and timeline are drawn."""
    parts = {
        "table.orders tbody tr": what.orders,
        "#timeline .lane": what.couriers,
        "#map canvas": 1,
        "#map .building-mark": 1,
        "#map .courier-mark": what.couriers,
    }
    return " && ".join(
        f"document.querySelectorAll('{place}').length >= {n}" for place, n in parts.items()
    )


def _console(context: BrowserContext, what: Pages) -> Page:
    add_clock(context)
    page = context.new_page()
    first_view(page, "/", _all_there(what))
    return page


def _by_hand(page: Page, zone: Zone, what: Pages) -> list[Figure]:
    found = [Figure(name, tuple(hand(page, what.times)), HAND_MS) for name, hand in HANDS.items()]
    body = json.dumps(order(random.Random(1), list(zone.desks)) | LATE)
    page.locator("body").press("Escape")
    return [*found, Figure("an order sent is a row", tuple(place(page, what.times, body)), NEWS_MS)]


def _minute(page: Page, what: Pages) -> str:
    """Returns what the page's main thread did while nobody touched it."""
    long_tasks(page)
    page.wait_for_timeout(what.seconds * 1000)
    tasks = long_tasks(page)
    longest = Figure("longest task, nobody touches it", (max(tasks, default=0.0),), HAND_MS)
    share = sum(tasks) / what.seconds / 10
    told = f"{len(tasks)} tasks above 50 ms in {what.seconds:g} s, {share:.1f} % of the time"
    return f"{longest}\n{told}"
