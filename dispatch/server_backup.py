"""
Backups of a PostgreSQL database, by the server's own programs.

The password is given in the environment, never in a command that others on the machine can read.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from sqlalchemy import URL, create_engine, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from dispatch import schema
from dispatch.beside import beside, name_of
from dispatch.errors import Conflict
from dispatch.sqlite import DatabaseError

if TYPE_CHECKING:
    from pathlib import Path


def _address(url: URL) -> str:
    """Returns the URL without its password."""
    # `set` cannot take a password away.
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    return bare.render_as_string(hide_password=False)


def dump_command(url: URL, file: Path) -> tuple[str, ...]:
    """Returns the command that writes a database to a file, in PostgreSQL's custom format."""
    return ("pg_dump", "--format=custom", f"--file={file}", f"--dbname={_address(url)}")


def restore_command(url: URL, file: Path) -> tuple[str, ...]:
    """Returns the command that replaces a database by such a file, wholly or not at all."""
    options = ("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error")
    return ("pg_restore", *options, f"--dbname={_address(url)}", str(file))


def is_there(command: tuple[str, ...]) -> bool:
    """Returns whether the program of a command can be run here."""
    return shutil.which(command[0]) is not None


def dump(url: URL, file: Path, *, force: bool = False) -> None:
    """Writes a database to a file; raises Conflict if it exists, DatabaseError if that fails."""
    if file.exists() and not force:
        raise Conflict(
            "The file exists.",
            at=str(file),
            cure="Name another file, or give --force to replace it.",
            code="backup-target",
        )
    part = file.with_name(f".{file.name}.part")
    try:
        _run(dump_command(url, part), url)
        descriptor = os.open(part, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def load(url: URL, file: Path, *, force: bool = False) -> None:
    """
    Replaces a database by a backup and raises each epoch above all there was.

    Raises
    ------
    Conflict
        If it holds zones already and ``force`` is not given.
    DatabaseError
        If it fails; then it is as it was.
    """
    before = _epochs(url)
    if before and not force:
        raise Conflict(
            f"The database has the zones {', '.join(sorted(before))}.",
            at=name_of(url.render_as_string(hide_password=False)),
            cure="Give --force to replace it.",
            code="backup-target",
        )
    _run(restore_command(url, file), url)
    engine = create_engine(url, poolclass=NullPool)
    zones = schema.zones.c
    with engine.begin() as connection:
        for zone, epoch in connection.execute(select(zones.id, zones.epoch)).all():
            above = max(epoch, before.get(zone, 0)) + 1
            connection.execute(update(schema.zones).where(zones.id == zone).values(epoch=above))
    engine.dispose()


def _epochs(url: URL) -> dict[str, int]:
    zones = schema.zones.c
    try:
        with beside(url.render_as_string(hide_password=False), of_this_version=False) as connection:
            rows = connection.execute(select(zones.id, zones.epoch))
            return {row.id: row.epoch for row in rows}
    except (DatabaseError, SQLAlchemyError):
        return {}


def _run(command: tuple[str, ...], url: URL) -> None:
    environment = dict(os.environ)
    if url.password is not None:
        environment["PGPASSWORD"] = str(url.password)
    # The program is PostgreSQL's own, its arguments are a URL and a file the user named.
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if ended.returncode:
        raise DatabaseError(
            f"{command[0]} failed: {ended.stderr.strip()[-500:]}",
            at=_address(url),
            cure="Check that the server runs, and the user and the version of the program.",
        )
