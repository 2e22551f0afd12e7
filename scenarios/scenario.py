"""
What kind of day a world has: a value, and the TOML file that says it.

A scenario says what is likely; what happens is drawn from it and a seed (`scenarios.day`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from dispatch.errors import InvalidRequest

if TYPE_CHECKING:
    from pathlib import Path

DAY_MIN = 24 * 60


class Profile(StrEnum):
    """How orders come over the day: as offices order, or evenly."""

    OFFICE = "office"
    FLAT = "flat"


class Family(StrEnum):
    """The families of luck of `scenarios.luck` that a scenario can choose."""

    LOGNORMAL = "lognormal"
    WEATHER = "weather"


@dataclass(frozen=True, slots=True)
class Burst:
    """
    Urgent orders of one building within minutes, the first of them ``after_min`` from the start.

    ``building`` is its id; empty: one is drawn.
    """

    after_min: int
    orders: int = 8
    minutes: int = 5
    building: str = ""

    def __post_init__(self) -> None:
        """Raises InvalidRequest for a burst that makes no sense."""
        bounds: tuple[Bounds, ...] = (
            ("after_min", 0, DAY_MIN),
            ("orders", 1, 200),
            ("minutes", 1, DAY_MIN),
        )
        _check(self, bounds, "burst.")


@dataclass(frozen=True, slots=True)
class Scenario:
    """
    A day of a zone with one store.

    It begins at ``start`` of the zone's clock and has demand for ``minutes``. Orders per hour are
    means over the day, whatever its ``profile``; they are of ``desks`` desks with log-normal
    weights of sigma ``uneven``, and a share of ``several_drops`` is for two or three of them.

    Of the ``couriers`` so many are ``dropping_out`` for good at some moment, once their goods are
    handed over, and so many are ``coming_late`` by ``late_min`` minutes; nobody tells the planner.

    Planned times are multiplied by luck of a ``family``: ``travel_noise`` is the sigma, or the
    coefficient of variation, of rides and ways inside, ``service_noise`` that of loading and
    handing over where the family has it. It rains a share of ``rain`` of the time, and then rides
    take longer by the share ``rain_slows``. ``lift_queues`` lengthens ways inside by waiting at
    lifts that nobody planned: at 1 by a fifth on average, a third in peaks, half at lunch.

    ``cancelled``, ``closed`` and ``rejected`` are shares of orders: called off within minutes, not
    taken because the desk is closed, a unit given back. Of the customers who are promised a longer
    time than usual a share of ``leaving`` does not order. The store announces goods
    ``announced_min`` after the order; really they take ``prepared_min`` on average, log-normally
    spread by ``prepared_sigma``, and a courier waits at the counter until they are there.

    Raises InvalidRequest for a value that makes no sense.
    """

    name: str = "A day"
    date: dt.date = dt.date(2026, 11, 24)
    start: dt.time = dt.time(9)
    minutes: int = 8 * 60
    couriers: int = 5
    urgent_per_hour: float = 14.0
    standard_per_hour: float = 12.0
    profile: Profile = Profile.OFFICE
    desks: int = 400
    uneven: float = 1.0
    several_drops: float = 0.2
    bursts: tuple[Burst, ...] = ()
    dropping_out: int = 0
    coming_late: int = 0
    late_min: int = 30
    family: Family = Family.LOGNORMAL
    travel_noise: float = 0.25
    service_noise: float = 0.25
    rain: float = 0.0
    rain_slows: float = 0.2
    lift_queues: float = 0.0
    cancelled: float = 0.02
    closed: float = 0.02
    rejected: float = 0.02
    leaving: float = 0.0
    announced_min: float = 4.0
    prepared_min: float = 4.0
    prepared_sigma: float = 0.25

    def __post_init__(self) -> None:
        _check(self, BOUNDS)
        if not self.name.strip():
            raise wrong("name", self.name, "The name is empty.", "Give a name.")
        away = self.dropping_out + self.coming_late
        if away > self.couriers:
            raise wrong(
                "dropping_out",
                self.dropping_out,
                f"Of {self.couriers} couriers {away} drop out or come late.",
                "Give fewer of them, or more couriers.",
            )
        for burst in self.bursts:
            if burst.after_min >= self.minutes:
                raise wrong(
                    "burst.after_min",
                    burst.after_min,
                    f"A burst begins {burst.after_min} min after the start of a day of"
                    f" {self.minutes} min.",
                    f"Give 0 to {self.minutes - 1}.",
                )

    @property
    def announced_s(self) -> int:
        """The seconds after which the store announces goods."""
        return round(self.announced_min * 60)

    def starts_at(self, timezone: str) -> int:
        """Returns the start in Unix seconds, for an IANA time zone."""
        moment = dt.datetime.combine(self.date, self.start, tzinfo=ZoneInfo(timezone))
        return int(moment.timestamp())


Bounds = tuple[str, float, float]
"""A figure, the least it may be, and the most."""

SHARES = ("several_drops", "rain", "cancelled", "closed", "rejected", "leaving")

BOUNDS: tuple[Bounds, ...] = (
    ("minutes", 1, DAY_MIN),
    ("couriers", 1, 500),
    ("urgent_per_hour", 0, 2000),
    ("standard_per_hour", 0, 2000),
    ("desks", 1, 100_000),
    ("uneven", 0, 5),
    ("dropping_out", 0, 500),
    ("coming_late", 0, 500),
    ("late_min", 1, DAY_MIN),
    ("travel_noise", 0, 1),
    ("service_noise", 0, 1),
    ("rain_slows", 0, 5),
    ("lift_queues", 0, 10),
    ("announced_min", 0, DAY_MIN),
    ("prepared_min", 0, DAY_MIN),
    ("prepared_sigma", 0, 2),
    *((share, 0, 1) for share in SHARES),
)
"""What the figures of a scenario may be."""

WHY = {
    "couriers": "A world without couriers brings nothing.",
    "minutes": "A day that ends before it starts has no orders.",
}
"""Said of a figure below its least, where the number alone does not say it."""


def _check(value: object, bounds: tuple[Bounds, ...], prefix: str = "") -> None:
    for name, least, most in bounds:
        figure = getattr(value, name)
        if not least <= figure <= most:
            why = f" {WHY[name]}" if name in WHY and figure < least else ""
            what = f"{name} is {figure}.{why}"
            raise wrong(prefix + name, figure, what, f"Give {least} to {most}.")


def wrong(at: str, value: object, what: str, cure: str) -> InvalidRequest:
    """Returns the error for a value of a scenario."""
    return InvalidRequest(what, at=at, cure=cure, value=value)


def read_scenario(path: Path) -> Scenario:
    """
    Returns the scenario of a TOML file; what it does not say is as usual.

    Its keys are the fields of `Scenario` and, instead of ``minutes``, ``end``; bursts are
    ``[[burst]]`` tables of `Burst`. Raises InvalidRequest, which names file and key, for a file
    that cannot be read, unknown keys, values of another kind and those that make no sense.
    """
    from scenarios.scenario_files import scenario_of, table_of

    try:
        return scenario_of(table_of(path))
    except InvalidRequest as error:
        at = f"{path}: {error.at}" if error.at else str(path)
        raise InvalidRequest(error.what, at=at, cure=error.cure, value=error.value) from None
