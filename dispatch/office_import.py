"""From the named offices of a map to the desk directory."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

from dispatch.floors import HIGHEST, LOWEST, known_floors
from dispatch.footprints import Footprints
from dispatch.opening_tags import UNREAD, read_week
from dispatch.places import Office
from dispatch.report import LeftOut
from dispatch.storeys import whole, with_floors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dispatch.osm_reader import Extract, MapPoint
    from dispatch.places import Building

REACH = 30.0
"""Metres from a building within which an office is taken to be in it."""


def import_offices(
    extract: Extract, buildings: list[Building]
) -> tuple[list[Building], list[Office], list[LeftOut]]:
    """
    Returns the buildings again, the offices in them, and what was left out.

    An office on a floor above the levels known of its building gives it the levels.
    """
    footprints = Footprints([building.outline for building in buildings], REACH)
    grown = list(buildings)
    offices: list[Office] = []
    num_nowhere = num_nameless = num_unread = 0
    for point in (point for point in extract.points if "office" in point.tags):
        name = point.tags.get("name", "").strip()
        i = footprints.find(point.point)
        if not name or i is None:
            num_nameless += not name
            num_nowhere += bool(name)
            continue
        if (floor := known_floor(point.tags)) is not None:
            grown[i] = with_floors(grown[i], (floor,))
        offices.append(_office(f"k_{len(offices) + 1}", name, point, floor, grown[i]))
        num_unread += "opening_hours" in point.tags and offices[-1].hours is None
    left_out = [
        LeftOut("offices", num_nowhere, f"no building within {REACH:.0f} m"),
        LeftOut("offices", num_nameless, "no name"),
        LeftOut("opening hours of offices", num_unread, UNREAD),
    ]
    return grown, offices, left_out


def _office(key: str, name: str, point: MapPoint, floor: int | None, building: Building) -> Office:
    # Spread by the number on the map: a newer map moves no other office.
    spread = crc32(repr(point.key).encode()) % building.levels
    while spread not in building.floors:
        spread -= 1
    hours = point.tags.get("opening_hours")
    return Office(
        id=key,
        name=name,
        building=building.id,
        floor=spread if floor is None else floor,
        floor_assumed=floor is None,
        lat=round(point.point[0], 6),
        lon=round(point.point[1], 6),
        hours=read_week(hours) if hours else None,
    )


def known_floor(tags: Mapping[str, str]) -> int | None:
    """
    Returns the floor a map gives, 0 the ground floor; None where it gives none.

    ``level`` may be a list or a range (``2;3``, ``0-2``): the one nearest to the ground is the
    front desk's. ``addr:floor`` is taken as it stands, though some countries count from one.
    """
    floors = known_floors(tags.get("level"))
    if floors:
        return min(floors, key=lambda floor: (abs(floor), -floor))
    floor = whole(tags.get("addr:floor"))
    return floor if floor is not None and LOWEST <= floor <= HIGHEST else None
