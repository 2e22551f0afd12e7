"""
Cities of any size, as maps, to see what grows how with the number of junctions.

*Tiled*: the roads of central Shanghai, copied side by side, each copy joined to its
neighbours by a few main roads. Between copies there is little to cross, which hierarchies
like: kinder than a real city of that size.

*Grid*: streets 100 m apart, each junction moved a little, with a main road every tenth
street, signals where main roads cross, one-way streets, streets left out, and a river with a
bridge for every main road. Nothing separates its parts: harder than any real city.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import osmium
from osmium.osm.mutable import Node, Way

from dispatch.geo import metres_per_degree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Streets = Iterator[tuple[list[int], dict[str, str]]]

BLOCK_M = 100.0
"""Metres from street to street of the grid."""

MAIN = 10
"""Every so manieth street of the grid is a main road."""

ORIGIN = (41.2, -8.6)

LEFT_OUT = 0.12
"""Share of the blocks' sides, main roads apart, that have no street."""

JOINS = 12
"""Roads from a copy to each of its neighbours."""

APART = 10_000_000
"""Numbers of nodes and of ways that a copy may use."""


def write_tiled(source: Path, columns: int, rows: int, file: Path) -> None:
    """Writes the roads of a map, copied in columns and rows, as a map."""
    nodes, ways = _read(source)
    lons, lats = zip(*(where for where, _ in nodes.values()), strict=True)
    width, height = max(lons) - min(lons), max(lats) - min(lats)
    number = {node: i + 1 for i, node in enumerate(nodes)}
    ends = _borders(nodes, ways)
    with osmium.SimpleWriter(str(file), overwrite=True) as writer:
        for tile in range(columns * rows):
            x, y = tile % columns, tile // columns
            for node, ((lon, lat), tags) in nodes.items():
                place = (lon + x * width, lat + y * height)
                writer.add_node(Node(id=tile * APART + number[node], location=place, tags=tags))
        for tile in range(columns * rows):
            base = tile * APART
            for i, (refs, tags) in enumerate(ways):
                passed = [base + number[ref] for ref in refs]
                writer.add_way(Way(id=base + i + 1, nodes=passed, tags=tags))
            x, y = tile % columns, tile // columns
            joins = [(tile + 1, "east", "west")] if x + 1 < columns else []
            joins += [(tile + columns, "north", "south")] if y + 1 < rows else []
            for j, (other, here, there) in enumerate(joins):
                for k, (a, b) in enumerate(zip(ends[here], ends[there], strict=True)):
                    refs = [base + number[a], other * APART + number[b]]
                    join = base + len(ways) + 1 + j * JOINS + k
                    writer.add_way(Way(id=join, nodes=refs, tags={"highway": "secondary"}))


def _read(source: Path) -> tuple[dict[int, Any], list[tuple[list[int], dict[str, str]]]]:
    """Returns nodes with place and tags, and roads with nodes and tags."""
    nodes: dict[int, Any] = {}
    ways = []
    item: Any
    for item in osmium.FileProcessor(source):
        tags = {tag.k: tag.v for tag in item.tags}
        if item.is_node():
            nodes[item.id] = (item.lon, item.lat), tags
        elif item.is_way() and "highway" in tags:
            ways.append(([node.ref for node in item.nodes], tags))
    used = {ref for refs, _ in ways for ref in refs}
    return {ref: nodes[ref] for ref in nodes if ref in used}, [
        (refs, tags) for refs, tags in ways if all(ref in nodes for ref in refs)
    ]


def _borders(nodes: dict[int, Any], ways: list[tuple[list[int], dict[str, str]]]) -> Any:
    """Returns the outermost nodes of roads for both directions, towards each side."""
    kinds = {"primary", "secondary", "tertiary", "residential"}
    both = {r for refs, t in ways if t["highway"] in kinds and "oneway" not in t for r in refs}
    places = {ref: nodes[ref][0] for ref in both}
    found = {}
    for side, axis, sign in (("east", 0, 1), ("west", 0, -1), ("north", 1, 1), ("south", 1, -1)):
        along = sorted(places, key=lambda ref: places[ref][1 - axis])
        share = len(along) / JOINS
        bands = [along[round(k * share) : round((k + 1) * share)] for k in range(JOINS)]
        found[side] = [max(band, key=lambda ref: sign * places[ref][axis]) for band in bands]
    return found


def write_grid(side: int, file: Path, seed: int = 1) -> None:
    """Writes a grid of ``side`` x ``side`` junctions as a map."""
    rng = random.Random(seed)
    north, east = (BLOCK_M / float(x) for x in metres_per_degree(ORIGIN[0]))
    with osmium.SimpleWriter(str(file), overwrite=True) as writer:
        for y in range(side):
            for x in range(side):
                writer.add_node(_node(rng, x, y, side, north, east))
        for number, (nodes, tags) in enumerate(_streets(rng, side)):
            writer.add_way(Way(id=number + 1, nodes=nodes, tags=tags))


def _node(rng: random.Random, x: int, y: int, side: int, north: float, east: float) -> Any:
    lon = ORIGIN[1] + (x + rng.uniform(-0.3, 0.3)) * east
    lat = ORIGIN[0] + (y + rng.uniform(-0.3, 0.3)) * north
    is_crossing = x % MAIN == 0 and y % MAIN == 0
    tags = {"highway": "traffic_signals"} if is_crossing else {}
    return Node(id=y * side + x + 1, location=(lon, lat), tags=tags)


def _streets(rng: random.Random, side: int) -> Streets:
    """Yields streets as runs of nodes with their tags; a river crosses the middle."""
    river = side // 2
    for across in (False, True):
        for street in range(side):
            is_main = street % MAIN == 0
            tags = _tags(rng, is_main, street, across)
            run: list[int] = []
            for at in range(side):
                x, y = (street, at) if across else (at, street)
                wet = across and at == river and not is_main
                gone = not is_main and rng.random() < LEFT_OUT
                if (wet or gone) and run:
                    yield from _cut(run, tags)
                    run = []
                run.append(y * side + x + 1)
            yield from _cut(run, tags)


def _cut(run: list[int], tags: dict[str, str]) -> Streets:
    """Yields a run as ways of at most 200 nodes."""
    for begin in range(0, len(run) - 1, 199):
        yield run[begin : begin + 200], tags


def _tags(rng: random.Random, is_main: bool, street: int, across: bool) -> dict[str, str]:
    name = f"{'Avenue' if across else 'Street'} {street}"
    if is_main:
        return {"highway": "secondary", "maxspeed": "50", "name": name}
    tags = {"highway": "residential", "name": name}
    return tags | ({"oneway": "yes"} if rng.random() < 0.25 else {})
