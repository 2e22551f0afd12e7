"""From the ways of a map to the road network that a courier can use all of."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from dispatch.errors import CityError
from dispatch.report import LeftOut
from dispatch.road_rules import speeds
from dispatch.roads import Roads, strongest_part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dispatch.geo import Point
    from dispatch.osm_reader import Extract, MapWay

    Piece = tuple[int, int, tuple[Point, ...], tuple[int, int]]
    """Nodes it runs from and to, its line, km/h along and against."""


def import_roads(extract: Extract) -> tuple[Roads, list[LeftOut]]:
    """
    Returns the roads of a map from junction to junction, and what was left out.

    Only junctions that can all reach one another are kept, so that every place snapped to
    a road can be reached from every other. Raises CityError where there is no such road.
    """
    usable = [(way, kmh) for way in extract.roads if (kmh := speeds(way.tags)) is not None]
    pieces = list(_pieces(usable))
    number = {node: i for i, node in enumerate(dict.fromkeys(n for p in pieces for n in p[:2]))}
    kept = _strongest(pieces, number) if pieces else []
    if not kept:
        raise CityError(
            f"The map has no roads for couriers on e-bikes among its {len(extract.roads)} ways.",
            at="highway",
            cure="Take an extract that includes ways tagged highway=*, and the points they use.",
            code="city-without-roads",
        )
    left_out = [
        LeftOut("ways", len(extract.roads) - len(usable), "stairs, or closed to couriers' bikes"),
        LeftOut("ways in part", extract.num_cut, "the file lacks points of them; the rest is in"),
        LeftOut("ways", extract.num_lost, "the file lacks their points"),
        LeftOut(
            "roads between junctions",
            len(pieces) - len(kept),
            "no way there and back from the largest connected part",
        ),
    ]
    return _roads(kept), left_out


def _pieces(usable: Sequence[tuple[MapWay, tuple[int, int]]]) -> Iterator[Piece]:
    """Cuts ways at junctions: where ways meet, where one meets itself, and at their ends."""
    uses = Counter(node for way, _ in usable for node in way.nodes)
    for way, kmh in usable:
        last = len(way.nodes) - 1
        cuts = [i for i, node in enumerate(way.nodes) if i in {0, last} or uses[node] > 1]
        for a, b in pairwise(cuts):
            yield way.nodes[a], way.nodes[b], way.points[a : b + 1], kmh


def _strongest(pieces: list[Piece], number: dict[int, int]) -> list[Piece]:
    tail = [number[piece[0]] for piece in pieces]
    head = [number[piece[1]] for piece in pieces]
    ends = np.array([tail, head], dtype=np.int32)
    along = np.array([piece[3][0] > 0 for piece in pieces])
    against = np.array([piece[3][1] > 0 for piece in pieces])
    starts = np.concatenate([ends[0][along], ends[1][against]])
    stops = np.concatenate([ends[1][along], ends[0][against]])
    part = strongest_part(len(number), starts, stops)
    # A single junction reaches itself, but there is nowhere to go.
    if part.sum() < 2:
        return []
    return [piece for piece, t, h in zip(pieces, tail, head, strict=True) if part[t] and part[h]]


def _roads(pieces: list[Piece]) -> Roads:
    number = {node: i for i, node in enumerate(dict.fromkeys(n for p in pieces for n in p[:2]))}
    # As fine as the files of a city, so that a city built is the city loaded.
    points = np.round(np.array([point for piece in pieces for point in piece[2]]), 6)
    return Roads(
        num_junctions=len(number),
        tail=np.array([number[piece[0]] for piece in pieces], dtype=np.int32),
        head=np.array([number[piece[1]] for piece in pieces], dtype=np.int32),
        first=np.cumsum([0, *(len(piece[2]) for piece in pieces)], dtype=np.int32),
        lat=points[:, 0],
        lon=points[:, 1],
        along_kmh=np.array([piece[3][0] for piece in pieces], dtype=np.int32),
        against_kmh=np.array([piece[3][1] for piece in pieces], dtype=np.int32),
    )
