"""
A solution, its times and its price.

A route is a sequence of activities. Consecutive pickups at one location are one load stop: all of
them start when the vehicle is there and the last of the goods is ready.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from solver.problem import PROMISED, Measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solver.problem import Problem, Task

Cost = tuple[int, ...]
"""One integer per tier of the problem, compared from left to right."""


class Kind(StrEnum):
    """The half of a job that an activity serves, or a break of the vehicle."""

    PICKUP = "pickup"
    DELIVERY = "delivery"
    BREAK = "break"


@dataclass(frozen=True, slots=True)
class Activity:
    """One task in a route: the index of its job, and which half; for a break, its own index."""

    job: int
    kind: Kind

    def task(self, problem: Problem) -> Task:
        """Returns the task; raises ValueError for the pickup of goods on board and for a break."""
        if self.kind is Kind.BREAK:
            raise ValueError(f"Break {self.job} is no task.")
        job = problem.jobs[self.job]
        task = job.pickup if self.kind is Kind.PICKUP else job.delivery
        if task is None:
            raise ValueError(f"Job {job.name!r} is on board and has no pickup.")
        return task


Route = tuple[Activity, ...]


@dataclass(frozen=True, slots=True)
class Visit:
    """A timed activity, in seconds: arrival, start of service, departure."""

    activity: Activity
    arrival: int
    start: int
    departure: int


@dataclass(frozen=True, slots=True)
class Timetable:
    """The visits of one route and the moment at which the vehicle reaches its end."""

    visits: tuple[Visit, ...]
    end: int


@dataclass(frozen=True, slots=True)
class Solution:
    """One route per vehicle of the problem, and the jobs left out, by index."""

    routes: tuple[Route, ...]
    unassigned: frozenset[int] = frozenset()


def load_stops(problem: Problem, route: Route) -> tuple[tuple[int, int], ...]:
    """Returns the load stops of a route as half-open ranges of positions."""
    stops: list[tuple[int, int]] = []
    for i, activity in enumerate(route):
        if activity.kind is not Kind.PICKUP:
            continue
        here = activity.task(problem).location
        joins = problem.joint_loading and bool(stops) and stops[-1][1] == i
        if joins and route[i - 1].task(problem).location == here:
            stops[-1] = (stops[-1][0], i + 1)
        else:
            stops.append((i, i + 1))
    return tuple(stops)


def schedule(problem: Problem, vehicle: int, route: Route, leave: int | None = None) -> Timetable:
    """
    Returns the earliest times of a route, in seconds; hard limits are not looked at.

    The vehicle sets out with its shift, or at the second ``leave``.

    Every activity starts as soon as the vehicle is there and a window is open; the pickups of a
    load stop start one after another once the last of them is ready. A break starts as soon as one
    of its windows is open, on the way where the ride has begun by then.
    """
    walk = _Walk(problem, vehicle, leave)
    stop_of = dict(load_stops(problem, route))
    visits: list[Visit] = []
    at = 0
    while at < len(route):
        if route[at].kind is Kind.BREAK:
            visits.append(walk.rest(route[at]))
            at += 1
            continue
        after = stop_of.get(at, at + 1)
        visits += walk.serve(route[at:after])
        at = after
    return Timetable(tuple(visits), walk.ride_home())


def delivery_starts(problem: Problem, routes: Sequence[Route]) -> dict[int, int]:
    """Returns when each delivery on the routes of all vehicles starts, by job, in seconds."""
    return {
        visit.activity.job: visit.start
        for v, route in enumerate(routes)
        for visit in schedule(problem, v, route).visits
        if visit.activity.kind is Kind.DELIVERY
    }


class _Walk:
    """Where a vehicle is and when, while its route is timed; seconds ridden ahead in ``ridden``."""

    __slots__ = ("_durations", "_here", "_now", "_problem", "_ridden", "_v")

    def __init__(self, problem: Problem, vehicle: int, leave: int | None) -> None:
        self._problem, self._v = problem, vehicle
        self._durations = problem.durations_of(vehicle)
        self._here = problem.vehicles[vehicle].start
        self._now = problem.vehicles[vehicle].shift.early if leave is None else leave
        self._ridden = 0

    def rest(self, activity: Activity) -> Visit:
        """Returns the visit of a break; riding goes on until it starts."""
        rest = self._problem.vehicles[self._v].breaks[activity.job]
        opened = next((w for w in rest.windows if self._now <= w.late), rest.windows[-1])
        start = max(self._now, opened.early)
        arrival = self._now
        self._ridden += start - self._now
        self._now = start + rest.duration
        return Visit(activity, arrival, start, self._now)

    def serve(self, stop: Route) -> list[Visit]:
        """Returns the visits of what starts together: a load stop or a single activity."""
        tasks = [activity.task(self._problem) for activity in stop]
        there = tasks[0].location
        arrival = self._now + max(0, int(self._durations[self._here, there]) - self._ridden)
        is_moved = there != self._here
        self._here, self._ridden = there, 0
        start = _opened(tasks, arrival)
        visits = []
        for activity, task in zip(stop, tasks, strict=True):
            setup = task.setup_on(self._v) if is_moved else 0
            is_moved = False
            departure = start + setup + task.service_on(self._v)
            visits.append(Visit(activity, arrival, start, departure))
            arrival = start = self._now = departure
        return visits

    def ride_home(self) -> int:
        """Returns when the vehicle is at its end."""
        end = self._problem.vehicles[self._v].end
        if end is None:
            return self._now
        return self._now + max(0, int(self._durations[self._here, end]) - self._ridden)


def _opened(tasks: list[Task], arrival: int) -> int:
    """Returns the first second from an arrival on at which windows of all tasks are open."""
    if len(tasks) == 1:
        return tasks[0].earliest_start(arrival)
    start = arrival
    # A later window of one may close an earlier one of another: again until all are open.
    while (later := max(task.earliest_start(start) for task in tasks)) > start:
        start = later
    return start


def measures(problem: Problem, solution: Solution) -> dict[Measure, int]:
    """
    Returns every measure of a solution.

    Counts are jobs (``DIVERTED``, ``USED``: vehicles; ``LEFT_TASKS``: tasks), the others seconds
    but for ``DISTANCE`` in metres and ``PRIZE`` and ``EXPENSE`` in units of the problem's own.
    ``LATE`` and ``LATENESS`` are of promised jobs, ``LATE_MINOR`` of the others. ``BUSY`` is
    travel, setup and service without waiting and breaks, ``TRAVEL`` the riding of used vehicles,
    ``COMPLETION`` the sum of the moments at which promised deliveries end.
    """
    total = dict.fromkeys(Measure, 0)
    _add_unassigned(problem, solution, total)
    for v, route in enumerate(solution.routes):
        _add_route(problem, v, route, total)
    return total


def _add_unassigned(problem: Problem, solution: Solution, total: dict[Measure, int]) -> None:
    for j in solution.unassigned:
        job = problem.jobs[j]
        promised = job.rank == PROMISED
        total[Measure.UNASSIGNED if promised else Measure.UNASSIGNED_MINOR] += 1
        total[Measure.LEFT_TASKS] += 1 if job.pickup is None else 2
        total[Measure.PRIZE] += job.prize
        total[Measure.MOVED] += job.planned is not None


def _add_route(problem: Problem, v: int, route: Route, total: dict[Measure, int]) -> None:
    vehicle = problem.vehicles[v]
    tasks = tuple(a for a in route if a.kind is not Kind.BREAK)
    if vehicle.next_location is not None:
        first = tasks[0].task(problem).location if tasks else None
        total[Measure.DIVERTED] += first != vehicle.next_location
    travel, metres, expense = ridden(problem, v, tasks)
    visits = schedule(problem, v, route).visits
    at_work = [visit for visit in visits if visit.activity.kind is not Kind.BREAK]
    served = sum(visit.departure - visit.start for visit in at_work)
    total[Measure.BUSY] += travel + served
    if tasks:
        total[Measure.USED] += 1
        total[Measure.TRAVEL] += travel
        total[Measure.DISTANCE] += metres
        total[Measure.EXPENSE] += vehicle.fixed_cost + expense + vehicle.task_cost * served
    for visit in at_work:
        if visit.activity.kind is Kind.DELIVERY:
            _add_delivery(problem, v, visit, total)


def ridden(problem: Problem, v: int, tasks: Route) -> tuple[int, int, int]:
    """Returns the seconds, metres and expense of riding from start to end by way of the tasks."""
    vehicle = problem.vehicles[v]
    durations, costs = problem.durations_of(v), problem.costs_of(v)
    distances = problem.distances_of(v)
    places = [vehicle.start, *(activity.task(problem).location for activity in tasks)]
    if vehicle.end is not None:
        places.append(vehicle.end)
    legs = list(pairwise(places))
    seconds = sum(int(durations[leg]) for leg in legs)
    expense = sum(int(costs[leg]) for leg in legs)
    if distances is None:
        return seconds, 0, expense
    return seconds, sum(int(distances[leg]) for leg in legs), expense


def _add_delivery(problem: Problem, v: int, visit: Visit, total: dict[Measure, int]) -> None:
    job = problem.jobs[visit.activity.job]
    due = job.delivery.due
    lateness = 0 if due is None else max(0, visit.start - due)
    total[Measure.MOVED] += job.planned is not None and job.planned != v
    if job.rank == PROMISED:
        total[Measure.LATE] += lateness > 0
        total[Measure.LATENESS] += lateness
        total[Measure.COMPLETION] += visit.departure
    else:
        total[Measure.LATE_MINOR] += lateness > 0


def cost(problem: Problem, solution: Solution) -> Cost:
    """Returns the price of a solution, one integer per tier, lower is better."""
    return _priced(problem, measures(problem, solution))


def cost_since(problem: Problem, before: Solution, price: Cost, after: Solution) -> Cost:
    """Returns the price of a solution by that of another: only routes that differ are timed."""
    pairs = list(enumerate(zip(before.routes, after.routes, strict=True)))
    differing = [(v, one, other) for v, (one, other) in pairs if one != other]
    if 2 * len(differing) > len(pairs):
        return cost(problem, after)
    was, will_be = dict.fromkeys(Measure, 0), dict.fromkeys(Measure, 0)
    for solution, total in ((before, was), (after, will_be)):
        _add_unassigned(problem, solution, total)
    for v, one, other in differing:
        _add_route(problem, v, one, was)
        _add_route(problem, v, other, will_be)
    change = zip(price, _priced(problem, was), _priced(problem, will_be), strict=True)
    return tuple(known - old + new for known, old, new in change)


def _priced(problem: Problem, total: dict[Measure, int]) -> Cost:
    return tuple(sum(weight * total[name] for name, weight in tier) for tier in problem.tiers)
