"""The legs between the nodes of the OR-Tools model: tasks, then starts, then ends of vehicles."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from solver.problem import Problem
    from solver.solution import Activity


class Legs:
    """
    Matrices over the nodes (n, n): what a vehicle rides, and how long it works.

    A setup that is always paid, at a place where nothing else is, belongs to the leg that leaves
    its node; one that is not, to the legs that arrive from elsewhere, and `shared_setup` says by
    how much its window is wider then.
    """

    def __init__(self, problem: Problem, nodes: Sequence[Activity]) -> None:
        vehicles = problem.vehicles
        self._problem, self._nowhere = problem, len(problem.durations)
        self.num_tasks = len(nodes)
        self._tasks = [activity.task(problem) for activity in nodes]
        places = [task.location for task in self._tasks]
        counts = Counter([*places, *(vehicle.start for vehicle in vehicles)])
        self._is_shared = np.array([counts[place] > 1 for place in places], dtype=bool)
        places += [vehicle.start for vehicle in vehicles]
        places += [self._nowhere if v.end is None else v.end for v in vehicles]
        self._places = np.array(places, dtype=np.int64)

    def between(self, matrix: NDArray[np.int64]) -> NDArray[np.int64]:
        """Returns a matrix of locations as one of nodes; the end of an open route is no way off."""
        return np.asarray(np.pad(matrix, (0, 1))[np.ix_(self._places, self._places)])

    def kind(self, v: int) -> tuple[int, int]:
        """Returns what vehicles with equal legs have in common: profile, and times of their own."""
        is_own = any(task.by_vehicle for task in self._tasks)
        return self._problem.vehicles[v].profile, v if is_own else -1

    def work(self, v: int) -> NDArray[np.int64]:
        """Returns the seconds of setup and service on each leg."""
        services = np.zeros(len(self._places), dtype=np.int64)
        services[: self.num_tasks] = [task.service_on(v) for task in self._tasks]
        setups = np.zeros(len(self._places), dtype=np.int64)
        setups[: self.num_tasks] = [task.setup_on(v) for task in self._tasks]
        services[: self.num_tasks] += np.where(self._is_shared, 0, setups[: self.num_tasks])
        setups[: self.num_tasks] = np.where(self._is_shared, setups[: self.num_tasks], 0)
        is_elsewhere = self._places[:, None] != self._places[None, :]
        return np.asarray(services[:, None] + setups[None, :] * is_elsewhere)

    def shared_setup(self, node: int) -> int:
        """Returns the longest setup at a task's node where it is not always paid, else 0."""
        if not self._is_shared[node]:
            return 0
        task = self._tasks[node]
        return max([task.setup_duration, *(setup for setup, _ in task.by_vehicle)])

    def visits(self, v: int) -> list[int]:
        """Returns the seconds at each node in which a break cannot be taken, at least."""
        times = [0] * len(self._places)
        for node, task in enumerate(self._tasks):
            times[node] = task.service_on(v)
            times[node] += 0 if self._is_shared[node] else task.setup_on(v)
        return times
