"""Which country a time zone lies in, so that a city need not be told both."""

from __future__ import annotations

from importlib.resources import files


def country_of_timezone(timezone: str) -> str:
    """
    Returns the ISO 3166 code of the country of an IANA time zone, empty where it has none.

    The table is the one of the time zone database, https://www.iana.org/time-zones.
    """
    table = files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return next((row[0] for row in rows if row[2] == timezone), "")
