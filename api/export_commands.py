"""
The commands that write files of what a service that runs knows.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.import_commands import Kind
from api.printing import EXITS, out
from api.service_client import URL
from dispatch.promise_report import By

export_app = typer.Typer(help="Files of orders, routes and promises.", no_args_is_help=True)

Out = Annotated[Path, typer.Option("--out", "-o", help="File to write; replaced if there.")]
Url = Annotated[str, typer.Option(help="Where the service runs.")]
Since = Annotated[
    str | None, typer.Option("--from", help="Placed from: a date, or RFC 3339 with offset.")
]
Until = Annotated[
    str | None, typer.Option("--to", help="Placed before: a date, or RFC 3339 with offset.")
]


class OrderFormat(StrEnum):
    """What orders are written as."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


class RouteFormat(StrEnum):
    """What routes are written as."""

    GEOJSON = "geojson"
    GPX = "gpx"


class TableFormat(StrEnum):
    """What a template is written as."""

    CSV = "csv"
    XLSX = "xlsx"


class Language(StrEnum):
    """What the columns of a template are named in."""

    EN = "en"
    ZH = "zh"


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(export_app, name="export", epilog=EXITS)


@export_app.command(epilog=EXITS)
def orders(
    file: Out,
    file_format: Annotated[
        OrderFormat, typer.Option("--format", help="What to write.")
    ] = OrderFormat.CSV,
    since: Since = None,
    until: Until = None,
    url: Url = URL,
) -> None:
    """Write the orders placed in a time, a row for each line of each drop."""
    _write(
        url, "/v1/orders/export", {"format": file_format.value, "from": since, "to": until}, file
    )


@export_app.command(epilog=EXITS)
def routes(
    file: Out,
    file_format: Annotated[
        RouteFormat, typer.Option("--format", help="What to write.")
    ] = RouteFormat.GEOJSON,
    courier: Annotated[str | None, typer.Option(help="Of one courier; else of all.")] = None,
    url: Url = URL,
) -> None:
    """Write stops and ways of the plan that holds."""
    _write(url, "/v1/plan/routes", {"format": file_format.value, "courier": courier}, file)


@export_app.command(epilog=EXITS)
def promises(
    file: Out,
    by: Annotated[By, typer.Option(help="What orders are put together by.")] = By.SERVICE,
    since: Since = None,
    until: Until = None,
    url: Url = URL,
) -> None:
    """Write how promises were kept, as CSV."""
    query = {"format": "csv", "by": by.value, "from": since, "to": until}
    _write(url, "/v1/promises/report", query, file)


@export_app.command(epilog=EXITS)
def template(
    file: Out,
    kind: Annotated[Kind, typer.Option(help="What its rows shall be.")] = Kind.ORDERS,
    file_format: Annotated[
        TableFormat, typer.Option("--format", help="What to write.")
    ] = TableFormat.XLSX,
    language: Annotated[Language, typer.Option(help="Of the columns' names.")] = Language.EN,
) -> None:
    """Write an empty table to fill in and import; no service is needed."""
    from api.import_template import template as made
    from api.order_table import COLUMNS
    from dispatch import directory
    from dispatch.errors import InvalidRequest

    columns = COLUMNS if kind is Kind.ORDERS else directory.COLUMNS
    try:
        file.write_bytes(made(columns, kind.value, file_format.value, language.value))
    except OSError as error:
        what = f"This cannot be written: {error.strerror}."
        raise InvalidRequest(what, at=str(file), cure="Name another file.") from error


def _write(url: str, path: str, query: dict[str, str | None], file: Path) -> None:
    from api.service_client import fetch

    written = fetch(url, path, query, file)
    out.print(f"{file}: {written} bytes", markup=False, highlight=False)
