"""The log is a chain: an entry cannot be changed alone."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.chain import COVERED, START, chained, link
from dispatch.commit import Commit
from dispatch.store import Database
from tests.store_worlds import ZONE, joined, placed

if TYPE_CHECKING:
    from pathlib import Path

ENTRY: dict[str, Any] = {
    "seq": 1,
    "at": 10,
    "recorded_at": 11,
    "kind": "heard",
    "body": {"at": 10, "courier": "c_1"},
    "subjects": ("c_1",),
    "actor": "",
}


def test_each_entry_follows_from_the_one_before() -> None:
    first, second = chained(START, ZONE, [ENTRY, {**ENTRY, "seq": 2}])
    assert first["hash"] == link(START, ZONE, ENTRY)
    assert second["hash"] == link(first["hash"], ZONE, {**ENTRY, "seq": 2})


@pytest.mark.parametrize("name", COVERED)
def test_another_value_is_another_hash(name: str) -> None:
    assert link(START, ZONE, {**ENTRY, name: "other"}) != link(START, ZONE, ENTRY)


def test_a_zone_of_the_same_events_is_another_chain() -> None:
    assert link(START, "north", ENTRY) != link(START, "south", ENTRY)


@given(st.permutations(["at", "courier", "stop"]))
def test_the_order_of_keys_is_no_difference(names: list[str]) -> None:
    # What a database gives back need not keep it.
    one = dict.fromkeys(("at", "courier", "stop"), 1)
    other = dict.fromkeys(names, 1)
    assert link(START, ZONE, {**ENTRY, "body": one}) == link(START, ZONE, {**ENTRY, "body": other})


def test_the_zone_keeps_the_hash_of_its_last_event_over_commits_and_restarts(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}"
    with closing(Database.open(url)) as database:
        database.start_zone(ZONE)
        database.commit(ZONE, Commit(90, (joined(1),), actor="ann"))
    with closing(Database.open(url)) as database:
        database.start_zone(ZONE)
        database.commit(ZONE, Commit(100, (placed(1),)))
        rows = database.entries_after(ZONE, 0)
    assert [row["actor"] for row in rows] == ["ann", ""]
    before = START
    for row in rows:
        before = link(before, ZONE, row)
        assert row["hash"] == before
