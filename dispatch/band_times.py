"""
Which band of the day it is at a moment, until when, and which band to plan with.
"""

from __future__ import annotations

from functools import lru_cache

from dispatch.calendars import second_of_day, weekday_of
from dispatch.street_bands import band_at, slower_band

BAND_AHEAD_S = 30 * 60
"""Where the band changes within this time, the slower one counts."""

QUARTER_S = 15 * 60
"""Bands change at full quarters of an hour, and zones of time are that far apart."""

A_DAY = 24 * 3600 // QUARTER_S


def band_of(now: int, timezone: str) -> str:
    """Returns the band to plan with: the slower of now and half an hour ahead."""
    return slower_band(*(band_during(now + ahead, timezone)[0] for ahead in (0, BAND_AHEAD_S)))


def band_during(moment: int, timezone: str) -> tuple[str, int]:
    """
    Returns the band of a moment and the first second, within a day, that is not in it.

    Both moments are Unix seconds.
    """
    return _band_from(moment // QUARTER_S, timezone)


@lru_cache(maxsize=4096)
def _band_from(quarter: int, timezone: str) -> tuple[str, int]:
    band = _band_at(quarter, timezone)
    ahead = (n for n in range(1, A_DAY) if _band_at(quarter + n, timezone) != band)
    return band, (quarter + next(ahead, A_DAY)) * QUARTER_S


@lru_cache(maxsize=4096)
def _band_at(quarter: int, timezone: str) -> str:
    moment = quarter * QUARTER_S
    return band_at(second_of_day(moment, timezone), weekday_of(moment, timezone))
