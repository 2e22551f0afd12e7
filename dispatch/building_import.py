"""From the outlines, doors and addresses of a map to buildings a courier can enter."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from dispatch.city_files import Doorway
from dispatch.floors import known_floors
from dispatch.footprints import Footprints
from dispatch.geo import centroid
from dispatch.opening_tags import UNREAD, read_week
from dispatch.osm_reader import MapPoint
from dispatch.places import CLOSES, OPENS, Building, Entrance
from dispatch.report import LeftOut
from dispatch.storeys import ONE_LEVEL, number, read_storeys, usual_lifts, with_floors, with_lifts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dispatch.osm_reader import Extract, MapArea
    from dispatch.snapping import Snapper

NOT_ENTERED = frozenset(
    {"roof", "entrance", "underpass_entrance", "carport", "garage", "garages", "ruins"}
    | {"construction", "no", "shed", "utility", "bridge", "ship"}
)
"""Values of building=* where no desk is."""

BUSINESSES = frozenset({"amenity", "leisure", "shop", "tourism"})
"""Keys of a business; drawn on the outline of its house, its hours are not those of the house."""

NOT_FOR_COURIERS = frozenset({"garage", "emergency", "exit", "no", "shop"})
"""Values of entrance=* that do not lead to the lobby."""

USUAL_LEVELS = 4
"""Levels of a building where the map knows those of none."""


@dataclass(slots=True)
class Found:
    """What of the map's points belongs to one building; filled while sorting them."""

    doors: list[MapPoint] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    lifts: list[tuple[int, ...]] = field(default_factory=list)
    floors: set[int] = field(default_factory=set)


def import_buildings(
    extract: Extract, snapper: Snapper, reach: float
) -> tuple[list[Building], dict[str, Doorway], list[LeftOut]]:
    """
    Returns the buildings, numbered in the order of the map, the way into each, and what
    was left out: among others buildings whose door is not within ``reach`` metres of a road.
    """
    areas = [a for a in _without_twins(extract.buildings) if a.tags["building"] not in NOT_ENTERED]
    found = _sort_points(extract.points, areas)
    usual = _usual_levels(areas)
    buildings: list[Building] = []
    doorways: dict[str, Doorway] = {}
    num_entrances = num_far = 0
    for area, parts in zip(areas, found, strict=True):
        entrances = _entrances(parts, num_entrances)
        doorway, gap = _doorway(area, entrances, snapper)
        if gap > reach:
            num_far += 1
            continue
        num_entrances += len(entrances)
        building = _building(f"b_{len(buildings) + 1}", area, parts, entrances, usual)
        buildings.append(building)
        doorways[building.id] = doorway
    clipped = extract.num_outlines - len(extract.buildings)
    sheds = len(extract.buildings) - len(areas)
    doors = sum("entrance" in point.tags for point in extract.points) - num_entrances
    unread = sum(_tells_hours(a.tags) and not read_week(a.tags["opening_hours"]) for a in areas)
    left_out = [
        LeftOut("buildings", clipped, "the file lacks points of their outline"),
        LeftOut("buildings", sheds, "roofs, sheds and the like, or drawn twice"),
        LeftOut("buildings", num_far, f"no road within {reach:.0f} m"),
        LeftOut("opening hours of buildings", unread, UNREAD),
        LeftOut("entrances", doors, "of no building, or into a garage or a single shop"),
    ]
    return buildings, doorways, left_out


def _without_twins(areas: Sequence[MapArea]) -> list[MapArea]:
    """Drops an outline drawn once as a way and once as the ring of a relation."""
    seen = {area.outline: area for area in areas}
    unique = {frozenset(area.outline): area for area in seen.values()}
    return sorted(unique.values(), key=lambda area: area.key)


def _sort_points(points: Sequence[MapPoint], areas: Sequence[MapArea]) -> list[Found]:
    found = [Found() for _ in areas]
    # Within five metres, as some doors are drawn beside the wall instead of in it.
    footprints = Footprints([area.outline for area in areas], reach=5.0)
    owner = {node: i for i, area in reversed(list(enumerate(areas))) for node in area.nodes}
    for point in points:
        i = owner.get(point.key[1]) if point.key[0] == "n" else None
        if i is None:
            i = footprints.find(point.point)
        if i is None:
            continue
        tags = point.tags
        if is_lift(tags):
            found[i].lifts.append(known_floors(tags.get("level")))
        elif "indoor" in tags:
            found[i].floors.update(known_floors(tags.get("level")))
        if tags.get("entrance", "no") not in NOT_FOR_COURIERS:
            found[i].doors.append(point)
        if address := _address(tags):
            found[i].addresses.append(address)
    return found


def _address(tags: Mapping[str, str]) -> str:
    street = tags.get("addr:street") or tags.get("addr:place")
    number = tags.get("addr:housenumber")
    return f"{street} {number}" if street and number else ""


def _entrances(parts: Found, taken: int) -> tuple[Entrance, ...]:
    return tuple(
        Entrance(
            f"e_{taken + i}",
            round(door.point[0], 6),
            round(door.point[1], 6),
            door.tags["entrance"] == "main",
        )
        for i, door in enumerate(parts.doors, start=1)
    )


def _doorway(
    area: MapArea, entrances: tuple[Entrance, ...], snapper: Snapper
) -> tuple[Doorway, float]:
    """
    Returns the way in and its metres from the road: the main entrance nearest to a road,
    else any entrance, else the corner of the outline nearest to a road.
    """
    choice = [e for e in entrances if e.main] or entrances
    ways = [Doorway((e.lat, e.lon), e.id) for e in choice]
    if not ways:
        ways = [Doorway((round(lat, 6), round(lon, 6)), None) for lat, lon in area.outline]
    gaps = [snapper.snap(*way.point).gap for way in ways]
    best = gaps.index(min(gaps))
    return ways[best], gaps[best]


def _building(
    key: str, area: MapArea, parts: Found, entrances: tuple[Entrance, ...], usual: int
) -> Building:
    tags = area.tags
    storeys = read_storeys(tags, usual, parts.floors)
    lat, lon = centroid(area.outline)
    address = _address(tags) or min(parts.addresses, key=_natural, default="")
    hours = read_week(tags["opening_hours"]) if _tells_hours(tags) else None
    opens, closes = (hours and hours.usual()) or (OPENS, CLOSES)
    building = Building(
        id=key,
        name=tags.get("name") or tags.get("addr:housename") or address or f"Building {key[2:]}",
        address=address,
        lat=round(lat, 6),
        lon=round(lon, 6),
        levels=storeys.levels,
        levels_assumed=storeys.levels_assumed,
        lifts=usual_lifts(storeys.levels),
        lifts_assumed=True,
        entrances=entrances,
        outline=tuple((round(lat, 6), round(lon, 6)) for lat, lon in area.outline),
        opens=opens,
        closes=closes,
        lowest=storeys.lowest,
        lowest_assumed=storeys.lowest_assumed,
        missing=storeys.missing,
        hours=hours,
    )
    return with_lifts(with_floors(building, parts.floors), parts.lifts)


def _tells_hours(tags: Mapping[str, str]) -> bool:
    """Returns whether a house has hours of its own: those of a shop in it are the shop's."""
    return "opening_hours" in tags and BUSINESSES.isdisjoint(tags)


def is_lift(tags: Mapping[str, str]) -> bool:
    """Returns whether a thing of the map is a lift: on a footway, or drawn as a room."""
    return tags.get("highway") == "elevator" or tags.get("elevator") == "yes"


def _usual_levels(areas: Sequence[MapArea]) -> int:
    """Returns the middle of the levels the map knows, kiosks and churches left out."""
    known = [
        levels
        for area in areas
        if (levels := number(area.tags.get("building:levels"))) is not None
        and area.tags["building"] not in ONE_LEVEL
    ]
    return max(1, math.floor(median(known))) if known else USUAL_LEVELS


def _natural(address: str) -> list[tuple[int, str]]:
    """Sorts house number 9 before 10."""
    return [
        (int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", address)
    ]
