"""
One zone at run time: a dispatcher and its database on one thread of their own.

The event loop never waits for a plan or a disk: it hands work to the zone's thread and goes on. As
everything about a zone happens there, one thing after another, nothing needs a lock.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from api.clock import Clock, ManualClock, SystemClock
from api.feed import Feed
from api.improver import Improver
from api.opening import open_zone, reload_zone
from api.retention import Retention
from api.search_pool import Search
from api.settings import Settings
from api.view import View
from api.warming import warm_up
from api.ways import Ways
from dispatch import kept_contacts
from dispatch.answered import forget_answered
from dispatch.city import City
from dispatch.commit import Commit
from dispatch.contacts import Contact
from dispatch.dispatcher import Dispatcher, Snapshot
from dispatch.errors import Unavailable
from dispatch.foresight import foresee
from dispatch.promising import recalculated
from dispatch.store import Database, DatabaseError, LoggedEvent
from dispatch.traffic import restore
from solver.solution import Solution

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


@dataclass(frozen=True, slots=True)
class Room:
    """What work finds on the zone's thread; ``now`` is the moment it works at, in Unix seconds."""

    zone: str
    dispatcher: Dispatcher
    database: Database
    ways: Ways
    now: int

    def contacts(self, refs: Collection[str]) -> Mapping[str, Contact]:
        """Returns what is known of persons, by reference; those erased are left out."""
        with self.database.read() as connection:
            return kept_contacts.read(connection, self.zone, refs)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Work that waits for the zone's thread, and where its answer goes."""

    work: Callable[[Room], Any]
    wake: bool
    answer: Future[Any]


@dataclass(frozen=True, slots=True)
class _Done:
    """Work that was done: what it gave or raised, and the zone's last event after it."""

    asked: _Asked
    result: Any
    error: BaseException | None
    committed: int

    def tell(self, failure: BaseException | None = None) -> None:
        """Answers who asked; a failure to store it is the answer whatever the work gave."""
        error = failure or self.error
        if error is not None:
            self.asked.answer.set_exception(error)
        else:
            self.asked.answer.set_result(self.result)


class Zone:
    """
    A zone that runs.

    Mutable because it starts and stops, and because time passes. Its methods are for the event
    loop; those whose names begin with ``_on_thread`` run on the zone's thread, which is one that
    it starts, or ``thread``: anything that does one job after the other.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        city: City | None = None,
        search: Search | None = None,
        thread: Executor | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.feed = Feed()
        self.improver: Improver | None = None
        if search is not None:
            self.improver = Improver(search, snapshot=self._snapshot, adopt=self._adopt)
        self._retention = Retention(settings)
        self._tick_s = settings.policy_values().tick_s
        self._city = city
        self._is_own_thread = thread is None
        self._thread = thread or ThreadPoolExecutor(1, thread_name_prefix=f"zone-{settings.zone}")
        self._waiting: deque[_Asked] = deque()
        self._tasks: list[asyncio.Task[None]] = []
        self._clock_moves = asyncio.Lock()
        self._head = 0
        self._committed = 0
        self._is_behind = False
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at: int | None = None
        self._stopping = False

    async def start(self) -> None:
        """Loads state and plan as they were last committed; begins to tick and to improve."""
        self._loop = asyncio.get_running_loop()
        await self._loop.run_in_executor(self._thread, self._on_thread_open)
        self._set_alarm(self._dispatcher.next_moment())
        if self.improver is not None:
            # Not woken: a restart gives the plan as it was, until something happens.
            self._tasks.append(asyncio.create_task(self.improver.run()))
        if not isinstance(self.clock, ManualClock):
            self._tasks.append(asyncio.create_task(self._tick_forever()))

    async def stop(self) -> None:
        """Ends all streams, searches and ticks, then closes the database."""
        self.feed.close()
        self._stopping = True
        self._set_alarm(None)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.improver is not None:
            await self.improver.search.close()
        await self._loop.run_in_executor(self._thread, self._on_thread_close)
        self._thread.shutdown()

    async def ask(self, work: Callable[[Room], T], *, wake: bool = True) -> T:
        """
        Returns what work gives that was done on the zone's thread, once it is durable.

        What it committed is published, and wakes the search unless told otherwise. Raises what work
        raises, or DatabaseError where it could not be stored; then nothing of it was done.
        """
        result: T = await asyncio.wrap_future(self._submit(work, wake))
        return result

    def _submit(self, work: Callable[[Room], Any], wake: bool) -> Future[Any]:
        asked = _Asked(work, wake, Future())
        self._waiting.append(asked)
        # One call for each that waits: those taken along by an earlier call leave nothing to do.
        self._thread.submit(self._on_thread_serve)
        return asked.answer

    async def look(self) -> View:
        """Returns what is so now: values that never change, to be read on any thread."""
        return await self.ask(lambda room: View.of(room.dispatcher, room.now))

    def contacts(self, refs: Collection[str]) -> Mapping[str, Contact]:
        """Returns what is known of persons, as a `Room` does; not for the event loop, it waits."""
        with self._database.read() as connection:
            return kept_contacts.read(connection, self.settings.zone, refs)

    def moment(self, instant: int) -> str:
        """Returns an instant as RFC 3339 text in the city's time zone."""
        return datetime.fromtimestamp(instant, self._timezone).isoformat()

    async def idle(self) -> None:
        """Returns when no better plan is being looked for."""
        if self.improver is not None:
            await self.improver.idle()

    async def move_clock(self, now: int) -> None:
        """
        Moves a manual clock through all due until ``now``, waiting for the search each time.

        Due are ticks, and the moments at which somebody has to be told about a promise.

        Raises ValueError for a moment that is over, TypeError where the clock is not manual.
        """
        clock = self.clock
        if not isinstance(clock, ManualClock):
            raise TypeError("Expected a manual clock.")
        async with self._clock_moves:
            if now < clock.now():
                raise ValueError(f"Expected a moment from {clock.now()} on, got {now}.")
            await self.idle()
            moment = await self._notice()
            while True:
                tick = (clock.now() // self._tick_s + 1) * self._tick_s
                # One that is over already could not be written down: the ticks go on.
                ahead = moment is not None and clock.now() < moment < tick
                step = moment if ahead and moment is not None else tick
                if step > now:
                    break
                clock.move_to(step)
                moment = await (self._notice() if ahead else self._tick())
                await self.idle()
            clock.move_to(now)

    async def _tick(self) -> int | None:
        """Lets the dispatcher do what is due, and returns when it next has to tell somebody."""

        def ticked(room: Room) -> None:
            room.dispatcher.tick(room.now)
            with room.database.write() as connection:
                forget_answered(connection, room.now)
            self._retention.forget(room)

        def foreseen(room: Room) -> int | None:
            room.dispatcher.record(room.now, *foresee(room.dispatcher, room.now))
            return room.dispatcher.next_moment()

        await self.ask(ticked)
        # By itself, since a rescue is looked for longer than an order should wait for.
        return await self.ask(foreseen, wake=False)

    async def _notice(self) -> int | None:
        # All work on the zone's thread begins and ends with what is due.
        return await self.ask(lambda room: room.dispatcher.next_moment())

    def _set_alarm(self, moment: int | None) -> None:
        """Rings at a moment of the machine's clock, None never; a manual one is moved there."""
        if not isinstance(self.clock, SystemClock) or moment == self._alarm_at:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm, self._alarm_at = None, moment
        if moment is not None and not self._stopping:
            self._alarm = self._loop.call_later(self.clock.wait_s(moment), self._ring)

    def _ring(self) -> None:
        self._alarm_at = None
        self._submit(lambda _: None, False)

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
        policy = self._dispatcher.policy
        if policy.quote_search_s or policy.quote_search_moves:
            # Quotes search here, not in a worker; the first should not wait for OR-Tools.
            warm_up()
        if self._is_own_thread:
            # What is here now stays: modules, the city, the state. Walking through it again and
            # again for garbage took a tenth of a second, in the middle of somebody's order.
            gc.collect()
            gc.freeze()

    def _open(self) -> None:
        opened = open_zone(self.settings, self.clock, self._city, self._on_thread_commit)
        self._dispatcher, self._database = opened
        self._ways = Ways(self._dispatcher.city)
        self._timezone = ZoneInfo(self._dispatcher.city.timezone)
        now = self.clock.now()
        with self._database.unit():
            restore(self._dispatcher, now)
            counted_anew = recalculated(self._dispatcher.state, self._dispatcher.calendars, now)
            self._dispatcher.record(now, *counted_anew)
            self._dispatcher.notice(now)
        self._head = self._committed = self._database.head(self.settings.zone)

    def _on_thread_close(self) -> None:
        self._database.close()
        if self._city is None:
            self._dispatcher.city.close()

    def _on_thread_commit(self, commit: Commit) -> None:
        if self._is_behind:
            raise DatabaseError(
                "The last commit was stored though it seemed to fail, and is not read yet.",
                at=self._database.at,
                cure="Try again.",
            )
        self._committed = self._database.commit(self.settings.zone, commit)

    @contextmanager
    def _on_thread_unit(self) -> Iterator[None]:
        """Makes what is done inside durable when it ends; else it was never done, nor is known."""
        before, committed = self._dispatcher.memory(), self._committed
        try:
            with self._database.unit():
                yield
        except BaseException:
            self._dispatcher.restore(before)
            self._committed = committed
            raise

    def _on_thread_serve(self) -> None:
        """Does what waits in one transaction; tells nobody before it is durable."""
        done: list[_Done] = []
        self._on_thread_catch_up()
        try:
            with self._on_thread_unit():
                noticed = self._on_thread_do_waiting(done)
        except BaseException as failure:
            # Of an ask that failed alone the transaction knows nothing: this is all of them.
            for each in done:
                each.tell(failure)
            return
        try:
            if noticed:
                moment = self._dispatcher.next_moment()
                self._loop.call_soon_threadsafe(self._set_alarm, moment)
            self._on_thread_publish(done)
        finally:
            for each in done:
                each.tell()

    def _on_thread_catch_up(self) -> None:
        """
        Learns what became of a commit in doubt: the line to the server broke as it was made.

        Who asked was told that it failed. Where it was stored all the same everybody else hears.
        """
        try:
            self._is_behind |= self._database.catch_up()
            if self._is_behind:
                reload_zone(self.settings, self._dispatcher, self._database)
                self._committed = self._database.head(self.settings.zone)
                self._is_behind = False
        except Exception:
            # Until then nothing more is stored; what was so before is still to be seen.
            log.exception("What became of the last commit is not known yet")

    def _on_thread_do_waiting(self, done: list[_Done]) -> bool:
        """Does what waits, as far as it fits; returns whether all that fell due was noticed."""
        noticed = bool(self._waiting)
        began = self._loop.time()
        while self._waiting and len(done) < MOST_TOGETHER:
            asked = self._waiting.popleft()
            if asked.answer.set_running_or_notify_cancel():
                room = self._on_thread_room()
                noticed &= self._on_thread_notice(room)
                result, error = self._on_thread_do(asked.work, room)
                noticed &= self._on_thread_notice(room)
                done.append(_Done(asked, result, error, self._committed))
            if self._loop.time() - began > TOGETHER_S:
                break
        return noticed

    def _on_thread_room(self) -> Room:
        return Room(
            self.settings.zone, self._dispatcher, self._database, self._ways, self.clock.now()
        )

    def _on_thread_do(
        self, work: Callable[[Room], Any], room: Room
    ) -> tuple[Any, BaseException | None]:
        """Returns what work gave, or what it raised, after which all of it is undone."""
        try:
            with self._on_thread_unit():
                return work(room), None
        except BaseException as error:
            return None, error

    def _on_thread_publish(self, done: list[_Done]) -> None:
        """Hands what was committed to those who listen, now that it is durable."""
        try:
            for each in done:
                while self._head < each.committed:
                    most = min(PART, each.committed - self._head)
                    news = self._database.events_after(self.settings.zone, self._head, most)
                    self._head = news[-1].seq
                    self._loop.call_soon_threadsafe(self._publish, news, each.asked.wake)
        except DatabaseError:
            # What was done is done: it is published with what comes next.
            log.exception("News could not be read")

    def _on_thread_notice(self, room: Room) -> bool:
        """
        Writes down what fell due; returns whether it could, so that nothing later is missed.

        It is a unit of its own: nobody's order or tap is refused because it failed, nor the other
        way round.
        """
        try:
            moment = room.dispatcher.next_moment()
            if moment is not None and moment <= room.now:
                with self._on_thread_unit():
                    room.dispatcher.notice(room.now)
        except Exception:
            # It is tried again with the next work.
            log.exception("What fell due could not be written")
            return False
        return True
