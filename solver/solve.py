"""
Improves a solution within a budget by a portfolio of lanes.

Ruin and recreate does most of the work on the true cost, the exact lane settles who takes few
waiting urgent jobs, and OR-Tools, the model of record, reads back what they found and improves it
if it can. A problem with features that these lack is left to the broad lane and to OR-Tools.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Literal

from solver.broad import complete as complete_broadly
from solver.broad import insert as insert_broadly
from solver.broad import knows, recombine
from solver.budget import proving_seconds, reading_seconds
from solver.bundles import exact, waiting
from solver.check import violations
from solver.features import declined
from solver.insertion import complete, insert
from solver.ruin import ruin_and_recreate
from solver.search import Bound, search
from solver.solution import Cost, Kind, Solution, cost, cost_since

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solver.problem import Problem
    from solver.solution import Route

Engine = Literal["ortools", "sisr", "portfolio"]
"""Which lanes improve the start: OR-Tools alone, ruin and recreate alone, or all of them."""

ENGINES: tuple[Engine, ...] = ("ortools", "sisr", "portfolio")

MOST_LANES = 16
"""Lanes at once at most: each holds tables of its own, 5 MB of them for 300 jobs."""

_POLISH = 0.2
"""Part of the budget that OR-Tools gets at the end of a portfolio, if that is enough for it."""

_READINGS = 2.0
"""How often the time to build the OR-Tools model and to read a start into it must be left."""

_EXACT_JOBS = 12
"""Waiting urgent jobs up to which the exact lane is asked: 48 ms in the median (exact.txt)."""

_EXACT_SHARE, _EXACT_MOST = 0.4, 0.1
"""Part of the budget that the exact lane may take, and seconds that it takes at most."""

_PRICINGS, _JUDGING = 3.0, 0.35
"""
How often the start could be priced in the time kept to judge and price what was found.

That is where every route differs; in a short search few do, and no more than a part of it is kept.
"""

_STEPS_PER_ITERATION = 5
"""Neighbours that OR-Tools looks at while ruin and recreate tries one move, about as long."""


@dataclass(frozen=True, slots=True)
class SolveParams:
    """
    How long to search: a wall-clock budget in ``seconds``, a count of ``iterations``, or both.

    The budget includes building the model. Iterations alone give the same result on every run.
    ``seed`` chooses the course of the search, ``engine`` its lanes. Ruin and recreate runs as
    ``lanes`` lanes at once, each on a core and trying all of the iterations. Raises ValueError
    where neither limit is given, one is negative, the engine is unknown or lanes are not 1 to 16.
    """

    seconds: float | None = None
    iterations: int | None = None
    seed: int = 0
    engine: Engine = "portfolio"
    lanes: int = 1

    def __post_init__(self) -> None:
        if self.seconds is None and self.iterations is None:
            raise ValueError("Expected seconds or iterations, got neither.")
        if self.seconds is not None and not 0 <= self.seconds < float("inf"):
            raise ValueError(f"Expected finite seconds >= 0, got {self.seconds}.")
        if self.iterations is not None and self.iterations < 0:
            raise ValueError(f"Expected iterations >= 0, got {self.iterations}.")
        if self.seed < 0:
            raise ValueError(f"Expected seed >= 0, got {self.seed}.")
        if self.engine not in ENGINES:
            raise ValueError(f"Expected an engine of {', '.join(ENGINES)}, got {self.engine!r}.")
        if not 1 <= self.lanes <= MOST_LANES:
            raise ValueError(f"Expected 1 to {MOST_LANES} lanes, got {self.lanes}.")


@dataclass(frozen=True, slots=True)
class Result:
    """
    What a search came to.

    ``initial_cost`` is that of its start, after missing jobs were inserted; ``seconds`` is the time
    taken. ``note`` says why the OR-Tools model did not read the solution back, and is empty when it
    did. ``optimal`` says that nothing is cheaper among the solutions that `bundles` describes:
    these waiting urgent jobs, one next trip a vehicle, all else fixed; ``bound`` is then their
    least cost, otherwise None. ``changes`` are the jobs on another vehicle than in the start.
    """

    solution: Solution
    cost: Cost
    initial_cost: Cost
    seconds: float
    improved: bool
    note: str
    optimal: bool = False
    bound: Cost | None = None
    changes: frozenset[int] = frozenset()
    moves: int = 0


def solve(problem: Problem, params: SolveParams, initial: Solution | None = None) -> Result:
    """
    Returns a legal solution, never worse than its start.

    The start is ``initial`` with what is broken mended and what is missing inserted, or insertion
    from nothing; a budget of 0 returns it.
    """
    began = perf_counter()
    over = None if params.seconds is None else began + params.seconds
    routes = initial.routes if initial is not None else ()
    lacking = declined(problem)
    if lacking:
        # Plain insertion takes long enough to mind the budget, but for a budget of nothing else.
        start = complete_broadly(problem, routes, over if params.seconds else None)
    else:
        start = complete(problem, routes)
    now = thread_time()
    initial_cost = cost(problem, start)
    # Where every route differs, to judge takes 1.5 times as long as to price.
    spent = thread_time() - now
    end = None
    if params.seconds is not None:
        end = began + params.seconds - min(_PRICINGS * spent, _JUDGING * params.seconds)
    found = _Found(start, initial_cost, "The budget is 0.")
    if params.iterations != 0 and params.seconds != 0:
        found = _lanes(problem, params, found, end, is_compiled=not lacking)
        # Nothing that fits somewhere, and is worth it, stays out.
        if found.solution.unassigned and lacking:
            found = _better(problem, found, [insert_broadly(problem, found.solution, end)])
        elif found.solution.unassigned:
            swept = insert(problem, found.solution, found.solution.unassigned)
            found = _better(problem, found, [swept])
    return Result(
        solution=found.solution,
        cost=found.cost,
        initial_cost=initial_cost,
        seconds=perf_counter() - began,
        improved=found.cost < initial_cost,
        note=found.note,
        optimal=found.optimal,
        bound=found.bound,
        changes=_changes(routes, found.solution),
        moves=found.moves,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """What the lanes have come to, as `Result` has it."""

    solution: Solution
    cost: Cost
    note: str
    optimal: bool = False
    bound: Cost | None = None
    moves: int = 0


def _lanes(
    problem: Problem, params: SolveParams, start: _Found, end: float | None, *, is_compiled: bool
) -> _Found:
    """Runs the lanes of an engine one after the other, each from the best before it."""
    best = start
    is_broad = not is_compiled and knows(problem)
    polish = _polish_seconds(problem, params, end, is_compiled=is_compiled or is_broad)
    proof = _proof_seconds(problem, params, end) if is_compiled else None
    if is_broad and params.engine != "ortools":
        until = None if end is None else end - (polish or 0.0)
        solution, moves = recombine(
            problem, best.solution, Bound(until, params.iterations), params.seed
        )
        best = replace(_better(problem, best, [solution]), moves=moves)
    if is_compiled and params.engine != "ortools":
        until = None if end is None else end - (polish or 0.0) - (proof or 0.0)
        bound = Bound(until, params.iterations)
        ruined = ruin_and_recreate(problem, best.solution, bound, params.seed, params.lanes)
        best = replace(_better(problem, best, [ruined.solution]), moves=ruined.moves)
    if proof is not None:
        # A proof that takes long may use half of what OR-Tools has: the rest is enough to read.
        left = Bound(end, None).left - (polish or 0.0) / 2
        proven = exact(problem, best.solution, min(_EXACT_MOST, left) if end else 60.0)
        best = _better(problem, best, [proven.solution])
        best = replace(best, optimal=proven.optimal, bound=proven.bound)
    if (is_compiled or is_broad) and params.engine == "sisr":
        return replace(best, note="Ruin and recreate alone was asked for.")
    if polish is None:
        return replace(best, note="The budget is too short for the OR-Tools model.")
    steps = None if params.iterations is None else params.iterations * _STEPS_PER_ITERATION
    bound = Bound(end, steps)
    candidates, note = search(problem, best.solution, bound, params.seed)
    return replace(_better(problem, best, candidates, bound), note=note)


def _polish_seconds(
    problem: Problem, params: SolveParams, end: float | None, *, is_compiled: bool
) -> float | None:
    """Returns how long OR-Tools may search at the end, in seconds; None: it is left out."""
    if params.engine == "sisr" and is_compiled:
        return None
    if end is None:
        return 0.0
    left, needed = end - perf_counter(), reading_seconds(problem)
    if params.engine == "ortools" or not is_compiled:
        return left if left >= needed else None
    return left * _POLISH if left * _POLISH >= _READINGS * needed else None


def _proof_seconds(problem: Problem, params: SolveParams, end: float | None) -> float | None:
    """Returns how long the exact lane may take, in seconds; None: it is not asked."""
    jobs = len(waiting(problem)) if params.engine == "portfolio" else 0
    if not 0 < jobs <= _EXACT_JOBS:
        return None
    if end is None:
        return 0.0
    needed = min(_EXACT_MOST, proving_seconds(problem, jobs))
    return needed if needed <= _EXACT_SHARE * (end - perf_counter()) else None


def _better(
    problem: Problem, best: _Found, solutions: Sequence[Solution], bound: Bound | None = None
) -> _Found:
    """
    Returns the cheapest by true cost of ``best`` and what is legal of the solutions.

    Once the deadline of ``bound`` is over no more than the first of them is looked at.
    """
    for place, solution in enumerate(solutions):
        if place and bound is not None and bound.left <= 0:
            break
        if solution == best.solution:
            continue
        price = cost_since(problem, best.solution, best.cost, solution)
        # What did not change is as legal as the start, which is made so.
        if price < best.cost and not violations(problem, solution, best.solution):
            # What was proven of another solution is not proven of this one.
            best = replace(best, solution=solution, cost=price, optimal=False, bound=None)
    return best


def _changes(routes: Sequence[Route], solution: Solution) -> frozenset[int]:
    """Returns the jobs that are on another vehicle than in some routes, or in none of them now."""
    before, after = (
        {a.job: v for v, route in enumerate(some) for a in route if a.kind is not Kind.BREAK}
        for some in (routes, solution.routes)
    )
    return frozenset(j for j, v in before.items() if after.get(j) != v)
