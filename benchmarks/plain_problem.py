"""Problems of ours as the plain values that peers are asked with; their answers as solutions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.peer_worker import DELIVERY, PICKUP
from solver.problem import TRAVEL_TIERS
from solver.solution import Activity, Kind, Solution

if TYPE_CHECKING:
    from benchmarks.peer_worker import Plain, Routes
    from solver.problem import Job, Problem, Task

KINDS = {PICKUP: Kind.PICKUP, DELIVERY: Kind.DELIVERY}


def plain(problem: Problem, *, prizes: bool = False) -> Plain:
    """
    Returns a problem as `peer_worker` describes it, whatever its tiers.

    Rides cost their seconds under `TRAVEL_TIERS`, their expense otherwise. With ``prizes`` a job
    may be left out for its prize, else all must be served. Raises ValueError for what plain
    problems do not have: more profiles, setup, several windows, breaks, limits of a route.
    """
    _check(problem)
    is_travel = problem.costs is None or problem.tiers == TRAVEL_TIERS
    return {
        "durations": problem.durations,
        "costs": None if is_travel else problem.costs,
        "vehicles": [
            {
                "start": vehicle.start,
                "end": vehicle.end,
                "capacity": list(vehicle.capacity),
                "early": vehicle.shift.early,
                "late": vehicle.shift.late,
                "profile": 0,
            }
            for vehicle in problem.vehicles
        ],
        "jobs": [_job(job, job.prize if prizes else None) for job in problem.jobs],
    }


def _job(job: Job, prize: int | None) -> Plain:
    return {
        "pickup": None if job.pickup is None else _task(job.pickup),
        "delivery": _task(job.delivery) | {"due": job.delivery.due},
        "load": list(job.load),
        "vehicles": None if job.vehicles is None else sorted(job.vehicles),
        "carrier": job.carrier,
        "prize": prize,
    }


def _task(task: Task) -> Plain:
    return {
        "location": task.location,
        "early": task.window.early,
        "late": task.window.late,
        "service": task.service_duration,
    }


def _check(problem: Problem) -> None:
    if problem.more_profiles:
        raise ValueError(f"Expected one profile, got {1 + len(problem.more_profiles)}.")
    for vehicle in problem.vehicles:
        limits = (vehicle.max_tasks, vehicle.max_travel, vehicle.max_distance)
        if vehicle.breaks or limits != (None, None, None):
            raise ValueError(f"Vehicle {vehicle.name!r} has breaks or limits of its route.")
    for job in problem.jobs:
        for task in (job.pickup, job.delivery):
            if task and (task.setup_duration or task.later_windows or task.by_vehicle):
                raise ValueError(f"Job {job.name!r} has setup, later windows or times by vehicle.")
        if job.collected:
            raise ValueError(f"Job {job.name!r} collects goods.")


def read_back(problem: Problem, routes: Routes) -> Solution:
    """Returns the solution that a peer's routes are, legal or not; jobs in none are unassigned."""
    activities = tuple(
        tuple(Activity(int(j), KINDS[half]) for j, half in route) for route in routes
    )
    served = {activity.job for route in activities for activity in route}
    return Solution(activities, frozenset(range(len(problem.jobs))) - served)


def plain_routes(solution: Solution) -> Routes:
    """Returns the routes of a solution as a peer's start."""
    return [[(activity.job, str(activity.kind)) for activity in r] for r in solution.routes]
