"""The loop over all pieces of all roads that makes a metric; compiled by numba."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

I4, I8, FLAGS = "int32[::1]", "int64[::1]", "boolean[::1]"
I8_2D, F8_2D = "int64[:, ::1]", "float64[:, ::1]"


@njit(
    f"UniTuple({I8_2D}, 2)({I4}, float64[::1], {F8_2D}, {F8_2D}, {F8_2D}, float64)",
    nogil=True,
    cache=True,
)
def along_roads(
    first: Ints, metres: Floats, wait: Floats, free_kmh: Floats, told_kmh: Floats, cap_kmh: float
) -> tuple[Longs, Longs]:
    """
    Returns ``until`` and ``shut`` as `timing.Metric` has them.

    ``free_kmh`` (2, m) is the speed on each road, ``told_kmh`` (2, p) what was reported of each
    piece, NaN for nothing, taken for at most ``cap_kmh``; ``wait`` (2, p) are ms.
    """
    until = np.zeros((2, metres.size), np.int64)
    shut = np.zeros((2, metres.size + 1), np.int64)
    for road in range(first.size - 1):
        begin, last = first[road], first[road + 1] - 1
        for side in range(2):
            ms = 0.0
            step = begin if side == 0 else last - 1
            for _ in range(last - begin):
                kmh = min(told_kmh[side, step], cap_kmh)
                is_told = told_kmh[side, step] > 0
                kmh = kmh if is_told else free_kmh[side, road]
                ms += metres[step] * 3600 / kmh + wait[side, step]
                until[side, step + 1 - side] = np.int64(np.rint(ms))
                step += 1 - 2 * side
            for k in range(begin, last):
                shut[side, k + 1] = shut[side, k] + (told_kmh[side, k] == 0)
            shut[side, last + 1] = shut[side, last]
    return until, shut


@njit(
    f"Tuple(({I8}, {FLAGS}, {I8}))({I8_2D}, {I8_2D}, {I4}, {I4}, {FLAGS}, {I4}, {I4}, {I8}, int64)",
    nogil=True,
    cache=True,
)
def over_turns(
    until: Longs,
    shut: Longs,
    first: Ints,
    road: Ints,
    along: Bools,
    start: Ints,
    end: Ints,
    cost: Longs,
    never: int,
) -> tuple[Longs, Bools, Longs]:
    """Returns ``arc``, ``closed`` and ``weight`` as `timing.Metric` has them."""
    arc = np.empty(road.size, np.int64)
    closed = np.empty(road.size, np.bool_)
    for i in range(road.size):
        side = 0 if along[i] else 1
        begin, last = first[road[i]], first[road[i] + 1] - 1
        arc[i] = max(1, until[side, last if along[i] else begin])
        closed[i] = shut[side, last] > shut[side, begin]
    weight = np.empty(start.size, np.int64)
    for i in range(start.size):
        weight[i] = never if closed[start[i]] else min(never, cost[i] + arc[end[i]])
    return arc, closed, weight
