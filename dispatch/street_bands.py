"""
The bands of the day: how slow lifts are, and how slow the street.

A band is the name of a lift's band (``day``, ``peak``, ``lunch``), followed by that of the
street's where this is not its day: ``peak/rush``. Callers pass it on and compare it, and
only this module takes it apart.
"""

from __future__ import annotations

from dispatch import indoor_parameters
from dispatch.profile_checks import STREET_BANDS
from dispatch.profiles import load_profiles

USUAL = "day"
"""The street's band that is left out of a name."""


def band_at(second_of_day: int, weekday: int = 0) -> str:
    """
    Returns the band of a moment of the local day; Monday is weekday 0.

    The street's hours are those of `profiles.toml`.
    """
    day = {5: "saturday", 6: "sunday"}.get(weekday % 7, "weekday")
    street = load_profiles().hours[day][second_of_day % 86_400 // 3600]
    return _join(indoor_parameters.band_at(second_of_day), street)


def slower_band(a: str, b: str) -> str:
    """
    Returns the band in which nothing is faster than in either.

    Raises ValueError for an unknown band.
    """
    (lift_a, street_a), (lift_b, street_b) = split_band(a), split_band(b)
    street = max(street_a, street_b, key=STREET_BANDS.index)
    return _join(indoor_parameters.slower_band(lift_a, lift_b), street)


def lift_band(band: str) -> str:
    """Returns the lift's part of a band, whether it is known or not."""
    return band.partition("/")[0]


def street_band(band: str) -> str:
    """Returns the street's part of a band, whether it is known or not."""
    return band.partition("/")[2] or USUAL


def split_band(band: str) -> tuple[str, str]:
    """Returns the lift's and the street's band. Raises ValueError for an unknown band."""
    lift, street = lift_band(band), street_band(band)
    if lift not in indoor_parameters.BANDS or street not in STREET_BANDS:
        raise ValueError(
            f"Expected a band of {indoor_parameters.BANDS} and, after a slash, "
            f"of {STREET_BANDS}, got {band!r}."
        )
    return lift, street


def _join(lift: str, street: str) -> str:
    return lift if street == USUAL else f"{lift}/{street}"
