"""One ride from door to door: its time, its length and its line on the map."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from dispatch.geo import Point
from dispatch.road_rules import PUSHING

if TYPE_CHECKING:
    from dispatch.roads import RoadGraph
    from dispatch.snapping import Snap


TOUCH = 0.1
"""Metres from a junction within which a point is at it; no map is finer."""


@dataclass(frozen=True, slots=True)
class Ends:
    """
    How a point on a road hangs on the two junctions of the road, in ms.

    Pairs are for (tail, head). ``leave`` is the time from the point to the junction,
    ``arrive`` from the junction to the point, infinite where the road may not be ridden
    that way; at a junction both are 0. ``gap`` is the walk between the road and the door.
    """

    road: int
    junctions: tuple[int, int]
    leave: tuple[float, float]
    arrive: tuple[float, float]
    gap: float


def ends(graph: RoadGraph, snap: Snap) -> Ends:
    """Returns how a point hangs on the road's junctions."""
    road = snap.road
    length = float(graph.length[road])
    share = snap.metre / length if length > 0 else 0.0
    from_tail, to_head = _split(float(graph.along_ms[road]), share)
    from_head, to_tail = _split(float(graph.against_ms[road]), 1 - share)
    if snap.metre < TOUCH:
        from_tail = to_tail = 0.0
    if length - snap.metre < TOUCH:
        from_head = to_head = 0.0
    return Ends(
        road=road,
        junctions=(int(graph.roads.tail[road]), int(graph.roads.head[road])),
        leave=(to_tail, to_head),
        arrive=(from_tail, from_head),
        gap=float(round(snap.gap * 3600 / PUSHING)),
    )


def _split(whole: float, share: float) -> tuple[float, float]:
    """Returns the whole ms until a point and from it on; both infinite on a closed road."""
    done = float(round(whole * share)) if whole < float("inf") else whole
    return done, whole - done if whole < float("inf") else whole


def direct(a: Ends, b: Ends) -> tuple[float, bool]:
    """Returns the ms between two points without leaving their road, and whether along it."""
    if a.road != b.road:
        return float("inf"), True
    along, against = _ahead(a.arrive[0], b.arrive[0]), _ahead(a.arrive[1], b.arrive[1])
    return min((along, True), (against, False), key=lambda way: way[0])


def _ahead(start: float, end: float) -> float:
    return end - start if start <= end < float("inf") else float("inf")


@dataclass(frozen=True, slots=True)
class Ride:
    """A ride: milliseconds, metres and (lat, lon) points; the walk to the doors included."""

    ms: float
    metres: float
    line: tuple[Point, ...]


def ride(graph: RoadGraph, a: tuple[Point, Snap], b: tuple[Point, Snap]) -> Ride:
    """Returns the fastest ride between two doors, each given with its point on the road."""
    (door_a, snap_a), (door_b, snap_b) = a, b
    ends_a, ends_b = ends(graph, snap_a), ends(graph, snap_b)
    ms, along = direct(ends_a, ends_b)
    paths = graph.paths_from(ends_a.junctions)
    best: tuple[int, int] | None = None
    for x in (0, 1):
        for y in (0, 1):
            way = ends_a.leave[x] + float(paths.ms[x, ends_b.junctions[y]]) + ends_b.arrive[y]
            if way < ms:
                ms, best = way, (x, y)
    if best is None:
        metres = abs(snap_b.metre - snap_a.metre)
        points = _stretch(graph, snap_a.road, snap_a, snap_b, along)
    else:
        x, y = best
        roads = paths.path(x, ends_b.junctions[y])
        metres, points = _by_junctions(graph, snap_a, snap_b, best, roads)
    line = _without_repeats([door_a, *points, door_b])
    gap = ends_a.gap + ends_b.gap
    return Ride(ms + gap, metres + snap_a.gap + snap_b.gap, line)


def _by_junctions(
    graph: RoadGraph, a: Snap, b: Snap, sides: tuple[int, int], path: list[tuple[int, bool]]
) -> tuple[float, list[Point]]:
    """
    Returns metres and points out of a road by one end, along a path, and into a road by
    one end; a side is 0 for the tail of the road, 1 for its head.
    """
    points = _stretch(graph, a.road, a, None, sides[0] == 1)
    for road, along in path:
        points += graph.roads.line(road)[:: 1 if along else -1]
    points += _stretch(graph, b.road, None, b, sides[1] == 0)
    length = graph.length
    metres = length[a.road] - a.metre if sides[0] == 1 else a.metre
    metres += b.metre if sides[1] == 0 else length[b.road] - b.metre
    return float(metres) + sum(float(length[road]) for road, _ in path), points


def _stretch(
    graph: RoadGraph, road: int, a: Snap | None, b: Snap | None, along: bool
) -> list[Point]:
    """Returns the points of a road from a to b; None is the end of the road on that side."""
    if not along:
        return _stretch(graph, road, b, a, along=True)[::-1]
    roads = graph.roads
    begin = int(roads.first[road]) if a is None else a.after + 1
    end = int(roads.first[road + 1]) if b is None else b.after + 1
    inner = list(zip(roads.lat[begin:end].tolist(), roads.lon[begin:end].tolist(), strict=True))
    start = [] if a is None else [(a.lat, a.lon)]
    return start + inner + ([] if b is None else [(b.lat, b.lon)])


def _without_repeats(points: list[Point]) -> tuple[Point, ...]:
    rounded = [(round(lat, 6), round(lon, 6)) for lat, lon in points]
    kept = [rounded[0], *(b for a, b in pairwise(rounded) if a != b)]
    return tuple(kept if len(kept) > 1 else kept * 2)
