"""The dispatcher's hand."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch.errors import Conflict, InvalidRequest, NotFound
from dispatch.hand import Moved, move_drop
from dispatch.quoting import Delay, give_quote
from dispatch.requests import Move, QuoteRequest
from tests.little_city import NOW, LittleZone, a_drop


def move(zone: LittleZone, drop: str, courier: str | None, **rest: Any) -> Moved:
    """Moves a drop now."""
    return move_drop(zone.dispatcher, drop, Move(courier, **rest), zone.now)


def test_a_pinned_drop_goes_to_its_courier_and_stays_there() -> None:
    zone = LittleZone(2)
    drop = zone.urgent(3)
    moved = move(zone, drop, "c_2")
    assert (zone.carrier(drop), zone.drop(drop).pinned) == ("c_2", "c_2")
    assert (moved.delays, moved.version) == ((), zone.plan.version)
    # What is told of the drop itself is what is planned then.
    (stop,) = (stop for stop in zone.stops("c_2") if stop.due_at)
    assert moved.end == stop.departure
    zone.wait(60)
    assert zone.carrier(drop) == "c_2"


def test_a_drop_moved_without_a_pin_is_the_planners_again() -> None:
    zone = LittleZone(2)
    drop = zone.urgent(3)
    move(zone, drop, "c_2", pinned=False)
    assert (zone.carrier(drop), zone.drop(drop).pinned) == ("c_2", None)


def test_a_released_drop_is_the_planners_again() -> None:
    zone = LittleZone(2)
    drop = zone.urgent(3)
    move(zone, drop, "c_2")
    move(zone, drop, None)
    assert zone.drop(drop).pinned is None
    assert zone.carrier(drop) is not None


def test_a_drop_is_moved_behind_another() -> None:
    zone = LittleZone()
    first, second = zone.urgent(2), zone.urgent(4)
    assert zone.stop_ids("c_1")[1:3] == ["s_1", "s_2"]
    moved = move(zone, first, "c_1", after=second)
    assert zone.stop_ids("c_1") == ["s_1-l0", "s_2", "s_1", "s_1-r0"]
    # By b_4 first: 30 + 285 + 60, and 165 back to b_2, where it was 30 + 165.
    assert moved.delays == (Delay("o_1", 345, still_on_time=True),)


def test_a_drop_moved_behind_goods_on_board_is_fetched_first() -> None:
    zone = LittleZone()
    aboard = zone.urgent(2)
    zone.load("c_1")
    second = zone.urgent(4)
    move(zone, second, "c_1", after=aboard)
    assert zone.stop_ids("c_1") == ["s_1-l1", "s_1", "s_2", "s_1-r0"]


def test_a_drop_moved_behind_the_stop_driven_to_comes_next() -> None:
    zone = LittleZone()
    driven_to, third = zone.order(a_drop(2), a_drop(3)).drops
    zone.load("c_1")
    zone.do("c_1", "departed", "s_1")
    new = zone.urgent(4)
    move(zone, new, "c_1", after=driven_to)
    deliveries = [stop.drops[0] for stop in zone.stops("c_1") if stop.due_at]
    assert deliveries[0] == driven_to
    assert set(deliveries[1:]) == {third, new}


def test_a_dry_run_shows_the_consequences_and_does_nothing() -> None:
    zone = LittleZone()
    first, second = zone.urgent(2), zone.urgent(4)
    state, plan = zone.state, zone.plan
    moved = move(zone, first, "c_1", after=second, dry_run=True)
    assert moved.delays == (Delay("o_1", 345, still_on_time=True),)
    assert moved.version is None
    assert zone.state is state
    assert zone.plan is plan


def test_somebody_made_late_is_shown_with_by_how_much() -> None:
    zone = LittleZone(2)
    # Behind the far drop: 30 + 945 s to b_15, 60, then 825 back to b_2 and 45, 60.
    near, far = zone.urgent(2), zone.urgent(15, on_infeasible="accept_late")
    move(zone, far, "c_1")
    moved = move(zone, near, "c_1", after=far)
    (delay,) = [delay for delay in moved.delays if delay.order == "o_1"]
    assert not delay.still_on_time


def test_a_standard_drop_that_is_held_goes_at_once_when_pinned() -> None:
    zone = LittleZone()
    drop = zone.standard(3)
    move(zone, drop, "c_1")
    # 15 + 225 + 60 s.
    assert zone.eta(drop) == 300


def test_an_unknown_drop_or_courier_is_not_found() -> None:
    zone = LittleZone()
    drop = zone.urgent(3)
    with pytest.raises(NotFound, match="d_9"):
        move(zone, "d_9", "c_1")
    with pytest.raises(NotFound, match="c_9"):
        move(zone, drop, "c_9")


def test_only_a_drop_that_waits_can_be_moved() -> None:
    zone = LittleZone(2)
    drop = zone.urgent(3)
    zone.load("c_1")
    with pytest.raises(Conflict, match="on_board"):
        move(zone, drop, "c_2")
    zone.do("c_1", "delivered", "s_1")
    with pytest.raises(Conflict, match="accepted"):
        move(zone, drop, "c_2")


def test_a_drop_can_only_follow_one_of_the_couriers_route() -> None:
    zone = LittleZone(2)
    first, second = zone.urgent(3), zone.urgent(3)
    with pytest.raises(InvalidRequest, match="not in the route of c_2"):
        move(zone, second, "c_2", after=first)
    with pytest.raises(InvalidRequest, match=f"Choose from {first}"):
        move(zone, second, "c_1", after=second)
    assert zone.plan.made_at == NOW


def test_a_drop_cannot_follow_a_place_that_is_held_and_nobody_is_told_of_it() -> None:
    zone = LittleZone()
    first, second = zone.urgent(3), zone.urgent(4)
    give_quote(zone.dispatcher, QuoteRequest("urgent", (a_drop(5),), reserve=True), zone.now)
    with pytest.raises(InvalidRequest, match="q_1-1 is not in the route") as error:
        move(zone, second, "c_1", after="q_1-1")
    assert error.value.cure == f"Choose from {first}."


def test_a_pin_to_somebody_on_a_break_waits_for_the_end_of_it() -> None:
    zone = LittleZone(2)
    drop = zone.urgent(3)
    zone.do("c_2", "paused")
    move(zone, drop, "c_2")
    assert zone.reasons(drop) == ["pinned", "shift"]
    zone.do("c_2", "resumed")
    assert zone.carrier(drop) == "c_2"
