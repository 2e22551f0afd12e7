"""
The road network: junctions, the roads between them, and travel times by Dijkstra.

Inside, a time is a whole number of milliseconds held in a float, so that a route has the
same time whichever way it is added up: along a row from its start, a row back from its
end, or road by road.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from dispatch.geo import metres_per_degree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int32]

NO_NODE = -9999
"""What scipy writes for the predecessor of a start and of what cannot be reached."""


@dataclass(frozen=True, slots=True, eq=False)
class Roads:
    """
    Roads between junctions; ``n`` junctions, ``m`` roads, ``p`` points of their lines.

    Road e runs from junction ``tail[e]`` to ``head[e]``; its line are the points
    ``first[e] : first[e + 1]``, both junctions included, degrees in ``lat`` and ``lon``.
    ``along_kmh`` and ``against_kmh`` are 0 where riding that way is not allowed. Raises
    ValueError where the lengths of the arrays or the junctions do not fit.
    """

    num_junctions: int
    tail: Ints
    head: Ints
    first: Ints
    lat: Floats
    lon: Floats
    along_kmh: Ints
    against_kmh: Ints

    def __post_init__(self) -> None:
        m = len(self.tail)
        same = {len(self.head), len(self.along_kmh), len(self.against_kmh), len(self.first) - 1}
        if same != {m} or len(self.lat) != len(self.lon) or m == 0:
            raise ValueError(f"Expected arrays for {m} > 0 roads, got lengths {sorted(same)}.")
        if self.first[0] != 0 or self.first[-1] != len(self.lat) or np.diff(self.first).min() < 2:
            raise ValueError("Expected lines of at least two points that use every point once.")
        ends = np.concatenate([self.tail, self.head])
        if not 0 <= ends.min() <= ends.max() < self.num_junctions:
            raise ValueError(f"Expected junctions below {self.num_junctions}, got {ends.max()}.")

    def line(self, road: int) -> list[tuple[float, float]]:
        """Returns the (lat, lon) points of a road from its tail to its head."""
        span = slice(int(self.first[road]), int(self.first[road + 1]))
        return list(zip(self.lat[span].tolist(), self.lon[span].tolist(), strict=True))


def offsets(roads: Roads) -> Floats:
    """Returns for each point of the lines the metres from the tail of its road: (p,)."""
    north, east = metres_per_degree((roads.lat[1:] + roads.lat[:-1]) / 2)
    steps = np.hypot(np.diff(roads.lat) * north, np.diff(roads.lon) * east)
    # The step from the last point of a road to the first of the next is no road.
    steps[roads.first[1:-1] - 1] = 0
    total = np.concatenate([[0.0], np.cumsum(steps)])
    counts = np.diff(roads.first)
    offset: Floats = total - np.repeat(total[roads.first[:-1]], counts)
    return offset


def strongest_part(num_junctions: int, tail: Ints, head: Ints) -> NDArray[np.bool_]:
    """Returns which junctions belong to the largest set that can all reach one another."""
    arcs = csr_array((np.ones(len(tail)), (tail, head)), shape=(num_junctions, num_junctions))
    _, label = connected_components(arcs, directed=True, connection="strong")
    largest: NDArray[np.bool_] = label == np.bincount(label).argmax()
    return largest


class RoadGraph:
    """
    Travel times over roads; everything in it is derived from ``roads`` and never changes.

    ``along_ms`` and ``against_ms`` are the times over each road, infinite where not
    allowed; ``offset`` the metres of each point of the lines from its road's tail.
    """

    def __init__(self, roads: Roads) -> None:
        self.roads = roads
        self.offset = offsets(roads)
        self.length: Floats = self.offset[roads.first[1:] - 1]
        self.along_ms = _milliseconds(self.length, roads.along_kmh)
        self.against_ms = _milliseconds(self.length, roads.against_kmh)
        tail = np.concatenate([roads.tail, roads.head])
        head = np.concatenate([roads.head, roads.tail])
        ms = np.concatenate([self.along_ms, self.against_ms])
        # scipy adds up parallel arcs, so only the fastest of them may go in. A loop at a
        # junction is on no shortest path.
        fastest = np.lexsort((ms, head, tail))
        fastest = fastest[np.isfinite(ms[fastest]) & (tail[fastest] != head[fastest])]
        keep = np.ones(len(fastest), dtype=bool)
        keep[1:] = (np.diff(tail[fastest]) != 0) | (np.diff(head[fastest]) != 0)
        arcs = fastest[keep]
        shape = (roads.num_junctions, roads.num_junctions)
        self._forward = csr_array((ms[arcs], (tail[arcs], head[arcs])), shape=shape)
        self._backward = csr_array(self._forward.T)
        self._arc = {(int(tail[a]), int(head[a])): int(a) for a in arcs}

    def from_junctions(self, junctions: Sequence[int] | NDArray[np.int64]) -> Floats:
        """Returns the ms from each of the given junctions to all junctions: (k, n)."""
        return np.asarray(dijkstra(self._forward, indices=junctions), dtype=np.float64)

    def to_junctions(self, junctions: Sequence[int] | NDArray[np.int64]) -> Floats:
        """Returns the ms from all junctions to each of the given junctions: (k, n)."""
        return np.asarray(dijkstra(self._backward, indices=junctions), dtype=np.float64)

    def paths_from(self, junctions: Sequence[int]) -> Paths:
        """Returns the fastest paths from each of the given junctions to all junctions."""
        ms, before = dijkstra(self._forward, indices=list(junctions), return_predecessors=True)
        return Paths(np.asarray(ms, dtype=np.float64), before, self._arc, len(self.roads.tail))


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """Fastest paths from k junctions: ``ms`` (k, n), and for each the junction before."""

    ms: Floats
    _before: Ints
    _arc: Mapping[tuple[int, int], int]
    _num_roads: int

    def path(self, row: int, end: int) -> list[tuple[int, bool]]:
        """
        Returns the roads from the junction of a row to another: (road, ridden along its line).

        Raises ValueError where there is no way.
        """
        if not np.isfinite(self.ms[row, end]):
            raise ValueError(f"Expected a junction that can be reached, got {end}.")
        path: list[tuple[int, bool]] = []
        before = self._before[row]
        while before[end] != NO_NODE:
            arc = self._arc[int(before[end]), end]
            path.append((arc % self._num_roads, arc < self._num_roads))
            end = int(before[end])
        return path[::-1]


def _milliseconds(metres: Floats, kmh: Ints) -> Floats:
    """Returns whole ms, at least 1 as scipy takes 0 for no arc; infinite at 0 km/h."""
    ms: Floats = np.maximum(1.0, np.round(metres * 3600 / np.maximum(1, kmh)))
    return np.where(kmh > 0, ms, np.inf)
