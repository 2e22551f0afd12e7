"""
The judge: says what is wrong with a solution.

It works out times, loads and windows by itself and shares no code with ``schedule``, the insertion
or the search, so that a mistake there cannot hide here.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from solver.check_course import goods_aboard, mistimed, overloaded
from solver.solution import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from solver.problem import Problem
    from solver.solution import Activity, Route, Solution


def violations(
    problem: Problem, solution: Solution, known: Solution | None = None
) -> tuple[str, ...]:
    """
    Returns every hard limit that a solution breaks, in words; empty means legal.

    ``known`` is a solution of the same problem whose routes need not be judged again (None: every
    route is judged); who is served by which route, and that it is one, is always looked at.

    Each text names the job or vehicle, the value and its limit, times in seconds. A job later than
    its ``due`` breaks nothing. A vehicle that starts with more goods on board than it may carry may
    deliver them, but is in breach with all it takes on board until its load is within the capacity.
    """
    if len(solution.routes) != len(problem.vehicles):
        have, want = len(solution.routes), len(problem.vehicles)
        return (f"The solution has {have} routes for {want} vehicles.",)
    found = list(_miscounted(problem, solution))
    aboard = goods_aboard(problem)
    for v, route in enumerate(solution.routes):
        if known is not None and known.routes[v] == route:
            continue
        existing = tuple(activity for activity in route if _exists(problem, v, activity))
        found += _restless(problem, v, route)
        found += _misplaced(problem, v, existing)
        found += _overstretched(problem, v, existing)
        found += overloaded(problem, v, existing, aboard[v])
        found += mistimed(problem, v, existing)
    return tuple(found)


def _exists(problem: Problem, v: int, activity: Activity) -> bool:
    """Returns whether the problem has this activity for the vehicle, to be placed and timed."""
    if activity.kind is Kind.BREAK:
        return 0 <= activity.job < len(problem.vehicles[v].breaks)
    if not 0 <= activity.job < len(problem.jobs):
        return False
    return activity.kind is Kind.DELIVERY or problem.jobs[activity.job].pickup is not None


def _miscounted(problem: Problem, solution: Solution) -> Iterator[str]:
    """Yields jobs that are unknown, absent, halved or served more than once."""
    tasks = [a for route in solution.routes for a in route if a.kind is not Kind.BREAK]
    counts = Counter((a.job, a.kind) for a in tasks)
    named = {j for j, _ in counts} | solution.unassigned
    for j in sorted(named - set(range(len(problem.jobs)))):
        yield f"Job index {j} is unknown: the problem has {len(problem.jobs)} jobs."
    for j, job in enumerate(problem.jobs):
        pickups, deliveries = counts[j, Kind.PICKUP], counts[j, Kind.DELIVERY]
        if j in solution.unassigned:
            if pickups or deliveries:
                yield f"Job {job.name!r} is unassigned and {pickups + deliveries} times in routes."
            continue
        if deliveries != 1:
            yield f"Job {job.name!r} has {deliveries} deliveries, expected 1."
        if pickups != (expected := int(job.pickup is not None)):
            yield f"Job {job.name!r} has {pickups} pickups, expected {expected}."


def _restless(problem: Problem, v: int, route: Route) -> Iterator[str]:
    """Yields breaks that a vehicle does not have, leaves out, or takes more than once."""
    vehicle = problem.vehicles[v]
    taken = [a.job for a in route if a.kind is Kind.BREAK]
    if not taken and not vehicle.breaks:
        return
    counts = Counter(taken)
    for index in sorted(counts.keys() - set(range(len(vehicle.breaks)))):
        yield (
            f"Break index {index} is unknown: vehicle {vehicle.name!r} has"
            f" {len(vehicle.breaks)} breaks."
        )
    for index, rest in enumerate(vehicle.breaks):
        if route and counts[index] != 1:
            yield (
                f"Vehicle {vehicle.name!r} takes break {rest.name!r} {counts[index]} times,"
                f" expected 1."
            )


def _misplaced(problem: Problem, v: int, route: Route) -> Iterator[str]:
    """Yields vehicles that may not serve a job, and halves out of order or out of the route."""
    vehicle = problem.vehicles[v]
    picked: set[int] = set()
    delivered: set[int] = set()
    for activity in route:
        if activity.kind is Kind.BREAK:
            continue
        j = activity.job
        job = problem.jobs[j]
        if job.vehicles is not None and v not in job.vehicles:
            yield (
                f"Vehicle {vehicle.name!r} may not serve job {job.name!r},"
                f" allowed are {sorted(job.vehicles)}."
            )
        if activity.kind is Kind.PICKUP:
            picked.add(j)
            continue
        delivered.add(j)
        if job.pickup is not None and j not in picked:
            yield f"Job {job.name!r} is delivered by vehicle {vehicle.name!r} before its pickup."
    for j in sorted(picked - delivered):
        yield f"Job {problem.jobs[j].name!r} is picked up by vehicle {vehicle.name!r} for good."


def _overstretched(problem: Problem, v: int, route: Route) -> Iterator[str]:
    """Yields routes of more tasks, riding or metres than the vehicle may have."""
    vehicle = problem.vehicles[v]
    if vehicle.max_tasks is vehicle.max_travel is vehicle.max_distance is None:
        return
    places = [vehicle.start]
    for activity in route:
        job = None if activity.kind is Kind.BREAK else problem.jobs[activity.job]
        if job is not None:
            task = job.pickup if activity.kind is Kind.PICKUP else job.delivery
            places += [] if task is None else [task.location]
    num_tasks = len(places) - 1
    if not num_tasks:
        return
    if vehicle.end is not None:
        places.append(vehicle.end)
    if vehicle.max_tasks is not None and num_tasks > vehicle.max_tasks:
        yield f"Vehicle {vehicle.name!r} has {num_tasks} tasks, at most {vehicle.max_tasks}."
    for limit, matrix, unit in (
        (vehicle.max_travel, problem.durations_of(v), "s"),
        (vehicle.max_distance, problem.distances_of(v), "m"),
    ):
        if limit is None or matrix is None:
            continue
        ridden = sum(int(matrix[leg]) for leg in pairwise(places))
        if ridden > limit:
            yield f"Vehicle {vehicle.name!r} rides {ridden} {unit}, at most {limit} {unit}."
