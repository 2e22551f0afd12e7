"""
When a promise is due: its clock counted through the calendar, its pauses given back.

Promises in business time and in working days use up business time, and a pause gives them back the
business time in it: one outside business hours moves nothing. The others count every second.
"""

from __future__ import annotations

import math
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from dispatch.calendars import (
    Calendar,
    add_business,
    closing_of,
    day_of,
    is_provisional,
    is_working,
    measure,
    midnight_after,
    opening_of,
    second_of_day,
    working_day,
)
from dispatch.errors import InvalidRequest
from dispatch.promise_pauses import NEVER, stops_of
from dispatch.promises import BusinessTime, CalendarDays, Pause, Promise, WallClock, WorkingDays

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date


def counts_from(promise: Promise, started_at: int, calendar: Calendar | None) -> int:
    """
    Returns from when an order counts as placed.

    With a cut-off, what comes at that local second or later, or on a day that is not worked, counts
    from the opening of the next working day; clocks that run through the night have no cut-off.
    """
    line = _line(promise, calendar)
    if line is None or promise.cut_off is None:
        return started_at
    day = day_of(line, started_at)
    in_time = second_of_day(started_at, line.timezone) < promise.cut_off
    if in_time and is_working(line, day):
        return started_at
    return opening_of(line, working_day(line, day, 1))


def due_of(
    promise: Promise,
    started_at: int | None,
    pauses: Iterable[Pause],
    calendar: Calendar | None,
) -> int | None:
    """
    Returns the last Unix second at which the promise is kept.

    None where it has not started or is paused without an end. A pause moves it by the time paused,
    one that begins when it is due or later by nothing. Raises InvalidRequest for a calendar that is
    missing, of another version or too short, and for a pause that ends before it begins.
    """
    if started_at is None:
        return None
    start = counts_from(promise, started_at, calendar)
    stops = stops_of(pauses, start)
    due = _extended(_plain_due(promise, start, calendar), stops, _line(promise, calendar))
    return None if due is None else _rolled(promise, due, calendar)


def elapsed(
    promise: Promise,
    started_at: int | None,
    pauses: Iterable[Pause],
    calendar: Calendar | None,
    now: int,
) -> int:
    """
    Returns the seconds of its own time that a promise has used, pauses left out.

    They are business seconds or seconds of the wall clock, as it counts; 0 before it starts, and no
    more once it is due. Raises InvalidRequest as `due_of` does.
    """
    if started_at is None:
        return 0
    pauses = tuple(pauses)
    due = due_of(promise, started_at, pauses, calendar)
    end = now if due is None else min(now, due)
    start, line = counts_from(promise, started_at, calendar), _line(promise, calendar)
    stops = [stop for stop in stops_of(pauses, start) if stop[0] < end]
    edges = [start, *(edge for stop in stops for edge in stop), max(start, end)]
    return sum(_measure(line, a, min(b, end)) for a, b in list(pairwise(edges))[::2])


def warnings_due(
    promise: Promise,
    started_at: int | None,
    pauses: Iterable[Pause],
    calendar: Calendar | None,
) -> tuple[tuple[float, int], ...]:
    """
    Returns the shares of its time to warn at, each with the Unix second at which it is used.

    A share that an endless pause holds off is left out; so are all before the start. Raises
    InvalidRequest as `due_of` does.
    """
    if started_at is None:
        return ()
    start, line = counts_from(promise, started_at, calendar), _line(promise, calendar)
    stops, total = stops_of(pauses, start), total_of(promise, start, calendar)
    found = (
        # Rounded first: 0.8 of a number may come out a hair above the whole second.
        (share, _extended(_add(line, start, math.ceil(round(total * share, 6))), stops, line))
        for share in promise.warn_at
    )
    return tuple((share, at) for share, at in found if at is not None)


def total_of(promise: Promise, start: int, calendar: Calendar | None) -> int:
    """Returns the seconds of its own time that a promise has; ``start`` is what it counts from."""
    due = _rolled(promise, _plain_due(promise, start, calendar), calendar)
    return _measure(_line(promise, calendar), start, due)


def _plain_due(promise: Promise, start: int, calendar: Calendar | None) -> int:
    """Returns when a promise that is never paused is due, days of rest at its end not seen."""
    clock = promise.clock
    if isinstance(clock, WallClock):
        return start + clock.seconds
    known = checked_calendar(promise, calendar)
    if isinstance(clock, BusinessTime):
        return add_business(known, start, clock.seconds)
    day = day_of(known, start)
    if isinstance(clock, CalendarDays):
        return midnight_after(known, day + timedelta(days=clock.days))
    last = working_day(known, day, clock.days)
    if _end(clock, known, last) <= start:
        # Promised for the same day, after its end.
        last = working_day(known, day, 1)
    return _end(clock, known, last)


def _end(clock: WorkingDays, calendar: Calendar, day: date) -> int:
    return closing_of(calendar, day) if clock.at_close else midnight_after(calendar, day)


def _rolled(promise: Promise, due: int, calendar: Calendar | None) -> int:
    """Returns the due instant moved to the end of the next working day, where it must be."""
    if not isinstance(promise.clock, CalendarDays) or not promise.clock.rolls:
        return due
    known = checked_calendar(promise, calendar)
    # 24:00 is the first second of the next day.
    day = day_of(known, due - 1)
    return due if is_working(known, day) else midnight_after(known, working_day(known, day, 1))


def _extended(at: int, stops: list[tuple[int, int]], line: Calendar | None) -> int | None:
    """Returns an instant of a clock that runs, moved by the stops before it; None: for ever."""
    for since, until in stops:
        if since >= at:
            break
        if until == NEVER:
            return None
        at = _add(line, at, _measure(line, since, until))
    return at


def _line(promise: Promise, calendar: Calendar | None) -> Calendar | None:
    """Returns the calendar whose business time a promise uses up, None: it is the wall clock's."""
    if isinstance(promise.clock, BusinessTime | WorkingDays):
        return checked_calendar(promise, calendar)
    return None


def _add(line: Calendar | None, at: int, seconds: int) -> int:
    return at + seconds if line is None else add_business(line, at, seconds)


def _measure(line: Calendar | None, start: int, end: int) -> int:
    return max(0, end - start) if line is None else measure(line, start, end)


def needs_calendar(promise: Promise) -> bool:
    """Returns whether the clock of a promise cannot be counted without a calendar."""
    return not isinstance(promise.clock, WallClock)


def falls_provisional(promise: Promise, due: int, calendar: Calendar | None) -> bool:
    """Returns whether a promise is due on a day that is not yet published."""
    if not needs_calendar(promise):
        return False
    known = checked_calendar(promise, calendar)
    return is_provisional(known, day_of(known, due - 1))


def checked_calendar(promise: Promise, calendar: Calendar | None, at: str = "promise") -> Calendar:
    """Returns the calendar a promise is counted by; raises InvalidRequest where it is not there."""
    if calendar is None:
        raise InvalidRequest(
            f"Its clock, {promise.clock}, has no calendar.",
            at=at,
            cure="Name one of the zone's calendars.",
            code="no-calendar",
            value=promise.calendar,
        )
    if promise.calendar not in ("", calendar.version):
        raise InvalidRequest(
            f"It is counted by the calendar {promise.calendar}, not by {calendar.version}.",
            at=at,
            cure="Give the table it was pinned to, or record that it is counted anew.",
            code="other-calendar",
            value=calendar.version,
        )
    return calendar
