"""
A problem as flat arrays: what the compiled kernels read.

Locations have one more row and column than the problem, to which every ride takes nothing: the end
of open routes. Times are int64 seconds, prices of measures int64.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from solver.problem import PROMISED, Measure

if TYPE_CHECKING:
    from solver.problem import Problem, Vehicle

Longs = NDArray[np.int64]
Ints = NDArray[np.int32]

NEVER = 2**40
"""A due that no start exceeds and a limit that no route reaches, in seconds, units or tasks."""

ROUTE_MEASURES = (
    Measure.LATE,
    Measure.LATENESS,
    Measure.LATE_MINOR,
    Measure.BUSY,
    Measure.COMPLETION,
    Measure.MOVED,
    Measure.DIVERTED,
    Measure.EXPENSE,
    Measure.USED,
    Measure.TRAVEL,
)
"""What a route is measured by, in the order of the kernels; metres are left to `solution.cost`."""

LATE, LATENESS, LATE_MINOR, BUSY, COMPLETION, MOVED, DIVERTED, EXPENSE, USED, TRAVEL = range(10)


class Instance(NamedTuple):
    """
    The vehicles (V), jobs (J), amounts (K), profiles (P) and tiers (T) of a problem.

    ``ride`` (P, n+1, n+1) in seconds, ``expense`` likewise, or (1, 1, 1) where it is the seconds.
    ``bound`` (V, K) is on board at the start whatever the route. ``pickup`` and ``next_place`` are
    -1 where there is none, so are ``carrier`` and ``planned``. ``weights`` (T, 10) price the
    measures of routes and ``missing`` (J, T) a job left out. ``twin`` numbers vehicles that differ
    in name only alike.
    """

    ride: Ints
    expense: Ints
    start: Ints
    end: Ints
    early: Longs
    late: Longs
    profile: Ints
    capacity: Longs
    bound: Longs
    next_place: Ints
    most_tasks: Longs
    fixed_cost: Longs
    task_cost: Longs
    twin: Ints
    pickup: Ints
    pickup_early: Longs
    pickup_late: Longs
    pickup_service: Longs
    delivery: Ints
    delivery_early: Longs
    delivery_late: Longs
    delivery_service: Longs
    due: Longs
    promised: NDArray[np.uint8]
    load: Longs
    collected: Longs
    collects: NDArray[np.uint8]
    carrier: Ints
    planned: Ints
    allowed: NDArray[np.uint8]
    weights: Longs
    missing: Longs
    joint: int


@lru_cache(maxsize=8)
def arrays(problem: Problem) -> Instance:
    """Returns the arrays of a problem, the same ones for the same object."""
    return Instance(
        **_matrices(problem),
        **_fleet(problem),
        **_work(problem),
        weights=_weights(problem, ROUTE_MEASURES),
        missing=_missing(problem),
        joint=int(problem.joint_loading),
    )


def _matrices(problem: Problem) -> dict[str, Ints]:
    profiles = [problem.durations, *(profile.durations for profile in problem.more_profiles)]
    costs = [problem.costs, *(profile.costs for profile in problem.more_profiles)]
    ride = np.stack([np.pad(matrix, (0, 1)) for matrix in profiles]).astype(np.int32)
    if all(matrix is None for matrix in costs):
        return {"ride": ride, "expense": np.zeros((1, 1, 1), dtype=np.int32)}
    paid = [d if c is None else c for d, c in zip(profiles, costs, strict=True)]
    expense = np.stack([np.pad(matrix, (0, 1)) for matrix in paid]).astype(np.int32)
    return {"ride": ride, "expense": expense}


def _fleet(problem: Problem) -> dict[str, Longs | Ints]:
    vehicles, nowhere = problem.vehicles, len(problem.durations)
    amounts = max(1, problem.dimensions)
    bound = np.zeros((len(vehicles), amounts), dtype=np.int64)
    for job in problem.jobs:
        if job.carrier is not None:
            bound[job.carrier, : len(job.load)] += job.load
    capacity = np.full((len(vehicles), amounts), NEVER, dtype=np.int64)
    for v, vehicle in enumerate(vehicles):
        capacity[v, : len(vehicle.capacity)] = vehicle.capacity
    return {
        "start": _ints([vehicle.start for vehicle in vehicles]),
        "end": _ints([nowhere if v.end is None else v.end for v in vehicles]),
        "early": _longs([vehicle.shift.early for vehicle in vehicles]),
        "late": _longs([vehicle.shift.late for vehicle in vehicles]),
        "profile": _ints([vehicle.profile for vehicle in vehicles]),
        "capacity": capacity,
        "bound": bound,
        "next_place": _ints([_or(v.next_location, -1) for v in vehicles]),
        "most_tasks": _longs([_or(v.max_tasks, NEVER) for v in vehicles]),
        "fixed_cost": _longs([vehicle.fixed_cost for vehicle in vehicles]),
        "task_cost": _longs([vehicle.task_cost for vehicle in vehicles]),
        "twin": _twins(problem),
    }


def _twins(problem: Problem) -> Ints:
    """Returns the same number for vehicles that no job tells apart."""
    named = {v for job in problem.jobs for v in (job.planned, job.carrier) if v is not None}
    barred: dict[int, list[int]] = {}
    for j, job in enumerate(problem.jobs):
        for v in job.vehicles or ():
            barred.setdefault(v, []).append(j)

    def looks(v: int, vehicle: Vehicle) -> tuple[object, ...]:
        limits = (vehicle.max_tasks, vehicle.fixed_cost, vehicle.task_cost, vehicle.profile)
        ways = (vehicle.start, vehicle.end, vehicle.shift, vehicle.next_location)
        return *ways, vehicle.capacity, *limits, tuple(barred.get(v, ())), v if v in named else -1

    first: dict[tuple[object, ...], int] = {}
    return _ints([first.setdefault(looks(v, x), v) for v, x in enumerate(problem.vehicles)])


def _work(problem: Problem) -> dict[str, Longs | Ints | NDArray[np.uint8]]:
    jobs, amounts = problem.jobs, max(1, problem.dimensions)
    pickups = [job.pickup for job in jobs]
    load = np.zeros((len(jobs), amounts), dtype=np.int64)
    collected = np.zeros((len(jobs), amounts), dtype=np.int64)
    allowed = np.ones((len(jobs), len(problem.vehicles)), dtype=np.uint8)
    for j, job in enumerate(jobs):
        load[j, : len(job.load)] = job.load
        collected[j, : len(job.collected)] = job.collected
        if job.vehicles is not None:
            allowed[j] = 0
            allowed[j, list(job.vehicles)] = 1
    return {
        "pickup": _ints([-1 if p is None else p.location for p in pickups]),
        "pickup_early": _longs([0 if p is None else p.window.early for p in pickups]),
        "pickup_late": _longs([NEVER if p is None else p.window.late for p in pickups]),
        "pickup_service": _longs([0 if p is None else p.service_duration for p in pickups]),
        "delivery": _ints([job.delivery.location for job in jobs]),
        "delivery_early": _longs([job.delivery.window.early for job in jobs]),
        "delivery_late": _longs([job.delivery.window.late for job in jobs]),
        "delivery_service": _longs([job.delivery.service_duration for job in jobs]),
        "due": _longs([_or(job.delivery.due, NEVER) for job in jobs]),
        "promised": np.array([job.rank == PROMISED for job in jobs], dtype=np.uint8),
        "load": load,
        "collected": collected,
        "collects": (collected > 0).any(axis=1).astype(np.uint8),
        "carrier": _ints([_or(job.carrier, -1) for job in jobs]),
        "planned": _ints([_or(job.planned, -1) for job in jobs]),
        "allowed": allowed,
    }


def _weights(problem: Problem, names: tuple[Measure, ...]) -> Longs:
    """Returns the weight of each measure in each tier: (T, measures)."""
    weights = np.zeros((len(problem.tiers), len(names)), dtype=np.int64)
    for place, tier in enumerate(problem.tiers):
        for measure, weight in tier:
            if measure in names:
                weights[place, names.index(measure)] += weight
    return weights


def _missing(problem: Problem) -> Longs:
    """Returns what leaving out each job costs in each tier: (J, T)."""
    names = (
        Measure.PRIZE,
        Measure.LEFT_TASKS,
        Measure.UNASSIGNED,
        Measure.UNASSIGNED_MINOR,
        Measure.MOVED,
    )
    counts = [
        (
            job.prize,
            1 if job.pickup is None else 2,
            int(job.rank == PROMISED),
            int(job.rank != PROMISED),
            int(job.planned is not None),
        )
        for job in problem.jobs
    ]
    table = np.array(counts, dtype=np.int64).reshape(len(problem.jobs), len(names))
    return np.ascontiguousarray(table @ _weights(problem, names).T)


def _or(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value


def _ints(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int32)


def _longs(values: list[int]) -> Longs:
    return np.array(values, dtype=np.int64)
