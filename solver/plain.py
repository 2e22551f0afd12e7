"""
Complete insertion for problems with features that the compiled lane lacks.

It tries every position and asks for each whether the whole route is feasible: about 0.1 ms each, so
for some hundred jobs. What it cannot place stays unassigned.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from solver.feasible import may_go_on
from solver.resting import with_breaks, without_breaks
from solver.solution import Activity, Cost, Kind, Route, Solution, cost

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from solver.problem import Problem


def complete(problem: Problem, routes: Sequence[Route], deadline: float | None = None) -> Solution:
    """
    Returns a legal solution: ``routes`` mended as `kept` does, then every other job inserted.

    Each goes where it adds least to the cost, the most valuable and the least free first. From
    ``deadline``, an instant of ``perf_counter``, the rest stays unassigned; None: all are tried.
    """
    return insert(problem, kept(problem, routes), deadline)


def insert(problem: Problem, solution: Solution, deadline: float | None = None) -> Solution:
    """
    Returns a legal solution with its unassigned jobs inserted where they fit.

    Order, choice and ``deadline`` are those of `complete`. What stays unassigned before the
    deadline fits nowhere, and no later insertion makes room for it where rides are shortest ways.
    """
    best, left = list(solution.routes), set(solution.unassigned)
    for j in sorted(left, key=lambda j: urgency(problem, j)):
        if deadline is not None and perf_counter() >= deadline:
            break
        offers = [
            offer
            for v in range(len(problem.vehicles))
            if (offer := _cheapest(problem, v, best[v], j)) is not None
        ]
        if offers:
            _, v, route = min(offers, key=lambda offer: offer[:2])
            best[v] = route
            left.discard(j)
    return Solution(tuple(best), frozenset(left))


def kept(problem: Problem, routes: Sequence[Route]) -> Solution:
    """
    Returns of ``routes`` what is legal in its order, with breaks; no job is inserted.

    Routes beyond the vehicles, activities that do not exist, and jobs that are halved, served
    before or not feasible after those kept before them in the same route are dropped.
    """
    seen: set[int] = set()
    mended = []
    for v in range(len(problem.vehicles)):
        route = routes[v] if v < len(routes) else ()
        mended.append(_kept(problem, v, route, seen))
    return Solution(tuple(mended), frozenset(range(len(problem.jobs))) - seen)


def _kept(problem: Problem, v: int, route: Route, seen: set[int]) -> Route:
    """Returns what is legal of one route; adds its jobs to those ``seen``."""
    tasks = without_breaks(route)
    best: Route = ()
    chosen: set[int] = set()
    for j in dict.fromkeys(activity.job for activity in tasks):
        if not 0 <= j < len(problem.jobs) or j in seen:
            continue
        wanted = chosen | {j}
        halves = [Activity(j, Kind.DELIVERY)]
        if problem.jobs[j].pickup is not None:
            halves.insert(0, Activity(j, Kind.PICKUP))
        if [activity for activity in tasks if activity.job == j] != halves:
            continue
        longer = with_breaks(problem, v, tuple(a for a in tasks if a.job in wanted))
        if longer is not None:
            best, chosen = longer, wanted
    seen |= chosen
    return best


def urgency(problem: Problem, j: int) -> tuple[int, ...]:
    """Returns what sorts jobs: rank, worth, how few vehicles may serve it, when it must start."""
    job = problem.jobs[j]
    choice = len(problem.vehicles) if job.vehicles is None else len(job.vehicles)
    latest = job.delivery.windows[-1].late
    return job.rank, -job.prize, choice, latest if job.delivery.due is None else job.delivery.due, j


def places_of(problem: Problem, v: int, route: Route, j: int) -> Iterator[Route]:
    """Yields every feasible route that inserting job ``j`` into a route gives, with breaks."""
    for longer in _candidates(problem, v, without_breaks(route), j):
        rested = with_breaks(problem, v, longer)
        if rested is not None:
            yield rested


def _cheapest(
    problem: Problem, v: int, route: Route, j: int
) -> tuple[tuple[int, ...], int, Route] | None:
    """Returns what the cheapest feasible insertion adds to the cost, the vehicle and the route."""
    before = _cost_alone(problem, v, route)
    best = None
    for rested in places_of(problem, v, route, j):
        after = _cost_alone(problem, v, rested)
        added = tuple(a - b for a, b in zip(after, before, strict=True))
        if best is None or added < best[0]:
            best = added, v, rested
    return best


def _candidates(problem: Problem, v: int, tasks: Route, j: int) -> Iterator[Route]:
    """Yields the tasks with the job at every position where its pickup is not too late."""
    job = problem.jobs[j]
    if not job.allows(v):
        return
    delivery = Activity(j, Kind.DELIVERY)
    if job.pickup is None:
        for at in range(len(tasks) + 1):
            yield (*tasks[:at], delivery, *tasks[at:])
        return
    for at in range(len(tasks) + 1):
        begun = (*tasks[:at], Activity(j, Kind.PICKUP))
        if not may_go_on(problem, v, begun):
            continue
        for after in range(at, len(tasks) + 1):
            yield (*begun, *tasks[at:after], delivery, *tasks[after:])


def _cost_alone(problem: Problem, v: int, route: Route) -> Cost:
    """Returns the cost where the other vehicles have no route and no job is left out."""
    routes: list[Route] = [()] * len(problem.vehicles)
    routes[v] = route
    return cost(problem, Solution(tuple(routes)))
