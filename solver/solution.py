"""
A solution, its times and its price.

A route is a sequence of activities. Consecutive pickups at one location are one load stop: all of
them start when the vehicle is there and the last of the goods is ready.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from solver.problem import PROMISED, Measure

if TYPE_CHECKING:
    from solver.problem import Problem, Task

Cost = tuple[int, ...]
"""One integer per tier of the problem, compared from left to right."""


class Kind(StrEnum):
    """The half of a job that an activity serves."""

    PICKUP = "pickup"
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True)
class Activity:
    """One task in a route: the index of its job, and which half."""

    job: int
    kind: Kind

    def task(self, problem: Problem) -> Task:
        """Returns the task; raises ValueError for the pickup of goods on board."""
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
        if stops and stops[-1][1] == i and route[i - 1].task(problem).location == here:
            stops[-1] = (stops[-1][0], i + 1)
        else:
            stops.append((i, i + 1))
    return tuple(stops)


def schedule(problem: Problem, vehicle: int, route: Route) -> Timetable:
    """
    Returns the earliest times of a route, in seconds; hard limits are not looked at.

    Every activity starts as soon as the vehicle is there and its window is open; the pickups of a
    load stop start one after another once the last of them is ready.
    """
    ready = _ready_times(problem, route)
    here = problem.vehicles[vehicle].start
    now = problem.vehicles[vehicle].shift.early
    visits: list[Visit] = []
    for activity, early in zip(route, ready, strict=True):
        task = activity.task(problem)
        arrival = now + int(problem.durations[here, task.location])
        start = max(arrival, early)
        now = start + task.service_duration
        here = task.location
        visits.append(Visit(activity, arrival, start, now))
    end = problem.vehicles[vehicle].end
    return Timetable(tuple(visits), now if end is None else now + int(problem.durations[here, end]))


def _ready_times(problem: Problem, route: Route) -> list[int]:
    """Returns the earliest start of each activity; one for all pickups of a load stop."""
    ready = [activity.task(problem).window.early for activity in route]
    for first, last in load_stops(problem, route):
        ready[first:last] = [max(ready[first:last])] * (last - first)
    return ready


def measures(problem: Problem, solution: Solution) -> dict[Measure, int]:
    """
    Returns every measure of a solution.

    Counts are jobs (``DIVERTED``: vehicles), the others seconds. ``LATE`` and ``LATENESS`` are of
    promised jobs, ``LATE_MINOR`` of the others. ``BUSY`` is travel and service without waiting,
    ``COMPLETION`` the sum of the moments at which promised deliveries end.
    """
    total = dict.fromkeys(Measure, 0)
    for j in solution.unassigned:
        promised = problem.jobs[j].rank == PROMISED
        total[Measure.UNASSIGNED if promised else Measure.UNASSIGNED_MINOR] += 1
        total[Measure.MOVED] += problem.jobs[j].planned is not None
    for v, route in enumerate(solution.routes):
        _add_route(problem, v, route, total)
    return total


def _add_route(problem: Problem, v: int, route: Route, total: dict[Measure, int]) -> None:
    vehicle = problem.vehicles[v]
    timetable = schedule(problem, v, route)
    waiting = sum(visit.start - visit.arrival for visit in timetable.visits)
    total[Measure.BUSY] += timetable.end - vehicle.shift.early - waiting
    if vehicle.next_location is not None:
        first = route[0].task(problem).location if route else None
        total[Measure.DIVERTED] += first != vehicle.next_location
    for visit in timetable.visits:
        if visit.activity.kind is Kind.DELIVERY:
            _add_delivery(problem, v, visit, total)


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
    total = measures(problem, solution)
    return tuple(sum(weight * total[name] for name, weight in tier) for tier in problem.tiers)
