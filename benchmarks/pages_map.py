"""
What a dispatcher does with the map, each thing done and timed a number of times.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.pages_clock import longest_frame, spot, timed

if TYPE_CHECKING:
    from playwright.sync_api import Page


def zoom(page: Page, times: int) -> list[float]:
    """The wheel turns over the map: it begins to move."""
    x, y = spot(page, "#map", 0.5)
    page.mouse.move(x, y)
    found, drawn = [], "document.querySelector('#map canvas').style.transform"
    for i in range(times):
        page.wait_for_timeout(600)
        turn = 120 if i % 2 else -120
        done = f"{drawn} !== {json.dumps(page.evaluate(drawn))}"
        found.append(timed(page, "wheel", partial(page.mouse.wheel, 0, turn), done))
    page.wait_for_timeout(600)
    return found


def zoom_frames(page: Page, times: int) -> list[float]:
    """The longest time between two frames while the map zooms, drawing it anew included."""
    x, y = spot(page, "#map", 0.5)
    page.mouse.move(x, y)

    def turn(i: int) -> None:
        page.mouse.wheel(0, 120 if i % 2 else -120)
        page.wait_for_timeout(800)

    return [longest_frame(page, partial(turn, i)) for i in range(times)]


def pan_frames(page: Page, times: int) -> list[float]:
    """The longest time between two frames while the map is dragged, drawing it anew included."""
    return [longest_frame(page, partial(_drag, page, 1 if i % 2 else -1)) for i in range(times)]


def _drag(page: Page, way: int) -> None:
    x, y = spot(page, "#map", 0.5)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + way * 180, y + way * 60, steps=20)
    page.mouse.up()
    page.wait_for_timeout(500)
