"""
The lane of ruin and recreate: anneals from a solution by moves that know the true cost.

The search accepts by one number, in which being late or left out weighs moderately, and keeps the
cheapest solution by the tiers of the problem.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from solver.annealing import Lane, begun
from solver.arrays import (
    BUSY,
    DELIVERY,
    EXPENSE,
    LATE,
    LATE_MINOR,
    LATENESS,
    PICKUP,
    START_PLACE,
    TRAVEL,
    USED,
    Instance,
    Longs,
    arrays,
)
from solver.problem import Measure
from solver.solution import Solution
from solver.strings import MOVES, Ruin
from solver.together import leader_of, together
from solver.tours import Tours, route_of, tours_of

if TYPE_CHECKING:
    from solver.arrays import Ints
    from solver.problem import Problem
    from solver.search import Bound

Bools = NDArray[np.bool_]

NEIGHBOURS = 100
"""How many jobs near to each one are known."""

LATE_PRICE, LATENESS_PRICE, MINOR_PRICE = 600, 2, 300
"""Prices at first of a late promised job, of a second of its lateness, of a late minor job."""

APART = 1_000_003
"""By what the seeds of two lanes differ: neighbouring seeds are those of other searches."""


@dataclass(frozen=True, slots=True)
class Ruined:
    """The cheapest solution of a search, and how many moves it tried."""

    solution: Solution
    moves: int


def ruin_and_recreate(
    problem: Problem, start: Solution, bound: Bound, seed: int, lanes: int = 1
) -> Ruined:
    """
    Returns a legal solution at most as costly as a legal ``start``; a step is one move tried.

    Several ``lanes`` search at once, each on a core and for all of the bound, and exchange their
    best from time to time; the moves are those of all of them. The same seed, steps and lanes give
    the same solution on every machine.
    """
    if not problem.jobs or not problem.vehicles or bound.reached(0):
        return Ruined(start, 0)
    ins = arrays(problem)

    def make(seed: int) -> Lane:
        tours = tours_of(ins, start.routes, 2 * len(problem.vehicles) + 1)
        return begun(ins, tours, state_of(problem, ins, tours, start, seed))

    several = together(make, [seed + i * APART for i in range(lanes)], bound)
    best = leader_of(several).state
    routes = tuple(
        route_of(ins, best.best_code[v, : best.best_size[v]]) for v in range(len(problem.vehicles))
    )
    served = {activity.job for route in routes for activity in route}
    left = frozenset(range(len(problem.jobs))) - served
    moves = sum(int(lane.state.counts[MOVES]) for lane in several)
    return Ruined(Solution(routes, left), moves)


def state_of(problem: Problem, ins: Instance, tours: Tours, start: Solution, seed: int) -> Ruin:
    """Returns a search that is at a legal solution and has not begun."""
    jobs, vehicles = len(problem.jobs), len(problem.vehicles)
    where = np.full(jobs, -1, dtype=np.int32)
    for v, route in enumerate(start.routes):
        where[[activity.job for activity in route]] = v
    absent = np.zeros(jobs, dtype=np.int32)
    left = np.flatnonzero(where < 0)
    absent[: len(left)] = left
    weights, missing = surrogate(problem, ins)
    spare = np.zeros(vehicles + 1, dtype=np.int32)
    spare[:] = np.arange(vehicles, 2 * vehicles + 1)
    return Ruin(
        fine=fine_tier(problem),
        allowed=ins.allowed,
        tiers=ins.weights,
        missing_tiers=ins.missing,
        slot=np.arange(vehicles, dtype=np.int32),
        spare=spare,
        counts=np.array([vehicles + 1, len(left), 0, 0, 0], dtype=np.int64),
        where=where,
        absent=absent,
        near=_near(ins),
        far=_far(ins),
        offer=np.zeros((jobs, vehicles, 4), dtype=np.int64),
        weights=weights,
        missing=missing,
        cost=np.zeros(len(problem.tiers), dtype=np.int64),
        best_code=np.zeros_like(tours.code[:vehicles]),
        best_size=np.zeros(vehicles, dtype=np.int32),
        best_cost=np.zeros(len(problem.tiers), dtype=np.int64),
        chance=np.array([(seed + 1) * 0x9E3779B97F4A7C15 % 2**64], dtype=np.uint64),
    )


def _near(ins: Instance) -> Ints:
    """Returns the other jobs of each one by the ride between their tasks, nearest first."""
    ride = ins.ride[0].astype(np.int64)
    pickup, delivery = ins.job[:, PICKUP], ins.job[:, DELIVERY]
    there = ride[np.ix_(delivery, delivery)]
    apart = there + there.T
    has_pickup: Bools = np.greater_equal(pickup, 0)
    both: Bools = np.logical_and.outer(has_pickup, has_pickup)
    from_pickup = ride[np.ix_(pickup, pickup)]
    apart += np.where(both, from_pickup + from_pickup.T, 0)
    # Way and job in one number, which sorts several times faster than the ways' order is found.
    jobs = len(apart)
    keys = apart * jobs + np.arange(jobs)
    np.fill_diagonal(keys, np.iinfo(np.int64).max)
    keys.sort(axis=1)
    order = keys[:, : min(NEIGHBOURS, jobs - 1)] % jobs
    return np.ascontiguousarray(order, dtype=np.int32)


def _far(ins: Instance) -> Longs:
    """Returns the way from the nearest start of a vehicle, or from the pickup, to each delivery."""
    ride = ins.ride[0].astype(np.int64)
    pickup, delivery = ins.job[:, PICKUP], ins.job[:, DELIVERY]
    from_start = ride[np.ix_(ins.vehicle[:, START_PLACE], delivery)].min(axis=0)
    return np.asarray(np.where(pickup >= 0, ride[pickup, delivery], from_start))


def surrogate(problem: Problem, ins: Instance) -> tuple[Longs, Longs]:
    """
    Returns prices of the measures of routes and of each job left out, in the unit of the last tier.

    What belongs to the tiers before it weighs moderately: enough for the search to mend it, and
    little enough to pass through solutions in which it is not mended.
    """
    fine = fine_tier(problem)
    weights = ins.weights[fine].copy()
    ride = int(ins.ride[:, :-1, :-1].max(initial=1))
    if weights[EXPENSE]:
        ride = max(ride, int(ins.expense.max(initial=1)))
    unit = int(max(weights[BUSY], weights[TRAVEL], weights[EXPENSE], 1))
    above: Any = np.any(ins.weights[:fine], axis=0)
    for measure, price in (
        (LATE, LATE_PRICE),
        (LATENESS, LATENESS_PRICE),
        (LATE_MINOR, MINOR_PRICE),
    ):
        if above[measure]:
            weights[measure] += price * unit
    if above[USED]:
        weights[USED] += ride * unit
    missing = ins.missing[:, fine].copy()
    share = np.zeros(len(missing))
    for tier in range(fine):
        most = ins.missing[:, tier].max(initial=0)
        if most:
            share += ins.missing[:, tier] / most
    missing += np.ceil(20 * ride * unit * share).astype(np.int64)
    return weights, missing


def fine_tier(problem: Problem) -> int:
    """Returns the first tier that riding is part of, else the last."""
    riding = {Measure.BUSY, Measure.TRAVEL, Measure.EXPENSE, Measure.DISTANCE}
    for place, tier in enumerate(problem.tiers):
        if any(measure in riding for measure, _ in tier):
            return place
    return len(problem.tiers) - 1
