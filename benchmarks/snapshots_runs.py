"""
Solvers on frozen problems: each asked the same, each answer mended, re-timed, judged and priced.

What was measured is kept in the user's cache, one file per solver, problem and budget, so that a
run that was cut short goes on where it was. A file is of one version of the solver alone.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import solver
from benchmarks.snapshots_common import common_problem, common_start
from solver.check import violations
from solver.insertion import complete
from solver.problem import PROMISED, Problem
from solver.solution import Cost, Kind, Route, Solution, cost, schedule
from solver.solve import SolveParams, solve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.freeze_files import Frozen

COMMON, FULL = "common", "full"
PARTS = (COMMON, FULL)
"""(A) what every peer can express by itself, (B) the whole dispatch problem."""


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """
    One problem as it is put to solvers.

    ``start`` lacks the new job: ours inserts it within its budget. ``complete_start`` has it, for
    peers, whose clock does not run meanwhile. ``dues`` are the latest starts of deliveries that
    peers shall keep, by job (None: none).
    """

    part: str
    name: str
    size: int
    problem: Problem
    start: Solution
    complete_start: Solution
    dues: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Routes of a solver, None where it gave none, the seconds taken, and what went wrong."""

    routes: tuple[Route, ...] | None
    elapsed: float
    error: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """
    What one answer is worth.

    ``lost`` jobs were not in it and were inserted by ours afterwards; ``illegal`` says whether it
    broke a limit as it was given; ``cost`` is that of the legal solution made of it.
    """

    seed: int
    cost: Cost
    elapsed: float
    lost: int = 0
    illegal: bool = False
    error: str = ""


class Contestant(Protocol):
    """A solver that answers questions; ``version`` changes when its answers may."""

    name: str
    version: str
    least_seconds: float

    def answer(self, question: Question, seconds: float, seed: int) -> Answer:
        """Returns its answer within so many seconds."""
        ...


class Ours:
    """Our ``solve``, in this process; ``engine`` None is the default one."""

    least_seconds = 0.0

    def __init__(self, engine: str | None = None) -> None:
        self.name = engine or "ours"
        self.version = sources()
        self._more: dict[str, Any] = {} if engine is None else {"engine": engine}

    def answer(self, question: Question, seconds: float, seed: int) -> Answer:
        """Returns its answer; the problem is one that no cache has seen."""
        problem = replace(question.problem)
        gc.collect()
        began = time.perf_counter()
        params = SolveParams(seconds=seconds, seed=seed, **self._more)
        found = solve(problem, params, question.start)
        return Answer(found.solution.routes, time.perf_counter() - began)


def engines() -> tuple[str, ...]:
    """Returns the engines that can be chosen, none where there is one only."""
    return ("ortools", "sisr", "portfolio") if "engine" in SolveParams.__slots__ else ()


def question(frozen: Frozen, part: str) -> Question:
    """Returns a frozen problem as it is put to solvers in one part of the comparison."""
    if part == COMMON:
        problem, start = common_problem(frozen), common_start(frozen)
        started = complete(problem, start.routes)
        if started.unassigned:
            # The reference serves everybody: no solver shall be asked what cannot be done.
            started = Solution(frozen.reference)
        dues: tuple[int | None, ...] = (None,) * len(problem.jobs)
        return Question(part, frozen.name, frozen.size, problem, start, started, dues)
    started = complete(frozen.problem, frozen.initial.routes)
    dues = _dues(frozen.problem, started)
    return Question(part, frozen.name, frozen.size, frozen.problem, frozen.initial, started, dues)


def _dues(problem: Problem, started: Solution) -> tuple[int | None, ...]:
    """
    Returns the hard ends that peers, who know no lateness, are given for the full problem.

    A promised job shall not be late, one that is late in the start not later than there.
    """
    starts = {
        visit.activity.job: visit.start
        for v, route in enumerate(started.routes)
        for visit in schedule(problem, v, route).visits
        if visit.activity.kind is Kind.DELIVERY
    }
    return tuple(
        max(job.delivery.due, starts.get(j, 0))
        if job.delivery.due is not None and job.rank == PROMISED
        else None
        for j, job in enumerate(problem.jobs)
    )


def judge(question: Question, answer: Answer, seed: int) -> Run:
    """Returns what an answer is worth, after it was mended where it broke a limit or lost a job."""
    problem = question.problem
    routes = answer.routes or ()
    served = {a.job for route in routes for a in route}
    left = frozenset(range(len(problem.jobs))) - served
    raw = Solution(routes, left)
    illegal = bool(answer.routes) and bool(violations(problem, raw))
    solution = complete(problem, routes) if illegal or left else raw
    wrong = violations(problem, solution)
    if wrong:
        raise AssertionError(f"An illegal solution of {question.name}: {wrong}")
    return Run(seed, cost(problem, solution), answer.elapsed, len(left), illegal, answer.error)


def measured(
    contestant: Contestant, question: Question, seconds: float, seeds: Sequence[int], problems: str
) -> tuple[Run, ...]:
    """Returns a run per seed, from the cache where it was measured; ``problems`` is a digest."""
    file = _file(contestant, question, seconds, problems)
    known = _read(file)
    for seed in seeds:
        if seed not in known:
            known[seed] = judge(question, contestant.answer(question, seconds, seed), seed)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps([asdict(run) for run in known.values()]), encoding="utf-8")
    return tuple(known[seed] for seed in seeds)


def _file(contestant: Contestant, question: Question, seconds: float, problems: str) -> Path:
    cell = f"{question.part}-{question.name}-{contestant.name}-{seconds * 1000:.0f}ms"
    return cache() / f"snapshots-{problems}" / f"{cell}-{contestant.version}.json"


def _read(file: Path) -> dict[int, Run]:
    if not file.exists():
        return {}
    told = json.loads(file.read_text(encoding="utf-8"))
    return {raw["seed"]: Run(**raw | {"cost": tuple(raw["cost"])}) for raw in told}


def cache() -> Path:
    """Returns the folder of the user's cache for benchmarks."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "dispatch-benchmarks"


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
