"""What can be kept of broken routes, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.problem import FOREVER
from solver.solution import Kind, schedule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solver.problem import Problem
    from solver.solution import Activity, Route


def salvage(problem: Problem, routes: Sequence[Route]) -> tuple[Route, ...]:
    """
    Returns one legal route per vehicle, made of what the given routes have in common with one.

    Jobs that are unknown, halved, already kept or not allowed are left out, then, route by route,
    those that break a window, the capacity or the shift. Surplus routes are ignored.
    """
    kept: list[Route] = []
    taken: set[int] = set()
    for v in range(len(problem.vehicles)):
        route = _whole_jobs(problem, v, routes[v] if v < len(routes) else (), taken)
        while (j := _first_in_breach(problem, v, route)) is not None:
            route = tuple(a for a in route if a.job != j)
        taken |= {a.job for a in route}
        kept.append(route)
    return tuple(kept)


def _whole_jobs(problem: Problem, v: int, route: Route, taken: set[int]) -> Route:
    """Returns the first activities of jobs that vehicle ``v`` may serve and has both halves of."""
    first: dict[tuple[int, Kind], Activity] = {}
    for activity in route:
        j = activity.job
        known = 0 <= j < len(problem.jobs) and j not in taken and problem.jobs[j].allows(v)
        if not known:
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
    jobs = problem.jobs
    capacity = min((*problem.vehicles[v].capacity, FOREVER))
    load = sum(sum(job.load) for job in jobs if job.carrier == v)
    for activity in route:
        job = jobs[activity.job]
        if job.pickup is None and job.carrier is None and sum(job.load):
            load += sum(job.load)
            if load > capacity:
                return activity.job
    for activity in route:
        if activity.kind is Kind.PICKUP:
            load += sum(jobs[activity.job].load)
            if load > capacity:
                return activity.job
        else:
            load -= sum(jobs[activity.job].load)
    return None
