"""From `opening_hours` tags of a map to hours that are the same every week."""

from __future__ import annotations

import logging
import re
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dispatch.hours import DAY, Span, Week

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)

MONDAYS = (datetime(2026, 1, 12), datetime(2026, 7, 6))  # noqa: DTZ001
"""A week of winter and one of summer, without holidays; local time, as the tags are."""


UNREAD = "not readable, or not the same every week; the usual hours are assumed"
"""Why an opening_hours tag is left out."""


@lru_cache(maxsize=4096)
def read_week(text: str) -> Week | None:
    """
    Returns the week of a tag such as ``Mo-Th 09:00-16:00; Fr 09:00-11:30``.

    None where the tag cannot be read, changes with the season, the sun or by appointment, or
    is never open: such hours stay assumed. Holidays are not looked at. None too where the
    package `opening-hours-py` is not installed, which is logged.
    """
    try:
        # Here, as only an import of a map needs this library of five megabytes.
        from opening_hours import OpeningHours, validate
    except ModuleNotFoundError:
        log.warning("opening-hours-py is not installed: hours of the map are not read")
        return None
    # The library takes what follows || for the whole week after it.
    if not validate(text) or re.search(r"sun(rise|set)|dawn|dusk|\|\|", text):
        return None
    hours = OpeningHours(text)
    winter, summer = (_week(hours, monday) for monday in MONDAYS)
    return winter if winter == summer and winter is not None and any(winter.days) else None


def _week(hours: Any, monday: datetime) -> Week | None:
    """Returns the week from a Monday; None where somebody has to be asked."""
    days: list[list[Span]] = [[] for _ in range(7)]
    end = monday + timedelta(days=7)
    for begins, ends, state, _ in hours.intervals(monday, end):
        if str(state) == "unknown":
            return None
        if str(state) == "open":
            for day, span in _by_day(max(begins, monday), min(ends or end, end), monday):
                days[day].append(span)
    # "Tu, Fr 10:00-18:00" is all of Tuesday by the letter of the format; nobody means that.
    whole = [day == [(0, DAY)] for day in days]
    return None if any(whole) and not all(whole) else Week(tuple(map(tuple, days)))


def _by_day(begins: datetime, ends: datetime, monday: datetime) -> Iterator[tuple[int, Span]]:
    """Yields the parts of an interval by day; what is open past midnight is two spans."""
    while begins < ends:
        midnight = datetime.combine(begins.date(), time()) + timedelta(days=1)
        until = min(ends, midnight)
        opens = begins.hour * 3600 + begins.minute * 60
        closes = DAY if until == midnight else until.hour * 3600 + until.minute * 60
        yield (begins - monday).days, (opens, closes)
        begins = until
