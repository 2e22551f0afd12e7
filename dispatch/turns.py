"""
The road network of one profile, edge-based: roads by direction, and the turns between them.

A node of this graph is an *arc*, a road in one direction; an edge is a *turn* from the end
of an arc to the next arc. So turn bans, the cost of turning, signals at junctions and
turning round have a place, which a graph of junctions lacks.

References
----------
S. Winter (2002). Modeling Costs of Turns in Route Planning. *GeoInformatica* 6(4),
345-361. https://doi.org/10.1023/A:1020853410145
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dispatch.roads import strongest_part
from dispatch.turn_costs import headings, turn_seconds, wait_seconds
from dispatch.twins import banned_ways, kept_arcs, with_twins

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.profiles import Profile, Wait
    from dispatch.roads import Roads

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int32]
    Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class TurnGraph:
    """
    ``k`` arcs and ``t`` turns; everything is derived and never changes.

    Arc a is ``road[a]`` ridden along its line where ``along[a]``, from junction ``tail[a]``
    to ``head[a]``; ``arc_of[road, 0]`` is the arc along a road, ``[road, 1]`` the one
    against it, -1 where there is none. Turn i goes from arc ``start[i]`` to ``end[i]`` in
    ``cost[i]`` ms, the next arc itself left out; turns are sorted by start, those out of
    arc a are ``first[a] : first[a + 1]``. ``into`` are the turns sorted by end, with
    ``into_first`` likewise; ``leaves`` and ``enters`` list arcs by junction. ``heading``
    (k, 2) are the degrees from north at an arc's two ends, ``arms`` the roads that meet at
    each junction; ``open_at`` tells where one can pass. ``num_trapped`` counts the roads
    that cannot be left or reached again.

    Arcs from ``num_plain`` on are twins of plain ones (see `twins`), for those who came to
    their roads by the beginning of a ban: ``twins`` lists them by road and by 0 along it or 1
    against it. ``arc_of`` and ``leaves`` hold plain arcs only: nobody begins on a twin.
    """

    road: Ints
    along: Bools
    tail: Ints
    head: Ints
    arc_of: Ints
    start: Ints
    end: Ints
    cost: Longs
    first: Longs
    into: Longs
    into_first: Longs
    leaves: tuple[Longs, Longs]
    enters: tuple[Longs, Longs]
    heading: Floats
    arms: Longs
    open_at: Bools
    num_trapped: int
    num_plain: int
    twins: Mapping[tuple[int, int], tuple[int, ...]]

    @property
    def usable(self) -> Bools:
        """Which roads a place may be on: (m,)."""
        usable: Bools = self.arc_of.max(axis=1) >= 0
        return usable


def build_turns(roads: Roads, name: str, profile: Profile, side: str) -> TurnGraph:
    """
    Returns the arcs of a profile that can all reach one another, and the turns between them.

    ``side`` is the one driven on, left or right. Raises ValueError where the roads were not
    made for the profile.
    """
    modes = np.column_stack(roads.modes_of(name))
    bit = np.uint8(1 << roads.profiles.index(name))
    found, against = np.nonzero(modes)
    road: Ints = found.astype(np.int32)
    along: Bools = against == 0
    tail = np.where(along, roads.tail[road], roads.head[road])
    head = np.where(along, roads.head[road], roads.tail[road])
    open_at = (roads.barred & bit) == 0
    mine = np.flatnonzero(modes.any(axis=1))
    arms = np.bincount(
        np.concatenate([roads.tail[mine], roads.head[mine]]), minlength=roads.num_junctions
    )
    start, end = _pairs(tail, head, roads.num_junctions)
    back = (road[start] == road[end]) & (along[start] != along[end])
    # Straight on around a loop is turning round at its one junction; a loop leads nowhere.
    keep = (start != end) & (back | open_at[head[start]])
    keep &= ~_banned(roads, bit, road, head, start, end)
    ways = banned_ways(roads, bit, road, along)
    arcs, start, end = with_twins(len(road), start[keep], end[keep], ways)
    num_plain = len(road)
    road, along, tail, head = road[arcs], along[arcs], tail[arcs], head[arcs]
    back = (road[start] == road[end]) & (along[start] != along[end])
    way_out = np.bincount(start[~back], minlength=len(road))
    keep = ~back | (way_out[start] == 0) | (profile.u_turns == "junctions")
    start, end, back = start[keep], end[keep], back[keep]
    part = strongest_part(len(road), start, end) if len(start) else np.zeros(len(road), dtype=bool)
    part, at = kept_arcs(part, arcs, start, end)
    heading = headings(roads)[road]
    heading = np.where(along[:, None], heading, (heading[:, ::-1] + 180) % 360)
    cost = turn_seconds(heading, start, end, back, arms[head[start]] > 2, profile.turn, side)
    cost = cost + _waits(roads, road, along, profile.wait)[start]
    number = np.cumsum(part, dtype=np.int32) - 1
    inside = part[start] & part[end]
    start, end, cost = number[start[inside]], number[end[inside]], cost[inside]
    arc_of = np.full((len(roads.tail), 2), -1, dtype=np.int32)
    arc_of[road[at], np.where(along[at], 0, 1)] = number[at]
    plain = part & (np.arange(len(arcs)) < num_plain)
    trapped = len(mine) - int((arc_of >= 0).any(axis=1).sum())
    order = np.lexsort((end, start))
    start, end, cost = start[order], end[order], cost[order]
    into = np.lexsort((start, end))
    bounds = np.arange(part.sum() + 1)
    return TurnGraph(
        road=road[part],
        along=along[part],
        tail=tail[part],
        head=head[part],
        arc_of=arc_of,
        start=start,
        end=end,
        cost=np.round(cost * 1000).astype(np.int64),
        first=np.searchsorted(start, bounds),
        into=into,
        into_first=np.searchsorted(end[into], bounds),
        leaves=_by_junction(tail[plain], roads.num_junctions),
        enters=_by_junction(head[part], roads.num_junctions),
        heading=heading[part],
        arms=arms,
        open_at=open_at,
        num_trapped=trapped,
        num_plain=int(plain.sum()),
        twins=_twins(road[part], along[part], int(plain.sum())),
    )


def _twins(road: Ints, along: Bools, num_plain: int) -> dict[tuple[int, int], tuple[int, ...]]:
    """Returns the arcs from `num_plain` on by road and side."""
    found: dict[tuple[int, int], tuple[int, ...]] = {}
    for arc in range(num_plain, len(road)):
        key = int(road[arc]), 0 if along[arc] else 1
        found[key] = (*found.get(key, ()), arc)
    return found


def _pairs(tail: Ints, head: Ints, num_junctions: int) -> tuple[Ints, Ints]:
    """Returns every arc with every arc that begins where it ends."""
    leaving = np.argsort(tail, kind="stable").astype(np.int32)
    first = np.searchsorted(tail[leaving], np.arange(num_junctions + 1))
    counts = first[head + 1] - first[head]
    start = np.repeat(np.arange(len(tail), dtype=np.int32), counts)
    rank = np.arange(len(start)) - np.repeat(np.cumsum(counts) - counts, counts)
    return start, leaving[first[head[start]] + rank]


def _by_junction(ends: Ints, num_junctions: int) -> tuple[Longs, Longs]:
    order = np.argsort(ends, kind="stable")
    return order, np.searchsorted(ends[order], np.arange(num_junctions + 1))


def _banned(roads: Roads, bit: np.uint8, road: Ints, head: Ints, start: Ints, end: Ints) -> Bools:
    rows = roads.ban[(roads.ban_for & bit) > 0].astype(np.int64)
    m, n = len(roads.tail), roads.num_junctions
    banned = (rows[:, 0] * n + rows[:, 1]) * m + rows[:, 2]
    found: Bools = np.isin((road[start].astype(np.int64) * n + head[start]) * m + road[end], banned)
    return found


def _waits(roads: Roads, road: Ints, along: Bools, wait: Wait) -> Floats:
    """Returns the mean seconds lost at the junction an arc ends at."""
    end = np.where(along, roads.first[road + 1] - 1, roads.first[road])
    return wait_seconds(roads.sign[end], along, wait)
