"""
Labels in a hierarchy, and tables from them; compiled by numba as `cch_kernels` says.

The label of a point holds the ms to the nodes above those it hangs on, or from them: what a
search up the elimination tree finds. The fastest way between two points passes the highest
of its nodes, which both labels hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from dispatch.cch_kernels import I4, I8, NEVER, SIDE, U4, Ints, Longs, Side, Times

if TYPE_CHECKING:
    from numpy.typing import NDArray


@njit(nogil=True)
def _climb(fronts: Ints, left: int, at: int, above: int) -> int:
    """Moves the fronts at a node to its parent, as one; returns how many are left."""
    kept = 0
    moved = above < 0
    for i in range(left):
        if fronts[i] != at:
            fronts[kept] = fronts[i]
            kept += 1
        elif not moved:
            fronts[kept] = above
            kept += 1
            moved = True
    return kept


@njit(
    f"Tuple(({I8}, {I4}, {U4}))({I8}, {I4}, {U4}, {SIDE}, {U4}, {I4}, {U4})",
    nogil=True,
    cache=True,
)
def labels(
    first: Longs, nodes: Ints, extra: Times, side: Side, ms: Times, parent: Ints, best: Times
) -> tuple[Longs, Ints, Times]:
    """
    Returns a label for each of some points: the nodes above it and the ms to them, by rows.

    A point is the nodes ``first[i] : first[i + 1]`` it hangs on, with ``extra`` ms to each.
    ``best`` (k) is room to work in, `NEVER` throughout, before and after.
    """
    num = first.size - 1
    ends = np.zeros(num + 1, np.int64)
    rank, value = np.empty(max(16, 512 * num), np.int32), np.empty(max(16, 512 * num), np.uint32)
    n = 0
    for point in range(num):
        fronts = nodes[first[point] : first[point + 1]].copy()
        for i in range(first[point], first[point + 1]):
            best[nodes[i]] = min(best[nodes[i]], extra[i])
        left = fronts.size
        while left:
            at = fronts[:left].min()
            left = _climb(fronts, left, at, parent[at])
            if best[at] >= NEVER:
                continue
            if n == rank.size:
                rank = np.concatenate((rank, np.empty_like(rank)))
                value = np.concatenate((value, np.empty_like(value)))
            rank[n], value[n] = at, best[at]
            n += 1
            for j in range(np.uint64(side[0][at]), np.uint64(side[0][at + 1])):
                above = np.uint32(side[1][j])
                best[above] = min(best[above], np.uint32(best[at] + ms[j]))
        for i in range(ends[point], n):
            best[rank[i]] = NEVER
        ends[point + 1] = n
    return ends, rank[:n].copy(), value[:n].copy()


@njit(f"float64[:, ::1]({I8}, {I4}, {U4}, {I8}, {I4}, {U4}, {U4})", nogil=True, cache=True)
def table(
    a_first: Longs,
    a_rank: Ints,
    a_ms: Times,
    b_first: Longs,
    b_rank: Ints,
    b_ms: Times,
    best: Times,
) -> NDArray[np.float64]:
    """Returns the ms between points by way of the nodes both labels have; ``best`` as above."""
    found = np.full((a_first.size - 1, b_first.size - 1), np.inf)
    for a in range(a_first.size - 1):
        for i in range(a_first[a], a_first[a + 1]):
            best[a_rank[i]] = a_ms[i]
        for b in range(b_first.size - 1):
            least = NEVER
            for i in range(np.uint64(b_first[b]), np.uint64(b_first[b + 1])):
                least = min(least, np.uint32(best[np.uint32(b_rank[i])] + b_ms[i]))
            if least < NEVER:
                found[a, b] = least
        for i in range(a_first[a], a_first[a + 1]):
            best[a_rank[i]] = NEVER
    return found
