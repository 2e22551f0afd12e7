"""How far our times are from those of others, on the same map."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np

from benchmarks.road_ours import expanded, random_points
from dispatch.anchors import TimedRoads, anchor, direct
from dispatch.profiles import Wait, load_profiles
from dispatch.street_engine import RoadStreets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dispatch.profiles import Profiles
    from dispatch.roads import Roads

    Floats = NDArray[np.float64]

SHORTEST_S = 60.0
"""Seconds below which a pair is left out: a second of rounding counts too much in it."""

NETWORKX_POINTS = 12
"""Points whose pairs are compared with networkx, one search each."""


def like_osrm(roads: Roads, *, waits: bool = True) -> RoadStreets:
    """
    Returns the engine with the turn costs of OSRM's car, or without any wait on the roads.

    Our profile has OSRM's figures but for a sign to give way, which costs a second there.
    """
    profiles = load_profiles()
    car = profiles.of("car")
    wait = replace(car.wait, give_way=1.0) if waits else Wait(0, 0, 0, 0)
    changed: Profiles = replace(
        profiles, profile={**profiles.profile, "car": replace(car, wait=wait)}
    )
    return RoadStreets(roads, profile="car", country="PT", profiles=changed)


def difference(ours: Floats, theirs: Sequence[Sequence[float | None]]) -> str:
    """Returns the median, the 90th percentile and the bias of the difference, as text."""
    other = np.array([[np.nan if x is None else x for x in row] for row in theirs], dtype=float)
    both = np.isfinite(ours) & np.isfinite(other) & (other >= SHORTEST_S)
    share = (ours[both] - other[both]) / other[both]
    median, p90 = np.percentile(np.abs(share), (50, 90))
    return (
        f"median {median:.1%}, p90 {p90:.1%}, bias {np.median(share):+.1%} "
        f"({both.sum()} pairs of {SHORTEST_S:.0f} s and more)"
    )


def against_networkx(streets: RoadStreets, number: int = NETWORKX_POINTS) -> str:
    """Returns how many pairs differ from networkx on the same graph, and by how much."""
    snaps: Any = streets.snap(random_points(streets, number, seed=17))
    ours = streets.table(snaps, snaps, "day") * 1000
    metric = streets.timing.metric(streets.timing.nothing_reported(), "day")
    timed = TimedRoads(streets.roads, streets.graph, streets.timing, metric)
    points = [anchor(timed, snap) for snap in snaps]
    graph, best = expanded(streets), direct(points, points, timed)
    for i, point in enumerate(points):
        graph.add_weighted_edges_from(((f"from {i}", arc, ms) for arc, ms in point.departs), "ms")
    for i in range(number):
        ms = nx.single_source_dijkstra_path_length(graph, f"from {i}", weight="ms")
        for j, point in enumerate(points):
            ways = [ms[arc] + rest - point.ahead for arc, rest in point.arrives if arc in ms]
            best[i, j] = min([best[i, j], *ways])
    apart = np.abs(best - ours)
    apart[np.isinf(best) & np.isinf(ours)] = 0
    return f"{(apart > 0.5).sum()} of {apart.size} pairs differ, by at most {apart.max():.0f} ms"
