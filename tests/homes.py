"""Where the tests' databases live: a file, or a server that the tests start."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from benchmarks.postgres_server import PostgresServer, why_not
from dispatch.store import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Home:
    """A place for one database, and ways to meddle with it behind its back."""

    url: str

    @property
    def is_file(self) -> bool:
        return self.url.startswith("sqlite")

    @property
    def path(self) -> Path:
        return Path(self.url.removeprefix("sqlite:///"))

    def run(self, *statements: str) -> None:
        """Does something in a transaction of its own."""
        if self.is_file:
            with closing(sqlite3.connect(self.path)) as other, other:
                for statement in statements:
                    other.execute(statement)
            return
        with psycopg.connect(self.url) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def break_inserts(self, table: str) -> None:
        """Lets every insert into a table fail."""
        if self.is_file:
            body = "BEGIN SELECT RAISE(ABORT, 'fault'); END"
            self.run(f"CREATE TRIGGER fault BEFORE INSERT ON {table} {body}")
            return
        body = "BEGIN RAISE EXCEPTION 'fault'; END"
        self.run(
            f"CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
            f"CREATE TRIGGER fault BEFORE INSERT ON {table} EXECUTE FUNCTION fault()",
        )

    def mend_inserts(self, table: str) -> None:
        """Lets them succeed again."""
        if self.is_file:
            self.run("DROP TRIGGER fault")
        else:
            self.run(f"DROP TRIGGER fault ON {table}", "DROP FUNCTION fault")

    def empty(self) -> None:
        """Forgets all that was stored; nobody may have it open."""
        if self.is_file:
            self.path.unlink(missing_ok=True)
        else:
            self.cut()
            self.run("DROP FUNCTION IF EXISTS fault CASCADE", "TRUNCATE zone, credential CASCADE")

    def cut(self) -> None:
        """Ends all connections to a server's database."""
        self.run(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server with a database ``zone`` of ours; skips where there can be none."""
    if reason := why_not():
        pytest.skip(reason)
    with closing(PostgresServer()) as server:
        server.start()
        server.create("zone")
        Database.open(server.url("zone")).close()
        yield server


@pytest.fixture
def blank(postgres: PostgresServer) -> Home:
    """A database of a server with nothing in it."""
    name = f"blank_{next(_numbers)}"
    postgres.create(name)
    return Home(postgres.url(name))


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """A place for a database of each kind: what holds for one holds for the other."""
    if request.param == "sqlite":
        return Home(f"sqlite:///{tmp_path}/zone.db")
    server: PostgresServer = request.getfixturevalue("postgres")
    # One for all tests: to make each its own takes longer than most of them.
    found = Home(server.url("zone"))
    found.empty()
    return found
