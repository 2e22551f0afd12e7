"""
The commands that keep a database safe: back it up, restore it, check it.
"""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from api.printing import EXITS, out, print_json
from api.store_options import Config, Db, Json, progress_line
from dispatch.errors import Unavailable

if TYPE_CHECKING:
    from dispatch.backup import Backup
    from dispatch.checking import Checked

CHECK_EXITS = "Exit codes: 0 nothing wrong, 1 something wrong, 2 wrong arguments or no database."

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.command(epilog=EXITS)(backup)
    app.command(epilog=EXITS)(restore)
    app.command("check-db", epilog=CHECK_EXITS)(check_db)


def backup(
    file: File, db: Db = None, force: Force = False, config: Config = None, as_json: Json = False
) -> None:
    """Write a checked backup of the database, which may be in use; of PostgreSQL by pg_dump."""
    from api.settings import read_settings
    from dispatch.backup import back_up
    from dispatch.beside import server_of
    from dispatch.server_backup import dump, dump_command, is_there

    url = read_settings(config, db=db).db
    server = server_of(url)
    if server is None:
        with progress_line("pages") as tell:
            _told(back_up(url, file, force=force, tell=tell), as_json)
        return
    command = dump_command(server, file)
    if not is_there(command):
        raise _run_yourself(command)
    dump(server, file, force=force)
    _told_server(command, file, as_json)


def restore(
    file: File, db: Db = None, force: Force = False, config: Config = None, as_json: Json = False
) -> None:
    """Make a database of a backup, checked; no service may use it. PostgreSQL's by pg_restore."""
    from api.settings import read_settings
    from dispatch.backup import restore as put_back
    from dispatch.beside import server_of
    from dispatch.server_backup import is_there, load, restore_command

    url = read_settings(config, db=db).db
    server = server_of(url)
    if server is None:
        with progress_line("pages") as tell:
            _told(put_back(file, url, force=force, tell=tell), as_json)
        return
    command = restore_command(server, file)
    if not is_there(command):
        raise _run_yourself(command)
    load(server, file, force=force)
    _told_server(command, file, as_json)


def _run_yourself(command: tuple[str, ...]) -> Unavailable:
    return Unavailable(
        f"{command[0]} is not on this machine.",
        at=command[0],
        cure=f"Where it is, run: {shlex.join(command)}",
    )


def _told(made: Backup, as_json: bool) -> None:
    heads = {audit.zone: str(audit.head) for audit in made.audits}
    if as_json:
        print_json({"file": str(made.path), "bytes": made.size, "heads": heads})
        return
    out.print(f"{made.path}: {made.size:,} bytes, checked", markup=False, highlight=False)
    for zone, head in heads.items():
        out.print(f"  {zone}: head {head}", markup=False, highlight=False)


def _told_server(command: tuple[str, ...], file: Path, as_json: bool) -> None:
    if as_json:
        print_json({"file": str(file), "bytes": file.stat().st_size, "command": list(command)})
    else:
        out.print(f"Done: {shlex.join(command)}", markup=False, highlight=False)


def check_db(db: Db = None, config: Config = None, as_json: Json = False) -> None:
    """Check a database: undamaged, whole, everything in it agrees; it may be in use."""
    from api.settings import read_settings
    from dispatch.checking import check_database

    with progress_line("entries") as tell:
        found = check_database(read_settings(config, db=db).db, tell)
    if as_json:
        print_json(asdict(found))
    else:
        _print_checked(found)
    if found.faults:
        raise typer.Exit(1)


def _print_checked(found: Checked) -> None:
    table = Table(title=found.name, show_header=False, title_justify="left")
    table.add_row("engine", found.engine)
    table.add_row("version", found.version or "unknown")
    if found.size is not None:
        table.add_row("size", f"{found.size:,} bytes")
    if found.free is not None:
        table.add_row("free on its disk", f"{found.free >> 20:,} MiB")
    for audit in found.audits:
        text = f"{audit.entries:,} entries, {audit.plans:,} plans, head {audit.head}"
        table.add_row(f"zone {audit.zone}", text)
    out.print(table)
    for warning in found.warnings:
        out.print(f"warning: {warning}", markup=False, highlight=False)
    for fault in found.faults or ("Nothing is wrong.",):
        out.print(fault, markup=False, highlight=False)
