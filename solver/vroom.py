"""
Answers requests in VROOM's format, and judges answers to them.

The format is that of VROOM 1.15 (`docs/API.md` of VROOM-Project/vroom), for custom matrices. Keys
of our own begin with ``x_`` and only add.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from solver import plain
from solver.check import violations
from solver.solve import SolveParams, solve
from solver.vroom_errors import VroomError
from solver.vroom_reading import read
from solver.vroom_reasons import reasons_of
from solver.vroom_steps import answered_solution, dropped_steps, planned_routes
from solver.vroom_writing import write

__all__ = ["VroomError", "answer", "faults"]

if TYPE_CHECKING:
    from solver.problem import Problem
    from solver.solution import Solution
    from solver.vroom_errors import Entry
    from solver.vroom_reading import Request

_ROUNDING = 1
"""By how much VROOM's cost of a route, rounded, may differ from ours."""

_FOR_REASONS = 0.05
"""Part of the time that is kept to find out why tasks are unassigned."""

_SPEED_ROUNDING = 0.01
"""By what share it may where speed factors are: VROOM rounds them in either of two places."""


def answer(request: object, seconds: float = 1.0, seed: int = 0) -> Entry:
    """
    Returns the answer to a request, or VROOM's error with its code.

    The answer is there ``seconds`` after the call, as near as it can; 0 inserts and does not
    search. ``x_reason`` says why a task is unassigned, ``x_dropped`` which steps of an infeasible
    initial plan were dropped.
    """
    began = perf_counter()
    try:
        known = read(request)
        planned = planned_routes(known)
    except VroomError as error:
        return error.as_answer()
    loaded = perf_counter()
    start = plain.kept(known.problem, planned)
    solution = _solved(known.problem, start, began + (1 - _FOR_REASONS) * seconds, seed)
    told = write(known, solution)
    reasons = reasons_of(known, solution, began + seconds if seconds else None)
    for task in told["unassigned"]:
        task["x_reason"] = reasons[task["type"], task["id"]]
    if dropped := dropped_steps(known, planned, start):
        told["x_dropped"] = dropped
    times = {"loading": loaded - began, "solving": perf_counter() - loaded, "routing": 0.0}
    told["summary"]["computing_times"] = {key: round(1000 * t) for key, t in times.items()}
    return told


def _solved(problem: Problem, start: Solution, deadline: float, seed: int) -> Solution:
    """Returns the best that all lanes find until the deadline."""
    left = max(0.0, deadline - perf_counter())
    return solve(problem, SolveParams(seconds=left, seed=seed), start).solution


def faults(request: object, told: object) -> tuple[str, ...]:
    """
    Returns in words what is wrong with an answer to a request; empty: nothing.

    Every hard limit is judged by `solver.check`, from the order of steps; the costs told must be
    those of the routes. Raises VroomError for a request, or an answer, that cannot be read.
    """
    known = read(request)
    if not isinstance(told, dict) or told.get("code", 0) != 0:
        raise VroomError("The answer holds no solution.")
    solution, found = answered_solution(known, told)
    found += violations(known.problem, solution)
    if not found:
        found += tuple(_miscalculated(known, write(known, solution), told))
    return found


def _miscalculated(request: Request, ours: Entry, theirs: Entry) -> list[str]:
    """Returns where what an answer says of itself is not so."""
    told, counted = theirs.get("summary", {}), ours["summary"]
    slack = dict.fromkeys(("routes", "unassigned", "priority"), 0.0)
    slack["cost"] = _ROUNDING * max(1, len(ours["routes"]))
    if request.unit > 1:
        slack["cost"] += _SPEED_ROUNDING * counted["cost"]
    return [
        f"The summary says {key} {told[key]}, it is {counted[key]}."
        for key, most in slack.items()
        if key in told and abs(told[key] - counted[key]) > most
    ]
