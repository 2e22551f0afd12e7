"""Whatever happens to a zone, places held for quotes are kept, or lost with an event."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dispatch.carrying import carry_over, sequences_of_plan
from dispatch.crew import change_courier
from dispatch.events import HoldLapsed
from dispatch.holds import holds, is_held
from dispatch.keeping import release_hold
from dispatch.ordering import cancel_order
from dispatch.orders import Quote, StopKind
from dispatch.policy import Policy
from dispatch.promises import STANDARD, URGENT
from dispatch.proposals import handover_ends
from dispatch.quoting import give_quote
from dispatch.requests import CourierChange, DropRequest, QuoteRequest
from solver.check import violations
from solver.solution import Solution
from solver.solve import SolveParams, solve
from tests.little_city import LittleZone, a_drop
from tests.test_zone_properties import refused

COURIERS = ("c_1", "c_2", "c_3")

QUICK = Policy(quote_room_s=0, quote_search_s=0)
SEARCHING = Policy(quote_room_s=0, quote_search_moves=3)

couriers = st.sampled_from(COURIERS)
goods = st.builds(
    a_drop,
    st.integers(1, 9),
    floor=st.sampled_from((0, 0, 5)),
    quantity=st.sampled_from((1, 1, 2, 7)),
)
drops = st.lists(goods, min_size=1, max_size=2).map(tuple)


class Zone(RuleBasedStateMachine):
    """Three couriers, of whom one is small; everybody orders, reserves, taps and pauses."""

    def __init__(self) -> None:
        super().__init__()
        self.zone = LittleZone(2, capacity=6, policy=QUICK)
        self.zone.courier(capacity=2)
        self.reserved: dict[str, tuple[str, tuple[DropRequest, ...]]] = {}

    @rule(
        wanted=drops,
        service=st.sampled_from((URGENT, URGENT, STANDARD)),
        on_infeasible=st.sampled_from(("requote", "accept_late")),
    )
    def order(self, wanted: tuple[DropRequest, ...], service: str, on_infeasible: str) -> None:
        self.zone.order(*wanted, service=service, ready_at=None, on_infeasible=on_infeasible)

    @rule(
        wanted=drops,
        service=st.sampled_from((URGENT, URGENT, STANDARD)),
        searches=st.booleans(),
    )
    def reserve(self, wanted: tuple[DropRequest, ...], service: str, searches: bool) -> None:
        self.zone.dispatcher.policy = SEARCHING if searches else QUICK
        request = QuoteRequest(service, wanted, reserve=True)
        with refused("too-many-holds"):
            answer = give_quote(self.zone.dispatcher, request, self.zone.now)
            # What rides along may lose its company by the place held for it: then none is.
            assert answer.reserved == (answer.eta is not None) or service == STANDARD
            if answer.reserved:
                self.reserved[answer.quote.id] = service, wanted
        self.zone.dispatcher.policy = QUICK

    @precondition(lambda self: self.reserved)
    @rule(data=st.data())
    def order_what_was_reserved(self, data: st.DataObject) -> None:
        """
        An order that comes while its place is held gets what was promised, as planned.

        Whether it is still held is settled first: a courier may be late by now.
        """
        zone = self.zone
        name = data.draw(st.sampled_from(sorted(self.reserved)))
        service, wanted = self.reserved.pop(name)
        zone.dispatcher.handle(zone.now)
        quote = zone.state.quotes[name]
        is_kept = quote.holds(zone.now)
        note(f"{name} is held: {is_kept}, {quote.lapsed}")
        with refused("quote-expired"):
            order = zone.order(*wanted, service=service, ready_at=None, quote_id=name)
            assert zone.now <= quote.expires_at
            assert order.deadline is not None
            if is_kept and service == URGENT:
                assert order.deadline == zone.now + quote.promise_s
                ends = [zone.plan.assignments()[d][1].departure for d in order.drops]
                assert max(ends) <= order.deadline

    @precondition(lambda self: self.reserved)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.reserved)))
        if name in self.zone.state.quotes:
            release_hold(self.zone.dispatcher, name, self.zone.now)

    @rule(courier=couriers)
    def work(self, courier: str) -> None:
        """A courier does what the phone shows."""
        stops = self.zone.stops(courier)
        if not stops:
            return
        stop, committed = stops[0], self.zone.state.couriers[courier].committed
        if committed is None:
            self.zone.do(courier, "departed", stop.id)
        elif committed.arrived_at is None:
            self.zone.do(courier, "arrived", stop.id)
        else:
            done = "loaded" if stop.kind is StopKind.LOAD else "delivered"
            self.zone.do(courier, done, stop.id)

    @rule(courier=couriers, paused=st.booleans())
    def pause(self, courier: str, paused: bool) -> None:
        change = CourierChange(paused=paused)
        change_courier(self.zone.dispatcher, courier, change, self.zone.now)

    @rule(seconds=st.sampled_from((1, 7, 20, 30, 61, 300)))
    def wait(self, seconds: int) -> None:
        self.zone.wait(seconds)

    @rule(number=st.integers(0, 20))
    def cancel(self, number: int) -> None:
        orders = list(self.zone.state.orders)
        if orders:
            with refused("order-on-board", "order-closed"):
                order = orders[number % len(orders)]
                cancel_order(self.zone.dispatcher, order, self.zone.now)

    @rule(seed=st.integers(0, 3))
    def improve(self, seed: int) -> None:
        """A search finds a better plan; no place is lost to it."""
        dispatcher, now = self.zone.dispatcher, self.zone.now
        snapshot = dispatcher.snapshot(now)
        if snapshot is not None:
            dispatcher.handle(now)
            held = holds(self.zone.state, now)
            params = SolveParams(iterations=20, seed=seed, engine="sisr")
            found = solve(snapshot.problem, params, snapshot.initial)
            dispatcher.adopt(snapshot, found.solution, now)
            assert holds(self.zone.state, now) == held

    @invariant()
    def nobody_is_shown_a_place_held(self) -> None:
        zone = self.zone
        shown = [d for route in zone.plan.routes for stop in route.stops for d in stop.drops]
        left = [left.drop for left in zone.plan.unassigned]
        changed = [change.drop for change in zone.plan.changes]
        named = [*shown, *left, *changed, *zone.state.drops, *zone.state.live]
        assert not any(map(is_held, named))
        assert set(shown) <= set(zone.state.drops)
        ids = [stop.id for route in zone.plan.routes for stop in route.stops]
        assert len(ids) == len(set(ids))

    @invariant()
    def a_place_held_is_planned_in_time(self) -> None:
        """As planned again at this moment, unless that says that it is lost."""
        zone = self.zone
        ends = {
            drop: stop.departure
            for route in zone.plan.holding
            for stop in route.stops
            if stop.kind is StopKind.DELIVER
            for drop in stop.drops
        }
        if zone.plan.made_at == zone.now:
            for quote in holds(zone.state, zone.now):
                late = [d.id for d in quote.held if ends[d.id] > zone.now + quote.promise_s]
                assert not late

    @invariant()
    def the_log_folds_to_the_state(self) -> None:
        assert self.zone.journal.fold(self.zone.empty) == self.zone.state

    @invariant()
    def a_drop_is_once_in_the_plan_and_stays_with_who_has_it(self) -> None:
        routes = self.zone.plan.whole_routes()
        for kind in (StopKind.LOAD, StopKind.DELIVER):
            drops = [d for r in routes for s in r.stops if s.kind is kind for d in s.drops]
            assert len(drops) == len(set(drops))
        for drop, (courier, _) in self.zone.plan.assignments().items():
            assert self.zone.drop(drop).courier in (None, courier)

    @invariant()
    def nothing_open_is_forgotten(self) -> None:
        told = {left.drop for left in self.zone.plan.unassigned}
        assigned = self.zone.plan.assignments()
        assert all(drop.id in assigned or drop.id in told for drop in self.zone.state.open_drops())

    @invariant()
    def the_plan_is_legal(self) -> None:
        """With the places held in it, carried into a model made from nothing."""
        zone = self.zone
        if zone.plan.made_at == zone.now:
            model = zone.dispatcher.model(zone.state, zone.now)
            routes = carry_over(sequences_of_plan(zone.plan), model)
            served = {activity.job for route in routes for activity in route}
            left = frozenset(range(len(model.problem.jobs))) - served
            assert violations(model.problem, Solution(routes, left)) == ()


TestZone = Zone.TestCase
TestZone.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def lapsed(zone: LittleZone) -> list[HoldLapsed]:
    """Returns what was held and is not any more."""
    events = (event for commit in zone.journal.commits for event in commit.events)
    return [event for event in events if isinstance(event, HoldLapsed)]


far = st.builds(a_drop, st.integers(5, 9), floor=st.sampled_from((0, 5, 9)))


@given(
    size=st.integers(1, 3),
    first=st.lists(far, min_size=1, max_size=2).map(tuple),
    others=st.lists(
        st.tuples(
            drops,
            st.sampled_from((URGENT, STANDARD)),
            st.sampled_from(("requote", "accept_late")),
            st.integers(0, 10),
        ),
        min_size=3,
        max_size=8,
    ),
    at=st.integers(0, 60),
)
@settings(max_examples=40, deadline=None, phases=(Phase.explicit, Phase.generate))
def test_whatever_others_order_meanwhile_a_place_held_is_kept_to_the_last_second(
    size: int,
    first: tuple[DropRequest, ...],
    others: list[tuple[tuple[DropRequest, ...], str, str, int]],
    at: int,
) -> None:
    """Nobody sets off, so that nothing happens but orders and time."""
    zone = LittleZone(size, capacity=8, policy=QUICK)
    request = QuoteRequest(URGENT, first, reserve=True)
    quote: Quote = give_quote(zone.dispatcher, request, zone.now).quote
    until = zone.now + at
    for wanted, service, on_infeasible, pause in others:
        zone.now = min(until, zone.now + pause)
        zone.order(*wanted, service=service, ready_at=None, on_infeasible=on_infeasible)
    zone.now = until
    zone.dispatcher.tick(zone.now)
    assert lapsed(zone) == []
    order = zone.order(*first, ready_at=None, quote_id=quote.id)
    assert order.deadline == zone.now + quote.promise_s
    ends = handover_ends(zone.dispatcher.propose(zone.state, zone.now))
    assert max(ends[drop][0] for drop in order.drops) <= order.deadline
