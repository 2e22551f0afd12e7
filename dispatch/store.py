"""
The durable state of zones: what a :class:`dispatch.commit.Commit` holds is stored, or nothing is.

Each zone has a log of events numbered without gaps, tables equal to the fold of that log, and every
plan it has published. Its epoch rises with each start; a commit is conditional on it, so that a
program started earlier can never write over one started later.
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from dispatch import heard, stored, storing
from dispatch.chain import chained
from dispatch.migrations import migrate
from dispatch.plan import Plan
from dispatch.records import rows_of
from dispatch.sqlite import DatabaseError, open_file, path_of
from dispatch.state import State
from dispatch.stored import LoggedEvent, Zone
from dispatch.units import Units

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from dispatch.backing import Backing
    from dispatch.commit import Commit
    from dispatch.orders import Store
    from dispatch.requests import ActionAnswer, Position

__all__ = ["Database", "DatabaseError", "LoggedEvent"]


@dataclass(frozen=True, slots=True)
class _Committed:
    """A zone as of its last commit."""

    zone: Zone
    state: State
    plan: Plan


class Database:
    """
    A database that this process alone uses: a file, or one of a PostgreSQL server.

    It holds two connections, one that writes and one that reads, and for each zone the state as of
    its last commit: what the next commit's events are applied to. Any thread may call it: those
    that write wait for each other, those that read never wait for a commit.
    """

    def __init__(self, backing: Backing, reader: Connection, opened: ExitStack) -> None:
        self.at = backing.at
        self._opened = opened
        self._units: Units[_Committed] = Units(backing)
        self._reported = backing.reported
        self._reader = reader
        self._reading = threading.RLock()

    @classmethod
    def open(cls, url: str) -> Database:
        """
        Returns the database of ``sqlite:///PATH``, or of ``postgresql://USER@HOST/NAME``.

        A missing file is created, an older database brought up to date.

        Raises
        ------
        DatabaseError
            If another process uses it, if it is newer than this program, or not a database of it.
        """
        with ExitStack() as opened:
            backing = _backing(url, opened)
            with backing.reported():
                migrate(backing.writer, at=backing.at)
                reader = backing.read(opened)
            return cls(backing, reader, opened.pop_all())

    def unit(self) -> AbstractContextManager[None]:
        """
        Makes one transaction of all that this thread writes inside, durable when the block ends.

        When an exception leaves the block nothing of it is stored. Inside, each unit, commit and
        ``write`` is one that fails by itself; this thread reads what it wrote, others do not.

        Raises
        ------
        DatabaseError
            If it could not be stored; then nothing of it is.
        """
        return self._units.unit()

    @contextmanager
    def write(self, zone: str | None = None) -> Iterator[Connection]:
        """
        Yields a connection to write by; a unit of its own, as `unit` says.

        With a zone, raises DatabaseError with code ``fenced`` if that was started again since.
        """
        with self._units.unit():
            connection = self._units.connection()
            if zone is not None:
                mine = self._mine(zone).zone
                if stored.lock_zone(connection, zone).epoch != mine.epoch:
                    raise self._fenced(zone, mine)
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yields a connection to read by: it sees what is committed, or what its unit wrote."""
        mine = self._units.reading()
        if mine is not None:
            with self._reported():
                yield mine
            return
        with self._reading, self._reported():
            if self._reader.in_transaction():
                yield self._reader
                return
            with self._reader.begin():
                yield self._reader

    def start_zone(self, zone: str) -> int:
        """Returns the zone's epoch, raised by one; a zone that does not exist is created."""
        with self.write() as connection:
            epoch = storing.raise_epoch(connection, zone)
            self._know(zone, self._committed(zone, {}))
        return epoch

    def load(self, zone: str, stores: Mapping[str, Store]) -> tuple[State, Plan]:
        """Returns the state and the last plan of a zone; one without any has an empty plan 0."""
        found = self._committed(zone, stores)
        return found.state, found.plan

    def commit(self, zone: str, commit: Commit) -> int:
        """
        Stores a commit, all of it or nothing, and returns the number of the zone's last event.

        Inside a unit it is durable with that.

        Raises
        ------
        DatabaseError
            If it could not be stored; with code ``fenced`` if the zone was started again since.
        KeyError
            If an event is about something the zone never heard of.
        ValueError
            If the plan's version is not above the last, or a number is infinite.
        """
        with self._units.lock:
            if self.catch_up():
                raise self._surpassed(zone)
            with self._units.unit():
                return self._commit(zone, commit)

    def _commit(self, zone: str, commit: Commit) -> int:
        mine = self._mine(zone)
        rows = rows_of(mine.zone.head_seq, mine.state, mine.plan, commit)
        log = chained(mine.zone.head_hash, zone, rows.log)
        plan = mine.plan if commit.plan is None else commit.plan
        if commit.plan is not None and plan.version <= mine.plan.version:
            raise ValueError(f"Expected a version above {mine.plan.version}, got {plan.version}.")
        moved = Zone(
            epoch=mine.zone.epoch,
            head_seq=mine.zone.head_seq + len(rows.log),
            plan_version=plan.version,
            quotes_given=rows.state.quotes_given,
            traffic_given=rows.state.traffic_given,
            head_hash=log[-1]["hash"] if log else mine.zone.head_hash,
        )
        connection = self._units.connection()
        if not storing.advance(connection, zone, mine.zone, moved):
            raise self._fenced(zone, mine.zone)
        storing.write(connection, zone, replace(rows, log=log))
        if commit.plan is not None:
            storing.write_plan(connection, zone, plan, moved.head_seq, moved.epoch)
        heard.write_answers(connection, zone, moved.head_seq, commit.answers)
        self._know(zone, _Committed(moved, rows.state, plan))
        return moved.head_seq

    def catch_up(self) -> bool:
        """
        Returns whether a commit that seemed to fail was stored after all.

        Then `load` gives what it led to. To be asked after a commit failed: a server may have
        stored it before the line broke, or store it still; this waits until that is settled.

        Raises
        ------
        DatabaseError
            If that cannot be found out yet. Until then nothing more is stored.
        """
        if not self._units.in_doubt:
            return False
        before = self._units.known
        with self.write() as connection:
            for zone, mine in before.items():
                # A zone that another program started meanwhile is fenced by its next commit.
                found = stored.lock_zone(connection, zone)
                if found.epoch == mine.zone.epoch and found != mine.zone:
                    self._know(zone, self._committed(zone, {}))
        self._units.in_doubt = False
        return self._units.known is not before

    def head(self, zone: str) -> int:
        """Returns the number of a zone's last event, 0 before the first."""
        with self.read() as connection:
            return stored.read_zone(connection, zone).head_seq

    def events_after(self, zone: str, seq: int, limit: int = 500) -> tuple[LoggedEvent, ...]:
        """Returns the first ``limit`` events of a zone numbered above ``seq``."""
        with self.read() as connection:
            return stored.read_log(connection, stored.after(zone, seq, limit))

    def latest(self, zone: str) -> int:
        """Returns the moment of the last event in a zone, in Unix seconds; 0 before the first."""
        last = self.events_after(zone, self.head(zone) - 1)
        return last[-1].at if last else 0

    def entries_after(self, zone: str, seq: int, limit: int = 500) -> list[dict[str, Any]]:
        """Returns the first ``limit`` entries of the log numbered above ``seq``, whole rows."""
        with self.read() as connection:
            return stored.read_entries(connection, zone, seq, limit)

    def history(self, zone: str, subject: str) -> tuple[LoggedEvent, ...]:
        """Returns the events about an order, a drop, a courier or a quote, by its id."""
        with self.read() as connection:
            return stored.read_log(connection, stored.about(zone, subject))

    def fold(self, zone: str, stores: Mapping[str, Store]) -> State:
        """Returns the state of a zone from its log alone: what the tables must be equal to."""
        with self.read() as connection:
            return stored.fold(connection, zone, stores)

    def plan(self, zone: str, version: int) -> Plan | None:
        """Returns a plan the zone once published, None if there is no such version."""
        with self.read() as connection:
            return stored.read_plan(connection, zone, version)

    def answer(self, courier: str, action_id: str) -> ActionAnswer | None:
        """Returns what a courier was told about a tap, None if the tap is new."""
        with self.read() as connection:
            return heard.read_answer(connection, courier, action_id)

    def save_positions(self, zone: str, courier: str, positions: Sequence[Position]) -> None:
        """Keeps the latest of a courier's positions; a crash may lose the last of them."""
        if positions:
            latest = max(positions, key=lambda position: position.at)
            with self.write(zone) as connection:
                storing.write_position(connection, zone, courier, latest)

    def positions(self, zone: str) -> dict[str, Position]:
        """Returns the latest known position of each courier of a zone."""
        with self.read() as connection:
            return stored.read_positions(connection, zone)

    def close(self) -> None:
        """Ends the use of the database; closing twice does nothing."""
        with self._units.lock, self._reading:
            # The reader first: the last connection to close empties the log into the file.
            self._opened.close()

    def _mine(self, zone: str) -> _Committed:
        if zone not in self._units.known:
            raise DatabaseError(
                f"The zone {zone!r} was not started.", at=self.at, cure="Start it first."
            )
        return self._units.known[zone]

    def _know(self, zone: str, known: _Committed) -> None:
        self._units.known = {**self._units.known, zone: known}

    def _committed(self, zone: str, stores: Mapping[str, Store]) -> _Committed:
        with self.read() as connection:
            found = stored.read_zone(connection, zone)
            state = stored.read_state(connection, zone, stores)
            plan = stored.read_plan(connection, zone, found.plan_version)
        return _Committed(found, state, plan or Plan())

    def _surpassed(self, zone: str) -> DatabaseError:
        return DatabaseError(
            f"The last commit of the zone {zone!r} was stored though it seemed to fail.",
            at=self.at,
            cure="Load the zone again: this commit does not follow it. Nothing more was stored.",
        )

    def _fenced(self, zone: str, mine: Zone) -> DatabaseError:
        return DatabaseError(
            f"The zone {zone!r} was started again, or written to, by another program since its "
            f"epoch {mine.epoch}, event {mine.head_seq}. Nothing was stored.",
            at=self.at,
            cure="Stop this program, or start it again.",
            code="fenced",
        )


def _backing(url: str, opened: ExitStack) -> Backing:
    try:
        parsed = make_url(url)
    except ArgumentError:
        # Which says what is expected.
        return open_file(path_of(url), opened)
    if parsed.drivername.partition("+")[0] != "postgresql":
        return open_file(path_of(url), opened)
    # The driver takes a while to load, and a file needs none.
    from dispatch.postgres import open_server

    return open_server(parsed, opened)
