"""A unit of work is stored whole or not at all; one inside another fails by itself."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from dispatch.commit import Commit
from dispatch.requests import Position
from dispatch.store import Database, DatabaseError
from tests.store_worlds import STORES, ZONE, a_plan, joined, placed, seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.homes import Home


@pytest.fixture
def database(home: Home) -> Iterator[Database]:
    with closing(Database.open(home.url)) as opened:
        opened.start_zone(ZONE)
        opened.commit(ZONE, Commit(100, (joined(1), placed(1)), a_plan(1, drops=("d_10",))))
        yield opened


class Refused(Exception):
    """What work raises by itself."""


def orders(database: Database) -> list[str]:
    """Returns the orders stored; what a commit builds on must be the same."""
    state = database.load(ZONE, STORES)[0]
    assert seen(state) == seen(database.fold(ZONE, STORES))
    return list(state.orders)


def fail_after(database: Database, number: int) -> None:
    """Places an order in a unit that fails."""
    with database.unit():
        database.commit(ZONE, Commit(number, (placed(number),)))
        raise Refused


def test_a_unit_that_fails_leaves_nothing_and_its_numbers_are_free_again(
    database: Database,
) -> None:
    with pytest.raises(Refused):
        fail_after(database, 2)
    assert orders(database) == ["o_1"]
    assert database.commit(ZONE, Commit(110, (placed(2),))) == 4
    assert orders(database) == ["o_1", "o_2"]


def test_of_several_units_in_one_those_that_fail_leave_nothing(database: Database) -> None:
    with database.unit():
        # The first fails before anything else was written, another in the middle, the last at last.
        for number, fails in [(2, True), (3, False), (4, True), (5, False), (6, True)]:
            if fails:
                with pytest.raises(Refused):
                    fail_after(database, number)
            else:
                database.commit(ZONE, Commit(number, (placed(number),)))
    assert orders(database) == ["o_1", "o_3", "o_5"]
    assert [entry.seq for entry in database.events_after(ZONE, 0)] == [1, 2, 3, 4, 5]


def test_a_unit_that_fails_takes_those_inside_with_it(database: Database) -> None:
    def work() -> None:
        with database.unit():
            with database.unit():
                database.commit(ZONE, Commit(110, (placed(2),)))
            database.save_positions(ZONE, "c_1", [Position(60.1, 24.9, 10)])
            raise Refused

    with pytest.raises(Refused):
        work()
    assert orders(database) == ["o_1"]
    assert database.positions(ZONE) == {}


def test_a_commit_that_the_database_refuses_fails_alone(database: Database) -> None:
    with database.unit():
        database.commit(ZONE, Commit(110, (placed(2, external_id="A-7"),)))
        with pytest.raises(DatabaseError, match="external_id"):
            database.commit(ZONE, Commit(120, (placed(3, external_id="A-7"),)))
        database.commit(ZONE, Commit(130, (placed(4),)))
    assert orders(database) == ["o_1", "o_2", "o_4"]


def test_a_unit_reads_what_it_wrote_and_nobody_else_does_before_its_end(
    database: Database,
) -> None:
    heads: list[int] = []

    def look() -> None:
        reader = threading.Thread(target=lambda: heads.append(database.head(ZONE)))
        reader.start()
        reader.join()

    with database.unit():
        database.commit(ZONE, Commit(110, (placed(2),)))
        assert database.head(ZONE) == 4
        assert orders(database) == ["o_1", "o_2"]
        look()
    look()
    assert heads == [3, 4]


def test_a_unit_that_writes_nothing_keeps_nobody_from_writing(database: Database) -> None:
    done: list[int] = []

    def write() -> None:
        done.append(database.commit(ZONE, Commit(110, (placed(2),))))

    with database.unit():
        assert database.head(ZONE) == 3
        writer = threading.Thread(target=write)
        writer.start()
        writer.join(timeout=30)
        assert done == [4]
