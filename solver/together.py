"""
Several lanes of ruin and recreate at once, which exchange their best.

Kernels let go of Python's lock, so threads of one process search on as many cores. The lanes meet
at fixed parts of the search, and those behind go on from the best: a cooperative search in the
words of Crainic and Toulouse.

References
----------
T. G. Crainic, M. Toulouse (2010). Parallel meta-heuristics. Handbook of Metaheuristics, 497-541.
https://doi.org/10.1007/978-1-4419-1665-5_17
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

from solver.annealing import go_on, take_over

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from solver.annealing import Lane
    from solver.search import Bound

ROUNDS = 8
"""
In how many parts lanes search; between two of them all go back to the best of all.

For half a second upon 300 frozen drops that brought one lane from 4.9 to 1.5 % above the best, two
lanes from 5.0 to 0.2; upon 60 drops from 1.5 to 0.9 and to 0.4, both within the noise of seeds.
"""

_SHORTEST = 0.02
"""Seconds of a part at least: waiting for each other takes a millisecond."""


def together(make: Callable[[int], Lane], seeds: Sequence[int], bound: Bound) -> list[Lane]:
    """
    Returns the lanes made from some seeds, all at the end of the bound.

    The first runs in this thread, the others in their own. Raises what a lane raises, when all have
    ended.
    """
    began = perf_counter()
    rounds = rounds_of(bound)
    with ThreadPoolExecutor(len(seeds)) as pool:
        others = [pool.submit(make, seed) for seed in seeds[1:]]
        lanes = [make(seeds[0]), *(lane.result() for lane in others)]
        for place in range(1, rounds + 1):
            end = _part_of(bound, began, place / rounds)
            runs = [pool.submit(go_on, lane, end, bound) for lane in lanes[1:]]
            go_on(lanes[0], end, bound)
            for run in runs:
                run.result()
            if place < rounds:
                exchange(lanes)
    return lanes


def rounds_of(bound: Bound) -> int:
    """Returns in how many parts a search is made: fewer where the clock leaves little for each."""
    if bound.deadline is None:
        return ROUNDS
    return max(1, min(ROUNDS, int(bound.left / _SHORTEST)))


def leader_of(lanes: Sequence[Lane]) -> Lane:
    """Returns the lane with the best solution, of several the first."""
    return min(lanes, key=lambda lane: lane.best)


def exchange(lanes: Sequence[Lane]) -> None:
    """Lets all go on from the best, those too that found it and have left it since."""
    leader = leader_of(lanes)
    for lane in lanes:
        if lane.cost > leader.best:
            take_over(lane, leader.state)


def _part_of(bound: Bound, began: float, part: float) -> Bound:
    """Returns the bound of the first part of a search."""
    steps = None if bound.steps is None else math.ceil(bound.steps * part)
    deadline = None if bound.deadline is None else began + (bound.deadline - began) * part
    return replace(bound, deadline=deadline, steps=steps)
