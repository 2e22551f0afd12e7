"""Breaches foreseen, averted, and the rescues that go with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.view import View
from dispatch.codec import event_from_json, to_json
from dispatch.errors import InvalidRequest
from dispatch.events import BreachAverted, BreachForeseen
from dispatch.foresight import HYSTERESIS, foresee
from dispatch.hand import move_drop
from dispatch.policy import Policy
from dispatch.prospects import prospects
from dispatch.quoting import give_quote
from dispatch.requests import Move, QuoteRequest
from tests.little_city import LittleZone, a_drop

if TYPE_CHECKING:
    from dispatch.events import Event
    from dispatch.orders import Order


def told(zone: LittleZone) -> tuple[Event, ...]:
    """Returns what is foreseen now, recorded as a tick records it."""
    events = foresee(zone.dispatcher, zone.now)
    zone.dispatcher.record(zone.now, *events)
    return events


def foreseen(zone: LittleZone) -> BreachForeseen:
    """Returns the one breach that is foreseen now."""
    (event,) = told(zone)
    assert isinstance(event, BreachForeseen)
    return event


def chance(zone: LittleZone, order: str) -> float | None:
    """Returns the chance of an order as answers tell it."""
    return View.of(zone.dispatcher, zone.now).p_on_time(zone.state.orders[order])


def overtaken() -> tuple[LittleZone, str, str]:
    """Returns a zone in which one courier of two brings a near drop behind a far one, late."""
    zone = LittleZone(2)
    near, far = zone.urgent(2), zone.urgent(15, on_infeasible="accept_late")
    move_drop(zone.dispatcher, far, Move("c_1"), zone.now)
    move_drop(zone.dispatcher, near, Move("c_1", after=far), zone.now)
    return zone, near, far


def test_a_promise_likely_kept_is_not_spoken_of() -> None:
    zone = LittleZone()
    zone.urgent(3)
    assert told(zone) == ()


def test_a_breach_is_foreseen_before_it_is_late() -> None:
    zone, near, _ = overtaken()
    event = foreseen(zone)
    order = zone.state.orders[event.order]
    assert (event.drop, order.id) == (near, "o_1")
    assert order.deadline is not None
    assert zone.now < order.deadline
    assert event.p_on_time == chance(zone, order.id)
    assert event.p_on_time < Policy().foresee_below
    assert order.foreseen_at == zone.now
    assert event_from_json("breach_foreseen", to_json(event)) == event


def test_a_breach_is_told_once() -> None:
    zone, _, _ = overtaken()
    assert len(told(zone)) == 1
    assert told(zone) == ()


def test_taking_a_rescue_with_one_move_gives_what_it_says() -> None:
    zone, near, _ = overtaken()
    event = foreseen(zone)
    rescue = event.rescue
    assert rescue is not None
    # By the idle courier it takes 15 + 165 + 60 s of 22 min.
    assert (rescue.courier, rescue.after, rescue.harm_s, rescue.late) == ("c_2", None, 0, ())
    moved = move_drop(zone.dispatcher, near, Move(rescue.courier, rescue.after), zone.now)
    assert chance(zone, event.order) == rescue.p_on_time == 1.0
    assert sum(d.by_s for d in moved.delays if d.order != event.order) == rescue.harm_s


def test_a_rescue_by_the_same_courier_is_another_place() -> None:
    zone = LittleZone()
    near, far = zone.urgent(2), zone.urgent(12)
    move_drop(zone.dispatcher, near, Move("c_1", after=far), zone.now)
    event = foreseen(zone)
    assert event.rescue is not None
    # Behind the far one it is 15 + 15 + 765 + 60, 645 back and 60: 1560 s of 1320 s. First of all
    # it delays the far one, which has 465 s to spare.
    assert (event.drop, event.rescue.courier, event.rescue.after) == (near, "c_1", None)
    # The far one ends at 15 + 765 + 60 = 840, then at 15 + 165 + 60 + 645 + 60 = 945.
    assert (event.rescue.harm_s, event.rescue.late) == (105, ())
    move_drop(zone.dispatcher, near, Move("c_1", event.rescue.after), zone.now)
    assert chance(zone, event.order) == event.rescue.p_on_time


def test_a_rescue_says_whom_it_delays_and_one_move_delays_just_them() -> None:
    zone = LittleZone(2)
    near, far = zone.urgent(2), zone.urgent(15, on_infeasible="accept_late")
    move_drop(zone.dispatcher, far, Move("c_1"), zone.now)
    move_drop(zone.dispatcher, near, Move("c_1", after=far), zone.now)
    other = zone.urgent(6, floor=2)
    assert zone.carrier(other) == "c_2"
    event = foreseen(zone)
    assert event.rescue is not None
    moved = move_drop(
        zone.dispatcher, near, Move(event.rescue.courier, event.rescue.after), zone.now
    )
    others = [delay for delay in moved.delays if delay.order != event.order]
    assert sum(delay.by_s for delay in others) == event.rescue.harm_s
    assert event.rescue.late == tuple(d.order for d in others if not d.still_on_time)
    assert chance(zone, event.order) == event.rescue.p_on_time


def test_a_rescue_is_found_where_a_place_is_held_for_a_quote() -> None:
    zone, near, _ = overtaken()
    # With the idle courier, who would take the endangered drop: both routes hold its place.
    answer = give_quote(
        zone.dispatcher, QuoteRequest("urgent", (a_drop(3),), reserve=True), zone.now
    )
    assert answer.reserved
    event = foreseen(zone)
    assert (event.drop, event.rescue is not None) == (near, True)


def test_looking_for_a_rescue_changes_nothing() -> None:
    zone, _, _ = overtaken()
    state, plan, commits = zone.state, zone.plan, len(zone.journal.commits)
    foresee(zone.dispatcher, zone.now)
    assert zone.state is state
    assert zone.plan is plan
    assert len(zone.journal.commits) == commits


def test_goods_on_board_have_no_rescue_and_it_is_said_why() -> None:
    zone, near, far = overtaken()
    zone.load("c_1", near, far)
    event = foreseen(zone)
    assert event.rescue is None
    assert "on board with c_1" in event.reason


def test_where_nothing_helps_it_is_said_so() -> None:
    zone = LittleZone()
    zone.urgent(25, on_infeasible="accept_late")
    event = foreseen(zone)
    assert event.rescue is None
    assert event.reason


def test_a_drop_in_nobodys_route_has_no_chance() -> None:
    zone = LittleZone(0)
    drop = zone.urgent(2, on_infeasible="accept_late")
    event = foreseen(zone)
    assert (event.drop, event.p_on_time, event.rescue) == (drop, 0.0, None)


def test_a_recovered_promise_is_averted_once() -> None:
    zone, near, _ = overtaken()
    foreseen(zone)
    move_drop(zone.dispatcher, near, Move("c_2"), zone.now)
    (event,) = told(zone)
    assert event == BreachAverted(zone.now, "o_1", 1.0)
    assert zone.state.orders["o_1"].foreseen_at is None
    assert told(zone) == ()


@pytest.mark.parametrize(("above", "averted"), [(-0.01, False), (0.0, True)])
def test_a_chance_must_be_clearly_above_to_call_it_off(above: float, averted: bool) -> None:
    zone = LittleZone()
    drop = zone.urgent(14, on_infeasible="accept_late")
    now_at = prospects(
        zone.dispatcher, zone.plan.routes, zone.state, [order_of(zone, drop)], zone.now
    )["o_1"].chance
    assert 0.2 < now_at < 0.95
    zone.dispatcher.record(zone.now, BreachForeseen(zone.now, "o_1", drop, 0.1, None))
    # With the threshold so far below the chance; a hundredth of a sample for rounding.
    zone.dispatcher.policy = Policy(foresee_below=now_at - HYSTERESIS - above - 1e-9)
    assert [type(event) for event in told(zone)] == ([BreachAverted] if averted else [])


def order_of(zone: LittleZone, drop: str) -> Order:
    """Returns the order of a drop."""
    return zone.state.orders[zone.drop(drop).order]


def test_what_is_late_already_or_promised_to_nobody_is_not_foreseen() -> None:
    zone, _, _ = overtaken()
    zone.now += 1321
    assert told(zone) == ()
    held = LittleZone()
    held.standard(3)
    assert told(held) == ()


def test_the_worst_drop_of_an_order_is_named() -> None:
    zone = LittleZone()
    near, far = zone.order(a_drop(2), a_drop(25), on_infeasible="accept_late").drops
    event = foreseen(zone)
    assert event.drop == far
    assert event.drop != near


def test_one_rescue_is_looked_for_at_a_time_for_the_order_due_first() -> None:
    zone = LittleZone()
    for _ in range(2):
        zone.urgent(28, on_infeasible="accept_late")
        zone.now += 1
    assert [foreseen(zone).order for _ in range(2)] == ["o_1", "o_2"]
    assert told(zone) == ()


def test_breaches_that_have_no_rescue_are_told_at_once() -> None:
    zone = LittleZone()
    drops = [zone.urgent(28, on_infeasible="accept_late") for _ in range(3)]
    zone.load("c_1", *drops)
    assert [type(event) for event in told(zone)] == [BreachForeseen] * 3


def test_orders_with_slack_as_long_as_their_way_are_safe() -> None:
    zone = LittleZone(3)
    for block in range(1, 10):
        zone.urgent(block)
    plan = zone.plan
    safe = [
        (drop, stop)
        for drop, (_, stop) in plan.assignments().items()
        if (stop.slack_s or 0) >= stop.departure - zone.now
    ]
    assert safe
    orders = [order_of(zone, drop) for drop, _ in safe]
    found = prospects(zone.dispatcher, plan.routes, zone.state, orders, zone.now)
    assert min(prospect.chance for prospect in found.values()) > 0.9


def test_a_threshold_of_nothing_foresees_nothing() -> None:
    zone, _, _ = overtaken()
    zone.dispatcher.policy = Policy(foresee_below=0)
    assert told(zone) == ()


def test_a_threshold_beyond_one_is_refused() -> None:
    assert Policy(foresee_below=1).foresee_below == 1
    with pytest.raises(InvalidRequest, match=r"foresee_below is 1\.1"):
        Policy(foresee_below=1.1)
