"""
The commands around calendars: show one, compile a country's table, check a supplier's file.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from api.printing import out, print_json, tell_faults
from dispatch.errors import DispatchError, InvalidRequest
from dispatch.hours import DAYS

if TYPE_CHECKING:
    from dispatch.calendars import Calendar

CALENDAR_EXITS = "Exit codes: 0 done, 1 interrupted or failed, 2 wrong arguments or files."

YEARS_AHEAD = 2
"""Years shown after this one, where no table says which."""

calendar_app = typer.Typer(help="Calendars: holidays and working days.", no_args_is_help=True)

Country = Annotated[
    str, typer.Argument(metavar="NAME", help="Country, ISO 3166 code: cn, fi, de-by.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(calendar_app, name="calendar", epilog=CALENDAR_EXITS)


@calendar_app.command("show", epilog=CALENDAR_EXITS)
def show(
    name: Country,
    year: Annotated[int | None, typer.Option(help="Only this year.")] = None,
    timezone: Annotated[
        str | None, typer.Option(help="IANA time zone; the country's first if absent.")
    ] = None,
    changes: Annotated[
        Path | None, typer.Option("--file", help="A supplier's changes, .toml.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the working days, holidays and make-up days of a country."""
    told = calendar_json(_load(name, year, timezone, changes), year)
    if as_json:
        print_json(told)
        return
    out.print(
        f"{told['version']}, {told['timezone']}, {told['first']} to {told['last']}",
        markup=False,
        highlight=False,
    )
    for entry in told["years"]:
        out.print(_year_table(entry))


def _load(name: str, year: int | None, timezone: str | None, changes: Path | None) -> Calendar:
    from dispatch.calendar_compile import compile_calendar, shipped_table
    from dispatch.calendar_reading import read_calendar_file

    file = None if changes is None else read_calendar_file(changes)
    table = shipped_table(name)
    asked = table.years if table else _years_now()
    if year is not None and year not in asked and (file is None or year not in file.years):
        asked = (year,)
    return compile_calendar(name, asked, timezone or timezone_of_country(name), (), file)


def _years_now() -> tuple[int, ...]:
    this = datetime.now(UTC).year
    return tuple(range(this, this + YEARS_AHEAD + 1))


def timezone_of_country(country: str) -> str:
    """Returns the first time zone that IANA lists for a country, UTC where it lists none."""
    from importlib.resources import files

    table = files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    code = country[:2].upper()
    return next((row[2].strip() for row in rows if row[0] == code), "UTC")


def calendar_json(calendar: Calendar, year: int | None = None) -> dict[str, Any]:
    """Returns a calendar, or one year of it, as JSON; raises InvalidRequest for another year."""
    start = calendar.provisional_from
    years = range(calendar.first.year, calendar.last.year + 1)
    if year is not None and year not in years:
        raise InvalidRequest(
            f"The calendar covers {years[0]} to {years[-1]}, not {year}.",
            at="--year",
            cure="Name one of these years.",
            code="calendar-ends",
            value=year,
        )
    return {
        "name": calendar.name,
        "version": calendar.version,
        "timezone": calendar.timezone,
        "first": calendar.first.isoformat(),
        "last": calendar.last.isoformat(),
        "provisional_from": start and start.isoformat(),
        "years": [_year_json(calendar, y) for y in years if year in (None, y)],
    }


def _year_json(calendar: Calendar, year: int) -> dict[str, Any]:
    from dispatch.calendars import is_provisional, is_working

    rest, work = (
        [
            {"day": n.day.isoformat(), "weekday": DAYS[n.day.weekday()], "name": n.name}
            for n in calendar.named
            if n.day.year == year and n.works == works
        ]
        for works in (False, True)
    )
    first = date(year, 1, 1)
    days = [first + timedelta(days=i) for i in range((date(year + 1, 1, 1) - first).days)]
    return {
        "year": year,
        "provisional": any(is_provisional(calendar, day) for day in days),
        "working_days": sum(is_working(calendar, day) for day in days),
        "holidays": rest,
        "make_up_days": work,
    }


def _year_table(entry: dict[str, Any]) -> Table:
    state = "PROVISIONAL: not yet published" if entry["provisional"] else "published"
    title = f"{entry['year']}: {entry['working_days']} working days, {state}"
    table = Table("day", "", "", "name", title=title)
    rows = [(n, "rest") for n in entry["holidays"]] + [(n, "WORK") for n in entry["make_up_days"]]
    for named, kind in sorted(rows, key=lambda row: str(row[0]["day"])):
        table.add_row(named["day"], named["weekday"], kind, named["name"])
    return table


@calendar_app.command("compile", epilog=CALENDAR_EXITS)
def compile_(
    country: Country,
    first: Annotated[int, typer.Argument(min=1970, max=9998, help="First year.")],
    last: Annotated[int, typer.Argument(min=1970, max=9998, help="Last year.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; stdout if absent.")
    ] = None,
) -> None:
    """Compile a country's table of holidays and make-up days, as it ships."""
    from dispatch.calendar_compile import compile_table, table_text

    text = table_text(compile_table(country, range(first, last + 1)))
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise InvalidRequest(
            f"This cannot be written: {error.strerror}.",
            at=str(output),
            cure="Name a file in a directory that exists.",
        ) from error


@calendar_app.command("check", epilog=CALENDAR_EXITS)
def check(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Suppliers' changes, .toml.")
    ],
    country: Annotated[
        str | None, typer.Option(help="Whose table they change; the file's if absent.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check calendar files; against a country's table, where one is named."""
    faults = {str(file): list(_faults(file, country)) for file in files}
    tell_faults(faults, as_json=as_json)


def _faults(file: Path, country: str | None) -> Iterator[DispatchError]:
    from dispatch.calendar_compile import shipped_table, table_of
    from dispatch.calendar_files import calendar_of, overlay
    from dispatch.calendar_reading import check_calendar_file

    found, faults = check_calendar_file(file)
    yield from faults
    name = country or found.country
    if faults or not name:
        return
    try:
        shipped = shipped_table(name)
        table = shipped or table_of(name, found.years or _years_now())
        calendar_of(overlay(table, found), name.lower(), "UTC")
    except DispatchError as error:
        error.at = f"{file.name}: {error.at}"
        yield error
