"""
Calendars and hours as a supplier declares them in the settings.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from api.service_settings import Entry, Name
from dispatch.calendar_compile import compile_calendar
from dispatch.calendar_reading import check_calendar, read_calendar_file
from dispatch.calendars import Calendar, Hours
from dispatch.errors import InvalidRequest


def spans_of(hours: Sequence[str]) -> Hours:
    """Returns hours like 09:00-17:00 in seconds of a day; raises ValueError for what is none."""
    found, faults = check_calendar(f"hours = {json.dumps(hours)}", "hours")
    if faults:
        raise ValueError(f"{faults[0].what} {faults[0].cure}")
    return found.hours


class CalendarSettings(Entry):
    """
    A calendar: a country's holidays and make-up days, the hours of a working day, and changes.

    ``country`` empty: that of the city. ``name`` empty: the country's code. ``file`` is a
    supplier's own, laid over the country's table; hours in it win.
    """

    name: Name | Literal[""] = ""
    country: Annotated[str, Field(pattern=r"^([A-Za-z]{2}(-[A-Za-z0-9]{1,3})?)?$")] = ""
    hours: tuple[str, ...] = ("09:00-17:00",)
    file: Path | None = None

    @field_validator("hours")
    @classmethod
    def _are_hours(cls, hours: tuple[str, ...]) -> tuple[str, ...]:
        spans_of(hours)
        return hours

    def compile(self, country: str, timezone: str, first: date, last: date) -> Calendar:
        """
        Returns the calendar with all years of these days; ``country`` is that of the city.

        Raises InvalidRequest where no country is known, and for what is wrong with the file.
        """
        code = self.country or country
        if not code:
            raise InvalidRequest(
                f"Nobody says in which country the city lies; its time zone is {timezone}.",
                at="calendar",
                cure='Declare it in the settings: [[calendar]] with country = "FI", or yours.',
                code="no-calendar",
                value=timezone,
            )
        changes = None if self.file is None else read_calendar_file(self.file)
        years = range(first.year, last.year + 1)
        return compile_calendar(
            code, years, timezone, spans_of(self.hours), changes, name=self.name
        )
