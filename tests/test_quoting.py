"""What may honestly be promised."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.crew import change_courier
from dispatch.endangered import endangers
from dispatch.events import QuoteGiven
from dispatch.holds import held_drops
from dispatch.honest import Aim, last_handover
from dispatch.intake import new_order
from dispatch.orders import Quote, Store
from dispatch.outlooks import breaks_word, undisturbed
from dispatch.policy import Policy
from dispatch.promises import STANDARD, URGENT, PromiseState, Service, WallClock
from dispatch.proposals import handover_ends
from dispatch.protecting import safe_by
from dispatch.quoting import Answer, Delay, give_quote, with_place_held
from dispatch.requests import CourierChange, DropRequest, OrderRequest, QuoteRequest
from dispatch.state import apply
from dispatch.status import promise_of
from dispatch.wishing import quick_outlook
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
    zone = LittleZone(
        policy=Policy(quote_room_s=0, quote_buffer=0, quote_confidence=0, quote_search_s=0)
    )
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
    zone = LittleZone(
        policy=Policy(quote_buffer=0.2, quote_room_s=0, quote_confidence=0, quote_search_s=0)
    )
    # Ready after 575 s: 15 to load, 645 to b_10, 60 to hand over; 25 s are left of 1320.
    zone.urgent(10, ready_at=NOW + 575, on_infeasible="accept_late")
    answer = quote(zone, a_drop(1), ready_in=575)
    # On the way to b_10 it would cost the other 95 s more than it has, so it comes behind:
    # 575 + 30 + 645 + 60, then 585 to b_1 and 60: 1955 s, and a fifth more are 39.1 minutes.
    assert (answer.eta, answer.quote.promise_s) == (NOW + 1955, 40 * 60)
    assert answer.delays == (Delay("o_1", 15, still_on_time=True),)
    order = zone.order(a_drop(1), ready_at=NOW + 575)
    assert (order.promise_s, order.requoted) == (40 * 60, True)


def test_a_longer_time_leaves_room_for_later_orders_that_can_have_the_usual_one() -> None:
    policy = Policy(quote_buffer=0.2, quote_confidence=0, quote_search_s=0, quote_room_s=600)
    zone = LittleZone(policy=policy)
    zone.urgent(10, ready_at=NOW + 575, on_infeasible="accept_late")
    # As above, 40 minutes, and ten more; it is planned no later for that.
    answer = quote(zone, a_drop(1), ready_in=575)
    assert (answer.eta, answer.quote.promise_s) == (NOW + 1955, 50 * 60)
    # What has room waits for one that has none: 15 s to load, 45 to b_1 and 60 there.
    late = zone.order(a_drop(1), ready_at=NOW + 575)
    zone.courier()
    soon = zone.order(a_drop(1, floor=5), ready_at=NOW)
    assert (late.promise_s, soon.promise_s) == (50 * 60, 1320)


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


# The chance


def test_a_time_is_promised_only_with_the_confidence_asked_for() -> None:
    surely = Policy(quote_room_s=0, quote_buffer=0, quote_confidence=0.95, quote_search_s=0)
    hardly = replace(surely, quote_confidence=0.5)
    # As planned 1300 s, 20 s before the usual time: about even chances.
    assert quote(LittleZone(policy=hardly), ready_in=1000).quote.feasible
    answer = quote(LittleZone(policy=surely), ready_in=1000)
    assert not answer.quote.feasible
    assert answer.p_on_time is not None
    assert answer.p_on_time >= 0.95
    shorter = replace(answer.quote, promise_s=answer.quote.promise_s - 60)
    assert chance_of(LittleZone(policy=surely), shorter.promise_s, ready_in=1000) < 0.95


def chance_of(zone: LittleZone, promise_s: int, ready_in: int) -> float:
    """Returns the chance that the usual drop is handed over within so many seconds."""
    request = QuoteRequest("urgent", (a_drop(3),), None, zone.now + ready_in)
    last = quick_outlook(zone.dispatcher, request, zone.now)[0].last
    assert last is not None
    return last.chance(zone.now + promise_s)


def test_all_of_several_drops_must_hold() -> None:
    zone = LittleZone(2, policy=Policy(quote_room_s=0, quote_buffer=0, quote_search_s=0))
    request = QuoteRequest("urgent", (a_drop(3), a_drop(9)), None, zone.now)
    found, _ = quick_outlook(zone.dispatcher, request, zone.now)
    assert found.last is not None
    ends = [last_handover(zone.dispatcher, found.proposal, [d], NOW) for d in ("d_1", "d_2")]
    due = found.last.by(0.5)
    chances = [end.chance(due) for end in ends if end is not None]
    assert found.last.chance(due) <= min(chances)


def test_goods_that_are_not_there_yet_are_promised_their_time_from_when_they_are() -> None:
    answer = quote(LittleZone(), service="special")
    assert (answer.quote.feasible, answer.quote.promise_s, answer.eta) == (True, 1320, None)


def test_a_service_whose_time_is_not_negotiable_is_said_to_be_late_rather_than_longer() -> None:
    zone = LittleZone()
    fixed = Service("fixed", WallClock(1320), urgent=True, negotiable=False)
    services = {**zone.state.services, "fixed": fixed}
    zone.dispatcher.state = replace(zone.state, services=services)
    answer = quote(zone, service="fixed", ready_in=1100)
    assert (answer.quote.feasible, answer.quote.promise_s) == (False, 1320)
    assert answer.p_on_time is not None
    assert answer.p_on_time < 0.5


# The search before a longer time


INSERTING = Policy(quote_buffer=0.2, quote_room_s=0, quote_confidence=0, quote_search_s=0)
SEARCHING = Policy(quote_room_s=0, quote_buffer=0, quote_confidence=0, quote_search_moves=100)
FORGETTING = replace(SEARCHING, quote_search_moves=0, quote_search_s=0)


def crossed(policy: Policy) -> LittleZone:
    """
    A zone of two couriers in which b_10 comes in time only if others change hands.

    They bring b_8, and b_3 and b_7 high up. As they are, b_10 is reached in
    1380 s at the earliest that makes nobody late; by another order of things in 735 s: 15 to load,
    600 to ride, 45 to check in, 15 for another drop loaded with it and 60.
    """
    zone = LittleZone(2, policy=INSERTING)
    for block, floor in ((8, 0), (3, 9), (7, 9)):
        zone.urgent(block, floor=floor)
    zone.dispatcher.policy = policy
    return zone


def test_insertion_alone_promises_less_than_could_be_kept() -> None:
    answer = quote(crossed(INSERTING), a_drop(10))
    assert (answer.eta, answer.quote.promise_s, answer.searched_s) == (NOW + 1380, 28 * 60, None)


def test_a_plan_that_keeps_the_usual_time_is_searched_for_before_a_longer_one_is_said() -> None:
    zone = crossed(SEARCHING)
    answer = quote(zone, a_drop(10))
    assert (answer.eta, answer.quote.feasible) == (NOW + 735, True)
    assert answer.searched_s is not None
    # The plan is only asked for, not made.
    assert "d_4" not in zone.plan.assignments()


def test_an_order_without_a_quote_is_searched_a_plan_for_as_well() -> None:
    zone = crossed(SEARCHING)
    order = zone.order(a_drop(10), on_infeasible="reject")
    assert (order.promise_s, zone.eta("d_4")) == (1320, 735)
    stops = [stop for _, stop in zone.plan.assignments().values()]
    assert all(stop.slack_s is not None and stop.slack_s >= 0 for stop in stops)


@pytest.mark.parametrize("reserve", [False, True])
def test_the_plan_found_for_a_quote_is_that_of_its_order(reserve: bool) -> None:
    zone = crossed(SEARCHING)
    request = QuoteRequest("urgent", (a_drop(10),), None, zone.now, reserve=reserve)
    found = give_quote(zone.dispatcher, request, zone.now)
    zone.dispatcher.policy = FORGETTING
    order = zone.order(a_drop(10), quote_id=found.quote.id)
    assert (order.promise_s, order.requoted, zone.eta("d_4")) == (1320, False, 735)


def test_a_plan_found_is_forgotten_with_its_quote() -> None:
    zone = crossed(SEARCHING)
    quote(zone, a_drop(10))
    assert list(zone.dispatcher.found) == ["q_1"]
    zone.now += 61
    quote(zone, a_drop(10))
    assert "q_1" not in zone.dispatcher.found


def test_a_search_by_moves_gives_the_same_answer_again() -> None:
    def answers() -> list[tuple[int, bool, int | None]]:
        zone = LittleZone(2, policy=Policy(quote_buffer=0.2, quote_room_s=0, quote_search_moves=30))
        for block in (9, 3, 8, 2):
            zone.urgent(block, floor=5)
        found = [quote(zone, a_drop(n, floor=2)) for n in (7, 10)]
        return [(a.quote.promise_s, a.quote.feasible, a.eta) for a in found]

    assert answers() == answers()


# What else there is


def kinds(answer: Answer) -> dict[str, int]:
    """Returns the seconds of each alternative, by kind."""
    return {other.kind: other.promise_s for other in answer.alternatives}


EXACT = Policy(quote_buffer=0.2, quote_room_s=0, quote_confidence=0, quote_search_s=0)


def test_where_the_usual_time_holds_there_are_no_alternatives() -> None:
    assert quote(LittleZone(), a_drop(3, floor=5)).alternatives == ()


def test_reception_is_offered_where_the_desk_is_too_far_up() -> None:
    # Ready after 701 s; 15 + 225 + 5 * 30 s up + 60: 1151 s, and a fifth are 24 minutes. At
    # reception 1001 s and a fifth are 20.02: the usual 22.
    answer = quote(LittleZone(policy=EXACT), a_drop(3, floor=5), ready_in=701)
    assert answer.quote.promise_s == 24 * 60
    assert kinds(answer) == {"reception": 22 * 60}
    assert "reception" in answer.alternatives[0].text


def test_reception_is_not_offered_to_who_is_there() -> None:
    answer = quote(LittleZone(policy=EXACT), a_drop(3, floor=0, desk="reception"), ready_in=900)
    assert not answer.quote.feasible
    assert kinds(answer) == {}


def test_another_store_is_offered_where_one_was_named_that_is_slower() -> None:
    slow = replace(STORE, preparation_s=1000)
    near = Store("st_2", "Near", 60.0, 25.002)
    zone = LittleZone(1, stores=(slow, near), policy=EXACT)
    zone.courier(store="st_2")
    request = QuoteRequest("urgent", (a_drop(3, desk="reception"),), "st_1")
    answer = give_quote(zone.dispatcher, request, zone.now)
    assert kinds(answer) == {"other_store": 22 * 60}
    assert "Near (st_2)" in answer.alternatives[0].text


def test_the_first_of_several_drops_is_offered_a_time_of_its_own() -> None:
    drops = a_drop(1, desk="reception"), a_drop(20, desk="reception")
    answer = quote(LittleZone(policy=EXACT), *drops)
    # 30 s to load, 105 to b_1, 60; 19 blocks and 45 s to b_20, 60: 1440 s, and a fifth are 28.8.
    assert answer.quote.promise_s == 29 * 60
    assert kinds(answer) == {"split": 22 * 60}
    assert answer.alternatives[0].text == "Part 1 of 2 in 22 minutes, all of it in 29."


# Any size


def test_an_order_larger_than_a_courier_is_quoted_over_several_trips() -> None:
    # Three trips of 4 units: 15 + 105 + 60 s there, 60 back; the last ends after 660 s.
    answer = quote(LittleZone(capacity=4), a_drop(1, quantity=12))
    assert (answer.eta, answer.quote.feasible) == (NOW + 660, True)
    slow = quote(LittleZone(capacity=4, policy=EXACT), a_drop(1, quantity=24))
    # Six trips end after 1380 s, and a fifth are 27.6 minutes.
    assert (slow.eta, slow.quote.promise_s) == (NOW + 1380, 28 * 60)


def test_an_order_in_several_trips_is_kept_when_its_last_drop_is_accepted() -> None:
    zone = LittleZone(capacity=4)
    order = zone.order(a_drop(1, quantity=8))
    states = []
    for drop in order.drops:
        zone.load("c_1", drop)
        zone.do("c_1", "delivered", drop=drop)
        drops = [zone.drop(d) for d in order.drops]
        states.append(promise_of(zone.state.orders[order.id], drops, zone.plan, zone.now).state)
    assert states == [PromiseState.RUNNING, PromiseState.MET]


def test_what_time_alone_made_late_breaks_no_word() -> None:
    zone = LittleZone()
    zone.urgent(9)
    # 15 s to load, 585 to b_9 and 60: nobody set off, and after 661 s it cannot be 1320 any more.
    for waited_s in (660, 661):
        now = NOW + waited_s
        wanted = OrderRequest(URGENT, (a_drop(1),), on_infeasible="accept_late")
        placed = new_order(zone.dispatcher, wanted, STORE.id, now)
        proposal = zone.dispatcher.propose(zone.state, now)
        ends = handover_ends(proposal)
        assert (ends["d_1"][0] > NOW + 1320) is (waited_s > 660)
        assert not breaks_word(zone.dispatcher, placed, proposal, Aim(1320, 0.2))


@pytest.mark.parametrize(("left", "safe"), [(1320, 1100), (1319, 1099), (0, 0), (-5, -5)])
def test_a_promise_is_safe_while_a_fifth_of_what_is_planned_is_left(left: int, safe: int) -> None:
    # 1100 s and a fifth of them are 1320 s; what is over is over.
    assert safe_by(NOW + left, NOW, 0.2) == NOW + safe


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(st.integers(1, 10), st.sampled_from((0, 5, 9))), min_size=2, max_size=8))
def test_no_order_takes_more_of_a_promise_s_buffer_than_one_loading(
    wanted: list[tuple[int, int]],
) -> None:
    zone = LittleZone(2, policy=INSERTING)
    for block, floor in wanted:
        before = zone.plan.assignments()
        zone.order(a_drop(block, floor=floor), on_infeasible="requote")
        after = zone.plan.assignments()
        for drop, (_, stop) in before.items():
            assert stop.due_at is not None
            safe = safe_by(stop.due_at, zone.now, 0.2)
            # 15 s to load; who has its buffer whole keeps it.
            least = min(stop.due_at, max(safe, stop.departure + 15))
            assert stop.departure > stop.due_at or after[drop][1].departure <= least


def test_an_order_that_fits_by_the_clock_may_still_take_too_much_of_a_chance() -> None:
    # 15 s to load, 585 to b_9 and 60: 660 s and a fifth are 792 of 1320. One to b_1 on the way is
    # 120 s more, which leaves the buffer whole.
    zone = LittleZone(policy=Policy(quote_buffer=0.2, quote_room_s=0, quote_search_s=0))
    zone.urgent(9)
    aim = Aim(1320, 0.2, 0.95)
    wanted = OrderRequest(URGENT, (a_drop(1),), ready_at=zone.now)
    placed = new_order(zone.dispatcher, wanted, STORE.id, zone.now)
    proposal = zone.dispatcher.propose(apply(zone.state, placed), zone.now)
    assert handover_ends(proposal)["d_1"][0] == NOW + 780
    assert not breaks_word(zone.dispatcher, placed, proposal, aim)
    # With 800 s left of the promise 780 would be in time, and come true in about half of all cases.
    late = zone.now + 520
    waiting = zone.dispatcher.propose(apply(zone.state, placed), late)
    assert handover_ends(waiting)["d_1"][0] == late + 780
    going_on = undisturbed(zone.dispatcher, placed, waiting)
    assert endangers(zone.dispatcher, going_on, waiting, 0.95)
    assert not endangers(zone.dispatcher, going_on, going_on, 0.95)
    assert not endangers(zone.dispatcher, going_on, waiting, 0.0)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(st.integers(1, 9), st.sampled_from((0, 5))), min_size=1, max_size=5),
    st.integers(0, 900),
)
def test_a_place_is_held_in_the_problem_that_a_new_one_would_be(
    wanted: list[tuple[int, int]], waited_s: int
) -> None:
    zone = LittleZone(2, policy=Policy(quote_buffer=0.2, quote_search_s=0))
    for block, floor in wanted[1:]:
        zone.order(a_drop(block, floor=floor), on_infeasible="requote")
    zone.now += waited_s
    asked = QuoteRequest(URGENT, tuple(a_drop(b, floor=f) for b, f in wanted[:1]), reserve=True)
    best, _ = quick_outlook(zone.dispatcher, asked, zone.now)
    held = held_drops("q_1", best.placed.drops)
    order = best.placed.order
    quote = Quote("q_1", URGENT, order.store, zone.now, zone.now + 60, best.promise_s, True, "x")
    quote = replace(quote, held=held, ready_at=order.ready_at)
    names = dict(zip(order.drops, (drop.id for drop in held), strict=True))
    model = with_place_held(best.proposal.model, quote, names)
    anew = zone.dispatcher.model(apply(zone.state, QuoteGiven(zone.now, quote)), zone.now)
    if best.feasible:
        assert model.problem.jobs == anew.problem.jobs
        assert model.problem.vehicles == anew.problem.vehicles
        assert (model.problem.durations == anew.problem.durations).all()
        assert model.entering == anew.entering
        assert model.places == anew.places
