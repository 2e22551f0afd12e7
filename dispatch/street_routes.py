"""From the arcs of a fastest way to its line on the map and its pieces by road."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from dispatch.anchors import departures, direct
from dispatch.road_rules import CLASSES
from dispatch.streets import Piece, StreetRoute
from dispatch.turn_costs import turn_angle

if TYPE_CHECKING:
    from dispatch.anchors import Anchors
    from dispatch.geo import Point
    from dispatch.roads import Roads
    from dispatch.searching import Search
    from dispatch.snapping import Snap
    from dispatch.timing import Metric, Timing
    from dispatch.turns import TurnGraph

    Leg = tuple[int, int, Snap | None, Snap | None]
    """An arc, its ms with the turn after it, and where one gets on and off it."""


def trace(
    roads: Roads,
    graph: TurnGraph,
    timing: Timing,
    metric: Metric,
    search: Search,
    snaps: tuple[Snap, Snap],
    ends: Anchors,
    epoch: int,
) -> StreetRoute | None:
    """Returns the fastest route between two points, whose anchors are both in ``ends``."""
    straight = direct(ends, ends, graph, metric)[0, 1]
    legs = _legs(graph, metric, search, snaps, ends)
    if straight < np.inf and (legs is None or straight <= sum(leg[1] for leg in legs)):
        legs = _direct_leg(graph, snaps, ends, int(straight))
    if legs is None:
        return None
    line: list[Point] = []
    pieces: list[Piece] = []
    for leg in legs:
        _append(line, pieces, leg, roads, graph, timing)
    if not line:
        line = [(snap.lat, snap.lon) for snap in snaps]
    return StreetRoute(
        seconds=sum(leg[1] for leg in legs) / 1000,
        metres=sum(piece.metres for piece in pieces),
        line=tuple(line),
        pieces=tuple(pieces),
        epoch=epoch,
    )


def _direct_leg(graph: TurnGraph, snaps: tuple[Snap, Snap], ends: Anchors, ms: int) -> list[Leg]:
    """Returns the one leg along a road, none between two points at one junction."""
    starts, stops = ends.starts, ends.stops
    first = np.flatnonzero(starts.owner == 0)
    second = np.flatnonzero(stops.owner == 1)
    for h in first.tolist():
        for g in second.tolist():
            if starts.arc[h] == stops.arc[g] and starts.rest[h] - stops.rest[g] == ms:
                a = None if starts.at_end[h] else snaps[0]
                b = None if stops.at_end[g] else snaps[1]
                return [(int(starts.arc[h]), ms, a, b)]
    # The same spot, or two at one junction.
    return []


def _legs(
    graph: TurnGraph, metric: Metric, search: Search, snaps: tuple[Snap, Snap], ends: Anchors
) -> list[Leg] | None:
    """Returns the legs of the fastest way by junctions, None where there is none."""
    stops = ends.stops
    mine = np.flatnonzero((stops.owner == 1) & stops.valid)
    mine = mine[~(stops.at_end[mine] & metric.closed[stops.arc[mine]])]
    if not len(mine):
        return None
    # The search wants times of at least 0 after the end of an arc.
    most = int(stops.rest[mine].max())
    options = [(int(stops.arc[h]), most - int(stops.rest[h])) for h in mine]
    start = departures(ends, graph, metric)[0]
    path = search.path(start, options)
    if not path:
        return None
    legs = _first_legs(graph, metric, snaps[0], ends, path[0])
    for before, arc in pairwise(path):
        legs[-1] = (*legs[-1][:1], legs[-1][1] + _turn_ms(graph, before, arc), *legs[-1][2:])
        legs.append((arc, int(metric.arc[arc]), None, None))
    last = mine[stops.arc[mine] == path[-1]][0]
    arc, ms, begin, _ = legs[-1]
    end = None if stops.at_end[last] else snaps[1]
    legs[-1] = arc, ms - int(stops.rest[last]), begin, end
    return legs


def _first_legs(graph: TurnGraph, metric: Metric, snap: Snap, ends: Anchors, arc: int) -> list[Leg]:
    """Returns the leg out of the road a point is on, if it is in the middle, and the next."""
    starts = ends.starts
    best: list[Leg] = []
    for h in np.flatnonzero((starts.owner == 0) & starts.valid).tolist():
        own, rest = int(starts.arc[h]), int(starts.rest[h])
        if starts.at_end[h]:
            legs: list[Leg] = [(own, rest, None, None)] if own == arc else []
        else:
            turn = _turn_ms(graph, own, arc)
            legs = [(own, rest + turn, snap, None), (arc, int(metric.arc[arc]), None, None)]
            legs = legs if turn >= 0 else []
        if legs and (not best or sum(x[1] for x in legs) < sum(x[1] for x in best)):
            best = legs
    return best


def _turn_ms(graph: TurnGraph, before: int, arc: int) -> int:
    """Returns the ms of a turn, -1 where it is not allowed."""
    turns = slice(int(graph.first[before]), int(graph.first[before + 1]))
    found = np.flatnonzero(graph.end[turns] == arc)
    return int(graph.cost[turns][found[0]]) if len(found) else -1


def _append(
    line: list[Point],
    pieces: list[Piece],
    leg: Leg,
    roads: Roads,
    graph: TurnGraph,
    timing: Timing,
) -> None:
    arc, ms, a, b = leg
    road, along = int(graph.road[arc]), bool(graph.along[arc])
    points = _stretch(roads, road, a, b, along)
    heading, end_heading = graph.heading[arc].tolist()
    angle, arms = 0.0, 0
    if pieces:
        ends = np.array([[pieces[-1].end_heading, heading]])
        angle = float(turn_angle(ends[:, 0], ends[:, 1])[0])
        arms = int(graph.arms[graph.tail[arc]])
    whole = float(timing.offset[roads.first[road + 1] - 1])
    begin = (0.0 if along else whole) if a is None else a.metre
    end = (whole if along else 0.0) if b is None else b.metre
    line.extend(points if not line or line[-1] != points[0] else points[1:])
    pieces.append(
        Piece(
            name=roads.names[roads.name[road]],
            kind=CLASSES[roads.kind[road]],
            pushed=bool(timing.pushed[0 if along else 1, road]),
            around=bool(roads.around[road]),
            metres=abs(end - begin),
            seconds=ms / 1000,
            heading=heading,
            end_heading=end_heading,
            angle=angle,
            arms=arms,
            begin=max(0, len(line) - len(points)),
        )
    )


def _stretch(roads: Roads, road: int, a: Snap | None, b: Snap | None, along: bool) -> list[Point]:
    """Returns the points of a road from a to b; None is the end of the road on that side."""
    if not along:
        return _stretch(roads, road, b, a, along=True)[::-1]
    begin = int(roads.first[road]) if a is None else a.after + 1
    end = int(roads.first[road + 1]) if b is None else b.after + 1
    inner = list(zip(roads.lat[begin:end].tolist(), roads.lon[begin:end].tolist(), strict=True))
    start = [] if a is None else [(a.lat, a.lon)]
    return start + inner + ([] if b is None else [(b.lat, b.lon)])
