"""Places held for quotes: planned, kept, taken over, given up and lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dispatch.crew import change_courier
from dispatch.errors import Conflict, DispatchError, NotFound
from dispatch.events import HoldLapsed
from dispatch.holds import held_drops, holds, successors, with_holds
from dispatch.keeping import release_hold
from dispatch.ordering import cancel_order
from dispatch.orders import DropStatus, StopKind, Store
from dispatch.policy import Policy
from dispatch.quoting import Answer, give_quote
from dispatch.requests import CourierChange, DropRequest, QuoteRequest
from solver.solution import Activity, Kind, Solution, cost
from tests.little_city import NOW, STORE, LittleZone, a_drop

STRICT = Policy(quote_buffer=0.2, quote_room_s=0, quote_search_s=0, holds_per_principal=2)


def reserve(zone: LittleZone, *drops: DropRequest, **rest: Any) -> Answer:
    """Asks for a time, with goods that are ready at once, and for the place to be held."""
    usual: dict[str, Any] = {"service": "urgent", "ready_at": 0, "reserve": True} | rest
    request = QuoteRequest(drops=drops or (a_drop(3),), **usual)
    return give_quote(zone.dispatcher, request, zone.now)


def lapses(zone: LittleZone) -> list[tuple[str, str]]:
    """Returns the quotes for which a place was held and is not any more, and why."""
    events = (event for commit in zone.journal.commits for event in commit.events)
    return [(event.quote, event.reason) for event in events if isinstance(event, HoldLapsed)]


def held_eta(zone: LittleZone, drop: str) -> int:
    """Returns when a held drop would be handed over, in seconds from now."""
    stops = [stop for route in zone.plan.holding for stop in route.stops]
    (stop,) = (s for s in stops if s.kind is StopKind.DELIVER and drop in s.drops)
    return stop.departure - zone.now


def code_of(error: pytest.ExceptionInfo[DispatchError]) -> str:
    return error.value.code


# What is held


def test_a_place_is_held_as_if_it_were_ordered_in_the_last_second() -> None:
    zone = LittleZone()
    answer = reserve(zone, ready_at=None)
    # Goods are ready 240 s after the order, which may come 60 s from now; then 300 s as ever.
    assert (answer.reserved, answer.eta, answer.due_at) == (True, NOW + 600, NOW + 1320)
    assert answer.quote.ready_at == NOW + 300
    assert held_eta(zone, "q_1-1") == 600
    assert [drop.order for drop in answer.quote.held] == ["q_1"]


def test_no_courier_sees_a_place_held() -> None:
    zone = LittleZone()
    reserve(zone)
    assert zone.stops("c_1") == ()
    assert zone.plan.assignments() == {}
    assert zone.plan.unassigned == ()
    assert zone.state.orders == {}
    assert zone.state.live == {}


def test_a_stop_shared_with_a_place_held_is_shown_without_it() -> None:
    zone = LittleZone()
    zone.urgent(4)
    reserve(zone, a_drop(5))
    assert [(stop.id, stop.drops) for stop in zone.stops("c_1")] == [
        ("s_1-l0", ("d_1",)),
        ("s_1", ("d_1",)),
        ("s_1-r0", ()),
    ]
    assert [stop.drops for stop in zone.plan.holding[0].stops] == [
        ("d_1", "q_1-1"),
        ("d_1",),
        ("q_1-1",),
        (),
    ]


def test_the_way_home_shown_is_that_from_the_last_stop_shown() -> None:
    zone = LittleZone()
    zone.urgent(4)
    reserve(zone, a_drop(5))
    # 30 s to load both, 285 to b_4, 60 to hand over, 240 back.
    assert zone.stops("c_1")[-1].arrival == NOW + 615


def test_load_stops_are_numbered_by_what_is_shown() -> None:
    zone = LittleZone(capacity=1)
    reserve(zone, a_drop(1))
    zone.urgent(3)
    shown = [stop.id for stop in zone.stops("c_1") if stop.kind is StopKind.LOAD]
    whole = [s.id for s in zone.plan.holding[0].stops if s.kind is StopKind.LOAD]
    assert shown == ["s_1-l0"]
    assert sorted(whole) == ["s_1-h0", "s_1-l0"]


def test_a_place_held_is_never_loaded() -> None:
    zone = LittleZone()
    zone.urgent(4)
    reserve(zone, a_drop(5))
    zone.load("c_1")
    assert [drop.id for drop in zone.state.on_board("c_1")] == ["d_1"]
    answer = zone.tap("c_1", "loaded", "s_1-l1", drops=("q_1-1",))
    assert answer.result == "rejected"


def test_a_courier_who_waits_for_a_place_held_only_owes_no_tap() -> None:
    zone = LittleZone(policy=replace(STRICT, quote_valid_s=5000, silence_s=60))
    reserve(zone, a_drop(1))
    zone.wait(30)
    zone.wait(300)
    assert not zone.state.couriers["c_1"].silent


def test_nothing_is_held_for_what_is_promised_its_day() -> None:
    answer = reserve(LittleZone(), service="standard")
    assert (answer.reserved, answer.quote.held) == (False, ())


def test_a_place_is_held_for_standard_work_that_rides_along() -> None:
    zone = LittleZone(2)
    zone.urgent(3)
    answer = reserve(zone, service="standard")
    assert answer.reserved
    (route,) = zone.plan.holding
    assert route.stops[0].drops == ("d_1", "q_1-1")


def test_a_place_that_lost_its_company_lapses_and_is_nobodys_work() -> None:
    zone = LittleZone(2)
    zone.urgent(3)
    reserve(zone, service="standard")
    cancel_order(zone.dispatcher, "o_1", zone.now)
    assert lapses(zone) == [("q_1", "nobody")]
    assert zone.plan.unassigned == ()


def test_nothing_is_held_where_nobody_can_come() -> None:
    answer = reserve(LittleZone(0))
    assert (answer.reserved, answer.quote.held) == (False, ())


def test_a_longer_time_is_held_as_well() -> None:
    zone = LittleZone()
    answer = reserve(zone, ready_at=NOW + 801)
    assert (answer.reserved, answer.quote.promise_s) == (True, 1380)
    assert zone.order(a_drop(3), ready_at=NOW + 801, quote_id="q_1").promise_s == 1380


def test_so_many_places_are_held_for_one_who_asks_and_no_more() -> None:
    zone = LittleZone(policy=STRICT)
    reserve(zone, principal="anna")
    reserve(zone, principal="anna")
    with pytest.raises(Conflict, match="2 places") as error:
        reserve(zone, principal="anna")
    assert code_of(error) == "too-many-holds"
    assert zone.state.quotes_given == 2
    assert reserve(zone, principal="bert").reserved
    release_hold(zone.dispatcher, "q_1", zone.now)
    assert reserve(zone, principal="anna").reserved


def test_an_idle_courier_with_a_place_held_is_not_idle_for_standard_work() -> None:
    zone = LittleZone(2)
    reserve(zone)
    for _ in range(3):
        zone.standard(7)
    # One must stay idle and the other has a place to keep: nobody is spared for a trip.
    assert zone.plan.assignments() == {}


# What it is worth


@pytest.mark.parametrize("after_s", [0, 1, 59, 60])
def test_an_order_takes_the_place_held_for_it_to_the_last_second(after_s: int) -> None:
    zone = LittleZone(
        policy=Policy(quote_room_s=0, quote_search_s=0, quote_buffer=0, quote_confidence=0)
    )
    # Ready 700 s from now at the latest, 15 to load, 545 s to b_8 at floor 1, 60: 1320 s.
    answer = reserve(zone, a_drop(8, floor=1), ready_at=NOW + 700 - 30)
    assert answer.quote.feasible
    zone.now += after_s
    order = zone.order(a_drop(8, floor=1), ready_at=NOW + 700 - 30, quote_id="q_1")
    assert (order.promise_s, order.requoted) == (1320, False)
    assert order.deadline is not None
    assert zone.plan.assignments()[order.drops[0]][1].departure <= order.deadline
    assert zone.plan.holding == ()


def test_others_do_not_take_the_place_held() -> None:
    zone = LittleZone()
    first = reserve(zone, a_drop(9))
    # Alone, b_1 on the way would be promised at once; 120 s more would not make b_9 late, four
    # such orders would.
    for _ in range(8):
        zone.order(a_drop(1, floor=9), on_infeasible="requote")
        assert held_eta(zone, "q_1-1") <= 1320
    # Nobody sets off for a minute, and all comes a minute later; so is an order of then due.
    zone.now += 60
    zone.dispatcher.handle(zone.now)
    order = zone.order(a_drop(9), quote_id=first.quote.id)
    assert (order.promise_s, order.requoted) == (1320, False)
    assert zone.eta(order.drops[0]) <= 1320
    assert lapses(zone) == []


def test_without_a_place_the_same_burst_takes_it() -> None:
    zone = LittleZone()
    quote = reserve(zone, a_drop(9), reserve=False).quote
    for _ in range(8):
        zone.order(a_drop(1, floor=9), on_infeasible="requote")
    zone.now += 60
    order = zone.order(a_drop(9), quote_id=quote.id)
    assert order.requoted
    assert order.promise_s > 1320


@pytest.mark.parametrize(
    ("on_infeasible", "promise_s"), [("requote", 62 * 60), ("accept_late", 1320)]
)
def test_a_word_that_cannot_be_kept_is_not_given_silently(
    on_infeasible: str, promise_s: int
) -> None:
    zone = LittleZone(
        policy=Policy(quote_buffer=0.2, quote_room_s=0, quote_search_s=0, quote_confidence=0)
    )
    quote = reserve(zone, reserve=False).quote
    # The goods come later than was said: 2800 + 300 s and a fifth are 62 minutes.
    wish: dict[str, Any] = {"ready_at": NOW + 2800, "quote_id": quote.id}
    order = zone.order(a_drop(3), on_infeasible=on_infeasible, **wish)
    assert (order.promise_s, order.requoted) == (promise_s, promise_s > 1320)


def test_a_word_that_cannot_be_kept_may_be_refused_and_the_quote_is_not_used_up() -> None:
    zone = LittleZone()
    quote = reserve(zone).quote
    with pytest.raises(Conflict, match="22 minutes of q_1") as error:
        zone.order(a_drop(3), ready_at=NOW + 2800, quote_id=quote.id, on_infeasible="reject")
    assert code_of(error) == "no-capacity"
    assert [held.id for held in holds(zone.state, zone.now)] == ["q_1"]
    assert zone.order(a_drop(3), quote_id=quote.id).promise_s == 1320


def test_the_buffer_of_a_quote_is_there_to_be_used_by_its_order() -> None:
    zone = LittleZone()
    quote = reserve(zone, ready_at=NOW + 800, reserve=False).quote
    # A second later than a buffered 1320 s allows, as `ready_in=801` shows for quotes.
    order = zone.order(a_drop(3), ready_at=NOW + 1020, quote_id=quote.id)
    assert (order.promise_s, order.requoted) == (1320, False)


# What becomes of it


def test_a_place_nobody_took_is_given_up_at_the_next_tick() -> None:
    zone = LittleZone()
    reserve(zone)
    zone.wait(60)
    assert lapses(zone) == []
    assert held_eta(zone, "q_1-1") == 300
    zone.wait(1)
    assert lapses(zone) == [("q_1", "expired")]
    assert zone.plan.holding == ()
    zone.wait(30)
    assert len(lapses(zone)) == 1


def test_a_place_is_moved_to_another_courier_where_its_own_leaves() -> None:
    zone = LittleZone(2)
    reserve(zone)
    ((courier, _),) = [(r.courier, r) for r in zone.plan.holding]
    change_courier(zone.dispatcher, courier, CourierChange(paused=True), zone.now)
    ((other, _),) = [(r.courier, r) for r in zone.plan.holding]
    assert {courier, other} == {"c_1", "c_2"}
    assert lapses(zone) == []
    assert zone.order(a_drop(3), quote_id="q_1").requoted is False
    assert zone.carrier("d_1") == other


def test_a_place_that_nobody_can_take_any_more_lapses_and_its_word_is_looked_at_again() -> None:
    zone = LittleZone(1)
    reserve(zone)
    change_courier(zone.dispatcher, "c_1", CourierChange(paused=True), zone.now)
    assert lapses(zone) == [("q_1", "nobody")]
    change_courier(zone.dispatcher, "c_1", CourierChange(paused=False), zone.now)
    order = zone.order(a_drop(3), quote_id="q_1")
    assert (order.promise_s, order.requoted) == (1320, False)


@pytest.mark.parametrize("leaves", ["c_1", "c_2"])
def test_of_two_places_that_do_not_fit_both_the_younger_is_lost(leaves: str) -> None:
    zone = LittleZone(2, capacity=1)
    reserve(zone, a_drop(9))
    reserve(zone, a_drop(9))
    # Each trip takes 15 + 585 + 60 s, and 540 back: one courier makes one in 22 minutes.
    change_courier(zone.dispatcher, leaves, CourierChange(paused=True), zone.now)
    assert lapses(zone) == [("q_2", "late")]
    assert held_eta(zone, "q_1-1") == 660


def test_a_younger_place_that_is_in_no_older_ones_way_is_kept() -> None:
    zone = LittleZone(2, capacity=1)
    zone.courier(capacity=9)
    reserve(zone, a_drop(9, load=9))
    reserve(zone, a_drop(9))
    # Nobody else can carry the first.
    change_courier(zone.dispatcher, "c_3", CourierChange(paused=True), zone.now)
    assert lapses(zone) == [("q_1", "nobody")]


def test_a_courier_who_leaves_without_it_comes_back_for_a_place_held() -> None:
    zone = LittleZone()
    zone.urgent(4)
    reserve(zone, a_drop(5))
    zone.load("c_1")
    zone.do("c_1", "departed", "s_1")
    # 285 to b_4 and 60, 240 back, 15 to load, 345 to b_5 and 60: in time.
    assert held_eta(zone, "q_1-1") == 1005
    assert lapses(zone) == []


def test_a_place_is_given_up_by_who_asked_for_it() -> None:
    zone = LittleZone()
    reserve(zone)
    assert release_hold(zone.dispatcher, "q_1", zone.now).lapsed == "released"
    assert zone.plan.holding == ()
    commits = len(zone.journal.commits)
    assert release_hold(zone.dispatcher, "q_1", zone.now).lapsed == "released"
    assert len(zone.journal.commits) == commits


def test_what_was_used_or_never_given_cannot_be_given_up() -> None:
    zone = LittleZone()
    reserve(zone)
    zone.order(a_drop(3), quote_id="q_1")
    with pytest.raises(Conflict, match="o_1") as error:
        release_hold(zone.dispatcher, "q_1", zone.now)
    assert code_of(error) == "quote-used"
    with pytest.raises(NotFound) as unknown:
        release_hold(zone.dispatcher, "q_7", zone.now)
    assert code_of(unknown) == "unknown-quote"


def test_a_search_may_move_a_place_but_not_lose_it() -> None:
    zone = LittleZone(2)
    reserve(zone, a_drop(9))
    zone.urgent(4)
    snapshot = zone.dispatcher.snapshot(zone.now)
    assert snapshot is not None
    names = [job.name for job in snapshot.problem.jobs]
    assert sorted(names) == ["d_1", "q_1-1"]


def test_a_cheaper_plan_that_brings_what_is_held_late_is_not_taken() -> None:
    zone = LittleZone(capacity=1)
    reserve(zone, a_drop(9))
    zone.urgent(9, on_infeasible="accept_late")
    zone.now += 30
    snapshot = zone.dispatcher.snapshot(zone.now)
    assert snapshot is not None
    names = [job.name for job in snapshot.problem.jobs]
    ordered, held = names.index("d_1"), names.index("q_1-1")
    halves = (Kind.PICKUP, Kind.DELIVERY)
    route = tuple(Activity(j, kind) for j in (ordered, held) for kind in halves)
    swapped = Solution((route,))
    # The second comes after 660 + 540 + 660 s. That is 570 s late for what was ordered, but for
    # what is held, which may still be ordered 30 s later, only 540.
    assert cost(snapshot.problem, swapped) < cost(snapshot.problem, snapshot.initial)
    assert not zone.dispatcher.adopt(snapshot, swapped, zone.now)
    assert held_eta(zone, "q_1-1") <= 660
    assert lapses(zone) == []


def test_when_the_disk_is_full_no_place_is_held() -> None:
    zone = LittleZone()
    zone.journal.broken = True
    with pytest.raises(OSError, match="full"):
        reserve(zone)
    assert (zone.state.quotes, zone.plan.holding) == ({}, ())


def test_several_drops_and_trips_are_held_and_taken_over_one_by_one() -> None:
    zone = LittleZone(capacity=4)
    answer = reserve(zone, a_drop(2, quantity=6))
    assert [drop.load for drop in answer.quote.held] == [4, 2]
    order = zone.order(a_drop(2, quantity=6), quote_id="q_1")
    assert order.deadline is not None
    assert [zone.drop(d).status for d in order.drops] == [DropStatus.WAITING] * 2
    assert max(zone.eta(d) for d in order.drops) + zone.now <= order.deadline


# The values


def test_planning_sees_orders_where_places_are_held_until_they_expire() -> None:
    zone = LittleZone()
    reserve(zone)
    seen = with_holds(zone.state, NOW + 60)
    # Due as if it were ordered now.
    assert (seen.orders["q_1"].drops, seen.orders["q_1"].deadline) == (("q_1-1",), NOW + 1380)
    assert with_holds(seen, NOW + 60) == seen
    assert with_holds(zone.state, NOW + 61) is zone.state


def test_a_place_is_taken_over_by_as_many_drops_that_weigh_no_more() -> None:
    zone = LittleZone()
    quote = reserve(zone, a_drop(3, load=2), a_drop(4)).quote
    drops = [replace(drop, id=f"d_{i}") for i, drop in enumerate(quote.held, start=5)]
    assert successors(quote, drops) == {"q_1-1": "d_5", "q_1-2": "d_6"}
    assert successors(quote, drops[:1]) == {}
    assert successors(quote, [drops[0], replace(drops[0], id="d_6")]) == {}
    assert [d.id for d in held_drops("q_4", drops)] == ["q_4-1", "q_4-2"]


def test_a_place_is_held_from_the_store_that_was_quoted() -> None:
    near = Store("st_2", "Near", 60.0, 25.002)
    zone = LittleZone(1, stores=(STORE, near))
    zone.courier(store="st_2")
    assert reserve(zone).quote.store == "st_2"
    assert zone.order(a_drop(3), quote_id="q_1").store == "st_2"
