"""
Backups of a database file, taken while the service uses it, and their way back.

A backup is one file, checked before it has its name: SQLite's own check, and the audit of every
zone. Restoring raises each zone's epoch above all there was, so that a program which still believes
to own the zone can write nothing.

References
----------
SQLite's online backup: https://www.sqlite.org/backup.html. It begins anew whenever another
connection writes; a transaction that reads, held open to the end, keeps what is copied as it was.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from dispatch import schema
from dispatch.audit import Audit, audit
from dispatch.beside import check_version, file_beside, zones_of
from dispatch.errors import Conflict
from dispatch.migrations import migrate
from dispatch.sqlite import DatabaseError, connect_writer, lock, path_of, reported

if TYPE_CHECKING:
    from collections.abc import Iterator

STEP = 256
"""Pages copied at a time, 1 MiB: the progress moves on, the service's writes never wait."""

Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Backup:
    """A file that was written, its size in bytes, and the audit of each zone in it."""

    path: Path
    size: int
    audits: tuple[Audit, ...]


def back_up(
    url: str, target: Path, *, force: bool = False, tell: Tell = lambda done, of: None
) -> Backup:
    """
    Returns the backup of a database, complete and durable under its name, or nothing is there.

    Raises
    ------
    Conflict
        If the target is the database itself, or exists and ``force`` is not given.
    DatabaseError
        If there is no such database, it is damaged, or the copy cannot be written.
    """
    source, target = path_of(url), target.absolute()
    _check_target(source, target, force=force)
    with file_beside(source, of_this_version=False):
        pass
    with _temporary(target) as copy:
        with reported(source):
            _copy(source, copy, tell)
        audits = checked(copy)
        _put(copy, target, force=force)
    return Backup(target, target.stat().st_size, audits)


def restore(
    backup: Path, url: str, *, force: bool = False, tell: Tell = lambda done, of: None
) -> Backup:
    """
    Returns the database that a backup became, of this program's version, each epoch raised.

    What was there before is replaced in one step; a file that cannot be opened is kept beside it
    under another name.

    Raises
    ------
    Conflict
        If the database exists and ``force`` is not given, or is the backup itself.
    DatabaseError
        If a service uses it, or the backup is damaged, newer than this program or none of it.
    """
    target = path_of(url)
    _check_source(backup, target)
    descriptor = lock(target)
    try:
        if target.exists() and not force:
            raise _exists(target, "Give --force to replace it.")
        with _temporary(target) as copy:
            with reported(backup):
                _copy(backup, copy, tell)
            with reported(backup), connect_writer(copy) as connection:
                migrate(connection, at=str(backup))
            audits = checked(copy, at=backup)
            _raise_epochs(copy, _epochs(target))
            _plain(copy)
            _clear(target)
            _put(copy, target, force=True)
    finally:
        os.close(descriptor)
    return Backup(target, target.stat().st_size, audits)


def checked(path: Path, at: Path | None = None) -> tuple[Audit, ...]:
    """
    Returns the audits of all zones in a file; raises DatabaseError where anything is wrong.

    ``at`` is how the file is named in errors. An older version's file is checked by SQLite alone.
    """
    name = at or path
    damaged = integrity(path)
    if damaged:
        raise DatabaseError(
            f"The database is damaged: {damaged[0]}.",
            at=str(name),
            cure="Restore a backup made before.",
            code="database-damaged",
        )
    with reported(name), file_beside(path, of_this_version=False) as connection:
        try:
            check_version(connection, str(name))
        except DatabaseError:
            return ()
        audits = tuple(audit(connection, zone) for zone in zones_of(connection))
    for each in audits:
        if each.faults:
            raise DatabaseError(
                f"The log of zone {each.zone} is not whole: {each.faults[0].what}",
                at=str(name),
                cure="See `dispatch audit verify`; back up or restore another file.",
                code="database-damaged",
            )
    return audits


def integrity(path: Path) -> list[str]:
    """Returns what SQLite finds wrong with a file, and rows that refer to none; at most ten."""
    with reported(path), closing(_reading(path)) as connection:
        try:
            found = [text for (text,) in connection.execute("PRAGMA integrity_check(10)")]
        except sqlite3.DatabaseError as error:
            # Too damaged for the check itself.
            return [str(error)]
        if found != ["ok"]:
            return found
        rows = connection.execute("PRAGMA foreign_key_check").fetchmany(10)
        return [f"a row of {table} refers to no row of {other}" for table, _, other, _ in rows]


def _reading(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)


def _copy(source: Path, copy: Path, tell: Tell) -> None:
    with closing(_reading(source)) as reading, closing(sqlite3.connect(copy)) as writing:
        reading.execute("BEGIN")
        # The transaction begins with what it first reads.
        reading.execute("SELECT count(*) FROM sqlite_master").fetchone()
        reading.backup(
            writing, pages=STEP, progress=lambda _, left, total: tell(total - left, total)
        )
    _plain(copy)


def _plain(path: Path) -> None:
    """Makes one file of a database: its write-ahead log is emptied into it and goes."""
    with reported(path), closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()


def _epochs(path: Path) -> dict[str, int]:
    """Returns the epochs in a database that is to be replaced, as far as it can be read."""
    with suppress(DatabaseError), file_beside(path, of_this_version=False) as connection:
        zones = schema.zones.c
        rows = connection.execute(select(zones.id, zones.epoch))
        return {row.id: row.epoch for row in rows}
    return {}


def _raise_epochs(path: Path, before: dict[str, int]) -> None:
    zones = schema.zones.c
    with reported(path), connect_writer(path) as connection, connection.begin():
        for zone, epoch in connection.execute(select(zones.id, zones.epoch)).all():
            above = max(epoch, before.get(zone, 0)) + 1
            connection.execute(update(schema.zones).where(zones.id == zone).values(epoch=above))


def _clear(target: Path) -> None:
    """Empties the write-ahead log of a database that is replaced, which the next would read."""
    if not target.exists() and not _logs(target):
        return
    try:
        with reported(target):
            _plain(target)
    except DatabaseError:
        number = 1
        while (aside := target.with_name(f"{target.name}.damaged-{number}")).exists():
            number += 1
        for log in _logs(target):
            log.rename(aside.with_name(aside.name + log.name.removeprefix(target.name)))
        if target.exists():
            target.rename(aside)
    for log in _logs(target):
        log.unlink()


def _logs(path: Path) -> list[Path]:
    logs = (path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm", "-journal"))
    return [log for log in logs if log.exists()]


@contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    """Yields a new file in the folder of another one, gone afterwards unless it was renamed."""
    try:
        descriptor, name = mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise DatabaseError(
            f"The folder cannot be written: {error.strerror}.",
            at=str(target.parent),
            cure="Name a file in a folder that exists and can be written.",
        ) from error
    os.close(descriptor)
    path = Path(name)
    try:
        yield path
    finally:
        for file in (path, *_logs(path)):
            file.unlink(missing_ok=True)


def _put(copy: Path, target: Path, *, force: bool) -> None:
    """Gives a file its name, durably; raises Conflict for one that came to be meanwhile."""
    try:
        _sync(copy)
        if not force and target.exists():
            raise _exists(target, "Give --force to replace it.")
        copy.replace(target)
        _sync(target.parent)
    except OSError as error:
        raise DatabaseError(
            f"The file cannot be written: {error.strerror}.",
            at=str(target),
            cure="Check that the disk has room.",
        ) from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_target(source: Path, target: Path, *, force: bool) -> None:
    own = {source, *(source.with_name(f"{source.name}{end}") for end in ("-wal", "-shm", "-lock"))}
    if target.resolve() in own:
        raise Conflict(
            "The backup would overwrite the database itself.",
            at=str(target),
            cure="Name another file.",
            code="backup-target",
        )
    if target.exists() and not force:
        raise _exists(target, "Name another file, or give --force to replace it.")


def _check_source(backup: Path, target: Path) -> None:
    if not backup.is_file():
        raise DatabaseError(
            "There is no such backup.", at=str(backup), cure="Name a file that exists."
        )
    if backup.resolve() == target:
        raise Conflict(
            "The backup is the database itself.",
            at=str(backup),
            cure="Name another database.",
            code="backup-target",
        )
    # Refuses what is none of ours, or newer, before anything is locked or copied.
    with file_beside(backup, of_this_version=False) as connection:
        connection.scalar(select(func.count()).select_from(schema.zones))


def _exists(path: Path, cure: str) -> Conflict:
    return Conflict("The file exists.", at=str(path), cure=cure, code="backup-target")
