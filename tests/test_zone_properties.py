"""Whatever happens to a zone, in whatever order, its promises to itself hold."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dispatch.carrying import carry_over, sequences_of_plan
from dispatch.crew import change_courier
from dispatch.errors import DispatchError
from dispatch.events import Delivered, Failed, Loaded
from dispatch.hand import move_drop
from dispatch.live import SegmentSpeed
from dispatch.ordering import cancel_order, goods_ready
from dispatch.orders import DropStatus, Line, StopKind
from dispatch.promises import STANDARD, URGENT
from dispatch.quoting import give_quote
from dispatch.reach import gap
from dispatch.requests import CourierChange, Move, QuoteRequest
from dispatch.taps import FAILURES, KINDS
from dispatch.traffic import end_traffic, set_traffic
from dispatch.traffic_checks import TrafficRequest
from solver.check import violations
from solver.solution import Solution, cost
from solver.solve import SolveParams, solve
from tests.little_city import NOW, a_drop
from tests.live_city import live_zone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dispatch.dispatcher import Snapshot
    from dispatch.orders import Commitment
    from dispatch.requests import DropRequest

COURIERS = ("c_1", "c_2", "c_3")

couriers = st.sampled_from(COURIERS)
numbers = st.integers(0, 40)
goods = st.builds(
    a_drop,
    st.integers(1, 6),
    floor=st.sampled_from((0, 0, 3)),
    load=st.sampled_from((0, 1, 1, 3, 7)),
    quantity=st.integers(1, 3),
)


@contextmanager
def refused(*codes: str) -> Iterator[None]:
    """Lets through that something is refused, for these reasons only."""
    try:
        yield
    except DispatchError as error:
        if error.code not in codes:
            raise


class Zone(RuleBasedStateMachine):
    """Three couriers, of whom one is small, and everybody taps and orders as they like."""

    def __init__(self) -> None:
        super().__init__()
        self.zone = live_zone(2, capacity=6)
        self.zone.courier(capacity=2, shift_s=2 * 3600)
        self.accepted: dict[str, int] = {}
        self.stops: list[str] = []
        self.snapshots: list[Snapshot] = []
        self.carriers: dict[str, str] = {}
        self.commitments: dict[str, Commitment] = {}
        self.seen = 0
        self.tapped: str | None = None

    @initialize(late=st.sampled_from((0, 5 * 3600, 9 * 3600)))
    def begin(self, late: int) -> None:
        """The day, the evening of a long shift, or the minutes before the houses close."""
        if late:
            self.zone.now += late
            for courier in COURIERS[:2]:
                change = CourierChange(shift_end=NOW + late + 3600)
                change_courier(self.zone.dispatcher, courier, change, self.zone.now)

    @rule(
        drops=st.lists(goods, min_size=1, max_size=3),
        service=st.sampled_from([URGENT, STANDARD]),
        ready_in=st.sampled_from((None, 0, 120, 1200)),
        on_infeasible=st.sampled_from(("requote", "reject", "accept_late")),
        quoted=st.booleans(),
    )
    def order(
        self,
        drops: list[DropRequest],
        service: str,
        ready_in: int | None,
        on_infeasible: str,
        quoted: bool,
    ) -> None:
        zone = self.zone
        ready_at = None if ready_in is None else zone.now + ready_in
        quote = None
        if quoted:
            asked = QuoteRequest(service, tuple(drops), ready_at=ready_at)
            with refused("unreachable"):
                quote = give_quote(zone.dispatcher, asked, zone.now).quote.id
        with refused("no-capacity", "unreachable"):
            order = zone.order(
                *drops,
                service=service,
                ready_at=ready_at,
                on_infeasible=on_infeasible,
                quote_id=quote,
            )
            assert order.deadline is not None
            self.accepted[order.id] = order.deadline

    @rule(courier=couriers, fails=st.sampled_from((False, False, False, True)))
    def work(self, courier: str, fails: bool) -> None:
        """A courier does what the phone shows."""
        stops = self.zone.stops(courier)
        if not stops:
            return
        stop, committed = stops[0], self.zone.state.couriers[courier].committed
        if committed is None:
            self.tap(courier, "departed", stop.id, effective=True)
        elif committed.arrived_at is None:
            self.tap(courier, "arrived", stop.id, effective=True)
        elif stop.kind is StopKind.LOAD:
            self.tap(courier, "loaded", stop.id, effective=True)
        elif stop.kind is StopKind.DELIVER and fails:
            self.tap(courier, "failed", stop.id, effective=True, reason=FAILURES[0])
        else:
            self.tap(courier, "delivered", stop.id, effective=True)

    @rule(courier=couriers, rounds=st.integers(2, 6))
    def work_on(self, courier: str, rounds: int) -> None:
        for _ in range(rounds):
            self.work(courier, fails=False)
            self.watch()

    @rule(courier=couriers, kind=st.sampled_from(KINDS), number=numbers, drop=numbers)
    def tap_wildly(self, courier: str, kind: str, number: int, drop: int) -> None:
        """A courier taps what an old screen, or another's, shows."""
        stop = self.stops[number % len(self.stops)] if self.stops and number else None
        drops = list(self.zone.state.drops)
        named = drops[drop % len(drops)] if drops and drop % 2 else None
        taken = (named,) if named and drop % 3 == 0 else None
        self.tap(courier, kind, stop, drop=named, drops=taken, reason=FAILURES[number % 5])

    @rule(courier=couriers)
    def load_what_others_should(self, courier: str) -> None:
        """A courier grabs whatever still lies on the counter."""
        zone = self.zone
        waiting = [d.id for d in zone.state.open_drops() if d.status is DropStatus.WAITING][:2]
        stop = f"s_{courier[2:]}-l{zone.state.couriers[courier].loads}"
        self.tap(courier, "loaded", stop, effective=True, drops=tuple(waiting))

    @rule(courier=couriers)
    def reject_a_unit(self, courier: str) -> None:
        aboard = self.zone.state.on_board(courier)
        if aboard:
            lines = [Line(i.sku, i.quantity - 1, 1, "dirty") for i in aboard[0].items]
            self.tap(courier, "delivered", effective=True, drop=aboard[0].id, lines=tuple(lines))

    @rule(seconds=st.sampled_from((1, 30, 60, 300, 300, 1200, 3600)))
    def wait(self, seconds: int) -> None:
        self.zone.wait(seconds)

    @rule(number=numbers)
    def cancel(self, number: int) -> None:
        orders = list(self.zone.state.orders)
        if orders:
            with refused("order-on-board", "order-closed"):
                cancel_order(self.zone.dispatcher, orders[number % len(orders)], self.zone.now)

    @rule(number=numbers, ready_in=st.sampled_from((0, 600, 10**10)))
    def correct_ready(self, number: int, ready_in: int) -> None:
        orders = list(self.zone.state.orders)
        if orders:
            order, now = orders[number % len(orders)], self.zone.now
            with refused("order-under-way"):
                goods_ready(self.zone.dispatcher, order, now + ready_in, now)

    @rule(
        number=numbers,
        courier=st.none() | couriers,
        after=st.none() | numbers,
        pinned=st.booleans(),
        dry_run=st.booleans(),
    )
    def move(
        self, number: int, courier: str | None, after: int | None, pinned: bool, dry_run: bool
    ) -> None:
        drops = list(self.zone.state.drops)
        if not drops:
            return
        wake = None if after is None else drops[after % len(drops)]
        move = Move(courier, wake, pinned, dry_run)
        before = self.zone.plan, self.zone.state
        with refused("drop-not-waiting", "not-in-route"):
            move_drop(self.zone.dispatcher, drops[number % len(drops)], move, self.zone.now)
        if dry_run:
            assert (self.zone.plan, self.zone.state) == before

    @rule(
        courier=couriers,
        capacity=st.none() | st.integers(1, 8),
        ends_in=st.sampled_from((None, None, 1, 600, 7200)),
        paused=st.none() | st.booleans(),
    )
    def change(
        self, courier: str, capacity: int | None, ends_in: int | None, paused: bool | None
    ) -> None:
        shift_end = None if ends_in is None else self.zone.now + ends_in
        change = CourierChange(shift_end=shift_end, capacity=capacity, paused=paused)
        change_courier(self.zone.dispatcher, courier, change, self.zone.now)

    @rule(courier=couriers, block=st.integers(0, 10))
    def tell_position(self, courier: str, block: int) -> None:
        self.zone.sees(courier, block)

    @rule(
        block=st.integers(0, 6),
        ways=st.sampled_from(((0, 1), (1, 0), (0, 1, 0))),
        kmh=st.sampled_from((0, 0, 5)),
        lasts=st.sampled_from((None, 30, 300)),
    )
    def report_traffic(
        self, block: int, ways: tuple[int, ...], kmh: float, lasts: int | None
    ) -> None:
        """A street is closed, one way or both, or is passable again, for a while or for good."""
        a = 100 + block
        segments = tuple(SegmentSpeed(a + i, a + j, kmh) for i, j in pairwise(ways))
        until = None if lasts is None else self.zone.now + lasts
        set_traffic(self.zone.dispatcher, TrafficRequest(segments, (), until), self.zone.now)

    @precondition(lambda self: self.zone.state.traffic)
    @rule(number=numbers)
    def end_a_report(self, number: int) -> None:
        reports = list(self.zone.state.traffic)
        end_traffic(self.zone.dispatcher, reports[number % len(reports)], self.zone.now)

    @rule()
    def snapshot(self) -> None:
        snapshot = self.zone.dispatcher.snapshot(self.zone.now)
        if snapshot is not None:
            self.snapshots.append(snapshot)

    @precondition(lambda self: self.snapshots)
    @rule(seed=st.integers(0, 3), newest=st.booleans())
    def adopt(self, seed: int, newest: bool) -> None:
        """The answer of a search comes in, perhaps long after it was asked."""
        dispatcher, now = self.zone.dispatcher, self.zone.now
        snapshot = self.snapshots.pop(-1 if newest else 0)
        found = solve(snapshot.problem, SolveParams(iterations=20, seed=seed), snapshot.initial)
        before = dispatcher.propose(self.zone.state, now)
        if dispatcher.adopt(snapshot, found.solution, now):
            # Priced against the plan before it, for that is what was compared.
            problem = before.model.problem
            routes = carry_over(sequences_of_plan(self.zone.plan), before.model)
            assert cost(problem, _with_rest(len(problem.jobs), routes)) < cost(
                problem, before.solution
            )

    @rule()
    def plan_again(self) -> None:
        """
        Planning the same moment again comes to rest: no courier's screen flickers.

        Not at once: a standard drop fills a trip that the plan before has, and a trip that it
        fills leaves a courier idle for another building.
        """
        plans = [self.zone.dispatcher.handle(self.zone.now) for _ in range(6)]
        assert plans[-1].routes == plans[-2].routes
        assert plans[-1].version == plans[-2].version

    @precondition(lambda self: not self.zone.state.traffic)
    @rule(drop=goods)
    def lose_the_disk(self, drop: DropRequest) -> None:
        before = self.zone.plan, self.zone.state
        self.zone.journal.broken = True
        try:
            self.zone.order(drop)
        except OSError:
            pass
        else:
            raise AssertionError("The order was taken though nothing was stored.")
        finally:
            self.zone.journal.broken = False
        assert (self.zone.plan, self.zone.state) == before

    def tap(
        self,
        courier: str,
        kind: str,
        stop: str | None = None,
        *,
        effective: bool = False,
        **rest: Any,
    ) -> None:
        self.tapped = courier
        answer = self.zone.tap(courier, kind, stop, **rest)
        note(f"{courier} {kind} {stop} {rest}: {answer.result} {answer.reason}")
        assert answer.result in {"applied", "superseded", "rejected"}
        assert answer.result == "applied" or (answer.reason and not effective), answer

    @invariant()
    def watch(self) -> None:
        self._goods_stay_where_they_are()
        self._commitments_last()
        self.stops += [s for c in COURIERS for s in self.zone.stop_ids(c) if s not in self.stops]
        self.tapped = None

    def _goods_stay_where_they_are(self) -> None:
        """Goods on board change courier by nothing at all."""
        commits = self.zone.journal.commits[self.seen :]
        self.seen += len(commits)
        for event in (event for commit in commits for event in commit.events):
            if isinstance(event, Loaded):
                for d in event.drops:
                    assert self.carriers.setdefault(d, event.courier) == event.courier
            elif isinstance(event, Delivered | Failed):
                assert self.carriers[event.drop] == event.courier
        for drop in self.zone.state.drops.values():
            assert drop.courier == self.carriers.get(drop.id)

    def _commitments_last(self) -> None:
        """A committed stop leads its courier's route, the same until that courier taps."""
        for courier in self.zone.state.couriers.values():
            before, now = self.commitments.pop(courier.id, None), courier.committed
            if courier.id != self.tapped:
                assert now == before
            shown = [stop for stop in self.zone.stops(courier.id) if stop.committed]
            assert len(shown) == (now is not None)
            if now is not None:
                first = self.zone.stops(courier.id)[0]
                assert (first.id, first.kind, first.place) == (now.stop, now.kind, now.place)
                assert first.committed
                self.commitments[courier.id] = now

    @invariant()
    def the_log_folds_to_the_state(self) -> None:
        assert self.zone.journal.fold(self.zone.empty) == self.zone.state

    @invariant()
    def versions_rise_and_the_last_plan_is_in_force(self) -> None:
        plans = [c.plan for c in self.zone.journal.commits if c.plan is not None]
        assert [plan.version for plan in plans] == list(range(1, len(plans) + 1))
        assert not plans or plans[-1] == self.zone.plan

    @invariant()
    def accepted_orders_stay(self) -> None:
        orders = self.zone.state.orders
        assert {o: orders[o].deadline for o in self.accepted} == self.accepted

    @invariant()
    def a_drop_is_once_in_the_plan(self) -> None:
        stops = [(r.courier, s) for r in self.zone.plan.routes for s in r.stops]
        for kind in (StopKind.LOAD, StopKind.DELIVER):
            drops = [d for _, stop in stops if stop.kind is kind for d in stop.drops]
            assert len(drops) == len(set(drops))
        ids = [stop.id for _, stop in stops]
        assert len(ids) == len(set(ids))
        left_out = {left.drop for left in self.zone.plan.unassigned}
        assert not left_out & set(self.zone.plan.assignments())

    @invariant()
    def nothing_open_is_forgotten(self) -> None:
        """An open drop is planned, or somebody can read why not; what is on board rides on."""
        told = {left.drop: left.reasons for left in self.zone.plan.unassigned}
        assigned = self.zone.plan.assignments()
        for drop in self.zone.state.open_drops():
            assert drop.id in assigned or told[drop.id], drop
            if drop.status is DropStatus.ON_BOARD and drop.id in assigned:
                assert assigned[drop.id][0] == drop.courier
        assert all(self.zone.state.drops[d].status.is_open for d in told)

    @invariant()
    def the_plan_is_legal(self) -> None:
        """Carried into a model made from nothing, the plan loses no drop and breaks no limit."""
        if self.zone.plan.made_at != self.zone.now:
            return
        model = self.zone.dispatcher.model(self.zone.state, self.zone.now)
        routes = carry_over(sequences_of_plan(self.zone.plan), model)
        solution = _with_rest(len(model.problem.jobs), routes)
        assert violations(model.problem, solution) == ()
        left_out = {model.problem.jobs[j].name: j for j in solution.unassigned}
        for drop in left_out.keys() - {left.drop for left in self.zone.plan.unassigned}:
            # Goods on their way back are no open drops: they wait on board for a way.
            j = left_out[drop]
            carrier = model.problem.jobs[j].carrier
            assert drop.startswith("return:")
            assert carrier is not None
            assert gap(model.problem, carrier, j) is not None


def _with_rest(num_jobs: int, routes: tuple[tuple[object, ...], ...]) -> Solution:
    served = {activity.job for route in routes for activity in route}  # type: ignore[attr-defined]
    return Solution(routes, frozenset(range(num_jobs)) - served)  # type: ignore[arg-type]


TestZone = Zone.TestCase
TestZone.settings = settings(
    max_examples=50,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
