"""Areas on the map: polygons as GeoJSON has them, checked, and what lies inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dispatch.errors import InvalidRequest
from dispatch.geo import Point, area

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

MOST_POINTS = 1000
"""Points of one area at most."""

LEAST_M2 = 1.0
"""Square metres below which a ring encloses nothing."""


@dataclass(frozen=True, slots=True)
class Area:
    """
    A polygon in WGS-84: the outer ring, then its holes, of (lat, lon) without the closing point.
    """

    rings: tuple[tuple[Point, ...], ...]

    def covers(self, lat: Floats, lon: Floats) -> Bools:
        """
        Returns which points lie inside; on the border either answer may come.

        A ray to the east crosses the rings an odd number of times from inside.
        """
        inside = np.zeros(len(lat), dtype=bool)
        outer = np.array(self.rings[0])
        (south, west), (north, east) = outer.min(axis=0), outer.max(axis=0)
        near = np.flatnonzero((lat >= south) & (lat <= north) & (lon >= west) & (lon <= east))
        y, x = lat[near], lon[near]
        odd = np.zeros(len(near), dtype=bool)
        for ring in self.rings:
            for (lat_a, lon_a), (lat_b, lon_b) in zip(ring, (*ring[1:], ring[0]), strict=True):
                if lat_a != lat_b:
                    crosses = (lat_a > y) != (lat_b > y)
                    at = lon_a + (y - lat_a) / (lat_b - lat_a) * (lon_b - lon_a)
                    odd ^= crosses & (x < at)
        inside[near] = odd
        return inside

    def swapped(self) -> Area:
        """Returns the area with latitude and longitude exchanged, to find a slip."""
        return Area(tuple(tuple((lon, lat) for lat, lon in ring) for ring in self.rings))


def read_area(coordinates: Sequence[Sequence[Sequence[float]]], at: str) -> Area:
    """
    Returns the area of the coordinates of a GeoJSON polygon: rings of [lon, lat] positions.

    ``at`` names the polygon in errors. Raises InvalidRequest naming the first fault: no ring, a
    ring that is open, too short, without area, that crosses itself or leaves the Earth, a hole
    that is not in the outer ring.
    """
    if not coordinates:
        raise _malformed("A polygon has at least its outer ring.", f"{at}.coordinates")
    if (points := sum(len(ring) for ring in coordinates)) > MOST_POINTS:
        raise _malformed(f"{points} points are too many.", f"{at}.coordinates")
    rings = tuple(_read_ring(ring, f"{at}.coordinates[{i}]") for i, ring in enumerate(coordinates))
    outer = Area(rings[:1])
    for i, hole in enumerate(rings[1:], 1):
        lat, lon = np.array(hole).T
        if not outer.covers(lat, lon).any():
            raise _malformed("The hole is outside the outer ring.", f"{at}.coordinates[{i}]")
    return Area(rings)


def _read_ring(ring: Sequence[Sequence[float]], at: str) -> tuple[Point, ...]:
    for i, position in enumerate(ring):
        if len(position) not in (2, 3):
            raise _malformed("A position is [lon, lat].", f"{at}[{i}]", list(position))
        lon, lat = position[:2]
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            slip = " Its lon and lat look swapped." if -90 <= lon <= 90 else ""
            raise _malformed(f"{[lon, lat]} is not on Earth.{slip}", f"{at}[{i}]", [lon, lat])
    if len(ring) < 4:
        raise _malformed("A ring has at least four positions, the last the first.", at)
    if list(ring[0]) != list(ring[-1]):
        raise _malformed("The ring is open: its last position is not its first.", at)
    points = tuple((float(position[1]), float(position[0])) for position in ring[:-1])
    if area(points) < LEAST_M2:
        raise _malformed("The ring encloses nothing.", at)
    if _crosses_itself(np.array(points)):
        raise _malformed("The ring crosses itself.", at)
    return points


def _crosses_itself(points: Floats) -> bool:
    """Returns whether two sides of a ring, given as (n, 2) points, cross each other."""
    a, b = points[:, None], np.roll(points, -1, axis=0)[:, None]
    c, d = points[None], np.roll(points, -1, axis=0)[None]
    apart_by_ab = _side(a, b, c) * _side(a, b, d) < 0
    apart_by_cd = _side(c, d, a) * _side(c, d, b) < 0
    return bool((apart_by_ab & apart_by_cd).any())


def _side(a: Floats, b: Floats, p: Floats) -> Floats:
    """Returns on which side of the line from a to b points are, by sign."""
    found: Floats = np.sign(
        (b[..., 0] - a[..., 0]) * (p[..., 1] - a[..., 1])
        - (b[..., 1] - a[..., 1]) * (p[..., 0] - a[..., 0])
    )
    return found


def _malformed(what: str, at: str, value: object = None) -> InvalidRequest:
    return InvalidRequest(
        what,
        at=at,
        cure="Give a GeoJSON Polygon in WGS-84: closed rings of [lon, lat], at most "
        f"{MOST_POINTS} points.",
        code="malformed-polygon",
        value=value,
    )


def segments_inside(
    area: Area,
    node: NDArray[np.int64],
    lat: Floats,
    lon: Floats,
    first: NDArray[np.int32],
) -> list[tuple[int, int]]:
    """
    Returns the segments whose middle is inside an area, each in both directions.

    Line e of the map are the points ``first[e] : first[e + 1]``, with their numbers on the map in
    ``node`` and their places in ``lat`` and ``lon``; a segment is a pair of node numbers that
    follow each other.
    """
    is_step = np.ones(len(node), dtype=bool)
    is_step[first[1:] - 1] = False
    a = np.flatnonzero(is_step)
    a = a[area.covers((lat[a] + lat[a + 1]) / 2, (lon[a] + lon[a + 1]) / 2)]
    pairs = list(zip(node[a].tolist(), node[a + 1].tolist(), strict=True))
    return list(dict.fromkeys([*pairs, *((v, u) for u, v in pairs)]))
