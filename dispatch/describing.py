"""Putting what site managers describe in the place of what the map says of a building."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dispatch.city_files import Doorway
from dispatch.descriptions import check_description
from dispatch.errors import CityError
from dispatch.footprints import Footprints
from dispatch.geo import distance
from dispatch.interiors import Door
from dispatch.places import Entrance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dispatch.city_files import CityMap
    from dispatch.description_parts import DoorGiven
    from dispatch.descriptions import Description
    from dispatch.geo import Point
    from dispatch.interiors import Interior
    from dispatch.places import Building

DETOUR = 1.3
"""Metres walked around a building for each metre as the crow flies; assumed."""

NEAR = 500.0
"""Metres from the middle of a building within which its doors and its parking are."""

BESIDE = 5.0
"""Metres beside its outline at which a point still names a building."""


def describe(
    city: CityMap, descriptions: Sequence[Description]
) -> tuple[CityMap, dict[str, Interior]]:
    """
    Returns the city with the described buildings changed, and their insides by building.

    Raises CityError for a description of no building, of one described twice, or with an
    entrance or a parking that is not at it.
    """
    buildings, doorways = dict(city.buildings), dict(city.doorways)
    interiors: dict[str, Interior] = {}
    sources: dict[str, str] = {}
    for described in descriptions:
        key = _find(city, described)
        if key in sources:
            raise _fault(
                described, "building", f"{key} is described in {sources[key]} already.", _ONCE
            )
        sources[key] = described.source
        entrances, doorway, doors = _doors(buildings[key], doorways[key], described)
        interior = replace(described.interior, doors=doors)
        buildings[key] = _building(buildings[key], described, entrances)
        doorways[key] = doorway
        interiors[key] = interior
    return replace(city, buildings=buildings, doorways=doorways), interiors


def check_file(path: Path, city: CityMap | None = None) -> tuple[CityError, ...]:
    """
    Returns every fault of a description, none if it is sound.

    With a city it is also checked against the building it names.
    """
    found, faults = check_description(path)
    if city is not None and found is not None and not faults:
        try:
            describe(city, (found,))
        except CityError as error:
            return (error,)
    return faults


_ONCE = "Keep one file for each building."


def _find(city: CityMap, described: Description) -> str:
    if described.id:
        if described.id not in city.buildings:
            cure = "Take an id from the list of buildings, or give a point in it as at = [..]."
            what = f"There is no building {described.id} in {city.name}."
            raise _fault(described, "building", what, cure)
        return described.id
    assert described.at is not None
    keys = list(city.buildings)
    found = Footprints([b.outline for b in city.buildings.values()], BESIDE).find(described.at)
    if found is None:
        cure = "Give a point inside its outline on the map, latitude first."
        raise _fault(described, "at", f"There is no building at {described.at}.", cure)
    return keys[found]


def _doors(
    building: Building, doorway: Doorway, described: Description
) -> tuple[tuple[Entrance, ...], Doorway, tuple[Door, ...]]:
    """
    Returns the entrances, where bikes are left, and the doors with their metres from there.

    Bikes are left at ``parking``, else at the first entrance described, else where the map
    leads to.
    """
    known = {entrance.id: entrance for entrance in building.entrances}
    if not described.doors:
        start = described.parking or doorway.point
        _check_near(described, "parking", start, building)
        away = DETOUR * distance(start, doorway.point)
        source = "map: entrance" if doorway.entrance else ""
        door = Door(doorway.entrance, away, source=source)
        return building.entrances, replace(doorway, point=start), (door,)
    points: list[Point] = []
    doors: list[Door] = []
    for i, given in enumerate(described.doors, start=1):
        point = _door_point(described, given, known)
        _check_near(described, given.door.source.rpartition(" ")[2], point, building)
        key = given.door.id or f"e_{building.id}_{i}"
        known.setdefault(key, Entrance(key, *point, main=i == 1))
        points.append(point)
        doors.append(replace(given.door, id=key))
    start = described.parking or points[0]
    _check_near(described, "parking", start, building)
    placed = tuple(
        replace(door, away_m=DETOUR * distance(start, point))
        for door, point in zip(doors, points, strict=True)
    )
    return tuple(known.values()), Doorway(start, placed[0].id), placed


def _door_point(described: Description, given: DoorGiven, known: Mapping[str, Entrance]) -> Point:
    if given.at is not None:
        return given.at
    entrance = known.get(str(given.door.id))
    if entrance is None:
        ids = ", ".join(known) or "none"
        cure = f"Give at = [latitude, longitude], or an id of the map's: {ids}."
        what = f"The map knows no entrance {given.door.id} of this building."
        raise _fault(described, "entrance", what, cure)
    return entrance.lat, entrance.lon


def _check_near(described: Description, at: str, point: Point, building: Building) -> None:
    metres = distance(point, (building.lat, building.lon))
    if metres > NEAR:
        what = f"{point} is {metres:,.0f} m from the middle of {building.id}."
        cure = "Give latitude then longitude of a place at the building, WGS-84."
        raise _fault(described, at, what, cure)


def _building(
    building: Building, described: Description, entrances: tuple[Entrance, ...]
) -> Building:
    interior = described.interior
    floors = interior.floors
    opens, closes = (interior.hours and interior.hours.usual()) or (building.opens, building.closes)
    missing = tuple(floor for floor in range(floors[0], floors[-1]) if floor not in floors)
    return replace(
        building,
        name=described.name or building.name,
        levels=floors[-1] + 1,
        levels_assumed=False,
        lowest=floors[0],
        lowest_assumed=False,
        missing=missing,
        lifts=sum(bank.cars or 1 for bank in interior.lifts),
        lifts_assumed=any(bank.cars is None for bank in interior.lifts),
        lift_floors=(),
        entrances=entrances,
        opens=opens,
        closes=closes,
        hours=interior.hours or building.hours,
    )


def _fault(described: Description, at: str, what: str, cure: str) -> CityError:
    return CityError(what, at=f"{described.source}: {at}", cure=cure, code="bad-description")
