"""Which features of a problem the compiled lane lacks."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from solver.problem import Problem


def declined(problem: Problem) -> tuple[str, ...]:
    """Returns the features that the compiled lane lacks and this problem has, in words."""
    tasks = [
        task for job in problem.jobs for task in (job.pickup, job.delivery) if task is not None
    ]
    times = list(chain.from_iterable(task.by_vehicle for task in tasks))
    vehicles = problem.vehicles
    present = {
        "setup durations": any(t.setup_duration for t in tasks) or any(setup for setup, _ in times),
        "several windows": any(task.later_windows for task in tasks),
        "times by vehicle": bool(times),
        "a limit of riding": any(vehicle.max_travel is not None for vehicle in vehicles),
        "a limit of distance": any(vehicle.max_distance is not None for vehicle in vehicles),
        "breaks": any(vehicle.breaks for vehicle in vehicles),
    }
    return tuple(name for name, is_present in present.items() if is_present)
