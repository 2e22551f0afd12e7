"""
The lane of ruin and recreate: anneals from a solution by moves that know the true cost.

The search accepts by one number, in which being late or left out weighs moderately, and keeps the
cheapest solution by the tiers of the problem.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from solver.arrays import (
    BUSY,
    DELIVERY,
    EXPENSE,
    LATE,
    LATE_MINOR,
    LATENESS,
    NEVER,
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
from solver.strings import ABSENT, MOVES, Ruin, begin, search
from solver.tours import SIZE, TOTAL, Tours, matrices, retime, route_of, timed, tours_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solver.arrays import Ints
    from solver.problem import Problem
    from solver.search import Bound

Bools = NDArray[np.bool_]

NEIGHBOURS = 100
"""How many jobs near to each one are known."""

LATE_PRICE, LATENESS_PRICE, MINOR_PRICE = 600, 2, 300
"""Prices at first of a late promised job, of a second of its lateness, of a late minor job."""

_RUN, _RAISE, _MOST_RAISED = 200, 1.3, 100
"""After how many moves prices of being late change, by what factor, and up to how much in all."""

AVERAGE, LONGEST = 10.0, 10.0
"""Jobs that a move takes out on average, and in a row at most (Christiaens, Vanden Berghe)."""

HOTTEST, COLDEST = 1.0, 0.01
"""Temperatures at the start and the end, in rides of the average length between two jobs."""

_ROUNDS = 8
"""In how many parts several lanes search; between two of them they exchange their best."""

_APART = 1_000_003
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
    if lanes == 1:
        several = [_lane(problem, ins, start, seed)]
        _go_on(several[0], bound, bound)
    else:
        several = _together(problem, ins, start, bound, [seed + i * _APART for i in range(lanes)])
    best = _leader(several).state
    routes = tuple(
        route_of(ins, best.best_code[v, : best.best_size[v]]) for v in range(len(problem.vehicles))
    )
    served = {activity.job for route in routes for activity in route}
    left = frozenset(range(len(problem.jobs))) - served
    moves = sum(int(lane.state.counts[MOVES]) for lane in several)
    return Ruined(Solution(routes, left), moves)


@dataclass(slots=True)
class _Lane:
    """
    A search that can halt and go on: mutable, as its arrays are.

    ``given`` is what the kernel takes, ``scale`` the price of an average ride, ``base`` are the
    prices of measures at first and ``due`` the moves after which they change again; ``pace`` is how
    many moves are tried between two looks at the clock and ``began`` the first look.
    """

    ins: Instance
    tours: Tours
    state: Ruin
    given: tuple[Any, ...]
    scale: float
    base: Longs
    due: int
    pace: int
    began: float


def _lane(problem: Problem, ins: Instance, start: Solution, seed: int) -> _Lane:
    tours = tours_of(ins, start.routes, 2 * len(problem.vehicles) + 1)
    return _begun(ins, tours, _state(problem, ins, tours, start, seed))


def _together(
    problem: Problem, ins: Instance, start: Solution, bound: Bound, seeds: Sequence[int]
) -> list[_Lane]:
    """
    Runs a lane for each seed, all but the first in threads: kernels let go of Python's lock.

    At fixed parts of the bound all wait for each other, and those behind go on from the best.
    Raises what a lane raises, when all have ended.
    """
    began = perf_counter()
    with ThreadPoolExecutor(len(seeds) - 1) as pool:
        others = [pool.submit(_lane, problem, ins, start, seed) for seed in seeds[1:]]
        lanes = [_lane(problem, ins, start, seeds[0]), *(lane.result() for lane in others)]
        for part in range(1, _ROUNDS + 1):
            end = _part_of(bound, began, part / _ROUNDS)
            runs = [pool.submit(_go_on, lane, end, bound) for lane in lanes[1:]]
            _go_on(lanes[0], end, bound)
            for run in runs:
                run.result()
            if part < _ROUNDS:
                _exchange(lanes)
    return lanes


def _part_of(bound: Bound, began: float, part: float) -> Bound:
    """Returns the bound of the first part of a search."""
    steps = None if bound.steps is None else math.ceil(bound.steps * part)
    deadline = None if bound.deadline is None else began + (bound.deadline - began) * part
    return replace(bound, deadline=deadline, steps=steps)


def _leader(lanes: Sequence[_Lane]) -> _Lane:
    """Returns the lane with the best solution, of several the first."""
    return min(lanes, key=lambda lane: tuple(lane.state.best_cost.tolist()))


def _exchange(lanes: Sequence[_Lane]) -> None:
    """Lets all that have found less than the best go on from there."""
    leader = _leader(lanes)
    best = tuple(leader.state.best_cost.tolist())
    for lane in lanes:
        if tuple(lane.state.best_cost.tolist()) > best:
            _take_over(lane, leader)


def _take_over(lane: _Lane, leader: _Lane) -> None:
    """Puts a lane where the best solution of another one is."""
    ins, tours, state, best = lane.ins, lane.tours, lane.state, leader.state
    jobs = len(state.where)
    state.where[:] = -1
    for v, slot in enumerate(state.slot.tolist()):
        codes = best.best_code[v, : best.best_size[v]]
        tours.code[slot, : len(codes)] = codes
        tours.head[slot, SIZE] = len(codes)
        retime(*matrices(ins), *timed(tours), slot, v)
        state.where[codes[codes >= jobs] - jobs] = v
    left = np.flatnonzero(state.where < 0)
    state.absent[: len(left)] = left
    state.counts[ABSENT] = len(left)
    _begin(tours, state)


def _begun(ins: Instance, tours: Tours, state: Ruin) -> _Lane:
    """Returns a lane at its start, with all inserted that was left out."""
    _begin(tours, state)
    given: tuple[Any, ...] = (
        *(*matrices(ins), *timed(tours), state.allowed, state.weights, state.missing, state.tiers),
        *(state.missing_tiers, state.slot, state.spare, state.where, state.absent, state.near),
        *(state.far, state.offer, state.counts, state.cost, state.best_code, state.best_size),
        *(state.best_cost, state.chance, *_room(state)),
    )
    if state.counts[ABSENT]:
        # What is left out is inserted first: temperatures are measured by whole routes.
        search(*(*given, 1, 0.0, AVERAGE, LONGEST))
    scale, base = _scale(tours, state), state.weights.copy()
    return _Lane(ins, tours, state, given, scale, base, _RUN, 10, perf_counter())


def _go_on(lane: _Lane, end: Bound, bound: Bound) -> None:
    """
    Tries moves until ``end``, in runs of some milliseconds between two looks at the clock.

    The temperature falls over the whole ``bound``, of which ``end`` may be a part.
    """
    state, now = lane.state, perf_counter()
    done, part = int(state.counts[MOVES]), 0.0
    cooling = math.log(COLDEST / HOTTEST)
    while not end.reached(done):
        moves = lane.pace
        if end.steps is not None and bound.steps is not None:
            moves = min(moves if end.deadline is not None else 1000, end.steps - done)
            part = done / bound.steps
        if bound.deadline is not None:
            part = min(1.0, (now - lane.began) / max(1e-9, bound.deadline - lane.began))
        heat = HOTTEST * lane.scale * math.exp(cooling * part)
        search(*(*lane.given, moves, heat, AVERAGE, LONGEST))
        done += moves
        if done >= lane.due:
            lane.due = done + _RUN
            _adjust(lane.tours, state, lane.base)
        if end.deadline is not None:
            before, now = now, perf_counter()
            # Some milliseconds a run, less towards the end.
            aim = min(0.004, max(0.0005, (end.deadline - now) / 4))
            lane.pace = int(min(5000, max(1, moves * min(2.0, aim / max(1e-6, now - before)))))


def _adjust(tours: Tours, state: Ruin, base: Longs) -> None:
    """Raises the prices of being late while the best is less so, and else lowers them."""
    late, fine = [LATE, LATENESS, LATE_MINOR], state.fine
    is_worse = tuple(state.cost[:fine].tolist()) > tuple(state.best_cost[:fine].tolist())
    raised = state.weights[late] * (_RAISE if is_worse else 1 / _RAISE)
    raised = np.clip(raised, base[late], base[late] * _MOST_RAISED).astype(np.int64)
    if (raised != state.weights[late]).any():
        state.weights[late] = raised
        _begin(tours, state)


def _room(state: Ruin) -> tuple[NDArray[Any], ...]:
    """Returns the arrays in which a run of moves keeps intermediate results."""
    jobs, vehicles = len(state.where), len(state.slot)
    return (
        np.zeros((2, vehicles), dtype=np.int32),
        np.zeros((3, jobs), dtype=np.int32),
        np.zeros(vehicles, dtype=np.uint8),
        np.zeros(jobs),
        np.zeros(len(state.cost), dtype=np.int64),
        np.zeros(4, dtype=np.int64),
        np.zeros(2 * vehicles, dtype=np.int64),
        np.zeros((0, 11), dtype=np.int64),
    )


def _begin(tours: Tours, state: Ruin) -> None:
    begin(
        *(tours.code, tours.head, state.weights, state.missing, state.tiers, state.missing_tiers),
        *(state.slot, state.absent, state.offer, state.counts, state.cost),
        *(state.best_code, state.best_size, state.best_cost),
    )


def _scale(tours: Tours, state: Ruin) -> float:
    """
    Returns the price of riding per job of the present routes, at least 1.

    The ways home of vehicles without jobs are no part of it: no move changes them.
    """
    weights, totals = state.weights, tours.head[state.slot, TOTAL:].sum(axis=0)
    price = float(weights[BUSY] + weights[TRAVEL]) * float(totals[TRAVEL])
    price += float(weights[EXPENSE] * totals[EXPENSE])
    return max(1.0, price / max(1, len(state.where)))


def _state(problem: Problem, ins: Instance, tours: Tours, start: Solution, seed: int) -> Ruin:
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
    np.fill_diagonal(apart, NEVER)
    order = np.argsort(apart, axis=1, kind="stable")[:, : min(NEIGHBOURS, len(apart) - 1)]
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
