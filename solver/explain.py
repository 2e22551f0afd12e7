"""
Says why a job is left out or late: per vehicle, what is in the way and how much is missing.

Nothing is guessed: limits are relaxed one by one, the job is inserted into the relaxed problem, and
the judge says what that insertion breaks in the real one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from solver.alone import alone
from solver.problem import FOREVER
from solver.relaxing import LIMITS, trial

if TYPE_CHECKING:
    from collections.abc import Mapping

    from solver.problem import Problem
    from solver.relaxing import Trial
    from solver.solution import Solution

_UNITS = {
    "capacity": "units",
    "max_tasks": "tasks",
    "window": "s",
    "shift": "s",
    "travel": "s",
    "distance": "m",
    "break": "s",
    "break_load": "units",
}

_CURES = {
    "capacity": "Raise the capacity of vehicle {v!r} by {n} units.",
    "max_tasks": "Let vehicle {v!r} do {n} tasks more.",
    "window": "Let the windows on the route of vehicle {v!r} end {n} s later.",
    "shift": "Let the shift of vehicle {v!r} end {n} s later.",
    "travel": "Let vehicle {v!r} ride {n} s more.",
    "distance": "Let vehicle {v!r} ride {n} m more.",
    "break": "Let the windows of the breaks of vehicle {v!r} end {n} s later.",
    "break_load": "Let vehicle {v!r} carry {n} units more in its breaks.",
}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """
    What keeps one vehicle from serving a job in time.

    ``kind`` is vehicle_not_allowed, capacity, max_tasks, window, shift, travel (most seconds of
    riding), distance (most metres), break (when it may be), break_load (what may be on board in it)
    or late. ``short_by`` is the least by which the limit must give way, in ``unit`` (s, m, tasks,
    units, or empty); ``too`` are kinds of limits without which that is not enough. ``text`` says
    what an insertion would break, ``relaxation`` what would let the job in.
    """

    vehicle: int
    kind: str
    short_by: int
    unit: str
    text: str
    relaxation: str
    too: tuple[str, ...] = ()


def explain(problem: Problem, solution: Solution, job: int) -> tuple[Obstacle, ...]:
    """
    Returns for each vehicle the first thing in the way of a job that is left out or late.

    All other jobs stay on their vehicles, in their order; breaks are taken where they fit. A
    vehicle that could serve the job in time and make no other promise late has no obstacle. Raises
    ValueError for an unknown job.
    """
    if not 0 <= job < len(problem.jobs):
        raise ValueError(f"Expected a job below {len(problem.jobs)}, got {job}.")
    found = (obstacle_of(problem, solution, job, v) for v in range(len(problem.vehicles)))
    return tuple(obstacle for obstacle in found if obstacle is not None)


def obstacle_of(problem: Problem, solution: Solution, j: int, v: int) -> Obstacle | None:
    """Returns what `explain` has of one vehicle, None where nothing is in the way."""
    vehicle, job = problem.vehicles[v].name, problem.jobs[j]
    if not job.allows(v):
        text = f"Vehicle {vehicle!r} may not serve job {job.name!r}."
        relaxation = f"Allow vehicle {vehicle!r} to serve job {job.name!r}."
        return Obstacle(v, "vehicle_not_allowed", 0, "", text, relaxation)
    tried = trial(*alone(problem, solution, j, v))
    if tried.has_place({}):
        own, harm = tried.lateness()
        return _late(tried, v, own, harm) if own + harm else None
    for kind in LIMITS:
        if tried.has_place({kind: FOREVER}):
            return _shortage(tried, v, kind, {})
    if not tried.has_place(dict.fromkeys(LIMITS, FOREVER)):
        text = f"Job {job.name!r} opens too late for any vehicle."
        return Obstacle(v, "window", FOREVER, "s", text, "Let its windows open earlier.")
    # No single limit is enough: the first one that is in the way when all after it are lifted.
    for place, kind in enumerate(LIMITS):
        lifted = dict.fromkeys(LIMITS[place + 1 :], FOREVER)
        if not tried.has_place(lifted):
            return _shortage(tried, v, kind, _needed(tried, kind, lifted))
    raise AssertionError("A job fits nowhere although no limit is in the way.")


def _needed(tried: Trial, kind: str, lifted: Mapping[str, int]) -> dict[str, int]:
    """Returns of the limits lifted besides one those that have to be."""
    needed = dict(lifted)
    for other in lifted:
        fewer = {name: by for name, by in needed.items() if name != other}
        if tried.has_place({**fewer, kind: FOREVER}):
            needed = fewer
    return needed


def _late(tried: Trial, v: int, own: int, harm: int) -> Obstacle:
    """Returns by how much the job, and others because of it, must be late."""
    name, vehicle = tried.problem.jobs[tried.job].name, tried.problem.vehicles[0].name
    text = f"On vehicle {vehicle!r} job {name!r} is {own} s late and other promises {harm} s later."
    relaxation = f"Grant {own} s to job {name!r} and {harm} s to others on vehicle {vehicle!r}."
    return Obstacle(v, "late", own + harm, "s", text, relaxation)


def _shortage(tried: Trial, v: int, kind: str, lifted: Mapping[str, int]) -> Obstacle:
    """Returns the least by which one limit must give way, with those in ``lifted`` gone."""
    low, high = 0, 1
    while not tried.has_place({**lifted, kind: high}):
        low, high = high, min(FOREVER, 2 * high)
    while high - low > 1:
        middle = (low + high) // 2
        fits = tried.has_place({**lifted, kind: middle})
        low, high = (low, middle) if fits else (middle, high)
    route = tried.fit({**lifted, kind: high})
    if route is None:
        raise AssertionError("A relaxation that let the job in does so no more.")
    relaxation = _CURES[kind].format(v=tried.problem.vehicles[0].name, n=high)
    if lifted:
        relaxation += f" Not enough alone: {' and '.join(lifted)} must give way too."
    text = " ".join(tried.broken(route))
    return Obstacle(v, kind, high, _UNITS[kind], text, relaxation, tuple(lifted))
