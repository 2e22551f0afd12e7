"""
What a file says of a calendar: a compiled table, or what a supplier changes in one.

Both have one format (TOML, read and checked in `calendar_reading`); a table laid under a supplier's
file gives a `Calendar`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from dispatch.calendars import Calendar, Hours, NamedDay
from dispatch.errors import InvalidRequest
from dispatch.hours import DAYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Names = Mapping[date, str]

USUAL_HOURS: Hours = ((9 * 3600, 12 * 3600), (13 * 3600, 18 * 3600))
"""09:00 to 12:00 and 13:00 to 18:00, where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """
    What a file says; what is empty or None is not said.

    ``years`` are covered, without a gap. ``rest_days`` are days of the week, Monday 0.
    ``week`` are the hours of days of the week that differ from ``hours``, empty for a day of rest.
    ``holidays`` and ``working_days`` have names; ``hours_of_day`` are the hours of single days.
    """

    country: str = ""
    source: str = ""
    years: tuple[int, ...] = ()
    provisional_from: date | None = None
    rest_days: tuple[int, ...] = ()
    hours: Hours = ()
    week: tuple[tuple[int, Hours], ...] = ()
    holidays: tuple[tuple[date, str], ...] = ()
    working_days: tuple[tuple[date, str], ...] = ()
    hours_of_day: tuple[tuple[date, Hours], ...] = ()

    def dates(self) -> tuple[tuple[str, date], ...]:
        """Returns each day that is named, with the part that names it."""
        parts = ("holidays", "working_days", "hours_of_day")
        return tuple((part, day) for part in parts for day, _ in getattr(self, part))


def wrong(what: str, at: str, cure: str, value: object = None) -> InvalidRequest:
    """Returns what is wrong with a calendar file."""
    return InvalidRequest(what, at=at, cure=cure, code="bad-calendar", value=value)


def overlay(table: CalendarFile, changes: CalendarFile) -> CalendarFile:
    """
    Returns a table with a supplier's changes in it.

    Raises InvalidRequest for changes of another country, years that leave a gap and days that
    neither covers.
    """
    if changes.country and changes.country != table.country:
        what = f"The file is for {changes.country}, the table for {table.country}."
        raise wrong(what, "country", "Use it with the country it names.", changes.country)
    merged = replace(
        table,
        source=", ".join(s for s in (table.source, changes.source) if s),
        years=_years(table.years, changes.years),
        provisional_from=changes.provisional_from or table.provisional_from,
        rest_days=_rest_days(table.rest_days, changes),
        hours=changes.hours or table.hours,
        week=tuple(sorted({**dict(table.week), **dict(changes.week)}.items())),
        holidays=_named(table.holidays, changes.holidays, changes.working_days),
        working_days=_named(table.working_days, changes.working_days, changes.holidays),
        hours_of_day=_hours_of_day(table, changes),
    )
    _check_covered(merged, changes)
    return merged


def _years(known: tuple[int, ...], added: tuple[int, ...]) -> tuple[int, ...]:
    years = tuple(sorted({*known, *added}))
    missing = sorted({*range(years[0], years[-1] + 1)} - {*years}) if years else []
    if missing:
        what = f"The years {added} leave a gap after {known}: {missing} are missing."
        raise wrong(what, "years", "Add the missing years.", missing[0])
    return years


def _rest_days(known: tuple[int, ...], changes: CalendarFile) -> tuple[int, ...]:
    rest = {*changes.rest_days} if changes.rest_days else {*known}
    for weekday, hours in changes.week:
        (rest.discard if hours else rest.add)(weekday)
    return tuple(sorted(rest))


def _named(
    known: Iterable[tuple[date, str]],
    added: Iterable[tuple[date, str]],
    removed: Iterable[tuple[date, str]],
) -> tuple[tuple[date, str], ...]:
    gone = {day for day, _ in removed}
    return tuple(sorted({**{d: n for d, n in known if d not in gone}, **dict(added)}.items()))


def _hours_of_day(table: CalendarFile, changes: CalendarFile) -> tuple[tuple[date, Hours], ...]:
    closed = {day for day, _ in changes.holidays}
    kept = {day: hours for day, hours in table.hours_of_day if day not in closed}
    return tuple(sorted({**kept, **dict(changes.hours_of_day)}.items()))


def _check_covered(merged: CalendarFile, changes: CalendarFile) -> None:
    covered = f"{merged.years[0]} to {merged.years[-1]}" if merged.years else "no year"
    for part, day in changes.dates():
        if day.year not in merged.years:
            what = f"{day} is not covered: the calendar has {covered}."
            raise wrong(what, f"{part}.{day}", "Add its year to `years`.", day.isoformat())
    start = changes.provisional_from
    # The day after the last says that all is published.
    if start and not (merged.years and date(merged.years[0], 1, 1) <= start <= _end(merged)):
        what = f"{start} is not covered: the calendar has {covered}."
        cure = "Name a day of these years, or the day after the last: all is published."
        raise wrong(what, "provisional_from", cure, start.isoformat())


def _end(table: CalendarFile) -> date:
    return date(table.years[-1] + 1, 1, 1)


def calendar_of(table: CalendarFile, name: str, timezone: str, hours: Hours = ()) -> Calendar:
    """
    Returns the calendar of a table in a time zone.

    ``hours`` are those of a working day where the table says none, empty for the usual ones. Raises
    InvalidRequest for an unknown time zone, no years, and hours of a day that is not worked.
    """
    _check_timezone(timezone)
    if not table.years:
        raise wrong("The calendar covers no year.", "years", "List the years it covers.")
    first, end = date(table.years[0], 1, 1), _end(table)
    spans = _spans(table, table.hours or hours or USUAL_HOURS, first, end)
    for day, _ in table.hours_of_day:
        if not spans[(day - first).days]:
            cure = "Name it under working_days too, or give it no hours."
            what = f"{day} has hours, but is not worked ({DAYS[day.weekday()]})."
            raise wrong(what, f"hours_of_day.{day}", cure, day.isoformat())
    start = table.provisional_from
    start = None if start is None or start >= end else start
    return Calendar(
        name=name,
        version=_version(name, timezone, first, spans, start),
        timezone=timezone,
        first=first,
        hours=spans,
        named=_named_days(table),
        provisional_from=start,
    )


def _named_days(table: CalendarFile) -> tuple[NamedDay, ...]:
    named = [NamedDay(day, name, False) for day, name in table.holidays]
    named += [NamedDay(day, name, True) for day, name in table.working_days]
    return tuple(sorted(named, key=lambda d: d.day))


def _spans(table: CalendarFile, usual: Hours, first: date, end: date) -> tuple[Hours, ...]:
    week = [dict(table.week).get(d, usual) if d not in table.rest_days else () for d in range(7)]
    holidays, working = dict(table.holidays), dict(table.working_days)
    special = dict(table.hours_of_day)

    def hours(day: date) -> Hours:
        if day in holidays:
            return ()
        plain = week[day.weekday()]
        if day in working:
            return special.get(day, plain or usual)
        return plain and special.get(day, plain)

    return tuple(hours(first + timedelta(days=i)) for i in range((end - first).days))


def _check_timezone(timezone: str) -> None:
    try:
        ZoneInfo(timezone)
    except (KeyError, OSError, ValueError) as error:
        cure = "Name one of the IANA time zones, like Asia/Shanghai."
        what = f"{timezone!r} is no time zone."
        raise wrong(what, "timezone", cure, timezone) from error


def _version(
    name: str, timezone: str, first: date, spans: tuple[Hours, ...], start: date | None
) -> str:
    counted = [timezone, first.isoformat(), spans, start and start.isoformat()]
    digest = hashlib.sha256(json.dumps(counted).encode()).hexdigest()
    return f"{name}-{digest[:12]}"
