"""
Solvers on frozen problems: each asked the same, each answer mended, re-timed, judged and priced.
"""

from __future__ import annotations

import gc
import hashlib
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import solver
from benchmarks.snapshots_questions import content
from solver.check import violations
from solver.insertion import complete
from solver.problem import Measure
from solver.solution import Cost, Route, Solution, cost, measures
from solver.solve import SolveParams, solve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.snapshots_questions import Question
    from solver.problem import Problem


@dataclass(frozen=True, slots=True)
class Answer:
    """
    Routes of a solver, None where it gave none, the seconds taken, and what went wrong.

    ``cpu`` are the seconds of the processor among them.
    """

    routes: tuple[Route, ...] | None
    elapsed: float
    cpu: float
    error: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """
    What one answer is worth.

    ``lost`` jobs were not in it and were inserted by ours afterwards; ``illegal`` says whether it
    broke a limit as it was given; ``cost`` is that of the legal solution made of it. ``held_up``
    promised jobs are late in it only because a load stop starts as a whole here, which peers, who
    load one by one as goods become ready, cannot know.
    """

    seed: int
    cost: Cost
    elapsed: float
    cpu: float
    lost: int = 0
    illegal: bool = False
    held_up: int = 0
    error: str = ""


class Contestant(Protocol):
    """A solver that answers questions."""

    name: str
    least_seconds: float

    def key(self, question: Question) -> str:
        """Returns a text that changes when its answer may."""
        ...

    def answer(self, question: Question, seconds: float, seed: int) -> Answer:
        """Returns its answer within so many seconds."""
        ...


class Ours:
    """Our ``solve``, in this process; ``engine`` None is the default one."""

    least_seconds = 0.0

    def __init__(self, engine: str | None = None) -> None:
        self.name = engine or "ours"
        self._more: dict[str, Any] = {} if engine is None else {"engine": engine}

    def key(self, question: Question) -> str:
        """Returns a digest of our solver and of what it is asked."""
        asked = content(question.problem, question.start)
        return hashlib.sha256((sources() + asked).encode()).hexdigest()[:8]

    def answer(self, question: Question, seconds: float, seed: int) -> Answer:
        """Returns its answer; the problem is one that no cache has seen."""
        problem = replace(question.problem)
        gc.collect()
        began, cpu = time.perf_counter(), time.process_time()
        params = SolveParams(seconds=seconds, seed=seed, **self._more)
        found = solve(problem, params, question.start)
        elapsed, cpu = time.perf_counter() - began, time.process_time() - cpu
        return Answer(found.solution.routes, elapsed, cpu)


def engines() -> tuple[str, ...]:
    """Returns the engines that can be chosen, none where there is one only."""
    return ("ortools", "sisr", "portfolio") if "engine" in SolveParams.__slots__ else ()


def judge(question: Question, answer: Answer, seed: int) -> Run:
    """
    Returns what an answer is worth, after it was mended where it broke a limit or lost a job.

    Where there is none, the plan stays what it was before, with the newcomer inserted.
    """
    problem = question.problem
    routes = question.complete_start.routes if answer.routes is None else answer.routes
    served = {a.job for route in routes for a in route}
    left = frozenset(range(len(problem.jobs))) - served
    raw = Solution(routes, left)
    illegal = bool(violations(problem, raw))
    solution = complete(problem, routes) if illegal or left else raw
    wrong = violations(problem, solution)
    if wrong:
        raise AssertionError(f"An illegal solution of {question.name}: {wrong}")
    return Run(
        seed=seed,
        cost=cost(problem, solution),
        elapsed=answer.elapsed,
        cpu=answer.cpu,
        lost=len(left),
        illegal=illegal,
        held_up=_held_up(problem, solution),
        error=answer.error,
    )


def _held_up(problem: Problem, solution: Solution) -> int:
    """Returns how many more promised jobs are late than if goods were loaded one by one."""
    one_by_one = replace(problem, joint_loading=False)
    late = measures(problem, solution)[Measure.LATE]
    return late - measures(one_by_one, solution)[Measure.LATE]


def sources(*more: Path) -> str:
    """Returns a digest of the solver's sources, of more files if given."""
    files = sorted(Path(str(solver.__file__)).parent.glob("*.py"))
    content = b"".join(file.read_bytes() for file in (*files, *more))
    return hashlib.sha256(content).hexdigest()[:8]


@contextmanager
def on_one_core() -> Iterator[None]:
    """Keeps this process, and those it starts meanwhile, on the last core it may use."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
