"""The fastest way in a hierarchy arc by arc, from two labels; compiled by numba."""

from __future__ import annotations

import numpy as np
from numba import njit

from dispatch.cch_kernels import I4, NEVER, SIDE, U4, Ints, Side, Times


@njit(nogil=True)
def _place(side: Side, node: np.int32, above: np.int32) -> np.int64:
    """Returns where a higher node is in a node's row, -1 where it is not."""
    first, head = side[0], side[1]
    at: np.int64 = first[node] + np.searchsorted(head[first[node] : first[node + 1]], above)
    return at if at < first[node + 1] and head[at] == above else np.int64(-1)


@njit(nogil=True)
def _descend(rank: Ints, value: Times, side: Side, ms: Times, at: int) -> list[np.int32]:
    """Returns the nodes from one in a label, by place, down to the one the point hangs on."""
    found = [rank[at]]
    i = at - 1
    while i >= 0:
        arc = _place(side, rank[i], rank[at])
        if arc >= 0 and np.int64(value[i]) + ms[arc] == value[at]:
            found.append(rank[i])
            at = i
        i -= 1
    return found


@njit(nogil=True)
def _through(side: Side, ms: Times, other: Times, node: np.int32, above: np.int32) -> np.int64:
    """Returns the lower node that an arc is a way through, -1 for a turn of its own."""
    first, head, begin, through = side
    whole = ms[_place(side, node, above)]
    for i in range(begin[node], begin[node + 1]):
        arc, low, high = through[i]
        at = low + np.searchsorted(head[low:high], above)
        if at < high and head[at] == above and np.int64(other[arc]) + ms[at] == whole:
            return np.int64(np.searchsorted(first, at, side="right") - 1)
    return np.int64(-1)


@njit(nogil=True)
def _unpacked(
    at: np.int32, left: list[np.int32], outs: Side, ins: Side, out_ms: Times, in_ms: Times
) -> Ints:
    """Returns the nodes from one by way of others, the next of them last, turn by turn."""
    found = [at]
    while len(left):
        to = left[-1]
        if at < to:
            middle = _through(outs, out_ms, in_ms, at, to)
        else:
            middle = _through(ins, in_ms, out_ms, to, at)
        if middle >= 0:
            left.append(np.int32(middle))
        else:
            found.append(to)
            at = left.pop()
    return np.array(found, dtype=np.int32)


@njit(f"{I4}({I4}, {U4}, {I4}, {U4}, {SIDE}, {SIDE}, {U4}, {U4})", nogil=True, cache=True)
def path(
    a_rank: Ints,
    a_ms: Times,
    b_rank: Ints,
    b_ms: Times,
    outs: Side,
    ins: Side,
    out_ms: Times,
    in_ms: Times,
) -> Ints:
    """Returns the nodes of the fastest way between two points by their labels, or none."""
    least, i, j, a_best, b_best = np.int64(NEVER), 0, 0, -1, -1
    while i < a_rank.size and j < b_rank.size:
        if a_rank[i] == b_rank[j]:
            ms = np.int64(a_ms[i]) + b_ms[j]
            if ms < least:
                least, a_best, b_best = ms, i, j
            i += 1
            j += 1
        elif a_rank[i] < b_rank[j]:
            i += 1
        else:
            j += 1
    if a_best < 0:
        return np.empty(0, np.int32)
    up = _descend(a_rank, a_ms, outs, out_ms, a_best)
    down = _descend(b_rank, b_ms, ins, in_ms, b_best)
    left = [down[k] for k in range(len(down) - 1, 0, -1)]
    for node in up[:-1]:
        left.append(node)
    return _unpacked(up[-1], left, outs, ins, out_ms, in_ms)
