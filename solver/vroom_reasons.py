"""Why tasks of a request are unassigned, in the words of VROOM's format."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from solver.explain import obstacle_of
from solver.problem import FOREVER
from solver.resting import with_breaks
from solver.solution import Activity, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from solver.explain import Obstacle
    from solver.problem import Problem
    from solver.solution import Solution
    from solver.vroom_reading import Request

MOST_TRIALS = 100
"""How many vehicles are tried in all, for large requests."""

_LACKS = {
    "capacity": "the capacity of vehicle {v} is {n} short",
    "max_tasks": "max_tasks of vehicle {v} is {n} short",
    "window": "time windows of tasks on vehicle {v} end {n} s too early",
    "shift": "the time window of vehicle {v} ends {n} s too early",
    "travel": "max_travel_time of vehicle {v} is {n} s short",
    "distance": "max_distance of vehicle {v} is {n} m short",
    "break": "the time windows of the breaks of vehicle {v} end {n} s too early",
    "break_load": "max_load of the breaks of vehicle {v} is {n} short",
}


def reasons_of(
    request: Request, solution: Solution, deadline: float | None = None
) -> dict[tuple[str, int], str]:
    """
    Returns why tasks are unassigned, by kind and id.

    Each reason says whether any vehicle could serve the task alone. Of the first tasks it names
    what is in the way on the vehicle that is nearest to serving it besides its others: where the
    fewest limits, by the smallest number, must give way (see `explain`). At most `MOST_TRIALS`
    vehicles are tried for that, and none after ``deadline``, an instant of ``perf_counter``.
    """
    found, left = {}, MOST_TRIALS
    for j in sorted(solution.unassigned):
        able = [v for v in range(len(request.vehicles)) if request.problem.jobs[j].allows(v)]
        text, tried = _alone(request.problem, j, able), []
        for v in able[:left]:
            if deadline is not None and perf_counter() >= deadline:
                break
            tried.append((v, obstacle_of(request.problem, solution, j, v)))
        left -= len(tried)
        # A vehicle nearer to it may be among those not tried.
        if tried and len(tried) == len(able):
            text = " ".join((text, *_nearest(request, tried)))
        for task in request.missions[j].tasks:
            found[task.kind, task.id] = text
    return found


def _alone(problem: Problem, j: int, able: list[int]) -> str:
    """Returns whether any of the vehicles could serve a job and nothing else."""
    if not able:
        return "No vehicle has the skills."
    halves = [Activity(j, Kind.DELIVERY)]
    if problem.jobs[j].pickup is not None:
        halves.insert(0, Activity(j, Kind.PICKUP))
    if any(with_breaks(problem, v, tuple(halves)) for v in able):
        return "Every vehicle that could serve it alone is better used, or is full, with others."
    return "No vehicle with the skills can serve it, even alone: a window or a limit is in the way."


def _nearest(request: Request, tried: list[tuple[int, Obstacle | None]]) -> Iterator[str]:
    """Yields what is in the way on the vehicle that is nearest to serving a job."""
    in_the_way = [obstacle for _, obstacle in tried if obstacle is not None]
    if len(in_the_way) < len(tried):
        v = next(v for v, obstacle in tried if obstacle is None)
        yield f"Vehicle {request.vehicles[v].id} could still serve it: the time was over."
        return
    of = min(in_the_way, key=lambda obstacle: (len(obstacle.too), obstacle.short_by))
    vehicle = request.vehicles[of.vehicle].id
    if of.short_by >= FOREVER:
        yield f"Nearest: its time windows open too late for vehicle {vehicle}."
        return
    # The problem counts in hundredths of a second where VROOM does.
    by = -(-of.short_by // request.unit) if of.unit == "s" else of.short_by
    text = f"Nearest: {_LACKS[of.kind].format(v=vehicle, n=by)}"
    yield text + (f"; {' and '.join(of.too)} must give way too." if of.too else ".")
