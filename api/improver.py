"""
The slow lane: looks for a better plan in the background whenever something changed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from prometheus_client import CollectorRegistry

from api.metrics import Searching
from api.search_pool import Search, SearchLost
from dispatch.dispatcher import Snapshot
from dispatch.errors import Unavailable
from solver.solution import Solution
from solver.solve import Result

log = logging.getLogger(__name__)

MAX_ROUNDS = 5
"""Searches that follow one change at most."""


class Improver:
    """
    One search at a time, as long as it finds something better.

    Mutable because a change may come at any moment: ``wake`` notes it, ``run`` answers it. Used on
    the event loop only. A search that is lost leaves the plan as the insertion made it. What it
    asks of the zone waits for a lull, unless somebody waits until it is ``idle``. ``figures`` None
    counts for nobody.
    """

    def __init__(
        self,
        search: Search,
        *,
        snapshot: Callable[[], Awaitable[Snapshot | None]],
        adopt: Callable[[Snapshot, Solution], Awaitable[bool]],
        lull: Callable[[], Awaitable[None]],
        figures: Searching | None = None,
    ) -> None:
        self.search = search
        self._lull = lull
        self._waited_for = 0
        self._figures = figures or Searching(CollectorRegistry())
        self._snapshot = snapshot
        self._adopt = adopt
        self._changed = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._rests = self._is_owed = False

    def rest(self, *, rests: bool) -> None:
        """Begins no search and adopts none from now on, or makes up for those passed over."""
        self._rests = rests
        if not rests and self._is_owed:
            self._is_owed = False
            self.wake()

    def wake(self) -> None:
        """Says that the state changed."""
        self._changed.set()
        self._idle.clear()

    @property
    def is_idle(self) -> bool:
        """Whether no search is running and none is due."""
        return self._idle.is_set()

    async def idle(self) -> None:
        """Returns when no search is running and none is due."""
        self._waited_for += 1
        try:
            await self._idle.wait()
        finally:
            self._waited_for -= 1

    async def run(self) -> None:
        """Searches after every change, for ever."""
        await self._started()
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._improve()
            except SearchLost as lost:
                self._figures.ended("lost")
                log.warning("%s", lost)
                await self._started()
            except Unavailable as error:
                log.warning("No search for better plans: %s", error)
            except Exception:
                # The insertion's plan stands; the next change is another chance.
                self._figures.ended("failed")
                log.exception("The search for a better plan failed")
            if not self._changed.is_set():
                self._idle.set()

    async def _improve(self) -> None:
        """Short searches while they gain, then long ones while nothing else happens."""
        polish = False
        for _ in range(MAX_ROUNDS):
            if self._shed():
                return
            await self._let_others_first()
            # What changed until now is in the problem.
            self._changed.clear()
            snapshot = await self._snapshot()
            if snapshot is None:
                return
            found = await self._find(snapshot, polish)
            if found is not None and self._shed():
                return
            if found is not None and await self._adopted(snapshot, found):
                continue
            if polish or self._changed.is_set():
                return
            polish = True

    def _shed(self) -> bool:
        """Returns whether nothing is searched for now; then it is made up for later."""
        if self._rests:
            self._is_owed = True
            self._figures.ended("shed")
        return self._rests

    async def _find(self, snapshot: Snapshot, polish: bool) -> Result | None:
        began = asyncio.get_running_loop().time()
        found = await self.search.find(snapshot, polish=polish)
        self._figures.seconds.observe(asyncio.get_running_loop().time() - began)
        if found is None:
            self._figures.ended("no_gain")
        return found

    async def _adopted(self, snapshot: Snapshot, found: Result) -> bool:
        await self._let_others_first()
        adopted = await self._adopt(snapshot, found.solution)
        self._figures.ended("adopted" if adopted else "not_adopted")
        if adopted:
            log.info("A search upon plan %d was adopted: %s", snapshot.version, story(found))
        return adopted

    async def _let_others_first(self) -> None:
        """Waits for a lull, as the zone's thread serves one after the other; not if waited for."""
        if not self._waited_for:
            await self._lull()

    async def _started(self) -> None:
        """Starts the search, or starts it anew; where that fails the next search tries again."""
        try:
            await self.search.start()
        except (SearchLost, OSError) as lost:
            log.warning("No search for better plans: %s", lost)


def story(found: Result) -> str:
    """Returns whether OR-Tools, the model of record, read a search's answer back, or why not."""
    return f"not read back by OR-Tools: {found.note}" if found.note else "read back by OR-Tools"
