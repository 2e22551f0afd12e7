"""Puts the breaks of a vehicle into its route."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.feasible import is_feasible
from solver.solution import Activity, Kind, schedule

if TYPE_CHECKING:
    from solver.problem import Problem
    from solver.solution import Route


def without_breaks(route: Route) -> Route:
    """Returns the tasks of a route."""
    return tuple(activity for activity in route if activity.kind is not Kind.BREAK)


def with_breaks(problem: Problem, v: int, tasks: Route) -> Route | None:
    """
    Returns the tasks in their order with all breaks of the vehicle, None where there is no way.

    ``tasks`` has no breaks. Of all feasible places for a break those by which the route ends first
    are tried first, so the answer is found where there is one, but need not be the shortest.
    """
    if not tasks:
        return ()
    if not is_feasible(problem, v, tasks):
        return None
    breaks = problem.vehicles[v].breaks
    order = sorted(
        range(len(breaks)), key=lambda b: (breaks[b].windows[0].early, breaks[b].windows[0].late, b)
    )
    return _rested(problem, v, tasks, order, 0)


def _rested(problem: Problem, v: int, route: Route, breaks: list[int], since: int) -> Route | None:
    """Returns the route with these breaks, in this order, after its first ``since`` activities."""
    if not breaks:
        return route
    rest = Activity(breaks[0], Kind.BREAK)
    places = []
    for at in range(since, len(route) + 1):
        longer = (*route[:at], rest, *route[at:])
        if is_feasible(problem, v, longer):
            places.append((schedule(problem, v, longer).end, at, longer))
    for _, at, longer in sorted(places, key=lambda place: place[:2]):
        found = _rested(problem, v, longer, breaks[1:], at + 1)
        if found is not None:
            return found
    return None
