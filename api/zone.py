"""
One zone at run time: a dispatcher and its database on one thread of their own.

The event loop never waits for a plan or a disk: it hands work to the zone's thread and goes on. As
everything about a zone happens there, one thing after another, nothing needs a lock.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

from api.asked import Bounds, Done, Room, Waiting
from api.clock import Clock, ManualClock
from api.feed import Feed
from api.figures import watch
from api.improver import Improver
from api.lull import Lull
from api.metrics import Metrics
from api.opened import Opened
from api.opening import reload_zone
from api.request_context import ASKING, REQUEST
from api.search_pool import Search
from api.settings import Settings
from api.ticking import Ticking
from api.view import View
from api.warming import warm_up
from dispatch import kept_contacts
from dispatch.city import City
from dispatch.contacts import Contact
from dispatch.dispatcher import Snapshot
from dispatch.store import DatabaseError, LoggedEvent
from solver.solution import Solution

__all__ = ["Room", "Zone"]

log = logging.getLogger(__name__)

T = TypeVar("T")

MOST_TOGETHER = 16
"""Asks that share a transaction at most."""

TOGETHER_S = 0.01
"""
Seconds after which no further ask joins a transaction: nobody waits long for work of others.

As long as a disk takes to keep a commit; what takes longer to work out gains nothing by company.
"""

PART = 500
"""Events of the log that are read at once."""

NO_NEWS = frozenset(
    {
        *("quote_given", "desks_replaced", "order_answered", "promise_warned", "promise_breached"),
        *("breach_foreseen", "breach_averted", "contacts_erased", "log_rechained"),
    }
)
"""Kinds of events after which no better plan can be found."""


class Zone:
    """
    A zone that runs.

    Mutable because it starts and stops, and because time passes. Its methods are for the event
    loop; those whose names begin with ``_on_thread`` run on the zone's thread, which is one that
    it starts, or ``thread``: anything that does one job after the other. ``metrics`` None counts
    for nobody.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        city: City | None = None,
        search: Search | None = None,
        thread: Executor | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.feed = Feed()
        self._lull = Lull()
        self.metrics = metrics or Metrics()
        self.improver: Improver | None = None
        if search is not None:
            self.improver = Improver(
                search,
                snapshot=self._snapshot,
                adopt=self._adopt,
                lull=self._lull.come,
                figures=self.metrics.search,
            )
        self._city = city
        self._is_own_thread = thread is None
        self._thread = thread or ThreadPoolExecutor(1, thread_name_prefix=f"zone-{settings.zone}")
        self._tasks: list[asyncio.Task[None]] = []
        self._head = 0

    async def start(self) -> None:
        """Loads state and plan as they were last committed; begins to tick and to improve."""
        self._loop = asyncio.get_running_loop()
        self.waiting = Waiting(_bounds(self.settings), self._loop.time)
        self.ticking = Ticking(self, self.settings.policy_values().tick_s)
        self._opened = await self._loop.run_in_executor(self._thread, self._on_thread_open)
        watch(self)
        self.ticking.set_alarm(self._opened.dispatcher.next_moment())
        if self.improver is not None:
            # Not woken: a restart gives the plan as it was, until something happens.
            self._tasks.append(asyncio.create_task(self.improver.run()))
        if not isinstance(self.clock, ManualClock):
            self._tasks.append(asyncio.create_task(self.ticking.run()))

    async def stop(self) -> None:
        """Ends all streams, searches and ticks, then closes the database."""
        self.feed.close()
        self.ticking.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.improver is not None:
            await self.improver.search.close()
        await self._loop.run_in_executor(self._thread, self._opened.close)
        self._thread.shutdown()

    async def ask(self, work: Callable[[Room], T], *, wake: bool = True) -> T:
        """
        Returns what work gives that was done on the zone's thread, once it is durable.

        What it committed is published, and wakes the search unless told otherwise. It is done in
        the name of `ASKING`, and those of many names in turn. Raises what work raises, or
        DatabaseError where it could not be stored; then nothing of it was done.
        """
        with self._lull.asking():
            return await self._answer(work, wake)

    async def _answer(self, work: Callable[[Room], T], wake: bool) -> T:
        result: T = await asyncio.wrap_future(self._submit(work, wake, ASKING.get()))
        return result

    def remind(self) -> None:
        """Lets the zone's thread look for what is due."""
        self._submit(lambda _: None, False)

    def _submit(self, work: Callable[[Room], Any], wake: bool, actor: str = "") -> Future[Any]:
        asked = self.waiting.add(work, wake, REQUEST.get(), actor)
        self._weigh()
        # One call for each that waits: those taken along by an earlier call leave nothing to do.
        self._thread.submit(self._on_thread_serve)
        return asked.answer

    @property
    def is_shedding(self) -> bool:
        """Whether so much waits that plans are made by insertion only."""
        return self.waiting.is_shedding

    def _weigh(self) -> None:
        """Lets searches rest while too much waits, and begin again after that."""
        if not self.waiting.weigh():
            return
        shedding = self.waiting.is_shedding
        log.warning(
            "Plans are made by insertion only: what comes now waits %.1f s"
            if shedding
            else "Better plans are looked for again: what comes now waits %.1f s",
            self.waiting.backlog_s,
        )
        if self.improver is not None:
            self.improver.rest(rests=shedding)

    async def look(self) -> View:
        """Returns what is so now: values that never change, to be read on any thread."""
        return await self.ask(lambda room: View.of(room.dispatcher, room.now))

    def contacts(self, refs: Collection[str]) -> Mapping[str, Contact]:
        """Returns what is known of persons, as a `Room` does; not for the event loop, it waits."""
        with self._opened.database.read() as connection:
            return kept_contacts.read(connection, self.settings.zone, refs)

    def moment(self, instant: int) -> str:
        """Returns an instant as RFC 3339 text in the city's time zone."""
        return datetime.fromtimestamp(instant, self._opened.timezone).isoformat()

    async def idle(self) -> None:
        """Returns when no better plan is being looked for."""
        if self.improver is not None:
            await self.improver.idle()

    async def move_clock(self, now: int) -> None:
        """Moves a manual clock, see :meth:`api.ticking.Ticking.move_clock`."""
        await self.ticking.move_clock(now)

    @property
    def plan_version(self) -> int:
        """The version of the plan, as last seen: to be read without asking."""
        return self._opened.dispatcher.plan.version

    @property
    def head(self) -> int:
        """The number of the last event that was published: to be read without asking."""
        return self._head

    @property
    def epoch(self) -> int:
        """Which start of the zone this is: a newer process has a higher one."""
        return self._opened.epoch

    async def _snapshot(self) -> Snapshot | None:
        return await self._answer(lambda room: room.dispatcher.snapshot(room.now), wake=False)

    async def _adopt(self, snapshot: Snapshot, solution: Solution) -> bool:
        # What the search itself gained is no reason to wake it: it goes on by itself. In two
        # visits, so that who asks meanwhile waits for one of them only.
        found = await self._answer(
            lambda room: room.dispatcher.weigh(snapshot, solution, room.now), wake=False
        )
        return found is not None and await self._answer(
            lambda room: room.dispatcher.take(found, room.now), wake=False
        )

    def _publish(self, news: tuple[LoggedEvent, ...], wake: bool) -> None:
        self.feed.publish(news)
        if wake and self.improver is not None and any(e.kind not in NO_NEWS for e in news):
            self.improver.wake()

    def _on_thread_open(self) -> Opened:
        opened = Opened(self.settings, self.clock, self._city)
        self._head = opened.committed
        policy = opened.dispatcher.policy
        if policy.quote_search_s or policy.quote_search_moves:
            # Quotes search here, not in a worker; the first should not wait for OR-Tools.
            warm_up()
        if self._is_own_thread:
            # What is here now stays: modules, the city, the state. Walking through it again and
            # again for garbage took a tenth of a second, in the middle of somebody's order.
            gc.collect()
            gc.freeze()
        return opened

    def _on_thread_serve(self) -> None:
        """Does what waits in one transaction; tells nobody before it is durable."""
        done: list[Done] = []
        began = self.waiting.seconds()
        self._on_thread_catch_up()
        try:
            with self._opened.unit():
                noticed = self._on_thread_do_waiting(done)
        except BaseException as failure:
            self.metrics.planning.failed(failure)
            # Of an ask that failed alone the transaction knows nothing: this is all of them.
            for each in done:
                each.tell(failure)
            return
        finally:
            self._on_thread_worked(began, len(done))
        try:
            if noticed:
                moment = self._opened.dispatcher.next_moment()
                self._loop.call_soon_threadsafe(self.ticking.set_alarm, moment)
            self._on_thread_publish(done)
        finally:
            for each in done:
                each.tell()

    def _on_thread_worked(self, began: float, asks: int) -> None:
        self.waiting.worked(self.waiting.seconds() - began, asks)
        if self.waiting.is_shedding:
            self._loop.call_soon_threadsafe(self._weigh)

    def _on_thread_catch_up(self) -> None:
        """
        Learns what became of a commit in doubt: the line to the server broke as it was made.

        Who asked was told that it failed. Where it was stored all the same everybody else hears.
        """
        opened = self._opened
        try:
            opened.is_behind |= opened.database.catch_up()
            if opened.is_behind:
                reload_zone(self.settings, opened.dispatcher, opened.database)
                opened.read_again()
        except Exception:
            # Until then nothing more is stored; what was so before is still to be seen.
            log.exception("What became of the last commit is not known yet")

    def _on_thread_do_waiting(self, done: list[Done]) -> bool:
        """Does what waits, as far as it fits; returns whether all that fell due was noticed."""
        opened = self._opened
        opened.plan_by(search=not self.waiting.is_shedding)
        noticed = bool(self.waiting)
        began = self._loop.time()
        while self.waiting and len(done) < MOST_TOGETHER:
            asked = self.waiting.take()
            if asked.answer.set_running_or_notify_cancel():
                REQUEST.set(asked.request)
                room = opened.room()
                noticed &= opened.notice(room)
                before = opened.committed
                result, error = opened.do(asked.work, room, asked.actor)
                wrote = opened.committed if opened.committed > before else None
                if isinstance(error, DatabaseError):
                    self.metrics.planning.failed(error)
                noticed &= opened.notice(room)
                done.append(Done(asked, result, error, wrote, opened.committed))
            if self._loop.time() - began > TOGETHER_S:
                break
        REQUEST.set(None)
        return noticed

    def _on_thread_publish(self, done: list[Done]) -> None:
        """Hands what was committed to those who listen, now that it is durable."""
        try:
            for each in done:
                while self._head < each.committed:
                    most = min(PART, each.committed - self._head)
                    opened = self._opened
                    news = opened.database.events_after(self.settings.zone, self._head, most)
                    self._head = news[-1].seq
                    self._loop.call_soon_threadsafe(self._publish, news, each.asked.wake)
                    waited_s = self.waiting.seconds() - each.asked.since
                    for event in news:
                        self.metrics.happened(event, opened.dispatcher.state, waited_s)
        except DatabaseError:
            # What was done is done: it is published with what comes next.
            log.exception("News could not be read")


def _bounds(settings: Settings) -> Bounds:
    return Bounds(settings.shed_after_s, settings.refuse_after_s, settings.refuse_all_after_s)
