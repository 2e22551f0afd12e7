"""
Whether one route keeps every hard limit, asked plainly of its timetable.

For the lanes that know every feature; the judge in `solver.check` works everything out again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.solution import Kind, ridden, schedule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solver.problem import Problem, TimeWindow
    from solver.solution import Route, Visit


def is_feasible(problem: Problem, v: int, route: Route) -> bool:
    """Returns whether a route of existing activities keeps every limit but to take all breaks."""
    if not route:
        return True
    vehicle = problem.vehicles[v]
    tasks = tuple(a for a in route if a.kind is not Kind.BREAK)
    if any(not problem.jobs[a.job].allows(v) for a in tasks):
        return False
    if vehicle.max_tasks is not None and len(tasks) > vehicle.max_tasks:
        return False
    if tasks and (vehicle.max_travel is not None or vehicle.max_distance is not None):
        seconds, metres, _ = ridden(problem, v, tasks)
        if vehicle.max_travel is not None and seconds > vehicle.max_travel:
            return False
        if vehicle.max_distance is not None and metres > vehicle.max_distance:
            return False
    return fits(problem, v, route) and is_timely(problem, v, route)


def is_timely(problem: Problem, v: int, route: Route, leave: int | None = None) -> bool:
    """Returns whether everything starts within a window and the vehicle ends within its shift."""
    timetable = schedule(problem, v, route, leave)
    if route and timetable.end > problem.vehicles[v].shift.late:
        return False
    return all(_is_open(visit, _windows(problem, v, visit)) for visit in timetable.visits)


def may_go_on(problem: Problem, v: int, route: Route) -> bool:
    """Returns whether a route that is not at its end yet is timely so far."""
    visits = schedule(problem, v, route).visits
    if visits and visits[-1].departure > problem.vehicles[v].shift.late:
        return False
    return all(_is_open(visit, _windows(problem, v, visit)) for visit in visits)


def _windows(problem: Problem, v: int, visit: Visit) -> Sequence[TimeWindow]:
    activity = visit.activity
    if activity.kind is Kind.BREAK:
        return problem.vehicles[v].breaks[activity.job].windows
    return activity.task(problem).windows


def _is_open(visit: Visit, windows: Sequence[TimeWindow]) -> bool:
    return any(window.early <= visit.start <= window.late for window in windows)


def fits(problem: Problem, v: int, route: Route) -> bool:
    """Returns whether the goods on board stay within the capacity and the limits of breaks."""
    return all(_fits(problem, v, route, d) for d in range(problem.dimensions))


def _fits(problem: Problem, v: int, route: Route, d: int) -> bool:
    jobs, vehicle = problem.jobs, problem.vehicles[v]
    room = vehicle.capacity[d] if vehicle.capacity else None
    bound = sum(job.load[d] for job in jobs if job.carrier == v and job.load)
    chosen = [jobs[a.job] for a in route if a.kind is Kind.DELIVERY]
    chosen = [job for job in chosen if job.pickup is None and job.carrier != v]
    loaded = sum(job.load[d] for job in chosen if job.load)
    load = bound + loaded
    if room is not None and load > room and any(any(job.load) for job in chosen):
        return False
    for activity in route:
        if activity.kind is Kind.BREAK:
            most = vehicle.breaks[activity.job].max_load
            if most and load > most[d]:
                return False
            continue
        job = jobs[activity.job]
        amount = job.load[d] if job.load else 0
        if activity.kind is Kind.PICKUP:
            load, takes = load + amount, True
        else:
            load += (job.collected[d] if job.collected else 0) - amount
            takes = any(job.collected)
        if takes and room is not None and load > room:
            return False
    return True
