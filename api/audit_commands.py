"""
The commands about the log of a zone: is it whole, what is its head, who did what when.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from api.printing import EXITS, out, print_json
from api.store_options import Config, Db, Json, ZoneName, chosen_zone, progress_line
from dispatch.errors import InvalidRequest

if TYPE_CHECKING:
    from dispatch.audit import Audit

AUDIT_EXITS = "Exit codes: 0 nothing wrong, 1 something wrong, 2 wrong arguments or database."

audit_app = typer.Typer(help="The log: is it whole, who did what when.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(audit_app, name="audit", epilog=AUDIT_EXITS)


@audit_app.command(epilog=AUDIT_EXITS)
def verify(
    db: Db = None,
    zone: Annotated[str | None, typer.Option(help="Only this zone; all if absent.")] = None,
    head: Annotated[
        str | None,
        typer.Option(metavar="SEQ:HASH", help="Head noted before, as `audit head` printed it."),
    ] = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Check that nothing in the log was changed, put in or taken out, and all follows from it."""
    from api.settings import read_settings
    from dispatch.audit import Head, audit
    from dispatch.beside import beside, zones_of

    settings = read_settings(config, db=db)
    noted = None if head is None else Head.read(head)
    with beside(settings.db) as connection:
        zones = (zone,) if zone is not None else zones_of(connection)
        if noted is not None and len(zones) != 1:
            zones = (chosen_zone(connection, zone, settings),)
        found = []
        for name in zones:
            with progress_line(name) as tell:
                found.append(audit(connection, name, noted, tell))
    if as_json:
        print_json({"zones": [audit_json(each) for each in found]})
    else:
        for each in found:
            _print_audit(each)
    if any(each.faults for each in found):
        raise typer.Exit(1)


def audit_json(found: Audit) -> dict[str, Any]:
    """Returns an audit as JSON."""
    return asdict(found) | {"head": str(found.head), "faults": [asdict(f) for f in found.faults]}


def _print_audit(found: Audit) -> None:
    counts = f"{found.entries:,} entries, {found.plans:,} plans"
    if not found.faults:
        text = f"{found.zone}: {counts}, nothing wrong. Head {found.head}"
        out.print(text, markup=False, highlight=False)
        return
    out.print(f"{found.zone}: {counts} sound, then:", markup=False, highlight=False)
    for fault in found.faults:
        out.print(f"  {fault.what} {fault.means}", markup=False, highlight=False)


@audit_app.command(epilog=EXITS)
def head(
    db: Db = None, zone: ZoneName = None, config: Config = None, as_json: Json = False
) -> None:
    """Print the head of the log, SEQ:HASH, to be noted elsewhere for `audit verify --head`."""
    from api.settings import read_settings
    from dispatch.audit import head_of
    from dispatch.beside import beside

    settings = read_settings(config, db=db)
    with beside(settings.db) as connection:
        name = chosen_zone(connection, zone, settings)
        found = head_of(connection, name)
    if as_json:
        print_json({"zone": name, "seq": found.seq, "hash": found.hash, "head": str(found)})
    else:
        sys.stdout.write(f"{found}\n")


@audit_app.command(epilog=EXITS)
def log(
    subject: Annotated[
        str | None, typer.Option(help="Only about this order, drop, courier or quote.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="From: a date, or RFC 3339 with offset.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="Before: a date, or RFC 3339 with offset.")
    ] = None,
    db: Db = None,
    zone: ZoneName = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
) -> None:
    """Print who did what when; without a name of who, the program itself."""
    from api.promises import read_range
    from api.settings import read_settings
    from dispatch.audit_log import told
    from dispatch.beside import beside
    from dispatch.city_files import load_map

    settings = read_settings(config, db=db)
    timezone = load_map(settings.city).timezone
    bounds = read_range(since, until, timezone, ("--from", "--to"))
    local = ZoneInfo(timezone)
    with beside(settings.db) as connection:
        entries = told(connection, chosen_zone(connection, zone, settings), subject, bounds)
        if as_json:
            for entry in entries:
                sys.stdout.write(json.dumps(_entry_json(entry, local), ensure_ascii=False) + "\n")
            return
        table = Table("number", "recorded", "at", "who", "what", "about", "facts")
        for entry in entries:
            table.add_row(*_cells(entry, local))
    if not table.row_count and subject is not None:
        raise InvalidRequest(
            f"Nothing in the log is about {subject!r} then.",
            at="--subject",
            cure="Give the id of an order, a drop, a courier or a quote.",
            value=subject,
        )
    out.print(table)


def _moment(instant: int, local: ZoneInfo) -> str:
    return datetime.fromtimestamp(instant, local).isoformat()


def _entry_json(entry: dict[str, Any], local: ZoneInfo) -> dict[str, Any]:
    names = ("seq", "kind", "actor", "subjects", "body", "hash")
    moments = {name: _moment(entry[name], local) for name in ("at", "recorded_at")}
    return {name: entry[name] for name in names} | moments


def _cells(entry: dict[str, Any], local: ZoneInfo) -> tuple[str, ...]:
    from rich.markup import escape

    from dispatch.audit_log import facts

    at, recorded = (
        f"{datetime.fromtimestamp(entry[name], local):%Y-%m-%d %H:%M:%S}"
        for name in ("at", "recorded_at")
    )
    about = ", ".join(entry["subjects"][:4]) + (" …" if len(entry["subjects"]) > 4 else "")
    what = (entry["actor"] or "-", entry["kind"], about, facts(entry))
    return (str(entry["seq"]), recorded, "" if at == recorded else at, *map(escape, what))
