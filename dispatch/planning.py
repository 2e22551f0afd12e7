"""
The way down: from the state of a zone to a routing problem.

Unix seconds become seconds from the moment of planning here and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dispatch.band_times import band_of
from dispatch.calendars import second_of_day, weekday_of
from dispatch.carrying import return_job
from dispatch.entering import entering, takes_work
from dispatch.holds import with_holds
from dispatch.model import Model
from dispatch.objective import TIERS
from dispatch.openings import HORIZON_S, handed_over, opening
from dispatch.orders import Drop, DropStatus, StopKind
from dispatch.protecting import planned_by, savable_first, with_buffers_left, with_short_waits
from dispatch.reach import is_cut_off, with_time_for_aboard, within_reach
from dispatch.reported import closes
from dispatch.retiming import Travel
from dispatch.whereabouts import enters, whereabouts
from solver.problem import MINOR, PROMISED, Job, Problem, Task, TimeWindow, Vehicle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dispatch.city import City
    from dispatch.orders import Courier
    from dispatch.places import Place
    from dispatch.plan import Plan
    from dispatch.policy import Policy
    from dispatch.state import State


def build_problem(
    state: State,
    plan: Plan,
    city: City,
    policy: Policy,
    now: int,
    rides: Mapping[str, int] | None = None,
) -> Model:
    """
    Returns the problem of this moment.

    ``plan`` is the published one: changes against it are priced. ``rides`` are seconds that
    couriers still need to the stop they drive to, where their positions told. Places held for
    quotes are in it as promised jobs. Where streets are closed, what they cut off is in the
    problem, and barred.
    """
    return _Builder(state, plan, city, policy, now, rides or {}).build()


class _Builder:
    """Collects the places of a problem while its parts are made; lives for one call."""

    def __init__(
        self,
        state: State,
        plan: Plan,
        city: City,
        policy: Policy,
        now: int,
        rides: Mapping[str, int],
    ) -> None:
        state = with_holds(state, now)
        self.state, self.plan, self.city, self.policy, self.now = state, plan, city, policy, now
        self.rides = rides
        self.entering = entering(state, plan, policy, now, city.buildings)
        self.couriers = [c for c in state.couriers.values() if enters(c, state, now)]
        self.index = {courier.id: v for v, courier in enumerate(self.couriers)}
        self.willing = frozenset(c.id for c in self.couriers if takes_work(c, now))
        self.standing = {c.id: whereabouts(c, policy, now, rides.get(c.id)) for c in self.couriers}
        self.planned = {
            drop: (route.courier, stop.departure)
            for route in plan.whole_routes()
            for stop in route.stops
            if stop.kind is StopKind.DELIVER
            for drop in stop.drops
        }
        self.numbers: dict[frozenset[str], frozenset[int]] = {}
        self.locations: dict[Place, int] = {}
        self.counters = {
            store.id: city.street_place(store.lat, store.lon) for store in state.stores.values()
        }
        self.second = second_of_day(now, city.timezone)
        self.weekday = weekday_of(now, city.timezone)

    def build(self) -> Model:
        band = band_of(self.now, self.city.timezone)
        jobs = tuple(self._aboard()) + tuple(self._waiting())
        vehicles = tuple(self._vehicle(courier) for courier in self.couriers)
        travel = Travel(self.city, tuple(self.locations))
        whole = Problem(vehicles, jobs, travel.seconds(band), tiers=TIERS)
        problem = within_reach(whole)
        problem = self._protected(problem)
        return Model(
            with_time_for_aboard(problem),
            self.now,
            band,
            self.city.travel_epoch,
            travel.places,
            self.standing,
            self.entering,
            travel,
            self._cut_off(band),
        )

    def _protected(self, problem: Problem) -> Problem:
        """The problem with the rules in force that protect promises."""
        policy = self.policy
        if policy.plan_buffer and not self._has_newcomers():
            ends = {drop: end - self.now for drop, (_, end) in self.planned.items()}
            problem = with_buffers_left(problem, ends, policy.plan_buffer)
        if policy.lost_wait_s:
            problem = savable_first(problem, policy.lost_wait_s)
        if policy.wait_s:
            buildings = {drop.id: drop.desk.building for drop in self.state.open_drops()}
            problem = with_short_waits(problem, self._next_loads(), buildings, policy.wait_s)
        return problem

    def _has_newcomers(self) -> bool:
        """Whether an order is being placed or asked about: what it takes is judged by the quote."""
        return any(
            drop.id not in self.planned and self.state.orders[drop.order].placed_at >= self.now
            for drop in self.state.open_drops()
        )

    def _next_loads(self) -> dict[int, frozenset[str]]:
        """The drops that couriers who carry nothing load next, by vehicle."""
        found = {}
        for route in self.plan.whole_routes():
            stop = next((stop for stop in route.stops if stop.kind is not StopKind.RETURN), None)
            is_free = route.courier in self.willing and not self.state.on_board(route.courier)
            if stop is not None and stop.kind is StopKind.LOAD and is_free:
                drops = (d for d in stop.drops if _awaits(self.state, d, stop.kind))
                found[self.index[route.courier]] = frozenset(drops)
        return found

    def _cut_off(self, band: str) -> frozenset[str]:
        """The couriers without a way to their stop, as far as their positions do not tell one."""
        if not closes(self.state.traffic.values()):
            return frozenset()
        unseen = (courier for courier in self.couriers if courier.id not in self.rides)
        return frozenset(c.id for c in unseen if is_cut_off(c, self.city, band))

    def _at(self, place: Place) -> int:
        return self.locations.setdefault(place, len(self.locations))

    def _vehicle(self, courier: Courier) -> Vehicle:
        standing = self.standing[courier.id]
        early = min(HORIZON_S, max(standing.free_at, courier.shift_start) - self.now)
        return Vehicle(
            name=courier.id,
            start=self._at(standing.place),
            end=self._at(self.counters[courier.store]),
            capacity=(courier.capacity,),
            shift=TimeWindow(early, min(HORIZON_S, max(early, courier.shift_end - self.now))),
            next_location=self._next_location(courier),
        )

    def _next_location(self, courier: Courier) -> int | None:
        """Where the plan sends the courier next, None where that became pointless."""
        route = self.plan.route_of(courier.id)
        committed = courier.committed.stop if courier.committed else None
        for stop in route.stops if route else ():
            here = stop.id == committed and stop.kind is not StopKind.LOAD
            if not here and any(_awaits(self.state, d, stop.kind) for d in stop.drops):
                return self.locations.get(stop.place)
        return None

    def _aboard(self) -> list[Job]:
        jobs = []
        for courier in self.couriers:
            committed = courier.committed
            for drop in self.state.on_board(courier.id):
                if committed is None or committed.drop != drop.id:
                    jobs.append(self._job(drop, None, frozenset({courier.id})))
            load = sum(drop.returning for drop in self.state.returning(courier.id))
            if load and (committed is None or committed.kind is not StopKind.RETURN):
                jobs.append(self._return(courier, load))
        return jobs

    def _return(self, courier: Courier, load: int) -> Job:
        task = Task(self._at(self.counters[courier.store]), service_duration=self.policy.loading_s)
        v = self.index[courier.id]
        name, only = return_job(courier.id), frozenset({v})
        return Job(name, task, load=(load,), vehicles=only, rank=MINOR, carrier=v)

    def _waiting(self) -> list[Job]:
        jobs = []
        for drop in self.state.open_drops():
            if drop.status is DropStatus.WAITING and drop.id in self.entering.couriers:
                allowed = self.entering.couriers[drop.id]
                jobs.append(self._job(drop, self._pickup(drop), self._willing(allowed)))
        return jobs

    def _willing(self, allowed: frozenset[str] | None) -> frozenset[str]:
        """The couriers among those allowed that may still get new work."""
        return self.willing if allowed is None else self.willing & allowed

    def _numbers(self, couriers: frozenset[str]) -> frozenset[int]:
        """The vehicles of some couriers; most drops may be taken by the same ones."""
        if couriers not in self.numbers:
            self.numbers[couriers] = frozenset(self.index[c] for c in couriers)
        return self.numbers[couriers]

    def _pickup(self, drop: Drop) -> Task:
        order = self.state.orders[drop.order]
        ready = TimeWindow(min(HORIZON_S, max(0, order.ready_at - self.now)))
        return Task(self._at(self.counters[order.store]), ready, self.policy.loading_s)

    def _job(self, drop: Drop, pickup: Task | None, couriers: frozenset[str]) -> Job:
        order = self.state.orders[drop.order]
        place, week = handed_over(self.city, drop, self.weekday, self.second)
        planned, ends = self.planned.get(drop.id, (None, None))
        by = planned_by(order, self.state.services, ends, self.policy)
        delivery = Task(
            location=self._at(place),
            window=opening(week, self.weekday, self.second),
            service_duration=self.policy.handover_s,
            due=None if by is None else by - self.policy.handover_s - self.now,
        )
        allowed = self._numbers(couriers)
        return Job(
            name=drop.id,
            delivery=delivery,
            pickup=pickup,
            load=(drop.load,),
            vehicles=allowed,
            rank=PROMISED if order.urgent else MINOR,
            planned=self.index.get(planned) if planned is not None else None,
            carrier=next(iter(allowed)) if pickup is None else None,
        )


def _awaits(state: State, drop: str, kind: StopKind) -> bool:
    """Returns whether a planned stop still has something to do with a drop."""
    live = state.live.get(drop)
    if live is None:
        return False
    if kind is StopKind.LOAD:
        return live.status is DropStatus.WAITING
    return live.returning > 0 if kind is StopKind.RETURN else live.status.is_open
