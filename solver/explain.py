"""
Says why a job is left out or late: per vehicle, what is in the way and how much is missing.

Nothing is guessed: limits are relaxed one by one, the job is inserted into the relaxed problem, and
the judge says what that insertion breaks in the real one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import (
    CAPACITY,
    DELIVERY_LATE,
    LOAD,
    PICKUP_LATE,
    SHIFT_LATE,
    Instance,
    arrays,
)
from solver.check import violations
from solver.insertion import best_insertions, places_of
from solver.problem import FOREVER, Problem, TimeWindow
from solver.solution import Activity, Solution
from solver.tours import tours_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from solver.insertion import Insertion
    from solver.problem import Job, Task, Vehicle

_LIMITS = ("capacity", "window", "shift")
"""The hard limits that can be relaxed, in the order in which they are tried."""

_UNITS = {"capacity": "units", "window": "s", "shift": "s"}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """
    What keeps one vehicle from serving a job in time.

    ``kind`` is vehicle_not_allowed, capacity, window, shift or late. ``short_by`` is the least by
    which the limit must give way, in ``unit`` (s, units, or empty). ``text`` says what an insertion
    would break, ``relaxation`` what would let the job in.
    """

    vehicle: int
    kind: str
    short_by: int
    unit: str
    text: str
    relaxation: str


def explain(problem: Problem, solution: Solution, job: int) -> tuple[Obstacle, ...]:
    """
    Returns for each vehicle the first thing in the way of a job that is left out or late.

    All other jobs stay on their vehicles, in their order. A vehicle that could serve the job in
    time and make no other promise late has no obstacle. Raises ValueError for an unknown job.
    """
    if not 0 <= job < len(problem.jobs):
        raise ValueError(f"Expected a job below {len(problem.jobs)}, got {job}.")
    found = (_obstacle(problem, solution, job, v) for v in range(len(problem.vehicles)))
    return tuple(obstacle for obstacle in found if obstacle is not None)


def _obstacle(problem: Problem, solution: Solution, j: int, v: int) -> Obstacle | None:
    vehicle, job = problem.vehicles[v].name, problem.jobs[j]
    if not job.allows(v):
        text = f"Vehicle {vehicle!r} may not serve job {job.name!r}."
        relaxation = f"Allow vehicle {vehicle!r} to serve job {job.name!r}."
        return Obstacle(v, "vehicle_not_allowed", 0, "", text, relaxation)
    alone, rest, k = _alone(problem, solution, j, v)
    if _has_place(alone, rest, k, {}):
        return _lateness(alone, rest, k, v)
    for kind in _LIMITS:
        if _has_place(alone, rest, k, {kind: FOREVER}):
            return _shortage(alone, rest, k, v, kind, {})
    if not _has_place(alone, rest, k, dict.fromkeys(_LIMITS, FOREVER)):
        text = f"Job {job.name!r} opens too late for any vehicle."
        return Obstacle(v, "window", FOREVER, "s", text, "Let its windows open earlier.")
    # No single limit is enough: the first one that is in the way when all after it are lifted.
    for place, kind in enumerate(_LIMITS):
        lifted = dict.fromkeys(_LIMITS[place + 1 :], FOREVER)
        if not _has_place(alone, rest, k, lifted):
            return _shortage(alone, rest, k, v, kind, lifted)
    raise AssertionError("A job fits nowhere although no limit is in the way.")


def _lateness(alone: Problem, rest: Solution, k: int, v: int) -> Obstacle | None:
    """Returns by how much the job, or others because of it, must be late; None if not at all."""
    ins, due, places = arrays(alone), alone.jobs[k].delivery.due, len(alone.tiers)
    choices = [
        (max(0, offer[places] - (FOREVER if due is None else due)), offer[places + 1])
        for offer in places_of(ins, tours_of(ins, rest.routes, 1), 0, k)
    ]
    own, harm = min(choices, key=lambda choice: (sum(choice), choice))
    if not own + harm:
        return None
    name, vehicle = alone.jobs[k].name, alone.vehicles[0].name
    text = f"On vehicle {vehicle!r} job {name!r} is {own} s late and other promises {harm} s later."
    relaxation = f"Grant {own} s to job {name!r} and {harm} s to others on vehicle {vehicle!r}."
    return Obstacle(v, "late", own + harm, "s", text, relaxation)


def _shortage(
    alone: Problem, rest: Solution, k: int, v: int, kind: str, lifted: Mapping[str, int]
) -> Obstacle:
    """Returns the least by which one limit must give way, with those in ``lifted`` gone."""
    low, high = 0, 1
    while not _has_place(alone, rest, k, {**lifted, kind: high}):
        low, high = high, min(FOREVER, 2 * high)
    while high - low > 1:
        middle = (low + high) // 2
        fits = _has_place(alone, rest, k, {**lifted, kind: middle})
        low, high = (low, middle) if fits else (middle, high)
    found = _fit(alone, rest, k, {**lifted, kind: high})
    if found is None:
        raise AssertionError("A relaxation that let the job in does so no more.")
    broken = violations(alone, Solution((found.route,), rest.unassigned - {k}))
    vehicle, unit = alone.vehicles[0].name, _UNITS[kind]
    relaxation = {
        "capacity": f"Raise the capacity of vehicle {vehicle!r} by {high} units.",
        "window": f"Let the windows on the route of vehicle {vehicle!r} end {high} s later.",
        "shift": f"Let the shift of vehicle {vehicle!r} end {high} s later.",
    }[kind]
    if lifted:
        relaxation += f" Not enough alone: {' and '.join(lifted)} must give way too."
    return Obstacle(v, kind, high, unit, " ".join(broken), relaxation)


def _has_place(alone: Problem, rest: Solution, k: int, relaxed: Mapping[str, int]) -> bool:
    """Returns whether the job can be inserted with limits relaxed by as much as given."""
    ins = _loosened(arrays(alone), relaxed)
    return bool(places_of(ins, tours_of(ins, rest.routes, 1), 0, k))


def _loosened(ins: Instance, by: Mapping[str, int]) -> Instance:
    """Returns the arrays with limits relaxed; `_relaxed` does the same to the problem."""
    job, vehicle = ins.job.copy(), ins.vehicle.copy()
    amounts = (job.shape[1] - LOAD) // 2
    job[:, [PICKUP_LATE, DELIVERY_LATE]] += by.get("window", 0)
    vehicle[:, SHIFT_LATE] += by.get("shift", 0)
    vehicle[:, CAPACITY : CAPACITY + amounts] += by.get("capacity", 0)
    return replace(ins, job=job, vehicle=vehicle)


def _fit(alone: Problem, rest: Solution, k: int, relaxed: Mapping[str, int]) -> Insertion | None:
    """Returns the cheapest insertion with limits relaxed, once the judge has agreed to it."""
    problem = _relaxed(alone, relaxed)
    found = best_insertions(problem, rest, k)
    if found and not violations(problem, Solution((found[0].route,), rest.unassigned - {k})):
        return found[0]
    return None


def _relaxed(alone: Problem, by: Mapping[str, int]) -> Problem:
    """Returns the problem with limits relaxed by as many units or seconds as given."""
    vehicle, more = alone.vehicles[0], by.get("window", 0)
    shift = TimeWindow(vehicle.shift.early, vehicle.shift.late + by.get("shift", 0))
    room = by.get("capacity", 0)
    capacity = tuple(amount + room for amount in vehicle.capacity)
    vehicle = replace(vehicle, capacity=capacity, shift=shift)
    return replace(
        alone, vehicles=(vehicle,), jobs=tuple(_longer_open(job, more) for job in alone.jobs)
    )


def _longer_open(job: Job, more: int) -> Job:
    """Returns the job with windows that end ``more`` seconds later."""

    def longer(task: Task) -> Task:
        return replace(task, window=TimeWindow(task.window.early, task.window.late + more))

    pickup = None if job.pickup is None else longer(job.pickup)
    return replace(job, pickup=pickup, delivery=longer(job.delivery))


def _alone(problem: Problem, solution: Solution, j: int, v: int) -> tuple[Problem, Solution, int]:
    """
    Returns a problem of vehicle ``v`` only, its route without job ``j``, and the new index of it.

    A search over many relaxations needs a problem that holds only what can matter: the vehicle, the
    jobs on it and their locations.
    """
    route = tuple(a for a in solution.routes[v] if a.job != j)
    on_board = {i for i, job in enumerate(problem.jobs) if job.carrier == v}
    kept = sorted({j, *(a.job for a in route), *on_board})
    vehicle = problem.vehicles[v]
    tasks = [t for i in kept for t in (problem.jobs[i].pickup, problem.jobs[i].delivery) if t]
    ends = (vehicle.start, vehicle.end, vehicle.next_location)
    places = sorted({p for p in ends if p is not None} | {task.location for task in tasks})
    alone = Problem(
        vehicles=(_vehicle_at(vehicle, places),),
        jobs=tuple(_job_at(problem.jobs[i], places, v) for i in kept),
        durations=problem.durations_of(v)[np.ix_(places, places)],
        costs=problem.costs_of(v)[np.ix_(places, places)],
        tiers=problem.tiers,
        joint_loading=problem.joint_loading,
    )
    new = {i: n for n, i in enumerate(kept)}
    renamed = tuple(Activity(new[a.job], a.kind) for a in route)
    served = {a.job for a in renamed}
    return alone, Solution((renamed,), frozenset(range(len(kept))) - served), new[j]


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
