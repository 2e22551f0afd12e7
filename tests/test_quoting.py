"""What may honestly be promised."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dispatch.crew import change_courier
from dispatch.orders import Store
from dispatch.policy import Policy
from dispatch.promises import STANDARD
from dispatch.quoting import Answer, Delay, give_quote
from dispatch.requests import CourierChange, DropRequest, QuoteRequest
from tests.little_city import NOW, STORE, LittleZone, a_drop


def quote(
    zone: LittleZone,
    *drops: DropRequest,
    service: str = "urgent",
    ready_in: int = 0,
    store: str | None = None,
) -> Answer:
    """Asks for a time, for goods ready so many seconds from now."""
    request = QuoteRequest(service, drops or (a_drop(3),), store, zone.now + ready_in)
    return give_quote(zone.dispatcher, request, zone.now)


def test_a_quote_tells_the_usual_time_and_when_and_by_whom_it_would_come() -> None:
    zone = LittleZone()
    answer = quote(zone)
    # 15 s to load, 225 to ride and check in, 60 to hand over.
    assert (answer.eta, answer.courier) == (NOW + 300, "c_1")
    assert (answer.quote.feasible, answer.quote.promise_s) == (True, 1320)
    assert (answer.due_at, answer.quote.expires_at) == (NOW + 1320, NOW + 60)
    assert (answer.delays, answer.reasons) == ((), ())


def test_a_quote_holds_nothing() -> None:
    zone = LittleZone()
    plan = zone.plan
    assert [quote(zone).quote.id, quote(zone).quote.id] == ["q_1", "q_2"]
    assert zone.plan is plan
    assert zone.state.orders == {}


def test_several_drops_come_when_the_last_of_them_does() -> None:
    answer = quote(LittleZone(), a_drop(3), a_drop(4))
    # 30 s to load, 225 to b_3, 60; 105 to b_4, 60.
    assert answer.eta == NOW + 480


@pytest.mark.parametrize(
    ("ready_in", "feasible", "promise_s"),
    [
        # 800 + 300 s and a fifth are 1320; a second more rounds up to 23 minutes.
        (800, True, 1320),
        (801, False, 1380),
    ],
)
def test_a_planned_time_with_its_buffer_has_to_fit_the_usual_one(
    ready_in: int, feasible: bool, promise_s: int
) -> None:
    answer = quote(LittleZone(), ready_in=ready_in)
    assert (answer.quote.feasible, answer.quote.promise_s) == (feasible, promise_s)


def test_without_a_buffer_the_planned_time_itself_is_promised() -> None:
    zone = LittleZone(policy=Policy(quote_buffer=0, quote_confidence=0, quote_search_s=0))
    answer = quote(zone, ready_in=1021)
    assert (answer.quote.feasible, answer.quote.promise_s) == (False, 1380)


def test_where_nobody_can_come_the_reasons_say_why() -> None:
    answer = quote(LittleZone(0))
    assert (answer.eta, answer.courier, answer.quote.feasible) == (None, None, False)
    assert [reason.kind for reason in answer.reasons] == ["shift"]


def test_a_drop_too_heavy_for_anyone_cannot_be_promised() -> None:
    answer = quote(LittleZone(capacity=4), a_drop(3, load=5))
    assert (answer.quote.feasible, answer.eta) == (False, None)
    assert [(reason.kind, reason.short_by) for reason in answer.reasons] == [("capacity", 1)]


def test_a_quote_tells_whom_it_would_delay() -> None:
    zone = LittleZone()
    zone.urgent(3)
    # Loading one more takes 15 s, and the drop of before goes first.
    assert quote(zone, a_drop(4)).delays == (Delay("o_1", 15, still_on_time=True),)


def test_goods_on_their_way_back_are_nobodys_delay() -> None:
    zone = LittleZone()
    zone.urgent(3)
    zone.load("c_1")
    zone.do("c_1", "departed", "s_1")
    zone.do("c_1", "failed", "s_1", reason="closed")
    assert quote(zone).delays == ()


def test_an_order_late_already_is_told_as_not_on_time() -> None:
    zone = LittleZone()
    zone.urgent(3, ready_at=NOW + 1100, on_infeasible="accept_late")
    # There and back to b_9 before: 15 + 585 + 60 + 540 s, a hundred more than the goods take.
    assert quote(zone, a_drop(9)).delays == (Delay("o_1", 100, still_on_time=False),)


def test_a_new_order_breaks_no_word_that_was_given() -> None:
    zone = LittleZone(policy=Policy(quote_confidence=0, quote_search_s=0))
    # Ready after 575 s: 15 to load, 645 to b_10, 60 to hand over; 25 s are left of 1320.
    zone.urgent(10, ready_at=NOW + 575, on_infeasible="accept_late")
    answer = quote(zone, a_drop(1), ready_in=575)
    # On the way to b_10 it would cost the other 95 s more than it has, so it comes behind:
    # 575 + 30 + 645 + 60, then 585 to b_1 and 60: 1955 s, and a fifth more are 39.1 minutes.
    assert (answer.eta, answer.quote.promise_s) == (NOW + 1955, 40 * 60)
    assert answer.delays == (Delay("o_1", 15, still_on_time=True),)
    order = zone.order(a_drop(1), ready_at=NOW + 575)
    assert (order.promise_s, order.requoted) == (40 * 60, True)


def test_a_standard_order_is_promised_its_day_whatever_the_plan() -> None:
    answer = quote(LittleZone(0), service="standard")
    assert (answer.quote.feasible, answer.due_at) == (True, NOW + 31 * 3600)
    assert (answer.eta, answer.quote.service) == (None, STANDARD)


def test_an_order_comes_from_the_store_that_can_promise_best() -> None:
    near = Store("st_2", "Near", 60.0, 25.002)
    zone = LittleZone(1, stores=(STORE, near))
    zone.courier(store="st_2")
    assert quote(zone).quote.store == "st_2"
    assert quote(zone, store="st_1").quote.store == "st_1"
    assert zone.order(a_drop(3)).store == "st_2"


def test_a_store_that_can_come_late_is_better_than_one_that_cannot_at_all() -> None:
    slow = replace(STORE, preparation_s=1000)
    far = Store("st_2", "Far", 60.0, 25.1, preparation_s=0)
    zone = LittleZone(1, stores=(slow, far), shift_s=2000)
    order = zone.order(a_drop(3), ready_at=None)
    # 1000 + 300 s and a fifth are 26 minutes; st_2 is 100 minutes away.
    assert (order.store, order.promise_s) == ("st_1", 26 * 60)


def test_who_is_on_a_break_is_not_counted_on() -> None:
    zone = LittleZone(1)
    change_courier(zone.dispatcher, "c_1", CourierChange(paused=True), zone.now)
    assert quote(zone).eta is None
