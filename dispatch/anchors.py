"""
How points on the roads hang on the arcs: where one can start from them and how arrive.

A point in the middle of a road is on the arcs of that road. A point at a junction is at
the beginning of every arc that leaves it and at the end of every arc that enters it. One
arrives by twins of arcs (see `twins`) as well; who stopped goes on by the plain ones, as
nobody asks by which road he came before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dispatch.roads import Roads
from dispatch.searching import Options
from dispatch.timing import Metric, Timing
from dispatch.turns import TurnGraph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dispatch.snapping import Snap

    Floats = NDArray[np.float64]

TOUCH = 0.1
"""Metres from a junction within which a point is at it; no map is finer."""


@dataclass(frozen=True, slots=True, eq=False)
class TimedRoads:
    """The roads with the arcs and turns of a profile, and the times of one metric."""

    roads: Roads
    graph: TurnGraph
    timing: Timing
    metric: Metric


class Hook(NamedTuple):
    """
    An arc that a point is on.

    ``rest`` are the ms from the point to the end of the arc, ``step`` the piece of the line
    it is in, ``at_end`` whether it is at the junction. ``valid`` is false where the way
    between the point and the junction one uses is closed.
    """

    arc: int
    rest: int
    step: int
    at_end: bool
    valid: bool


@dataclass(frozen=True, slots=True)
class Anchor:
    """
    A point on the roads in one metric; ``spot`` is the same for two points at one place.

    ``departs`` are the arcs one can go on by, with the ms to the end of each. From the
    middle of a road those are the next arcs, so that a way that comes back to the road is
    not taken for one that never left it. ``arrives`` are the arcs the point can be reached
    by, with the ms from the end of each, and ``ahead`` ms more, as the point is before it.
    """

    spot: tuple[int, float]
    starts: tuple[Hook, ...]
    stops: tuple[Hook, ...]
    departs: Options
    arrives: Options
    ahead: int


def anchor(timed: TimedRoads, snap: Snap) -> Anchor:
    """Returns how a point hangs on the arcs in one metric."""
    junction = _junction(timed, snap)
    if junction < 0:
        spot = snap.road, snap.metre
        starts, stops = (_on_road(timed, snap, to_end=to_end) for to_end in (True, False))
    else:
        spot = -1 - junction, 0.0
        starts, stops = (_at_junction(timed, junction, to_end) for to_end in (True, False))
    closed = timed.metric.closed
    entered = [hook for hook in stops if hook.valid and not (hook.at_end and closed[hook.arc])]
    ahead = max((hook.rest for hook in entered), default=0)
    arrives = tuple((hook.arc, ahead - hook.rest) for hook in entered)
    return Anchor(spot, starts, stops, _departs(timed, starts), arrives, ahead)


def _junction(timed: TimedRoads, snap: Snap) -> int:
    """Returns the junction a point is at, -1 in the middle of a road."""
    roads = timed.roads
    if snap.metre < TOUCH:
        found = int(roads.tail[snap.road])
    elif timed.timing.offset[roads.first[snap.road + 1] - 1] - snap.metre < TOUCH:
        found = int(roads.head[snap.road])
    else:
        return -1
    # A shut gate is passed on neither side.
    return found if timed.graph.open_at[found] else -1


def _on_road(timed: TimedRoads, snap: Snap, *, to_end: bool) -> tuple[Hook, ...]:
    """Returns the hooks of a point in the middle of a road."""
    offset, metric, k = timed.timing.offset, timed.metric, snap.after
    begin = float(offset[k])
    share = (snap.metre - begin) / max(float(offset[k + 1]) - begin, 1e-9)
    share = min(1.0, max(0.0, share))
    hooks = []
    for side, arc in enumerate(timed.graph.arc_of[snap.road].tolist()):
        arcs = () if to_end else timed.graph.twins.get((snap.road, side), ())
        for on in (arc, *arcs) if arc >= 0 else arcs:
            before, after = metric.until[side, k : k + 2].tolist()
            rest = max(0, int(metric.arc[on]) - round(before + share * (after - before)))
            hooks.append(_hook(timed, on, rest, k, at_end=False, to_end=to_end))
    return tuple(hooks)


def _at_junction(timed: TimedRoads, junction: int, leaving: bool) -> tuple[Hook, ...]:
    """Returns the hooks of a point at the beginning of arcs, or at the end of arcs."""
    roads, graph = timed.roads, timed.graph
    order, first = graph.leaves if leaving else graph.enters
    hooks = []
    for arc in order[first[junction] : first[junction + 1]].tolist():
        road = graph.road[arc]
        step = roads.first[road] if graph.along[arc] == leaving else roads.first[road + 1] - 2
        rest = int(timed.metric.arc[arc]) if leaving else 0
        hooks.append(_hook(timed, arc, rest, int(step), at_end=True, to_end=leaving))
    return tuple(hooks)


def _hook(timed: TimedRoads, arc: int, rest: int, step: int, *, at_end: bool, to_end: bool) -> Hook:
    """Returns a hook, not valid where it is cut off from the end of its arc, or its beginning."""
    metric, roads = timed.metric, timed.roads
    if not metric.any_closed:
        return Hook(arc, rest, step, at_end, True)
    road, along = timed.graph.road[arc], timed.graph.along[arc]
    first, last = roads.first[road], roads.first[road + 1] - 1
    low, high = (step, last) if along == to_end else (first, step + 1)
    shut = metric.shut[0 if along else 1]
    return Hook(arc, rest, step, at_end, bool(shut[high] == shut[low]))


def _departs(timed: TimedRoads, starts: Sequence[Hook]) -> Options:
    graph, found = timed.graph, dict[int, int]()
    for hook in starts:
        if not hook.valid:
            continue
        if hook.at_end:
            found[hook.arc] = hook.rest
            continue
        turns = slice(graph.first[hook.arc], graph.first[hook.arc + 1])
        ends = graph.end[turns]
        onward = (graph.cost[turns] + timed.metric.arc[ends] + hook.rest).tolist()
        for arc, ms in zip(ends.tolist(), onward, strict=True):
            found[arc] = min(ms, found.get(arc, ms))
    return tuple(found.items())


def direct(a: Sequence[Anchor], b: Sequence[Anchor], timed: TimedRoads) -> Floats:
    """Returns the ms from points to points without leaving their arc: (a, b), or infinite."""
    best = np.full((len(a), len(b)), np.inf)
    on_arc: dict[int, list[tuple[int, Hook]]] = {}
    at_spot: dict[tuple[int, float], list[int]] = {}
    for j, point in enumerate(b):
        at_spot.setdefault(point.spot, []).append(j)
        for hook in point.stops:
            on_arc.setdefault(hook.arc, []).append((j, hook))
    for i, point in enumerate(a):
        for start in point.starts:
            for j, stop in on_arc.get(start.arc, ()):
                ms = start.rest - stop.rest
                if 0 <= ms < best[i, j] and _is_open(timed, start, stop):
                    best[i, j] = ms
        for j in at_spot.get(point.spot, ()):
            best[i, j] = 0
    return best


def _is_open(timed: TimedRoads, start: Hook, stop: Hook) -> bool:
    """Returns whether nothing is closed between two points on an arc."""
    shut = timed.metric.shut[0 if timed.graph.along[start.arc] else 1]
    low, high = sorted((start.step, stop.step))
    return bool(shut[high + 1] == shut[low])
