"""
Working days and local time.

Monday to Friday for now; statutory holidays and make-up days come with the calendars of promises.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

SATURDAY = 5


def local(instant: int, timezone: str) -> datetime:
    """Returns a Unix second as an aware local datetime."""
    return datetime.fromtimestamp(instant, UTC).astimezone(ZoneInfo(timezone))


def second_of_day(instant: int, timezone: str) -> int:
    """Returns the seconds shown by the local clock since its midnight."""
    here = local(instant, timezone)
    return here.hour * 3600 + here.minute * 60 + here.second


def weekday_of(instant: int, timezone: str) -> int:
    """Returns the local day of the week, Monday 0."""
    return local(instant, timezone).weekday()


def next_working_day_end(placed_at: int, timezone: str, close: int) -> int:
    """
    Returns the Unix second at which the working day after an order ends.

    The day of the order is not counted; ``close`` is in seconds of the local day.
    """
    day = local(placed_at, timezone).replace(hour=0, minute=0, second=0, microsecond=0)
    day += timedelta(days=1)
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    hours, seconds = divmod(close, 3600)
    minutes, seconds = divmod(seconds, 60)
    return int(day.replace(hour=hours, minute=minutes, second=seconds).timestamp())
