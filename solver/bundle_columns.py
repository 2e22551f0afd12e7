"""All columns of the exact lane: for every vehicle each bundle of jobs that may be worth it."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from solver.assignment import NO_PRICE, Columns
from solver.bundle_candidates import Candidate, candidate_of
from solver.bundle_jobs import FreeJobs, by_mask, free_jobs
from solver.bundle_kernels import OVER_LIMIT, OVERFLOW
from solver.bundle_prices import Pair, left_price, plus
from solver.bundle_trips import trips
from solver.problem import Problem
from solver.solution import Activity, Kind, Solution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from solver.bundle_prices import Prices
    from solver.solution import Route

    Array = NDArray[np.int64]

STEPS_PER_SECOND = 20_000_000
"""Labels tried per second at least: turns the time left into a limit that kernels can count."""

_CHUNK = 8192
"""Bundles between two looks at the clock, some 5 ms."""


@dataclass(frozen=True, slots=True, eq=False)
class Enumeration:
    """
    The columns of all vehicles and what an assignment needs.

    ``left_out`` (n, 2) are the prices of leaving out each free job; ``left`` (masks, 2) bounds
    from below the price of all jobs that are not in a mask; ``most`` is the price of the start and
    ``kept`` its column of each vehicle. ``note`` says why columns are missing, if any are.
    """

    columns: tuple[Columns, ...]
    left_out: Array
    left: Array
    most: Pair
    kept: tuple[int, ...]
    note: str
    problem: Problem
    start: Solution
    jobs: FreeJobs
    candidates: tuple[Candidate, ...]
    origins: tuple[Array, ...]

    def routes(self, picks: Sequence[int]) -> tuple[Route, ...]:
        """Returns the routes of one column per vehicle."""
        return tuple(self._route(v, pick) for v, pick in enumerate(picks))

    def price(self, picks: Sequence[int]) -> Pair:
        """Returns the price of one column per vehicle and of the jobs then left out."""
        mask, total = 0, []
        for column, pick in zip(self.columns, picks, strict=True):
            mask |= int(column.bundles[pick])
            total.append((int(column.prices[pick, 0]), int(column.prices[pick, 1])))
        missing = [row for j, row in enumerate(self.left_out.tolist()) if not mask >> j & 1]
        return plus(*total, *((high, low) for high, low in missing))

    def sums(self) -> Array:
        """Returns (masks, 2): the price of leaving out the jobs of each mask."""
        return by_mask(self.left_out)

    def num_subsets(self) -> int:
        """Returns the steps of assigning by subsets: those without the jobs of each column."""
        n = len(self.left_out)
        sizes = (np.bitwise_count(column.bundles).astype(np.int64) for column in self.columns)
        return sum(int((1 << (n - size)).sum()) for size in sizes)

    def _route(self, v: int, pick: int) -> Route:
        gap, row = self.origins[v][pick].tolist()
        if gap == _KEPT:
            return self.start.routes[v]
        candidate = self.candidates[v]
        elements = candidate.trip.elements
        if gap == _REST:
            return tuple(a for element in elements for a in element)
        bundle = int(self.columns[v].bundles[pick])
        best = _no_prices(len(self.left))
        most = (NO_PRICE, 0)
        _run(self.jobs, candidate, self.left, most, np.array([bundle]), gap, row, best, NO_PRICE)
        nodes, label = [], int(best[bundle, 4])
        while self.jobs.pool[label, 4] >= 0:
            nodes.append(int(self.jobs.pool[label, 4]))
            label = int(self.jobs.pool[label, 3])
        return _assembled(self.jobs, elements, bundle, gap, row, nodes[::-1])


_KEPT, _REST = -1, -2
"""Origins of columns that are no trip: the route as it is, the fixed rest alone."""


def enumerate_columns(
    problem: Problem,
    prices: Prices,
    start: Solution,
    free: tuple[int, ...],
    deadline: float,
) -> Enumeration:
    """Returns the columns of every vehicle; after the deadline only those of the start."""
    jobs = free_jobs(problem, prices, free)
    n = len(free)
    candidates = tuple(
        candidate_of(problem, prices, jobs, v, route) for v, route in enumerate(start.routes)
    )
    left_out = np.array([left_price(prices, problem.jobs[j]) for j in free], dtype=np.int64)
    missing = [left_price(prices, problem.jobs[j]) for j in free if j in start.unassigned]
    most = plus(*(candidate.kept_price for candidate in candidates), *missing)
    left = _left(problem, jobs, candidates, left_out)
    others = plus(*(candidate.least for candidate in candidates))
    columns, origins, note = [], [], ""
    for v, candidate in enumerate(candidates):
        best = _no_prices(2**n)
        own = tuple(most[word] - others[word] + candidate.least[word] for word in (0, 1))
        if not note:
            note = _fill(problem, jobs, v, candidate, left, (own[0], own[1]), best, deadline)
        column, origin = _columns(candidate, best)
        columns.append(column)
        origins.append(origin)
    return Enumeration(
        tuple(columns),
        left_out,
        left,
        most,
        (0,) * len(columns),
        note,
        problem,
        start,
        jobs,
        candidates,
        tuple(origins),
    )


def _no_prices(masks: int) -> Array:
    return np.full((masks, 5), NO_PRICE, dtype=np.int64)


def _left(
    problem: Problem, jobs: FreeJobs, candidates: Sequence[Candidate], left_out: Array
) -> Array:
    """Returns (masks, 2): the least that the jobs not in a mask add to the price."""
    least = []
    for i, j in enumerate(jobs.free):
        options = [tuple(left_out[i].tolist())]
        options += [
            tuple(candidate.job_prices[i].tolist())
            for v, candidate in enumerate(candidates)
            if problem.jobs[j].allows(v)
        ]
        least.append(min(options))
    each = np.array(least, dtype=np.int64)
    return np.ascontiguousarray(by_mask(each)[::-1])


def _fill(
    problem: Problem,
    jobs: FreeJobs,
    v: int,
    candidate: Candidate,
    left: Array,
    most: Pair,
    best: Array,
    deadline: float,
) -> str:
    """Lowers ``best`` to the best trip with each bundle; returns why some are missing, if any."""
    bundles = _bundles(problem, jobs, v, candidate)
    # Late gaps first: they leave the fixed rest alone, and are often best for who is on the way.
    for gap in range(len(candidate.prefix) - 1, -1, -1):
        if not len(bundles) or candidate.prefix[gap, 0] < 0:
            continue
        steps = 0
        for at in range(0, len(bundles), _CHUNK):
            limit = int((deadline - perf_counter()) * STEPS_PER_SECOND)
            steps = OVER_LIMIT
            if limit > 0:
                some = bundles[at : at + _CHUNK]
                steps = _run(jobs, candidate, left, most, some, gap, -1, best, limit)
            if steps < 0:
                break
        name = problem.vehicles[v].name
        if steps == OVERFLOW:
            return f"The trips of vehicle {name!r} need more room than the lane has."
        if steps == OVER_LIMIT:
            return f"The budget was over at vehicle {name!r}, {v + 1} of {len(problem.vehicles)}."
    return ""


def _run(
    jobs: FreeJobs,
    candidate: Candidate,
    left: Array,
    most: Pair,
    bundles: Array,
    gap: int,
    row: int,
    best: Array,
    limit: int,
) -> int:
    trip = candidate.trip
    return int(
        trips(
            bundles, gap, len(jobs.free), trip.latest, trip.travel, trip.arc, trip.table,
            trip.fixed, jobs.pickups, jobs.orders, trip.opening, candidate.prefix, candidate.tail,
            jobs.rates, candidate.shortest, candidate.riding, trip.carried,
            trip.capacity, jobs.loads, jobs.load_ids, jobs.store_sets,
            jobs.rows_of, row, int(jobs.load_ids.max()) + 1, left, np.array(most), jobs.slots,
            jobs.states, jobs.pool, best, limit,
        )
    )  # fmt: skip


def _bundles(problem: Problem, jobs: FreeJobs, v: int, candidate: Candidate) -> Array:
    """Returns the masks of jobs that the vehicle may serve and has room for when empty."""
    vehicle = problem.vehicles[v]
    barred = sum(1 << i for i, j in enumerate(jobs.free) if not problem.jobs[j].allows(v))
    masks: Array = np.arange(1, 2 ** len(jobs.free))
    masks = masks[(masks & barred) == 0]
    if vehicle.capacity:
        masks = masks[(jobs.loads[masks] <= candidate.trip.capacity).all(axis=1)]
    if vehicle.max_tasks is not None:
        fixed = sum(len(element) for element in candidate.trip.elements)
        sizes = np.bitwise_count(masks)
        masks = masks[fixed + 2 * sizes.astype(np.int64) <= vehicle.max_tasks]
    return masks


def _columns(candidate: Candidate, best: Array) -> tuple[Columns, Array]:
    """Returns the columns of one vehicle, its route as it is first, and where each comes from."""
    found = np.flatnonzero(best[:, 0] < NO_PRICE)
    bundles, priced = [candidate.kept_mask], [candidate.kept_price]
    origins = [(_KEPT, -1)]
    if candidate.rest_price is not None and candidate.kept_mask:
        bundles.append(0)
        priced.append(candidate.rest_price)
        origins.append((_REST, -1))
    columns = Columns(
        np.concatenate([np.array(bundles), found]),
        np.concatenate([np.array(priced), best[found, :2]]),
        candidate.least,
    )
    where: Array = np.concatenate([np.array(origins), best[found, 2:4]])
    return columns, where


def _assembled(
    jobs: FreeJobs,
    elements: Sequence[Route],
    bundle: int,
    gap: int,
    row: int,
    nodes: Sequence[int],
) -> Route:
    """Returns the route of a trip: elements before it, its loads, the rest as the nodes say."""
    n = len(jobs.free)
    route = [a for element in elements[:gap] for a in element]
    for store in jobs.orders[row].tolist():
        route += [
            Activity(j, Kind.PICKUP)
            for i, j in enumerate(jobs.free)
            if store >= 0 and bundle >> i & 1 and jobs.pickups[i, 0] == store
        ]
    for node in nodes:
        if node < n:
            route.append(Activity(jobs.free[node], Kind.DELIVERY))
        else:
            route += elements[node - n]
    return tuple(route)
