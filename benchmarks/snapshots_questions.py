"""
A frozen problem as it is put to solvers: what is asked, and what they start from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.snapshots_common import common_problem, common_start
from solver.insertion import complete
from solver.problem import PROMISED, Problem
from solver.solution import Kind, Solution, schedule

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
