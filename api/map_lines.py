"""
A city's roads as few and short lines, to be drawn.

References
----------
D. H. Douglas, T. K. Peucker (1973). "Algorithms for the reduction of the number of points required
to represent a digitized line or its caricature." *Cartographica* 10(2), 112–122.
https://doi.org/10.3138/FM57-6770-U75U-7727
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dispatch.geo import metres_per_degree
from dispatch.road_rules import CLASSES
from dispatch.roads import Roads

Drawn = Literal["main", "street", "lane", "path"]
"""How wide a road is drawn."""

WIDTHS: dict[Drawn, frozenset[str]] = {
    "main": frozenset({"motorway", "trunk", "primary", "secondary"}),
    "street": frozenset({"tertiary", "unclassified", "residential", "living_street", "road"}),
    "lane": frozenset({"service", "busway", "pedestrian"}),
}
"""The classes of roads by how they are drawn; all others are paths."""

TOLERANCE_M = 1.5
"""Metres by which a line may leave out a bend: less than a line's width on the screen."""

Points = NDArray[np.float64]


def drawn_as(kind: int) -> Drawn:
    """Returns how a road is drawn whose class has this index of `road_rules.CLASSES`."""
    name = CLASSES[kind].removesuffix("_link")
    return next((width for width, kinds in WIDTHS.items() if name in kinds), "path")


def road_lines(roads: Roads) -> Iterator[tuple[Drawn, str, Points]]:
    """
    Yields how a line is drawn, the name of its road, empty where it has none, and its points.

    Points are (lat, lon) rows. Roads of one name and width that meet are one line.
    """
    groups: dict[tuple[Drawn, str], list[int]] = defaultdict(list)
    for road in range(len(roads.tail)):
        name = roads.names[roads.name[road]] if roads.name[road] >= 0 else ""
        groups[drawn_as(int(roads.kind[road])), name].append(road)
    for (width, name), members in groups.items():
        for chain in chains([(int(roads.tail[e]), int(roads.head[e])) for e in members]):
            parts = [_line(roads, members[i], is_back) for i, is_back in chain]
            joined = [parts[0], *(part[1:] for part in parts[1:])]
            yield width, name, simplified(np.concatenate(joined), TOLERANCE_M)


def chains(edges: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, bool]]]:
    """
    Yields edges of a graph as chains that use each once: (index, whether it is taken backwards).

    A chain goes on through a node where just two edges meet.
    """
    ends: dict[int, list[int]] = defaultdict(list)
    for index, (a, b) in enumerate(edges):
        ends[a].append(index)
        ends[b].append(index)
    left = dict.fromkeys(range(len(edges)))
    # What begins at a crossing or an end first: of the rest every node joins two edges of a ring.
    starts = [(i, a) for i, pair in enumerate(edges) for a in pair if len(ends[a]) != 2]
    for index, node in [*starts, *((i, a) for i, (a, _) in enumerate(edges))]:
        if index in left:
            yield list(_chain(edges, ends, left, index, node))


def _chain(
    edges: Sequence[tuple[int, int]],
    ends: dict[int, list[int]],
    left: dict[int, None],
    index: int,
    node: int,
) -> Iterator[tuple[int, bool]]:
    while True:
        del left[index]
        a, b = edges[index]
        yield index, node != a
        node = b if node == a else a
        following = [i for i in ends[node] if i in left] if len(ends[node]) == 2 else []
        if not following:
            return
        index = following[0]


def simplified(line: Points, tolerance_m: float) -> Points:
    """Returns the points of a line that stays within some metres of all those left out: (n, 2)."""
    north, east = metres_per_degree(line[0, 0])
    flat = (line - line[0]) * [float(north), float(east)]
    keep = np.zeros(len(line), dtype=bool)
    keep[[0, -1]] = True
    spans = [(0, len(line) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        away = _distances(flat[first + 1 : last], flat[first], flat[last])
        farthest = first + 1 + int(away.argmax())
        if away.max() > tolerance_m:
            keep[farthest] = True
            spans += [(first, farthest), (farthest, last)]
    return line[keep]


def _distances(points: Points, a: Points, b: Points) -> Points:
    """Returns the distances of points from the stretch between two others."""
    along = b - a
    length = float(along @ along)
    share = np.clip((points - a) @ along / length, 0, 1) if length else np.zeros(len(points))
    away: Points = np.hypot(*(points - a - share[:, None] * along).T)
    return away


def _line(roads: Roads, road: int, is_back: bool) -> Points:
    points = np.array(roads.line(road))
    return points[::-1] if is_back else points
