"""
The log of a shift: what was promised, what the couriers did, what went wrong.

It is written from what the world saw, not from what the service says of itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dispatch.promises import URGENT
from scenarios.couriers import Leg
from scenarios.demand import WantedOrder


class Outcome(StrEnum):
    """How a drop ended."""

    ACCEPTED = "accepted"
    PARTLY = "partly accepted"
    CLOSED = "desk closed"
    CANCELLED = "cancelled"
    LEFT = "customer left"


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """
    An order as the service answered it: what was wanted, and the promise in Unix seconds.

    ``usual_s`` is the time that is usually promised for such an order.
    """

    wanted: WantedOrder
    id: str
    placed_at: int
    due_at: int
    drops: tuple[str, ...]
    usual_s: int

    @property
    def promise_s(self) -> int:
        """The time promised, seconds."""
        return self.due_at - self.placed_at

    @property
    def requoted(self) -> bool:
        """Whether a longer time than usual was promised."""
        return self.promise_s > self.usual_s


@dataclass(frozen=True, slots=True)
class Closing:
    """When and how a drop ended."""

    at: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Replan:
    """
    What an event, or a search, did to the plan.

    ``cause`` is the kind of event, empty for a search or the mere passing of time. ``kept`` is how
    many drops were planned before and after, ``moved`` are those of them whose courier changed,
    ``flipped`` how many couriers got another next stop though the one before is still to be done.
    """

    at: int
    cause: str
    kept: int
    moved: tuple[str, ...]
    flipped: int


@dataclass(slots=True)
class ShiftLog:
    """
    What happened in a shift, written while it is played.

    Demand lasts from ``start`` to ``end``; the play itself until ``finished``. ``pauses`` are
    couriers with the start and end of their breaks. ``expected`` is when the service means to
    deliver drops that are still open (None: it does not say). ``decisions_ms`` is the wall time of
    each order's answer. ``moved`` are drops that changed courier, once for each time, ``replans``
    all that was done to the plan, where the service tells; ``faults`` what must not happen, in
    words.
    """

    start: int
    end: int
    couriers: Mapping[str, str]
    finished: int = 0
    placed: list[PlacedOrder] = field(default_factory=list)
    closings: dict[str, Closing] = field(default_factory=dict)
    pauses: list[tuple[str, int, int]] = field(default_factory=list)
    legs: list[Leg] = field(default_factory=list)
    expected: dict[str, int | None] = field(default_factory=dict)
    decisions_ms: list[float] = field(default_factory=list)
    plan_versions: int = 0
    moved: list[str] = field(default_factory=list)
    replans: list[Replan] = field(default_factory=list)
    superseded: int = 0
    faults: list[str] = field(default_factory=list)

    def of(self, service: str) -> list[PlacedOrder]:
        """Returns the orders of one service."""
        return [order for order in self.placed if order.wanted.service is service]

    def ends(self, order: PlacedOrder) -> list[Closing]:
        """Returns how the drops of an order ended, those that did."""
        return [self.closings[drop] for drop in order.drops if drop in self.closings]

    def closed_at(self, order: PlacedOrder) -> int | None:
        """Returns when the last drop of an order ended, None while one is open."""
        ends = self.ends(order)
        return max(end.at for end in ends) if len(ends) == len(order.drops) else None

    def is_cancelled(self, order: PlacedOrder) -> bool:
        """Tells whether an order was cancelled, or its customer left at once."""
        return self.has_left(order) or any(
            end.outcome is Outcome.CANCELLED for end in self.ends(order)
        )

    def has_left(self, order: PlacedOrder) -> bool:
        """Tells whether the customer left for the longer time that was promised."""
        return any(end.outcome is Outcome.LEFT for end in self.ends(order))

    def slack(self, order: PlacedOrder) -> int | None:
        """Returns the seconds left when the last drop ended, negative if late, None if open."""
        closed_at = self.closed_at(order)
        return None if closed_at is None else order.due_at - closed_at

    def open_urgent_drops(self) -> list[str]:
        """Returns the drops of urgent orders that have not ended."""
        orders = self.of(URGENT)
        return [drop for order in orders for drop in order.drops if drop not in self.closings]
