"""
A problem as flat arrays: what the compiled kernels read.

Locations have one more row and column than the problem, to which every ride takes nothing: the end
of open routes. Times are int64 seconds, prices of measures int64.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

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


(
    PICKUP,
    PICKUP_EARLY,
    PICKUP_LATE,
    PICKUP_SERVICE,
    DELIVERY,
    DELIVERY_EARLY,
    DELIVERY_LATE,
    DELIVERY_SERVICE,
    DUE,
    PROMISED_JOB,
    CARRIER,
    PLANNED,
    COLLECTS,
    LOAD,
) = range(14)
"""
What is known of a job: places and times of its tasks, and what depends on its rank.

``PICKUP`` is -1 where there is none, so are ``CARRIER`` and ``PLANNED``. From ``LOAD`` on come K
amounts delivered and K collected; ``COLLECTS`` says whether any of the latter is not 0.
"""

(
    START_PLACE,
    END_PLACE,
    SHIFT_EARLY,
    SHIFT_LATE,
    PROFILE,
    NEXT_PLACE,
    MOST_TASKS,
    FIXED_COST,
    TASK_COST,
    TWIN,
    JOINT,
    PRICED,
    CAPACITY,
) = range(13)
"""
What is known of a vehicle.

``NEXT_PLACE`` is -1 where the plan sends it nowhere; ``TWIN`` numbers vehicles alike that differ in
name only; ``JOINT`` and ``PRICED`` are the same for all: whether load stops start together, and
whether expenses differ from seconds. From ``CAPACITY`` on come K amounts of room and K that are on
board at the start whatever the route.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """
    The vehicles (V), jobs (J), profiles (P) and tiers (T) of a problem.

    ``ride`` (P, n+1, n+1) in seconds, ``expense`` likewise, or (1, 1, 1) where it is the seconds.
    ``job`` and ``vehicle`` have a row each, with the columns named above. ``allowed`` (J, V).
    ``weights`` (T, 10) price the measures of routes and ``missing`` (J, T) a job left out.
    """

    ride: Ints
    expense: Ints
    job: Longs
    vehicle: Longs
    allowed: NDArray[np.uint8]
    weights: Longs
    missing: Longs

    @property
    def amounts(self) -> int:
        """Returns how many amounts a load has, at least 1."""
        return int(self.job.shape[1] - LOAD) // 2


@lru_cache(maxsize=8)
def arrays(problem: Problem) -> Instance:
    """Returns the arrays of a problem, the same ones for the same object."""
    ride, expense = _matrices(problem)
    allowed = np.ones((len(problem.jobs), len(problem.vehicles)), dtype=np.uint8)
    for j, job in enumerate(problem.jobs):
        if job.vehicles is not None:
            allowed[j] = 0
            allowed[j, list(job.vehicles)] = 1
    return Instance(
        ride=ride,
        expense=expense,
        job=_jobs(problem),
        vehicle=_vehicles(problem, priced=len(expense[0]) > 1),
        allowed=allowed,
        weights=_weights(problem, ROUTE_MEASURES),
        missing=_missing(problem),
    )


def _matrices(problem: Problem) -> tuple[Ints, Ints]:
    profiles = [problem.durations, *(profile.durations for profile in problem.more_profiles)]
    costs = [problem.costs, *(profile.costs for profile in problem.more_profiles)]
    ride = np.stack([np.pad(matrix, (0, 1)) for matrix in profiles]).astype(np.int32)
    if all(matrix is None for matrix in costs):
        return ride, np.zeros((1, 1, 1), dtype=np.int32)
    paid = [d if c is None else c for d, c in zip(profiles, costs, strict=True)]
    return ride, np.stack([np.pad(matrix, (0, 1)) for matrix in paid]).astype(np.int32)


def _jobs(problem: Problem) -> Longs:
    amounts = max(1, problem.dimensions)
    table = np.zeros((len(problem.jobs), LOAD + 2 * amounts), dtype=np.int64)
    for j, job in enumerate(problem.jobs):
        pickup, delivery = job.pickup, job.delivery
        table[j, PICKUP], table[j, PICKUP_LATE] = -1, NEVER
        if pickup is not None:
            window = pickup.window
            times = (pickup.location, window.early, window.late, pickup.service_duration)
            table[j, PICKUP : PICKUP_SERVICE + 1] = times
        window = delivery.window
        times = (delivery.location, window.early, window.late, delivery.service_duration)
        table[j, DELIVERY : DELIVERY_SERVICE + 1] = times
        table[j, DUE] = _or(delivery.due, NEVER)
        table[j, PROMISED_JOB] = job.rank == PROMISED
        table[j, CARRIER], table[j, PLANNED] = _or(job.carrier, -1), _or(job.planned, -1)
        table[j, COLLECTS] = any(job.collected)
        table[j, LOAD : LOAD + len(job.load)] = job.load
        table[j, LOAD + amounts : LOAD + amounts + len(job.collected)] = job.collected
    return table


def _vehicles(problem: Problem, *, priced: bool) -> Longs:
    amounts, nowhere = max(1, problem.dimensions), len(problem.durations)
    table = np.zeros((len(problem.vehicles), CAPACITY + 2 * amounts), dtype=np.int64)
    table[:, CAPACITY : CAPACITY + amounts] = NEVER
    for v, vehicle in enumerate(problem.vehicles):
        ends = vehicle.start, _or(vehicle.end, nowhere)
        table[v, START_PLACE : PROFILE + 1] = (
            *ends, vehicle.shift.early, vehicle.shift.late, vehicle.profile,
        )  # fmt: skip
        table[v, NEXT_PLACE] = _or(vehicle.next_location, -1)
        table[v, MOST_TASKS] = _or(vehicle.max_tasks, NEVER)
        table[v, FIXED_COST], table[v, TASK_COST] = vehicle.fixed_cost, vehicle.task_cost
        table[v, CAPACITY : CAPACITY + len(vehicle.capacity)] = vehicle.capacity
    for job in problem.jobs:
        if job.carrier is not None and job.load:
            first = CAPACITY + amounts
            table[job.carrier, first : first + len(job.load)] += job.load
    table[:, JOINT], table[:, PRICED] = problem.joint_loading, priced
    table[:, TWIN] = _twins(problem)
    return table


def _twins(problem: Problem) -> list[int]:
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
    return [first.setdefault(looks(v, x), v) for v, x in enumerate(problem.vehicles)]


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
