"""The history of the tables, a version at a time, up and down again, on both stores."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.pool import NullPool

from dispatch.beside import server_of
from dispatch.migrations import configuration, known_versions, migrate
from dispatch.store import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.homes import Home


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with nothing in it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/zone.db"
    home: Home = request.getfixturevalue("blank")
    return home.url


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    engine = create_engine(server_of(url) or url, poolclass=NullPool)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def shape(connection: Connection) -> dict[str, Any]:
    """Returns tables, columns, keys and indexes as the store itself tells them."""
    with connection.begin():
        tables = inspect(connection)
        return {
            name: (
                sorted(
                    (c["name"], str(c["type"]), c["nullable"]) for c in tables.get_columns(name)
                ),
                tables.get_pk_constraint(name)["constrained_columns"],
                sorted(str(index["name"]) for index in tables.get_indexes(name)),
            )
            for name in tables.get_table_names()
            if name != "alembic_version"
        }


def down(connection: Connection, to: str) -> None:
    with connection.begin():
        command.downgrade(configuration(connection), to)


def test_each_version_can_be_taken_back_and_made_again(connection: Connection) -> None:
    before, at = "base", "here"
    shapes: dict[str, Any] = {"base": {}}
    for version in known_versions():
        connection.rollback()
        migrate(connection, at, version)
        shapes[version] = shape(connection)
        down(connection, before)
        assert shape(connection) == shapes[before], f"{version} to {before}"
        migrate(connection, at, version)
        assert shape(connection) == shapes[version], f"{before} to {version} again"
        before = version
    # Each version had something to it, but for those that only rewrite what is there.
    assert len({str(each) for each in shapes.values()}) >= 5


def test_all_the_way_down_and_up_again_is_a_database_to_use(
    connection: Connection, url: str
) -> None:
    migrate(connection, "here")
    for version in ("base", "head", "base"):
        if version == "base":
            down(connection, version)
        else:
            migrate(connection, "here")
    assert shape(connection) == {}
    with closing(Database.open(url)) as database:
        assert database.start_zone("centre") == 1
