"""How an order comes into a zone and changes there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dispatch.errors import Conflict, DispatchError, NotFound
from dispatch.ordering import cancel_order, goods_ready, known_order
from dispatch.orders import DropStatus
from dispatch.quoting import give_quote
from dispatch.requests import QuoteRequest
from tests.little_city import HOUR, NOW, LittleZone, a_drop, wish


def quoted(zone: LittleZone, block: int = 3, service: str = "urgent", ready_in: int = 0) -> str:
    """Asks for a time and returns the quote's id."""
    request = QuoteRequest(service, (a_drop(block),), ready_at=zone.now + ready_in)
    return give_quote(zone.dispatcher, request, zone.now).quote.id


def code_of(error: pytest.ExceptionInfo[DispatchError]) -> str:
    """Returns the name of a problem."""
    return error.value.code


def test_an_order_is_planned_before_it_is_answered() -> None:
    zone = LittleZone()
    order = zone.order(a_drop(3), customer="Oy", channel="phone", external_id="PO-1")
    assert (order.id, order.customer, order.channel) == ("o_1", "Oy", "phone")
    assert zone.carrier("d_1") == "c_1"
    (placed,) = zone.journal.commits[-1].events
    assert zone.journal.commits[-1].plan is zone.plan
    assert placed.at == NOW


def test_the_same_external_id_with_the_same_content_is_the_same_order() -> None:
    zone = LittleZone()
    first = zone.order(a_drop(3), external_id="PO-1")
    commits = len(zone.journal.commits)
    zone.now += 500
    assert zone.order(a_drop(3), external_id="PO-1") is first
    assert zone.order(a_drop(3), external_id="PO-1", quote_id="q_none") is first
    assert len(zone.journal.commits) == commits


def test_the_same_external_id_with_other_content_is_refused() -> None:
    zone = LittleZone()
    zone.order(a_drop(3), external_id="PO-1")
    with pytest.raises(Conflict, match="o_1") as error:
        zone.order(a_drop(4), external_id="PO-1")
    assert code_of(error) == "external-id-reused"
    assert len(zone.state.orders) == 1


def test_orders_without_an_external_id_are_different_orders() -> None:
    zone = LittleZone()
    assert zone.order(a_drop(3)).id != zone.order(a_drop(3)).id


# Where the usual time cannot be promised: goods ready after 801 s make 23 minutes.


def test_a_longer_time_is_promised_by_default() -> None:
    order = LittleZone().order(a_drop(3), ready_at=NOW + 801)
    assert (order.promise_s, order.deadline, order.requoted) == (1380, NOW + 1380, True)


def test_an_order_may_refuse_a_longer_time() -> None:
    zone = LittleZone()
    with pytest.raises(Conflict, match="23 minutes can") as error:
        zone.order(a_drop(3), ready_at=NOW + 801, on_infeasible="reject")
    assert code_of(error) == "no-capacity"
    assert zone.state.orders == {}
    assert zone.order(a_drop(3), ready_at=NOW + 800, on_infeasible="reject").promise_s == 1320


def test_an_order_may_insist_on_the_usual_time() -> None:
    zone = LittleZone()
    order = zone.order(a_drop(3), ready_at=NOW + 1100, on_infeasible="accept_late")
    assert (order.promise_s, order.requoted) == (1320, False)
    # 1100 + 300 s are 80 too many, and shown.
    assert zone.plan.assignments()["d_1"][1].slack_s == -80


def test_an_order_that_nobody_can_bring_is_refused_or_taken_with_the_usual_time() -> None:
    zone = LittleZone(0)
    with pytest.raises(Conflict, match="Nobody"):
        zone.order(a_drop(3), on_infeasible="reject")
    assert zone.order(a_drop(3)).promise_s == 1320
    assert zone.reasons("d_1") == ["shift"]
    zone.courier()
    assert zone.carrier("d_1") == "c_1"


# Quotes


def test_a_quoted_time_counts_from_the_placing_of_the_order() -> None:
    zone = LittleZone()
    quote = quoted(zone, ready_in=801)
    zone.now += 60
    order = zone.order(a_drop(3), quote_id=quote)
    assert (order.promise_s, order.deadline, order.quote) == (1380, NOW + 60 + 1380, quote)
    assert zone.state.quotes[quote].order == order.id


def test_a_quote_expires_after_its_last_second() -> None:
    zone = LittleZone()
    quote = quoted(zone)
    zone.now += 61
    with pytest.raises(Conflict) as error:
        zone.order(a_drop(3), quote_id=quote)
    assert code_of(error) == "quote-expired"


def test_a_quote_is_used_once() -> None:
    zone = LittleZone()
    quote = quoted(zone)
    zone.order(a_drop(3), quote_id=quote)
    with pytest.raises(Conflict) as error:
        zone.order(a_drop(3), quote_id=quote)
    assert code_of(error) == "quote-used"


@pytest.mark.parametrize(("block", "service"), [(4, "urgent"), (3, "standard")])
def test_a_quote_is_for_what_was_asked(block: int, service: str) -> None:
    zone = LittleZone()
    quote = quoted(zone)
    with pytest.raises(Conflict) as error:
        zone.order(a_drop(block), service=service, quote_id=quote)
    assert code_of(error) == "quote-differs"


def test_a_quote_knows_no_names_and_notes() -> None:
    zone = LittleZone()
    quote = quoted(zone)
    asked = a_drop(3)
    items = tuple(replace(item, name="A4 paper 80 g") for item in asked.items)
    told = replace(asked.desk, contact="ct_1")
    zone.order(replace(asked, desk=told, items=items, note="ct_2"), quote_id=quote)
    assert len(zone.state.orders) == 1


def test_an_unknown_quote_is_not_found() -> None:
    with pytest.raises(NotFound) as error:
        LittleZone().order(a_drop(3), quote_id="q_9")
    assert code_of(error) == "unknown-quote"


def test_an_order_comes_from_the_store_that_was_quoted() -> None:
    zone = LittleZone()
    quote = quoted(zone)
    assert zone.order(a_drop(3), quote_id=quote).store == zone.state.quotes[quote].store


def test_a_quoted_day_is_kept_over_midnight() -> None:
    # Monday 23:59:50, due on Tuesday at 17:00; ten seconds later it would be Wednesday.
    zone = LittleZone(now=NOW + 14 * HOUR - 10)
    quote = quoted(zone, service="standard")
    zone.now += 20
    order = zone.order(a_drop(3), service="standard", quote_id=quote)
    assert order.deadline == NOW + 31 * HOUR + 20


def test_a_quoted_day_does_not_move_by_the_time_it_took_to_order() -> None:
    zone = LittleZone()
    quote = quoted(zone, service="standard")
    zone.now += 20
    order = zone.order(a_drop(3), service="standard", quote_id=quote)
    assert order.deadline == NOW + 31 * HOUR


# Cancelling


def test_a_cancelled_order_leaves_the_plan() -> None:
    zone = LittleZone()
    zone.order(a_drop(3), a_drop(4))
    assert cancel_order(zone.dispatcher, "o_1", NOW + 9).cancelled_at == NOW + 9
    assert zone.plan.assignments() == {}
    assert zone.stops("c_1") == ()


def test_cancelling_twice_is_cancelling_once() -> None:
    zone = LittleZone()
    zone.urgent(3)
    first = cancel_order(zone.dispatcher, "o_1", NOW)
    commits = len(zone.journal.commits)
    assert cancel_order(zone.dispatcher, "o_1", NOW + 9) is first
    assert len(zone.journal.commits) == commits


def test_goods_on_board_cannot_be_cancelled_but_refused() -> None:
    zone = LittleZone()
    drop = zone.urgent(3, load=2)
    zone.load("c_1")
    with pytest.raises(Conflict, match="d_1") as error:
        cancel_order(zone.dispatcher, "o_1", NOW)
    assert code_of(error) == "order-on-board"
    zone.do("c_1", "failed", drop=drop, reason="refused")
    # The courier is still at the counter: it gives the goods back there.
    assert [(stop.id, stop.arrival - NOW) for stop in zone.stops("c_1")] == [("s_1-r0", 0)]


def test_an_order_that_is_over_cannot_be_cancelled() -> None:
    zone = LittleZone()
    zone.urgent(3)
    zone.load("c_1")
    zone.do("c_1", "delivered", "s_1")
    with pytest.raises(Conflict) as error:
        cancel_order(zone.dispatcher, "o_1", NOW)
    assert code_of(error) == "order-closed"


def test_an_unknown_order_is_not_found() -> None:
    zone = LittleZone()
    with pytest.raises(NotFound, match="o_9"):
        known_order(zone.state, "o_9")
    with pytest.raises(NotFound, match="o_9"):
        cancel_order(zone.dispatcher, "o_9", NOW)
    with pytest.raises(NotFound, match="o_9"):
        goods_ready(zone.dispatcher, "o_9", NOW, NOW)


# Ready


def test_goods_that_are_ready_later_are_fetched_later_and_the_promise_stays() -> None:
    zone = LittleZone()
    drop = zone.urgent(3)
    order = goods_ready(zone.dispatcher, "o_1", NOW + 500, NOW)
    assert (order.ready_at, order.deadline) == (NOW + 500, NOW + 1320)
    assert zone.eta(drop) == 800
    goods_ready(zone.dispatcher, "o_1", NOW - 500, NOW)
    assert zone.eta(drop) == 300


def test_goods_that_left_the_store_are_ready_for_good() -> None:
    zone = LittleZone()
    drop = zone.urgent(3)
    zone.load("c_1")
    assert zone.drop(drop).status is DropStatus.ON_BOARD
    with pytest.raises(Conflict) as error:
        goods_ready(zone.dispatcher, "o_1", NOW + 500, NOW)
    assert code_of(error) == "order-under-way"


def test_an_order_with_several_drops_is_ready_as_long_as_one_waits() -> None:
    zone = LittleZone(capacity=1)
    zone.order(a_drop(1), a_drop(2))
    zone.load("c_1")
    assert goods_ready(zone.dispatcher, "o_1", NOW + 500, NOW).ready_at == NOW + 500


def test_a_request_names_the_store_or_leaves_it_open() -> None:
    zone = LittleZone()
    assert zone.place(wish(a_drop(3), store="st_1")).store == "st_1"
    assert zone.place(wish(a_drop(3))).store == "st_1"
