"""
A zone in the live little city, on a real database file, that crashes and comes back.

It remembers what anybody was told, reads back what was written, and leaves it to
`tests.adopt_checks` to say whether the two agree. What happens is `tests.adopt_rules`.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from dispatch.actions import act
from dispatch.crew import add_courier
from dispatch.dispatcher import Dispatcher
from dispatch.errors import DispatchError
from dispatch.holds import holds
from dispatch.policy import Policy
from dispatch.promising import recalculated
from dispatch.requests import Action, ActionAnswer, CourierRequest, OrderRequest, QuoteRequest
from dispatch.store import Database
from dispatch.traffic import restore
from solver.solution import Cost
from tests.little_city import HOUR, NOW, STORE
from tests.live_city import LiveCity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dispatch.city import City
    from dispatch.commit import Commit
    from dispatch.dispatcher import Snapshot, Weighed
    from dispatch.orders import Quote
    from dispatch.plan import Plan
    from dispatch.state import State

T = TypeVar("T")

ZONE = "little"
STORES = {STORE.id: STORE}
QUICK = Policy(quote_room_s=0, quote_search_s=0, fill_idle=0)


class Pick(Protocol):
    """Where chance comes from: hypothesis, which can shrink it, or a seed."""

    def one_of(self, things: Sequence[T]) -> T: ...

    def number(self, least: int, most: int) -> int: ...


class Crashed(Exception):
    """The process ended here."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """A search's answer that became the plan: prices before and after, promises newly late."""

    before: Cost
    after: Cost
    newly_late: frozenset[str]
    held_before: tuple[str, ...]
    held_after: tuple[str, ...]


@dataclass(slots=True)
class Told:
    """What clients were told, kept after each answer; hence mutable."""

    deadlines: dict[str, int | None] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    sent: dict[tuple[str, str], Action] = field(default_factory=dict)
    heard: dict[tuple[str, str], ActionAnswer] = field(default_factory=dict)
    unanswered: list[OrderRequest] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@cache
def _empty() -> Path:
    """Returns a database without anything in it, made once."""
    path = Path(mkdtemp()) / "empty.db"
    Database.open(f"sqlite:///{path}").close()
    return path


class World:
    """One zone, its clients and its database; mutable, because all of that is."""

    def __init__(self) -> None:
        shared = Path("/dev/shm")  # noqa: S108
        self._folder = TemporaryDirectory(dir=shared if shared.is_dir() else None)
        self.path = Path(copy(_empty(), Path(self._folder.name) / "zone.db"))
        self.now = NOW
        self.taps = 0
        self.numbers = count(1)
        self.told = Told()
        self.wanted: dict[str, QuoteRequest] = {}
        self.snapshots: list[Snapshot] = []
        self.weighed: Weighed | None = None
        self.adopted: Adopted | None = None
        self.fault = ""
        self.committed: Plan | None = None
        # Since which number of the log which epoch may write.
        self.epochs: list[tuple[int, int]] = []
        self.crashes = 0
        self.open()
        for capacity in (6, 6, 2):
            self.courier(capacity)

    def open(self) -> None:
        """Starts the zone, as the service does: from what is in the database."""
        self.database = Database.open(f"sqlite:///{self.path}")
        epoch = self.database.start_zone(ZONE)
        self.rows = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        self.epochs.append((self.database.head(ZONE), epoch))
        state, plan = self.database.load(ZONE, STORES)
        if self.committed is not None and plan != self.committed:
            self.told.faults.append(f"plan {plan.version} came back changed")
        self.dispatcher = Dispatcher(
            zone=ZONE,
            city=cast("City", LiveCity()),
            policy=QUICK,
            state=state,
            plan=plan,
            commit=self.store,
        )
        restore(self.dispatcher, self.now)
        for courier, position in self.database.positions(ZONE).items():
            self.dispatcher.note_positions(courier, [position], self.now)
        counted = recalculated(state, self.dispatcher.calendars, self.now)
        self.dispatcher.record(self.now, *counted)
        self.dispatcher.notice(self.now)

    def close(self) -> None:
        self.rows.close()
        self.database.close()

    def end(self) -> None:
        """Closes and removes all."""
        self.close()
        self._folder.cleanup()

    def crash(self) -> None:
        """Loses all that is not in the database, and starts again."""
        self.crashes += 1
        self.snapshots.clear()
        self.weighed = None
        self.fault = ""
        self.close()
        self.open()

    def store(self, commit: Commit) -> None:
        """Makes a commit durable, unless the process ends just before, or just after."""
        fault, self.fault = self.fault, ""
        if fault == "before":
            raise Crashed
        self.database.commit(ZONE, commit)
        if commit.plan is not None:
            self.committed = commit.plan
        if fault == "after":
            raise Crashed

    @property
    def state(self) -> State:
        return self.dispatcher.state

    @property
    def plan(self) -> Plan:
        return self.dispatcher.plan

    def held(self) -> tuple[Quote, ...]:
        """Returns the quotes for which a place is held now."""
        return holds(self.state, self.now)

    @contextmanager
    def refused(self, *codes: str) -> Iterator[None]:
        """Lets through that something is refused, for these reasons only."""
        try:
            yield
        except DispatchError as error:
            if error.code not in codes:
                raise

    def courier(self, capacity: int = 6) -> None:
        """Adds a courier for a shift of eight hours."""
        request = CourierRequest("Aino", STORE.id, capacity, self.now, self.now + 8 * HOUR)
        add_courier(self.dispatcher, request, self.now)

    def ask(self, courier: str, *actions: Action, device_now: int | None = None) -> None:
        """Sends taps in this order, and keeps what is answered to each."""
        for action in actions:
            self.told.sent.setdefault((courier, action.action_id), action)
        answers = act(
            self.dispatcher, courier, actions, device_now, self.now, self.answered(courier)
        )
        for answer in answers:
            self._hear(courier, answer)

    def answered(self, courier: str) -> Callable[[str], ActionAnswer | None]:
        """Returns what finds the stored answer to a tap of a courier."""
        return lambda action_id: self.database.answer(courier, action_id)

    def _hear(self, courier: str, answer: ActionAnswer) -> None:
        key = courier, answer.action_id
        before = self.told.heard.get(key)
        if before is None:
            self.told.heard[key] = answer
        elif answer.result != "duplicate":
            text = f"tap {answer.action_id} was {before.result} and, sent again, {answer.result}"
            self.told.faults.append(text)

    def tap(self, courier: str, kind: str, stop: str | None = None, **rest: Any) -> ActionAnswer:
        """Lets a courier tap once and returns the answer."""
        action = self.an_action(kind, stop, **rest)
        self.ask(courier, action)
        return self.told.heard[courier, action.action_id]

    def an_action(self, kind: str, stop: str | None = None, **rest: Any) -> Action:
        """Returns a tap never sent before."""
        self.taps += 1
        return Action(f"tap-{self.taps}", self.taps, kind, stop, **rest)

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Returns rows of the database, read apart from the service."""
        return self.rows.execute(statement, values).fetchall()
