"""A server's database: lines that break, old processes, servers that would lose data."""

from __future__ import annotations

import logging
import signal
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import make_url, text

from benchmarks.postgres_server import PostgresServer, why_not
from dispatch import postgres as backing
from dispatch.commit import Commit
from dispatch.store import Database, DatabaseError
from tests.cutting_proxy import CuttingProxy
from tests.homes import Home
from tests.store_worlds import STORES, ZONE, a_plan, joined, placed, seen

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST = Commit(100, (joined(1), placed(1)), a_plan(1, drops=("d_10",)))
SECOND = Commit(200, (placed(2),), a_plan(2, drops=("d_10", "d_20")))
THIRD = Commit(300, (placed(3),))


@pytest.fixture
def near(postgres: PostgresServer) -> Home:
    """A database of the server, empty."""
    home = Home(postgres.url("zone"))
    home.empty()
    return home


@pytest.fixture
def line(postgres: PostgresServer) -> Iterator[CuttingProxy]:
    with closing(CuttingProxy(postgres.port)) as proxy:
        yield proxy


@pytest.fixture
def database(near: Home, postgres: PostgresServer, line: CuttingProxy) -> Iterator[Database]:
    """A database at the other end of a line that breaks."""
    with closing(Database.open(postgres.url("zone", line.port))) as opened:
        opened.start_zone(ZONE)
        opened.commit(ZONE, FIRST)
        yield opened


def is_sound(database: Database) -> bool:
    """Returns whether tables and log tell the same, without gaps."""
    log = database.events_after(ZONE, 0)
    assert [entry.seq for entry in log] == list(range(1, database.head(ZONE) + 1))
    return seen(database.load(ZONE, STORES)[0]) == seen(database.fold(ZONE, STORES))


def test_a_commit_that_never_reached_the_server_leaves_nothing(
    database: Database, line: CuttingProxy
) -> None:
    line.armed = "before"
    with pytest.raises(DatabaseError, match="127"):
        database.commit(ZONE, SECOND)
    assert line.cuts == 1
    assert database.catch_up() is False
    assert database.head(ZONE) == 3
    assert database.commit(ZONE, SECOND) == 5
    assert is_sound(database)


def test_a_commit_whose_answer_was_lost_is_found_stored(
    database: Database, line: CuttingProxy
) -> None:
    line.armed = "after"
    with pytest.raises(DatabaseError):
        database.commit(ZONE, SECOND)
    assert line.cuts == 1
    assert database.catch_up() is True
    assert database.catch_up() is False
    assert database.head(ZONE) == 5
    assert database.load(ZONE, STORES)[1] == SECOND.plan
    assert database.commit(ZONE, THIRD) == 6
    assert is_sound(database)


def test_after_a_lost_answer_nothing_is_stored_that_does_not_know_of_it(
    database: Database, line: CuttingProxy
) -> None:
    line.armed = "after"
    with pytest.raises(DatabaseError):
        database.commit(ZONE, SECOND)
    # The same commit, made again by somebody who believes that it failed.
    with pytest.raises(DatabaseError, match="was stored though it seemed to fail"):
        database.commit(ZONE, SECOND)
    assert database.head(ZONE) == 5
    assert database.commit(ZONE, THIRD) == 6
    assert is_sound(database)


@pytest.mark.parametrize("how", ["before", "after"])
def test_a_unit_is_stored_whole_or_not_at_all_when_the_line_breaks(
    database: Database, line: CuttingProxy, how: str
) -> None:
    def work() -> None:
        with database.unit():
            database.commit(ZONE, SECOND)
            database.commit(ZONE, THIRD)
            line.armed = how

    with pytest.raises(DatabaseError):
        work()
    assert database.catch_up() is (how == "after")
    assert database.head(ZONE) == (6 if how == "after" else 3)
    assert is_sound(database)


def test_a_line_that_broke_in_between_is_made_anew(database: Database, near: Home) -> None:
    near.cut()
    with pytest.raises(DatabaseError, match=r"terminat|closed"):
        database.commit(ZONE, SECOND)
    assert database.commit(ZONE, SECOND) == 5
    with pytest.raises(DatabaseError):
        # The line that reads broke as well, and is noticed by itself.
        database.head(ZONE)
    assert database.head(ZONE) == 5
    assert is_sound(database)


def test_a_line_that_breaks_within_a_unit_undoes_all_of_it(database: Database, near: Home) -> None:
    def work() -> None:
        with database.unit():
            database.commit(ZONE, SECOND)
            near.cut()
            with pytest.raises(DatabaseError):
                database.commit(ZONE, THIRD)

    with pytest.raises(DatabaseError):
        work()
    with pytest.raises(DatabaseError):
        database.head(ZONE)
    assert database.head(ZONE) == 3
    assert database.commit(ZONE, SECOND) == 5


def test_a_statement_that_failed_is_no_commit_though_the_server_says_so(
    database: Database,
) -> None:
    def work() -> None:
        with database.unit():
            database.commit(ZONE, SECOND)
            with pytest.raises(DatabaseError), database.read() as connection:
                connection.execute(text("SELECT 1 / 0"))

    # PostgreSQL answers COMMIT with ROLLBACK then, which is no error to a driver.
    with pytest.raises(DatabaseError, match="gave up"):
        work()
    assert database.head(ZONE) == 3
    assert database.commit(ZONE, SECOND) == 5


def test_of_two_processes_the_older_is_fenced(database: Database, near: Home) -> None:
    # Its line broke, and with it went its lock.
    near.cut()
    with closing(Database.open(near.url)) as newer:
        assert newer.start_zone(ZONE) == 2
        with pytest.raises(DatabaseError, match="cannot be used"):
            database.commit(ZONE, SECOND)
        for _ in range(2):
            with pytest.raises(DatabaseError, match="epoch 1") as fenced:
                database.commit(ZONE, SECOND)
            assert fenced.value.code == "fenced"
        assert newer.commit(ZONE, SECOND) == 5
        assert is_sound(newer)


def test_of_two_processes_the_older_is_fenced_also_where_its_commit_is_in_doubt(
    database: Database, near: Home, line: CuttingProxy
) -> None:
    line.armed = "before"
    with pytest.raises(DatabaseError):
        database.commit(ZONE, SECOND)
    with closing(Database.open(near.url)) as newer:
        newer.start_zone(ZONE)
        with pytest.raises(DatabaseError, match="epoch 1") as fenced:
            database.commit(ZONE, SECOND)
        assert fenced.value.code == "fenced"


def test_no_message_and_no_log_tells_the_password(caplog: pytest.LogCaptureFixture) -> None:
    # Nothing listens on port 1.
    with (
        caplog.at_level(logging.DEBUG),
        pytest.raises(DatabaseError, match=r"//127\.0\.0\.1:1/zone: ") as refused,
    ):
        Database.open("postgresql://somebody:hunter2@127.0.0.1:1/zone")
    assert "hunter2" not in f"{refused.value} {refused.value.__dict__} {caplog.text}"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql://u:p@db.example:6000/zone", "postgresql://db.example:6000/zone"),
        ("postgresql+psycopg:///zone?host=/run/pg", "postgresql:///run/pg/zone"),
        ("postgresql://u@h/zone?password=p", "postgresql://h/zone"),
    ],
)
def test_a_database_is_named_without_user_and_password(url: str, name: str) -> None:
    assert backing.name_of(make_url(url)) == name


def test_the_url_may_name_the_driver(near: Home) -> None:
    url = near.url.replace("postgresql://", "postgresql+psycopg://")
    Database.open(url).close()


def test_a_session_that_would_not_wait_for_the_disk_is_made_to(
    postgres: PostgresServer, blank: Home
) -> None:
    name = blank.url.rpartition("/")[2]
    postgres.run(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    with closing(Database.open(blank.url)) as database, database.write() as connection:
        assert connection.scalar(text("SHOW synchronous_commit")) == "on"


def test_a_database_that_cannot_store_every_text_is_refused(postgres: PostgresServer) -> None:
    postgres.run("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(DatabaseError, match="LATIN1") as refused:
        Database.open(postgres.url("latin"))
    assert "UTF8" in refused.value.cure


def test_a_server_that_is_too_old_is_refused(near: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backing, "OLDEST", 9_990_000)
    with pytest.raises(DatabaseError, match=r"The server is PostgreSQL \d\d\."):
        Database.open(near.url)


def test_a_server_that_stops_and_starts_again_is_used_again() -> None:
    if reason := why_not():
        pytest.skip(reason)
    with closing(PostgresServer()) as server:
        # What would be lost or damaged at a power cut is not used at all.
        server.start("fsync=off", "full_page_writes=off")
        with pytest.raises(DatabaseError, match="fsync and full_page_writes off"):
            Database.open(server.url())
        server.stop()
        server.start()
        with closing(Database.open(server.url())) as database:
            database.start_zone(ZONE)
            database.commit(ZONE, FIRST)
            # As `pg_ctl stop -m immediate`: it recovers as from a crash.
            server.stop(signal.SIGQUIT)
            for _ in range(2):
                with pytest.raises(DatabaseError):
                    database.commit(ZONE, SECOND)
            server.start()
            assert database.commit(ZONE, SECOND) == 5
            with pytest.raises(DatabaseError):
                database.head(ZONE)
            assert is_sound(database)
