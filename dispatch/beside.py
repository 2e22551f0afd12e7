"""
A database read beside the service that uses it: nothing is written, nobody waits.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, Connection, create_engine, make_url, select
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from dispatch import schema
from dispatch.codec import dumps, loads
from dispatch.errors import InvalidRequest
from dispatch.migrations import known_versions
from dispatch.sqlite import DatabaseError, connect_reader, path_of, reported

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def beside(url: str, *, of_this_version: bool = True) -> Iterator[Connection]:
    """
    Yields a connection that sees one moment of a database, and goes on seeing just that.

    A file is never touched but by SQLite itself, which keeps the locks of a service that uses it.
    While it is open the service's write-ahead log cannot shrink.

    Raises
    ------
    DatabaseError
        If there is no such database, or it is not one of this program; with ``of_this_version``
        also if it is of another version.
    """
    server = server_of(url)
    opened = _on_server(server) if server is not None else _of_file(path_of(url))
    with opened as connection:
        check_version(connection, name_of(url), of_this_version=of_this_version)
        yield connection


@contextmanager
def file_beside(path: Path, *, of_this_version: bool = True) -> Iterator[Connection]:
    """Yields a connection to a file as `beside` does."""
    with _of_file(path) as connection:
        check_version(connection, str(path), of_this_version=of_this_version)
        yield connection


def server_of(url: str) -> URL | None:
    """Returns the URL of a PostgreSQL server's database by psycopg 3, None for any other."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return None
    if parsed.get_backend_name() != "postgresql":
        return None
    return parsed.set(drivername="postgresql+psycopg")


def name_of(url: str) -> str:
    """Returns how a database is named in what is told: its file, or its URL without a password."""
    server = server_of(url)
    if server is None:
        return str(path_of(url))
    return server.set(drivername="postgresql").render_as_string(hide_password=True)


@contextmanager
def _of_file(path: Path) -> Iterator[Connection]:
    if not path.is_file():
        raise DatabaseError(
            "There is no such database.",
            at=str(path),
            cure="Name the one that the service runs with: sqlite:///PATH.",
        )
    with reported(path), connect_reader(path) as connection, connection.begin():
        yield connection


@contextmanager
def _on_server(url: URL) -> Iterator[Connection]:
    engine = create_engine(
        url,
        poolclass=NullPool,
        isolation_level="REPEATABLE READ",
        # What is stored may name persons: it stays out of messages, and so out of any log.
        hide_parameters=True,
        json_serializer=dumps,
        json_deserializer=loads,
        execution_options={"postgresql_readonly": True},
    )
    try:
        with engine.connect() as connection, connection.begin():
            yield connection
    except SQLAlchemyError as error:
        raise DatabaseError(
            f"The database cannot be read: {getattr(error, 'orig', None) or error}.",
            at=url.set(drivername="postgresql").render_as_string(hide_password=True),
            cure="Check that the server runs and that its name, user and password are right.",
        ) from error
    finally:
        engine.dispose()


def version_of(connection: Connection) -> str | None:
    """Returns the version of a database's tables, None where it is not of this program."""
    return MigrationContext.configure(connection).get_current_revision()


def check_version(connection: Connection, at: str, *, of_this_version: bool = True) -> None:
    """Raises DatabaseError for a database that this program cannot read."""
    version, known = version_of(connection), known_versions()
    if version is None:
        raise DatabaseError(
            "This is not a database of this program.", at=at, cure="Name the one of the service."
        )
    if version not in known:
        raise DatabaseError(
            f"The database is newer than this program: its version is {version}, the newest known "
            f"here {known[-1]}.",
            at=at,
            cure="Run the newer program, or restore a backup made before it was upgraded.",
            code="database-newer",
        )
    if of_this_version and version != known[-1]:
        raise DatabaseError(
            f"The database is of version {version}, this program's of {known[-1]}.",
            at=at,
            cure="Run the service of this program with it once: that brings it up to date.",
        )


def zones_of(connection: Connection) -> tuple[str, ...]:
    """Returns the names of the zones in a database."""
    return tuple(connection.scalars(select(schema.zones.c.id).order_by(schema.zones.c.id)))


def check_zone(connection: Connection, zone: str) -> None:
    """Raises InvalidRequest for a zone that a database does not have."""
    zones = zones_of(connection)
    if zone not in zones:
        raise InvalidRequest(
            f"There is no zone {zone!r} in the database.",
            at="zone",
            cure=f"Choose from {', '.join(zones)}." if zones else "It has none yet.",
            value=zone,
        )
