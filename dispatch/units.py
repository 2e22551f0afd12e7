"""
Units of work on the one connection that writes: each is stored whole, or nothing of it is.

A unit inside a unit is undone by itself when it fails, and durable only with the outermost. What
never writes costs nothing: a transaction, or a savepoint in it, begins with the first statement.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from dispatch.sqlite import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from dispatch.backing import Backing

T = TypeVar("T")

BEGIN = ""
"""The mark of a unit that is all there is in its transaction so far."""


@dataclass(slots=True)
class _Unit:
    """
    One unit under way.

    ``mark`` is where it goes back to: a savepoint, or the beginning; None before its first
    statement. ``known`` and ``in_doubt`` are what was known there.
    """

    mark: str | None = None
    known: Mapping[str, Any] | None = None
    in_doubt: bool = False


class _Mine(threading.local):
    """The units of one thread, the outermost first."""

    def __init__(self) -> None:
        self.units: list[_Unit] = []


class Units(Generic[T]):
    """
    The connection that writes.

    ``known`` is what its owner remembers of the database: replaced, never changed, it goes back
    together with what is undone. Any thread may begin a unit; from its first statement on it has
    the connection for itself. ``in_doubt`` says that a COMMIT failed, which a server may have done
    all the same before the line broke.
    """

    def __init__(self, backing: Backing) -> None:
        self.known: Mapping[str, T] = {}
        self.in_doubt = False
        self.lock = threading.RLock()
        self._backing = backing
        self._connection = backing.writer
        self._mine = _Mine()
        self._broken: BaseException | None = None

    @contextmanager
    def unit(self) -> Iterator[None]:
        """
        Makes what is written inside durable at the end of the outermost; undoes it if that fails.

        Raises
        ------
        DatabaseError
            If it could not be stored, or the transaction it is part of was lost on the way.
        """
        units = self._mine.units
        units.append(_Unit())
        try:
            with self._backing.reported():
                yield
                self._keep()
        except BaseException as error:
            self._undo(error)
            raise
        finally:
            units.pop()

    def connection(self) -> Connection:
        """Returns the connection for this thread's unit to write by."""
        units = self._mine.units
        # Units without a statement are the innermost: the first of any begins those around it.
        pending = [unit for unit in units if unit.mark is None]
        if pending:
            mark = self._mark(len(units) - len(pending))
            for unit in pending:
                unit.mark, unit.known, unit.in_doubt = mark, self.known, self.in_doubt
        elif self._broken is not None:
            raise self._broken
        return self._connection

    def reading(self) -> Connection | None:
        """Returns the connection that sees what this thread's unit wrote; None if it has not."""
        if not any(unit.mark is not None for unit in self._mine.units):
            return None
        if self._broken is not None:
            raise self._broken
        return self._connection

    def _mark(self, depth: int) -> str:
        if depth == 0:
            self.lock.acquire()
            try:
                self._connection.begin()
            except BaseException:
                self.lock.release()
                raise
            return BEGIN
        if self._broken is not None:
            raise self._broken
        self._connection.exec_driver_sql(f"SAVEPOINT unit_{depth}")
        return f"unit_{depth}"

    def _keep(self) -> None:
        """Ends the innermost unit well."""
        units = self._mine.units
        mark = units[-1].mark
        if mark is None:
            return
        if len(units) == 1:
            self._check()
            self._commit()
            self.lock.release()
            # Nothing is left to undo.
            units[-1].mark = None
        elif mark != units[-2].mark:
            self._connection.exec_driver_sql(f"RELEASE SAVEPOINT {mark}")

    def _check(self) -> None:
        """A database may have undone it all by itself; a COMMIT then would seem to work."""
        if self._broken is not None:
            raise self._broken
        if not self._backing.is_sound():
            raise self._given_up()

    def _commit(self) -> None:
        try:
            self._connection.commit()
        except BaseException:
            # For when it is undone, in a moment.
            self._mine.units[-1].in_doubt = True
            raise

    def _given_up(self) -> DatabaseError:
        what = "The database gave up the transaction."
        return DatabaseError(what, at=self._backing.at, cure="Try again.")

    def _undo(self, error: BaseException) -> None:
        """Takes back what the innermost unit wrote."""
        units = self._mine.units
        mark, known = units[-1].mark, units[-1].known
        if mark is None or known is None:
            return
        self.known, self.in_doubt = known, units[-1].in_doubt
        if mark == BEGIN:
            self._roll_back(units)
            return
        try:
            self._connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {mark}")
            if mark != units[-2].mark:
                self._connection.exec_driver_sql(f"RELEASE SAVEPOINT {mark}")
        except SQLAlchemyError:
            # On a full disk, say, SQLite undoes the whole transaction at once; a line may break.
            self._broken = error if isinstance(error, DatabaseError) else self._given_up()

    def _roll_back(self, units: list[_Unit]) -> None:
        try:
            self._backing.abandon()
        finally:
            self._broken = None
            for unit in units:
                unit.mark = None
            self.lock.release()
