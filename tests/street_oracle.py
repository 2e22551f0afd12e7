"""Ways over arcs and turns by networkx: a graph built the long way, to compare engines with."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np

from dispatch.anchors import TOUCH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dispatch.snapping import Snap
    from dispatch.street_engine import RoadStreets

Spot = tuple[float, Any]
"""Milliseconds from the beginning of an arc, and what is there."""


def oracle_seconds(
    streets: RoadStreets, snaps: Sequence[Snap], closed: set[tuple[int, int]]
) -> NDArray[np.float64]:
    """
    Returns the seconds between points by Dijkstra of networkx, with segments closed.

    Every arc is a chain through the points on it; where a closed segment lies between two of
    them the chain is cut. A turn joins the end of one arc to the beginning of another.
    """
    metric = streets.timing.metric(streets.timing.nothing_reported(), "day")
    graph = nx.DiGraph()
    graph.add_nodes_from(("from", i) for i in range(len(snaps)))
    graph.add_nodes_from(("to", i) for i in range(len(snaps)))
    for arc in range(len(streets.graph.road)):
        _add_arc(graph, streets, metric, arc, snaps, closed)
    for start, end, cost in zip(
        streets.graph.start, streets.graph.end, streets.graph.cost, strict=True
    ):
        graph.add_edge(("end", int(start)), ("begin", int(end)), ms=int(cost))
    table = np.full((len(snaps), len(snaps)), np.inf)
    for i in range(len(snaps)):
        found = nx.single_source_dijkstra_path_length(graph, ("from", i), weight="ms")
        for j in range(len(snaps)):
            table[i, j] = found.get(("to", j), np.inf) / 1000
            if _same_spot(streets, snaps[i], snaps[j]):
                table[i, j] = 0
    return table


def _add_arc(
    graph: Any,
    streets: RoadStreets,
    metric: Any,
    arc: int,
    snaps: Sequence[Snap],
    closed: set[tuple[int, int]],
) -> None:
    roads = streets.roads
    road, along = int(streets.graph.road[arc]), bool(streets.graph.along[arc])
    whole = int(metric.arc[arc])
    spots: list[Spot] = [(0, ("begin", arc)), (whole, ("end", arc))]
    for i, snap in enumerate(snaps):
        junction = junction_of(streets, snap)
        begins = arc < streets.graph.num_plain
        if begins and junction == streets.graph.tail[arc]:
            graph.add_edge(("from", i), ("begin", arc), ms=0)
        if junction == streets.graph.head[arc]:
            graph.add_edge(("end", arc), ("to", i), ms=0)
        if junction < 0 and snap.road == road:
            until = metric.until[0 if along else 1]
            a, b = until[snap.after], until[snap.after + 1]
            offset = streets.timing.offset
            share = (snap.metre - offset[snap.after]) / (
                offset[snap.after + 1] - offset[snap.after]
            )
            spot = ("spot", arc, i)
            spots.append((round(float(a + share * (b - a))), spot))
            if begins:
                graph.add_edge(("from", i), spot, ms=0)
            graph.add_edge(spot, ("to", i), ms=0)
    # The roads of these tests are one segment each: closed means cut everywhere.
    first = int(roads.first[road])
    key = (int(roads.node[first]), int(roads.node[first + 1]))
    if (key if along else key[::-1]) in closed:
        return
    order = {"begin": 0, "spot": 1, "end": 2}
    for (a, x), (b, y) in pairwise(sorted(spots, key=lambda s: (s[0], order[s[1][0]]))):
        graph.add_edge(x, y, ms=b - a)
        if a == b and x[0] == y[0] == "spot":
            graph.add_edge(y, x, ms=0)


def junction_of(streets: RoadStreets, snap: Snap) -> int:
    """Returns the junction a point is at, -1 in the middle of a road."""
    roads = streets.roads
    length = streets.timing.offset[roads.first[snap.road + 1] - 1]
    if snap.metre < TOUCH:
        return int(roads.tail[snap.road])
    return int(roads.head[snap.road]) if length - snap.metre < TOUCH else -1


def _same_spot(streets: RoadStreets, a: Snap, b: Snap) -> bool:
    return (a.road, a.metre) == (b.road, b.metre) or (
        junction_of(streets, a) == junction_of(streets, b) >= 0
    )


def can_ride(streets: RoadStreets, row: Sequence[int]) -> bool:
    """Tells whether the graph has a way over arcs given as in `Roads.way_ban`, from anywhere."""
    graph = streets.graph
    arcs = 2 * graph.road + ~graph.along
    on = set(np.flatnonzero(arcs == row[0]).tolist())
    for arc in row[1:]:
        turns = zip(graph.start.tolist(), graph.end.tolist(), strict=True)
        on = {b for a, b in turns if a in on and arcs[b] == arc}
    return bool(on)


def naive_turns(streets: RoadStreets, bans: set[tuple[int, int, int]]) -> set[tuple[Any, Any]]:
    """
    Returns the turns of a network, each a pair of (road, along), one by one by the rules.

    Turning round is taken to be allowed at every junction.
    """
    roads, found = streets.roads, set()
    along, against = roads.modes_of(streets.profile)
    arcs = [(e, True) for e in np.flatnonzero(along)] + [
        (e, False) for e in np.flatnonzero(against)
    ]
    ends = {
        (int(e), d): (int(roads.tail[e]), int(roads.head[e]))[:: 1 if d else -1] for e, d in arcs
    }
    for a, (_, via) in ends.items():
        for b, (begin, _) in ends.items():
            if begin == via and a != b and (a[0], via, b[0]) not in bans:
                found.add((a, b))
    return found
