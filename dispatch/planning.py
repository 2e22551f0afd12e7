"""
The way down: from the state of a zone to a routing problem, and an older plan into a newer problem.

Unix seconds become seconds from the moment of planning here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dispatch.calendars import second_of_day, weekday_of
from dispatch.city import band_at, slower_band
from dispatch.orders import Drop, DropStatus, Service, StopKind
from dispatch.places import Place
from dispatch.policy import Entering, entering, takes_work
from dispatch.whereabouts import Whereabouts, whereabouts
from solver.problem import FOREVER, MINOR, PROMISED, Job, Problem, Task, TimeWindow, Vehicle
from solver.solution import Activity, Kind, Route

if TYPE_CHECKING:
    from dispatch.city import City
    from dispatch.hours import Week
    from dispatch.orders import Courier
    from dispatch.plan import CourierRoute, Plan
    from dispatch.policy import Policy
    from dispatch.state import State

DAY = 24 * 3600
HORIZON_S = FOREVER // 4
"""What is farther ahead than eight years is planned as if it were then."""

BAND_AHEAD_S = 30 * 60
"""Where the band changes within this time, the slower one counts."""

Sequences = Mapping[str, Sequence[tuple[str, Kind]]]
"""Per courier the tasks of a plan in order, by job name: what survives from problem to problem."""


@dataclass(frozen=True, slots=True)
class Model:
    """
    A problem and what it means.

    Vehicles are named by couriers, jobs by drops (``return:c_3``: what c_3 brings back). ``places``
    are the locations, ``standing`` where each courier enters; ``entering`` says which waiting drops
    are in it and which are held back.
    """

    problem: Problem
    now: int
    band: str
    travel_epoch: int
    places: tuple[Place, ...]
    standing: Mapping[str, Whereabouts]
    entering: Entering


def band_of(now: int, timezone: str) -> str:
    """Returns the band to plan with: the slower of now and half an hour ahead."""
    return slower_band(
        *(
            band_at(second_of_day(moment, timezone), weekday_of(moment, timezone))
            for moment in (now, now + BAND_AHEAD_S)
        )
    )


def return_job(courier: str) -> str:
    """Returns the name of the job that brings a courier's returning goods to its store."""
    return f"return:{courier}"


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
    couriers still need to the stop they drive to, where their positions told.
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
        self.state, self.plan, self.city, self.policy, self.now = state, plan, city, policy, now
        self.entering = entering(state, plan, policy, now)
        self.couriers = [c for c in state.couriers.values() if _enters(c, state, now)]
        self.index = {courier.id: v for v, courier in enumerate(self.couriers)}
        self.willing = frozenset(c.id for c in self.couriers if takes_work(c, now))
        self.standing = {c.id: whereabouts(c, policy, now, rides.get(c.id)) for c in self.couriers}
        self.planned = {d: courier for d, (courier, _) in plan.assignments().items()}
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
        places = tuple(self.locations)
        problem = Problem(vehicles, jobs, self.city.travel_times(places, band).astype(np.int64))
        return Model(
            _with_time_for_aboard(problem),
            self.now,
            band,
            self.city.travel_epoch,
            places,
            self.standing,
            self.entering,
        )

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

    def _pickup(self, drop: Drop) -> Task:
        order = self.state.orders[drop.order]
        ready = TimeWindow(min(HORIZON_S, max(0, order.ready_at - self.now)))
        return Task(self._at(self.counters[order.store]), ready, self.policy.loading_s)

    def _job(self, drop: Drop, pickup: Task | None, couriers: frozenset[str]) -> Job:
        order = self.state.orders[drop.order]
        place, week = handed_over(self.city, drop, self.weekday, self.second)
        delivery = Task(
            location=self._at(place),
            window=opening(week, self.weekday, self.second),
            service_duration=self.policy.handover_s,
            due=order.deadline - self.policy.handover_s - self.now,
        )
        planned = self.planned.get(drop.id)
        allowed = frozenset(self.index[c] for c in couriers)
        return Job(
            name=drop.id,
            delivery=delivery,
            pickup=pickup,
            load=(drop.load,),
            vehicles=allowed,
            rank=PROMISED if order.service is Service.URGENT else MINOR,
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


def _enters(courier: Courier, state: State, now: int) -> bool:
    """A courier enters while its shift lasts or goods, a stop or a way home are left to it."""
    return (
        now < courier.shift_end
        or courier.committed is not None
        or bool(state.on_board(courier.id))
        or bool(state.returning(courier.id))
    )


def desk_place(city: City, drop: Drop) -> Place:
    """Returns where in the city a drop is handed over."""
    name = "/".join(part for part in (drop.desk.department, drop.desk.desk) if part)
    return city.place(drop.desk.building, drop.desk.floor, name)


def handed_over(city: City, drop: Drop, weekday: int, second: int) -> tuple[Place, Week]:
    """Returns where a drop is handed over as things are at a moment, and when that is open."""
    desk = desk_place(city, drop)
    office = city.offices.get(drop.desk.id or "")
    own = office.hours if office is not None else None
    place = city.handover(desk, weekday, second, own)
    return place, city.hours(place, own if place == desk else None)


def opening(week: Week, weekday: int, second: int) -> TimeWindow:
    """
    Returns when a desk is open, from a second of a local day on: that day or else the next.

    Breaks in a day are not seen: who comes at noon waits. A desk that never opens does so at the
    horizon, where no shift reaches.
    """
    for ahead in range(len(week.days) + 1):
        spans = week.days[(weekday + ahead) % len(week.days)]
        left = [span for span in spans if span[1] + ahead * DAY >= second]
        if left:
            early = max(0, left[0][0] + ahead * DAY - second)
            return TimeWindow(early, max(early, left[-1][1] + ahead * DAY - second))
    return TimeWindow(HORIZON_S, HORIZON_S)


def _with_time_for_aboard(problem: Problem) -> Problem:
    """
    Returns the problem with shifts long enough for what is on board already.

    Goods on board are brought to their desks even when that takes longer than the shift; a courier
    for whom it does gets no new work.
    """
    needed = [vehicle.shift.early for vehicle in problem.vehicles]
    here = [vehicle.start for vehicle in problem.vehicles]
    for job in problem.jobs:
        v = job.carrier
        if v is not None:
            task = job.delivery
            ride = int(problem.durations[here[v], task.location])
            needed[v] = max(needed[v] + ride, task.window.early) + task.service_duration
            here[v] = task.location
    carriers = {job.carrier for job in problem.jobs}
    overdue = frozenset(
        v
        for v, vehicle in enumerate(problem.vehicles)
        if v in carriers and needed[v] + _home(problem, v, here[v]) > vehicle.shift.late
    )
    if not overdue:
        return problem
    vehicles = tuple(
        replace(vehicle, shift=TimeWindow(vehicle.shift.early, FOREVER))
        if v in overdue
        else vehicle
        for v, vehicle in enumerate(problem.vehicles)
    )
    jobs = tuple(
        job
        if job.pickup is None
        else replace(job, vehicles=(job.vehicles or frozenset()) - overdue)
        for job in problem.jobs
    )
    return replace(problem, vehicles=vehicles, jobs=jobs)


def _home(problem: Problem, v: int, here: int) -> int:
    end = problem.vehicles[v].end
    return 0 if end is None else int(problem.durations[here, end])


def carry_over(sequences: Sequences, model: Model) -> tuple[Route, ...]:
    """
    Returns what is left of older sequences in a newer problem, one route per vehicle.

    Tasks of jobs that are over, or not planned now, are left out; goods that came on board since
    lose their pickup. The routes may be illegal in the newer problem: ``complete`` mends them.
    """
    problem = model.problem
    index = {job.name: j for j, job in enumerate(problem.jobs)}
    return tuple(
        tuple(
            Activity(index[name], kind)
            for name, kind in sequences.get(vehicle.name, ())
            if name in index
            and not (kind is Kind.PICKUP and problem.jobs[index[name]].pickup is None)
        )
        for vehicle in problem.vehicles
    )


def sequences_of_plan(plan: Plan) -> Sequences:
    """Returns the tasks of a published plan, per courier."""
    return {route.courier: _sequence(route) for route in plan.routes}


def _sequence(route: CourierRoute) -> tuple[tuple[str, Kind], ...]:
    tasks: list[tuple[str, Kind]] = []
    for stop in route.stops:
        if stop.kind is StopKind.LOAD:
            tasks += [(drop, Kind.PICKUP) for drop in stop.drops]
        elif stop.kind is StopKind.DELIVER:
            tasks += [(drop, Kind.DELIVERY) for drop in stop.drops]
        elif stop.drops:
            tasks.append((return_job(route.courier), Kind.DELIVERY))
    return tuple(tasks)


def sequences_of_solution(problem: Problem, routes: Sequence[Route]) -> Sequences:
    """Returns the tasks of a solver's routes, per courier."""
    return {
        vehicle.name: tuple((problem.jobs[a.job].name, a.kind) for a in route)
        for vehicle, route in zip(problem.vehicles, routes, strict=True)
    }
