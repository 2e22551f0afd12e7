"""
Cost tuples as pairs of 64-bit integers, for kernels that must compare them exactly.

Every tier has so many bits that no sum of the lane can spill over into the next one: adding pairs
place by place and comparing them from left to right adds and compares the tuples themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from solver.problem import Measure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from solver.problem import Job, Problem, Task
    from solver.solution import Cost

_WORD_BITS = 61
"""Bits of one word that tiers may use: sums of two words stay below the sign."""

Pair = tuple[int, int]
"""The first tiers and the last ones of a cost; both are >= 0 for whole costs."""


@dataclass(frozen=True, slots=True)
class Prices:
    """
    The price of one unit of each measure as a pair.

    ``places`` has the word and the lowest bit of each tier, ``widths`` its bits.
    """

    units: dict[Measure, Pair]
    places: tuple[tuple[int, int], ...]
    widths: tuple[int, ...]

    def of(self, **amounts: int) -> Pair:
        """Returns the price of some amounts, named as the measures are."""
        high = low = 0
        for name, amount in amounts.items():
            one, other = self.units[Measure(name)]
            high += one * amount
            low += other * amount
        return high, low

    def cost(self, pair: Pair) -> Cost:
        """Returns a whole cost, one integer per tier."""
        places = zip(self.places, self.widths, strict=True)
        return tuple((pair[word] >> bit) & ((1 << width) - 1) for (word, bit), width in places)


def prices_of(problem: Problem) -> Prices | None:
    """Returns the prices of a problem; None where its tiers do not fit or a weight is negative."""
    if any(weight < 0 for tier in problem.tiers for _, weight in tier):
        return None
    most = _bounds(problem)
    # Twice the bound: bounds from below and partial sums are added to it while searching.
    widths = tuple(
        (2 * sum(weight * most[measure] for measure, weight in tier) + 1).bit_length()
        for tier in problem.tiers
    )
    words: list[list[int]] = [[], []]
    word = 0
    for width in widths:
        if sum(words[word]) + width > _WORD_BITS:
            word += 1
        if word == len(words) or width > _WORD_BITS:
            return None
        words[word].append(width)
    places = tuple(
        (w, sum(word[i + 1 :])) for w, word in enumerate(words) for i in range(len(word))
    )
    units = {measure: [0, 0] for measure in Measure}
    for (w, bit), tier in zip(places, problem.tiers, strict=True):
        for measure, weight in tier:
            units[measure][w] += weight << bit
    return Prices({name: (unit[0], unit[1]) for name, unit in units.items()}, places, widths)


def _bounds(problem: Problem) -> dict[Measure, int]:
    """Returns for each measure a value that no solution of the lane exceeds."""
    jobs, vehicles = problem.jobs, problem.vehicles
    tasks = [task for job in jobs for task in (job.pickup, job.delivery) if task is not None]
    legs, every = len(tasks) + len(vehicles), range(len(vehicles))
    riding = legs * max((_largest(problem.durations_of(v)) for v in every), default=0)
    serving = sum(task.service_duration for task in tasks)
    opened = [task.window.early for task in tasks] + [v.shift.early for v in vehicles]
    horizon = max(opened, default=0) + riding + serving
    dues = [job.delivery.due for job in jobs if job.delivery.due is not None]
    paid = max((vehicle.task_cost for vehicle in vehicles), default=0)
    expense = sum(v.fixed_cost for v in vehicles) + paid * serving
    n = len(jobs)
    return {
        Measure.PRIZE: sum(job.prize for job in jobs),
        Measure.LEFT_TASKS: 2 * n,
        Measure.UNASSIGNED: n,
        Measure.LATE: n,
        Measure.LATENESS: n * (horizon + max(0, -min(dues, default=0))),
        Measure.UNASSIGNED_MINOR: n,
        Measure.LATE_MINOR: n,
        Measure.BUSY: riding + serving,
        Measure.COMPLETION: n * horizon,
        Measure.MOVED: n,
        Measure.DIVERTED: len(vehicles),
        Measure.EXPENSE: expense
        + legs * max((_largest(problem.costs_of(v)) for v in every), default=0),
        Measure.USED: len(vehicles),
        Measure.TRAVEL: riding,
        Measure.DISTANCE: legs * max((_largest(problem.distances_of(v)) for v in every), default=0),
    }


def _largest(matrix: NDArray[np.int64] | None) -> int:
    return 0 if matrix is None or not len(matrix) else int(matrix.max())


def served_price(problem: Problem, prices: Prices, v: int, tasks: tuple[Task, ...]) -> Pair:
    """Returns what serving some tasks costs vehicle ``v`` at any time: its seconds of service."""
    seconds = sum(task.service_duration for task in tasks)
    return prices.of(busy=seconds, expense=seconds * problem.vehicles[v].task_cost)


def left_price(prices: Prices, job: Job) -> Pair:
    """Returns the price of leaving a promised job, which has a pickup, unassigned."""
    moved = int(job.planned is not None)
    return prices.of(unassigned=1, left_tasks=2, prize=job.prize, moved=moved)


def plus(*pairs: Pair) -> Pair:
    """Returns the sum of some prices."""
    return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
