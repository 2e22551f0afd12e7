"""
One zone at run time: a dispatcher and its database on one thread of their own.

The event loop never waits for a plan or a disk: it hands work to the zone's thread and goes on. As
everything about a zone happens there, one thing after another, nothing needs a lock.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from api.clock import Clock, ManualClock
from api.feed import Feed
from api.improver import Improver
from api.opening import open_zone
from api.search_pool import Search
from api.settings import Settings
from api.view import View
from api.ways import Ways
from dispatch.city import City
from dispatch.commit import Commit
from dispatch.dispatcher import Dispatcher, Snapshot
from dispatch.errors import Unavailable
from dispatch.store import Database, LoggedEvent
from dispatch.traffic import restore
from solver.solution import Solution

log = logging.getLogger(__name__)

T = TypeVar("T")

NO_NEWS = frozenset({"quote_given", "desks_replaced"})
"""Kinds of events after which no better plan can be found."""


@dataclass(frozen=True, slots=True)
class Room:
    """What work finds on the zone's thread; ``now`` is the moment it works at, in Unix seconds."""

    zone: str
    dispatcher: Dispatcher
    database: Database
    ways: Ways
    now: int


class Zone:
    """
    A zone that runs.

    Mutable because it starts and stops, and because time passes. Its methods are for the event
    loop; those whose names begin with ``_on_thread`` run on the zone's thread.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        city: City | None = None,
        search: Search | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.feed = Feed()
        self.improver: Improver | None = None
        if search is not None:
            self.improver = Improver(search, snapshot=self._snapshot, adopt=self._adopt)
        self._tick_s = settings.policy_values().tick_s
        self._city = city
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"zone-{settings.zone}")
        self._tasks: list[asyncio.Task[None]] = []
        self._clock_moves = asyncio.Lock()
        self._head = 0
        self._committed = 0

    async def start(self) -> None:
        """Loads state and plan as they were last committed; begins to tick and to improve."""
        self._loop = asyncio.get_running_loop()
        await self._loop.run_in_executor(self._thread, self._on_thread_open)
        if self.improver is not None:
            # Not woken: a restart gives the plan as it was, until something happens.
            self._tasks.append(asyncio.create_task(self.improver.run()))
        if not isinstance(self.clock, ManualClock):
            self._tasks.append(asyncio.create_task(self._tick_forever()))

    async def stop(self) -> None:
        """Ends all streams, searches and ticks, then closes the database."""
        self.feed.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.improver is not None:
            await self.improver.search.close()
        await self._loop.run_in_executor(self._thread, self._on_thread_close)
        self._thread.shutdown()

    async def ask(self, work: Callable[[Room], T], *, wake: bool = True) -> T:
        """
        Returns what work gives that was done on the zone's thread; raises what it raises.

        What it committed is published, and wakes the search unless told otherwise.
        """
        return await self._loop.run_in_executor(self._thread, self._on_thread_do, work, wake)

    async def look(self) -> View:
        """Returns what is so now: values that never change, to be read on any thread."""
        return await self.ask(lambda room: View.of(room.dispatcher, room.now))

    def moment(self, instant: int) -> str:
        """Returns an instant as RFC 3339 text in the city's time zone."""
        return datetime.fromtimestamp(instant, self._timezone).isoformat()

    async def idle(self) -> None:
        """Returns when no better plan is being looked for."""
        if self.improver is not None:
            await self.improver.idle()

    async def move_clock(self, now: int) -> None:
        """
        Moves a manual clock through every tick due until ``now``, waiting for the search each time.

        Raises ValueError for a moment that is over, TypeError where the clock is not manual.
        """
        clock = self.clock
        if not isinstance(clock, ManualClock):
            raise TypeError("Expected a manual clock.")
        async with self._clock_moves:
            if now < clock.now():
                raise ValueError(f"Expected a moment from {clock.now()} on, got {now}.")
            await self.idle()
            first = (clock.now() // self._tick_s + 1) * self._tick_s
            for tick in range(first, now + 1, self._tick_s):
                clock.move_to(tick)
                await self._tick()
                await self.idle()
            clock.move_to(now)

    async def _tick(self) -> None:
        await self.ask(lambda room: room.dispatcher.tick(room.now))

    async def _tick_forever(self) -> None:
        while True:
            await asyncio.sleep(self._tick_s)
            try:
                await self._tick()
            except Unavailable as error:
                log.error("A tick failed: %s", error)
            except Exception:
                # The next tick is another chance; orders and taps do not depend on it.
                log.exception("A tick failed")

    async def _snapshot(self) -> Snapshot | None:
        return await self.ask(lambda room: room.dispatcher.snapshot(room.now), wake=False)

    async def _adopt(self, snapshot: Snapshot, solution: Solution) -> bool:
        # What the search itself gained is no reason to wake it: it goes on by itself.
        return await self.ask(
            lambda room: room.dispatcher.adopt(snapshot, solution, room.now), wake=False
        )

    def _publish(self, news: tuple[LoggedEvent, ...], wake: bool) -> None:
        self.feed.publish(news)
        if wake and self.improver is not None and any(e.kind not in NO_NEWS for e in news):
            self.improver.wake()

    def _on_thread_open(self) -> None:
        self._open()
        # What is here now stays: modules, the city, the state. Walking through it again and again
        # for garbage took a tenth of a second each time, in the middle of somebody's order.
        gc.collect()
        gc.freeze()

    def _open(self) -> None:
        opened = open_zone(self.settings, self.clock, self._city, self._on_thread_commit)
        self._dispatcher, self._database = opened
        self._ways = Ways(self._dispatcher.city)
        self._timezone = ZoneInfo(self._dispatcher.city.timezone)
        restore(self._dispatcher, self.clock.now())
        self._head = self._committed = self._database.head(self.settings.zone)

    def _on_thread_close(self) -> None:
        self._database.close()
        if self._city is None:
            self._dispatcher.city.close()

    def _on_thread_commit(self, commit: Commit) -> None:
        self._committed = self._database.commit(self.settings.zone, commit)

    def _on_thread_do(self, work: Callable[[Room], T], wake: bool) -> T:
        room = Room(
            self.settings.zone, self._dispatcher, self._database, self._ways, self.clock.now()
        )
        try:
            return work(room)
        finally:
            # Only now is the dispatcher's plan the one that was committed.
            while self._head < self._committed:
                news = self._database.events_after(self.settings.zone, self._head)
                self._head = news[-1].seq
                self._loop.call_soon_threadsafe(self._publish, news, wake)
