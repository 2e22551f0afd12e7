"""Roads, points on them, and the table of ride times."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import networkx as nx
import numpy as np
import pytest
from geopy.distance import geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.doors import Doors
from dispatch.geo import Point, area, centroid, contains, distance, distance_to_ring
from dispatch.rides import ride
from dispatch.roads import RoadGraph, Roads
from dispatch.snapping import Snap, Snapper
from tests.small_maps import at, straight_roads

METRES = st.integers(0, 600)


def seconds(graph: RoadGraph, points: list[Point], **limits: int) -> list[list[int]]:
    """Returns the table of ride times between points, all asked for at once."""
    snapper = Snapper(graph)
    doors: Doors[Point] = Doors(graph, **limits)
    table: list[list[int]] = doors.seconds(points, lambda point: snapper.snap(*point)).tolist()
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


def oracle(roads: Roads, snaps: list[Snap]) -> Any:
    """Returns the network as a networkx graph, every road cut at the doors on it."""
    graph = nx.MultiDiGraph()
    for road in range(len(roads.tail)):
        line = roads.line(road)
        length = sum(distance(a, b) for a, b in pairwise(line))
        tail, head = ("junction", int(roads.tail[road])), ("junction", int(roads.head[road]))
        doors = sorted((s.metre, ("door", i)) for i, s in enumerate(snaps) if s.road == road)
        # A door within a tenth of a metre of a junction is at it.
        doors = [(0.0 if metre < 0.1 else metre, door) for metre, door in doors]
        doors = [(length if length - metre < 0.1 else metre, door) for metre, door in doors]
        stops = [(0.0, tail), *doors, (length, head)]
        for (start, a), (end, b) in pairwise(stops):
            for kmh, x, y in ((roads.along_kmh[road], a, b), (roads.against_kmh[road], b, a)):
                # Two doors at one point, or a door at a junction, are no ride apart.
                if kmh > 0 or end - start < 1e-6:
                    graph.add_edge(x, y, seconds=max(0.0, end - start) * 3.6 / max(1, int(kmh)))
    return graph


@given(networks())
def test_the_table_equals_dijkstra_of_networkx(world: tuple[Roads, list[Point]]) -> None:
    roads, points = world
    graph = RoadGraph(roads)
    snaps = [Snapper(graph).snap(*point) for point in points]
    table = seconds(graph, points)
    peer = oracle(roads, snaps)
    for i, a in enumerate(snaps):
        for j, b in enumerate(snaps):
            if i != j:
                way = nx.shortest_path_length(peer, ("door", i), ("door", j), weight="seconds")
                # The bike is pushed from door to road at 5 km/h; every road is rounded to
                # the millisecond, which may tip the rounding up to whole seconds.
                exact = way + (a.gap + b.gap) * 3.6 / 5
                assert math.ceil(exact - 0.05) <= table[i][j] <= math.ceil(exact + 0.05)


@given(networks())
def test_doors_added_one_by_one_give_the_same_table(world: tuple[Roads, list[Point]]) -> None:
    roads, points = world
    graph = RoadGraph(roads)
    snapper = Snapper(graph)
    doors: Doors[Point] = Doors(graph)
    for k in range(1, len(points) + 1):
        table = doors.seconds(points[:k], lambda point: snapper.snap(*point))
    assert table.tolist() == seconds(graph, points)


@given(networks(), st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=3), max_size=8))
def test_a_cache_that_is_full_gives_the_same_table(
    world: tuple[Roads, list[Point]], questions: list[list[int]]
) -> None:
    roads, points = world
    graph = RoadGraph(roads)
    snapper = Snapper(graph)
    doors: Doors[Point] = Doors(graph, limit=3)
    whole = np.array(seconds(graph, points))
    for question in questions:
        asked = sorted({k % len(points) for k in question})
        table = doors.seconds([points[k] for k in asked], lambda point: snapper.snap(*point))
        assert table.tolist() == whole[np.ix_(asked, asked)].tolist()
        assert len(doors) <= 3


def test_a_question_larger_than_the_cache_is_answered() -> None:
    graph = RoadGraph(straight_roads([(0, 0), (500, 0)], [(0, 1, 18, 18)]))
    points = [at(97.5 * k, 0) for k in range(5)]
    # 97.5 m at 5 m/s are 19.5 s, rounded up once per pair.
    assert seconds(graph, points, limit=2)[0] == [0, 20, 39, 59, 78]


@settings(max_examples=50)
@given(networks())
def test_a_ride_takes_the_time_in_the_table(world: tuple[Roads, list[Point]]) -> None:
    roads, points = world
    graph = RoadGraph(roads)
    doors = [(point, Snapper(graph).snap(*point)) for point in points]
    table = seconds(graph, points)
    for i, a in enumerate(doors):
        for j, b in enumerate(doors):
            if i != j:
                found = ride(graph, a, b)
                assert math.ceil(found.ms / 1000) == table[i][j]
                drawn = sum(distance(p, q) for p, q in pairwise(found.line))
                # Points of the line are rounded to a tenth of a metre.
                assert found.metres == pytest.approx(drawn, abs=0.2 * len(found.line))


def test_a_one_way_road_is_obeyed() -> None:
    # A square of 97.5 m, one way round: east, north, west, south.
    square = [(0, 0), (97.5, 0), (97.5, 97.5), (0, 97.5)]
    ring = [(k, (k + 1) % 4, 18, 0) for k in range(4)]
    table = seconds(RoadGraph(straight_roads(square, ring)), [at(0, 0), at(97.5, 0)])
    # One side is 19.5 s at 5 m/s; back are the other three, 58.5 s.
    assert table == [[0, 20], [59, 0]]


def test_a_door_behind_on_a_one_way_road_is_reached_round_the_block() -> None:
    square = [(0, 0), (97.5, 0), (97.5, 97.5), (0, 97.5)]
    ring = [(k, (k + 1) % 4, 18, 0) for k in range(4)]
    table = seconds(RoadGraph(straight_roads(square, ring)), [at(60, 0), at(27.5, 0)])
    # 390 m round less the 32.5 m between them are 71.5 s; straight on they are 6.5 s.
    assert table == [[0, 72], [7, 0]]


def test_a_door_at_a_corner_is_reached_by_every_road_that_meets_there() -> None:
    # The one-way road ends at the corner, and the nearest point of the door is that end.
    roads = [(0, 1, 18, 0), (1, 2, 18, 18), (2, 0, 18, 18)]
    graph = RoadGraph(straight_roads([(0, 0), (97.5, 0), (97.5, 97.5)], roads))
    table = seconds(graph, [at(97.5, 97.5), at(97.5, 0)])
    # Straight down the second road in 19.5 s, not round by the first.
    assert table == [[0, 20], [20, 0]]


def test_two_doors_on_one_road_may_be_quicker_by_another_road() -> None:
    # Along the road one pushes at 5 km/h; round it are 97.5 + 2 x 20 m at 18 km/h.
    junctions = [(0, 0), (97.5, 0), (97.5, 20), (0, 20)]
    roads = [(0, 1, 5, 5), (1, 2, 18, 18), (2, 3, 18, 18), (3, 0, 18, 18)]
    table = seconds(RoadGraph(straight_roads(junctions, roads)), [at(0, 0), at(97.5, 0)])
    # 137.5 m at 5 m/s are 27.5 s instead of 70.2.
    assert table[0][1] == 28


def test_of_parallel_roads_the_fastest_counts() -> None:
    # scipy would add the parallel arcs up: 19.5 + 70.2 s.
    roads = [(0, 1, 5, 5), (0, 1, 18, 18), (1, 2, 18, 18)]
    graph = RoadGraph(straight_roads([(0, 0), (97.5, 0), (195, 0)], roads))
    assert graph.from_junctions([0])[0].tolist() == pytest.approx([0, 19_500, 39_000], abs=2)
    assert graph.paths_from([0]).path(0, 2) == [(1, True), (2, True)]


def test_a_road_without_length_is_still_a_road() -> None:
    graph = RoadGraph(straight_roads([(0, 0), (0, 0), (97.5, 0)], [(0, 1, 18, 18), (1, 2, 18, 18)]))
    assert np.isfinite(graph.from_junctions([0])).all()


def test_a_way_that_does_not_exist_is_refused() -> None:
    graph = RoadGraph(straight_roads([(0, 0), (100, 0)], [(0, 1, 18, 0)]))
    with pytest.raises(ValueError, match="can be reached, got 0"):
        graph.paths_from([1]).path(0, 0)


@given(networks())
def test_snapping_finds_the_nearest_point_of_all(world: tuple[Roads, list[Point]]) -> None:
    roads, points = world
    snapper = Snapper(RoadGraph(roads))
    for point in points:
        nearest = min(distance_to_ring(roads.line(road), point) for road in range(len(roads.tail)))
        # A ring of two points is the straight line between them, there and back.
        assert snapper.snap(*point).gap == pytest.approx(nearest, rel=1e-3, abs=0.05)


def test_a_door_beside_the_road_is_walked_to() -> None:
    graph = RoadGraph(straight_roads([(0, 0), (200, 0)], [(0, 1, 18, 18)]))
    table = seconds(graph, [at(50, 0), at(147.5, 10)])
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
