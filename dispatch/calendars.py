"""
Calendars: which days are worked and when, and arithmetic in working days and business time.

A calendar is a table, compiled once and never changed: its version is a digest of it, and a promise
names the version it is counted by. A day that a table does not cover is an error, never a guess.

References
----------
Civil Code of the People's Republic of China, articles 200 to 204, for what is a day of a period.
Local times that clocks skip or show twice: PEP 495, https://peps.python.org/pep-0495/.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dispatch.errors import InvalidRequest
from dispatch.hours import DAY, Span

ONE_DAY = timedelta(days=1)

Hours = tuple[Span, ...]
"""When a day is worked, seconds of the local day, ascending; empty: it is not worked."""


@dataclass(frozen=True, slots=True)
class NamedDay:
    """A holiday or a make-up working day; ``works`` says which."""

    day: date
    name: str
    works: bool


@dataclass(frozen=True, slots=True)
class Calendar:
    """
    The hours of every day from ``first`` on, in the local time of ``timezone``.

    ``version`` is the name and a digest of all that moves a promise. ``named`` are the holidays and
    make-up days, in order. From ``provisional_from`` on nothing is published yet (None: all is).
    """

    name: str
    version: str
    timezone: str
    first: date
    hours: tuple[Hours, ...]
    named: tuple[NamedDay, ...] = ()
    provisional_from: date | None = None

    @property
    def last(self) -> date:
        """The last day covered."""
        return self.first + timedelta(days=len(self.hours) - 1)


def hours_of(calendar: Calendar, day: date) -> Hours:
    """Returns when a day is worked, seconds of it; raises InvalidRequest for one not covered."""
    index = (day - calendar.first).days
    if 0 <= index < len(calendar.hours):
        return calendar.hours[index]
    raise InvalidRequest(
        f"{day} is not in the calendar, which covers {calendar.first} to {calendar.last}.",
        at=f"calendar {calendar.name}",
        cure="Add the year to the calendar's file, or compile a table that has it.",
        code="calendar-ends",
        value=day.isoformat(),
    )


def is_working(calendar: Calendar, day: date) -> bool:
    """Returns whether a day is worked; raises InvalidRequest for one not covered."""
    return bool(hours_of(calendar, day))


def is_provisional(calendar: Calendar, day: date) -> bool:
    """Returns whether what the calendar says of a day is not yet published."""
    return calendar.provisional_from is not None and day >= calendar.provisional_from


def open_spans(calendar: Calendar, day: date) -> tuple[Span, ...]:
    """Returns when a day is worked, Unix seconds; raises InvalidRequest for one not covered."""
    return tuple(
        (instant_of(day, opens, calendar.timezone), instant_of(day, closes, calendar.timezone))
        for opens, closes in hours_of(calendar, day)
    )


def day_of(calendar: Calendar, instant: int) -> date:
    """Returns the local day of a Unix second."""
    return local(instant, calendar.timezone).date()


def add_business(calendar: Calendar, instant: int, seconds: int) -> int:
    """
    Returns the first Unix second by which so many business seconds (0 or more) have passed.

    Raises InvalidRequest where that lies beyond the days covered.
    """
    if seconds < 0:
        raise ValueError(f"Expected seconds of at least 0, got {seconds}.")
    day, left = day_of(calendar, instant), seconds
    while left:
        for opens, closes in open_spans(calendar, day):
            begins = max(opens, instant)
            if closes - begins >= left:
                return begins + left
            left -= max(0, closes - begins)
        day += ONE_DAY
    return instant


def measure(calendar: Calendar, start: int, end: int) -> int:
    """
    Returns the business seconds between two Unix seconds, 0 where ``end`` is not the later one.

    Raises InvalidRequest for days not covered.
    """
    if end <= start:
        return 0
    day, last, total = day_of(calendar, start), day_of(calendar, end), 0
    while day <= last:
        for opens, closes in open_spans(calendar, day):
            total += max(0, min(closes, end) - max(opens, start))
        day += ONE_DAY
    return total


def working_day(calendar: Calendar, after: date, count: int) -> date:
    """
    Returns the so manieth working day after a day, which is not counted.

    With 0, the day itself where it is worked, else the next that is. Raises InvalidRequest for days
    not covered.
    """
    day, left = after, count
    if count == 0 and not is_working(calendar, day):
        left = 1
    while left:
        day += ONE_DAY
        left -= is_working(calendar, day)
    return day


def opening_of(calendar: Calendar, day: date) -> int:
    """Returns the Unix second at which a working day opens."""
    return open_spans(calendar, day)[0][0]


def closing_of(calendar: Calendar, day: date) -> int:
    """Returns the Unix second at which a working day closes."""
    return open_spans(calendar, day)[-1][1]


def midnight_after(calendar: Calendar, day: date) -> int:
    """Returns the Unix second at which a day ends, its 24:00."""
    return instant_of(day, DAY, calendar.timezone)


# A promise in working days asks for the same few days over and over.
@lru_cache(maxsize=8192)
def instant_of(day: date, second: int, timezone: str) -> int:
    """
    Returns the Unix second at which local clocks show a second of a day; 86 400 is its end.

    What clocks show twice is meant the first time; what they skip is the second they skip at, so
    that the instants of a day ascend with its seconds.
    """
    wall = datetime.combine(day, time(), ZoneInfo(timezone)) + timedelta(seconds=second)
    at, other = int(wall.timestamp()), int(wall.replace(fold=1).timestamp())
    if other >= at:
        return at
    # Skipped: read with the offset from before it lies after the change, with that from after it,
    # before.
    after = local(at, timezone).utcoffset()
    return other + bisect_left(
        range(other, at), True, key=lambda t: local(t, timezone).utcoffset() == after
    )


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
