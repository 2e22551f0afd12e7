"""
How long the parts of a search take, so that it can end in time.

All figures are of one core of an AMD EPYC and of the process alone: least of three, on the frozen
problems of the benchmarks and on cut instances of Solomon, Gehring-Homberger and Li-Lim, 20 to 300
jobs, 5 to 60 vehicles, with and without pickups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from solver.problem import Problem

_ONCE, _PER_NODE, _PER_LEG = 1.5e-3, 2.7e-5, 1.6e-7
"""
What it takes to build the OR-Tools model, to close it and to read a start into it, in seconds.

39 nodes took 3.5 ms, 129: 8.4, 230: 15, 298: 22, 559: 64; the fit gives 2.8, 7.6, 16, 24 and 67.
"""

_PER_SQUARE = 1.5e-5
"""
The longest that OR-Tools inserts jobs anew without a look at the clock, in seconds per square.

It came back late by up to 110 ms for 100 jobs, by 45 for 60, by 32 for 50 and by 6 for 20.
"""

_PROOF, _GROWTH, _COURIERS = 11e-3, 1.17, 15
"""
What a proof takes with one waiting job, by what factor more with each, and for how many vehicles.

95 of 100 took less than 15 ms with 2 jobs, 19 with 6, 39 with 10 and 65 with 12.
"""


def reading_seconds(problem: Problem) -> float:
    """Returns in how many seconds the OR-Tools model is built and has read a start."""
    pickups = sum(job.pickup is not None for job in problem.jobs)
    nodes = len(problem.jobs) + pickups + 2 * len(problem.vehicles)
    # Each kind of vehicle has matrices of its own, one of costs and one of times.
    kinds = {(vehicle.profile, vehicle.task_cost) for vehicle in problem.vehicles}
    tasks = [task for job in problem.jobs for task in (job.pickup, job.delivery) if task]
    is_own = any(task.by_vehicle for task in tasks)
    matrices = len(problem.vehicles) if is_own else len(kinds)
    return _ONCE + _PER_NODE * nodes + _PER_LEG * nodes**2 * matrices


def inserting_seconds(problem: Problem) -> float:
    """Returns for how many seconds the inserting moves of OR-Tools may not look at the clock."""
    return _PER_SQUARE * len(problem.jobs) ** 2


def proving_seconds(problem: Problem, waiting: int) -> float:
    """Returns in how many seconds the exact lane mostly has its proof for some waiting jobs."""
    return _PROOF * _GROWTH**waiting * max(1.0, len(problem.vehicles) / _COURIERS)
