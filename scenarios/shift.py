"""
A shift, played event by event against a service that plans it.

The world knows when orders come, how long things really take and what befalls an order; the
service knows none of it and is told by orders and taps alone.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from scenarios.agenda import Agenda
from scenarios.demand import Fate
from scenarios.log import Closing, Outcome
from scenarios.rounds import Rounds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scenarios.couriers import Rider
    from scenarios.demand import WantedOrder
    from scenarios.log import PlacedOrder, ShiftLog
    from scenarios.phone import Service

GLANCE_S = 60
"""Seconds after which a waiting courier looks again though nothing buzzed. Assumed."""

CHANGE_OF_MIND_S = 60
"""Seconds after which an order to be cancelled is; its goods are still being prepared then."""


class Shift:
    """
    The world of one shift, which changes as it is played; it writes ``log``.

    It ends when every urgent drop ended, at the latest ``patience_s`` after the end of demand.
    ``takes`` is asked of each order that comes; one that it turns away is never placed.
    """

    def __init__(
        self,
        service: Service,
        orders: Sequence[WantedOrder],
        riders: Sequence[Rider],
        log: ShiftLog,
        patience_s: int = 3600,
        takes: Callable[[WantedOrder], bool] = lambda order: True,
    ) -> None:
        self.service, self.riders, self.log = service, riders, log
        self._takes = takes
        self._until = log.end + patience_s
        self._seen = -1
        self._agenda = Agenda(log.start)
        self._rounds = Rounds(service, self._agenda, log)
        for order in orders:
            self._agenda.enter(order.at, partial(self._place, order))
        self._agenda.enter(log.start, self._glance)

    def play(self, progress: Callable[[int], None] = lambda now: None) -> None:
        """Plays to the end; ``progress`` is told each moment at which something happened."""
        agenda = self._agenda
        while agenda and not self._is_over(agenda.next_at):
            if agenda.next_at > agenda.now:
                self.service.advance(agenda.next_at)
            happen = agenda.take()
            self._buzz()
            happen()
            self._buzz()
            progress(agenda.now)
        self.stop()
        for drop in self.log.open_urgent_drops():
            self.log.faults.append(f"urgent drop {drop} was still open at the end")

    def stop(self) -> None:
        """Ends the play where it is; demand that was still to come does not count any more."""
        self.log.finished = self._agenda.now
        self.log.end = min(self.log.end, self.log.finished)
        self.log.legs += [leg for rider in self.riders for leg in rider.legs]
        self.log.legs += [rider.leg for rider in self.riders if rider.leg is not None]

    def _is_over(self, at: int) -> bool:
        return at > self._until or (at > self.log.end and not self.log.open_urgent_drops())

    def _buzz(self) -> None:
        """A new plan: those who wait will look at their phones."""
        if self.service.version != self._seen:
            self._seen = self.service.version
            for rider in self.riders:
                self._rounds.look_soon(rider)

    def _glance(self) -> None:
        for rider in self.riders:
            self._rounds.look_soon(rider)
        self._agenda.enter(self._agenda.now + GLANCE_S, self._glance)

    def _place(self, wanted: WantedOrder) -> None:
        if not self._takes(wanted):
            return
        order = self.service.place(wanted)
        self.log.placed.append(order)
        for drop, goods in zip(order.drops, wanted.drops, strict=True):
            self._rounds.cargo[drop] = (order, goods)
        if wanted.fate is Fate.CANCELLED:
            self._agenda.enter(self._agenda.now + CHANGE_OF_MIND_S, lambda: self._cancel(order))

    def _cancel(self, order: PlacedOrder) -> None:
        self.service.cancel(order.id)
        for drop in order.drops:
            self.log.closings[drop] = Closing(self._agenda.now, Outcome.CANCELLED)
