"""Turn bans that lead over ways: who comes by the way of the ban obeys, all others do not."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dispatch.city_files import load_map
from dispatch.guidance import steps
from dispatch.osm_reader import read_extract
from dispatch.profiles import Turn, Wait, load_profiles
from dispatch.road_import import import_roads
from dispatch.street_engine import RoadStreets
from tests.small_maps import SmallMap, at, engine_of, straight_roads, streets_on
from tests.street_oracle import can_ride, naive_turns, oracle_seconds

if TYPE_CHECKING:
    from pathlib import Path

    from dispatch.geo import Point
    from dispatch.roads import Roads
    from dispatch.streets import StreetRoute

SEARCHES = ["dijkstra", "cch"]
METRES = st.integers(0, 600)
TURNING: dict[str, Any] = {"turn": Turn(7.5, 1.075, 20), "wait": Wait(6, 2, 1, 1)}

WEST, SOUTH, BEYOND, NORTH = (50, 0), (100, -50), (250, 0), (200, 50)
"""Places on the road the ban is from, another into the way between, one on, the one banned."""

# 18 km/h; one way between and beyond, lest one turns round there, and home by the north.
JUNCTIONS = [(0, 0), (100, 0), (100, -200), (200, 0), (200, 100), (300, 0), (300, 100), (0, 100)]
BOTH, ONE = (18, 18), (18, 0)
ROADS = [
    *((0, 1, *BOTH), (2, 1, *BOTH), (1, 3, *ONE), (3, 4, *BOTH), (3, 5, *ONE)),
    *((5, 6, *BOTH), (6, 4, *BOTH), (4, 7, *ONE), (7, 0, *ONE)),
]
FROM_WEST, BETWEEN, TO_NORTH, TO_BEYOND = 0, 4, 6, 8


def a_town(*between: tuple[float, float]) -> tuple[SmallMap, list[int]]:
    """Returns the same roads as a map; more points of the way between begin a way of their own."""
    town = SmallMap()
    ways = [town.way((0, 0), (100, 0), highway="primary")]
    for a, b in pairwise([(100, 0), *between, (200, 0)]):
        ways.append(town.way(a, b, highway="primary", oneway="yes"))
    ways.append(town.way((200, 0), (200, 100), highway="primary"))
    ways.append(town.way((200, 0), (300, 0), highway="primary", oneway="yes"))
    town.way((300, 0), (300, 100), (200, 100), highway="primary")
    town.way((100, -200), (100, 0), highway="primary")
    town.way((200, 100), (0, 100), (0, 0), highway="primary", oneway="yes")
    return town, ways


def imported(town: SmallMap, folder: Path) -> tuple[Roads, list[tuple[int, str]]]:
    roads, left_out = import_roads(read_extract(town.write(folder / "m.osm")), load_profiles(), "")
    return roads, [(row.count, row.why) for row in left_out if row.what == "turn bans" if row.count]


def metres(streets: RoadStreets, a: tuple[float, float], b: tuple[float, float]) -> float:
    return way(streets, a, b).metres


def way(streets: RoadStreets, a: tuple[float, float], b: tuple[float, float]) -> StreetRoute:
    found = streets.route(streets.nearest(at(*a)), streets.nearest(at(*b)), "day")
    assert found is not None
    return found


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("costs", [{}, TURNING])
def test_who_comes_by_the_way_of_a_ban_makes_a_detour(search: str, costs: dict[str, Any]) -> None:
    roads = straight_roads(JUNCTIONS, ROADS, way_bans=[(FROM_WEST, BETWEEN, TO_NORTH)])
    free = replace(roads, way_ban=roads.way_ban[:0], way_ban_for=roads.way_ban_for[:0])
    lawful, lawless = (streets_on(r, search, **costs) for r in (roads, free))
    where = [at(*place) for place in (WEST, SOUTH, BEYOND, NORTH, (150, 0))]
    found, before = (
        streets.table(*2 * ([streets.nearest(point) for point in where],), "day")
        for streets in (lawful, lawless)
    )
    if not costs:
        # 200 m at 5 m/s; by the east 50 + 100 + 100 + 100 + 100 + 50 m.
        assert before[0, 3] == pytest.approx(40, abs=0.02)
        assert found[0, 3] == pytest.approx(100, abs=0.02)
        # To the middle of the way between and on from there: 100 m each.
        assert (found[0, 4], found[4, 3]) == pytest.approx((20, 20), abs=0.02)
    assert found[0, 3] > before[0, 3] + 30
    # All else is as without the ban, turns and waits included.
    found[0, 3] = before[0, 3]
    assert found.tolist() == before.tolist()


@pytest.mark.parametrize(
    ("kind", "to", "excepts", "profile", "detour"),
    [
        ("no_left_turn", 2, "", "ebike", True),
        ("no_left_turn", 2, "", "car", True),
        ("no_left_turn", 2, "bicycle", "car", True),
        ("no_left_turn", 2, "bicycle", "ebike", False),
        ("no_left_turn", 2, "", "foot", False),
        ("only_straight_on", 3, "", "ebike", True),
        ("only_straight_on", 3, "bicycle", "ebike", False),
    ],
)
def test_a_ban_over_a_way_is_obeyed_by_those_it_is_for(
    tmp_path: Path, kind: str, to: int, excepts: str, profile: str, detour: bool
) -> None:
    town, ways = a_town()
    members = [(ways[to], "to"), (ways[1], "via"), (ways[0], "from")]
    more = {"except": excepts} if excepts else {}
    town.relation(members, type="restriction", restriction=kind, **more)
    roads, left_out = imported(town, tmp_path)
    streets = RoadStreets(roads, profile=profile)
    assert left_out == []
    assert metres(streets, WEST, NORTH) == pytest.approx(500 if detour else 200, abs=2)
    # A second road into the way between, and straight on, are free.
    for a, b in ((SOUTH, NORTH), (WEST, BEYOND)):
        assert metres(streets, a, b) == pytest.approx(200, abs=2)
    # One may stop on the way between, and is then free to go on.
    assert metres(streets, WEST, (150, 0)) == pytest.approx(100, abs=2)
    assert metres(streets, (150, 0), NORTH) == pytest.approx(100, abs=2)


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_a_ban_may_lead_over_two_ways_listed_in_any_order(
    tmp_path: Path, order: tuple[int, int]
) -> None:
    town, ways = a_town((150, 0))
    # Turning round at its end, 210 m down, is farther than the detour.
    town.way((150, 0), (150, -210), highway="primary")
    via = [(ways[k], "via") for k in order]
    members = [(ways[0], "from"), *via, (ways[3], "to")]
    town.relation(members, type="restriction", restriction="no_left_turn")
    roads, left_out = imported(town, tmp_path)
    streets = RoadStreets(roads, profile="ebike")
    assert left_out == []
    assert metres(streets, WEST, NORTH) == pytest.approx(500, abs=2)
    assert metres(streets, (150, -50), NORTH) == pytest.approx(150, abs=2)
    # Out of the way between where it is crossed.
    assert metres(streets, WEST, (150, -50)) == pytest.approx(150, abs=2)


def test_a_ban_over_ways_that_do_not_meet_is_left_out_and_counted(tmp_path: Path) -> None:
    town, ways = a_town()
    members = [(ways[0], "from"), (ways[3], "via"), (ways[2], "to")]
    town.relation(members, type="restriction", restriction="no_left_turn")
    roads, left_out = imported(town, tmp_path)
    assert len(roads.way_ban) == 0
    assert left_out == [(1, "their ways do not lead on from one another")]


def test_a_ban_over_a_way_outside_the_map_is_no_loss(tmp_path: Path) -> None:
    town, ways = a_town()
    town.relation(
        [(ways[0], "from"), (99, "via"), (ways[2], "to")],
        type="restriction",
        restriction="no_left_turn",
    )
    assert imported(town, tmp_path)[1] == []


def test_a_way_that_passes_the_beginning_does_not_say_which_half_is_meant(tmp_path: Path) -> None:
    town, ways = a_town()
    through = town.way((50, 100), (100, 0), (50, -100), highway="primary")
    members = [(through, "from"), (ways[1], "via"), (ways[2], "to")]
    town.relation(members, type="restriction", restriction="no_left_turn")
    assert len(imported(town, tmp_path)[1]) == 1


def test_a_city_keeps_its_bans_over_ways_and_an_older_one_has_none(tmp_path: Path) -> None:
    town, ways = a_town()
    members = [(ways[0], "from"), (ways[1], "via"), (ways[2], "to")]
    assert town.report(tmp_path).turn_bans == 0
    with np.load(tmp_path / "city/roads.npz") as arrays:
        # The file of a city without such bans is that of before there were any.
        assert not {"way_ban", "way_ban_for"} & set(arrays.files)
    assert load_map(tmp_path / "city").roads.way_ban.shape == (0, 3)
    town.relation(members, type="restriction", restriction="no_left_turn")
    report = town.report(tmp_path)
    assert (report.turn_bans, report.arcs) == (1, 11)
    roads = load_map(tmp_path / "city").roads
    assert roads.way_ban.shape == (1, 3)
    streets = RoadStreets(roads, profile="ebike")
    assert metres(streets, WEST, NORTH) == pytest.approx(500, abs=2)


def test_guidance_knows_nothing_of_twins(tmp_path: Path) -> None:
    town, ways = a_town()
    free = RoadStreets(imported(town, tmp_path)[0], profile="ebike")
    members = [(ways[0], "from"), (ways[1], "via"), (ways[2], "to")]
    town.relation(members, type="restriction", restriction="no_left_turn")
    lawful = RoadStreets(imported(town, tmp_path)[0], profile="ebike")
    assert len(lawful.graph.road) == len(free.graph.road) + 1
    assert way(lawful, WEST, BEYOND) == way(free, WEST, BEYOND)
    assert steps(way(lawful, WEST, BEYOND)) == steps(way(free, WEST, BEYOND))


def test_a_closed_way_between_is_closed_to_those_of_the_ban_too() -> None:
    roads = straight_roads(JUNCTIONS, ROADS, way_bans=[(FROM_WEST, BETWEEN, TO_NORTH)])
    streets = streets_on(roads, "cch")
    a, b = streets.nearest(at(*WEST)), streets.nearest(at(*BEYOND))
    streets.set_speeds({(4, 5): 9})
    # 100 m at 2.5 m/s and as many at 5.
    assert streets.table([a], [b], "day")[0, 0] == pytest.approx(60, abs=0.02)
    streets.set_speeds({(4, 5): 0})
    assert streets.table([a], [b], "day")[0, 0] == np.inf


def test_a_road_that_is_only_entered_by_the_way_of_a_ban_still_has_places() -> None:
    # Into the way between leads the road from the west alone, one way.
    roads = [(0, 1, 18, 0), (1, 3, 18, 0), (3, 4, 18, 18), (3, 5, 18, 18), (4, 5, 18, 18)]
    junctions = [(0, 0), (100, 0), (0, 0), (200, 0), (200, 100), (300, 0)]
    home = [(5, 0, 18, 18)]
    streets = streets_on(
        straight_roads(junctions, [*roads, *home], way_bans=[(0, 2, 4)]), u_turns="junctions"
    )
    assert streets.num_trapped == 0
    between, north = streets.nearest(at(150, 0)), streets.nearest(at(200, 50))
    west = streets.nearest(at(50, 0))
    assert between.road == 1
    # On from the place 50 + 50 m; from the west 50 + 100 + 100 m, and back 100 + 50 m.
    table = streets.table([west, between], [between, north], "day")
    assert table[0, 0] == pytest.approx(20, abs=0.02)
    assert table[1, 1] == pytest.approx(20, abs=0.02)
    assert table[0, 1] == pytest.approx(80, abs=0.02)


def test_bans_that_share_their_beginning_hold_together() -> None:
    # All the ways on from the way between are banned: to the north, and beyond.
    roads = [(0, 1, *BOTH), (1, 3, *BOTH), *ROADS[3:4], (3, 5, *BOTH), *ROADS[5:7]]
    both = [(0, 2, 4), (0, 2, 6)]
    streets = streets_on(straight_roads(JUNCTIONS, roads, way_bans=both), u_turns="junctions")
    assert len(streets.graph.road) == streets.graph.num_plain + 1
    # There is but turning round: 50 m, the way between three times, and 50 m.
    for place in (NORTH, BEYOND):
        assert metres(streets, WEST, place) == pytest.approx(400, abs=1)


def test_a_ban_within_the_way_of_a_longer_one_holds_too() -> None:
    # A street of five; the longer ban ends at its end, the other one before it begins later.
    line = [(100 * k, 0) for k in range(6)] + [(400, 100), (500, 100)]
    roads = [(k, k + 1, 18, 18) for k in range(5)] + [
        (4, 6, 18, 18),
        (6, 7, 18, 18),
        (7, 5, 18, 18),
    ]
    longer, within = (0, 2, 4, 6, 8), (2, 4, 6, 10)
    streets = streets_on(
        straight_roads(line, roads, way_bans=[longer, within]), u_turns="dead_ends"
    )
    assert not any(can_ride(streets, ban) for ban in (longer, within))
    # From the first road both ways on are banned: the fourth one is a dead end.
    assert can_ride(streets, (0, 2, 4, 6, 7))
    assert not can_ride(streets, (0, 2, 4, 6, 10))
    assert can_ride(streets, (2, 4, 6, 8))
    assert can_ride(streets, (4, 6, 10))


@st.composite
def towns(draw: st.DrawFn) -> tuple[Roads, list[Point]]:
    """Draws roads with bans over nodes and over up to three roads, and points on them."""
    n = draw(st.integers(3, 6))
    junctions = draw(st.lists(st.tuples(METRES, METRES), min_size=n, max_size=n, unique=True))
    roads = [(i, (i + 1) % n, draw(st.integers(5, 25)), 0) for i in range(n)]
    end = st.integers(0, n - 1)
    more = st.tuples(end, end, st.integers(5, 25), st.sampled_from([0, 5, 20]))
    roads += draw(st.lists(more, min_size=2, max_size=7))
    arcs = {
        2 * e + side: road[:2][:: 1 - 2 * side] for e, road in enumerate(roads) for side in (0, 1)
    }
    arcs = {arc: ends for arc, ends in arcs.items() if roads[arc // 2][2 + arc % 2]}
    bans = []
    for _ in range(draw(st.integers(1, 6))):
        ban = [draw(st.sampled_from(sorted(arcs)))]
        for _ in range(draw(st.integers(2, 4))):
            onward = [arc for arc, ends in arcs.items() if ends[0] == arcs[ban[-1]][1]]
            ban.append(draw(st.sampled_from(onward)))
        bans.append(tuple(ban))
    road = st.integers(0, len(roads) - 1)
    turns = draw(st.lists(st.tuples(road, end, road), max_size=2))
    doors = draw(st.lists(st.tuples(METRES, METRES), min_size=2, max_size=5, unique=True))
    return straight_roads(junctions, roads, turns, way_bans=bans), [at(*door) for door in doors]


@settings(max_examples=24, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(towns(), st.sampled_from(["junctions", "dead_ends"]))
def test_all_engines_agree_and_every_place_is_reached(
    town: tuple[Roads, list[Point]], u_turns: str
) -> None:
    roads, points = town
    expected: np.ndarray[Any, Any] | None = None
    for search in SEARCHES:
        streets = engine_of(roads, search, u_turns=u_turns, **TURNING)
        snaps = [streets.nearest(point) for point in points]
        if expected is None:
            expected = oracle_seconds(streets, snaps, set())
        table = streets.table(snaps, snaps, "day")
        assert table.tolist() == expected.tolist()
        assert np.isfinite(table).all()
        for i, a in enumerate(snaps):
            route = streets.route(a, snaps[0], "day")
            assert route is not None
            assert route.seconds == expected[i, 0]


@settings(max_examples=24, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(towns())
def test_ways_are_those_of_a_rider_who_remembers_all_roads(
    town: tuple[Roads, list[Point]],
) -> None:
    roads, _ = town
    streets = engine_of(roads, "dijkstra", u_turns="junctions")
    bans = {tuple(arc for arc in row if arc >= 0) for row in roads.way_ban.tolist()}
    assert not any(can_ride(streets, ban) for ban in bans)
    graph = streets.graph
    arcs = (2 * graph.road + ~graph.along).tolist()
    ms = streets.timing.metric(streets.timing.nothing_reported(), "day").arc.tolist()
    ours, theirs = nx.DiGraph(), remembering(streets, bans)
    for a, b, cost in zip(graph.start.tolist(), graph.end.tolist(), graph.cost, strict=True):
        ours.add_edge(a, b, ms=int(cost) + ms[b])
    whole = dict(zip(arcs, ms, strict=True))
    # Of the parts one can go round in, the one that the engine took; what leads back to it.
    parts = [part for part in nx.strongly_connected_components(theirs) if len(part) > 1]
    begins = set(graph.arc_of[graph.arc_of >= 0].tolist())
    places = {arcs[arc] for arc in begins}
    part = next((p for p in parts if {path[-1] for path in p} == places), None)
    assume(part is not None)
    assert part is not None
    back = set(part).union(*(nx.ancestors(theirs, path) for path in list(part)[:1]))
    theirs = theirs.subgraph(back)
    for begin in sorted(begins):
        found = nx.single_source_dijkstra_path_length(ours, begin, weight="ms")
        exact = nx.single_source_dijkstra_path_length(
            theirs, (arcs[begin],), weight=lambda _, b, __: whole.get(b[-1], 10**9)
        )
        assert least(found, arcs.__getitem__, places) == least(exact, lambda p: p[-1], places)


def least(found: dict[Any, int], arc_of: Any, places: set[int]) -> dict[int, int]:
    """Returns the least time to each arc, whatever was ridden before it."""
    best: dict[int, int] = {}
    for node, ms in found.items():
        if arc_of(node) in places:
            best[arc_of(node)] = min(ms, best.get(arc_of(node), ms))
    return best


def remembering(streets: RoadStreets, bans: set[tuple[int, ...]]) -> Any:
    """Returns the turns between ways of up to four arcs, the last that were ridden."""
    node_bans = {tuple(ban) for ban in streets.roads.ban.tolist()}
    onward: dict[int, list[int]] = {}
    for (e, along), (f, then) in naive_turns(streets, node_bans):
        onward.setdefault(2 * int(e) + (not along), []).append(2 * int(f) + (not then))
    graph: Any = nx.DiGraph()
    waiting: list[tuple[int, ...]] = [(arc,) for arc in onward]
    graph.add_nodes_from(waiting)
    while waiting:
        path = waiting.pop()
        for arc in onward.get(path[-1], ()):
            longer = (*path, arc)
            if any(longer[i:] in bans for i in range(len(longer))):
                continue
            if longer[-4:] not in graph:
                waiting.append(longer[-4:])
            graph.add_edge(path, longer[-4:])
    return graph
