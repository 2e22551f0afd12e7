"""A problem of one vehicle and what is on its route, cut out of a larger one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from solver.problem import Problem
from solver.resting import without_breaks
from solver.solution import Activity, Solution

if TYPE_CHECKING:
    from solver.problem import Job, Task, Vehicle


def alone(problem: Problem, solution: Solution, j: int, v: int) -> tuple[Problem, Solution, int]:
    """
    Returns a problem of vehicle ``v`` only, its route without job ``j``, and the new index of it.

    A search over many relaxations needs a problem that holds only what can matter: the vehicle, the
    jobs on it and their locations. The route has no breaks: they move with what is inserted.
    """
    route = tuple(a for a in without_breaks(solution.routes[v]) if a.job != j)
    on_board = {i for i, job in enumerate(problem.jobs) if job.carrier == v}
    kept = sorted({j, *(a.job for a in route), *on_board})
    vehicle = problem.vehicles[v]
    tasks = [t for i in kept for t in (problem.jobs[i].pickup, problem.jobs[i].delivery) if t]
    ends = (vehicle.start, vehicle.end, vehicle.next_location)
    places = sorted({p for p in ends if p is not None} | {task.location for task in tasks})
    metres, rows = problem.distances_of(v), np.ix_(places, places)
    cut = Problem(
        vehicles=(_vehicle_at(vehicle, places),),
        jobs=tuple(_job_at(problem.jobs[i], places, v) for i in kept),
        durations=problem.durations_of(v)[rows],
        distances=None if metres is None else metres[rows],
        costs=problem.costs_of(v)[rows],
        tiers=problem.tiers,
        joint_loading=problem.joint_loading,
    )
    new = {i: n for n, i in enumerate(kept)}
    renamed = tuple(Activity(new[a.job], a.kind) for a in route)
    served = {a.job for a in renamed}
    return cut, Solution((renamed,), frozenset(range(len(kept))) - served), new[j]


def _vehicle_at(vehicle: Vehicle, places: list[int]) -> Vehicle:
    """Returns the vehicle with its locations as positions in ``places``."""
    ends = (vehicle.start, vehicle.end, vehicle.next_location)
    start, end, after = (None if place is None else places.index(place) for place in ends)
    return replace(vehicle, start=start or 0, end=end, next_location=after, profile=0)


def _job_at(job: Job, places: list[int], v: int) -> Job:
    """Returns the job as vehicle ``v`` alone sees it, locations as positions in ``places``."""
    pickup = None if job.pickup is None else _task_at(job.pickup, places, v)
    # Goods that could be on any vehicle must not count as on board of this one.
    vehicles, carrier = (None, None) if job.carrier is None else (frozenset((0,)), 0)
    delivery = _task_at(job.delivery, places, v)
    return replace(
        job, pickup=pickup, delivery=delivery, vehicles=vehicles, carrier=carrier, planned=None
    )


def _task_at(task: Task, places: list[int], v: int) -> Task:
    return replace(
        task,
        location=places.index(task.location),
        service_duration=task.service_on(v),
        setup_duration=task.setup_on(v),
        by_vehicle=(),
    )
