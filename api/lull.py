"""
Moments in which nobody asks for anything: when work that can wait is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

LULL_S = 0.05
"""Seconds without an ask that make a lull: as long as a client takes from answer to next ask."""

LONGEST_S = 3.0
"""Seconds after which what waits for a lull waits no longer: a crowd may leave none."""


class Lull:
    """
    Knows whether somebody asks, and since when nobody does.

    Mutable because people ask and are answered. Used on one event loop only, by its clock.
    """

    def __init__(self) -> None:
        self._asking = 0
        self._since = float("-inf")

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Somebody asks while this lasts."""
        self._asking += 1
        try:
            yield
        finally:
            self._asking -= 1
            self._since = asyncio.get_running_loop().time()

    async def come(self) -> None:
        """Returns once nobody has asked for LULL_S, or after LONGEST_S."""
        loop = asyncio.get_running_loop()
        last = loop.time() + LONGEST_S
        # Time itself is waited for, an ask moves the end.
        while (now := loop.time()) < last and (rest := self._rest_s(now)) > 0:  # noqa: ASYNC110
            await asyncio.sleep(min(rest, last - now))

    def _rest_s(self, now: float) -> float:
        return LULL_S if self._asking else self._since + LULL_S - now
