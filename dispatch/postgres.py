"""
Opens a database of a PostgreSQL server for one process: checked, locked, durable.

A session's advisory lock refuses a second process early. What is stored does not rest on it: each
commit is conditional on the zone's row, so that of two processes the one started first is fenced,
whatever became of its lock. A connection that broke is made anew by the next use.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from dispatch.backing import Backing
from dispatch.codec import dumps, loads
from dispatch.sqlite import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)

OLDEST = 150_000
"""PostgreSQL 15, as the server numbers it."""

LOCK = int.from_bytes(b"dispatch")
"""The number of the advisory lock; each database of a server has its own."""

WAIT_S = 5
"""How long to wait for a server, or for a row that another process holds, a dump, say."""

LOCK_WAIT_S = 2
"""The same for the lock: a process that was killed just now gives it up as its line closes."""

KEEPALIVE = {"keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}
"""After a minute without a sign of life a connection is over, on either side."""

WRITER = {
    "lock_timeout": f"{WAIT_S}s",
    **{f"tcp_{name}": value for name, value in KEEPALIVE.items()},
}
READER = WRITER | {
    "default_transaction_read_only": "on",
    "default_transaction_isolation": "repeatable read",
}


@contextmanager
def reported(at: str, password: str | None = None) -> Iterator[None]:
    """Raises DatabaseError for what SQLAlchemy or psycopg raise inside, without the password."""
    try:
        yield
    except (SQLAlchemyError, psycopg.Error) as error:
        told = " ".join(str(getattr(error, "orig", None) or error).split())
        if password:
            told = told.replace(password, "***")
        raise DatabaseError(
            f"The database cannot be used: {told.rstrip('.')}.",
            at=at,
            cure="Check that the server runs, that the user may create tables, and that the disk "
            "has room.",
        ) from error


def name_of(url: URL) -> str:
    """Returns where a database is, without user and password."""
    place = url.host or str(url.query.get("host", ""))
    port = f":{url.port}" if url.port else ""
    return f"postgresql://{place}{port}/{url.database or ''}"


def open_server(url: URL, opened: ExitStack) -> Backing:
    """
    Returns a database of a server, until ``opened`` is closed.

    Raises
    ------
    DatabaseError
        If the server is not reached, is too old or would lose what it acknowledged, or if another
        process uses the database.
    """
    at = name_of(url)
    guard = partial(reported, at, url.password)
    with guard():
        writer = opened.enter_context(_engine(url, WRITER, locked=True).connect())
        with writer.begin():
            _check(writer, at)
            if not writer.scalar(_HELD):
                raise DatabaseError(
                    "Another process uses the database.",
                    at=at,
                    cure="Stop that process, or name another database.",
                    code="database-locked",
                )
        log.info("PostgreSQL %s at %s.", writer.scalar(text("SHOW server_version")), at)
        writer.rollback()
    return Backing(
        at,
        writer,
        read=lambda stack: stack.enter_context(_engine(url, READER).connect()),
        reported=guard,
        abandon=partial(_abandon, writer),
        is_sound=partial(_is_sound, writer),
    )


_HELD = text(
    "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() "
    "AND (classid::bigint << 32) + objid::bigint = :number"
).bindparams(number=LOCK)
_SETTINGS = text(
    "SELECT name, setting FROM pg_settings WHERE name IN "
    "('server_version_num', 'server_encoding', 'fsync', 'full_page_writes')"
)


def _engine(url: URL, settings: dict[str, str], *, locked: bool = False) -> Engine:
    """Returns what makes connections; those ``locked`` take the lock if it is free."""
    asked = url.query.get("options", "")
    options = [asked] if isinstance(asked, str) else list(asked)
    options += [
        f"-c {name}={value.replace(' ', chr(92) + ' ')}" for name, value in settings.items()
    ]
    engine = create_engine(
        url.set(drivername="postgresql+psycopg").difference_update_query(["options"]),
        poolclass=NullPool,
        # What is stored may name persons: it stays out of messages, and so out of any log.
        hide_parameters=True,
        json_serializer=dumps,
        json_deserializer=loads,
        connect_args={
            "options": " ".join(filter(None, options)),
            "connect_timeout": WAIT_S,
            **{name: int(value) for name, value in KEEPALIVE.items()},
        },
    )

    @event.listens_for(engine, "connect")
    def _connected(raw: Any, _: object) -> None:
        with raw.cursor() as cursor:
            # Off would lose the last commits; that is for the session to say, not for the server.
            cursor.execute(
                "SELECT set_config('synchronous_commit', 'on', false) "
                "WHERE current_setting('synchronous_commit') = 'off'"
            )
        raw.commit()
        if locked:
            _take(raw)

    return engine


def _take(raw: psycopg.Connection[Any]) -> None:
    """Takes the lock, unless another connection keeps it: perhaps our own that broke."""
    try:
        with raw.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT_S}s'")
            cursor.execute(f"SELECT pg_advisory_lock({LOCK})")
        raw.commit()
    except psycopg.errors.LockNotAvailable:
        raw.rollback()
        log.info("The lock is held by another connection.")


def _check(connection: Connection, at: str) -> None:
    """Raises DatabaseError for a server that cannot do what is asked of it."""
    found: dict[str, str] = {row.name: row.setting for row in connection.execute(_SETTINGS)}
    if int(found["server_version_num"]) < OLDEST:
        raise DatabaseError(
            f"The server is PostgreSQL {int(found['server_version_num']) // 10_000}.",
            at=at,
            cure="PostgreSQL 15 or newer is needed.",
        )
    if found["server_encoding"] != "UTF8":
        raise DatabaseError(
            f"The database stores text as {found['server_encoding']}.",
            at=at,
            cure="Create it with ENCODING 'UTF8' TEMPLATE template0.",
        )
    off = [name for name in ("fsync", "full_page_writes") if found[name] != "on"]
    if off:
        raise DatabaseError(
            f"The server would lose or damage data at a power cut: {' and '.join(off)} off.",
            at=at,
            cure="Set them on in postgresql.conf.",
        )
    if connection.scalar(text("SELECT pg_is_in_recovery()")):
        raise DatabaseError("The server is a standby.", at=at, cure="Name the primary server.")


def _abandon(writer: Connection) -> None:
    """Rolls back what is open still: SQLAlchemy does not after a COMMIT that failed."""
    if writer.closed:
        return
    writer.rollback()
    if not writer.invalidated:
        try:
            _raw(writer).rollback()
        except psycopg.Error:
            # The line broke meanwhile.
            writer.invalidate()


def _is_sound(writer: Connection) -> bool:
    """After a statement that failed, a COMMIT would be answered well and store nothing."""
    if writer.invalidated:
        return False
    return _raw(writer).info.transaction_status is TransactionStatus.INTRANS


def _raw(connection: Connection) -> psycopg.Connection[Any]:
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    return raw
