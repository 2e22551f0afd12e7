"""
The exact lane for urgent work: who takes which waiting promised jobs on the next trip.

Free are the promised jobs that are not loaded yet. Everything else is fixed: other jobs keep their
vehicle and their order, or stay unassigned. Among the solutions looked at, each vehicle either
keeps its whole route as it is, or serves its share of the free jobs (maybe none) in one trip: it
loads all of them in one go between two fixed elements of its route (a load stop or a delivery
each), with one load stop per store, in any order of the stores; they join the fixed load stop right
before where that is at the first store, as its last pickups. After that it delivers them in any
order, with the fixed elements that follow in between or not. In one load stop, pickups are in the
order in which their windows close. Free jobs may also stay unassigned. So the start is one of the
solutions looked at, and an answer that is called optimal is never dearer than any of them.

Bundles are enumerated per vehicle (:mod:`solver.bundle_trips`) and assigned by dynamic programming
over subsets, or by CP-SAT above twelve jobs, as in Reyes, Erera, Savelsbergh, Sahasrabudhe and
O'Neil, "The meal delivery routing problem" (2018, Optimization Online 6571).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

from solver.assignment import by_subsets
from solver.bundle_columns import Enumeration, enumerate_columns
from solver.bundle_prices import prices_of
from solver.check import violations
from solver.problem import PROMISED
from solver.solution import Cost, Solution, cost

if TYPE_CHECKING:
    from solver.bundle_prices import Prices
    from solver.problem import Problem

MOST_BY_SUBSETS = 12
"""Free jobs up to which subsets are enumerated in any case; CP-SAT assigns more where it must."""

SUBSETS_PER_SECOND = 50_000_000
"""Subsets tried per second at least: more than twelve jobs are left to CP-SAT by this."""

MOST_JOBS = 18
"""Free jobs up to which bundles are enumerated at all: 2^18 masks, some 20 MB of tables."""

MOST_STORES = 4
"""Stores of the free jobs at most: every order of them is tried."""


_SHARE = 0.85
"""Part of the budget that enumerates bundles; the rest assigns and judges them."""


@dataclass(frozen=True, slots=True)
class Exact:
    """
    The best solution found, and whether it is proven best of those that the module describes.

    ``bound`` is then its cost, otherwise None. ``note`` says why nothing is proven, and is empty
    when it is.
    """

    solution: Solution
    optimal: bool
    bound: Cost | None
    note: str


def exact(problem: Problem, solution: Solution, seconds: float) -> Exact:
    """
    Returns a legal solution, never dearer than the given one, proven best where possible.

    ``seconds`` is a budget of wall-clock time. A problem with features that the lane lacks, an
    illegal start or a budget too short give the start or a better one, and the reason.
    """
    began = perf_counter()
    free = waiting(problem)
    reason = declined(problem, solution, free)
    prices = prices_of(problem) if not reason else None
    if not reason and prices is None:
        reason = "The tiers do not fit in two 64-bit numbers, or have negative weights."
    if reason or prices is None:
        return Exact(solution, False, None, reason)
    if not free:
        return Exact(solution, True, cost(problem, solution), "")
    if perf_counter() - began >= _SHARE * seconds:
        return Exact(solution, False, None, f"The budget of {seconds} s was over at the start.")
    found = enumerate_columns(problem, prices, solution, free, began + _SHARE * seconds)
    picks, proven = _assigned(prices, found, began + seconds)
    return _judged(problem, solution, found, picks, proven and not found.note, found.note)


def waiting(problem: Problem) -> tuple[int, ...]:
    """Returns the indices of the free jobs, those whose pickup windows close first first."""
    free = [
        (job.pickup.window.late + job.pickup.service_duration, j)
        for j, job in enumerate(problem.jobs)
        if job.rank == PROMISED and job.pickup is not None
    ]
    return tuple(j for _, j in sorted(free))


def declined(problem: Problem, solution: Solution, free: tuple[int, ...]) -> str:
    """Returns why the lane does not look at a problem, with the value; empty: it does."""
    if len(free) > MOST_JOBS:
        return f"{len(free)} urgent jobs are waiting, bundles of up to {MOST_JOBS} are enumerated."
    pickups = [problem.jobs[j].pickup for j in free]
    stores = {task.location for task in pickups if task is not None}
    if len(stores) > MOST_STORES:
        return f"Urgent jobs wait at {len(stores)} stores, up to {MOST_STORES} are tried."
    lacking = _lacking(problem)
    if lacking:
        return f"The exact lane knows no {lacking}."
    broken = violations(problem, solution)
    return f"The start is illegal: {broken[0]}" if broken else ""


def _lacking(problem: Problem) -> str:
    if not problem.joint_loading:
        return "pickups timed one by one"
    for job in problem.jobs:
        if any(job.collected):
            return f"goods collected, as by job {job.name!r}"
        for task in (job.pickup, job.delivery):
            if task is not None and task.later_windows:
                return f"several windows, as of job {job.name!r}"
            if task is not None and (task.setup_duration or task.by_vehicle):
                return f"setup or times by vehicle, as of job {job.name!r}"
    for vehicle in problem.vehicles:
        if vehicle.breaks:
            return f"breaks, as of vehicle {vehicle.name!r}"
        if vehicle.max_travel is not None or vehicle.max_distance is not None:
            return f"longest rides, as of vehicle {vehicle.name!r}"
    return ""


def _assigned(prices: Prices, found: Enumeration, deadline: float) -> tuple[tuple[int, ...], bool]:
    """Returns the column of each vehicle, and whether no choice of columns is cheaper."""
    n = len(found.left_out)
    seconds = found.num_subsets() / SUBSETS_PER_SECOND
    if n <= MOST_BY_SUBSETS or perf_counter() + seconds < deadline:
        picks = by_subsets(found.columns, found.sums(), found.left, found.most)
        return (picks, True) if picks is not None else (found.kept, False)
    # Late, since importing CP-SAT takes a second that most processes need not spend.
    from solver import assignment_cp

    return assignment_cp.by_cp_sat(prices, found.columns, found.left_out, found.kept, deadline)


def _judged(
    problem: Problem,
    start: Solution,
    found: Enumeration,
    picks: tuple[int, ...],
    proven: bool,
    note: str,
) -> Exact:
    """Returns the solution of some columns, or the start where it is as cheap."""
    routes = found.routes(picks)
    served = {a.job for route in routes for a in route}
    unassigned = frozenset(j for j in range(len(problem.jobs)) if j not in served)
    best = replace(start, routes=routes, unassigned=unassigned)
    before, after = cost(problem, start), cost(problem, best)
    if after < before and violations(problem, best):
        return Exact(
            start, False, None, f"The best trips are illegal: {violations(problem, best)[0]}"
        )
    if after >= before:
        best, after = start, before
    if proven:
        return Exact(best, True, after, "")
    return Exact(best, False, None, note or "The budget was over before the assignment was proven.")
