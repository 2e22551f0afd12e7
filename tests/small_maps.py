"""Small maps for tests: points named by metres, written as OpenStreetMap XML."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

import numpy as np
from hypothesis import assume

from dispatch.city import City, load_city
from dispatch.errors import CityError
from dispatch.geo import metres_per_degree
from dispatch.osm import build_city
from dispatch.profiles import Profiles, Turn, Wait, load_profiles
from dispatch.road_rules import CLASSES
from dispatch.roads import Roads
from dispatch.street_engine import RoadStreets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dispatch.geo import Point
    from dispatch.report import CityReport

ORIGIN = (60.0, 25.0)
NORTH, EAST = (float(x) for x in metres_per_degree(ORIGIN[0]))


def at(east: float, north: float) -> Point:
    """Returns (lat, lon) of a point so many metres east and north of the origin."""
    return ORIGIN[0] + north / NORTH, ORIGIN[1] + east / EAST


@dataclass
class SmallMap:
    """A map under construction; a point named twice is one node."""

    nodes: dict[tuple[float, float], tuple[int, dict[str, str]]] = field(default_factory=dict)
    ways: list[str] = field(default_factory=list)
    relations: list[str] = field(default_factory=list)

    def point(self, where: tuple[float, float], **tags: str) -> int:
        number, known = self.nodes.setdefault(where, (len(self.nodes) + 1, {}))
        known.update({key.replace("__", ":"): value for key, value in tags.items()})
        return number

    def way(self, *points: tuple[float, float] | None, **tags: str) -> int:
        """Adds a way; None is a point that the file does not hold."""
        refs = [10_000 if where is None else self.point(where) for where in points]
        number = len(self.ways) + 1
        inner = "".join(f'<nd ref="{ref}"/>' for ref in refs) + _tags(tags)
        self.ways.append(f'<way id="{number}" version="1">{inner}</way>')
        return number

    def building(
        self, west: float, south: float, *, size: float = 20, tag: str = "yes", **tags: str
    ) -> int:
        """Adds a square building with its south-west corner at a point."""
        east, north = west + size, south + size
        corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
        return self.way(*corners, **(tags | ({"building": tag} if tag else {})))

    def ban(self, start: int, via: tuple[float, float], end: int, kind: str, **tags: str) -> None:
        """Adds a turn restriction from a way over a point to a way."""
        members = f'<member type="way" ref="{start}" role="from"/>'
        members += f'<member type="node" ref="{self.point(via)}" role="via"/>'
        members += f'<member type="way" ref="{end}" role="to"/>'
        number = len(self.relations) + 1
        tags |= {"type": "restriction", "restriction": kind}
        self.relations.append(
            f'<relation id="{number}" version="1">{members}{_tags(tags)}</relation>'
        )

    def relation(self, members: Sequence[tuple[int, str]], **tags: str) -> None:
        inner = "".join(f'<member type="way" ref="{ref}" role="{role}"/>' for ref, role in members)
        number = len(self.relations) + 1
        self.relations.append(
            f'<relation id="{number}" version="1">{inner}{_tags(tags)}</relation>'
        )

    def write(self, path: Path) -> Path:
        nodes = "".join(
            f'<node id="{number}" version="1" lat="{at(*where)[0]:.7f}" lon="{at(*where)[1]:.7f}">'
            f"{_tags(tags)}</node>"
            for where, (number, tags) in self.nodes.items()
        )
        parts = nodes + "".join(self.ways) + "".join(self.relations)
        path.write_text(f'<osm version="0.6" generator="test">{parts}</osm>', "utf-8")
        return path

    def report(self, directory: Path) -> CityReport:
        """Builds the city into ``directory / "city"``."""
        source = self.write(directory / "map.osm")
        return build_city(source, directory / "city", name="Test", timezone="Europe/Helsinki")

    def city(self, directory: Path) -> City:
        self.report(directory)
        return load_city(directory / "city")


def _tags(tags: Mapping[str, str]) -> str:
    return "".join(
        f"<tag k={quoteattr(key.replace('__', ':'))} v={quoteattr(value)}/>"
        for key, value in tags.items()
    )


def straight_roads(
    junctions: Sequence[tuple[float, float]],
    roads: Sequence[tuple[int, int, int, int]],
    bans: Sequence[tuple[int, int, int]] = (),
    signs: Sequence[int] = (),
    way_bans: Sequence[Sequence[int]] = (),
) -> Roads:
    """
    Returns straight roads between junctions given in metres (east, north), for PLAIN.

    A road is (tail, head, km/h along, km/h against), 0 closed; its points are the nodes
    2 e and 2 e + 1 of the map, so that every road is a segment of its own. ``signs`` are
    bits of `Roads.sign` for the points, ``way_bans`` rows of arcs as in `Roads.way_ban`.
    """
    longest = max((len(ban) for ban in way_bans), default=3)
    padded = [[*ban, *[-1] * (longest - len(ban))] for ban in way_bans]
    points = [at(*junctions[end]) for road in roads for end in road[:2]]
    columns = np.array(roads, dtype=np.int32)
    m, p = len(roads), 2 * len(roads)
    return Roads(
        num_junctions=len(junctions),
        tail=columns[:, 0],
        head=columns[:, 1],
        first=np.arange(0, p + 1, 2, dtype=np.int32),
        lat=np.array([lat for lat, _ in points]),
        lon=np.array([lon for _, lon in points]),
        node=np.arange(p, dtype=np.int64),
        sign=np.array(signs or [0] * p, dtype=np.uint8),
        way=np.arange(m, dtype=np.int64),
        kind=np.full(m, CLASSES.index("residential"), dtype=np.uint8),
        name=np.zeros(m, dtype=np.int32),
        around=np.zeros(m, dtype=bool),
        limit=columns[:, 2:].astype(np.uint8),
        mode=((columns[:, 2] > 0) + 16 * (columns[:, 3] > 0)).astype(np.uint8)[:, None],
        barred=np.zeros(len(junctions), dtype=np.uint8),
        ban=np.array(bans, dtype=np.int32).reshape(-1, 3),
        ban_for=np.ones(len(bans), dtype=np.uint8),
        rank=np.arange(len(junctions), dtype=np.int32)[None, :],
        names=("",),
        profiles=("plain",),
        way_ban=np.array(padded, dtype=np.int32).reshape(-1, longest),
        way_ban_for=np.ones(len(way_bans), dtype=np.uint8),
    )


def plain_profiles(**changes: Any) -> Profiles:
    """Returns one profile, plain: as fast as the sign says, turning costs nothing."""
    shipped = load_profiles()
    plain = replace(
        shipped.profile["ebike"],
        limit="sets",
        cap_kmh=200,
        turn=Turn(0, 1, 0),
        wait=Wait(0, 0, 0, 0),
    )
    return replace(shipped, profile={"plain": replace(plain, **changes)})


def own_streets(city: City) -> RoadStreets:
    """Returns the engine of the house of a city that has it."""
    assert isinstance(city.streets, RoadStreets)
    return city.streets


def streets_on(roads: Roads, search: str = "dijkstra", **changes: Any) -> RoadStreets:
    """Returns an engine over straight roads for the plain profile, changed."""
    return RoadStreets(roads, profile="plain", profiles=plain_profiles(**changes), search=search)


def engine_of(roads: Roads, search: str, **changes: Any) -> RoadStreets:
    """Returns an engine, unless the drawn town has no road that can be left again."""
    try:
        return streets_on(roads, search, **changes)
    except CityError:
        assume(False)
        raise
