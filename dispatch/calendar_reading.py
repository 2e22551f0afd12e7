"""
Calendar files, read from TOML and checked: every fault, with its place and cure.

`calendar_cn.toml` is one that is compiled. A supplier's names only what differs::

    hours = ["08:30-12:00", "13:00-17:30"]      # of a working day
    years = [2029]                              # covered besides those of the table
    provisional_from = 2028-01-01               # from then on not yet published

    [week]                                      # days with hours of their own
    Sa = ["10:00-14:00"]
    Mo = []

    [holidays]
    2027-02-05 = "Chinese New Year's Eve"

    [working_days]
    2027-02-14 = "Make-up day"

    [hours_of_day]
    2027-12-24 = ["09:00-12:00"]
"""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime
from difflib import get_close_matches
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from dispatch.calendar_files import CalendarFile, wrong
from dispatch.hours import DAY, DAYS, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from dispatch.calendars import Hours
    from dispatch.errors import InvalidRequest

_SPAN = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})\Z")

_HOURS_CURE = 'List when it opens and closes, like ["09:00-12:00", "13:00-18:00"].'


def read_calendar_file(path: Path) -> CalendarFile:
    """Returns what a file says; raises the first of its faults as InvalidRequest."""
    found, faults = check_calendar_file(path)
    if faults:
        raise faults[0]
    return found


def check_calendar_file(path: Path) -> tuple[CalendarFile, tuple[InvalidRequest, ...]]:
    """Returns what a file says, as far as it can be read, and every fault in it."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        cure = "Name a TOML file in UTF-8."
        return CalendarFile(), (wrong(f"This cannot be read: {reason}.", path.name, cure),)
    return check_calendar(text, path.name)


def check_calendar(text: str, source: str) -> tuple[CalendarFile, tuple[InvalidRequest, ...]]:
    """Returns what TOML text says, as far as it can be read, and every fault in it."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        cure = "Mend it; a day that is named twice is an error too."
        return CalendarFile(), (wrong(f"This is no TOML: {error}.", source, cure),)
    reading = _Reading(source)
    return reading.file(data), tuple(reading.faults)


class _Reading:
    """Reads one file and gathers its faults."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.faults: list[InvalidRequest] = []

    def file(self, data: Mapping[str, Any]) -> CalendarFile:
        parts: dict[str, Callable[[Any, str], Any]] = {
            "country": self.text,
            "source": self.text,
            "years": self.years,
            "provisional_from": self.start,
            "rest_days": self.rest_days,
            "hours": self.usual_hours,
            "week": self.week,
            "holidays": self.names,
            "working_days": self.names,
            "hours_of_day": self.hours_of_day,
        }
        for name in data:
            if name not in parts:
                near = get_close_matches(name, parts, n=1)
                cure = f"Did you mean {near[0]}?" if near else f"There are {', '.join(parts)}."
                self.fault(f"There is no such entry as {name!r}.", name, cure, name)
        found = CalendarFile(**{n: read(data[n], n) for n, read in parts.items() if n in data})
        self.contradictions(found)
        return found

    def fault(self, what: str, at: str, cure: str, value: object = None) -> None:
        self.faults.append(wrong(what, f"{self.source}: {at}", cure, value))

    def text(self, value: Any, at: str) -> str:
        if isinstance(value, str) and value.strip():
            return value
        self.fault(f"Expected a text, got {value!r}.", at, 'Write it in quotes, like "CN".', value)
        return ""

    def years(self, value: Any, at: str) -> tuple[int, ...]:
        good = isinstance(value, list) and all(type(y) is int and 1970 <= y <= 9998 for y in value)
        if not good or not value:
            self.fault(f"Expected years, got {value!r}.", at, "List them, like [2027].", value)
            return ()
        years = tuple(sorted({*value}))
        missing = sorted({*range(years[0], years[-1])} - {*years})
        if missing:
            what = f"The years leave a gap: {missing} are missing."
            self.fault(what, at, "Add the missing years.", missing[0])
        return years

    def start(self, value: Any, at: str) -> date | None:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        what = f"Expected a day, got {value!r}."
        self.fault(what, at, "Write it without quotes, like 2027-01-01.", value)
        return None

    def rest_days(self, value: Any, at: str) -> tuple[int, ...]:
        if not isinstance(value, list) or not value:
            self.fault(f"Expected days, got {value!r}.", at, 'List them: ["Sa", "Su"].', value)
            return ()
        found = [self.weekday(text, at) for text in value]
        return tuple(sorted({day for day in found if day is not None}))

    def weekday(self, value: Any, at: str) -> int | None:
        if value in DAYS:
            return DAYS.index(value)
        self.fault(f"{value!r} is no day of the week.", at, f"Use {', '.join(DAYS)}.", value)
        return None

    def usual_hours(self, value: Any, at: str) -> Hours:
        if value == []:
            self.fault("A working day without hours is none.", at, _HOURS_CURE, "[]")
        return self.hours(value, at)

    def hours(self, value: Any, at: str) -> Hours:
        if not isinstance(value, list):
            self.fault(f"Expected hours, got {value!r}.", at, _HOURS_CURE, value)
            return ()
        read = [self.span(text, at) for text in value]
        spans = sorted(span for span in read if span is not None)
        for (a, b), (c, d) in pairwise(spans):
            if c < b:
                what = f"The hours {_clock(a)}-{_clock(b)} and {_clock(c)}-{_clock(d)} overlap."
                self.fault(what, at, "Let one end before the next begins.", value)
        return tuple(spans)

    def span(self, value: Any, at: str) -> Span | None:
        match = _SPAN.match(value) if isinstance(value, str) else None
        if match:
            a, b, c, d = map(int, match.groups())
            opens, closes = a * 3600 + b * 60, c * 3600 + d * 60
            if b < 60 and d < 60 and opens < closes <= DAY:
                return opens, closes
        what = f"{value!r} are no hours of a day."
        self.fault(what, at, _HOURS_CURE, value)
        return None

    def week(self, value: Any, at: str) -> tuple[tuple[int, Hours], ...]:
        found = [
            (self.weekday(name, at), self.hours(hours, f"{at}.{name}"))
            for name, hours in self.table(value, at).items()
        ]
        return tuple(sorted((day, hours) for day, hours in found if day is not None))

    def names(self, value: Any, at: str) -> tuple[tuple[date, str], ...]:
        found = [
            (self.day(name, at), self.text(text, f"{at}.{name}"))
            for name, text in self.table(value, at).items()
        ]
        return tuple(sorted((day, text) for day, text in found if day is not None))

    def hours_of_day(self, value: Any, at: str) -> tuple[tuple[date, Hours], ...]:
        found = []
        for name, text in self.table(value, at).items():
            if text == []:
                what, cure = "A day without hours is not worked.", "Name it under holidays."
                self.fault(what, f"{at}.{name}", cure, name)
            found.append((self.day(name, at), self.hours(text, f"{at}.{name}")))
        return tuple(sorted((day, hours) for day, hours in found if day is not None))

    def table(self, value: Any, at: str) -> Mapping[str, Any]:
        if isinstance(value, dict):
            return value
        self.fault(f"Expected a table, got {value!r}.", at, f"Begin it with [{at}].", value)
        return {}

    def day(self, text: str, at: str) -> date | None:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = None
        # Python reads 20270101 and 2027-W01-1 too.
        if day is None or day.isoformat() != text:
            self.fault(f"{text!r} is no day.", at, "Write it like 2027-02-05.", text)
            return None
        return day

    def contradictions(self, found: CalendarFile) -> None:
        holidays = {day for day, _ in found.holidays}
        for part, day in found.dates():
            if part != "holidays" and day in holidays:
                what = f"{day} is a holiday too."
                self.fault(what, f"{part}.{day}", "Keep one of both.", day.isoformat())
        for weekday, hours in found.week:
            if hours and weekday in found.rest_days:
                what = f"{DAYS[weekday]} has hours, but is a day of rest."
                self.fault(what, f"week.{DAYS[weekday]}", "Keep one of both.", DAYS[weekday])


def _clock(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}"
