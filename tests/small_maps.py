"""Small maps for tests: points named by metres, written as OpenStreetMap XML."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import numpy as np

from dispatch.city import City, load_city
from dispatch.geo import metres_per_degree
from dispatch.osm import build_city
from dispatch.roads import Roads

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
    junctions: Sequence[tuple[float, float]], roads: Sequence[tuple[int, int, int, int]]
) -> Roads:
    """
    Returns straight roads between junctions given in metres (east, north).

    A road is (tail, head, km/h along, km/h against).
    """
    points = [at(*junctions[end]) for road in roads for end in road[:2]]
    columns = np.array(roads, dtype=np.int32)
    return Roads(
        num_junctions=len(junctions),
        tail=columns[:, 0],
        head=columns[:, 1],
        first=np.arange(0, 2 * len(roads) + 1, 2, dtype=np.int32),
        lat=np.array([lat for lat, _ in points]),
        lon=np.array([lon for _, lon in points]),
        along_kmh=columns[:, 2],
        against_kmh=columns[:, 3],
    )
