"""
What a played day came to, order by order and decision by decision, as it is kept in a file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.days_zone import Decision
from dispatch.promises import STANDARD, URGENT
from scenarios.demand import Fate
from scenarios.metrics import courier_shares, is_on_course

if TYPE_CHECKING:
    from benchmarks.days_zone import Measured
    from scenarios.log import PlacedOrder, ShiftLog


@dataclass(frozen=True, slots=True)
class Told:
    """
    One order: what was promised, and what came of it; seconds from its placing.

    ``number`` is that of the world, the same for every policy. ``took_s`` is when its last drop
    ended (None: it did not). ``left`` says that the customer left for the longer time. ``chance``
    is what was foreseen of the promise when it was given (None: nothing), ``on_course`` whether a
    standard order came, or is planned, by its date.
    """

    number: int
    service: str
    promise_s: int
    usual_s: int
    took_s: int | None
    left: bool
    chance: float | None
    on_course: bool

    @property
    def is_kept(self) -> bool:
        """Whether it came within what was promised."""
        return not self.left and self.took_s is not None and self.took_s <= self.promise_s

    @property
    def is_usual(self) -> bool:
        """Whether it came within the usual time, whatever was promised."""
        return not self.left and self.took_s is not None and self.took_s <= self.usual_s

    @property
    def late_s(self) -> int:
        """By how much it came late; one that never came is as late as it was promised, at least."""
        return max(
            0, (self.took_s if self.took_s is not None else 2 * self.promise_s) - self.promise_s
        )


@dataclass(frozen=True, slots=True)
class Day:
    """
    A day as one policy decided it.

    ``busy_s`` are the seconds in which couriers rode, loaded or handed over, ``waiting_s`` those in
    which they waited for goods at the counter, both of ``duty_s`` on duty while orders came.
    ``refused`` are moments at which another solver had no plan to give.
    """

    orders: tuple[Told, ...]
    decisions: tuple[Decision, ...]
    busy_s: int
    duty_s: int
    waiting_s: int = 0
    faults: tuple[str, ...] = ()
    refused: int = 0
    wall_s: float = 0.0

    @property
    def urgent(self) -> tuple[Told, ...]:
        """Returns the urgent orders."""
        return tuple(order for order in self.orders if order.service == URGENT)

    @property
    def standard(self) -> tuple[Told, ...]:
        """Returns the standard orders."""
        return tuple(order for order in self.orders if order.service == STANDARD)


def told(log: ShiftLog, zone: Measured, wall_s: float) -> Day:
    """
    Returns what the log of a played day says.

    Orders that were to be called off are not in it, though where a courier was quick they were not:
    the days of all policies have the same orders.
    """
    alive = [order for order in log.placed if order.wanted.fate is not Fate.CANCELLED]
    busy, waiting = courier_shares(log.legs, len(log.couriers), log.start, log.end)
    duty_s = len(log.couriers) * (log.end - log.start)
    return Day(
        orders=tuple(_told(log, order, zone.chances.get(order.id)) for order in alive),
        decisions=tuple(zone.decisions),
        busy_s=round(busy * duty_s),
        duty_s=duty_s,
        waiting_s=round(waiting * duty_s),
        faults=tuple(log.faults),
        refused=len(zone.refused),
        wall_s=round(wall_s, 1),
    )


def _told(log: ShiftLog, order: PlacedOrder, chance: float | None) -> Told:
    closed_at = log.closed_at(order)
    return Told(
        number=order.wanted.number,
        service=str(order.wanted.service),
        promise_s=order.promise_s,
        usual_s=order.usual_s,
        took_s=None if closed_at is None else closed_at - order.placed_at,
        left=log.has_left(order),
        chance=chance,
        on_course=is_on_course(log, order),
    )


def as_json(day: Day) -> str:
    """Returns a day as text."""
    rest = {
        name: getattr(day, name)
        for name in ("busy_s", "duty_s", "waiting_s", "faults", "refused", "wall_s")
    }
    rows = {
        "orders": [_values(order) for order in day.orders],
        "decisions": [_values(decision) for decision in day.decisions],
    }
    return json.dumps(rows | rest)


def from_json(text: str) -> Day:
    """Returns the day that a text has. Raises ValueError, TypeError or KeyError for another."""
    raw = json.loads(text)
    orders = tuple(Told(*row) for row in raw.pop("orders"))
    decisions = tuple(Decision(*row) for row in raw.pop("decisions"))
    return Day(orders, decisions, **raw | {"faults": tuple(raw["faults"])})


def _values(record: Told | Decision) -> list[Any]:
    found = (getattr(record, name) for name in record.__dataclass_fields__)
    return [round(value, 4) if isinstance(value, float) else value for value in found]
