"""Roads, points on them, and the table of ride times."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from geopy.distance import geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.doors import Doors
from dispatch.geo import Point, area, centroid, contains, distance, distance_to_ring
from dispatch.snapping import Snapper
from dispatch.street_side import StreetSide
from tests.small_maps import at, straight_roads, streets_on

if TYPE_CHECKING:
    from dispatch.roads import Roads
    from dispatch.street_engine import RoadStreets

METRES = st.integers(0, 600)


def seconds(streets: RoadStreets, points: list[Point], **limits: int) -> list[list[int]]:
    """Returns the table of ride times between points, all asked for at once."""
    doors: Doors[Point] = Doors(streets, **limits)
    table: list[list[int]] = doors.seconds(points, streets.nearest, "day").tolist()
    return table


@st.composite
def networks(draw: st.DrawFn) -> tuple[Roads, list[Point]]:
    """Draws roads that reach all of themselves, with parallels and loops, and some doors."""
    n = draw(st.integers(3, 8))
    junctions = draw(st.lists(st.tuples(METRES, METRES), min_size=n, max_size=n, unique=True))
    # A one-way ring through all junctions keeps the network in one piece.
    roads = [(i, (i + 1) % n, draw(st.integers(5, 25)), 0) for i in range(n)]
    end = st.integers(0, n - 1)
    more = st.tuples(end, end, st.integers(5, 25), st.sampled_from([0, 5, 20]))
    roads += draw(st.lists(more, max_size=8))
    doors = draw(st.lists(st.tuples(METRES, METRES), min_size=2, max_size=7, unique=True))
    return straight_roads(junctions, roads), [at(*door) for door in doors]


@settings(max_examples=25)
@given(networks())
def test_doors_added_one_by_one_give_the_same_table(world: tuple[Roads, list[Point]]) -> None:
    roads, points = world
    streets = streets_on(roads)
    doors: Doors[Point] = Doors(streets)
    for k in range(1, len(points) + 1):
        table = doors.seconds(points[:k], streets.nearest, "day")
    assert table.tolist() == seconds(streets, points)


@settings(max_examples=25)
@given(networks(), st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=3), max_size=8))
def test_a_cache_that_is_full_gives_the_same_table(
    world: tuple[Roads, list[Point]], questions: list[list[int]]
) -> None:
    roads, points = world
    streets = streets_on(roads)
    doors: Doors[Point] = Doors(streets, limit=3)
    whole = np.array(seconds(streets, points))
    for question in questions:
        asked = sorted({k % len(points) for k in question})
        table = doors.seconds([points[k] for k in asked], streets.nearest, "day")
        assert table.tolist() == whole[np.ix_(asked, asked)].tolist()
        assert len(doors) <= 3


def test_a_question_larger_than_the_cache_is_answered() -> None:
    streets = streets_on(straight_roads([(0, 0), (500, 0)], [(0, 1, 18, 18)]))
    points = [at(97.5 * k, 0) for k in range(5)]
    # 97.5 m at 5 m/s are 19.5 s, rounded up once per pair.
    assert seconds(streets, points, limit=2)[0] == [0, 20, 39, 59, 78]


@settings(max_examples=20)
@given(networks())
def test_a_ride_takes_the_time_in_the_table(world: tuple[Roads, list[Point]]) -> None:
    roads, points = world
    streets = streets_on(roads)
    side = StreetSide("Test", streets, roads.bounds, 100)
    points = [point for point in points if streets.nearest(point).gap <= 150]
    table = seconds(streets, points)
    for i, a in enumerate(points):
        for j, b in enumerate(points):
            found = side.ride(a, b, "day")
            if i != j:
                assert math.ceil(round(found.seconds * 1000) / 1000) == table[i][j]
            drawn = sum(distance(p, q) for p, q in pairwise(found.line))
            # Points of the line are rounded to a tenth of a metre.
            assert found.metres == pytest.approx(drawn, abs=0.2 * len(found.line))


def test_a_one_way_road_is_obeyed() -> None:
    # A square of 97.5 m, one way round: east, north, west, south.
    square = [(0, 0), (97.5, 0), (97.5, 97.5), (0, 97.5)]
    ring = [(k, (k + 1) % 4, 18, 0) for k in range(4)]
    table = seconds(streets_on(straight_roads(square, ring)), [at(0, 0), at(97.5, 0)])
    # One side is 19.5 s at 5 m/s; back are the other three, 58.5 s.
    assert table == [[0, 20], [59, 0]]


def test_a_door_behind_on_a_one_way_road_is_reached_round_the_block() -> None:
    square = [(0, 0), (97.5, 0), (97.5, 97.5), (0, 97.5)]
    ring = [(k, (k + 1) % 4, 18, 0) for k in range(4)]
    table = seconds(streets_on(straight_roads(square, ring)), [at(60, 0), at(27.5, 0)])
    # 390 m round less the 32.5 m between them are 71.5 s; straight on they are 6.5 s.
    assert table == [[0, 72], [7, 0]]


def test_a_door_at_a_corner_is_reached_by_every_road_that_meets_there() -> None:
    # The one-way road ends at the corner, and the nearest point of the door is that end.
    roads = [(0, 1, 18, 0), (1, 2, 18, 18), (2, 0, 18, 18)]
    streets = streets_on(straight_roads([(0, 0), (97.5, 0), (97.5, 97.5)], roads))
    table = seconds(streets, [at(97.5, 97.5), at(97.5, 0)])
    # Straight down the second road in 19.5 s, not round by the first.
    assert table == [[0, 20], [20, 0]]


def test_two_doors_on_one_road_may_be_quicker_by_another_road() -> None:
    # Along the road one pushes at 5 km/h; round it are 97.5 + 2 x 20 m at 18 km/h.
    junctions = [(0, 0), (97.5, 0), (97.5, 20), (0, 20)]
    roads = [(0, 1, 5, 5), (1, 2, 18, 18), (2, 3, 18, 18), (3, 0, 18, 18)]
    table = seconds(streets_on(straight_roads(junctions, roads)), [at(0, 0), at(97.5, 0)])
    # 137.5 m at 5 m/s are 27.5 s instead of 70.2.
    assert table[0][1] == 28


def test_of_parallel_roads_the_fastest_counts() -> None:
    # scipy would add the parallel arcs up: 19.5 + 70.2 s.
    roads = [(0, 1, 5, 5), (0, 1, 18, 18), (1, 2, 18, 18)]
    streets = streets_on(straight_roads([(0, 0), (97.5, 0), (195, 0)], roads))
    assert seconds(streets, [at(0, 0), at(195, 0)])[0][1] == 39
    a, b = (streets.nearest(at(east, 0)) for east in (0, 195))
    route = streets.route(a, b, "day")
    assert route is not None
    assert [round(piece.seconds, 1) for piece in route.pieces] == [19.5, 19.5]


def test_a_road_without_length_is_still_a_road() -> None:
    junctions = [(0, 0), (0, 0), (97.5, 0)]
    streets = streets_on(straight_roads(junctions, [(0, 1, 18, 18), (1, 2, 18, 18)]))
    assert streets.graph.num_trapped == 0
    assert seconds(streets, [at(0, 0), at(97.5, 0)])[0][1] == 20


@given(networks())
def test_snapping_finds_the_nearest_point_of_all(world: tuple[Roads, list[Point]]) -> None:
    roads, points = world
    snapper = Snapper(roads, np.ones(len(roads.tail), dtype=bool))
    for point in points:
        nearest = min(distance_to_ring(roads.line(road), point) for road in range(len(roads.tail)))
        # A ring of two points is the straight line between them, there and back.
        assert snapper.snap(*point).gap == pytest.approx(nearest, rel=1e-3, abs=0.05)


@given(networks())
def test_points_snapped_together_are_as_one_by_one(world: tuple[Roads, list[Point]]) -> None:
    roads, points = world
    snapper = Snapper(roads, np.ones(len(roads.tail), dtype=bool))
    assert snapper.snap_all(points) == [snapper.snap(*point) for point in points]
    assert snapper.snap_all([]) == []


def test_a_door_beside_the_road_is_walked_to() -> None:
    streets = streets_on(straight_roads([(0, 0), (200, 0)], [(0, 1, 18, 18)]))
    table = seconds(streets, [at(50, 0), at(147.5, 10)])
    # 97.5 m at 5 m/s, then 10 m at 5 km/h: 19.5 + 7.2 s.
    assert table[0][1] == 27


@pytest.mark.parametrize(
    "change",
    [
        {"head": np.array([1, 1], dtype=np.int32)},
        {"num_junctions": 1},
        {"first": np.array([0, 1], dtype=np.int32)},
    ],
)
def test_roads_that_do_not_fit_together_are_refused(change: dict[str, Any]) -> None:
    roads = straight_roads([(0, 0), (100, 0)], [(0, 1, 18, 18)])
    with pytest.raises(ValueError, match="Expected"):
        replace(roads, **change)


@given(st.floats(-70, 70), st.floats(-170, 170), st.floats(-0.05, 0.05), st.floats(-0.05, 0.05))
def test_distances_agree_with_the_geodesic(
    lat: float, lon: float, north: float, east: float
) -> None:
    a, b = (lat, lon), (lat + north, lon + east)
    assert distance(a, b) == pytest.approx(float(geodesic(a, b).meters), rel=1e-3, abs=0.01)


def test_a_square_has_its_area_its_centre_and_its_inside() -> None:
    square = [at(0, 0), at(20, 0), at(20, 20), at(0, 20)]
    assert area(square) == pytest.approx(400, rel=1e-3)
    assert centroid(square) == pytest.approx(at(10, 10), abs=1e-7)
    assert contains(square, at(1, 19))
    assert not contains(square, at(-1, 10))
    assert distance_to_ring(square, at(25, 10)) == pytest.approx(5, abs=0.01)
