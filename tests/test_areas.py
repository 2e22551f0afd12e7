"""Polygons of GeoJSON, and the segments inside them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.areas import MOST_POINTS, Area, read_area, segments_inside
from dispatch.errors import InvalidRequest
from dispatch.geo import contains

SQUARE = [[24.9, 60.1], [25.0, 60.1], [25.0, 60.2], [24.9, 60.2], [24.9, 60.1]]


def fault(coordinates: Any) -> tuple[str, str]:
    """Returns where and why a polygon is refused."""
    with pytest.raises(InvalidRequest) as caught:
        read_area(coordinates, "area")
    assert caught.value.code == "malformed-polygon"
    return caught.value.at, caught.value.what


def test_positions_are_longitude_first_and_points_latitude_first() -> None:
    area = read_area([SQUARE], "area")
    assert area.rings == (((60.1, 24.9), (60.1, 25.0), (60.2, 25.0), (60.2, 24.9)),)


@pytest.mark.parametrize(
    ("coordinates", "where", "why"),
    [
        ([], "area.coordinates", "outer ring"),
        ([SQUARE[:-1]], "area.coordinates[0]", "open"),
        ([SQUARE[:2] + SQUARE[:1]], "area.coordinates[0]", "at least four"),
        ([[[24.9], *SQUARE[1:]]], "area.coordinates[0][0]", "[lon, lat]"),
        ([[SQUARE[0], [25.0, 90.1], *SQUARE[2:]]], "area.coordinates[0][1]", "not on Earth"),
        ([[[60.1, 124.9]] * 4], "area.coordinates[0][0]", "swapped"),
        ([[[float("nan"), 60.0]] * 4], "area.coordinates[0][0]", "not on Earth"),
        ([[SQUARE[0]] * 4], "area.coordinates[0]", "encloses nothing"),
        ([[SQUARE[0], SQUARE[2], SQUARE[1], [24.9, 60.3], SQUARE[0]]], "area.coordinates[0]",
         "crosses itself"),
        ([SQUARE, [[lon + 1, lat] for lon, lat in SQUARE]], "area.coordinates[1]", "outside"),
    ],
)  # fmt: skip
def test_a_malformed_polygon_is_refused_naming_the_fault(
    coordinates: Any, where: str, why: str
) -> None:
    at, what = fault(coordinates)
    assert at == where
    assert why in what


def test_a_polygon_has_at_most_so_many_points() -> None:
    turn = np.linspace(0, 2 * np.pi, MOST_POINTS)
    ring = np.stack([25 + np.cos(turn) / 10, 60 + np.sin(turn) / 10], axis=1).tolist()
    ring[-1] = ring[0]
    assert len(read_area([ring], "area").rings[0]) == MOST_POINTS - 1
    assert "too many" in fault([[ring[0], *ring]])[1]


@given(st.lists(st.tuples(st.floats(59, 61), st.floats(24, 26)), min_size=1, max_size=20))
def test_an_area_covers_what_its_ring_contains(points: list[tuple[float, float]]) -> None:
    ring = ((60.0, 24.5), (60.3, 25.5), (59.5, 25.2), (60.1, 25.0))
    lat, lon = np.array(points).T
    found = Area((ring,)).covers(lat, lon)
    assert found.tolist() == [contains(ring, point) for point in points]


def test_segments_do_not_lead_from_one_line_to_the_next() -> None:
    # Two lines, 1-2-3 and 4-5, whose points follow each other in one array.
    area = Area((((59.0, 24.0), (59.0, 26.0), (61.0, 26.0), (61.0, 24.0)),))
    found = segments_inside(
        area,
        np.array([1, 2, 3, 4, 5]),
        np.full(5, 60.0),
        np.full(5, 25.0),
        np.array([0, 3, 5], dtype=np.int32),
    )
    assert set(found) == {(1, 2), (2, 3), (4, 5), (2, 1), (3, 2), (5, 4)}
