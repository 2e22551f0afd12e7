"""
Buildings of the city: where desks can be.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import needs
from api.bodies import Out, Page
from api.depends import Here, Who
from api.paging import Cursor, Limit, page_of
from api.zone import Room
from dispatch.city import Building, Entrance
from dispatch.coordinates import check_order, latitude_fault, longitude_fault
from dispatch.datum import Datum, to_wgs84
from dispatch.errors import InvalidRequest
from dispatch.facts import building_facts
from dispatch.floors import show_floors
from dispatch.insides import Insides
from dispatch.interiors import Badge, Department, Door

router = APIRouter(prefix="/v1/buildings", tags=["city"])


class EntranceOut(Out):
    """
    A door of a building; ``main`` as the map says.

    ``couriers`` tells whether couriers are led through it; ``floor`` and ``check_in`` are null
    where they are not.
    """

    id: str
    lat: float
    lon: float
    main: bool
    couriers: bool
    floor: int | None
    check_in: bool | None


class DepartmentOut(Out):
    """A department that somebody described; ``hours`` null: the building's."""

    name: str
    floor: int
    hours: str | None
    badge: Badge
    escort: bool
    desks: list[str]
    source: str


class FactOut(Out):
    """What planning goes on in a building, where it is from, and whether it is assumed."""

    name: str
    value: str
    source: str
    assumed: bool


class BuildingOut(Out):
    """
    A building; ``floors`` such as ``-2-8``, 0 the ground floor.

    ``opens_s`` and ``closes_s`` are seconds of the local day on working days, ``hours`` the whole
    week. ``described`` tells whether somebody described it; ``facts`` are all figures in force.
    """

    id: str
    name: str | None
    address: str | None
    lat: float
    lon: float
    levels: int
    levels_assumed: bool
    floors: str
    lifts: int
    lifts_assumed: bool
    opens_s: int
    closes_s: int
    hours: str
    hours_assumed: bool
    described: bool
    entrances: list[EntranceOut]
    departments: list[DepartmentOut]
    facts: list[FactOut]


@router.get("", summary="List buildings, the nearest first", dependencies=[needs("city.read")])
async def list_buildings(
    zone: Here,
    _: Who,
    near: Annotated[
        str | None, Query(max_length=60, description="`lat,lon`; absent: the whole city")
    ] = None,
    radius_m: Annotated[float, Query(gt=0, le=5000, allow_inf_nan=False)] = 500,
    datum: Annotated[Datum, Query(description="what `near` is counted in")] = Datum.WGS84,
    q: Annotated[
        str | None, Query(max_length=200, description="words found in id, name and address")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[BuildingOut]:
    """Answers buildings within a radius of a point, or all of them, with what is known of each."""
    point = None if near is None else to_wgs84(read_point(near), datum)
    words = (q or "").casefold().split()

    def work(room: Room) -> Page[BuildingOut]:
        city = room.dispatcher.city
        if point is not None:
            check_order(city, {"query.near": point})
        found = {b.id: b for b in city.near(*point, radius_m)} if point else city.buildings
        ids, following = page_of(found, cursor, limit, lambda key: _says(found[key], words))
        return Page(items=[building_out(found[key], city.insides) for key in ids], next=following)

    return await zone.ask(work)


def _says(building: Building, words: list[str]) -> bool:
    text = f"{building.id}\n{building.name}\n{building.address}".casefold()
    return all(word in text for word in words)


def read_point(text: str) -> tuple[float, float]:
    """Returns latitude and longitude of ``lat,lon``; raises InvalidRequest for anything else."""
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        fault = f"{text!r} is no place"
    else:
        fault = latitude_fault(lat) or longitude_fault(lon)
        if not fault:
            return lat, lon
    raise InvalidRequest(
        f"{fault}.",
        at="query.near",
        cure="Give latitude and longitude in degrees, like near=60.17,24.94.",
        code="invalid-place",
        value=text,
    )


def building_out(building: Building, insides: Insides) -> BuildingOut:
    """Returns a building as JSON, with what planning goes on inside it."""
    interior = insides.interior(building.id)
    doors = {door.id: door for door in interior.doors}
    facts = building_facts(insides, building.id)
    hours = next(fact for fact in facts if fact.name == "hours")
    return BuildingOut(
        id=building.id,
        name=building.name or None,
        address=building.address or None,
        lat=building.lat,
        lon=building.lon,
        levels=building.levels,
        levels_assumed=building.levels_assumed,
        floors=show_floors(building.floors),
        lifts=building.lifts,
        lifts_assumed=building.lifts_assumed,
        opens_s=building.opens,
        closes_s=building.closes,
        hours=hours.value,
        hours_assumed=hours.assumed,
        described=building.id in insides.described,
        entrances=[_entrance_out(e, doors.get(e.id)) for e in building.entrances],
        departments=[_department_out(department) for department in interior.departments],
        facts=[FactOut.model_validate(fact, from_attributes=True) for fact in facts],
    )


def _entrance_out(entrance: Entrance, door: Door | None) -> EntranceOut:
    return EntranceOut(
        id=entrance.id,
        lat=entrance.lat,
        lon=entrance.lon,
        main=entrance.main,
        couriers=door is not None,
        floor=None if door is None else door.floor,
        check_in=None if door is None else door.check_in,
    )


def _department_out(department: Department) -> DepartmentOut:
    return DepartmentOut(
        name=department.name,
        floor=department.floor,
        hours=None if department.hours is None else str(department.hours),
        badge=department.access.badge,
        escort=department.access.escort,
        desks=[desk.name for desk in department.desks],
        source=department.source,
    )
