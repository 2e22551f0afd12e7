"""
Plane geometry on the WGS-84 ellipsoid, good for one city.

Coordinates are degrees of latitude and longitude. Within a city one degree is taken to
be as long everywhere as at the point it is measured from, which is exact to about
0.1 % over 50 km.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

EQUATOR_RADIUS = 6_378_137.0
"""Semi-major axis of WGS-84, metres."""

SQUARED_ECCENTRICITY = 0.006_694_379_990_14
"""First eccentricity of WGS-84, squared."""

Point = tuple[float, float]
"""(lat, lon), degrees."""


def metres_per_degree(lat: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Returns the length of one degree of latitude and of longitude, in metres.

    These are the meridional and the prime vertical radius of curvature times one degree.

    References
    ----------
    J. P. Snyder (1987). *Map Projections: A Working Manual*, USGS Professional Paper
    1395, p. 25. https://doi.org/10.3133/pp1395
    """
    phi = np.radians(np.asarray(lat, dtype=np.float64))
    flat = 1 - SQUARED_ECCENTRICITY * np.sin(phi) ** 2
    north = EQUATOR_RADIUS * (1 - SQUARED_ECCENTRICITY) / flat**1.5
    east = EQUATOR_RADIUS * np.cos(phi) / np.sqrt(flat)
    return np.radians(north), np.radians(east)


def step_lengths(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the metres from each point of a line to the next: one fewer than points."""
    north, east = metres_per_degree((lat[1:] + lat[:-1]) / 2)
    return np.hypot(np.diff(lat) * north, np.diff(lon) * east)


def distance(a: Point, b: Point) -> float:
    """Returns the metres between two points as the crow flies."""
    return float(step_lengths(np.array([a[0], b[0]]), np.array([a[1], b[1]]))[0])


def contains(ring: Sequence[Point], point: Point) -> bool:
    """
    Tells whether a point lies inside a closed ring; on its border either answer may come.

    A ray to the east crosses the ring an odd number of times from inside. The ring may
    repeat its first point at the end or not.
    """
    lat, lon = point
    inside = False
    for (lat_a, lon_a), (lat_b, lon_b) in zip(ring, (*ring[1:], ring[0]), strict=True):
        if (lat_a > lat) != (lat_b > lat):
            crossing = lon_a + (lat - lat_a) / (lat_b - lat_a) * (lon_b - lon_a)
            inside ^= lon < crossing
    return inside


def distance_to_ring(ring: Sequence[Point], point: Point) -> float:
    """Returns the metres from a point to the nearest side of a closed ring."""
    north, east = (float(x) for x in metres_per_degree(point[0]))
    xy = (np.array(ring) - np.array(point)) * np.array([north, east])
    side = np.roll(xy, -1, axis=0) - xy
    length = np.maximum((side**2).sum(axis=1), 1e-9)
    along = np.clip(-(xy * side).sum(axis=1) / length, 0, 1)
    return float(np.linalg.norm(xy + along[:, None] * side, axis=1).min())


def area(ring: Sequence[Point]) -> float:
    """Returns the square metres a closed ring encloses."""
    return abs(_moments(ring)[0])


def centroid(ring: Sequence[Point]) -> Point:
    """Returns the centre of gravity of the area a closed ring encloses."""
    enclosed, lat, lon = _moments(ring)
    if abs(enclosed) < 1e-3:
        # A ring without area: the mean of its points is as good as any.
        mean = np.array(ring).mean(axis=0)
        return float(mean[0]), float(mean[1])
    return lat, lon


def _moments(ring: Sequence[Point]) -> tuple[float, float, float]:
    """Returns the signed area in square metres and the centre of gravity in degrees."""
    origin = np.array(ring[0])
    lat, lon = (np.array(ring) - origin).T
    cross = lat * np.roll(lon, -1) - np.roll(lat, -1) * lon
    total = cross.sum()
    north, east = (float(x) for x in metres_per_degree(origin[0]))
    if total == 0:
        return 0.0, float(origin[0]), float(origin[1])
    centre_lat = ((lat + np.roll(lat, -1)) * cross).sum() / (3 * total)
    centre_lon = ((lon + np.roll(lon, -1)) * cross).sum() / (3 * total)
    return (
        float(total / 2 * north * east),
        float(origin[0] + centre_lat),
        float(origin[1] + centre_lon),
    )
