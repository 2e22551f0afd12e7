"""
Tables of holidays and make-up days, compiled from the package `holidays`.

Nothing else asks it. China's table is compiled beforehand and ships (`calendar_cn.toml`); another
country's is compiled when its zone opens. Source of the days: https://github.com/vacanza/holidays,
which for China cites the notices of the State Council year by year.
"""

from __future__ import annotations

import re
from datetime import date
from difflib import get_close_matches
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import holidays

from dispatch.calendar_files import CalendarFile, calendar_of, overlay, wrong
from dispatch.calendar_reading import read_calendar_file
from dispatch.hours import DAYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatch.calendars import Calendar, Hours

LOOK_BACK = 10
"""Years before the first one in which a published make-up day is looked for."""

_AMERICAN_DATE = re.compile(r"(\d\d)/(\d\d)/(\d{4})")


def compile_calendar(
    country: str,
    years: Sequence[int],
    timezone: str,
    hours: Hours = (),
    changes: CalendarFile | None = None,
    *,
    name: str = "",
) -> Calendar:
    """
    Returns a country's calendar in a time zone, with a supplier's changes in it.

    ``country`` is an ISO 3166 code, with a part of it like DE-BY. The shipped table is taken where
    it has all of ``years``; with it come all the years it has. ``hours`` are those of a working
    day where the changes say none, empty for the usual ones. ``name`` is the country's if empty.
    Raises InvalidRequest for what is wrong with any of them.
    """
    table = table_of(country, years)
    if changes is not None:
        table = overlay(table, changes)
    return calendar_of(table, name or country.lower(), timezone, hours)


def table_of(country: str, years: Sequence[int]) -> CalendarFile:
    """Returns the shipped table of a country where it has all these years, else compiles one."""
    shipped = shipped_table(country)
    if shipped is not None and {*years} <= {*shipped.years}:
        return shipped
    return compile_table(country, years)


def shipped_table(country: str) -> CalendarFile | None:
    """Returns the table that comes with dispatch, None where there is none of the country."""
    if not re.fullmatch("[A-Za-z]{2}", country):
        return None
    path = shipped_path(country)
    return read_calendar_file(path) if path.exists() else None


def shipped_path(country: str) -> Path:
    """Returns where the table of a country is, if it ships; ``country`` is its two letters."""
    return Path(__file__).with_name(f"calendar_{country.lower()}.toml")


def compile_table(country: str, years: Sequence[int]) -> CalendarFile:
    """
    Returns the holidays and make-up working days of a country, all years from first to last.

    In a country that moves days of rest by decree, a year after the last with such a move is not
    yet published: its statutory holidays are known, its make-up days are not. Neither is a year
    with a holiday that is estimated. From the first of them on the table is provisional. (A notice
    may also move a day of the December before it: not foreseen.) Raises InvalidRequest for a
    country or years the package does not know.
    """
    if not years:
        raise wrong("No years were asked for.", "years", "Name the first and the last.")
    first, last = min(years), max(years)
    code, _, part = country.upper().partition("-")
    _check_known(code, part)
    found = _ask(code, part, first, last)
    if not found.start_year <= first <= last <= found.end_year:
        what = f"Holidays of {code} are known for {found.start_year} to {found.end_year} only."
        raise wrong(what, "years", "Ask for these years.", f"{first} to {last}")
    rests = {day: _plain(name) for day, name in found.items() if first <= day.year <= last}
    worked = sorted(found.weekend_workdays)
    return CalendarFile(
        country=country.upper(),
        source=f"holidays {version('holidays')}",
        years=tuple(range(first, last + 1)),
        provisional_from=_provisional_from(found, rests, first, last),
        rest_days=tuple(sorted(found.weekend)),
        holidays=tuple(sorted(rests.items())),
        working_days=tuple(
            (day, _make_up(day, found)) for day in worked if first <= day.year <= last
        ),
    )


def _ask(code: str, part: str, first: int, last: int) -> holidays.HolidayBase:
    # One year more: what is worked in December for a day off in January is listed with January.
    years = range(first - LOOK_BACK, last + 2)
    plain = holidays.country_holidays(code, subdiv=part or None)
    language = "en_US" if "en_US" in plain.supported_languages else plain.default_language
    return holidays.country_holidays(code, subdiv=part or None, years=years, language=language)


def _check_known(code: str, part: str) -> None:
    known = holidays.list_supported_countries()
    if code not in known:
        cure = "Use an ISO 3166 code, like CN, or DE-BY for a part of a country."
        raise wrong(f"There are no holidays of {code!r}.", "country", cure, code)
    if part and part not in known[code]:
        near = get_close_matches(part, known[code], n=1)
        cure = f"Did you mean {code}-{near[0]}?" if near else f"Leave it out: {code}."
        raise wrong(f"{code} has no part {part!r}.", "country", cure, part)


def _provisional_from(
    found: holidays.HolidayBase, rests: dict[date, str], first: int, last: int
) -> date | None:
    unsure = [day.year for day, name in rests.items() if "estimated" in name]
    if found.has_substituted_holidays:
        published = max((day.year for day in found.weekend_workdays), default=first - 1)
        unsure.append(max(first, published + 1))
    year = min(unsure, default=last + 1)
    return date(year, 1, 1) if year <= last else None


def _make_up(day: date, found: holidays.HolidayBase) -> str:
    for rest, name in found.items():
        if f"from {day.isoformat()}" in _plain(name):
            return f"Make-up day for {rest.isoformat()}"
    return "Make-up day"


def _plain(name: str) -> str:
    return _AMERICAN_DATE.sub(r"\3-\1-\2", name)


def table_text(table: CalendarFile) -> str:
    """Returns a compiled table as TOML that reads back as the same."""
    span = f"{table.country.lower()} {table.years[0]} {table.years[-1]}"
    rest = ", ".join(f'"{DAYS[day]}"' for day in table.rest_days)
    lines = [
        f"# Made by `dispatch calendar compile {span}`; not to be edited.",
        f"country = {_quoted(table.country)}",
        f"source = {_quoted(table.source)}",
        f"years = {list(table.years)}",
        f"rest_days = [{rest}]",
    ]
    if table.provisional_from is not None:
        lines.append(f"provisional_from = {table.provisional_from.isoformat()}")
    for part in ("holidays", "working_days"):
        named: tuple[tuple[date, str], ...] = getattr(table, part)
        lines += ["", f"[{part}]"] if named else []
        lines += [f"{day.isoformat()} = {_quoted(name)}" for day, name in named]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
