"""
A zone that is open: what it knows and what it wrote, which always are the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from api.asked import Room
from api.clock import Clock
from api.opening import open_zone
from api.settings import Settings
from api.ways import Ways
from dispatch import stored
from dispatch.city import City
from dispatch.commit import Commit
from dispatch.promising import recalculated
from dispatch.store import DatabaseError
from dispatch.traffic import restore

log = logging.getLogger(__name__)


class Opened:
    """
    The dispatcher of a zone and its database.

    ``committed`` is the number of the last event written. ``is_behind`` says that a commit was
    stored though it seemed to fail, and is not read yet: nothing more is written until it is.

    Mutable because a zone goes on; used on the zone's thread only.
    """

    def __init__(self, settings: Settings, clock: Clock, city: City | None) -> None:
        self.is_behind = False
        self.committed = 0
        self._actor = ""
        self._settings, self._clock = settings, clock
        self._owns_city = city is None
        self._usual = settings.policy_values()
        self._quick = replace(self._usual, quote_search_s=0.0, quote_search_moves=0)
        self.dispatcher, self.database = open_zone(settings, clock, city, self._commit)
        try:
            self._begin(clock.now())
        except BaseException:
            # Else nobody could open it again while this process is there.
            self.close()
            raise

    def _begin(self, now: int) -> None:
        """Does what is due since the zone was last open."""
        self.ways = Ways(self.dispatcher.city)
        self.timezone = ZoneInfo(self.dispatcher.city.timezone)
        with self.database.unit():
            restore(self.dispatcher, now)
            counted_anew = recalculated(self.dispatcher.state, self.dispatcher.calendars, now)
            self.dispatcher.record(now, *counted_anew)
            self.dispatcher.notice(now)
        with self.database.read() as connection:
            self.epoch = stored.read_zone(connection, self._settings.zone).epoch
        self.read_again()

    def read_again(self) -> None:
        """Finds out how far the log goes."""
        self.committed = self.database.head(self._settings.zone)
        self.is_behind = False

    def close(self) -> None:
        """Ends the use of the database, and of the city if it was opened with it."""
        self.database.close()
        if self._owns_city:
            self.dispatcher.city.close()

    def _commit(self, commit: Commit) -> None:
        if self.is_behind:
            raise DatabaseError(
                "The last commit was stored though it seemed to fail, and is not read yet.",
                at=self.database.at,
                cure="Try again.",
            )
        told = replace(commit, actor=commit.actor or self._actor)
        self.committed = self.database.commit(self._settings.zone, told)

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Makes what is done inside durable when it ends; else it was never done, nor is known."""
        before, committed = self.dispatcher.memory(), self.committed
        try:
            with self.database.unit():
                yield
        except BaseException:
            self.dispatcher.restore(before)
            self.committed = committed
            raise

    def room(self) -> Room:
        """Returns what work finds now."""
        now = self._clock.now()
        return Room(self._settings.zone, self.dispatcher, self.database, self.ways, now)

    def do(
        self, work: Callable[[Room], Any], room: Room, actor: str = ""
    ) -> tuple[Any, BaseException | None]:
        """Returns what work gave in an actor's name, or what it raised; then all is undone."""
        self._actor = actor
        try:
            with self.unit():
                return work(room), None
        except BaseException as error:
            return None, error
        finally:
            self._actor = ""

    def notice(self, room: Room) -> bool:
        """
        Writes down what fell due; returns whether it could, so that nothing later is missed.

        It is a unit of its own: nobody's order or tap is refused because it failed, nor the other
        way round.
        """
        try:
            moment = room.dispatcher.next_moment()
            if moment is not None and moment <= room.now:
                with self.unit():
                    room.dispatcher.notice(room.now)
        except Exception:
            # It is tried again with the next work.
            log.exception("What fell due could not be written")
            return False
        return True

    def plan_by(self, *, search: bool) -> None:
        """Lets quotes search for a better plan, or plan by insertion only."""
        self.dispatcher.policy = self._usual if search else self._quick
