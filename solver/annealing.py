"""
A lane of ruin and recreate: its annealing, which can halt, go on, and go on from elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from solver.arrays import BUSY, EXPENSE, LATE, LATE_MINOR, LATENESS, TRAVEL, Instance, Longs
from solver.strings import ABSENT, MOVES, Ruin, begin, search
from solver.tours import SIZE, TOTAL, Tours, matrices, retime, timed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from solver.search import Bound

_RUN, _RAISE, _MOST_RAISED = 200, 1.3, 100
"""After how many moves prices of being late change, by what factor, and up to how much in all."""

AVERAGE, LONGEST = 10.0, 10.0
"""Jobs that a move takes out on average, and in a row at most (Christiaens, Vanden Berghe)."""

HOTTEST, COLDEST = 1.0, 0.01
"""Temperatures at the start and the end, in rides of the average length between two jobs."""


@dataclass(slots=True)
class Lane:
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

    @property
    def best(self) -> tuple[int, ...]:
        """The cost of the best solution so far, by tiers."""
        return tuple(self.state.best_cost.tolist())

    @property
    def cost(self) -> tuple[int, ...]:
        """The cost of where the search is, by tiers."""
        return tuple(self.state.cost.tolist())


def begun(ins: Instance, tours: Tours, state: Ruin) -> Lane:
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
    return Lane(ins, tours, state, given, scale, base, _RUN, 10, perf_counter())


def go_on(lane: Lane, end: Bound, bound: Bound) -> None:
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


def take_over(lane: Lane, best: Ruin) -> None:
    """Puts a lane where the best solution of another search is."""
    ins, tours, state = lane.ins, lane.tours, lane.state
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
