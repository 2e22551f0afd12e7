"""
Pages in a real browser: Debian's Chromium by Playwright, and a real service behind them.

Tests that use `chromium` are skipped, with the reason, where there is no browser to be had.
"""

from __future__ import annotations

import re
import shutil
import time
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from benchmarks.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Request

NAMES = ("chromium", "chromium-browser", "google-chrome")
"""What the browser's program is called, on one system or another."""

ARGUMENTS = (
    # A test runs in a container as root, where the browser's own fence cannot be built.
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)

WIDE = {"width": 1440, "height": 900}
"""A dispatcher's screen."""

TEN = "2026-11-23T10:00:00+02:00"
"""Where the clock of these services stands at first: a Monday in Helsinki."""

PLAIN = {"clock": "manual", "clock_start": TEN, "workers": 0}
"""A service whose time stands still and that searches nothing: the same each time."""

HOSTILE = "<img src=x onerror='window.stolen=1'>\"'&amp; 🍣 \u202eيتم التسليم\u202c " + "長" * 150
"""A name of 200 characters or so that a careless page would run, break or be broken by."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """
    A browser, started anew for each module.

    Playwright's loop stays the running one of its thread until it ends, and other tests have loops
    of their own.
    """
    driver = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    program = next((path for name in NAMES if (path := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"there is no browser: none of {', '.join(NAMES)} is installed")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


@contextmanager
def running(folder: Path, **settings: Any) -> Iterator[Service]:
    """
    Yields a real service on loopback, with a clock that stands at ten unless told otherwise.

    A setting that is None is left out.
    """
    told = {name: value for name, value in (PLAIN | settings).items() if value is not None}
    service = Service(folder, told)
    try:
        service.start()
        yield service
    finally:
        service.stop()


@contextmanager
def looking(
    browser: Browser,
    service: Service,
    path: str = "/",
    *,
    language: str = "en",
    allowed: str = "(?!)",
    **context: Any,
) -> Iterator[Page]:
    """
    Yields a page of a service, and asserts that it did nothing it should not have.

    That is: no error on the console (but those that ``allowed`` matches), no exception, and nothing
    asked of another host. ``context`` is for Playwright's `new_context`.
    """
    origin = str(service.http.base_url).rstrip("/")
    wishes = {"locale": language, "viewport": WIDE} | context
    with browser.new_context(base_url=origin, **wishes) as opened:
        page = opened.new_page()
        faults: list[str] = []
        page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(f"{error.message}\n{error.stack}"))
        page.on("request", lambda request: faults.extend(_abroad(request.url, origin)))
        waiting: dict[int, str] = {}
        page.on("request", lambda request: waiting.update({id(request): request.url}))

        def ended(request: Request) -> None:
            waiting.pop(id(request), None)

        page.on("requestfinished", ended)
        page.on("requestfailed", ended)
        page.goto(path)
        try:
            yield page
        except Exception as error:
            shown = page.locator("body").inner_text(timeout=2000)
            told = "\n".join([*faults, "waits for:", *waiting.values(), "shows:", shown])
            error.add_note(told)
            raise
        unforeseen = [fault for fault in faults if not re.search(allowed, fault)]
        assert not unforeseen, "\n".join(unforeseen)


def _abroad(url: str, origin: str) -> list[str]:
    """Returns a fault for an address that is neither the service's nor in memory."""
    asked, ours = urlsplit(url), urlsplit(origin)
    is_ours = asked.netloc == ours.netloc or asked.scheme in ("data", "blob")
    return [] if is_ours else [f"asked {url}"]


def refused(*statuses: int) -> str:
    """Returns the pattern of what a console says of answers with these statuses."""
    return rf"status of ({'|'.join(map(str, statuses))})"


def serious(page: Page) -> list[str]:
    """
    Returns what axe-core finds that keeps people out: rule, why, and where.

    Only what it calls serious or critical. Its program is run by the driver, so that the policy of
    pages does not forbid it.
    """
    if not page.evaluate("() => 'axe' in window"):
        axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
        page.evaluate(axe + "\n; undefined")
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{issue['id']}: {issue['help']}: {[node['html'][:200] for node in issue['nodes'][:4]]}"
        for issue in found["violations"]
        if issue["impact"] in ("serious", "critical")
    ]


def until(is_so: Callable[[], bool], seconds: float = 8) -> None:
    """Waits until something is so that a page or a service brings about, at most for so long."""
    ends = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < ends, "it never came to be so"
        time.sleep(0.05)


def is_untouched(page: Page) -> bool:
    """Returns whether nothing of `HOSTILE` became part of a page but as text."""
    ran = page.evaluate("() => 'stolen' in window")
    return not ran and page.locator("img[src='x']").count() == 0
