"""Reading an OpenStreetMap file: what a city needs of it, with coordinates, nothing judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import osmium

from dispatch.errors import CityError
from dispatch.geo import Point, area

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path


POINTS = ("building", "office", "entrance", "addr:housenumber", "indoor")
"""Tags of what stands at a point; a lift is one too."""

KEYS = (*POINTS, "highway", "barrier", "restriction")
"""Only what carries one of these tags is looked at."""


@dataclass(frozen=True, slots=True)
class MapPoint:
    """A thing at a point; ``key`` is its kind (n, w, r) and its number on the map."""

    key: tuple[str, int]
    tags: Mapping[str, str]
    point: Point


@dataclass(frozen=True, slots=True)
class MapWay:
    """A stretch of a way whose points are all known: node numbers and coordinates."""

    key: tuple[str, int]
    tags: Mapping[str, str]
    nodes: tuple[int, ...]
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class MapBan:
    """
    A turn restriction: ``kind`` as tagged, from ways over a node to ways.

    ``over`` are the ways it leads over where that is no node; both are empty for what is wrong.
    """

    kind: str
    starts: tuple[int, ...]
    via: int | None
    over: tuple[int, ...]
    ends: tuple[int, ...]
    excepts: frozenset[str]


@dataclass(frozen=True, slots=True)
class MapArea:
    """A closed area: its largest outer ring, and the nodes of all of its rings."""

    key: tuple[str, int]
    tags: Mapping[str, str]
    outline: tuple[Point, ...]
    nodes: frozenset[int]


@dataclass(frozen=True, slots=True)
class Extract:
    """
    What a map holds, each list in the order of its keys.

    ``roads`` are ways tagged as highways, cut into stretches where the file lacks points;
    ``num_cut`` counts the ways so cut, ``num_lost`` those of which no two points in a row
    are left. ``num_outlines`` counts the ways and relations tagged as buildings, of which
    ``buildings`` are those that make an area. ``points`` are entrances, offices, lifts and
    addresses; a way or an area that is one of these stands at the middle of its points.
    ``controls`` are the tags of signals, signs, crossings and barriers by node, ``bans``
    the turn restrictions.
    """

    roads: tuple[MapWay, ...]
    num_cut: int
    num_lost: int
    buildings: tuple[MapArea, ...]
    num_outlines: int
    points: tuple[MapPoint, ...]
    controls: Mapping[int, Mapping[str, str]]
    bans: tuple[MapBan, ...]


def read_extract(path: Path) -> Extract:
    """
    Returns what a map file holds (.osm.pbf, .osm, and what else osmium reads).

    Raises CityError where the file is missing, is not a map, or ends too early.
    """
    if not path.is_file():
        raise CityError(
            "This is not a file.",
            at=str(path),
            cure="Name an OpenStreetMap extract, such as CITY.osm.pbf.",
            code="unreadable-map",
        )
    try:
        return _read(path)
    except RuntimeError as error:
        raise CityError(
            f"This cannot be read as a map: {error}.",
            at=str(path),
            cure="Name a whole OpenStreetMap extract that ends in .osm.pbf or .osm; if it was "
            "downloaded, download it again and compare its size.",
            code="unreadable-map",
        ) from error


def _read(path: Path) -> Extract:
    ways: list[_Way] = []
    buildings: list[MapArea] = []
    points: list[MapPoint] = []
    controls: dict[int, Mapping[str, str]] = {}
    bans: list[MapBan] = []
    num_outlines = 0
    processor = osmium.FileProcessor(path).with_areas(osmium.filter.KeyFilter("building"))
    item: Any
    for item in processor.with_filter(osmium.filter.KeyFilter(*KEYS)):
        tags = {tag.k: tag.v for tag in item.tags}
        if item.is_node():
            if _is_point(tags):
                points.append(MapPoint(("n", item.id), tags, (item.lat, item.lon)))
            if "highway" in tags or "barrier" in tags:
                controls[item.id] = tags
        elif item.is_area():
            if "building" in tags:
                buildings.append(_area(item, tags))
        else:
            num_outlines += "building" in tags
            if item.is_way() and ("highway" in tags or _is_point(tags)):
                ways.append(_Way(item.id, tags, *_stretches(item.nodes)))
            elif item.is_relation() and "restriction" in tags:
                bans.append(_ban(item, tags))
    points += [
        MapPoint(("w", way.id), way.tags, _middle(way.stretches))
        for way in ways
        if way.stretches and _is_point(way.tags)
    ]
    points += [MapPoint(b.key, b.tags, _mean(b.outline)) for b in buildings if b.key[0] == "r"]
    roads = [way for way in ways if "highway" in way.tags]
    return Extract(
        roads=tuple(road for way in sorted(roads, key=lambda way: way.id) for road in _roads(way)),
        num_cut=sum(bool(way.stretches) and not way.is_whole for way in roads),
        num_lost=sum(not way.stretches for way in roads),
        buildings=tuple(sorted(buildings, key=lambda building: building.key)),
        num_outlines=num_outlines,
        points=tuple(sorted(points, key=lambda point: point.key)),
        controls=controls,
        bans=tuple(bans),
    )


def _is_point(tags: Mapping[str, str]) -> bool:
    return any(key in tags for key in POINTS) or tags.get("highway") == "elevator"


def _ban(item: Any, tags: Mapping[str, str]) -> MapBan:
    members = [(member.role, member.type, member.ref) for member in item.members]
    via = [(kind, ref) for role, kind, ref in members if role == "via"]
    return MapBan(
        kind=tags["restriction"],
        starts=tuple(ref for role, kind, ref in members if (role, kind) == ("from", "w")),
        via=via[0][1] if len(via) == 1 and via[0][0] == "n" else None,
        over=tuple(ref for _, ref in via) if all(kind == "w" for kind, _ in via) else (),
        ends=tuple(ref for role, kind, ref in members if (role, kind) == ("to", "w")),
        excepts=frozenset(tags.get("except", "").replace(" ", "").split(";")) - {""},
    )


@dataclass(frozen=True, slots=True)
class _Way:
    id: int
    tags: Mapping[str, str]
    stretches: list[list[tuple[int, Point]]]
    is_whole: bool


def _stretches(nodes: Iterable[Any]) -> tuple[list[list[tuple[int, Point]]], bool]:
    """Returns the runs of at least two points that the file holds, and whether it holds all."""
    runs: list[list[tuple[int, Point]]] = [[]]
    is_whole = True
    for node in nodes:
        if not node.location.valid():
            is_whole = False
            runs.append([])
        elif not runs[-1] or runs[-1][-1][0] != node.ref:
            runs[-1].append((node.ref, (node.location.lat, node.location.lon)))
    return [run for run in runs if len(run) > 1], is_whole


def _roads(way: _Way) -> Iterator[MapWay]:
    for stretch in way.stretches:
        nodes, points = zip(*stretch, strict=True)
        yield MapWay(("w", way.id), way.tags, nodes, points)


def _middle(stretches: list[list[tuple[int, Point]]]) -> Point:
    return _mean([point for stretch in stretches for _, point in stretch])


def _mean(points: Sequence[Point]) -> Point:
    return sum(p[0] for p in points) / len(points), sum(p[1] for p in points) / len(points)


def _area(item: Any, tags: Mapping[str, str]) -> MapArea:
    nodes: set[int] = set()
    outlines: list[tuple[Point, ...]] = []
    for outer in item.outer_rings():
        # The last point of a ring is its first again.
        outlines.append(tuple((n.lat, n.lon) for n in outer)[:-1])
        nodes.update(n.ref for n in outer)
        for inner in item.inner_rings(outer):
            nodes.update(n.ref for n in inner)
    key = ("w" if item.from_way() else "r", item.orig_id())
    return MapArea(key, tags, max(outlines, key=area), frozenset(nodes))
