"""What an order looks like from outside."""

from __future__ import annotations

import pytest

from dispatch.ordering import cancel_order
from dispatch.orders import Line
from dispatch.promises import PromiseState
from dispatch.status import PromiseView, drop_status, order_status, promise_of
from tests.little_city import NOW, LittleZone, a_drop


def statuses(zone: LittleZone, order_id: str = "o_1") -> tuple[str, ...]:
    """Returns the status of an order and of each of its drops."""
    order = zone.state.orders[order_id]
    drops = [zone.drop(d) for d in order.drops]
    assigned = zone.plan.assignments()
    status = order_status(order, drops, zone.plan)
    return (status, *(drop_status(drop, assigned) for drop in drops))


def promise(zone: LittleZone, now: int) -> PromiseView:
    """Returns the promise of the first order."""
    order = zone.state.orders["o_1"]
    return promise_of(order, [zone.drop(d) for d in order.drops], zone.plan, now)


def test_an_order_is_planned_when_each_of_its_drops_is() -> None:
    zone = LittleZone(capacity=4)
    zone.order(a_drop(3), a_drop(4))
    assert statuses(zone) == ("planned", "planned", "planned")
    zone.order(a_drop(3), a_drop(4, load=5))
    assert statuses(zone, "o_2") == ("placed", "planned", "waiting")


def test_an_order_is_under_way_from_the_first_loading_to_the_last_desk() -> None:
    zone = LittleZone(capacity=1)
    zone.order(a_drop(1), a_drop(2))
    zone.load("c_1")
    assert statuses(zone) == ("under_way", "on_board", "planned")
    zone.do("c_1", "delivered", "s_1")
    assert statuses(zone) == ("under_way", "accepted", "planned")
    zone.load("c_1")
    zone.do("c_1", "delivered", "s_2")
    assert statuses(zone) == ("delivered", "accepted", "accepted")


@pytest.mark.parametrize(
    ("one", "two", "status"),
    [
        ((2, 0), (2, 0), "delivered"),
        ((2, 0), (1, 1), "partly_accepted"),
        ((2, 0), (0, 2), "partly_accepted"),
        ((0, 2), (0, 2), "returned"),
    ],
)
def test_a_closed_order_says_how_much_was_accepted(
    one: tuple[int, int], two: tuple[int, int], status: str
) -> None:
    zone = LittleZone()
    zone.order(a_drop(1, quantity=2), a_drop(2, quantity=2))
    zone.load("c_1")
    for drop, counts in (("d_1", one), ("d_2", two)):
        zone.do("c_1", "delivered", drop=drop, lines=(Line("paper", *counts),))
    assert statuses(zone)[0] == status


def test_an_order_of_which_nothing_could_be_handed_over_is_returned() -> None:
    zone = LittleZone()
    zone.urgent(3)
    zone.load("c_1")
    zone.do("c_1", "failed", "s_1", reason="closed")
    assert statuses(zone) == ("returned", "failed")


def test_a_cancelled_order_is_cancelled_whatever_became_of_its_drops() -> None:
    zone = LittleZone(capacity=1)
    zone.order(a_drop(1), a_drop(2))
    zone.load("c_1")
    zone.do("c_1", "delivered", "s_1")
    cancel_order(zone.dispatcher, "o_1", NOW)
    assert statuses(zone) == ("cancelled", "accepted", "cancelled")
    assert promise(zone, NOW) == PromiseView("urgent", NOW + 1320, PromiseState.CANCELLED, None)


def test_a_standard_drop_that_is_held_waits() -> None:
    zone = LittleZone()
    zone.standard(3)
    assert statuses(zone) == ("placed", "waiting")


@pytest.mark.parametrize(
    ("now", "state"), [(1320, PromiseState.RUNNING), (1321, PromiseState.BREACHED)]
)
def test_a_promise_runs_to_its_last_second(now: int, state: PromiseState) -> None:
    zone = LittleZone()
    zone.urgent(3)
    # Planned to end after 300 s.
    assert promise(zone, NOW + now) == PromiseView("urgent", NOW + 1320, state, 1020)


@pytest.mark.parametrize(
    ("closed", "state", "slack"), [(1320, PromiseState.MET, 0), (1321, PromiseState.MET_LATE, -1)]
)
def test_a_promise_is_met_by_the_last_tap_at_a_desk(
    closed: int, state: PromiseState, slack: int
) -> None:
    zone = LittleZone()
    zone.order(a_drop(1), a_drop(2))
    zone.load("c_1")
    zone.do("c_1", "delivered", "s_1")
    zone.now = NOW + closed
    zone.do("c_1", "delivered", "s_2")
    assert promise(zone, NOW + 9999) == PromiseView("urgent", NOW + 1320, state, slack)


def test_a_drop_that_failed_in_time_is_a_promise_kept() -> None:
    zone = LittleZone()
    zone.urgent(3)
    zone.load("c_1")
    zone.do("c_1", "failed", "s_1", reason="absent")
    assert promise(zone, NOW + 9999).state == "met"


def test_a_promise_has_no_slack_while_a_drop_is_in_nobodys_route() -> None:
    zone = LittleZone(capacity=4)
    zone.order(a_drop(3), a_drop(4, load=5))
    assert promise(zone, NOW) == PromiseView("urgent", NOW + 1320, PromiseState.RUNNING, None)
