"""
What a shift came to: promises kept, lateness, work done by couriers, speed of decisions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatch.promises import STANDARD, URGENT
from scenarios.log import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scenarios.couriers import Leg
    from scenarios.log import PlacedOrder, ShiftLog


@dataclass(frozen=True, slots=True)
class Late:
    """An order that came late, by how many seconds."""

    order: str
    customer: str
    by_s: int


@dataclass(frozen=True, slots=True)
class Summary:
    """
    A shift in figures; ``_s`` seconds, ``_ms`` milliseconds.

    ``kept`` and ``late`` are about urgent orders that ended and were not cancelled: an order whose
    desk was closed in time counts as kept. ``utilisation`` is the share of the couriers' time from
    the first order to the end of demand on the way, loading or handing over; ``at_counter`` the
    share waiting for goods at the store, not in it.
    """

    urgent: int
    urgent_drops: int
    usual_promise: int
    requoted: int
    cancelled: int
    kept: int
    late: tuple[Late, ...]
    late_p50_s: int
    late_p95_s: int
    late_max_s: int
    desk_p50_s: int
    desk_p95_s: int
    urgent_open: int
    desks_closed: int
    partly_accepted: int
    standard: int
    standard_drops: int
    standard_delivered: int
    standard_on_course: int
    plan_versions: int
    moved_drops: int
    superseded: int
    decision_p50_ms: float
    decision_p99_ms: float
    distance_km: float
    couriers: int
    utilisation: float
    at_counter: float
    faults: tuple[str, ...]
    wall_s: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether every urgent drop ended and nothing happened that must not."""
        return self.urgent_open == 0 and not self.faults


def summarise(log: ShiftLog, wall_s: float = 0.0) -> Summary:
    """Returns a shift in figures; it took ``wall_s`` seconds to play."""
    urgent, standard = log.of(URGENT), log.of(STANDARD)
    alive = [order for order in urgent if not log.is_cancelled(order)]
    late = [
        Late(order.id, order.wanted.drops[0].desk.name, -slack)
        for order in alive
        if (slack := log.slack(order)) is not None and slack < 0
    ]
    ended = [(order, at) for order in alive if (at := log.closed_at(order)) is not None]
    by_s = [each.by_s for each in late]
    to_desk = [at - order.placed_at for order, at in ended]
    outcomes = [closing.outcome for closing in log.closings.values()]
    busy, waiting = courier_shares(log.legs, len(log.couriers), log.start, log.end)
    return Summary(
        urgent=len(urgent),
        urgent_drops=sum(len(order.drops) for order in urgent),
        usual_promise=sum(not order.requoted for order in urgent),
        requoted=sum(order.requoted for order in urgent),
        cancelled=sum(log.is_cancelled(order) for order in log.placed),
        kept=len(ended) - len(late),
        late=tuple(late),
        late_p50_s=round(percentile(by_s, 50)),
        late_p95_s=round(percentile(by_s, 95)),
        late_max_s=max(by_s, default=0),
        desk_p50_s=round(percentile(to_desk, 50)),
        desk_p95_s=round(percentile(to_desk, 95)),
        urgent_open=len(log.open_urgent_drops()),
        desks_closed=outcomes.count(Outcome.CLOSED),
        partly_accepted=outcomes.count(Outcome.PARTLY),
        standard=len(standard),
        standard_drops=sum(len(order.drops) for order in standard),
        standard_delivered=sum(log.closed_at(order) is not None for order in standard),
        standard_on_course=sum(is_on_course(log, order) for order in standard),
        plan_versions=log.plan_versions,
        moved_drops=len(log.moved),
        superseded=log.superseded,
        decision_p50_ms=round(percentile(log.decisions_ms, 50), 1),
        decision_p99_ms=round(percentile(log.decisions_ms, 99), 1),
        distance_km=round(sum(leg.distance_m for leg in log.legs) / 1000, 1),
        couriers=len(log.couriers),
        utilisation=round(busy, 3),
        at_counter=round(waiting, 3),
        faults=tuple(log.faults),
        wall_s=round(wall_s, 1),
    )


def is_on_course(log: ShiftLog, order: PlacedOrder) -> bool:
    """Tells whether each drop ended, or is expected to end, by the date promised."""
    moments = [
        log.closings[drop].at if drop in log.closings else log.expected.get(drop)
        for drop in order.drops
    ]
    return all(moment is not None and moment <= order.due_at for moment in moments)


def courier_shares(legs: Iterable[Leg], couriers: int, start: int, end: int) -> tuple[float, float]:
    """
    Returns which shares of the couriers' time between two moments were work and waiting for goods.

    Work is the way, loading and handing over; what lies outside the two moments does not count.
    """
    busy = waiting = 0
    for leg in legs:
        busy += _overlap(leg.departed, leg.arrived, start, end)
        if leg.began is not None and leg.ended is not None:
            waiting += _overlap(leg.arrived, leg.began, start, end)
            busy += _overlap(leg.began, leg.ended, start, end)
    total = couriers * (end - start)
    return (busy / total, waiting / total) if total else (0.0, 0.0)


def _overlap(a: int, b: int, start: int, end: int) -> int:
    return max(0, min(b, end) - max(a, start))


def percentile(values: Sequence[float], percent: float) -> float:
    """Returns the smallest value that ``percent`` of the values do not exceed; 0 for none."""
    if not values:
        return 0.0
    rank = math.ceil(percent / 100 * len(values))
    return float(sorted(values)[max(rank, 1) - 1])
