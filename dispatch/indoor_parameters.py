"""What every movement off the bike takes, with its source, and the bands of the day."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Any

BANDS = ("day", "peak", "lunch")
"""The time bands, fastest first."""


def band_at(local_seconds_of_day: int) -> str:
    """
    Returns the band of a moment of the local day; only the wait for a lift depends on it.

    Lunch is 11:00 to 13:30, peak 8:00 to 9:30 and 16:30 to 18:00, the end excluded:
    arrival, two-way and departure traffic of an office lift (BCO Guide to Specification).
    """
    hour = local_seconds_of_day % 86_400 / 3600
    if 11 <= hour < 13.5:
        return "lunch"
    if 8 <= hour < 9.5 or 16.5 <= hour < 18:
        return "peak"
    return "day"


def slower_band(a: str, b: str) -> str:
    """Returns the band in which lifts are slower. Raises ValueError for an unknown band."""
    return max(a, b, key=BANDS.index)


def _figure(value: float, source: str) -> Any:
    """Returns a field with its default and where the default is from."""
    return field(default=value, metadata={"source": source})


@dataclass(frozen=True, slots=True)
class IndoorParameters:
    """
    What every movement off the bike takes, in seconds, metres and metres per second.

    All are defaults for what is not known of a building; `source` says where each is from.
    ``lift_stops_per_floor`` are stops on the way for each floor passed, ``stair_slope`` metres
    along the stair per floor, ``stairs_up`` and ``stairs_down`` metres per second along it,
    ``badge`` the seconds until somebody opens a door, ``escort`` until somebody comes.

    Raises ValueError where a duration is negative or a speed or height is not positive.
    """

    leave: float = _figure(20, "unlock the bike and set off: an estimate")
    park: float = _figure(
        60,
        "find a stand and lock the bike: an estimate; parked time is about 60 % of a round "
        "(Allen et al. 2018, Transportation Research Record 2672)",
    )
    park_at_store: float = _figure(15, "set the bike down at the store, unlocked: an estimate")
    check_in: float = _figure(
        45,
        "lobby and security: an estimate, within the twelve minutes of lifts and doors per "
        "visit seen in a 62-floor tower (UW Urban Freight Lab 2018)",
    )
    lobby_walk: float = _figure(15, "door to lift or stairs, 20 m at 1.3 m/s: an estimate")
    reception_walk: float = _figure(10, "door to reception, 13 m at 1.3 m/s: an estimate")
    desk_walk: float = _figure(25, "lift to desk, 30 m at 1.3 m/s, rounded up: an estimate")
    desk_to_desk: float = _figure(30, "one desk to another on the same floor: an estimate")
    walk_speed: float = _figure(1.3, "0.8 to 1.7 m/s (IES VE manual)")
    badge: float = _figure(20, "ring and be let in by somebody with a badge: an estimate")
    escort: float = _figure(120, "wait until somebody comes down to the lobby: an estimate")
    lift_wait_day: float = _figure(
        30, "satisfactory design value; 20 s is excellent, 50 s unacceptable (BCO Guide 2014)"
    )
    lift_wait_peak: float = _figure(
        45, "above the design value of 25-30 s (BCO Guide 2014), as goods wait for room: estimate"
    )
    lift_wait_lunch: float = _figure(
        120,
        "between the design value of 40 s (BCO Guide 2014) and the 30 min of an Asian tower at "
        "lunch (New York Times, 2025-09-30): an estimate",
    )
    lift_stop: float = _figure(8, "one stop: 4 s in, 2-3 s out, and the braking")
    lift_stops_per_floor: float = _figure(0.2, "a stop every fifth floor: an estimate")
    lift_speed: float = _figure(2.5, "makers' tables, up to ten floors")
    floor_height: float = _figure(3.5, "metres from floor to floor of an office building")
    stair_slope: float = _figure(6.6, "3.5 m at 32 degrees")
    stairs_up: float = _figure(
        0.455,
        "0.35 of walking at 1.3 m/s (IES VE manual); men without a load reach 0.97 "
        "(https://doi.org/10.3390/app121910038)",
    )
    stairs_down: float = _figure(0.65, "0.5 of walking at 1.3 m/s (IES VE manual)")

    def __post_init__(self) -> None:
        for name in (f.name for f in fields(self)):
            value = getattr(self, name)
            if not (value > 0 if name in _POSITIVE else value >= 0):
                raise ValueError(f"Expected a sensible {name}, got {value}.")

    def source(self, name: str) -> str:
        """Returns where the default of a parameter is from. Raises KeyError for no parameter."""
        return str(_SOURCES[name])

    def lift_wait(self, band: str, cars: int | None = None, floors: int = 1) -> float:
        """
        Returns the mean wait for a lift, seconds; ``cars`` None: as many as is usual.

        The wait goes with the interval between cars, the round trip divided by their number
        (G. Barney and L. Al-Sharif (2015), *Elevator Traffic Handbook*,
        https://doi.org/10.4324/9781315723600); the usual number waits the default, and what
        is unusual changes it to half or to double at most. Raises ValueError for an unknown
        band.
        """
        if band not in BANDS:
            raise ValueError(f"Expected a band of {BANDS}, got {band!r}.")
        wait = float(getattr(self, f"lift_wait_{band}"))
        if cars is None:
            return wait
        usual = max(1, math.ceil(floors / FLOORS_PER_LIFT))
        return wait * min(2.0, max(0.5, usual / cars))


FLOORS_PER_LIFT = 4
"""A lift for every four floors is usual; assumed."""

_POSITIVE = {
    "lift_speed",
    "floor_height",
    "stair_slope",
    "stairs_up",
    "stairs_down",
    "walk_speed",
}

_SOURCES = {f.name: f.metadata["source"] for f in fields(IndoorParameters)}
