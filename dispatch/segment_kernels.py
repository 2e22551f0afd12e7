"""
Where the segments of a road network are, by the numbers of their nodes; compiled by numba.

A place is that of `timing.Speeds` read row by row: of the piece along the line from point k to
the next k, of the one against it as many more as there are points. A table of twice as many
slots as segments, and more, holds a place of each, -1 where it is free: in the first slot free
from the one that its numbers give (linear probing). A segment that several roads share is a
ring of places, each leading to the next; the ring of others is themselves.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

I4, I8 = "int32[::1]", "int64[::1]"


@njit(nogil=True)
def _slot(a: np.int64, b: np.int64, slots: int) -> np.uint64:
    """Returns where a pair of numbers is looked for first; slots are a power of 2."""
    # Odd constants of MurmurHash3's finalizer: close numbers end up far apart.
    mixed = np.uint64(a) * np.uint64(0xFF51AFD7ED558CCD) + np.uint64(b)
    mixed = (mixed ^ (mixed >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return (mixed ^ (mixed >> np.uint64(33))) & np.uint64(slots - 1)


@njit(nogil=True)
def _is_at(place: np.int64, node: Longs, a: np.int64, b: np.int64) -> bool:
    side = np.int64(place >= node.size)
    k = place - side * node.size
    return bool(node[k + side] == a and node[k + 1 - side] == b)


@njit(f"UniTuple({I4}, 2)({I8}, boolean[::1])", nogil=True, cache=True)
def segment_table(node: Longs, is_step: Bools) -> tuple[Ints, Ints]:
    """
    Returns the table and the rings, -1 for a place that is none.

    It takes the nodes of the lines' points, and which of them have a next one.
    """
    slots = 16
    while slots < 4 * is_step.sum():
        slots *= 2
    table = np.full(slots, -1, np.int32)
    ring = np.full(2 * node.size, -1, np.int32)
    for k in range(node.size):
        if not is_step[k]:
            continue
        for side in range(2):
            place = np.int32(k + side * node.size)
            a, b = node[k + side], node[k + 1 - side]
            slot = _slot(a, b, slots)
            while table[slot] >= 0 and not _is_at(table[slot], node, a, b):
                slot = (slot + np.uint64(1)) & np.uint64(slots - 1)
            if table[slot] < 0:
                table[slot], ring[place] = place, place
            else:
                ring[place], ring[table[slot]] = ring[table[slot]], place
    return table, ring


@njit(f"{I8}({I4}, {I4}, {I8}, int64[:, ::1], float64[::1], float64[::1])", nogil=True, cache=True)
def put(table: Ints, ring: Ints, node: Longs, keys: Longs, values: Floats, into: Floats) -> Longs:
    """Puts a value at the places of each segment; returns which segments (k, 2) are unknown."""
    unknown = np.empty(len(keys), np.int64)
    num_unknown = 0
    place = np.int64(-1)
    for i in range(len(keys)):
        a, b = keys[i, 0], keys[i, 1]
        # Who reports many segments mostly follows the roads.
        place += 1
        if not (place < ring.size and ring[place] >= 0 and _is_at(place, node, a, b)):
            slot = _slot(a, b, table.size)
            while table[slot] >= 0 and not _is_at(table[slot], node, a, b):
                slot = (slot + np.uint64(1)) & np.uint64(table.size - 1)
            place = np.int64(table[slot])
        if place < 0:
            unknown[num_unknown] = i
            num_unknown += 1
            continue
        into[place] = values[i]
        other = ring[place]
        while other != place:
            into[other] = values[i]
            other = ring[other]
    return unknown[:num_unknown].copy()
