"""
Twins: arcs that remember by which roads one came, so that bans over several roads hold.

A ban from a road over others to a last one does not hold for those who come to the roads
between from elsewhere. So an arc between has a *twin* for every beginning of a ban that
ends with it: whoever follows the beginning is on the twin, all others on the plain arc.
From a twin the turns are those of the plain arc but the one that completes a ban. Where
bans overlap, the twin is that of the longest beginning that fits what was ridden last, as
in the automaton of Aho and Corasick, and every ban that the way ends with holds.

References
----------
A. V. Aho, M. J. Corasick (1975). Efficient String Matching. *Communications of the ACM*
18(6), 333-340. https://doi.org/10.1145/360825.360855
https://github.com/Project-OSRM/osrm-backend/pull/5907 doubles arcs in the same way.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from dispatch.roads import Bools, Ints, Roads

    Longs = NDArray[np.int64]
    Way = tuple[int, ...]
    """Arcs ridden one after the other."""


class Twins(NamedTuple):
    """
    Turns between arcs with their twins; arcs ``len(arcs)`` in all, the plain ones first.

    ``arcs`` are the plain arcs that each is, ``start`` and ``end`` the turns, sorted by start.
    """

    arcs: Longs
    start: Ints
    end: Ints


def with_twins(size: int, start: Ints, end: Ints, banned: Iterable[Way]) -> Twins:
    """
    Returns the turns that obey banned ways over three or more of ``size`` arcs.

    ``start`` and ``end`` are the turns without those bans, sorted by start. A way that these
    turns do not make is no ban.
    """
    first = np.searchsorted(start, np.arange(size + 1))
    whole = {way for way in banned if _can_be_made(way, first, end)}
    beginnings = sorted({way[:i] for way in whole for i in range(2, len(way))})
    twin = {way: size + i for i, way in enumerate(beginnings)}
    plain_end = end.copy()
    starts, ends = [start], [plain_end]
    for way, number in twin.items():
        last = way[-1]
        onward = end[first[last] : first[last + 1]].tolist()
        leads = [to for arc in onward if (to := _leads_to((*way, arc), twin, whole)) is not None]
        starts.append(np.full(len(leads), number, dtype=np.int32))
        ends.append(np.array(leads, dtype=np.int32))
        if len(way) == 2:
            turns = slice(first[way[0]], first[way[0] + 1])
            plain_end[turns][end[turns] == last] = number
    arcs = np.concatenate([np.arange(size), [way[-1] for way in beginnings]]).astype(np.int64)
    return Twins(arcs, np.concatenate(starts), np.concatenate(ends))


def _can_be_made(way: Way, first: Longs, end: Ints) -> bool:
    return min(way) >= 0 and all(b in end[first[a] : first[a + 1]] for a, b in pairwise(way))


def _leads_to(way: Way, twin: dict[Way, int], whole: set[Way]) -> int | None:
    """Returns the arc that one is on after a way: a twin or the last arc; None if banned."""
    ends = [way[i:] for i in range(len(way) - 1)]
    if not whole.isdisjoint(ends):
        return None
    return next((twin[end] for end in ends if end in twin), way[-1])


def banned_ways(roads: Roads, bit: np.uint8, road: Ints, along: Bools) -> list[Way]:
    """Returns the ways that a profile may not take, by the numbers of its arcs, -1 for none."""
    rows = roads.way_ban[(roads.way_ban_for & bit) > 0]
    arc_of = np.full(2 * len(roads.tail), -1, dtype=np.int64)
    arc_of[2 * road.astype(np.int64) + ~along] = np.arange(len(road))
    return [tuple(arc_of[row[row >= 0]].tolist()) for row in rows]


def kept_arcs(core: Bools, arcs: Longs, start: Ints, end: Ints) -> tuple[Bools, Bools]:
    """
    Returns which arcs to keep, and on which of them a place may be: (k,) each.

    A place may be on the plain arcs of the core, and on those in whose stead others of the
    core are twins: where every way to a road begins a ban nobody comes to its plain arc, but
    who stopped there goes on by it. Kept is what leads from there back to the core.
    """
    plain = np.arange(len(arcs))
    spare = np.zeros(len(arcs), dtype=bool)
    spare[arcs[core & (arcs != plain)]] = True
    spare &= ~core
    if not spare.any():
        return core, core & (arcs == plain)
    back = _reached(core, end, start)
    begin = core | spare & back
    return _reached(begin, start, end) & back, begin & (arcs == plain)


def _reached(begin: Bools, start: Ints, end: Ints) -> Bools:
    """Returns which arcs can be reached from some of them."""
    size, first = len(begin), np.flatnonzero(begin)
    row = np.concatenate([start, np.full(len(first), size)])
    turns = csr_array(
        (np.ones(len(row)), (row, np.concatenate([end, first]))), (size + 1, size + 1)
    )
    reached = np.zeros(size + 1, dtype=bool)
    reached[breadth_first_order(turns, size, return_predecessors=False)] = True
    return reached[:size]
