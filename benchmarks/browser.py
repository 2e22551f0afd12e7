"""
Debian's Chromium for proofs and pictures of the pages.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from benchmarks.service import Service


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yields a browser; raises RuntimeError where none is installed."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium")
    if program is None:
        raise RuntimeError("There is no browser: install chromium.")
    with sync_playwright() as playwright:
        # A container's root cannot build the browser's own fence.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def origin(service: Service) -> str:
    """Returns the address that the pages of a service are at."""
    return str(service.http.base_url).rstrip("/")
