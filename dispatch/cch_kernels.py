"""
The loops of the customizable contraction hierarchy, compiled by numba.

Nodes are numbered by their rank. A *side* of a hierarchy is, for every node, either the
higher nodes it leads to or the higher nodes that lead to it, by rows: ``first`` (k + 1) and
``head``, ascending. Its *triangles* say which lower nodes a row was filled through, by
rows too: ``begin`` (k + 1) and ``through`` (n, 3) with the place of the arc, on the other
side, between the lower node and this one, and where on this side the rest of the lower
node's row begins and ends. Times are uint32 ms, at most `NEVER`, so that two of them add up.

Signatures are given and results cached, so that nothing is compiled while it is needed. The
innermost loops count with unsigned numbers: numba tests every signed index for being
negative, which takes longer than the work on it.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Times = NDArray[np.uint32]
Side = tuple[Longs, Ints, Longs, Ints]

NEVER = np.uint32(2**31 - 1)
"""`timing.NEVER`; two of them still fit."""

I4, I8, U4 = "int32[::1]", "int64[::1]", "uint32[::1]"
SIDE = f"Tuple(({I8}, {I4}, {I8}, int32[:, ::1]))"


@njit(f"{I4}({I8}, {I4})", nogil=True, cache=True)
def elimination_tree(first: Longs, lower: Ints) -> Ints:
    """
    Returns the parent of each node, -1 at a root, from the lower neighbours of each.

    The algorithm of Liu (1986), https://doi.org/10.1145/6497.6499.
    """
    size = first.size - 1
    parent = np.full(size, -1, np.int32)
    ancestor = np.full(size, -1, np.int32)
    for node in range(size):
        for i in range(first[node], first[node + 1]):
            at = lower[i]
            while ancestor[at] != -1 and ancestor[at] != node:
                above = ancestor[at]
                ancestor[at] = node
                at = above
            if ancestor[at] == -1:
                ancestor[at] = node
                parent[at] = node
    return parent


@njit(nogil=True)
def _grown(rows: Ints, need: int) -> Ints:
    if need <= rows.shape[0]:
        return rows
    wider = np.empty((max(need, 2 * rows.shape[0]), 3), np.int32)
    wider[: rows.shape[0]] = rows
    return wider


@njit(nogil=True)
def _fill_row(
    node: int,
    near: tuple[Longs, Ints],
    own: Ints,
    first: Longs,
    other: Ints,
    chain: Ints,
    through: Ints,
    count: int,
    seen: Ints,
) -> tuple[Ints, Ints, int]:
    """Fills a node's row of one side; ``own`` and ``other`` are (head, owner, next) of arcs."""
    near_first, near_head = near
    n = first[node]
    own = _grown(own, n + near_first[node + 1] - near_first[node])
    for i in range(near_first[node], near_first[node + 1]):
        seen[near_head[i]] = node
        own[n, 0] = near_head[i]
        n += 1
    arc = chain[node]
    while arc >= 0:
        low = other[arc, 1]
        end = first[low + 1]
        begin = end
        while begin > first[low] and own[begin - 1, 0] > node:
            begin -= 1
        if begin < end:
            through = _grown(through, count + 1)
            through[count, 0], through[count, 1], through[count, 2] = arc, begin, end
            count += 1
        own = _grown(own, n + end - begin)
        for i in range(begin, end):
            above = own[i, 0]
            if seen[above] != node:
                seen[above] = node
                own[n, 0] = above
                n += 1
        arc = other[arc, 2]
    own[first[node] : n, 0] = np.sort(own[first[node] : n, 0])
    first[node + 1] = n
    return own, through, count


@njit(nogil=True)
def _link(node: int, own: Ints, first: Longs, chain: Ints) -> None:
    for arc in range(first[node], first[node + 1]):
        above = own[arc, 0]
        own[arc, 1] = node
        own[arc, 2] = chain[above]
        chain[above] = arc


@njit(f"UniTuple({SIDE}, 2)({I8}, {I4}, {I8}, {I4})", nogil=True, cache=True)
def contract(out_first: Longs, out_head: Ints, in_first: Longs, in_head: Ints) -> tuple[Side, Side]:
    """
    Returns the two sides, from the higher nodes each node leads to and is led to from.

    An arc is added only where a way through lower nodes leads in its direction.
    """
    size = out_first.size - 1
    outs = np.empty((max(16, 4 * out_head.size), 3), np.int32)
    ins = np.empty((max(16, 4 * in_head.size), 3), np.int32)
    out_through, in_through = np.empty((16, 3), np.int32), np.empty((16, 3), np.int32)
    firsts, begins = np.zeros((2, size + 1), np.int64), np.zeros((2, size + 1), np.int64)
    chains = np.full((2, size), -1, np.int32)
    seen = np.full((2, size), -1, np.int32)
    num_out, num_in = 0, 0
    for node in range(size):
        near = (out_first, out_head)
        outs, out_through, num_out = _fill_row(
            node, near, outs, firsts[0], ins, chains[1], out_through, num_out, seen[0]
        )
        near = (in_first, in_head)
        ins, in_through, num_in = _fill_row(
            node, near, ins, firsts[1], outs, chains[0], in_through, num_in, seen[1]
        )
        begins[0, node + 1], begins[1, node + 1] = num_out, num_in
        _link(node, outs, firsts[0], chains[0])
        _link(node, ins, firsts[1], chains[1])
    out_side = (
        firsts[0].copy(),
        outs[: firsts[0, size], 0].copy(),
        begins[0].copy(),
        out_through[:num_out].copy(),
    )
    in_side = (
        firsts[1].copy(),
        ins[: firsts[1, size], 0].copy(),
        begins[1].copy(),
        in_through[:num_in].copy(),
    )
    return out_side, in_side


@njit(nogil=True)
def _relax(node: int, side: Side, ms: Times, other: Times, best: Times) -> None:
    first, head, begin, through = side
    for i in range(first[node], first[node + 1]):
        best[np.uint32(head[i])] = ms[i]
    for i in range(np.uint64(begin[node]), np.uint64(begin[node + 1])):
        here = other[np.uint32(through[i, 0])]
        for j in range(np.uint64(through[i, 1]), np.uint64(through[i, 2])):
            above = np.uint32(head[j])
            best[above] = min(best[above], np.uint32(here + ms[j]))
    for i in range(first[node], first[node + 1]):
        ms[i] = best[np.uint32(head[i])]


@njit(f"void({SIDE}, {SIDE}, {U4}, {U4})", nogil=True, cache=True)
def customize(outs: Side, ins: Side, out_ms: Times, in_ms: Times) -> None:
    """Lowers the ms of all arcs, those of turns filled in, to the ways through lower nodes."""
    size = outs[0].size - 1
    best = np.empty(size, np.uint32)
    for node in range(size):
        _relax(node, outs, out_ms, in_ms, best)
        _relax(node, ins, in_ms, out_ms, best)
