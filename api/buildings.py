"""
Buildings of the city: where desks can be.
"""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import APIRouter, Query

from api.bodies import Out, Page
from api.depends import Here, Who
from api.paging import Cursor, Limit, page_of
from api.zone import Room
from dispatch.city import Building
from dispatch.errors import InvalidRequest

router = APIRouter(prefix="/v1/buildings", tags=["city"])


class EntranceOut(Out):
    """A door of a building; ``main`` as the map says."""

    id: str
    lat: float
    lon: float
    main: bool


class BuildingOut(Out):
    """A building with floors from 0, the ground floor; hours are seconds of the local day."""

    id: str
    name: str | None
    address: str | None
    lat: float
    lon: float
    levels: int
    levels_assumed: bool
    lifts: int
    lifts_assumed: bool
    opens_s: int
    closes_s: int
    entrances: list[EntranceOut]


@router.get("", summary="List buildings, the nearest first")
async def list_buildings(
    zone: Here,
    _: Who,
    near: Annotated[
        str | None, Query(max_length=60, description="`lat,lon`; absent: the whole city")
    ] = None,
    radius_m: Annotated[float, Query(gt=0, le=5000, allow_inf_nan=False)] = 500,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[BuildingOut]:
    """Answers buildings within a radius of a point, or all of them."""
    point = None if near is None else read_point(near)

    def work(room: Room) -> Page[BuildingOut]:
        city = room.dispatcher.city
        found = {b.id: b for b in city.near(*point, radius_m)} if point else city.buildings
        ids, following = page_of(found, cursor, limit)
        return Page(items=[building_out(found[building]) for building in ids], next=following)

    return await zone.ask(work)


def read_point(text: str) -> tuple[float, float]:
    """Returns latitude and longitude of ``lat,lon``; raises InvalidRequest for anything else."""
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        lat = lon = math.nan
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise InvalidRequest(
            f"{text!r} is no place.",
            at="query.near",
            cure="Give latitude and longitude in degrees, like near=60.17,24.94.",
            code="invalid-place",
            value=text,
        )
    return lat, lon


def building_out(building: Building) -> BuildingOut:
    """Returns a building as JSON."""
    return BuildingOut(
        id=building.id,
        name=building.name or None,
        address=building.address or None,
        lat=building.lat,
        lon=building.lon,
        levels=building.levels,
        levels_assumed=building.levels_assumed,
        lifts=building.lifts,
        lifts_assumed=building.lifts_assumed,
        opens_s=building.opens,
        closes_s=building.closes,
        entrances=[
            EntranceOut.model_validate(door, from_attributes=True) for door in building.entrances
        ],
    )
