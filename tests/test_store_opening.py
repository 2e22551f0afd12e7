"""A file is opened by one process, brought up to date, or refused with what to do about it."""

from __future__ import annotations

import logging
import subprocess
import sys
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, make_url

from dispatch.commit import Commit
from dispatch.migrations import configuration, migrate
from dispatch.postgres import open_server
from dispatch.schema import metadata
from dispatch.sqlite import connect_writer, warn_of_old_sqlite
from dispatch.store import Database, DatabaseError
from tests.homes import Home
from tests.store_worlds import STORES, ZONE, a_plan, joined, placed, seen

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "zone.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, path: Path) -> Home:
    """A place with nothing in it yet."""
    if request.param == "sqlite":
        return Home(url_of(path))
    blank: Home = request.getfixturevalue("blank")
    return blank


@contextmanager
def connected(home: Home) -> Iterator[Connection]:
    """Yields the connection that writes to a home."""
    with ExitStack() as opened:
        if home.is_file:
            yield opened.enter_context(connect_writer(home.path))
        else:
            yield open_server(make_url(home.url), opened).writer


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def test_a_database_is_found_again_with_all_that_was_committed(home: Home) -> None:
    with closing(Database.open(home.url)) as database:
        assert database.start_zone(ZONE) == 1
        database.commit(ZONE, Commit(100, (joined(1), placed(1)), a_plan(1, drops=("d_10",))))
        before = database.load(ZONE, STORES)
    with closing(Database.open(home.url)) as database:
        assert database.load(ZONE, STORES) == before
        assert database.start_zone(ZONE) == 2
        assert database.commit(ZONE, Commit(110, (placed(2),))) == 4
        assert seen(database.load(ZONE, STORES)[0]) == seen(database.fold(ZONE, STORES))


def test_an_empty_file_is_as_good_as_none(path: Path) -> None:
    path.touch()
    Database.open(url_of(path)).close()


def test_a_second_open_is_refused_until_the_first_is_closed(home: Home) -> None:
    first = Database.open(home.url)
    place = r"zone\.db-lock" if home.is_file else r"//127\.0\.0\.1:\d+/zone"
    with pytest.raises(DatabaseError, match=f"{place}: Another process uses") as refused:
        Database.open(home.url)
    assert refused.value.code == "database-locked"
    first.close()
    Database.open(home.url).close()


def test_a_second_open_by_another_name_of_the_file_is_refused(path: Path) -> None:
    link = path.with_name("link.db")
    link.symlink_to(path)
    with (
        closing(Database.open(url_of(path))),
        pytest.raises(DatabaseError, match=r"zone\.db-lock"),
    ):
        Database.open(url_of(link))


def test_a_second_process_is_refused(home: Home) -> None:
    program = "import sys; from dispatch.store import Database; Database.open(sys.argv[1])"
    with closing(Database.open(home.url)) as database:
        other = subprocess.run(
            [sys.executable, "-c", program, home.url],
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).parents[1],
        )
    assert other.returncode == 1
    assert "Another process uses the database" in other.stderr
    assert database.at in other.stderr


def test_closing_twice_does_nothing(home: Home) -> None:
    database = Database.open(home.url)
    database.close()
    database.close()


def test_a_closed_database_refuses_to_work(home: Home) -> None:
    database = Database.open(home.url)
    database.start_zone(ZONE)
    database.close()
    with pytest.raises(DatabaseError, match="closed"):
        database.commit(ZONE, Commit(0, (joined(1),)))
    with pytest.raises(DatabaseError, match="closed"):
        database.head(ZONE)


def test_a_closed_database_leaves_one_whole_file(path: Path) -> None:
    with closing(Database.open(url_of(path))) as database:
        database.start_zone(ZONE)
    assert sorted(file.name for file in path.parent.iterdir()) == ["zone.db", "zone.db-lock"]


def test_a_commit_is_synchronised_to_the_disk(path: Path) -> None:
    with closing(connect_writer(path)) as writer:
        assert writer.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        # 2 is FULL.
        assert writer.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    text = "To be or not to be, that is the question. " * 100
    path.write_text(text)
    with pytest.raises(DatabaseError, match="not a database") as refused:
        Database.open(url_of(path))
    assert str(path) in str(refused.value)
    assert path.read_text() == text
    # The lock is not kept.
    path.unlink()
    Database.open(url_of(path)).close()


def test_a_database_of_another_program_is_refused_and_left_alone(fresh: Home) -> None:
    fresh.run("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(DatabaseError, match=r"another program .*recipes"):
        Database.open(fresh.url)
    with connected(fresh) as connection:
        assert inspect(connection).get_table_names() == ["recipes"]


def test_a_database_newer_than_the_program_is_refused_with_both_versions(fresh: Home) -> None:
    Database.open(fresh.url).close()
    fresh.run("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseError, match=r"newer .* 9999, the newest known here \d{4}") as newer:
        Database.open(fresh.url)
    assert newer.value.code == "database-newer"
    assert "Run the newer program" in newer.value.cure


def test_a_folder_that_does_not_exist_is_named(path: Path) -> None:
    with pytest.raises(DatabaseError, match=r"nowhere.*No such file or directory"):
        Database.open(url_of(path.parent / "nowhere" / "zone.db"))


def test_a_folder_in_place_of_a_file_is_refused(path: Path) -> None:
    path.mkdir()
    with pytest.raises(DatabaseError, match="unable to open"):
        Database.open(url_of(path))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "zone.db",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///zone.db?mode=ro",
        "mysql://dispatch:secret@host/zone",
    ],
)
def test_a_url_of_neither_kind_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(DatabaseError, match="sqlite:///PATH") as refused:
        Database.open(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("name", ["with space.db", "50%.db", "no#1.db", "väärä.db"])
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    # But for a question mark, which a URL cannot say.
    Database.open(url_of(tmp_path / name)).close()
    assert (tmp_path / name).exists()


def test_the_migrations_lead_to_the_tables_the_program_uses_and_back(fresh: Home) -> None:
    with connected(fresh) as connection:
        migrate(connection, at=fresh.url)
        with connection.begin():
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        with connection.begin():
            command.downgrade(configuration(connection), "base")
        with connection.begin():
            assert MigrationContext.configure(connection).get_current_revision() is None
            assert inspect(connection).get_table_names() == ["alembic_version"]
        migrate(connection, at=fresh.url)


@pytest.mark.parametrize(
    ("version", "at_risk"),
    [
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 40, 1), True),
        ((4, 0, 0), False),
    ],
)
def test_a_fault_of_the_installed_sqlite_is_named_in_the_log(
    caplog: pytest.LogCaptureFixture, version: tuple[int, int, int], at_risk: bool
) -> None:
    with caplog.at_level(logging.INFO, "dispatch.sqlite"):
        assert warn_of_old_sqlite(version) is at_risk
    (record,) = caplog.records
    assert ".".join(map(str, version)) in record.getMessage()
    assert (record.levelno == logging.WARNING) is at_risk
