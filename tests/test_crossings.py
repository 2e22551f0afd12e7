"""Signals of one crossing are waited at once, those of two crossings twice."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from dispatch.osm_reader import read_extract
from dispatch.profiles import load_profiles
from dispatch.road_import import import_roads
from dispatch.roads import SIGNAL_AGAINST, SIGNAL_ALONG
from dispatch.turn_costs import wait_seconds
from dispatch.turns import build_turns
from tests.small_maps import SmallMap

if TYPE_CHECKING:
    from pathlib import Path

    from dispatch.roads import Roads

    Metres = tuple[float, float]

SIGNAL = {"highway": "traffic_signals"}


def roads_of(street: SmallMap, folder: Path, crossing_m: float = 30.0) -> Roads:
    extract = read_extract(street.write(folder / "map.osm"))
    return import_roads(extract, load_profiles(), "FI", crossing_m)[0]


def signals_on(street: SmallMap, roads: Roads, *points: Metres) -> int:
    """Returns how many signals are waited at by who rides over these points of the map."""
    nodes = [street.point(point) for point in points]
    graph = build_turns(roads, "ebike", load_profiles().of("ebike"), "right")
    lines = {}
    for arc in range(len(graph.road)):
        road, along = int(graph.road[arc]), bool(graph.along[arc])
        span = slice(int(roads.first[road]), int(roads.first[road + 1]))
        bits = roads.sign[span] >> (0 if along else 1) & SIGNAL_ALONG
        line = list(zip(roads.node[span].tolist(), bits.tolist(), strict=True))
        line = line if along else line[::-1]
        # At the first point nobody waits, at the others who comes along the line.
        lines[line[0][0], line[-1][0]] = sum(bit for _, bit in line[1:])
    return sum(lines[a, b] for a, b in pairwise(nodes))


def two_dual_carriageways(width: float = 20) -> SmallMap:
    """Eastbound at 0 north, westbound at the width; southbound at 0 east, northbound there."""
    street, w = SmallMap(), width
    east, west = [(-200, 0), (0, 0), (w, 0), (200, 0)], [(200, w), (w, w), (0, w), (-200, w)]
    south, north = [(0, 200), (0, w), (0, 0), (0, -200)], [(w, -200), (w, 0), (w, w), (w, 200)]
    for line in (east, west, south, north):
        street.way(*line, highway="primary", oneway="yes")
    for ends in ((east, west), (west, east), (south, north), (north, south)):
        street.way(ends[0][-1], ends[1][0], highway="primary", oneway="yes")
    for corner in ((0, 0), (w, 0), (w, w), (0, w)):
        street.point(corner, **SIGNAL)
    return street


STRAIGHT_ON = ((-200, 0), (0, 0), (20, 0), (200, 0))
LEFT = ((-200, 0), (0, 0), (20, 0), (20, 20), (20, 200))
RIGHT = ((-200, 0), (0, 0), (0, -200))
ROUND = ((-200, 0), (0, 0), (20, 0), (20, 20), (0, 20), (-200, 20))


@pytest.mark.parametrize(("way", "nodes"), [(STRAIGHT_ON, 2), (LEFT, 3), (RIGHT, 1), (ROUND, 4)])
def test_who_crosses_dual_carriageways_waits_once_whatever_the_turn(
    tmp_path: Path, way: tuple[Metres, ...], nodes: int
) -> None:
    street = two_dual_carriageways()
    assert signals_on(street, roads_of(street, tmp_path), *way) == 1
    # By node, as OSRM counts.
    assert signals_on(street, roads_of(street, tmp_path, 0), *way) == nodes


def test_the_seconds_are_those_of_one_signal(tmp_path: Path) -> None:
    street = two_dual_carriageways()
    wait = load_profiles().of("ebike").wait
    lost = []
    for within in (30.0, 0.0):
        roads = roads_of(street, tmp_path, within)
        graph = build_turns(roads, "ebike", load_profiles().of("ebike"), "right")
        ends = roads.first[graph.road + 1] - 1
        lost.append(wait_seconds(roads.sign[ends], graph.along, wait).sum())
    # Eight arcs end at signals; the four between them are passed without a wait.
    assert lost == [4 * wait.signals, 8 * wait.signals]


@pytest.mark.parametrize(("apart", "waited"), [(29.5, 1), (30.5, 2)])
def test_signals_farther_apart_than_a_crossing_is_wide_are_two(
    tmp_path: Path, apart: float, waited: int
) -> None:
    street = SmallMap()
    line = ((0, 0), (100, 0), (100 + apart, 0), (300, 0))
    street.way(*line, highway="primary")
    for point in line[1:3]:
        street.point(point, **SIGNAL)
    roads = roads_of(street, tmp_path)
    # Both signals are inside the one road; each direction waits at the first that it meets.
    assert signals_on(street, roads, line[0], line[3]) == waited
    assert signals_on(street, roads, line[3], line[0]) == waited


def test_signals_before_and_behind_a_junction_are_one_for_each_direction(tmp_path: Path) -> None:
    street = SmallMap()
    street.way((-200, 0), (-10, 0), (0, 0), (10, 0), (200, 0), highway="primary")
    street.way((0, -200), (0, -10), (0, 0), (0, 10), (0, 200), highway="primary")
    for point in ((-10, 0), (10, 0), (0, -10), (0, 10)):
        street.point(point, **SIGNAL)
    roads = roads_of(street, tmp_path)
    arms = ((-200, 0), (200, 0), (0, -200), (0, 200))
    ways = [(a, b) for a in arms for b in arms if a != b]
    # Stop lines without a direction hold for those who leave the junction too.
    assert {signals_on(street, roads, a, (0, 0), b) for a, b in ways} == {1}
    each = roads_of(street, tmp_path, 0)
    assert {signals_on(street, each, a, (0, 0), b) for a, b in ways} == {2}


def test_a_signal_for_one_direction_excuses_nobody_from_the_other_side(tmp_path: Path) -> None:
    street = SmallMap()
    line = ((0, 0), (100, 0), (120, 0), (300, 0))
    street.way(*line, highway="primary")
    street.point(line[1], **SIGNAL, traffic_signals__direction="forward")
    street.point(line[2], **SIGNAL, traffic_signals__direction="backward")
    roads = roads_of(street, tmp_path)
    # Each is the only one of its direction.
    assert signals_on(street, roads, line[0], line[3]) == 1
    assert signals_on(street, roads, line[3], line[0]) == 1


def test_a_cycleway_that_joins_behind_its_own_signal_excuses_nobody_on_the_road(
    tmp_path: Path,
) -> None:
    street = SmallMap()
    street.way((0, 0), (100, 0), (110, 0), (300, 0), highway="primary")
    street.way((100, -200), (100, -10), (100, 0), highway="cycleway")
    street.point((110, 0), **SIGNAL)
    street.point((100, -10), **SIGNAL)
    roads = roads_of(street, tmp_path)
    # The way straight back from 110 is the road, on which there is no other signal.
    assert signals_on(street, roads, (0, 0), (100, 0), (300, 0)) == 1
    assert signals_on(street, roads, (100, -200), (100, 0), (300, 0)) == 2


def test_nobody_is_excused_by_the_signal_itself_met_on_a_loop(tmp_path: Path) -> None:
    street = SmallMap()
    street.way((0, 0), (100, 0), highway="primary")
    street.way((100, 0), (105, 5), (105, -5), (100, 0), highway="residential")
    street.point((105, 5), **SIGNAL)
    roads = roads_of(street, tmp_path)
    bits = [int(bit) for bit in roads.sign if bit]
    assert bits == [SIGNAL_ALONG | SIGNAL_AGAINST]
