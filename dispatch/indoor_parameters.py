"""What every movement off the bike takes, with its source, and the bands of the day."""

from __future__ import annotations

from dataclasses import dataclass, fields

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


@dataclass(frozen=True, slots=True)
class IndoorParameters:
    """
    What every movement off the bike takes, in seconds, metres and metres per second.

    Raises ValueError where a duration is negative or a speed or height is not positive.
    """

    leave: float = 20
    """Unlock the bike and set off. Assumed."""
    park: float = 60
    """Find a stand and lock the bike at a building. Assumed; parked time is about 60 % of a
    round (Allen et al. 2018, Transportation Research Record 2672)."""
    park_at_store: float = 15
    """Set the bike down on the street or at the store's own door, unlocked. Assumed."""
    check_in: float = 45
    """Lobby and security, once per visit. Assumed, within the twelve minutes of lifts and
    doors per visit seen in a 62-floor tower (UW Urban Freight Lab 2018)."""
    lobby_walk: float = 15
    """Door to lift or stairs: 20 m at 1.3 m/s. Assumed."""
    desk_walk: float = 25
    """Lift to desk: 30 m at 1.3 m/s, rounded up. Assumed."""
    desk_to_desk: float = 30
    """From one desk to another on the same floor. Assumed."""
    lift_wait_day: float = 30
    """Satisfactory design value; 20 s is excellent, 50 s unacceptable (BCO Guide 2014)."""
    lift_wait_peak: float = 45
    """Above the design value of 25-30 s, as goods wait for a car with room. Assumed."""
    lift_wait_lunch: float = 120
    """Design says 40 s (BCO Guide 2014), an Asian tower at lunch up to 30 min (New York
    Times, 2025-09-30). Assumed between them."""
    lift_stop: float = 8
    """One stop on the way, doors and people: 4 s in, 2-3 s out, and the braking."""
    lift_stops_per_floor: float = 0.2
    """Stops on the way for each floor passed. Assumed: one in five."""
    lift_speed: float = 2.5
    """Metres per second, up to ten floors (makers' tables)."""
    floor_height: float = 3.5
    """Metres from floor to floor of an office building."""
    stair_slope: float = 6.6
    """Metres along the stair per floor: 3.5 m at 32 degrees."""
    stairs_up: float = 0.455
    """Metres per second along the stair: 0.35 of walking at 1.3 m/s (IES VE manual). Men
    without a load reach 0.97 (https://doi.org/10.3390/app121910038)."""
    stairs_down: float = 0.65
    """Metres per second along the stair: 0.5 of walking at 1.3 m/s (IES VE manual)."""

    def __post_init__(self) -> None:
        for name in (f.name for f in fields(self)):
            value = getattr(self, name)
            if not (value > 0 if name in _POSITIVE else value >= 0):
                raise ValueError(f"Expected a sensible {name}, got {value}.")

    def lift_wait(self, band: str) -> float:
        """Returns the mean wait for a lift, seconds. Raises ValueError for an unknown band."""
        if band not in BANDS:
            raise ValueError(f"Expected a band of {BANDS}, got {band!r}.")
        return float(getattr(self, f"lift_wait_{band}"))


_POSITIVE = {"lift_speed", "floor_height", "stair_slope", "stairs_up", "stairs_down"}
