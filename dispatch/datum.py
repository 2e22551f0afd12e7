"""
Coordinates as Chinese phones and maps give them, to and from WGS-84.

By law maps of mainland China are drawn in GCJ-02, WGS-84 shifted by 50 to 700 metres; Baidu
shifts once more and calls it BD-09. Neither is published by its makers: these are the formulas
that everybody uses. The makers' own may differ; of the points that other people published, most
agree to centimetres, some of Baidu's to ten metres. Elsewhere all three are the same.

References
----------
https://en.wikipedia.org/wiki/Restrictions_on_geographic_data_in_China describes the shifts;
https://github.com/googollee/eviltransform (MIT) and https://github.com/Artoria2e5/PRCoords (CC0)
are where the formulas and the sample points of the tests can be read.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from dispatch.geo import Point

RADIUS = 6_378_245.0
"""Semi-major axis of the ellipsoid of Krasovsky (1940), which GCJ-02 is reckoned on, metres."""

SQUARED_ECCENTRICITY = 0.006_693_421_622_965_943
"""Its first eccentricity, squared."""

NOISE = math.pi * 3000 / 180
"""Radians of Baidu's waves for each degree."""

BAIDU_SHIFT = (0.006, 0.0065)
"""Degrees of latitude and longitude that BD-09 adds everywhere."""

EXACT = 1e-10
"""Degrees; a hundredth of a millimetre."""

ROUNDS = 20
"""Steps towards the inverse at most; each is at least forty times nearer than the one before."""

BOXES = (
    (42.8899, 79.4462, 49.2204, 96.3300),
    (39.3742, 109.6872, 54.1415, 135.0002),
    (29.5297, 73.1246, 42.8899, 124.1433),
    (26.7186, 82.9684, 29.5297, 97.0352),
    (20.4141, 97.0253, 29.5297, 124.3674),
    (17.8715, 107.9758, 20.4141, 111.7441),
)
"""Mainland China in rough boxes, as maps' makers draw it: south, west, north, east."""

HOLES = (
    (21.7850, 119.9213, 25.3986, 122.4976),
    (20.0988, 101.8652, 22.2840, 106.6650),
    (20.4878, 106.4525, 21.5422, 108.0510),
    (50.3257, 109.0323, 55.8175, 119.1270),
    (49.5574, 127.4568, 55.8175, 137.0227),
    (42.5692, 131.2662, 44.8922, 137.0227),
)
"""What of the boxes is not shifted: Taiwan, and neighbours in the south and the north."""


class Datum(StrEnum):
    """What a latitude and a longitude are counted in."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


def to_wgs84(point: Point, datum: Datum) -> Point:
    """
    Returns a point in WGS-84, right to a hundredth of a millimetre as the formulas go.

    A point outside mainland China comes back as it is; the border is rough, see `BOXES`.
    """
    if datum is Datum.WGS84 or not in_china(point):
        return point
    if datum is Datum.BD09:
        point = _inverse(_baidu, point)
    return _inverse(_shifted, point)


def from_wgs84(point: Point, datum: Datum) -> Point:
    """Returns a point of WGS-84 in another datum; outside mainland China as it is."""
    if datum is Datum.WGS84 or not in_china(point):
        return point
    shifted = _shifted(point)
    return _baidu(shifted) if datum is Datum.BD09 else shifted


def in_china(point: Point) -> bool:
    """Tells whether a point is taken for one of mainland China, where maps are shifted."""
    return _within(point, BOXES) and not _within(point, HOLES)


def _within(point: Point, boxes: tuple[tuple[float, float, float, float], ...]) -> bool:
    lat, lon = point
    return any(south <= lat <= north and west <= lon <= east for south, west, north, east in boxes)


def _shifted(point: Point) -> Point:
    """Returns a point of WGS-84 in GCJ-02: metres of polynomials and waves, made degrees."""
    lat, lon = point
    x, y = lon - 105, lat - 35
    both = 20 * _wave(6 * x) + 20 * _wave(2 * x)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north += 2 / 3 * (both + 20 * _wave(y) + 40 * _wave(y / 3))
    north += 2 / 3 * (160 * _wave(y / 12) + 320 * _wave(y / 30))
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    east += 2 / 3 * (both + 20 * _wave(x) + 40 * _wave(x / 3))
    east += 2 / 3 * (150 * _wave(x / 12) + 300 * _wave(x / 30))
    phi = math.radians(lat)
    flat = 1 - SQUARED_ECCENTRICITY * math.sin(phi) ** 2
    meridian = RADIUS * (1 - SQUARED_ECCENTRICITY) / flat**1.5
    parallel = RADIUS * math.cos(phi) / math.sqrt(flat)
    return lat + math.degrees(north / meridian), lon + math.degrees(east / parallel)


def _wave(turns: float) -> float:
    """Returns the sine of so many half turns."""
    return math.sin(turns * math.pi)


def _baidu(point: Point) -> Point:
    """Returns a point of GCJ-02 in BD-09: turned and stretched by waves, then moved."""
    lat, lon = point
    length = math.hypot(lon, lat) + 0.00002 * math.sin(lat * NOISE)
    angle = math.atan2(lat, lon) + 0.000003 * math.cos(lon * NOISE)
    return length * math.sin(angle) + BAIDU_SHIFT[0], length * math.cos(angle) + BAIDU_SHIFT[1]


def _inverse(shift: Callable[[Point], Point], target: Point) -> Point:
    """Returns the point that a shift takes to the target, by steps that undo what is left."""
    lat, lon = target
    for _ in range(ROUNDS):
        reached = shift((lat, lon))
        north, east = target[0] - reached[0], target[1] - reached[1]
        lat, lon = lat + north, lon + east
        if max(abs(north), abs(east)) < EXACT:
            break
    return lat, lon
