"""Improves a solution within a budget: ruin and insert on the true cost, then OR-Tools."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from solver.check import violations
from solver.insertion import complete
from solver.ruin import ruin_and_insert
from solver.search import Bound, search
from solver.solution import Cost, Solution, cost

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solver.problem import Problem

_SHARE = 0.5
"""Part of the budget that OR-Tools gets, if that is enough for it."""

_LEAST_SECONDS = 1e-4
"""
Time per square of the jobs, in seconds, below which all of the budget goes to ruin and insert.

OR-Tools needs that for its model and a first descent that is worth it: up to 12 jobs it is at rest
after 10 ms, 40 jobs still gain after 100 ms. With much less, snapshots of 20 and 60 jobs ended
dearer than without it; with 5 ms a job about equal.
"""

_RESERVE = 1e-4
"""Time per job, in seconds, to judge and price what was found before the budget ends."""

_STEPS_PER_ITERATION = 100
"""Neighbours that OR-Tools looks at while ruin and insert tries one move, about as long."""


@dataclass(frozen=True, slots=True)
class SolveParams:
    """
    How long to search: a wall-clock budget in ``seconds``, a count of ``iterations``, or both.

    The budget includes building the model. Iterations alone give the same result on every run.
    ``seed`` chooses the course of the search. Raises ValueError where neither limit is given or one
    is negative.
    """

    seconds: float | None = None
    iterations: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.seconds is None and self.iterations is None:
            raise ValueError("Expected seconds or iterations, got neither.")
        if self.seconds is not None and not 0 <= self.seconds < float("inf"):
            raise ValueError(f"Expected finite seconds >= 0, got {self.seconds}.")
        if self.iterations is not None and self.iterations < 0:
            raise ValueError(f"Expected iterations >= 0, got {self.iterations}.")
        if self.seed < 0:
            raise ValueError(f"Expected seed >= 0, got {self.seed}.")


@dataclass(frozen=True, slots=True)
class Result:
    """
    What a search came to.

    ``initial_cost`` is that of its start, after missing jobs were inserted; ``seconds`` is the time
    taken. ``note`` says why the OR-Tools model was not used, and is empty when it was.
    """

    solution: Solution
    cost: Cost
    initial_cost: Cost
    seconds: float
    improved: bool
    note: str


def solve(problem: Problem, params: SolveParams, initial: Solution | None = None) -> Result:
    """
    Returns a legal solution, never worse than its start.

    The start is ``initial`` with what is broken mended and what is missing inserted, or insertion
    from nothing; a budget of 0 returns it.
    """
    began = perf_counter()
    start = complete(problem, initial.routes if initial is not None else ())
    initial_cost = cost(problem, start)
    moves, neighbours, note = _bounds(problem, params, began)
    best = start
    if moves is not None:
        best = _best(problem, best, [ruin_and_insert(problem, best, moves, params.seed)])
    if neighbours is not None:
        found, note = search(problem, best, neighbours, params.seed)
        best = _best(problem, best, found)
    best_cost = cost(problem, best)
    seconds = perf_counter() - began
    return Result(best, best_cost, initial_cost, seconds, best_cost < initial_cost, note)


def _bounds(
    problem: Problem, params: SolveParams, began: float
) -> tuple[Bound | None, Bound | None, str]:
    """Returns the bounds of ruin and insert and of OR-Tools, None: not run, and why the latter."""
    steps = params.iterations
    neighbours = None if steps is None else steps * _STEPS_PER_ITERATION
    if steps == 0 or params.seconds == 0:
        return None, None, "The budget is 0."
    if params.seconds is None:
        return Bound(None, steps), Bound(None, neighbours), ""
    num_jobs = len(problem.jobs)
    end = began + params.seconds - _RESERVE * num_jobs
    left = end - perf_counter()
    if left * _SHARE < _LEAST_SECONDS * num_jobs**2:
        return Bound(end, steps), None, "The budget is too short for the OR-Tools model."
    return Bound(end - left * _SHARE, steps), Bound(end, neighbours), ""


def _best(problem: Problem, start: Solution, found: Sequence[Solution]) -> Solution:
    """Returns the cheapest by true cost of ``start`` and what is legal of the solutions found."""
    legal = [solution for solution in found if not violations(problem, solution)]
    return min([start, *legal], key=lambda solution: cost(problem, solution))
