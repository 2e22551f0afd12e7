"""A commit is stored whole or not at all, and the database goes on."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import Connection, Engine, event

from dispatch import events as ev
from dispatch.commit import Commit
from dispatch.requests import ActionAnswer
from dispatch.store import Database, DatabaseError
from tests.store_worlds import STORES, ZONE, a_plan, joined, placed, seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.homes import Home

ANSWER = ActionAnswer("c_1", "tap-1", "applied")
FULL = Commit(200, (placed(2),), a_plan(2, drops=("d_10", "d_20")), (ANSWER,))
"""A commit with a row for every table it can have one in; see `database`."""


@pytest.fixture
def database(home: Home) -> Iterator[Database]:
    with closing(Database.open(home.url)) as opened:
        opened.start_zone(ZONE)
        opened.commit(ZONE, Commit(100, (joined(1), placed(1)), a_plan(1, drops=("d_10",))))
        yield opened


def contents(database: Database) -> tuple[object, ...]:
    """Returns everything that can be read of the zone."""
    state, plan = database.load(ZONE, STORES)
    answer = database.answer("c_1", "tap-1")
    return seen(state), plan, answer, database.head(ZONE), database.events_after(ZONE, 0)


@pytest.mark.parametrize("table", ["event", "event_subject", "drops", "plan", "courier_action"])
def test_a_commit_that_fails_midway_leaves_nothing_and_can_be_made_again(
    database: Database, home: Home, table: str
) -> None:
    before = contents(database)
    home.break_inserts(table)
    with pytest.raises(DatabaseError, match="fault"):
        database.commit(ZONE, FULL)
    assert contents(database) == before
    home.mend_inserts(table)
    assert database.commit(ZONE, FULL) == 5
    assert database.answer("c_1", "tap-1") == ANSWER
    assert seen(database.load(ZONE, STORES)[0]) == seen(database.fold(ZONE, STORES))


def test_a_commit_that_fails_at_its_very_end_leaves_nothing(database: Database, home: Home) -> None:
    before = contents(database)
    driver = sqlite3 if home.is_file else psycopg

    def fail(connection: Connection) -> None:
        raise driver.OperationalError("disk I/O error")

    event.listen(Engine, "commit", fail)
    try:
        with pytest.raises(DatabaseError, match="disk I/O error"):
            database.commit(ZONE, FULL)
    finally:
        event.remove(Engine, "commit", fail)
    assert contents(database) == before
    assert database.commit(ZONE, FULL) == 5


def test_a_program_whose_zone_was_started_again_stores_nothing_more(
    database: Database, home: Home
) -> None:
    before = contents(database)
    home.run("UPDATE zone SET epoch = epoch + 1")
    with pytest.raises(DatabaseError, match="epoch 1") as fenced:
        database.commit(ZONE, FULL)
    assert fenced.value.code == "fenced"
    assert contents(database) == before
    # Starting again itself it takes over.
    assert database.start_zone(ZONE) == 3
    assert database.commit(ZONE, FULL) == 5


def test_a_log_that_went_on_without_this_program_is_not_written_to(
    database: Database, home: Home
) -> None:
    home.run("UPDATE zone SET head_seq = head_seq + 1")
    with pytest.raises(DatabaseError, match="event 3"):
        database.commit(ZONE, FULL)


def test_an_external_id_names_one_order_for_ever(database: Database) -> None:
    database.commit(ZONE, Commit(100, (placed(2, external_id="A-7"),)))
    database.commit(ZONE, Commit(110, (ev.OrderCancelled(110, "o_2"),)))
    before = contents(database)
    with pytest.raises(DatabaseError, match="external_id"):
        database.commit(ZONE, Commit(120, (placed(3, external_id="A-7"),)))
    assert contents(database) == before
    # Orders without one do not disturb each other, nor does another zone's.
    database.commit(ZONE, Commit(120, (placed(3), placed(4))))
    database.start_zone("north")
    database.commit("north", Commit(120, (placed(1, external_id="A-7"),)))


def test_the_answer_to_a_tap_never_changes(database: Database) -> None:
    database.commit(ZONE, FULL)
    other = ActionAnswer("c_1", "tap-1", "rejected", "changed my mind")
    with pytest.raises(DatabaseError, match="courier_action"):
        database.commit(ZONE, Commit(300, (placed(3),), answers=(other,)))
    assert database.answer("c_1", "tap-1") == ANSWER
    assert database.head(ZONE) == 5


def test_an_event_about_something_unknown_stores_nothing(database: Database) -> None:
    before = contents(database)
    with pytest.raises(KeyError, match="o_9"):
        database.commit(ZONE, Commit(200, (placed(2), ev.OrderCancelled(200, "o_9"))))
    assert contents(database) == before
    assert database.commit(ZONE, FULL) == 5


WRITER = """
import sys
from dispatch.commit import Commit
from dispatch.store import Database
from tests.store_worlds import ZONE, placed

database = Database.open(sys.argv[1])
database.start_zone(ZONE)
first = database.head(ZONE) + 1
for i in range(first, first + 100_000):
    print(database.commit(ZONE, Commit(i, (placed(i, at=i),))), flush=True)
"""


def test_what_was_committed_survives_the_death_of_the_program(home: Home) -> None:
    url = home.url
    acknowledged = 0
    for kill_after in (1, 20):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, url],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=Path(__file__).parents[1],
        ) as writer:
            assert writer.stdout is not None
            for _ in range(kill_after):
                acknowledged = int(writer.stdout.readline())
            writer.kill()
            rest = writer.stdout.read().splitlines()
        # A number may have been cut off while it was being printed.
        acknowledged = max([acknowledged, *(int(seq) for seq in rest[:-1])])
        with closing(Database.open(url)) as database:
            head = database.head(ZONE)
            # The one commit that was under way may be there or not.
            assert acknowledged <= head
            assert len(database.events_after(ZONE, 0, limit=head + 1)) == head
            assert seen(database.load(ZONE, STORES)[0]) == seen(database.fold(ZONE, STORES))
