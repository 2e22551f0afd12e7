"""
Brute force over what the exact lane describes, on tiny problems.

It shares no code with the lane: routes are spelled out, judged by ``violations`` and priced by
``cost``.
"""

from __future__ import annotations

from itertools import combinations, permutations, product
from typing import TYPE_CHECKING

from solver.check import violations
from solver.problem import PROMISED, Problem
from solver.solution import Activity, Cost, Kind, Route, Solution, cost, load_stops

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def best_cost(problem: Problem, start: Solution) -> Cost:
    """Returns the least cost of all solutions in which each vehicle makes one trip or none."""
    free = [
        j for j, job in enumerate(problem.jobs) if job.rank == PROMISED and job.pickup is not None
    ]
    bundles = [frozenset(c) for r in range(len(free) + 1) for c in combinations(free, r)]
    best = [
        {bundle: _best(problem, start, v, bundle, frozenset(free)) for bundle in bundles}
        for v in range(len(problem.vehicles))
    ]
    idle = cost(problem, Solution(tuple(() for _ in problem.vehicles)))
    found = []
    for takers in product(range(-1, len(problem.vehicles)), repeat=len(free)):
        taken = [
            frozenset(j for j, taker in zip(free, takers, strict=True) if taker == v)
            for v in range(len(problem.vehicles))
        ]
        priced = [best[v][bundle] for v, bundle in enumerate(taken)]
        whole = [one for one in priced if one is not None]
        if len(whole) == len(priced):
            missing = frozenset(j for j, t in zip(free, takers, strict=True) if t < 0)
            missing |= start.unassigned - frozenset(free)
            left = cost(problem, Solution(tuple(() for _ in problem.vehicles), missing))
            extra = [[a - b for a, b in zip(one, idle, strict=True)] for one in whole]
            found.append(tuple(map(sum, zip(left, *extra, strict=True))))
    return min(found)


def _best(
    problem: Problem, start: Solution, v: int, bundle: frozenset[int], free: frozenset[int]
) -> Cost | None:
    """Returns the least cost of one vehicle with a bundle, all others idle; None: impossible."""
    own = start.routes[v]
    routes = list(_trips(problem, tuple(a for a in own if a.job not in free), sorted(bundle)))
    if {a.job for a in own} & free == bundle:
        routes.append(own)
    alone = [
        Solution(tuple(route if u == v else () for u in range(len(problem.vehicles))))
        for route in routes
    ]
    return min((cost(problem, s) for s in alone if _legal(problem, s)), default=None)


def _legal(problem: Problem, solution: Solution) -> bool:
    served = {a.job for route in solution.routes for a in route}
    missing = frozenset(range(len(problem.jobs))) - served
    return violations(problem, Solution(solution.routes, missing)) == ()


def _trips(problem: Problem, rest: Route, bundle: Sequence[int]) -> Iterator[Route]:
    """Yields the rest with one load of the bundle at any gap and its deliveries after it."""
    if not bundle:
        yield rest
        return
    inner = {i for first, after in load_stops(problem, rest) for i in range(first + 1, after)}
    gaps = [i for i in range(len(rest) + 1) if i not in inner]
    stores = {j: problem.jobs[j].pickup.location for j in bundle}  # type: ignore[union-attr]
    for gap, order in product(gaps, permutations(sorted(set(stores.values())))):
        load = tuple(
            Activity(j, Kind.PICKUP)
            for store in order
            for j in sorted(bundle, key=lambda j: _closes(problem, j))
            if stores[j] == store
        )
        after = [rest[a:b] for a, b in zip(gaps, [*gaps[1:], len(rest)], strict=True) if a >= gap]
        for drops in permutations(bundle):
            for merged in _merged(
                [p for p in after if p], [(Activity(j, Kind.DELIVERY),) for j in drops]
            ):
                route = rest[:gap] + load + tuple(a for part in merged for a in part)
                if not _is_glued(problem, rest[gap : gap + 1], merged, load):
                    yield route


def _closes(problem: Problem, j: int) -> int:
    pickup = problem.jobs[j].pickup
    assert pickup is not None
    return pickup.window.late + pickup.service_duration


def _is_glued(problem: Problem, following: Route, merged: Sequence[Route], load: Route) -> bool:
    """A load right before a fixed load stop there is one with it, and counted at the next gap."""
    if not following or following[0].kind is not Kind.PICKUP or merged[0][0] != following[0]:
        return False
    return following[0].task(problem).location == load[-1].task(problem).location


def _merged(fixed: Sequence[Route], drops: Sequence[Route]) -> Iterator[tuple[Route, ...]]:
    """Yields every order of both that keeps the order of each."""
    for places in combinations(range(len(fixed) + len(drops)), len(drops)):
        one, other = iter(fixed), iter(drops)
        yield tuple(
            next(other) if i in places else next(one) for i in range(len(fixed) + len(drops))
        )
