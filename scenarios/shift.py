"""
A shift, played event by event against a service that plans it.

The world knows when orders come, how long things really take and what befalls an order; the
service knows none of it and is told by orders and taps alone. Its clock is SimPy's: what is due at
the same second happens in the order in which it was entered, so that a world repeats itself.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simpy import Environment

from dispatch.promises import URGENT
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


class Shift:
    """
    The world of one shift, which changes as it is played; it writes ``log``.

    It ends when every urgent drop ended, at the latest ``patience_s`` after the end of demand.
    ``takes`` is asked of each order that comes; one that it turns away is never placed. ``clock``
    gives the seconds by which the service's answers to orders are timed (None: they are not).
    """

    def __init__(
        self,
        service: Service,
        orders: Sequence[WantedOrder],
        riders: Sequence[Rider],
        log: ShiftLog,
        patience_s: int = 3600,
        takes: Callable[[WantedOrder], bool] = lambda order: True,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.service, self.riders, self.log = service, riders, log
        self._takes, self._clock = takes, clock
        self._until = log.end + patience_s
        self._seen = -1
        self._env = Environment(log.start)
        self._rounds = Rounds(service, self._env, log)
        for order in orders:
            self._enter(order.at, partial(self._place, order))
        self._enter(log.start, self._glance)
        for rider in riders:
            if rider.comes_at > log.start:
                self._enter(rider.comes_at, partial(self._rounds.come, rider))

    @property
    def now(self) -> int:
        """The moment it is, Unix seconds."""
        return int(self._env.now)

    def play(self, progress: Callable[[int], None] = lambda now: None) -> None:
        """Plays to the end; ``progress`` is told each moment at which something happened."""
        env = self._env
        # A clock with nothing left to happen says that the next is at infinity.
        while env.peek() < float("inf") and not self._is_over(int(env.peek())):
            if env.peek() > env.now:
                self._wait_until(int(env.peek()))
            self._buzz()
            env.step()
            self._buzz()
            progress(self.now)
        self.stop()
        for drop in self.log.open_urgent_drops():
            self.log.faults.append(f"urgent drop {drop} was still open at the end")

    def stop(self) -> None:
        """Ends the play where it is; demand that was still to come does not count any more."""
        self.log.finished = self.now
        self.log.end = min(self.log.end, self.log.finished)
        self.log.legs += [leg for rider in self.riders for leg in rider.legs]
        self.log.legs += [rider.leg for rider in self.riders if rider.leg is not None]

    def _enter(self, at: int, happen: Callable[[], None]) -> None:
        """Lets something happen at a moment. Raises ValueError for one that is over."""
        if at < self.now:
            raise ValueError(f"Expected a moment from {self.now} on, got {at}.")
        self._env.timeout(at - self.now).callbacks.append(lambda _: happen())

    def _wait_until(self, at: int) -> None:
        """Moves the clock alone, before what is due then happens; the planner comes to rest."""
        self.service.advance(at)
        self._env.run(until=at)

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
        self._enter(self.now + GLANCE_S, self._glance)

    def _place(self, wanted: WantedOrder) -> None:
        if not self._takes(wanted):
            return
        order = self._answered(wanted)
        self.log.placed.append(order)
        for drop, goods in zip(order.drops, wanted.drops, strict=True):
            self._rounds.cargo[drop] = (order, goods)
        if wanted.leaves and wanted.service == URGENT and order.requoted:
            self._cancel(order, Outcome.LEFT)
        elif wanted.fate is Fate.CANCELLED:
            changes_at = self.now + wanted.cancel_after_s
            self._enter(changes_at, lambda: self._cancel(order, Outcome.CANCELLED))

    def _answered(self, wanted: WantedOrder) -> PlacedOrder:
        """Places an order; the time that its answer took is noted where there is a clock."""
        if self._clock is None:
            return self.service.place(wanted)
        began = self._clock()
        order = self.service.place(wanted)
        self.log.decisions_ms.append((self._clock() - began) * 1000)
        return order

    def _cancel(self, order: PlacedOrder, outcome: Outcome) -> None:
        """Cancels an order, if it is not too late: then it is brought like any other."""
        if self.service.cancel(order.id):
            for drop in order.drops:
                self.log.closings[drop] = Closing(self.now, outcome)
