"""What can be kept of broken routes, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.arrays import arrays
from solver.solution import Kind, schedule
from solver.tours import LEGAL, tours_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solver.problem import Problem
    from solver.solution import Activity, Route


def salvage(problem: Problem, routes: Sequence[Route]) -> tuple[Route, ...]:
    """
    Returns one legal route per vehicle, made of what the given routes have in common with one.

    Jobs that are unknown, halved, already kept or not allowed are left out, then, route by route,
    those that break a window, the capacity, the number of tasks or the shift. Surplus routes are
    ignored.
    """
    kept: list[Route] = []
    taken: set[int] = set()
    for v in range(len(problem.vehicles)):
        route = _whole_jobs(problem, v, routes[v] if v < len(routes) else (), taken)
        taken |= {a.job for a in route}
        kept.append(route)
    legal = tours_of(arrays(problem), kept, len(kept)).head[:, LEGAL]
    return tuple(route if legal[v] else _mended(problem, v, route) for v, route in enumerate(kept))


def _mended(problem: Problem, v: int, route: Route) -> Route:
    """Returns a route without the jobs that break its limits, one after the other."""
    while (j := _first_in_breach(problem, v, route)) is not None:
        route = tuple(a for a in route if a.job != j)
    return route


def _whole_jobs(problem: Problem, v: int, route: Route, taken: set[int]) -> Route:
    """Returns the first activities of jobs that vehicle ``v`` may serve and has both halves of."""
    first: dict[tuple[int, Kind], Activity] = {}
    for activity in route:
        j = activity.job
        known = 0 <= j < len(problem.jobs) and j not in taken and problem.jobs[j].allows(v)
        if not known or activity.kind is Kind.BREAK:
            continue
        on_board = problem.jobs[j].pickup is None
        if activity.kind is Kind.PICKUP:
            if not on_board:
                first.setdefault((j, Kind.PICKUP), activity)
        elif on_board or (j, Kind.PICKUP) in first:
            first.setdefault((j, Kind.DELIVERY), activity)
    return tuple(a for a in first.values() if (a.job, Kind.DELIVERY) in first)


def _first_in_breach(problem: Problem, v: int, route: Route) -> int | None:
    """Returns the job to give up for the first broken limit of a route, None when it is legal."""
    most = problem.vehicles[v].max_tasks
    if most is not None and len(route) > most:
        return route[-1].job
    j = _first_overload(problem, v, route)
    if j is not None or not route:
        return j
    timetable = schedule(problem, v, route)
    for visit in timetable.visits:
        if visit.start > visit.activity.task(problem).window.late:
            return visit.activity.job
    # The last delivery is what the shift has no time for.
    return route[-1].job if timetable.end > problem.vehicles[v].shift.late else None


def _first_overload(problem: Problem, v: int, route: Route) -> int | None:
    """Returns the job by which the load first exceeds the capacity, None when it never does."""
    for dimension, room in enumerate(problem.vehicles[v].capacity):
        j = _overload_of(problem, v, route, dimension, room)
        if j is not None:
            return j
    return None


def _overload_of(problem: Problem, v: int, route: Route, dimension: int, room: int) -> int | None:
    """Returns the job by which one amount first exceeds its room, None when it never does."""
    jobs = problem.jobs

    def of(amounts: tuple[int, ...]) -> int:
        return amounts[dimension] if amounts else 0

    load = sum(of(job.load) for job in jobs if job.carrier == v)
    for activity in route:
        job = jobs[activity.job]
        if job.pickup is None and job.carrier is None and any(job.load):
            load += of(job.load)
            if load > room:
                return activity.job
    for activity in route:
        job = jobs[activity.job]
        if activity.kind is Kind.PICKUP:
            load += of(job.load)
        else:
            load += of(job.collected) - of(job.load)
        takes_on = activity.kind is Kind.PICKUP or any(job.collected)
        if takes_on and load > room:
            return activity.job
    return None
