"""
Opens an SQLite file for one process: locked, migrated, durable.

Write-ahead log and full synchronisation: a commit that returned survives a power cut. One
connection writes and does every checkpoint, all others only read. That also avoids by design the
fault of SQLite up to 3.51.2 by which two connections that write and checkpoint at the same instant
can lose pages (https://www.sqlite.org/wal.html#walresetbug). Never fork while a file is open.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from sqlalchemy import Connection, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from dispatch.backing import Backing
from dispatch.codec import dumps, loads
from dispatch.errors import DispatchError

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)

BUSY_S = 5.0
"""How long to wait for a lock that a backup, say, holds on the file."""

FIRST_MENDED = {(3, 44): (3, 44, 6), (3, 50): (3, 50, 7)}
"""The older releases to which the mending of the fault above, in 3.51.3, was carried back."""


class DatabaseError(DispatchError):
    """A database that cannot be used, or could not store what it was given."""

    default_code = "database"


@contextmanager
def reported(path: Path) -> Iterator[None]:
    """Raises DatabaseError for what SQLAlchemy or SQLite raise inside."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise DatabaseError(
            f"The database cannot be used: {getattr(error, 'orig', None) or error}.",
            at=str(path),
            cure="Check that it is undamaged, of this program, and that the disk has room.",
        ) from error


def path_of(url: str) -> Path:
    """
    Returns the file that a URL like ``sqlite:///dispatch.db`` names.

    Raises
    ------
    DatabaseError
        If it names none.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = make_url("none://")
    if parsed.drivername != "sqlite" or parsed.database in (None, "", ":memory:") or parsed.query:
        # Not the URL itself: it may hold a password.
        raise DatabaseError(
            "This is not the URL of a database file.",
            cure="Give sqlite:///PATH, or postgresql://USER@HOST/NAME for a server's.",
            code="database-url",
        )
    # Whatever link it is reached by, it is one file with one lock.
    return Path(str(parsed.database)).resolve()


def open_file(path: Path, opened: ExitStack) -> Backing:
    """
    Returns the database of a file, made if it is missing, until ``opened`` is closed.

    Raises
    ------
    DatabaseError
        If another process uses it, or it is no database.
    """
    with reported(path):
        opened.callback(os.close, lock(path))
        writer = opened.enter_context(connect_writer(path))
    warn_of_old_sqlite()
    return Backing(
        str(path),
        writer,
        read=lambda stack: stack.enter_context(connect_reader(path)),
        reported=partial(reported, path),
        abandon=partial(abandon, writer),
        is_sound=partial(is_in_transaction, writer),
    )


def lock(path: Path) -> int:
    """
    Returns the descriptor of the lock file beside a database; closing it releases the lock.

    Raises
    ------
    DatabaseError
        If another process holds it, or the folder cannot be written.
    """
    name = path.with_name(f"{path.name}-lock")
    try:
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise DatabaseError(
            f"The lock file cannot be written: {error.strerror}.",
            at=str(name),
            cure="Name a database in a folder that exists and can be written.",
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise DatabaseError(
            f"Another process uses the database {path}.",
            at=str(name),
            cure="Stop that process, or name another database.",
            code="database-locked",
        ) from error
    return descriptor


def connect_writer(path: Path) -> Connection:
    """Returns the connection that writes; its transactions take the write lock as they begin."""
    raw = _connect(str(path))
    try:
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute("PRAGMA foreign_keys = ON")
        (mode,) = raw.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise DatabaseError(
                f"The file can keep no write-ahead log (its journal mode is {mode}).",
                at=str(path),
                cure="Name a database on a local disk.",
            )
        # SQLite opens a file that may not be written for reading, without a word.
        raw.execute("BEGIN IMMEDIATE")
        raw.execute("PRAGMA user_version = 0")
        raw.execute("ROLLBACK")
    except BaseException:
        raw.close()
        raise
    return _wrap(raw, "BEGIN IMMEDIATE")


def connect_reader(path: Path) -> Connection:
    """Returns a connection that cannot write and never checkpoints."""
    return _wrap(_connect(f"file:{quote(str(path))}?mode=ro"), "BEGIN")


def _connect(name: str) -> sqlite3.Connection:
    # Opened in one thread and used in another; whoever holds it sees to one at a time.
    return sqlite3.connect(
        name,
        timeout=BUSY_S,
        isolation_level=None,
        check_same_thread=False,
        uri=name.startswith("file:"),
    )


def _wrap(raw: sqlite3.Connection, begin: str) -> Connection:
    engine = create_engine(
        "sqlite://",
        creator=lambda: raw,
        poolclass=NullPool,
        # What is stored may name persons: it stays out of messages, and so out of any log.
        hide_parameters=True,
        json_serializer=dumps,
        json_deserializer=loads,
    )

    # The driver itself begins nothing (isolation_level None).
    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine.connect()


def abandon(connection: Connection) -> None:
    """Rolls back what SQLite still holds open: SQLAlchemy does not after a COMMIT that failed."""
    if not connection.closed:
        connection.rollback()
        _raw(connection).rollback()


def is_in_transaction(connection: Connection) -> bool:
    """Returns whether a transaction that was begun is open still."""
    return _raw(connection).in_transaction


def _raw(connection: Connection) -> sqlite3.Connection:
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw


def warn_of_old_sqlite(version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> bool:
    """Returns whether this SQLite has the fault named above; the log says which one it is."""
    name = ".".join(map(str, version))
    if version >= FIRST_MENDED.get(version[:2], (3, 51, 3)):
        log.info("SQLite %s.", name)
        return False
    log.warning(
        "SQLite %s can lose pages when two connections write at the same instant. This program "
        "writes by one only: let no other write to its database. SQLite 3.51.3 mends it.",
        name,
    )
    return True
