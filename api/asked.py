"""
Work for a zone's thread: what it finds there, what waits for it, and how long.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from sqlalchemy import Connection

from api.request_context import Asking
from api.turns import Turns
from api.ways import Ways
from dispatch import kept_contacts
from dispatch.contacts import Contact
from dispatch.dispatcher import Dispatcher
from dispatch.store import Database

RECENT = 0.2
"""Weight of the latest batch in the seconds that an ask is expected to take."""


@dataclass(frozen=True, slots=True)
class Room:
    """What work finds on the zone's thread; ``now`` is the moment it works at, in Unix seconds."""

    zone: str
    dispatcher: Dispatcher
    database: Database
    ways: Ways
    now: int

    def write(self) -> AbstractContextManager[Connection]:
        """Yields a connection to write by; it fails where a newer process has the zone."""
        return self.database.write(self.zone)

    def contacts(self, refs: Collection[str]) -> Mapping[str, Contact]:
        """Returns what is known of persons, by reference; those erased are left out."""
        with self.database.read() as connection:
            return kept_contacts.read(connection, self.zone, refs)


@dataclass(frozen=True, slots=True)
class Asked:
    """
    Work that waits for the zone's thread, since when, for which request, and its answer's place.

    ``since`` is in the seconds of the event loop's clock; ``request`` None: nobody's from outside;
    ``actor`` is in whose name, empty for the program itself.
    """

    work: Callable[[Room], Any]
    wake: bool
    answer: Future[Any]
    since: float
    request: Asking | None
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """
    Work that was done: what it gave or raised, and the zone's last event after it.

    ``wrote`` is the last event of its own, None where it wrote none.
    """

    asked: Asked
    result: Any
    error: BaseException | None
    wrote: int | None
    committed: int

    def tell(self, failure: BaseException | None = None) -> None:
        """Answers who asked; a failure to store it is the answer whatever the work gave."""
        error = failure or self.error
        if error is not None:
            self.asked.answer.set_exception(error)
            return
        if self.asked.request is not None and self.wrote is not None:
            self.asked.request.seq = self.wrote
        self.asked.answer.set_result(self.result)


class Load(IntEnum):
    """How much a zone has to do, by what it gives up for it."""

    CALM = 0
    SHEDDING = 1
    """No searches: plans are made by insertion only."""
    REFUSING = 2
    """Nor is new work of clients taken."""
    CLOSED = 3
    """Nor what couriers send, nor what somebody wants to see."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds of backlog from which searches, new work and everything else are given up."""

    shed_s: float
    refuse_s: float
    refuse_all_s: float


class Waiting:
    """
    What waits for a zone's thread, of everybody in turn; ``seconds`` tells the event loop's time.

    Mutable because it is a queue. The event loop adds and the zone's thread takes; each of the two
    does one thing at a time, and neither needs a lock for it.
    """

    def __init__(self, bounds: Bounds, seconds: Callable[[], float]) -> None:
        self.is_shedding = False
        self.worked_at = seconds()
        self.seconds = seconds
        self._bounds = bounds
        self._queue: Turns[Asked] = Turns()
        self._each_s = 0.0

    def __len__(self) -> int:
        return len(self._queue)

    def add(
        self,
        work: Callable[[Room], Any],
        wake: bool,
        request: Asking | None,
        actor: str = "",
    ) -> Asked:
        """Lets work wait."""
        asked = Asked(work, wake, Future(), self.seconds(), request, actor)
        if not self._queue:
            # A thread that had nothing to do is not one that does not get on.
            self.worked_at = max(self.worked_at, asked.since)
        self._queue.put(actor, asked)
        return asked

    def take(self) -> Asked:
        """Returns the first of whose turn it is; raises KeyError where nothing waits."""
        return self._queue.take()

    def worked(self, seconds: float, asks: int) -> None:
        """Notes how long so many asks took together, their commit included."""
        self.worked_at = self.seconds()
        if asks:
            self._each_s += RECENT * (seconds / asks - self._each_s)

    @property
    def backlog_s(self) -> float:
        """
        Seconds that whoever comes now will wait: as many waiting as there are at what each took of
        late, or as long as the oldest of them waits already, where that is more.
        """
        oldest = min((asked.since for asked in self._queue.firsts()), default=None)
        if oldest is None:
            return 0.0
        return max(len(self._queue) * self._each_s, self.seconds() - oldest)

    @property
    def stuck_s(self) -> float:
        """Seconds for which the thread got nothing done although something waits; 0 if nothing."""
        return self.seconds() - self.worked_at if self._queue else 0.0

    @property
    def load(self) -> Load:
        """What is given up now."""
        backlog = self.backlog_s
        if backlog > self._bounds.refuse_all_s:
            return Load.CLOSED
        if backlog > self._bounds.refuse_s:
            return Load.REFUSING
        return Load.SHEDDING if self.is_shedding or backlog > self._bounds.shed_s else Load.CALM

    def weigh(self) -> bool:
        """
        Returns whether to shed searches, or to look for them again, is new.

        They are looked for again once the backlog is half of what let them be shed, so that it does
        not go to and fro.
        """
        bound = self._bounds.shed_s / 2 if self.is_shedding else self._bounds.shed_s
        before, self.is_shedding = self.is_shedding, self.backlog_s > bound
        return self.is_shedding is not before
