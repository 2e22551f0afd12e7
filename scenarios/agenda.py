"""
The clock of a simulated world: what happens next, and when.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Agenda:
    """
    What is going to happen, in order of time; it changes as the world goes on.

    ``now`` are Unix seconds. What is due at the same second happens in the order in which it was
    entered, so that a world repeats itself.
    """

    def __init__(self, now: int) -> None:
        self.now = now
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._entered = 0

    def __bool__(self) -> bool:
        return bool(self._heap)

    @property
    def next_at(self) -> int:
        """When the next thing happens. Raises IndexError where there is none."""
        return self._heap[0][0]

    def enter(self, at: int, happen: Callable[[], None]) -> None:
        """Lets something happen at a moment. Raises ValueError for one that is over."""
        if at < self.now:
            raise ValueError(f"Expected a moment from {self.now} on, got {at}.")
        self._entered += 1
        heapq.heappush(self._heap, (at, self._entered, happen))

    def take(self) -> Callable[[], None]:
        """Returns the next thing to happen and moves ``now`` to it."""
        self.now, _, happen = heapq.heappop(self._heap)
        return happen
