"""From the ways of a map to the road network that couriers can use all of."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from dispatch.cch import order_junctions
from dispatch.crossings import CROSSING_M, wait_once
from dispatch.errors import CityError
from dispatch.osm_reader import MapWay
from dispatch.report import LeftOut
from dispatch.road_rules import CLASSES, JUDGED, lets_through, modes, speed_limits
from dispatch.roads import (
    CROSSING,
    GIVE_WAY_AGAINST,
    GIVE_WAY_ALONG,
    SIGNAL_AGAINST,
    SIGNAL_ALONG,
    STOP_AGAINST,
    STOP_ALONG,
    Roads,
    strongest_part,
)
from dispatch.turn_import import Bans, import_bans

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dispatch.osm_reader import Extract
    from dispatch.profiles import Profile, Profiles
    from dispatch.road_rules import Tags
    from dispatch.roads import Bytes

    Modes = list[tuple[int, int]]

SIGNS = {
    "traffic_signals": (SIGNAL_ALONG, SIGNAL_AGAINST),
    "stop": (STOP_ALONG, STOP_AGAINST),
    "give_way": (GIVE_WAY_ALONG, GIVE_WAY_AGAINST),
}
"""Bits of `Roads.sign` along and against, by highway=* of a point."""


@dataclass(slots=True)
class Piece:
    """
    A way between two of its cuts, points ``a`` to ``b``; its modes may still be closed.

    ``ends`` are the nodes at its cuts.
    """

    way: MapWay
    a: int
    b: int
    ends: tuple[int, int]
    modes: Modes


def import_roads(
    extract: Extract, profiles: Profiles, country: str, crossing_m: float = CROSSING_M
) -> tuple[Roads, list[LeftOut]]:
    """
    Returns the roads of a map from junction to junction, and what was left out.

    For each profile only junctions that can all reach one another are kept, so that every
    place snapped to a road can be reached from every other. Of signals at most ``crossing_m``
    apart along a way one is waited at (see `crossings`). Raises CityError where the first
    profile, the couriers', has no such road.
    """
    rules = [profiles.profile[name] for name in profiles.profile]
    usable = [(way, found) for way, found in _judge(extract.roads, rules) if any(map(any, found))]
    barred = _barred(extract.controls, profiles)
    pieces = list(_pieces(usable, barred))
    dropped = [_close_islands(pieces, k) for k in range(len(rules))]
    kept = [piece for piece in pieces if any(map(any, piece.modes))]
    if not any(piece.modes[0] != (0, 0) for piece in kept):
        raise CityError(
            f"The map has no roads for couriers on e-bikes among its {len(extract.roads)} ways.",
            at="highway",
            cure="Take an extract that includes ways tagged highway=*, and the points they use.",
            code="city-without-roads",
        )
    number = {node: i for i, node in enumerate(dict.fromkeys(n for p in kept for n in p.ends))}
    bans = import_bans(extract.bans, kept, number, rules)
    left_out = [
        LeftOut("ways", len(extract.roads) - len(usable), "closed to couriers"),
        LeftOut("ways in part", extract.num_cut, "the file lacks points of them; the rest is in"),
        LeftOut("ways", extract.num_lost, "the file lacks their points"),
        *(
            LeftOut(
                f"roads between junctions for {name}",
                count,
                "no way there and back from the largest connected part",
            )
            for name, count in zip(profiles.profile, dropped, strict=True)
        ),
        LeftOut("turn bans", bans.unclear, "their ways do not meet at one node of the roads kept"),
        LeftOut("turn bans", bans.unclear_over_ways, "their ways do not lead on from one another"),
    ]
    roads = _roads(kept, number, barred, bans, extract, profiles, country)
    return replace(roads, sign=wait_once(roads, profiles, crossing_m)), left_out


def _judge(roads: Sequence[MapWay], rules: Sequence[Profile]) -> Iterator[tuple[MapWay, Modes]]:
    """Yields what each profile may do on each way; a map repeats a few hundred sets of tags."""
    known: dict[frozenset[tuple[str, str]], Modes] = {}
    for way in roads:
        tags = frozenset((key, value) for key, value in way.tags.items() if key in JUDGED)
        if tags not in known:
            known[tags] = [modes(way.tags, rule) for rule in rules]
        yield way, known[tags]


def _barred(controls: Mapping[int, Tags], profiles: Profiles) -> dict[int, int]:
    """Returns by node the bits of the profiles that it stops."""
    rules = list(profiles.profile.values())
    found = {
        node: sum(1 << k for k, rule in enumerate(rules) if not lets_through(tags, rule))
        for node, tags in controls.items()
        if "barrier" in tags
    }
    return {node: bits for node, bits in found.items() if bits}


def _pieces(usable: Sequence[tuple[MapWay, Modes]], barred: Mapping[int, int]) -> Iterator[Piece]:
    """Cuts ways at junctions: where ways meet, where one meets itself, at barriers and ends."""
    uses = Counter(node for way, _ in usable for node in way.nodes)
    for way, found in usable:
        last = len(way.nodes) - 1
        cuts = [
            i
            for i, node in enumerate(way.nodes)
            if i in {0, last} or uses[node] > 1 or node in barred
        ]
        for a, b in pairwise(cuts):
            yield Piece(way, a, b, (way.nodes[a], way.nodes[b]), list(found))


def _close_islands(pieces: list[Piece], k: int) -> int:
    """Closes to profile k what cannot be left or reached again; returns how many pieces."""
    mine = [piece for piece in pieces if piece.modes[k] != (0, 0)]
    if not mine:
        return 0
    number = {node: i for i, node in enumerate({n: None for p in mine for n in p.ends})}
    ends = np.array([[number[n] for n in piece.ends] for piece in mine], dtype=np.int32)
    along = np.array([piece.modes[k][0] > 0 for piece in mine])
    against = np.array([piece.modes[k][1] > 0 for piece in mine])
    starts = np.concatenate([ends[along, 0], ends[against, 1]])
    stops = np.concatenate([ends[along, 1], ends[against, 0]])
    part = strongest_part(len(number), starts, stops)
    # A single junction reaches itself, but there is nowhere to go.
    inside = part[ends].all(axis=1) & (part.sum() > 1)
    for piece in (piece for piece, kept in zip(mine, inside, strict=True) if not kept):
        piece.modes[k] = (0, 0)
    return int((~inside).sum())


def _roads(
    pieces: list[Piece],
    number: Mapping[int, int],
    barred: Mapping[int, int],
    bans: Bans,
    extract: Extract,
    profiles: Profiles,
    country: str,
) -> Roads:
    # As fine as the files of a city, so that a city built is the city loaded.
    points = np.round(np.array([pt for p in pieces for pt in p.way.points[p.a : p.b + 1]]), 6)
    names = list(dict.fromkeys(_name(piece.way.tags) for piece in pieces))
    index = {name: i for i, name in enumerate(names)}
    rules = profiles.country_of(country)
    tail = np.array([number[piece.ends[0]] for piece in pieces], dtype=np.int32)
    head = np.array([number[piece.ends[1]] for piece in pieces], dtype=np.int32)
    first = np.cumsum([0, *(p.b - p.a + 1 for p in pieces)], dtype=np.int32)
    tags = [piece.way.tags for piece in pieces]
    mode = np.array([[a | b << 4 for a, b in p.modes] for p in pieces], dtype=np.uint8)
    ends = points[np.column_stack([first[:-1], first[1:] - 1])]
    rows = np.array(bans.turns, dtype=np.int32).reshape(-1, 4)
    longest = max((len(way) for way, _ in bans.ways), default=3)
    ways = [way + (-1,) * (longest - len(way)) for way, _ in bans.ways]
    return Roads(
        num_junctions=len(number),
        tail=tail,
        head=head,
        first=first,
        lat=points[:, 0],
        lon=points[:, 1],
        node=np.array([n for p in pieces for n in p.way.nodes[p.a : p.b + 1]], dtype=np.int64),
        sign=np.concatenate([_signs(piece, extract.controls) for piece in pieces]),
        way=np.array([piece.way.key[1] for piece in pieces], dtype=np.int64),
        kind=np.array([CLASSES.index(t["highway"]) for t in tags], dtype=np.uint8),
        name=np.array([index[_name(t)] for t in tags], dtype=np.int32),
        around=np.array([t.get("junction") in {"roundabout", "circular"} for t in tags]),
        limit=np.array([speed_limits(t, rules) for t in tags], dtype=np.uint8),
        mode=mode,
        barred=np.array([barred.get(node, 0) for node in number], dtype=np.uint8),
        ban=np.ascontiguousarray(rows[:, :3]),
        ban_for=rows[:, 3].astype(np.uint8),
        rank=order_junctions(len(number), tail, head, ends, mode),
        way_ban=np.array(ways, dtype=np.int32).reshape(-1, longest),
        way_ban_for=np.array([bits for _, bits in bans.ways], dtype=np.uint8),
        names=tuple(names),
        profiles=tuple(profiles.profile),
    )


def _name(tags: Tags) -> str:
    return " ".join((tags.get("name") or tags.get("ref") or "").split())


def _signs(piece: Piece, controls: Mapping[int, Tags]) -> Bytes:
    """Returns the bits of `Roads.sign` for the points of a piece."""
    signs = np.zeros(piece.b - piece.a + 1, dtype=np.uint8)
    for i, node in enumerate(piece.way.nodes[piece.a : piece.b + 1]):
        tags = controls.get(node)
        if tags is None:
            continue
        kind = tags.get("highway", "")
        if kind == "crossing":
            signs[i] = CROSSING
        elif kind in SIGNS:
            towards = tags.get("traffic_signals:direction") or tags.get("direction")
            along, against = SIGNS[kind]
            signs[i] = along * (towards != "backward") | against * (towards != "forward")
    return signs
