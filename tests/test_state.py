"""The one pure function by which a state changes."""

from __future__ import annotations

import pytest

from dispatch import events as ev
from dispatch.orders import DropStatus, Line, StopKind
from dispatch.places import Place
from dispatch.state import apply
from tests.little_city import AT_STORE, NOW, LittleZone, a_drop

DESK = Place(60.0, 25.003, "b_3")


def aboard(units: int = 3, load: int = 2) -> LittleZone:
    """Returns a zone in which c_1 has d_1 for b_3 on board and stands at the counter."""
    zone = LittleZone()
    zone.order(a_drop(3, quantity=units, load=load))
    zone.load("c_1")
    return zone


def test_an_event_leaves_the_state_before_it_as_it_was() -> None:
    zone = LittleZone()
    before = zone.state
    apply(before, ev.Silenced(NOW, "c_1"))
    assert not before.couriers["c_1"].silent


def test_an_event_about_something_unknown_cannot_happen() -> None:
    with pytest.raises(KeyError):
        apply(LittleZone().state, ev.OrderCancelled(NOW, "o_9"))


@pytest.mark.parametrize(
    ("accepted", "rejected", "status", "returning"),
    [
        (3, 0, DropStatus.ACCEPTED, 0),
        (2, 1, DropStatus.PARTLY_ACCEPTED, 2),
        (0, 3, DropStatus.REJECTED, 6),
    ],
)
def test_rejected_units_ride_on_with_their_load(
    accepted: int, rejected: int, status: DropStatus, returning: int
) -> None:
    lines = (Line("paper", accepted, rejected),)
    event = ev.Delivered(NOW, "c_1", "s_1", DESK, "d_1", lines)
    state = apply(aboard().state, event)
    drop = state.drops["d_1"]
    assert (drop.status, drop.returning, drop.closed_at) == (status, returning, NOW)
    # Whoever handed over stands at the desk.
    assert state.couriers["c_1"].place == DESK


@pytest.mark.parametrize(("told", "returning"), [(None, 6), (0, 0), (4, 4)])
def test_a_log_of_before_has_its_missing_units_ride_back_as_its_state_had_them(
    told: int | None, returning: int
) -> None:
    # Three units of load 2; entries of before do not say what stayed on board.
    lines = (Line("paper", 0, 3, "missing"),)
    event = ev.Delivered(NOW, "c_1", "s_1", DESK, "d_1", lines, told)
    assert apply(aboard().state, event).drops["d_1"].returning == returning


def test_what_came_back_is_no_longer_live() -> None:
    zone = aboard()
    failed = apply(zone.state, ev.Failed(NOW, "c_1", "s_1", DESK, "d_1", "closed"))
    assert [drop.id for drop in failed.returning("c_1")] == ["d_1"]
    back = apply(failed, ev.Returned(NOW, "c_1", "s_1-r0", AT_STORE))
    assert back.returning("c_1") == ()
    assert back.live == {}
    assert back.drops["d_1"].status is DropStatus.FAILED


def test_a_failure_that_nobody_set_off_for_moves_nobody() -> None:
    # Refused by telephone while the courier is still at the counter.
    state = apply(aboard().state, ev.Failed(NOW, "c_1", "s_1", DESK, "d_1", "refused"))
    assert state.couriers["c_1"].place == AT_STORE


def test_a_failure_at_the_desk_leaves_the_courier_there() -> None:
    zone = aboard()
    zone.do("c_1", "departed", "s_1")
    state = apply(zone.state, ev.Failed(NOW, "c_1", "s_1", DESK, "d_1", "closed"))
    assert state.couriers["c_1"].place == DESK
    assert state.couriers["c_1"].committed is None


def test_a_drop_closed_on_the_way_to_another_leaves_the_commitment() -> None:
    zone = LittleZone()
    zone.order(a_drop(3), a_drop(4))
    zone.load("c_1")
    zone.do("c_1", "departed", "s_1")
    zone.do("c_1", "failed", drop="d_2", reason="refused")
    committed = zone.state.couriers["c_1"].committed
    assert committed is not None
    assert (committed.stop, committed.kind) == ("s_1", StopKind.DELIVER)
    assert zone.state.couriers["c_1"].place == AT_STORE


def test_a_cancelled_drop_that_was_loaded_all_the_same_comes_back() -> None:
    zone = LittleZone()
    zone.urgent(3, load=4)
    cancelled = apply(zone.state, ev.OrderCancelled(NOW, "o_1"))
    state = apply(cancelled, ev.Loaded(NOW, "c_1", "s_1-l0", AT_STORE, ("d_1",)))
    assert state.drops["d_1"].status is DropStatus.CANCELLED
    assert [drop.returning for drop in state.returning("c_1")] == [4]


def test_a_cancelled_order_keeps_what_was_handed_over() -> None:
    zone = LittleZone(capacity=1)
    zone.order(a_drop(1), a_drop(2))
    zone.load("c_1")
    zone.do("c_1", "delivered", drop="d_1")
    state = apply(zone.state, ev.OrderCancelled(zone.now, "o_1"))
    statuses = [state.drops[d].status for d in ("d_1", "d_2")]
    assert statuses == [DropStatus.ACCEPTED, DropStatus.CANCELLED]


def test_any_tap_is_a_sign_of_life_and_none_turns_the_clock_back() -> None:
    state = apply(LittleZone().state, ev.Heard(NOW + 50, "c_1"))
    state = apply(state, ev.Silenced(NOW + 60, "c_1"))
    state = apply(state, ev.Heard(NOW + 20, "c_1"))
    assert not state.couriers["c_1"].silent
    assert state.couriers["c_1"].heard_at == NOW + 50
