"""
What is promised: services as data, with clocks of four kinds, and a promise as it was given.

An order keeps its promise as it was when the clock was set: a service that changes later, or a
calendar that is corrected, moves nothing that was said before unless an event says so.

References
----------
Civil Code of the People's Republic of China, articles 200 to 204: a period counted in days begins
on the next day; where it ends on a statutory holiday it ends on the next day that is none; the last
day ends at 24:00, or at the close of business where there are business hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class WallClock:
    """So many ``seconds`` after the start, by day and by night."""

    seconds: int


@dataclass(frozen=True, slots=True)
class BusinessTime:
    """So many ``seconds`` of business hours after the start."""

    seconds: int


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """
    The end of the so manieth working day after the day of the start.

    ``at_close`` says whether a day ends at the close of business or at 24:00.
    """

    days: int
    at_close: bool = True


@dataclass(frozen=True, slots=True)
class CalendarDays:
    """The end (24:00) of the so manieth day after the start; ``rolls`` moves it off holidays."""

    days: int
    rolls: bool = True


Clock = WallClock | BusinessTime | WorkingDays | CalendarDays
"""How the time of a promise is counted."""


class Start(StrEnum):
    """What starts the clock of a service."""

    PLACED = "placed"
    GOODS_ARRIVED = "goods_arrived"


class PromiseState(StrEnum):
    """How a promise stands."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    MET_LATE = "met_late"
    BREACHED = "breached"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Service:
    """
    What a supplier offers.

    ``urgent`` puts its drops into the first tiers of the plan and into routes at once; others wait
    for company. ``negotiable`` says whether a longer time may be quoted where the usual one cannot
    be kept. ``answer_s`` is by when a first answer is due after placing (None: none is promised).
    ``cut_off`` is the second of the local day from which an order counts as placed on the next
    working day (None: never). ``calendar`` names one of the zone's; empty where the clock needs
    none.
    """

    name: str
    clock: Clock
    urgent: bool
    negotiable: bool
    starts: Start = Start.PLACED
    answer_s: int | None = None
    cut_off: int | None = None
    calendar: str = ""


URGENT, STANDARD, SPECIAL = "urgent", "standard", "special"
"""Names of the services that ship."""

MINUTE = 60

URGENT_S = 22 * MINUTE
"""The time of the urgent and the special service that ship."""

SHIPPED = (
    Service(URGENT, WallClock(URGENT_S), urgent=True, negotiable=True),
    Service(STANDARD, WorkingDays(1), urgent=False, negotiable=False),
    Service(
        SPECIAL,
        WallClock(URGENT_S),
        urgent=True,
        negotiable=True,
        starts=Start.GOODS_ARRIVED,
        answer_s=MINUTE,
    ),
)
"""The services of a zone whose settings name no others."""


@dataclass(frozen=True, slots=True)
class Promise:
    """
    What was promised to an order, pinned when it was placed.

    ``calendar`` is the version of the table it is counted by (empty: none is needed), and
    ``provisional`` says that a year in it is not yet published. ``warn_at`` are the parts of its
    time after which somebody is told.
    """

    clock: Clock
    starts: Start = Start.PLACED
    answer_s: int | None = None
    cut_off: int | None = None
    calendar: str = ""
    provisional: bool = False
    warn_at: tuple[float, ...] = (0.5, 0.8)


WITHIN_22_MINUTES = Promise(WallClock(URGENT_S))
"""The promise of an order whose own was not written down: before services were data."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which a clock stood still, and why; ``until`` None: it still does."""

    reason: str
    since: int
    until: int | None = None
