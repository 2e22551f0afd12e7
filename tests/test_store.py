"""What the database gives back, and to whom."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dispatch import events as ev
from dispatch.commit import Commit
from dispatch.orders import DropStatus, Quote
from dispatch.plan import Change, Plan
from dispatch.promises import URGENT
from dispatch.requests import ActionAnswer, Position
from dispatch.state import State
from dispatch.store import Database, DatabaseError
from tests.store_worlds import INSIDE, STORES, STREET, ZONE, a_plan, joined, placed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.homes import Home


@pytest.fixture
def database(home: Home) -> Iterator[Database]:
    with closing(Database.open(home.url)) as opened:
        opened.start_zone(ZONE)
        yield opened


def test_a_new_zone_is_empty(database: Database) -> None:
    assert database.load(ZONE, STORES) == (State(stores=STORES), Plan())
    assert database.head(ZONE) == 0
    assert database.events_after(ZONE, 0) == ()


def test_a_zone_that_was_never_started_is_empty_to_read(database: Database) -> None:
    assert database.load("north", STORES) == (State(stores=STORES), Plan())
    assert database.head("north") == 0


def test_each_start_raises_the_epoch_by_one(database: Database) -> None:
    # The fixture started it once.
    assert [database.start_zone(ZONE), database.start_zone(ZONE)] == [2, 3]
    assert database.start_zone("north") == 1


def test_a_commit_to_a_zone_that_was_not_started_is_refused(database: Database) -> None:
    with pytest.raises(DatabaseError, match="'north' was not started"):
        database.commit("north", Commit(0, (joined(1),)))


def test_a_group_of_events_is_numbered_in_order_and_the_plan_comes_last(database: Database) -> None:
    first = Commit(100, (joined(1), placed(1), placed(2)), a_plan(1, drops=("d_10", "d_20")))
    assert database.commit(ZONE, first) == 4
    assert database.commit(ZONE, Commit(160, (placed(3),))) == 5
    log = database.events_after(ZONE, 0)
    assert [(entry.seq, entry.kind) for entry in log] == [
        (1, "courier_added"),
        (2, "order_placed"),
        (3, "order_placed"),
        (4, "plan_published"),
        (5, "order_placed"),
    ]


def test_the_latest_moment_of_a_zone_is_that_of_its_own_last_event(database: Database) -> None:
    database.start_zone("north")
    assert database.latest(ZONE) == 0
    database.commit(ZONE, Commit(100, (joined(1),)))
    database.commit(ZONE, Commit(130, (), a_plan(1, drops=())))
    database.commit("north", Commit(900, (), a_plan(1, drops=())))
    assert (database.latest(ZONE), database.latest("north")) == (130, 900)


def test_zones_are_numbered_each_by_itself(database: Database) -> None:
    database.start_zone("north")
    assert database.commit(ZONE, Commit(0, (joined(1), joined(2)))) == 2
    assert database.commit("north", Commit(0, (joined(1),))) == 1
    assert list(database.load("north", {})[0].couriers) == ["c_1"]


def test_events_are_given_from_the_one_after_a_number_up_to_a_limit(database: Database) -> None:
    database.commit(ZONE, Commit(0, tuple(joined(i) for i in range(1, 6))))
    assert [e.seq for e in database.events_after(ZONE, 2, limit=2)] == [3, 4]
    assert [e.seq for e in database.events_after(ZONE, 4)] == [5]
    assert database.events_after(ZONE, 5) == ()


def test_an_entry_of_a_plan_tells_what_changed_and_whom_it_concerns(database: Database) -> None:
    database.commit(ZONE, Commit(100, (joined(1), joined(2), placed(1))))
    plan = Plan(7, 100, routes=a_plan(7, drops=("d_10",)).routes, changes=(_given("d_10", "c_1"),))
    database.commit(ZONE, Commit(130, (), plan))
    (entry,) = database.events_after(ZONE, 3)
    changes = [{"drop": "d_10", "before": None, "after": "c_1"}]
    assert entry.body == {"version": 7, "changes": changes}
    assert entry.at == 130
    # The drop that found a courier, its order, and the courier whose route it lengthens; c_2 has
    # nothing to do with it.
    assert entry.subjects == ("d_10", "o_1", "c_1")


def _given(drop: str, courier: str) -> Change:
    return Change(drop, None, courier)


def test_the_history_of_an_order_tells_of_its_drops_and_of_their_way_back(
    database: Database,
) -> None:
    loaded = ev.Loaded(200, "c_1", "s_1", STREET, ("d_10", "d_20"))
    failed = ev.Failed(300, "c_1", "s_2", INSIDE, "d_10", "closed")
    returned = ev.Returned(400, "c_1", "s_3", STREET)
    events = (joined(1), placed(1), placed(2), loaded, failed, returned)
    database.commit(ZONE, Commit(400, events))
    told = ["order_placed", "loaded", "failed", "returned"]
    assert [entry.kind for entry in database.history(ZONE, "o_1")] == told
    assert [entry.kind for entry in database.history(ZONE, "d_10")] == told
    # The other drop was loaded too, but neither failed nor came back.
    assert [entry.kind for entry in database.history(ZONE, "o_2")] == told[:2]
    assert [entry.seq for entry in database.history(ZONE, "c_1")] == [1, 4, 5, 6]
    assert database.history(ZONE, "o_9") == ()


def test_the_cancelling_of_an_order_is_part_of_the_history_of_its_drops(
    database: Database,
) -> None:
    database.commit(ZONE, Commit(100, (placed(1, drops=2), ev.OrderCancelled(160, "o_1"))))
    for drop in ("d_10", "d_11"):
        kinds = [entry.kind for entry in database.history(ZONE, drop)]
        assert kinds == ["order_placed", "order_cancelled"]


def test_every_version_of_the_plan_can_be_had_again(database: Database) -> None:
    database.commit(ZONE, Commit(100, (joined(1), placed(1)), a_plan(1)))
    database.commit(ZONE, Commit(110, (), a_plan(3, drops=("d_10",))))
    assert database.plan(ZONE, 1) == a_plan(1)
    assert database.plan(ZONE, 2) is None
    assert database.plan(ZONE, 3) == database.load(ZONE, STORES)[1] == a_plan(3, drops=("d_10",))


@pytest.mark.parametrize("version", [3, 4])
def test_a_plan_whose_version_is_not_above_the_last_is_refused(
    database: Database, version: int
) -> None:
    database.commit(ZONE, Commit(0, (), a_plan(4)))
    with pytest.raises(ValueError, match=f"above 4, got {version}"):
        database.commit(ZONE, Commit(0, (), a_plan(version)))
    database.commit(ZONE, Commit(0, (), a_plan(5)))


def test_the_answer_to_a_tap_is_found_and_one_never_given_is_not(database: Database) -> None:
    database.commit(ZONE, Commit(0, (joined(1),)))
    answer = ActionAnswer("c_1", "tap-1", "rejected", "not your stop")
    # A tap without effect is stored all the same, without an event.
    assert database.commit(ZONE, Commit(5, (), answers=(answer,))) == 1
    assert database.answer("c_1", "tap-1") == answer
    assert database.answer("c_1", "tap-2") is None
    assert database.answer("c_2", "tap-1") is None


def test_of_a_couriers_positions_the_latest_is_kept(database: Database) -> None:
    early, late = Position(60.1, 24.9, 10), Position(60.2, 24.8, 20)
    database.save_positions(ZONE, "c_1", [late, early])
    assert database.positions(ZONE) == {"c_1": late}
    database.save_positions(ZONE, "c_1", [early])
    assert database.positions(ZONE) == {"c_1": late}
    database.save_positions(ZONE, "c_1", [Position(60.3, 24.7, 20)])
    assert database.positions(ZONE) == {"c_1": Position(60.3, 24.7, 20)}
    database.save_positions(ZONE, "c_1", [])
    assert database.head(ZONE) == 0


def test_the_tenth_order_comes_after_the_second(database: Database) -> None:
    database.commit(ZONE, Commit(100, tuple(placed(i) for i in range(1, 11))))
    state, _ = database.load(ZONE, STORES)
    assert list(state.orders) == [f"o_{i}" for i in range(1, 11)]


def test_a_cancelled_drop_that_is_loaded_after_all_is_last_of_the_live_ones(
    database: Database,
) -> None:
    events = (joined(1), placed(1), placed(2), ev.OrderCancelled(160, "o_1"))
    database.commit(ZONE, Commit(160, events))
    assert list(database.load(ZONE, STORES)[0].live) == ["d_20"]
    # The courier had taken it before the news came: its goods ride back.
    database.commit(ZONE, Commit(170, (ev.Loaded(170, "c_1", "s_1", STREET, ("d_10",)),)))
    state, _ = database.load(ZONE, STORES)
    assert list(state.live) == ["d_20", "d_10"]
    assert state.drops["d_10"].status is DropStatus.CANCELLED


def test_a_quote_given_and_forgotten_in_one_commit_is_not_there_but_counted(
    database: Database,
) -> None:
    early = Quote("q_1", URGENT, "st_1", 0, 60, 1320, feasible=True, fingerprint="")
    # A quote is forgotten an hour after it expired, at 3660, when the next one is given.
    late = replace(early, id="q_2", made_at=3660, expires_at=3720)
    given = (ev.QuoteGiven(0, early), ev.QuoteGiven(3660, late))
    database.commit(ZONE, Commit(3660, given))
    state, _ = database.load(ZONE, STORES)
    assert (list(state.quotes), state.quotes_given) == (["q_2"], 2)


def test_events_can_be_read_in_other_threads_while_one_commits(database: Database) -> None:
    done = threading.Event()
    failures: list[object] = []

    def follow() -> None:
        seq = 0
        while not (done.is_set() and seq == database.head(ZONE)):
            for entry in database.events_after(ZONE, seq):
                seq += 1
                if entry.seq != seq:
                    failures.append(entry)

    readers = [threading.Thread(target=follow) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for i in range(1, 101):
            assert database.commit(ZONE, Commit(i, (placed(i, at=i),))) == i
    finally:
        done.set()
        for reader in readers:
            reader.join(timeout=30)
    assert not failures
    assert not any(reader.is_alive() for reader in readers)


def test_a_database_opened_in_one_thread_works_in_another(database: Database) -> None:
    heads: list[int] = []
    thread = threading.Thread(
        target=lambda: heads.append(database.commit(ZONE, Commit(0, (joined(1),))))
    )
    thread.start()
    thread.join()
    assert heads == [1]
