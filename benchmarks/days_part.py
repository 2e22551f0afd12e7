"""
A problem without some of its jobs, for planners that are not asked about all of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from solver.solution import Activity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solver.problem import Problem
    from solver.solution import Route


def part(
    problem: Problem, routes: Sequence[Route], jobs: Sequence[int]
) -> tuple[Problem, tuple[Route, ...]]:
    """Returns the problem of some of its jobs, and routes in their numbers there."""
    number = {j: i for i, j in enumerate(jobs)}
    smaller = replace(problem, jobs=tuple(problem.jobs[j] for j in jobs))
    renumbered = tuple(
        tuple(Activity(number[a.job], a.kind) for a in route if a.job in number) for route in routes
    )
    return smaller, renumbered


def served(routes: Sequence[Route]) -> list[int]:
    """Returns the jobs that are in some route, in order of their numbers."""
    return sorted({activity.job for route in routes for activity in route})
