"""Which building a point belongs to."""

from __future__ import annotations

from collections import defaultdict
from itertools import product
from typing import TYPE_CHECKING

from dispatch.geo import area, contains, distance_to_ring, metres_per_degree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dispatch.geo import Point

    Box = tuple[float, float, float, float]

CELL = 0.002
"""Degrees; some 200 m, about a block."""


class Footprints:
    """
    Outlines of buildings, found by the cells of a grid they reach into.

    A class because the grid is costly to build; nothing in it changes.
    """

    def __init__(self, outlines: Sequence[Sequence[Point]], reach: float) -> None:
        self._outlines = outlines
        self._reach = reach
        self._box = [_box(outline, reach) for outline in outlines]
        self._area = [area(outline) for outline in outlines]
        self._cells: dict[tuple[int, int], list[int]] = defaultdict(list)
        for i, box in enumerate(self._box):
            for cell in _cells(box):
                self._cells[cell].append(i)

    def find(self, point: Point) -> int | None:
        """
        Returns the building around a point, the smallest if several are; else the nearest
        one within ``reach`` metres; else None.
        """
        near = self._cells.get((int(point[0] // CELL), int(point[1] // CELL)), [])
        near = [i for i in near if _is_near(self._box[i], point)]
        inside = [i for i in near if contains(self._outlines[i], point)]
        if inside:
            return min(inside, key=lambda i: (self._area[i], i))
        gaps = [(distance_to_ring(self._outlines[i], point), i) for i in near]
        gap, best = min(gaps, default=(float("inf"), -1))
        return best if gap <= self._reach else None


def _box(outline: Sequence[Point], reach: float) -> Box:
    """Returns south, west, north and east of all points within reach of an outline."""
    lats, lons = zip(*outline, strict=True)
    north, east = (reach / float(x) for x in metres_per_degree(lats[0]))
    return min(lats) - north, min(lons) - east, max(lats) + north, max(lons) + east


def _is_near(box: Box, point: Point) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _cells(box: Box) -> Iterator[tuple[int, int]]:
    south, west, north, east = (int(x // CELL) for x in box)
    return product(range(south, north + 1), range(west, east + 1))
