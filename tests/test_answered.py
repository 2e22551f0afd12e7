"""Answers that are kept, and taps that were heard, as rows of the database."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dispatch.answered import Answered, forget_answered, read_answered, write_answered
from dispatch.commit import Commit
from dispatch.heard import Place, last_number, read_past, read_taps
from dispatch.numbering import Numbers
from dispatch.orders import Line
from dispatch.requests import Action, ActionAnswer, Evidence
from dispatch.sqlite import DatabaseError
from dispatch.store import Database
from tests.store_worlds import ZONE, joined

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEPT = Answered("ann", "k", "print", 201, {"ETag": '"o_1-r1"'}, '{"name":"Åå"}', 100)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database.open(f"sqlite:///{tmp_path}/d.db")) as database:
        database.start_zone(ZONE)
        yield database


def keep(database: Database, *answers: Answered, now: int = 0) -> None:
    with database.write() as connection:
        for answer in answers:
            write_answered(connection, ZONE, answer, now)


def found(database: Database, principal: str = "ann", key: str = "k", now: int = 0) -> object:
    with database.read() as connection:
        return read_answered(connection, principal, key, now)


def test_an_answer_is_found_as_it_was_given_until_its_time_is_over(database: Database) -> None:
    keep(database, KEPT)
    assert found(database, now=99) == KEPT
    assert found(database, now=100) is None
    assert found(database, key="K") is None


def test_each_principal_has_keys_of_its_own(database: Database) -> None:
    other = replace(KEPT, principal="bob", body="{}")
    keep(database, KEPT, other)
    assert (found(database), found(database, "bob")) == (KEPT, other)


def test_a_key_is_free_again_once_its_time_is_over_and_not_before(database: Database) -> None:
    keep(database, KEPT)
    later = replace(KEPT, fingerprint="other", expires_at=200)
    with pytest.raises(DatabaseError, match="idempotency"):
        keep(database, later, now=99)
    keep(database, later, now=100)
    assert found(database, now=100) == later


def test_a_sweep_forgets_the_oldest_that_are_over_so_many_at_once(database: Database) -> None:
    answers = [replace(KEPT, key=f"k{i}", expires_at=100 + i) for i in (3, 1, 4, 2)]
    keep(database, *answers)
    with database.write() as connection:
        assert forget_answered(connection, 103, most=2) == 2
    # 101 and 102 went, 103 is over too; it is there for the next sweep.
    assert [found(database, key=f"k{i}", now=0) is None for i in (1, 2, 3, 4)] == [
        *(True, True),
        *(False, False),
    ]
    with database.write() as connection:
        assert forget_answered(connection, 103, most=2) == 1
        assert forget_answered(connection, 103, most=2) == 0


# Taps


def tapped(number: int, name: str = "", **more: Any) -> ActionAnswer:
    action = Action(name or f"a{number}", number, "loaded", "s_1", drops=("d_1", "d_2"))
    lines = (Line("paper", 1, 1, "wet"),)
    told = Evidence(replace(action, lines=lines, occurred_at=7), 50 + number, 40)
    answer = ActionAnswer("c_1", action.action_id, "applied", "", told)
    return replace(answer, **more)


def test_a_tap_is_read_back_whole(database: Database) -> None:
    tap = tapped(1)
    database.commit(ZONE, Commit(0, (joined(1),), answers=(tap,)))
    assert database.answer("c_1", "a1") == tap


def test_what_was_heard_is_told_by_id_and_by_number(database: Database) -> None:
    rejected = tapped(2, "b", result="rejected")
    for n, answer in enumerate((tapped(1), tapped(2), rejected)):
        # Every tap brings an event, at least that the courier was heard.
        database.commit(ZONE, Commit(0, (joined(n),), answers=(answer,)))
    with database.read() as connection:
        past = read_past(connection, ZONE, "c_1", {"a1", "b", "x"}, {1, 2, 3})
        assert past.answers == {"a1": tapped(1), "b": rejected}
        # Number 2 was a2's before b came with it.
        assert past.numbers == Numbers(2, {1: "a1", 2: "a2"})
        assert last_number(connection, ZONE, "c_1") == 2
        for zone, courier in ((ZONE, "c_2"), ("north", "c_1")):
            past = read_past(connection, zone, courier, {"a1"}, {1})
            assert (past.answers, past.numbers) == ({}, Numbers())


def test_taps_are_read_in_order_of_their_numbers(database: Database) -> None:
    answers = [tapped(n) for n in (10, 2, 1)] + [tapped(2, "b")]
    old = ActionAnswer("c_1", "old", "applied")
    database.commit(ZONE, Commit(0, (), answers=(*answers, old)))
    with database.read() as connection:

        def names(since: int, after: Place | None, limit: int = 9) -> list[str]:
            taps = read_taps(connection, ZONE, "c_1", since, after, limit)
            return [tap.action_id for tap in taps]

        # That of a program which kept no evidence has no number to stand at.
        assert names(-1, None) == ["a1", "a2", "b", "a10"]
        assert names(1, None, 2) == ["a2", "b"]
        assert names(-1, Place(2, "a2")) == ["b", "a10"]
        assert names(10, None) == []
