"""What a road engine must not get wrong, on real maps; and the table of a whole zone."""

from __future__ import annotations

import random
import tempfile
from dataclasses import replace
from functools import partial
from itertools import pairwise, permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import osmium

from benchmarks.road_ours import once, random_points
from benchmarks.road_peers import timed
from dispatch.city import load_city
from dispatch.city_files import load_map
from dispatch.osm import build_city
from dispatch.street_engine import RoadStreets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dispatch.geo import Point
    from dispatch.places import Place
    from dispatch.roads import Roads
    from dispatch.streets import StreetRoute

ROOT = Path(__file__).parents[1]

HELSINKI = ROOT / "scenarios/data/helsinki"

BAYFRONT = ROOT.parent / "shared/data/osm/bayfront_singapore.osm.pbf"

DESKS, BUILDINGS = 60, 25

Turn = tuple[int, ...]
"""Nodes passed one after the other: before, at and after a junction, or all of a way over which
a ban leads, the one before it and the one after it."""


def zone_table() -> str:
    """Returns the ms of the table of a zone: cold, warm, and with one place more."""
    cold, loads = [], []
    for _ in range(3):
        city, load = once(lambda: load_city(HELSINKI))
        places = _desks(city)
        loads.append(load[0])
        cold.append(once(partial(city.travel_times, places[:DESKS], "day"))[1][0])
    warm = timed(partial(city.travel_times, places[:DESKS], "day"))[0]
    more = once(partial(city.travel_times, places, "day"))[1][0]
    return (
        f"Zone table, {DESKS} desks in {BUILDINGS} buildings of Helsinki, insides included, ms of "
        f"processor time: cold {sorted(cold)[1] * 1000:.1f}, warm {warm * 1000:.1f}, a desk in "
        f"one more building {more * 1000:.1f}; the city loaded in {sorted(loads)[1]:.1f} s before"
    )


def _desks(city: Any) -> list[Place]:
    """Returns the desks of the zone, and one in a building more."""
    rng = random.Random(5)
    chosen = rng.sample(sorted(k for k, b in city.buildings.items() if b.levels > 1), BUILDINGS + 1)
    where = [*chosen[:-1], *rng.choices(chosen[:-1], k=DESKS - BUILDINGS), chosen[-1]]
    floors = [rng.choice(city.buildings[key].floors) for key in where]
    return [
        city.place(key, floor, f"desk {i}")
        for i, (key, floor) in enumerate(zip(where, floors, strict=True))
    ]


def turn_bans() -> str:
    """Returns how often routes through Bayfront break the rules of its map, and would without."""
    if not BAYFRONT.exists():
        return f"Turn bans skipped: {BAYFRONT.name} is not beside the project"
    banned, oneways = _rules(BAYFRONT)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "city"
        build_city(BAYFRONT, out, name="Bayfront", timezone="Asia/Singapore")
        roads = load_map(out).roads
    nobody = {key: np.zeros_like(getattr(roads, key)) for key in ("ban_for", "way_ban_for")}
    kept, without = (
        sum(_can_be_made(RoadStreets(which, profile="ebike", country="SG"), banned))
        for which in (roads, replace(roads, **nobody))
    )
    over = sum(len(turn) > 3 for turn in banned)
    cars, routes = _against(RoadStreets(roads, profile="car", country="SG"), oneways)
    people, _ = _against(RoadStreets(roads, profile="foot", country="SG"), oneways)
    return (
        f"Bayfront, {len(banned)} banned turns read from its map by another way, {over} of them "
        f"over a way: {kept} can be made by e-bike, {without} could without the bans. "
        f"{routes} routes by car go {cars} "
        f"times against a one-way street, on foot {people} times"
    )


def _can_be_made(streets: RoadStreets, turns: set[Turn]) -> Iterator[bool]:
    """Yields for each of some turns whether there is a way over its nodes, one by one."""
    roads, graph = streets.roads, streets.graph
    onward: dict[tuple[int, int], set[int]] = {}
    lines: list[list[int]] = []
    for road, along in zip(graph.road.tolist(), graph.along.tolist(), strict=True):
        line = roads.node[roads.first[road] : roads.first[road + 1]].tolist()
        lines.append(line if along else line[::-1])
    # Where one is: an arc, and how many of its points one has passed.
    for arc, line in enumerate(lines):
        for i in range(1, len(line) - 1):
            onward[arc, i] = {arc}
    for a, b in zip(graph.start.tolist(), graph.end.tolist(), strict=True):
        onward.setdefault((a, len(lines[a]) - 1), set()).add(b)
    for turn in turns:
        on = {
            (arc, i)
            for arc, line in enumerate(lines)
            for i in range(1, len(line))
            if line[i - 1 : i + 1] == [*turn[:2]]
        }
        for node in turn[2:]:
            steps = {
                (to, i + 1 if to == arc and i < len(lines[arc]) - 1 else 1)
                for arc, i in on
                for to in onward.get((arc, i), ())
            }
            on = {(arc, i) for arc, i in steps if lines[arc][i] == node}
        yield bool(on)


def _route(streets: RoadStreets, a: Point, b: Point) -> StreetRoute:
    route = streets.route(streets.nearest(a), streets.nearest(b), "day")
    assert route is not None
    return route


def _nodes(roads: Roads) -> dict[Point, int]:
    points = zip(roads.lat.tolist(), roads.lon.tolist(), strict=True)
    return dict(zip(points, roads.node.tolist(), strict=True))


def _against(streets: RoadStreets, oneways: set[tuple[int, int]]) -> tuple[int, int]:
    """Returns how often routes between random points go against one-ways, and the routes."""
    nodes = _nodes(streets.roads)
    points = random_points(streets, 40, seed=3)
    against = routes = 0
    for a, b in permutations(points, 2):
        passed = [nodes[point] for point in _route(streets, a, b).line if point in nodes]
        against += sum((y, x) in oneways for x, y in pairwise(passed))
        routes += 1
    return against, routes


def _rules(pbf: Path) -> tuple[set[Turn], set[tuple[int, int]]]:
    """Returns the turns a map bans outright, and its one-way segments, read the short way."""
    ways: dict[int, list[int]] = {}
    relations: list[dict[str, tuple[str, int]]] = []
    oneways: set[tuple[int, int]] = set()
    item: Any
    for item in osmium.FileProcessor(pbf):
        tags = {tag.k: tag.v for tag in item.tags}
        if item.is_way() and "highway" in tags:
            ways[item.id] = [node.ref for node in item.nodes]
            if tags.get("oneway") == "yes":
                oneways.update(pairwise(ways[item.id]))
        elif tags.get("restriction", "").startswith("no_") and "except" not in tags:
            relations.append({m.role: (m.type, m.ref) for m in item.members})
    oneways -= {(b, a) for a, b in oneways}
    return {turn for roles in relations if (turn := _banned(roles, ways))}, oneways


def _banned(roles: dict[str, tuple[str, int]], ways: dict[int, list[int]]) -> Turn | None:
    """Returns the nodes that a restriction forbids to pass in a row; None: its ways do not meet."""
    none = "", 0
    before, after = (ways.get(roles.get(role, none)[1], []) for role in ("from", "to"))
    kind, number = roles.get("via", none)
    over = [number] if kind == "n" else ways.get(number, [])
    if not (before and after and over):
        return None
    if over[0] not in (before[0], before[-1]):
        over = over[::-1]
    if over[0] not in (before[0], before[-1]) or over[-1] not in (after[0], after[-1]):
        return None
    begin = before[1] if before[0] == over[0] else before[-2]
    return (begin, *over, after[1] if after[0] == over[-1] else after[-2])


def closed_bridge(streets: RoadStreets, a: Point, b: Point) -> str:
    """Returns what closing the bridge on the way from a point to another costs."""
    before = _route(streets, a, b)
    bridges = [i for i, piece in enumerate(before.pieces) if piece.name.startswith("Ponte")]
    if not bridges:
        return "A closed bridge: no bridge on the way"
    piece, nodes = before.pieces[bridges[0]], _nodes(streets.roads)
    until = before.pieces[bridges[0] + 1].begin
    line = [nodes[point] for point in before.line[piece.begin : until + 1]]
    keys = [key for x, y in pairwise(line) for key in ((x, y), (y, x))]
    streets.set_speeds(dict.fromkeys(keys, 0.0))
    after = _route(streets, a, b)
    streets.set_speeds(dict.fromkeys(keys))
    again = _route(streets, a, b)
    return (
        f"{piece.name} closed: {before.seconds:.0f} s and {before.metres / 1000:.1f} km become "
        f"{after.seconds:.0f} s and {after.metres / 1000:.1f} km by "
        f"{next((p.name for p in after.pieces if p.name.startswith('Ponte')), 'other roads')}; "
        f"opened again {again.seconds:.0f} s"
    )
