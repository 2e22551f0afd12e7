"""
What time it is for a zone: the machine's clock, or one moved by hand.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Tells the moment of planning in Unix seconds; it never runs backwards."""

    def now(self) -> int:
        """Returns the moment in Unix seconds."""
        ...


class SystemClock:
    """
    The machine's clock; where the machine sets it back, time stands still until it caught up.

    ``read`` gives its seconds, in a simulation those of another world.
    """

    def __init__(self, read: Callable[[], float] = time.time) -> None:
        self._read = read
        self._latest = 0

    def wait_s(self, moment: int) -> float:
        """Returns the seconds until a moment, 0 where it is over."""
        return max(0.0, moment - self._read())

    def now(self) -> int:
        """Returns the moment in Unix seconds."""
        self._latest = max(self._latest, int(self._read()))
        return self._latest


class ManualClock:
    """A clock that stands still until somebody moves it: for simulated shifts and tests."""

    def __init__(self, start: int) -> None:
        self._now = start

    def now(self) -> int:
        """Returns the moment in Unix seconds."""
        return self._now

    def move_to(self, now: int) -> None:
        """Moves the clock on; raises ValueError for a moment that is over."""
        if now < self._now:
            raise ValueError(f"Expected a moment from {self._now} on, got {now}.")
        self._now = now
