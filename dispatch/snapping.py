"""Finding the point of the roads nearest to a place, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from dispatch.errors import CityError
from dispatch.geo import metres_per_degree
from dispatch.roads import offsets
from dispatch.streets import MAX_GAP_M

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatch.geo import Point
    from dispatch.roads import Bools, Floats, Longs, Roads

REACH = MAX_GAP_M
"""Metres from the nearest usable road within which a place can be served."""

SPACING = 20.0
"""Metres between the sample points laid along the roads for the search tree."""


@dataclass(frozen=True, slots=True)
class Snap:
    """
    A point on a road: ``metre`` metres from its tail, after point ``after`` of the lines.

    ``gap`` are the metres as the crow flies from the place asked for.
    """

    road: int
    metre: float
    after: int
    lat: float
    lon: float
    gap: float


class Snapper:
    """
    The straight pieces of usable roads in a plane, and a search tree over points on them.

    A class because the tree is costly to build; nothing in it changes.
    """

    def __init__(self, roads: Roads, usable: Bools) -> None:
        self._origin = np.array([roads.lat.mean(), roads.lon.mean()])
        self._scale = np.array([float(x) for x in metres_per_degree(self._origin[0])])
        xy = (np.column_stack([roads.lat, roads.lon]) - self._origin) * self._scale
        road = np.repeat(np.arange(len(roads.tail)), np.diff(roads.first))
        self._piece = np.flatnonzero((road[1:] == road[:-1]) & usable[road[1:]])
        self._road = road[self._piece]
        self._start = xy[self._piece]
        self._side = xy[self._piece + 1] - self._start
        self._offset = offsets(roads)
        counts = np.ceil(np.hypot(*self._side.T) / SPACING).astype(np.int64) + 1
        self._owner = np.repeat(np.arange(len(counts)), counts)
        rank = np.arange(len(self._owner)) - np.repeat(np.cumsum(counts) - counts, counts)
        share = rank / np.maximum(1, counts[self._owner] - 1)
        samples = self._start[self._owner] + share[:, None] * self._side[self._owner]
        self._tree = cKDTree(samples)

    def snap(self, lat: float, lon: float) -> Snap:
        """Returns the nearest point of any road; among equally near ones, the first road's."""
        return self.snap_all([(lat, lon)])[0]

    def snap_all(self, points: Sequence[Point]) -> list[Snap]:
        """Returns as `snap` for each (lat, lon), many times faster than one by one."""
        if not len(points):
            return []
        xy = (np.array(points, dtype=np.float64) - self._origin) * self._scale
        reach, _ = self._tree.query(xy)
        # The nearest point of all lies at most half a spacing from a sample of its piece,
        # along the piece, so that sample is within hypot(reach, SPACING / 2) of the place.
        near = self._tree.query_ball_point(xy, np.hypot(reach, SPACING / 2) + 1e-6)
        owner = np.repeat(np.arange(len(near)), [len(samples) for samples in near])
        pieces = self._owner[np.concatenate(near).astype(np.int64)]
        start, side = self._start[pieces], self._side[pieces]
        squared = np.maximum((side**2).sum(axis=1), 1e-12)
        share = np.clip(((xy[owner] - start) * side).sum(axis=1) / squared, 0.0, 1.0)
        foot = start + share[:, None] * side
        gaps = np.hypot(*(foot - xy[owner]).T)
        order = np.lexsort((pieces, gaps, owner))
        best = order[np.searchsorted(owner, np.arange(len(near)))]
        return self._snaps(pieces[best], share[best], foot[best], gaps[best])

    def _snaps(self, piece: Longs, share: Floats, foot: Floats, gap: Floats) -> list[Snap]:
        after = self._piece[piece]
        begin, end = self._offset[after], self._offset[after + 1]
        where = (foot / self._scale + self._origin).T
        columns = self._road[piece], begin + share * (end - begin), after, *where, gap
        return [Snap(*row) for row in zip(*(x.tolist() for x in columns), strict=True)]


def check_on_earth(point: Point) -> None:
    """Raises CityError for what is no latitude and longitude in degrees."""
    lat, lon = point
    if abs(lat) <= 90 and abs(lon) <= 180:
        return
    swapped = abs(lon) <= 90 and abs(lat) <= 180
    raise CityError(
        f"({lat}, {lon}) is not a place on Earth"
        + ("; lat and lon look swapped." if swapped else "."),
        at="place",
        cure="Give latitude then longitude in WGS-84 degrees.",
        code="outside-city",
        value=point,
    )
