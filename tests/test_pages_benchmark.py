"""The proof of how fast the pages are, in a zone small enough for a test."""

from __future__ import annotations

import re
import shutil

import pytest

from benchmarks.pages import HAND_MS, Figure, Pages, pages
from benchmarks.pages_hand import HANDS
from tests.browser import NAMES

SMALL = Pages(orders=24, couriers=3, views=1, times=2, seconds=1.0)


def test_a_figure_is_held_by_its_worst_time_and_not_by_its_usual_one() -> None:
    held, broken = Figure("sort", (40.0, 100.0), 100.0), Figure("sort", (40.0, 100.1), 100.0)
    assert (held.is_held, broken.is_held) == (True, False)
    # Half of 40 and 100 is 70.
    assert re.search(r"p50 +70, worst +100 ms \(n = 2\) +aim 100: held$", str(held))
    assert str(broken).endswith("aim 100: NOT held")


def test_what_was_never_measured_is_told_as_such() -> None:
    assert str(Figure("sort", (), HAND_MS)).split() == ["sort", "none"]


@pytest.mark.browser
def test_each_thing_is_measured_at_rest_and_at_work() -> None:
    pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if not any(map(shutil.which, NAMES)):
        pytest.skip(f"there is no browser: none of {', '.join(NAMES)} is installed")
    told = pages(SMALL)
    assert "24 open orders, 3 couriers" in told
    for name in HANDS:
        figures = re.findall(rf"^{name} +p50 +(\d+), .*\(n = 2\)", told, re.MULTILINE)
        # A frame takes some 16 ms; nothing is done before its frame is there.
        assert [int(figure) > 1 for figure in figures] == [True, True], (name, told)
    assert len(re.findall(r"^console, .*aim 3000", told, re.MULTILINE)) == 2
    assert len(re.findall(r"^courier's page, .*aim 3000", told, re.MULTILINE)) == 2
    assert re.search(r"^\d+ tasks above 50 ms in 1 s", told, re.MULTILINE)
