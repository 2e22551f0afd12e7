"""
How points on the roads hang on the arcs: where one can start from them and how arrive.

A point in the middle of a road is on the arcs of that road. A point at a junction is at
the beginning of every arc that leaves it and at the end of every arc that enters it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dispatch.roads import Roads
    from dispatch.searching import Options
    from dispatch.snapping import Snap
    from dispatch.timing import Metric, Timing
    from dispatch.turns import TurnGraph

    Longs = NDArray[np.int64]
    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]

TOUCH = 0.1
"""Metres from a junction within which a point is at it; no map is finer."""


@dataclass(frozen=True, slots=True, eq=False)
class Hooks:
    """
    Arcs that points are on; those of a point are next to each other.

    ``owner`` is the point, ``rest`` the ms from the point to the end of the arc, ``step``
    the piece of the line it is in, ``at_end`` whether it is at the junction. ``valid`` is
    false where the way between the point and the junction one uses is closed.
    """

    owner: Longs
    arc: Longs
    rest: Longs
    step: Longs
    at_end: Bools
    valid: Bools


@dataclass(frozen=True, slots=True, eq=False)
class Anchors:
    """Points on the roads: starts, stops, junction or -1, and where on which road they are."""

    starts: Hooks
    stops: Hooks
    junction: Longs
    road: Longs
    metre: Floats

    def __len__(self) -> int:
        return len(self.junction)


def anchor(
    roads: Roads, graph: TurnGraph, timing: Timing, metric: Metric, snaps: Sequence[Snap]
) -> Anchors:
    """Returns how points hang on the arcs in one metric."""
    road = np.array([snap.road for snap in snaps], dtype=np.int64)
    step = np.array([snap.after for snap in snaps], dtype=np.int64)
    metre = np.array([snap.metre for snap in snaps], dtype=np.float64)
    junction = _junctions(roads, graph, timing, road, metre)
    length = np.maximum(timing.offset[step + 1] - timing.offset[step], 1e-9)
    share = np.clip((metre - timing.offset[step]) / length, 0, 1)
    middle = [np.zeros((0, 5), dtype=np.int64)]
    for side in (0, 1):
        point = np.flatnonzero((junction < 0) & (graph.arc_of[road, side] >= 0))
        arc, k = graph.arc_of[road[point], side], step[point]
        until = metric.until[side]
        passed = np.round(until[k] + share[point] * (until[k + 1] - until[k])).astype(np.int64)
        rest = np.maximum(0, metric.arc[arc] - passed)
        middle.append(np.column_stack([point, arc, rest, k, np.zeros_like(point)]))
    hooks = []
    for leaving in (True, False):
        rows = np.concatenate([*middle, _at_junctions(roads, graph, metric, junction, leaving)])
        owner, arc, rest, k, at_end = rows[np.argsort(rows[:, 0], kind="stable")].T
        found = Hooks(owner, arc, rest, k, at_end > 0, np.ones(len(rows), dtype=bool))
        hooks.append(_with_validity(found, roads, graph, metric, to_end=leaving))
    return Anchors(hooks[0], hooks[1], junction, road, metre)


def _junctions(roads: Roads, graph: TurnGraph, timing: Timing, road: Longs, metre: Floats) -> Longs:
    length = timing.offset[roads.first[road + 1] - 1]
    found = np.where(metre < TOUCH, roads.tail[road], -1)
    found = np.where((length - metre < TOUCH) & (found < 0), roads.head[road], found)
    # A shut gate is passed on neither side.
    return np.where((found >= 0) & graph.open_at[found], found, -1).astype(np.int64)


def _at_junctions(
    roads: Roads, graph: TurnGraph, metric: Metric, junction: Longs, leaving: bool
) -> Longs:
    """Returns the rows of points at the beginning of arcs, or at the end of arcs."""
    order, first = graph.leaves if leaving else graph.enters
    place, point = _spread(first, junction, junction >= 0)
    arc = order[place]
    road = graph.road[arc]
    step = np.where(graph.along[arc] == leaving, roads.first[road], roads.first[road + 1] - 2)
    rest = metric.arc[arc] if leaving else np.zeros_like(arc)
    return np.column_stack([point, arc, rest, step, np.ones_like(arc)])


def _with_validity(
    hooks: Hooks, roads: Roads, graph: TurnGraph, metric: Metric, *, to_end: bool
) -> Hooks:
    """Marks the hooks cut off from the end of their arc, or from its beginning."""
    if not metric.closed.any():
        return hooks
    road, along = graph.road[hooks.arc], graph.along[hooks.arc]
    first, last = roads.first[road], roads.first[road + 1] - 1
    low = np.where(along == to_end, hooks.step, first)
    high = np.where(along == to_end, last, hooks.step + 1)
    side = np.where(along, 0, 1)
    valid = metric.shut[side, high] == metric.shut[side, low]
    return Hooks(hooks.owner, hooks.arc, hooks.rest, hooks.step, hooks.at_end, valid)


def direct(a: Anchors, b: Anchors, graph: TurnGraph, metric: Metric) -> Floats:
    """Returns the ms from points to points without leaving their arc: (a, b), or infinite."""
    best = np.full((len(a), len(b)), np.inf)
    i, j = np.nonzero(a.starts.arc[:, None] == b.stops.arc)
    ms = (a.starts.rest[i] - b.stops.rest[j]).astype(np.float64)
    ms[ms < 0] = np.inf
    side = np.where(graph.along[a.starts.arc[i]], 0, 1)
    low = np.minimum(a.starts.step[i], b.stops.step[j])
    high = np.maximum(a.starts.step[i], b.stops.step[j]) + 1
    ms[metric.shut[side, high] != metric.shut[side, low]] = np.inf
    np.minimum.at(best, (a.starts.owner[i], b.stops.owner[j]), ms)
    same = (a.junction[:, None] == b.junction) & (b.junction >= 0)
    same |= (a.road[:, None] == b.road) & (a.metre[:, None] == b.metre)
    best[same] = 0
    return best


def departures(a: Anchors, graph: TurnGraph, metric: Metric) -> list[Options]:
    """
    Returns for each point the arcs it can go on by, with the ms to the end of each.

    From the middle of a road those are the next arcs, so that a way that comes back to the
    road is not taken for one that never left it.
    """
    hooks = a.starts
    ends = hooks.valid & hooks.at_end
    turn, hook = _spread(graph.first, hooks.arc, hooks.valid & ~hooks.at_end)
    next_arc = graph.end[turn]
    owner = np.concatenate([hooks.owner[ends], hooks.owner[hook]])
    arc = np.concatenate([hooks.arc[ends], next_arc])
    onward = hooks.rest[hook] + graph.cost[turn] + metric.arc[next_arc]
    return _options(len(a), owner, arc, np.concatenate([hooks.rest[ends], onward]))


def arrivals(b: Anchors, graph: TurnGraph, metric: Metric) -> list[Options]:
    """Returns for each point the arcs it can be reached from, with the ms from their ends."""
    hooks = b.stops
    ends = hooks.valid & hooks.at_end & ~metric.closed[hooks.arc]
    place, hook = _spread(graph.into_first, hooks.arc, hooks.valid & ~hooks.at_end)
    turn = graph.into[place]
    is_open = ~metric.closed[graph.start[turn]]
    turn, hook = turn[is_open], hook[is_open]
    passed = metric.arc[hooks.arc[hook]] - hooks.rest[hook]
    owner = np.concatenate([hooks.owner[ends], hooks.owner[hook]])
    arc = np.concatenate([hooks.arc[ends], graph.start[turn]])
    ms = np.concatenate([hooks.rest[ends], graph.cost[turn] + passed])
    return _options(len(b), owner, arc, ms)


def _spread(first: Longs, key: Longs, chosen: Bools) -> tuple[Longs, Longs]:
    """Returns all the places from ``first[key]`` on of the chosen rows, and the row of each."""
    row = np.flatnonzero(chosen)
    begin, counts = first[key[row]], first[key[row] + 1] - first[key[row]]
    rank = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(begin, counts) + rank, np.repeat(row, counts)


def _options(num_points: int, owner: Longs, arc: Longs, ms: Longs) -> list[Options]:
    """Returns the quickest option of each point by each arc."""
    order = np.lexsort((ms, arc, owner))
    owner, arc, ms = owner[order], arc[order], ms[order]
    keep = np.ones(len(owner), dtype=bool)
    keep[1:] = (np.diff(owner) != 0) | (np.diff(arc) != 0)
    pairs = list(zip(arc[keep].tolist(), ms[keep].tolist(), strict=True))
    first = np.searchsorted(owner[keep], np.arange(num_points + 1)).tolist()
    return [pairs[a:b] for a, b in pairwise(first)]
