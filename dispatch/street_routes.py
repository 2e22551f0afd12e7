"""From the arcs of a fastest way to its line on the map and its pieces by road."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from dispatch.anchors import direct
from dispatch.road_rules import CLASSES
from dispatch.streets import Piece, StreetRoute
from dispatch.turn_costs import turn_angle

if TYPE_CHECKING:
    from dispatch.anchors import Anchor, TimedRoads
    from dispatch.geo import Point
    from dispatch.roads import Roads
    from dispatch.searching import Search
    from dispatch.snapping import Snap
    from dispatch.turns import TurnGraph

    Leg = tuple[int, int, Snap | None, Snap | None]
    """An arc, its ms with the turn after it, and where one gets on and off it."""


def trace(
    timed: TimedRoads,
    search: Search,
    snaps: tuple[Snap, Snap],
    ends: tuple[Anchor, Anchor],
    epoch: int,
) -> StreetRoute | None:
    """Returns the fastest route between two points, given with their anchors."""
    straight = direct(ends[:1], ends[1:], timed)[0, 0]
    legs = _legs(timed, search, snaps, ends)
    if straight < np.inf and (legs is None or straight <= sum(leg[1] for leg in legs)):
        legs = _direct_leg(snaps, ends, int(straight))
    if legs is None:
        return None
    line: list[Point] = []
    pieces: list[Piece] = []
    for leg in legs:
        _append(line, pieces, leg, timed)
    if not line:
        line = [(snap.lat, snap.lon) for snap in snaps]
    return StreetRoute(
        seconds=sum(leg[1] for leg in legs) / 1000,
        metres=sum(piece.metres for piece in pieces),
        line=tuple(line),
        pieces=tuple(pieces),
        epoch=epoch,
    )


def _direct_leg(snaps: tuple[Snap, Snap], ends: tuple[Anchor, Anchor], ms: int) -> list[Leg]:
    """Returns the one leg along a road, none between two points at one junction."""
    for start in ends[0].starts:
        for stop in ends[1].stops:
            if start.arc == stop.arc and start.rest - stop.rest == ms:
                a = None if start.at_end else snaps[0]
                b = None if stop.at_end else snaps[1]
                return [(start.arc, ms, a, b)]
    # The same spot, or two at one junction.
    return []


def _legs(
    timed: TimedRoads, search: Search, snaps: tuple[Snap, Snap], ends: tuple[Anchor, Anchor]
) -> list[Leg] | None:
    """Returns the legs of the fastest way by junctions, None where there is none."""
    path = search.path(ends[0].departs, ends[1].arrives)
    if not path:
        return None
    legs = _first_legs(timed, snaps[0], ends[0], path[0])
    for before, arc in pairwise(path):
        turn = _turn_ms(timed.graph, before, arc)
        legs[-1] = (*legs[-1][:1], legs[-1][1] + turn, *legs[-1][2:])
        legs.append((arc, int(timed.metric.arc[arc]), None, None))
    last = next(hook for hook in ends[1].stops if hook.arc == path[-1] and hook.valid)
    arc, ms, begin, _ = legs[-1]
    legs[-1] = arc, ms - last.rest, begin, None if last.at_end else snaps[1]
    return legs


def _first_legs(timed: TimedRoads, snap: Snap, start: Anchor, arc: int) -> list[Leg]:
    """Returns the leg out of the road a point is on, if it is in the middle, and the next."""
    best: list[Leg] = []
    for hook in start.starts:
        legs: list[Leg] = []
        if not hook.valid:
            continue
        if not hook.at_end:
            turn = _turn_ms(timed.graph, hook.arc, arc)
            whole = int(timed.metric.arc[arc])
            if turn >= 0:
                legs = [(hook.arc, hook.rest + turn, snap, None), (arc, whole, None, None)]
        elif hook.arc == arc:
            legs = [(arc, hook.rest, None, None)]
        if legs and (not best or sum(x[1] for x in legs) < sum(x[1] for x in best)):
            best = legs
    return best


def _turn_ms(graph: TurnGraph, before: int, arc: int) -> int:
    """Returns the ms of a turn, -1 where it is not allowed."""
    turns = slice(int(graph.first[before]), int(graph.first[before + 1]))
    found = np.flatnonzero(graph.end[turns] == arc)
    return int(graph.cost[turns][found[0]]) if len(found) else -1


def _append(line: list[Point], pieces: list[Piece], leg: Leg, timed: TimedRoads) -> None:
    roads, graph, timing = timed.roads, timed.graph, timed.timing
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
