"""
The commands about promises.
"""

from __future__ import annotations

import csv
import sys
import time
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from api.printing import EXITS, out, print_json
from api.store_options import Config, Db
from dispatch.errors import InvalidRequest
from dispatch.promise_report import By

if TYPE_CHECKING:
    from dispatch.promise_report import PromiseReport, PromiseRow

promises_app = typer.Typer(help="Promises: how they were kept.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(promises_app, name="promises", epilog=EXITS)


@promises_app.callback()
def promises() -> None:
    """Promises: how they were kept."""


@promises_app.command(epilog=EXITS)
def report(
    since: Annotated[
        str | None, typer.Option("--from", help="Placed from: a date, or RFC 3339 with offset.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="Placed before: a date, or RFC 3339 with offset.")
    ] = None,
    by: Annotated[By, typer.Option(help="What orders are put together by.")] = By.SERVICE,
    db: Db = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """Print how promises were kept: an order counts once, where its last drop is."""
    from api.promises import made, read_range
    from api.settings import read_settings
    from dispatch.city_files import load_map

    if as_json and as_csv:
        raise InvalidRequest("Both --json and --csv.", at="--csv", cure="Give one of them.")
    settings = read_settings(config, db=db)
    timezone = load_map(settings.city).timezone
    bounds = read_range(since, until, timezone, ("--from", "--to"))
    found = made(settings.db, settings.zone, bounds, by, int(time.time()), timezone)
    if as_json:
        print_json(
            {
                "by": by.value,
                "items": [asdict(row) for row in found.rows],
                "total": asdict(found.total),
            }
        )
    elif as_csv:
        _print_csv(found, by)
    else:
        out.print(table_of(found, by))


def _print_csv(found: PromiseReport, by: By) -> None:
    """Prints a line per group; what is not known is empty. Without the sum, which spoils sums."""
    names = [field.name for field in fields(found.total)]
    lines = csv.DictWriter(sys.stdout, names, lineterminator="\n")
    lines.writerow(dict(zip(names, [by.value, *names[1:]], strict=True)))
    lines.writerows(asdict(row) for row in found.rows)


def table_of(found: PromiseReport, by: By) -> Table:
    """Returns a report as a table, the sum in the last row."""
    states = ("promised", "kept", "late", "breached", "cancelled", "paused", "running")
    table = Table(by.value, *states, "kept %", "late p50", "late p95", show_footer=False)
    for row in (*found.rows, found.total):
        if row is found.total:
            table.add_section()
        counts = [str(getattr(row, state)) for state in states]
        table.add_row(row.group, *counts, *_measures(row))
    return table


def _measures(row: PromiseRow) -> tuple[str, str, str]:
    share = "-" if row.kept_share is None else f"{100 * row.kept_share:.1f}"
    p50, p95 = ("-" if s is None else f"{s} s" for s in (row.late_p50_s, row.late_p95_s))
    return share, p50, p95
