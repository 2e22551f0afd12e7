"""The console in a real browser: who is let in, and what is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser import looking, running, serious

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from benchmarks.service import Service

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that trusts this machine."""
    with running(tmp_path_factory.mktemp("console")) as found:
        yield found


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_map_is_drawn_and_nothing_keeps_people_out(
    language: str, chromium: Browser, service: Service, tmp_path: Path
) -> None:
    with looking(chromium, service, language=language) as page:
        page.locator("#map canvas").first.wait_for()
        assert page.locator(".map-attribution").inner_text() == "© OpenStreetMap contributors"
        page.screenshot(path=tmp_path / "x.png")
        assert serious(page) == []
