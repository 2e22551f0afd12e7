"""What couriers tap, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dispatch.errors import NotFound
from dispatch.hand import move_drop
from dispatch.ordering import cancel_order
from dispatch.orders import DropStatus, Item, Line, StopKind
from dispatch.requests import Move
from dispatch.taps import FAILURES
from tests.little_city import AT_STORE, HOUR, NOW, LittleZone, a_drop, an_action


def loaded(*, quantity: int = 1, couriers: int = 1) -> LittleZone:
    """Returns a zone in which c_1 has d_1 for b_3 on board."""
    zone = LittleZone(couriers)
    zone.order(a_drop(3, quantity=quantity))
    zone.load("c_1", "d_1")
    return zone


def test_a_round_is_tapped_from_the_counter_to_the_desk_and_back() -> None:
    zone = LittleZone()
    drop = zone.urgent(3)
    for kind in ("departed", "arrived", "loaded"):
        zone.do("c_1", kind, "s_1-l0")
    assert zone.drop(drop).status is DropStatus.ON_BOARD
    for kind, waited in (("departed", 0), ("arrived", 225), ("delivered", 60)):
        zone.wait(waited)
        zone.do("c_1", kind, "s_1")
    assert zone.drop(drop).status is DropStatus.ACCEPTED
    assert zone.drop(drop).closed_at == NOW + 285
    zone.do("c_1", "departed", "s_1-r0")
    zone.wait(180)
    zone.do("c_1", "arrived", "s_1-r0")
    courier = zone.state.couriers["c_1"]
    assert (courier.place, courier.committed) == (AT_STORE, None)
    assert (courier.loads, courier.returns) == (1, 1)
    assert zone.stops("c_1") == ()


def test_an_action_takes_effect_once_and_its_answer_never_changes() -> None:
    zone = loaded()
    action = an_action("a", 1, "delivered", "s_1")
    (first,), (again,) = zone.act("c_1", action), zone.act("c_1", action)
    assert (first.result, again.result) == ("applied", "duplicate")
    twice = an_action("b", 2, "departed", "s_1")
    (refused,) = zone.act("c_1", twice)
    (repeated,) = zone.act("c_1", twice)
    assert (refused.result, repeated.result) == ("superseded", "duplicate")
    assert repeated.reason == refused.reason


def test_a_batch_is_taken_in_order_of_seq() -> None:
    zone = LittleZone()
    zone.urgent(3)
    batch = [
        an_action("c", 3, "loaded", "s_1-l0"),
        an_action("a", 1, "departed", "s_1-l0"),
        an_action("b", 2, "arrived", "s_1-l0"),
        an_action("b", 2, "arrived", "s_1-l0"),
    ]
    answers = zone.act("c_1", *batch)
    found = [(a.action_id, a.result) for a in answers]
    assert found == [("a", "applied"), ("b", "applied"), ("b", "duplicate"), ("c", "applied")]


def test_an_unknown_courier_is_not_found() -> None:
    with pytest.raises(NotFound, match="c_9"):
        LittleZone().tap("c_9", "paused")


# When


@pytest.mark.parametrize(
    ("occurred_in", "device_in", "at"),
    [
        (None, None, 100),
        (90, 100, 90),
        # The phone's clock is an hour ahead, or behind: only the difference counts.
        (HOUR + 90, HOUR + 100, 90),
        (-HOUR + 90, -HOUR + 100, 90),
        # Never before the last tap, at 60, nor after now.
        (20, 100, 60),
        (140, 100, 100),
        (90, None, 90),
    ],
)
def test_the_phones_clock_is_evidence_only(
    occurred_in: int | None, device_in: int | None, at: int
) -> None:
    zone = loaded()
    zone.now = NOW + 60
    zone.do("c_1", "departed", "s_1")
    zone.now = NOW + 100
    occurred_at = None if occurred_in is None else NOW + occurred_in
    action = an_action("a", 99, "delivered", "s_1", occurred_at=occurred_at)
    zone.act("c_1", action, device_now=None if device_in is None else NOW + device_in)
    assert zone.drop("d_1").closed_at == NOW + at


# Setting off and arriving


def test_setting_off_commits_to_the_stop_until_its_expected_end() -> None:
    zone = loaded()
    zone.do("c_1", "departed", "s_1")
    committed = zone.state.couriers["c_1"].committed
    assert committed is not None
    assert (committed.stop, committed.kind, committed.drop) == ("s_1", StopKind.DELIVER, "d_1")
    assert (committed.arrives_at - NOW, committed.ends_at - NOW) == (225, 285)


def test_setting_off_twice_is_setting_off_once() -> None:
    zone = loaded()
    zone.do("c_1", "departed", "s_1")
    zone.now += 50
    zone.do("c_1", "departed", "s_1")
    committed = zone.state.couriers["c_1"].committed
    assert committed is not None
    assert committed.departed_at == NOW


def test_arriving_without_having_set_off_commits_all_the_same() -> None:
    zone = loaded()
    zone.now += 200
    zone.do("c_1", "arrived", "s_1")
    committed = zone.state.couriers["c_1"].committed
    assert committed is not None
    assert (committed.departed_at, committed.arrived_at) == (NOW + 200, NOW + 200)
    assert committed.ends_at == NOW + 260


def test_a_stop_at_a_door_that_opens_later_ends_after_it_opened() -> None:
    # 6:50, ten minutes before the houses open; 225 s to the desk.
    zone = LittleZone(now=NOW - 3 * HOUR - 600)
    zone.urgent(3)
    zone.load("c_1")
    zone.do("c_1", "departed", "s_1")
    committed = zone.state.couriers["c_1"].committed
    assert committed is not None
    assert (committed.arrives_at - zone.now, committed.ends_at - zone.now) == (225, 660)
    zone.wait(225)
    zone.do("c_1", "arrived", "s_1")
    assert zone.eta("d_1") == 660 - 225


def test_nobody_sets_off_to_hand_over_what_is_still_at_the_store() -> None:
    zone = LittleZone()
    zone.urgent(3)
    for kind in ("departed", "arrived"):
        answer = zone.tap("c_1", kind, "s_1")
        assert (answer.result, answer.reason) == ("rejected", "d_1 was not loaded by c_1.")
    assert zone.stop_ids("c_1") == ["s_1-l0", "s_1", "s_1-r0"]


def test_numbered_stops_are_visited_in_their_order() -> None:
    zone = LittleZone(capacity=1)
    zone.urgent(1)
    zone.urgent(2)
    for kind in ("departed", "arrived"):
        answer = zone.tap("c_1", kind, "s_1-l1")
        assert (answer.result, answer.reason) == (
            "rejected",
            "The stop s_1-l0 comes before s_1-l1.",
        )
    zone.do("c_1", "departed", "s_1-l0")


def test_a_courier_may_change_course_on_the_way() -> None:
    zone = LittleZone()
    zone.order(a_drop(3), a_drop(4))
    zone.load("c_1")
    zone.do("c_1", "departed", "s_1")
    zone.do("c_1", "departed", "s_2")
    committed = zone.state.couriers["c_1"].committed
    assert committed is not None
    assert committed.stop == "s_2"
    # The first drop is open again, behind the stop driven to.
    assert zone.stop_ids("c_1")[:2] == ["s_2", "s_1"]


@pytest.mark.parametrize("kind", ["departed", "arrived"])
def test_a_stop_that_moved_away_is_superseded(kind: str) -> None:
    zone = LittleZone(2)
    drop = zone.urgent(3)
    zone.load("c_1")
    late = zone.urgent(4)
    move_drop(zone.dispatcher, late, Move("c_2"), zone.now)
    assert zone.carrier(drop) == "c_1"
    for stop in ("s_2", "s_1-l0", "s_1-l7", "s_1-r9"):
        assert zone.tap("c_1", kind, stop).result == "superseded"


def test_a_stop_that_never_was_is_rejected() -> None:
    zone = loaded()
    for stop in ("s_9", "s_2-l0", "s_1-x0", None):
        answer = zone.tap("c_1", "departed", stop)
        assert answer.result == "rejected"
        assert answer.reason
    assert zone.tap("c_1", "danced", "s_1").result == "rejected"


def test_a_tap_without_effect_is_a_sign_of_life() -> None:
    zone = loaded()
    zone.now += 77
    zone.tap("c_1", "departed", "s_9")
    assert zone.state.couriers["c_1"].heard_at == NOW + 77


# Loading


def test_what_the_stop_shows_is_loaded_unless_the_courier_says_otherwise() -> None:
    zone = LittleZone()
    one, two = zone.urgent(3), zone.urgent(3)
    zone.do("c_1", "departed", "s_1-l0")
    zone.do("c_1", "loaded", "s_1-l0")
    assert [zone.drop(d).courier for d in (one, two)] == ["c_1", "c_1"]


def test_drops_left_behind_are_planned_anew() -> None:
    zone = LittleZone()
    one, two = zone.urgent(3), zone.urgent(4)
    zone.load("c_1", one)
    assert (zone.drop(two).status, zone.carrier(two)) == (DropStatus.WAITING, "c_1")
    assert [stop.drops for stop in zone.stops("c_1") if stop.kind is StopKind.LOAD] == [(two,)]


def test_what_was_taken_counts_wherever_the_plan_had_it() -> None:
    zone = LittleZone(2)
    mine, other = zone.urgent(3), zone.urgent(4)
    move_drop(zone.dispatcher, other, Move("c_2"), zone.now)
    zone.load("c_1", mine, other)
    assert {zone.carrier(mine), zone.carrier(other)} == {"c_1"}
    assert zone.stops("c_2") == ()


def test_drops_planned_while_the_courier_loads_are_open_until_it_has_loaded() -> None:
    zone = LittleZone()
    zone.urgent(3)
    zone.do("c_1", "arrived", "s_1-l0")
    late = zone.urgent(3)
    assert zone.stops("c_1")[0].drops == ("d_1", late)
    zone.do("c_1", "loaded", "s_1-l0", drops=("d_1",))
    assert zone.drop(late).status is DropStatus.WAITING


def test_a_drop_that_another_has_cannot_be_loaded() -> None:
    zone = loaded(couriers=2)
    answer = zone.tap("c_2", "loaded", "s_2-l0", drops=("d_1",))
    assert (answer.result, answer.reason) == ("rejected", "d_1 is on_board with c_1.")
    assert zone.tap("c_2", "loaded", "s_2-l0", drops=("d_9",)).result == "rejected"


def test_a_drop_named_twice_is_loaded_once() -> None:
    zone = LittleZone()
    drop = zone.urgent(3)
    zone.do("c_1", "loaded", "s_1-l0", drops=(drop, drop))
    assert [d.id for d in zone.state.on_board("c_1")] == [drop]


def test_a_load_stop_is_over_once() -> None:
    zone = loaded()
    assert zone.tap("c_1", "loaded", "s_1-l0").result == "superseded"
    assert zone.tap("c_1", "loaded", "s_1-l1").result == "superseded"


def test_more_than_the_capacity_is_brought_all_the_same() -> None:
    zone = LittleZone(capacity=2)
    drops = [zone.urgent(3, load=2) for _ in range(3)]
    zone.do("c_1", "loaded", "s_1-l0", drops=tuple(drops))
    assert [zone.carrier(drop) for drop in drops] == ["c_1"] * 3


def test_goods_cancelled_before_the_courier_saw_it_ride_back() -> None:
    zone = LittleZone()
    drop = zone.urgent(3, load=2)
    zone.do("c_1", "arrived", "s_1-l0")
    cancel_order(zone.dispatcher, "o_1", NOW)
    zone.do("c_1", "loaded", "s_1-l0", drops=(drop,))
    assert zone.drop(drop).status is DropStatus.CANCELLED
    assert [(stop.id, stop.drops) for stop in zone.stops("c_1")] == [("s_1-r0", (drop,))]
    zone.do("c_1", "delivered", "s_1-r0")
    assert zone.drop(drop).returning == 0
    assert zone.stops("c_1") == ()


# Handing over


@pytest.mark.parametrize(
    ("accepted", "rejected", "status"),
    [
        (3, 0, DropStatus.ACCEPTED),
        (2, 1, DropStatus.PARTLY_ACCEPTED),
        (0, 3, DropStatus.REJECTED),
    ],
)
def test_lines_say_what_was_accepted(accepted: int, rejected: int, status: DropStatus) -> None:
    zone = loaded(quantity=3)
    line = Line("paper", accepted, rejected, "dirty" if rejected else "")
    zone.do("c_1", "delivered", "s_1", lines=(line,))
    assert (zone.drop("d_1").status, zone.drop("d_1").lines) == (status, (line,))
    assert zone.drop("d_1").returning == rejected


def handed_over(*reasons: str) -> LittleZone:
    """Returns a zone whose c_1 was refused a whole line at b_3 for each of these reasons."""
    zone = LittleZone(1)
    items = tuple(Item(f"sku-{i}", 2, load=3) for i, _ in enumerate(reasons))
    zone.order(replace(a_drop(3), items=items))
    zone.load("c_1", "d_1")
    lines = tuple(Line(f"sku-{i}", 0, 2, reason) for i, reason in enumerate(reasons))
    zone.do("c_1", "delivered", "s_1", lines=lines)
    return zone


def test_what_was_missing_does_not_ride_back() -> None:
    zone = handed_over("missing")
    assert (zone.drop("d_1").status, zone.drop("d_1").returning) == (DropStatus.REJECTED, 0)
    # The ride home is as after a hand-over of everything: with nothing on board.
    assert [(stop.kind, stop.drops) for stop in zone.stops("c_1")] == [(StopKind.RETURN, ())]
    assert zone.state.live == {}


@pytest.mark.parametrize("reason", ["dirty", "wrong_count", ""])
def test_of_what_was_refused_only_what_was_there_rides_back(reason: str) -> None:
    zone = handed_over("missing", reason)
    # Two units of load 3 are there, as many are not.
    assert zone.drop("d_1").returning == 6
    assert zone.drop("d_1").items_back == (Item("sku-1", 2, load=3),)
    assert [(stop.id, stop.drops) for stop in zone.stops("c_1")] == [("s_1-r0", ("d_1",))]
    zone.do("c_1", "delivered", "s_1-r0")
    assert (zone.drop("d_1").returning, zone.stops("c_1")) == (0, ())


def test_without_lines_everything_was_accepted() -> None:
    zone = loaded(quantity=3)
    zone.do("c_1", "delivered", drop="d_1")
    assert zone.drop("d_1").lines == (Line("paper", 3),)


@pytest.mark.parametrize(
    "lines",
    [
        (Line("paper", 2),),
        (Line("paper", 3, 1),),
        (Line("paper", 4, -1),),
        (Line("pen", 3),),
        (Line("paper", 1), Line("paper", 2)),
        (Line("paper", 3), Line("pen", 0)),
    ],
)
def test_every_unit_has_to_be_accounted_for_once(lines: tuple[Line, ...]) -> None:
    zone = loaded(quantity=3)
    assert zone.tap("c_1", "delivered", "s_1", lines=lines).result == "rejected"
    assert zone.drop("d_1").status is DropStatus.ON_BOARD


@pytest.mark.parametrize("kind", ["delivered", "failed"])
def test_only_who_has_the_goods_can_hand_them_over(kind: str) -> None:
    zone = loaded(couriers=2)
    waiting = zone.urgent(4)
    for courier, drop, result in (
        ("c_2", "d_1", "superseded"),
        ("c_1", waiting, "rejected"),
        ("c_1", "d_9", "rejected"),
        ("c_1", None, "rejected"),
    ):
        assert zone.tap(courier, kind, drop=drop, reason="absent").result == result
    zone.do("c_1", "delivered", "s_1")
    assert zone.tap("c_1", kind, "s_1", reason="absent").reason == "d_1 is accepted already."


@pytest.mark.parametrize("reason", FAILURES)
def test_goods_that_could_not_be_handed_over_stay_on_board(reason: str) -> None:
    zone = loaded()
    zone.do("c_1", "arrived", "s_1")
    zone.do("c_1", "failed", "s_1", reason=reason)
    drop = zone.drop("d_1")
    assert (drop.status, drop.failure, drop.returning) == (DropStatus.FAILED, reason, 1)
    assert zone.stop_ids("c_1") == ["s_1-r0"]


def test_a_failure_needs_a_reason_that_is_known() -> None:
    zone = loaded()
    answer = zone.tap("c_1", "failed", "s_1", reason="tired")
    assert answer.result == "rejected"
    assert "no_access" in answer.reason


# Coming back


def returning() -> LittleZone:
    """Returns a zone in which c_1 stands at b_3 with a unit that was rejected."""
    zone = loaded()
    zone.do("c_1", "arrived", "s_1")
    zone.do("c_1", "delivered", "s_1", lines=(Line("paper", 0, 1, "dirty"),))
    return zone


def test_goods_that_come_back_are_handed_back_at_the_counter() -> None:
    zone = returning()
    zone.do("c_1", "departed", "s_1-r0")
    zone.do("c_1", "arrived", "s_1-r0")
    # Still on board: the counter takes 15 s.
    assert zone.drop("d_1").returning == 1
    assert zone.stops("c_1")[0].departure - zone.now == 30  # the least remainder
    zone.do("c_1", "delivered", "s_1-r0")
    assert zone.drop("d_1").returning == 0
    assert (zone.drop("d_1").status, zone.stops("c_1")) == (DropStatus.REJECTED, ())
    assert zone.tap("c_1", "delivered", "s_1-r0").result == "superseded"


def test_goods_on_their_way_back_take_room_until_they_are_back() -> None:
    zone = LittleZone(capacity=2)
    zone.urgent(3, load=2)
    zone.load("c_1")
    zone.do("c_1", "failed", "s_1", reason="closed")
    zone.urgent(4, load=2)
    assert zone.stop_ids("c_1") == ["s_1-r0", "s_1-l1", "s_2", "s_1-r1"]


def test_new_goods_may_be_loaded_before_old_ones_are_handed_back() -> None:
    zone = returning()
    zone.urgent(4)
    zone.do("c_1", "departed", "s_1-l1")
    zone.do("c_1", "loaded", "s_1-l1")
    assert {stop.id for stop in zone.stops("c_1")} == {"s_2", "s_1-r0"}


# Breaks


def test_a_break_begins_and_ends_by_a_tap() -> None:
    zone = LittleZone()
    drop = zone.urgent(3)
    zone.do("c_1", "paused")
    assert zone.reasons(drop) == ["shift"]
    zone.do("c_1", "resumed")
    assert zone.carrier(drop) == "c_1"
