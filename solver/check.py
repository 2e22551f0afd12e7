"""
The judge: says what is wrong with a solution.

It works out times, loads and windows by itself and shares no code with ``schedule``, the insertion
or the search, so that a mistake there cannot hide here.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from solver.problem import FOREVER
from solver.solution import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from solver.problem import Problem, Task
    from solver.solution import Route, Solution

_Step = tuple[str, Kind, "Task"]
"""Job name, half and task of one activity that exists."""


def violations(problem: Problem, solution: Solution) -> tuple[str, ...]:
    """
    Returns every hard limit that a solution breaks, in words; empty means legal.

    Each text names the job or vehicle, the value and its limit, times in seconds. A job later than
    its ``due`` breaks nothing. A vehicle that starts with more goods on board than it may carry may
    deliver them, but is in breach with each pickup until its load is within the capacity.
    """
    if len(solution.routes) != len(problem.vehicles):
        have, want = len(solution.routes), len(problem.vehicles)
        return (f"The solution has {have} routes for {want} vehicles.",)
    found = list(_miscounted(problem, solution))
    for v, route in enumerate(solution.routes):
        found += _misplaced(problem, v, route)
        found += _overloaded(problem, v, route)
        found += _mistimed(problem, v, route)
    return tuple(found)


def _miscounted(problem: Problem, solution: Solution) -> Iterator[str]:
    """Yields jobs that are unknown, absent, halved or served more than once."""
    counts = Counter((a.job, a.kind) for route in solution.routes for a in route)
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


def _misplaced(problem: Problem, v: int, route: Route) -> Iterator[str]:
    """Yields vehicles that may not serve a job, and halves out of order or out of the route."""
    vehicle = problem.vehicles[v]
    picked: set[int] = set()
    delivered: set[int] = set()
    for activity in route:
        j = activity.job
        if not 0 <= j < len(problem.jobs):
            continue
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


def _overloaded(problem: Problem, v: int, route: Route) -> Iterator[str]:
    """Yields where goods on board exceed the capacity: at the start, or by a pickup."""
    vehicle = problem.vehicles[v]
    bound = sum(sum(job.load) for job in problem.jobs if job.carrier == v)
    served = {a.job for a in route if a.kind is Kind.DELIVERY and 0 <= a.job < len(problem.jobs)}
    chosen = sum(
        sum(job.load)
        for job in (problem.jobs[j] for j in served)
        if job.pickup is None and job.carrier != v
    )
    load = bound + chosen
    if chosen and load > min((*vehicle.capacity, FOREVER)):
        yield f"Vehicle {vehicle.name!r} starts with {load} units, capacity {vehicle.capacity[0]}."
    for activity in route:
        if not 0 <= activity.job < len(problem.jobs):
            continue
        job = problem.jobs[activity.job]
        if activity.kind is Kind.DELIVERY:
            load -= sum(job.load)
            continue
        load += sum(job.load)
        if load > min((*vehicle.capacity, FOREVER)):
            yield (
                f"Vehicle {vehicle.name!r} carries {load} units after the pickup of job"
                f" {job.name!r}, capacity {vehicle.capacity[0]}."
            )


def _mistimed(problem: Problem, v: int, route: Route) -> Iterator[str]:
    """Yields services that start after their window and routes that end after the shift."""
    vehicle = problem.vehicles[v]
    clock, place = vehicle.shift.early, vehicle.start
    for stop in _stops(problem, route):
        where = stop[0][2].location
        clock += int(problem.durations[place, where])
        place = where
        clock = max([clock, *(task.window.early for _, _, task in stop)])
        for name, kind, task in stop:
            if clock > task.window.late:
                yield (
                    f"The {kind} of job {name!r} starts at {clock} s,"
                    f" {clock - task.window.late} s after its window ends at {task.window.late} s."
                )
            clock += task.service_duration
    if vehicle.end is not None:
        clock += int(problem.durations[place, vehicle.end])
    if route and clock > vehicle.shift.late:
        yield (
            f"Vehicle {vehicle.name!r} ends at {clock} s,"
            f" {clock - vehicle.shift.late} s after its shift ends at {vehicle.shift.late} s."
        )


def _stops(problem: Problem, route: Route) -> Iterator[list[_Step]]:
    """Yields what starts together: the pickups of one load stop, or a single delivery."""
    stop: list[_Step] = []
    for activity in route:
        if not 0 <= activity.job < len(problem.jobs):
            continue
        job = problem.jobs[activity.job]
        task = job.pickup if activity.kind is Kind.PICKUP else job.delivery
        if task is None:
            continue
        joins = (
            bool(stop)
            and stop[-1][1] is activity.kind is Kind.PICKUP
            and stop[-1][2].location == task.location
        )
        if stop and not joins:
            yield stop
            stop = []
        stop.append((job.name, activity.kind, task))
    if stop:
        yield stop
