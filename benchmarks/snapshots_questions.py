"""
A frozen problem as it is put to solvers: what is asked, and what they start from.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from benchmarks.snapshots_common import common_problem, common_start
from solver.insertion import complete
from solver.problem import PROMISED, Job, Problem
from solver.solution import Solution, delivery_starts

if TYPE_CHECKING:
    from benchmarks.freeze_files import Frozen

COMMON, FULL = "common", "full"
PARTS = (COMMON, FULL)
"""(A) what every peer can express by itself, (B) the whole dispatch problem."""


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """
    One problem as it is put to solvers.

    ``start`` lacks the new job: ours inserts it within its budget. ``complete_start`` has it, for
    peers, whose clock does not run meanwhile. ``told`` is the problem as peers are told it: a due
    time is a hard end to them.
    """

    part: str
    name: str
    size: int
    problem: Problem
    start: Solution
    complete_start: Solution
    told: Problem


def content(problem: Problem, start: Solution) -> str:
    """Returns a text that differs where anything asked does, but for durations, as digits."""
    told = repr((problem.vehicles, problem.jobs, problem.tiers, problem.joint_loading, start))
    return hashlib.sha256(told.encode()).hexdigest()


def question(frozen: Frozen, part: str) -> Question:
    """Returns a frozen problem as it is put to solvers in one part of the comparison."""
    if part == COMMON:
        problem, start = common_problem(frozen), common_start(frozen)
        started = complete(problem, start.routes)
        if started.unassigned:
            # The reference serves everybody: no solver shall be asked what cannot be done.
            started = Solution(frozen.reference)
        return Question(part, frozen.name, frozen.size, problem, start, started, problem)
    problem = frozen.problem
    started = complete(problem, frozen.initial.routes)
    told = _with_hard_ends(problem, started)
    return Question(part, frozen.name, frozen.size, problem, frozen.initial, started, told)


def _with_hard_ends(problem: Problem, started: Solution) -> Problem:
    """
    Returns the problem with due times that peers, who know no lateness, can and shall keep.

    A promised job shall not be late, one that is late in the start not later than there; a
    standard one may come whenever it is open.
    """
    starts = delivery_starts(problem, started.routes)
    jobs = tuple(_with_due(job, starts.get(j, 0)) for j, job in enumerate(problem.jobs))
    return replace(problem, jobs=jobs)


def _with_due(job: Job, start: int) -> Job:
    due = job.delivery.due
    keeps = due is not None and job.rank == PROMISED
    return replace(job, delivery=replace(job.delivery, due=max(due or 0, start) if keeps else None))
