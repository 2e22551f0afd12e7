"""
The road network as the map has it: junctions, the roads between them, and who may use them.

Everything here is the same for all profiles, hours and speeds of the day; what depends on
them is in `turns` and `timing`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from dispatch.geo import metres_per_degree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int32]
    Longs = NDArray[np.int64]
    Bytes = NDArray[np.uint8]
    Bools = NDArray[np.bool_]

SIGNAL_ALONG, SIGNAL_AGAINST, STOP_ALONG, STOP_AGAINST = 1, 2, 4, 8
GIVE_WAY_ALONG, GIVE_WAY_AGAINST, CROSSING = 16, 32, 64
"""Bits of ``sign``: what makes one wait at a point, for those who come along or against."""


@dataclass(frozen=True, slots=True, eq=False)
class Roads:
    """
    Roads between junctions; ``n`` junctions, ``m`` roads, ``p`` points of their lines.

    Road e runs from junction ``tail[e]`` to ``head[e]``; its line are the points
    ``first[e] : first[e + 1]``, both junctions included, degrees in ``lat`` and ``lon``.
    ``node`` (p) are the points' numbers on the map, ``sign`` (p) bits of what makes one wait
    there; ``way`` (m) the number of the way, ``kind`` (m) an index of `road_rules.CLASSES`,
    ``name`` (m) one of ``names``, ``around`` (m) whether it is a roundabout; ``limit``
    (m, 2) the signed km/h along and against, 0 unknown. ``mode`` (m, profiles) holds
    what `road_rules.modes` says along in its lower and against in its upper four bits.
    Bit k of ``barred`` (n) shuts a junction for profile k. ``ban`` (b, 3) are banned turns
    (road, junction, road), bit k of ``ban_for`` (b) says whether profile k obeys.
    ``way_ban`` (w, longest) are banned ways over more roads than two, each by 2 road, or by
    2 road + 1 where it is ridden against its line, -1 after the last; ``way_ban_for`` (w) is
    as ``ban_for``.
    ``rank`` (profiles, n) are orders of the junctions by nested dissection of the roads of
    each profile, without rows if unknown.
    """

    num_junctions: int
    tail: Ints
    head: Ints
    first: Ints
    lat: Floats
    lon: Floats
    node: Longs
    sign: Bytes
    way: Longs
    kind: Bytes
    name: Ints
    around: Bools
    limit: Bytes
    mode: Bytes
    barred: Bytes
    ban: Ints
    ban_for: Bytes
    rank: Ints
    names: tuple[str, ...]
    profiles: tuple[str, ...]
    way_ban: Ints = field(default_factory=lambda: np.empty((0, 3), dtype=np.int32))
    way_ban_for: Bytes = field(default_factory=lambda: np.empty(0, dtype=np.uint8))

    def __post_init__(self) -> None:
        m, p = len(self.tail), len(self.lat)
        of_roads = (self.head, self.first[1:], self.way, self.kind, self.name, self.around)
        same = {len(rows) for rows in (*of_roads, self.limit, self.mode)}
        if same != {m} or {p} != {len(x) for x in (self.lon, self.node, self.sign)} or m == 0:
            raise ValueError(f"Expected arrays for {m} > 0 roads, got lengths {sorted(same)}.")
        if self.first[0] != 0 or self.first[-1] != p or np.diff(self.first).min() < 2:
            raise ValueError("Expected lines of at least two points that use every point once.")
        ends = np.concatenate([self.tail, self.head])
        if not 0 <= ends.min() <= ends.max() < self.num_junctions:
            raise ValueError(f"Expected junctions below {self.num_junctions}, got {ends.max()}.")
        if len(self.barred) != self.num_junctions or self.rank.shape[1] != self.num_junctions:
            raise ValueError(f"Expected arrays for {self.num_junctions} junctions.")

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """South, west, north and east of the roads, degrees."""
        lat, lon = self.lat, self.lon
        return float(lat.min()), float(lon.min()), float(lat.max()), float(lon.max())

    def line(self, road: int) -> list[tuple[float, float]]:
        """Returns the (lat, lon) points of a road from its tail to its head."""
        span = slice(int(self.first[road]), int(self.first[road + 1]))
        return list(zip(self.lat[span].tolist(), self.lon[span].tolist(), strict=True))

    def modes_of(self, profile: str) -> tuple[Bytes, Bytes]:
        """
        Returns what a profile may do along each road and against it: (m,) each.

        Raises ValueError for a profile that the roads were not made for.
        """
        if profile not in self.profiles:
            raise ValueError(f"Expected a profile of {self.profiles}, got {profile!r}.")
        column = self.mode[:, self.profiles.index(profile)]
        along: Bytes = column & np.uint8(15)
        against: Bytes = column >> np.uint8(4)
        return along, against


def offsets(roads: Roads) -> Floats:
    """Returns for each point of the lines the metres from the tail of its road: (p,)."""
    total = np.concatenate([[0.0], np.cumsum(step_metres(roads))])
    offset: Floats = total - np.repeat(total[roads.first[:-1]], np.diff(roads.first))
    return offset


def step_metres(roads: Roads) -> Floats:
    """Returns the metres from each point to the next, 0 from one road to another: (p - 1,)."""
    north, east = metres_per_degree((roads.lat[1:] + roads.lat[:-1]) / 2)
    steps: Floats = np.hypot(np.diff(roads.lat) * north, np.diff(roads.lon) * east)
    steps[roads.first[1:-1] - 1] = 0
    return steps


def strongest_part(num_nodes: int, tail: Ints, head: Ints) -> Bools:
    """Returns which nodes belong to the largest set that can all reach one another."""
    arcs = csr_array((np.ones(len(tail)), (tail, head)), shape=(num_nodes, num_nodes))
    _, label = connected_components(arcs, directed=True, connection="strong")
    largest: Bools = label == np.bincount(label).argmax()
    return largest
