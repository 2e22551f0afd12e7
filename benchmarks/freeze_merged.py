"""
A larger peak than was frozen: several frozen problems side by side, as one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.freeze_files import Frozen
from solver.problem import Job, Problem, Task, Vehicle
from solver.solution import Activity, Route, Solution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def merged(parts: Sequence[Frozen], table: NDArray[np.int64]) -> Frozen:
    """
    Returns one problem with the couriers, jobs and routes of several; their ``new`` that is first.

    Newcomers of the other parts are left out of all routes too.
    """
    places = tuple(dict.fromkeys(place for part in parts for place in part.places))
    index = {place: i for i, place in enumerate(places)}
    vehicles: list[Vehicle] = []
    jobs: list[Job] = []
    routes: list[Route] = []
    for number, part in enumerate(parts):
        moved = [index[place] for place in part.places]
        first_v, first_j = len(vehicles), len(jobs)
        vehicles += [_moved_vehicle(v, moved, number) for v in part.problem.vehicles]
        jobs += [_moved_job(job, moved, number, first_v) for job in part.problem.jobs]
        routes += [
            tuple(Activity(a.job + first_j, a.kind) for a in route) for route in part.initial.routes
        ]
    problem = Problem(tuple(vehicles), tuple(jobs), table[np.ix_(places, places)])
    left = frozenset(range(len(jobs))) - {a.job for route in routes for a in route}
    name, size = "+".join(part.name for part in parts), sum(part.size for part in parts)
    return Frozen(name, size, problem, Solution(tuple(routes), left), parts[0].new, (), places)


def _moved_task(task: Task, moved: Sequence[int]) -> Task:
    return replace(task, location=moved[task.location])


def _moved_vehicle(vehicle: Vehicle, moved: Sequence[int], part: int) -> Vehicle:
    end, ahead = vehicle.end, vehicle.next_location
    return replace(
        vehicle,
        name=f"{part}:{vehicle.name}",
        start=moved[vehicle.start],
        end=None if end is None else moved[end],
        next_location=None if ahead is None else moved[ahead],
    )


def _moved_job(job: Job, moved: Sequence[int], part: int, first: int) -> Job:
    return replace(
        job,
        name=f"{part}:{job.name}",
        delivery=_moved_task(job.delivery, moved),
        pickup=None if job.pickup is None else _moved_task(job.pickup, moved),
        vehicles=None if job.vehicles is None else frozenset(v + first for v in job.vehicles),
        planned=None if job.planned is None else job.planned + first,
        carrier=None if job.carrier is None else job.carrier + first,
    )
