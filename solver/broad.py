"""
The lane for problems with features that ruin and recreate in `solver.ruin` lacks.

It knows breaks, several windows, setup, times by vehicle and limits of riding, with the objective
of VROOM; not load stops that start together.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from solver import plain
from solver.broad_arrays import PRIZE, Broad, broad_arrays, nodes_of
from solver.broad_moves import KEY, add_up, improve, insert_job
from solver.problem import VROOM_TIERS
from solver.resting import with_breaks
from solver.solution import Kind, Solution

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from solver.broad_arrays import Longs
    from solver.problem import Problem
    from solver.search import Bound
    from solver.solution import Route

_HOT, _COLD = 3.0, 0.03
"""
Temperatures at the start and the end, in expenses per job served.

Of 12 random problems of 15 to 40 jobs at 0.4 s the mean cost was least with these: a tenth as hot
was 4 points dearer, three times as hot 1 point.
"""

_TASK_PRICE = 10.0
"""What leaving out a task is priced at while annealing, in expenses per job served."""

_CHUNK = 0.01
"""Seconds between two looks at the clock."""

_FIRST_CHUNK = 10
"""Moves before the first look at the clock; where only steps count, between all."""


def knows(problem: Problem) -> bool:
    """Returns whether the lane can search a problem."""
    if not problem.vehicles or not problem.jobs or problem.tiers != VROOM_TIERS:
        return False
    return not problem.joint_loading or all(job.pickup is None for job in problem.jobs)


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """Where a search is: a problem, and the arrays that `broad_moves` describes, in its order."""

    broad: Broad
    arrays: tuple[Any, ...]

    @property
    def data(self) -> tuple[Any, ...]:
        """Returns the arrays of the problem, in the order of the kernels."""
        of = self.broad
        return of.node, of.work, of.job, of.vehicle, of.rest, of.ride

    @property
    def keys(self) -> Longs:
        """Returns what the routes now, before and the best are compared by."""
        keys: Longs = self.arrays[-2]
        return keys

    def routes(self, problem: Problem, which: int) -> list[Route]:
        """Returns the routes now (0), before (1), or the best (2), without breaks."""
        seqs, sizes = self.arrays[2:4]
        first = which * len(problem.vehicles)
        return [
            tuple(self.broad.activities[x] for x in seqs[row, : sizes[row]].tolist())
            for row in range(first, first + len(problem.vehicles))
        ]

    def absent(self) -> list[int]:
        """Returns the jobs in no route now."""
        where: Longs = self.arrays[4]
        return [int(j) for j in np.flatnonzero(where[0] < 0)]


def _place(problem: Problem, routes: Sequence[Route], seed: int) -> _Place:
    """Returns a search that is at these routes; a seed of 0 never overlooks a place."""
    broad = broad_arrays(problem)
    num_vehicles, num_jobs = len(problem.vehicles), len(problem.jobs)
    longest = len(broad.activities)
    rows = 3 * num_vehicles + 1
    seqs, sizes = np.zeros((rows, longest), np.int64), np.zeros(rows, np.int64)
    seqs[:num_vehicles], sizes[:num_vehicles] = nodes_of(broad, routes, longest)
    where = np.full((3, num_jobs), -1, dtype=np.int64)
    for v, route in enumerate(routes):
        where[0, [a.job for a in route if a.kind is not Kind.BREAK]] = v
    room = (
        np.zeros((longest + 1, problem.dimensions), dtype=np.int64),
        np.zeros((2, broad.rest.shape[1] + 1), dtype=np.int64),
        np.zeros(num_jobs, dtype=np.int64),
        np.zeros(num_jobs),
    )
    keys = np.zeros((3, KEY), dtype=np.int64)
    chance = np.array([seed], dtype=np.uint64)
    return _Place(broad, (broad.allowed, broad.near, seqs, sizes, where, *room, keys, chance))


def complete(problem: Problem, routes: Sequence[Route], deadline: float | None = None) -> Solution:
    """Returns what `plain.complete` does, by compiled insertion where this lane knows all of it."""
    if not knows(problem):
        return plain.complete(problem, routes, deadline)
    return insert(problem, plain.kept(problem, routes), deadline)


def insert(problem: Problem, solution: Solution, deadline: float | None = None) -> Solution:
    """Returns what `plain.insert` does, by compiled insertion where this lane knows all of it."""
    if not solution.unassigned:
        return solution
    if not knows(problem):
        return plain.insert(problem, solution, deadline)
    place = _place(problem, solution.routes, 0)
    changed = set()
    for j in sorted(solution.unassigned, key=lambda j: plain.urgency(problem, j)):
        if deadline is not None and perf_counter() >= deadline:
            break
        changed.add(insert_job(j, *place.data, *place.arrays))
    return _rested(problem, solution, place.routes(problem, 0), changed)


def has_place(problem: Problem, v: int, route: Route, j: int) -> bool:
    """Returns whether a job fits into the route of a vehicle, the others empty; see `knows`."""
    routes: list[Route] = [()] * len(problem.vehicles)
    routes[v] = route
    place = _place(problem, routes, 0)
    place.broad.allowed[j, [w for w in range(len(routes)) if w != v]] = 0
    return bool(insert_job(j, *place.data, *place.arrays) == v)


def _rested(
    problem: Problem, before: Solution, routes: Sequence[Route], changed: Iterable[int]
) -> Solution:
    """Returns the solution of these routes, breaks put into those that are changed."""
    found = list(before.routes)
    for v in sorted(set(changed) - {-1}):
        rested = with_breaks(problem, v, routes[v])
        # Without a way after all the route stays as it was.
        found[v] = found[v] if rested is None else rested
    served = {a.job for route in found for a in route if a.kind is not Kind.BREAK}
    return Solution(tuple(found), frozenset(range(len(problem.jobs))) - served)


def recombine(problem: Problem, start: Solution, bound: Bound, seed: int) -> tuple[Solution, int]:
    """
    Returns the best that ruin and recreate finds from a legal solution, and how many moves it took.

    The best by VROOM's objective, never worse than the start; whoever calls judges it. Only for
    problems that the lane `knows`.
    """
    # 64 bits that differ in every place for seeds that hardly differ; never 0.
    place = _place(problem, start.routes, (seed + 1) * 0x9E3779B97F4A7C15 % 2**64)
    where, keys = place.arrays[4], place.keys
    add_up(*place.data, *(*place.arrays[2:5], keys))
    seqs, sizes, vehicles = *place.arrays[2:4], len(problem.vehicles)
    for copy in (1, 2):
        seqs[copy * vehicles : (copy + 1) * vehicles] = seqs[:vehicles]
        sizes[copy * vehicles : (copy + 1) * vehicles] = sizes[:vehicles]
        where[copy], keys[copy] = where[0], keys[0]
    moves = _anneal(place, bound)
    routes = place.routes(problem, 2)
    return _rested(problem, start, routes, range(vehicles)), moves


def _anneal(place: _Place, bound: Bound) -> int:
    """Runs moves until the bound, colder and colder; returns how many."""
    began, moves, chunk = perf_counter(), 0, _FIRST_CHUNK
    while not bound.reached(moves):
        now = perf_counter()
        done = _done(bound, began, now, moves)
        if bound.steps is not None:
            chunk = min(chunk, bound.steps - moves)
        improve(chunk, _prices(place, done), *place.data, *place.arrays)
        moves += chunk
        spent = perf_counter() - now
        if bound.deadline is not None:
            left = min(_CHUNK, max(0.0, bound.deadline - perf_counter()))
            chunk = max(1, int(chunk * min(2.0, left / max(spent, 1e-9))))
    return moves


def _done(bound: Bound, began: float, now: float, moves: int) -> float:
    """Returns which part of a search is over, from 0 to 1."""
    part = 0.0
    if bound.deadline is not None:
        part = (now - began) / max(bound.deadline - began, 1e-9)
    if bound.steps is not None:
        part = max(part, moves / bound.steps)
    return min(1.0, part)


def _prices(place: _Place, done: float) -> NDArray[np.float64]:
    """Returns the temperature and prices for a part of the search, as `improve` reads them."""
    expense = float(place.keys[2, 2])
    served = place.broad.job.shape[0] - len(place.absent())
    unit = max(1.0, expense / max(1, served))
    prizes = place.broad.job[:, PRIZE]
    dear = int(prizes[prizes > 0].min(initial=2**40))
    warmth = unit * _HOT * (_COLD / _HOT) ** done
    return np.array([warmth, 2 * _TASK_PRICE * unit / dear, _TASK_PRICE * unit])
