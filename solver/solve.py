"""Improves a solution within a budget: OR-Tools first, then ruin and insert on the true cost."""

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
    from solver.problem import Problem

_SHARE = 0.4
"""Part of the time that OR-Tools gets; the rest is for moves priced by the true cost."""

_STEPS_PER_ITERATION = 100
"""Neighbours that OR-Tools looks at while ruin and insert tries one move, about as long."""

_LEAST_SECONDS = 2e-4
"""Time per job below which building the OR-Tools model leaves it none to search, in seconds."""


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
    best, note = _improved_by_search(problem, start, params, began)
    deadline = None if params.seconds is None else began + params.seconds
    best = ruin_and_insert(problem, best, Bound(deadline, params.iterations), params.seed)
    best_cost = cost(problem, best)
    if violations(problem, best) or best_cost >= initial_cost:
        best, best_cost = start, initial_cost
    seconds = perf_counter() - began
    return Result(best, best_cost, initial_cost, seconds, best_cost < initial_cost, note)


def _improved_by_search(
    problem: Problem, start: Solution, params: SolveParams, began: float
) -> tuple[Solution, str]:
    """Returns the best by true cost of what OR-Tools found and the start, and its note."""
    steps = None if params.iterations is None else params.iterations * _STEPS_PER_ITERATION
    deadline = None
    if params.seconds is not None:
        now = perf_counter()
        left = (began + params.seconds - now) * _SHARE
        if left < _LEAST_SECONDS * len(problem.jobs):
            return start, "The budget is too short to build the OR-Tools model."
        deadline = now + left
    if steps == 0:
        return start, "No iterations were asked for."
    found, note = search(problem, start, Bound(deadline, steps), params.seed)
    legal = [solution for solution in found if not violations(problem, solution)]
    return min([start, *legal], key=lambda solution: cost(problem, solution)), note
