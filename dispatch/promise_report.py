"""
How promises were kept, by service, store, building, courier, channel or hour of placing.

An order over several desks counts once, where its last drop is: the open one named last, or else
the one that was closed last. That is the drop that decided whether the order was kept.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from dispatch.band_times import QUARTER_S
from dispatch.calendars import local
from dispatch.promises import PromiseState
from dispatch.status import state_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NOBODY = "nobody"
"""The group of orders whose last drop no courier had on board."""


class By(StrEnum):
    """What orders are put together by."""

    SERVICE = "service"
    STORE = "store"
    BUILDING = "building"
    COURIER = "courier"
    CHANNEL = "channel"
    HOUR = "hour"


@dataclass(frozen=True, slots=True)
class Promised:
    """
    A drop with what counts of its order; instants in Unix seconds.

    ``closed_at`` None: the drop is open. ``deadline`` None: the clock has not started, or stands
    still. ``courier`` has, or last had, the goods on board (None: nobody).
    """

    order: str
    service: str
    store: str
    placed_at: int
    cancelled_at: int | None
    deadline: int | None
    building: str
    courier: str | None
    closed_at: int | None
    channel: str = "api"


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """
    The promises of a group; ``promised`` counts all of them, cancelled ones too.

    ``late`` were handed over after their deadline, ``breached`` are past it and still open. The
    shares are of those decided: kept, late or breached; None where none is. ``late_p50_s`` and
    ``late_p95_s`` are by how many seconds the late and the breached are late, these so far.
    """

    group: str
    promised: int
    kept: int
    late: int
    breached: int
    cancelled: int
    paused: int
    running: int
    kept_share: float | None
    late_share: float | None
    breached_share: float | None
    late_p50_s: int | None
    late_p95_s: int | None


@dataclass(frozen=True, slots=True)
class PromiseReport:
    """A row per group, in the order of their names, and one for all of them together."""

    rows: tuple[PromiseRow, ...]
    total: PromiseRow


def promise_report(drops: Iterable[Promised], by: By, now: int, timezone: str) -> PromiseReport:
    """Returns how the promises of orders stand ``now``; the drops of an order in their order."""
    orders: dict[str, list[Promised]] = {}
    for drop in drops:
        orders.setdefault(drop.order, []).append(drop)
    groups: dict[str, list[tuple[PromiseState, int]]] = {}
    for siblings in orders.values():
        group = _group(last_drop(siblings), by, timezone)
        groups.setdefault(group, []).append(standing(siblings, now))
    everything = [found for members in groups.values() for found in members]
    rows = tuple(_row(group, groups[group]) for group in sorted(groups))
    return PromiseReport(rows, _row("all", everything))


def last_drop(drops: Sequence[Promised]) -> Promised:
    """Returns the drop that decides about its order: the last open one, or the last closed."""
    still_open = [drop for drop in drops if drop.closed_at is None]
    return still_open[-1] if still_open else max(drops, key=lambda drop: drop.closed_at or 0)


def standing(drops: Sequence[Promised], now: int) -> tuple[PromiseState, int]:
    """
    Returns the state of an order's promise, and the seconds by which it is late, 0 if it is not.

    The same states as :func:`dispatch.status.promise_of` gives.
    """
    order = drops[0]
    closed_at = None if order.cancelled_at is not None else last_drop(drops).closed_at
    state = state_at(order.deadline, closed_at, order.cancelled_at, now)
    if order.deadline is None or state not in (PromiseState.MET_LATE, PromiseState.BREACHED):
        return state, 0
    ends = [at for at in (closed_at, order.cancelled_at) if at is not None]
    return state, min(ends, default=now) - order.deadline


def _group(drop: Promised, by: By, timezone: str) -> str:
    if by is By.HOUR:
        return _hour(drop.placed_at // QUARTER_S, timezone)
    if by is By.COURIER:
        return drop.courier or NOBODY
    return str(getattr(drop, by.value))


@lru_cache(maxsize=4096)
def _hour(quarter: int, timezone: str) -> str:
    """Returns the local hour of a quarter; zones of time are whole quarters apart."""
    return f"{local(quarter * QUARTER_S, timezone):%H}:00"


def _row(group: str, members: Sequence[tuple[PromiseState, int]]) -> PromiseRow:
    count = Counter(state for state, _ in members)
    kept, late = count[PromiseState.MET], count[PromiseState.MET_LATE]
    breached = count[PromiseState.BREACHED]
    decided = kept + late + breached
    late_s = [seconds for _, seconds in members if seconds]
    p50, p95 = (
        (round(float(p)) for p in np.percentile(late_s, (50, 95))) if late_s else (None, None)
    )
    return PromiseRow(
        group=group,
        promised=len(members),
        kept=kept,
        late=late,
        breached=breached,
        cancelled=count[PromiseState.CANCELLED],
        paused=count[PromiseState.PAUSED],
        running=count[PromiseState.RUNNING],
        kept_share=_share(kept, decided),
        late_share=_share(late, decided),
        breached_share=_share(breached, decided),
        late_p50_s=p50,
        late_p95_s=p95,
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
