"""Who is told about a promise, and when; what clocks add up to, whatever happens."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch.clocks import answer_order, goods_arrived, pause_order, resume_order
from dispatch.crew import change_courier
from dispatch.dispatcher import Dispatcher
from dispatch.errors import DispatchError
from dispatch.events import PromiseBreached, PromiseWarned
from dispatch.ordering import cancel_order
from dispatch.promise_clocks import state_of
from dispatch.promises import WallClock
from dispatch.promising import calendar_pinned, deadline_of, facts_of
from dispatch.requests import CourierChange
from dispatch.status import promise_of
from dispatch.watch import watched
from tests.little_city import HOUR, NOW, LittleZone, a_drop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dispatch.orders import Order


def told(zone: LittleZone) -> list[tuple[str, str, int]]:
    """Returns order, kind and moment of everything told so far, breaches too; NOW is 0."""
    return [
        (e.order, e.kind if isinstance(e, PromiseWarned) else "breached", e.at - NOW)
        for commit in zone.journal.commits
        for e in commit.events
        if isinstance(e, PromiseWarned | PromiseBreached)
    ]


def notice(zone: LittleZone, after: int) -> None:
    zone.now = NOW + after
    zone.dispatcher.notice(zone.now)


def test_half_most_and_the_end_are_each_told_once() -> None:
    zone = LittleZone()
    zone.urgent(3)
    for after in (659, 660, 661, 1055, 1056, 1320):
        notice(zone, after)
    assert told(zone) == [("o_1", "half", 660), ("o_1", "most", 1056)]
    notice(zone, 1321)
    notice(zone, 5000)
    assert told(zone)[2:] == [("o_1", "breached", 1321)]


def test_the_next_moment_is_the_earliest_of_all_orders() -> None:
    zone = LittleZone()
    assert zone.dispatcher.next_moment() is None
    zone.urgent(3)
    assert zone.dispatcher.next_moment() == NOW + 660
    zone.order(service="special")
    # Half of the minute in which an answer is promised.
    assert zone.dispatcher.next_moment() == NOW + 30
    answer_order(zone.dispatcher, "o_2", "Tomorrow.", NOW)
    assert zone.dispatcher.next_moment() == NOW + 660
    cancel_order(zone.dispatcher, "o_1", NOW)
    # Special goods have no end before they arrive.
    assert zone.dispatcher.next_moment() is None


def test_a_moment_does_not_wait_for_a_tick_and_a_tick_does_not_miss_it() -> None:
    zone = LittleZone()
    zone.urgent(3)
    zone.wait(700)
    assert told(zone) == [("o_1", "half", 660)]


def test_an_order_with_a_longer_time_is_watched_by_that_time() -> None:
    zone = LittleZone()
    order = zone.order(a_drop(3), ready_at=NOW + 1000)
    assert order.requoted
    assert order.promise.clock == WallClock(order.promise_s)
    # Whole minutes have a whole half.
    assert zone.dispatcher.next_moment() == NOW + order.promise_s // 2
    agrees(zone)


def test_what_was_told_is_not_told_by_another_dispatcher_after_a_restart() -> None:
    zone = LittleZone()
    zone.urgent(3)
    notice(zone, 700)
    old = zone.dispatcher
    zone.dispatcher = Dispatcher(
        zone="little",
        city=old.city,
        policy=old.policy,
        state=old.state,
        plan=old.plan,
        commit=zone.journal,
    )
    notice(zone, 2000)
    assert Counter(kind for _, kind, _ in told(zone)) == {"half": 1, "most": 1, "breached": 1}


def test_only_orders_that_changed_are_counted_anew() -> None:
    zone = LittleZone()
    zone.urgent(3)
    zone.urgent(4)
    before = watched(zone.state, zone.dispatcher.calendars, {})
    notice(zone, 660)
    pause_order(zone.dispatcher, "o_1", "later", zone.now)
    after = watched(zone.state, zone.dispatcher.calendars, before)
    assert after["o_1"] is not before["o_1"]
    assert watched(zone.state, zone.dispatcher.calendars, after)["o_2"] is after["o_2"]


def test_what_could_not_be_stored_is_told_later() -> None:
    zone = LittleZone()
    zone.urgent(3)
    zone.journal.broken = True
    with pytest.raises(OSError, match="full"):
        notice(zone, 700)
    zone.journal.broken = False
    notice(zone, 701)
    assert told(zone) == [("o_1", "half", 660)]


@pytest.mark.parametrize(
    ("starts_in", "ends_in", "kinds"),
    [
        # A shift that begins as the order is due, or a second later.
        (1320, 2000, []),
        (1321, 2000, ["off_duty"]),
        (-100, 1, []),
        (-100, 0, ["off_duty"]),
    ],
)
def test_an_order_nobody_works_for_is_told_at_once(
    starts_in: int, ends_in: int, kinds: list[str]
) -> None:
    zone = LittleZone()
    shift = CourierChange(shift_start=NOW + starts_in, shift_end=NOW + ends_in)
    change_courier(zone.dispatcher, "c_1", shift, NOW)
    zone.urgent(3, on_infeasible="accept_late")
    assert [kind for _, kind, _ in told(zone)] == kinds
    # In the same step as the order: both are stored, or neither.
    assert len(zone.journal.commits[-1].events) == 1 + len(kinds)


def test_a_courier_who_pauses_is_not_on_shift() -> None:
    zone = LittleZone()
    change_courier(zone.dispatcher, "c_1", CourierChange(paused=True), NOW)
    zone.urgent(3)
    assert told(zone) == [("o_1", "off_duty", 0)]


def test_special_goods_nobody_works_for_are_told_when_they_arrive() -> None:
    zone = LittleZone(couriers=0)
    zone.order(service="special")
    assert told(zone) == []
    goods_arrived(zone.dispatcher, "o_1", None, NOW)
    assert told(zone) == [("o_1", "off_duty", 0)]


def test_an_order_paused_when_it_is_late_stays_breached() -> None:
    zone = LittleZone()
    zone.urgent(3)
    notice(zone, 1400)
    order = pause_order(zone.dispatcher, "o_1", "come tomorrow", zone.now)
    assert state(zone, order) == "breached"
    assert zone.carrier("d_1") is None
    zone.now += 600
    assert resume_order(zone.dispatcher, "o_1", zone.now).deadline == NOW + 1320


def test_goods_told_of_late_run_from_when_they_arrived() -> None:
    zone = LittleZone()
    zone.order(service="special")
    zone.now = NOW + 2000
    order = goods_arrived(zone.dispatcher, "o_1", NOW + 100, zone.now)
    assert (order.deadline, order.ready_at) == (NOW + 1420, NOW + 100)
    assert state(zone, order) == "breached"


def state(zone: LittleZone, order: Order) -> str:
    drops = [zone.drop(d) for d in order.drops]
    return promise_of(order, drops, zone.plan, zone.now).state


STEPS = st.tuples(
    st.sampled_from(("arrive", "pause", "resume", "answer", "tick", "load", "deliver", "cancel")),
    st.sampled_from(("o_1", "o_2", "o_3")),
    st.sampled_from((0, 1, 60, 700, 5 * HOUR, 20 * HOUR)),
)


@given(st.lists(STEPS, max_size=14))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_events_add_up_to_is_what_clocks_count(steps: list[tuple[str, str, int]]) -> None:
    zone = LittleZone(shift_s=200 * HOUR)
    for service in ("urgent", "special", "standard"):
        zone.order(service=service)
    for step, order, seconds in steps:
        zone.now += seconds
        with refused(*EXPECTED):
            happens(zone, step, order)
        agrees(zone)
    zone.dispatcher.notice(zone.now)
    assert max(Counter((o, kind) for o, kind, _ in told(zone)).values(), default=1) == 1
    assert zone.journal.fold(zone.empty) == zone.state


EXPECTED = (
    *("goods-not-awaited", "goods-arrived-already", "order-closed", "order-under-way"),
    *("order-on-board", "order-paused"),
)


@contextmanager
def refused(*codes: str) -> Iterator[None]:
    """Lets through that something is refused, for these reasons only."""
    try:
        yield
    except DispatchError as error:
        if error.code not in codes:
            raise


def happens(zone: LittleZone, step: str, order: str) -> None:
    dispatcher, now = zone.dispatcher, zone.now
    drop = f"d_{order[-1]}"
    match step:
        case "arrive":
            goods_arrived(dispatcher, order, max(NOW, now - 300), now)
        case "pause":
            pause_order(dispatcher, order, "later", now)
        case "resume":
            resume_order(dispatcher, order, now)
        case "answer":
            answer_order(dispatcher, order, "Soon.", now)
        case "tick":
            dispatcher.tick(now)
        case "cancel":
            cancel_order(dispatcher, order, now)
        case "load" if zone.stops("c_1"):
            # Whatever the plan says, what was taken counts: paused orders too.
            zone.tap("c_1", "loaded", zone.stops("c_1")[0].id, drops=(drop,))
        case "deliver":
            zone.tap("c_1", "delivered", drop=drop, occurred_at=now - 200)


def agrees(zone: LittleZone) -> None:
    """Deadlines and states that events left are those that clocks count from what happened."""
    for order in zone.state.orders.values():
        calendar = calendar_pinned(order.promise, zone.dispatcher.calendars)
        assert order.deadline == deadline_of(order, calendar)
        facts = facts_of(order, [zone.drop(d) for d in order.drops])
        assert state(zone, order) == state_of(order.promise, facts, calendar, zone.now).state
