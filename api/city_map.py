"""
The city to be looked at: its time, and a map drawn from its own roads and buildings.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Request, Response
from pydantic import Field

from api.access import needs
from api.answers import SAME, IfNoneMatch
from api.assets import Asset, Encodings, answer_with, asset_of
from api.bodies import Moment, Out
from api.depends import Here, Who
from api.map_lines import TOLERANCE_M, road_lines, simplified
from api.settings import Settings
from dispatch.city import Building, City

router = APIRouter(prefix="/v1/city", tags=["city"])

DIGITS = 5
"""Decimals of a degree: a metre, and less than half of it in longitude where Helsinki is."""


Bounds = Annotated[list[float], Field(min_length=4, max_length=4)]
"""West, south, east and north, in degrees."""


class CityOut(Out):
    """
    The city of the zone and what time it is there.

    ``clock`` is ``manual`` where time stands still until it is moved; ``bounds`` are those of its
    roads.
    """

    zone: str
    name: str
    timezone: str
    attribution: str
    bounds: Bounds
    now: Moment
    clock: Literal["system", "manual"]


class GeometryOut(Out):
    """A GeoJSON geometry: longitude before latitude."""

    type: str
    coordinates: list[Any]


class FeatureOut(Out):
    """
    A road, building or entrance. ``properties.kind`` says which.

    Roads have ``width`` (``main``, ``street``, ``lane``, ``path``) and ``name``, buildings ``id``
    and ``name``, entrances ``id``, ``building`` and ``main``.
    """

    type: Literal["Feature"]
    properties: dict[str, Any]
    geometry: GeometryOut


class TilesOut(Out):
    """Where tiles of a map come from that may be drawn over it, and whose they are."""

    url: str
    attribution: str


class MapOut(Out):
    """
    A GeoJSON feature collection, and whose data it is made of.

    ``tiles`` null: there are none.
    """

    type: Literal["FeatureCollection"]
    bbox: Bounds
    attribution: str
    tiles: TilesOut | None
    features: list[FeatureOut]


@router.get("", summary="What city, and what time is it there", dependencies=[needs("map.read")])
async def city_time(zone: Here, _: Who) -> CityOut:
    """Answers what a page has to know before it shows times and places."""
    city = (await zone.look()).city
    south, west, north, east = city.bounds
    return CityOut(
        zone=zone.settings.zone,
        name=city.name,
        timezone=city.timezone,
        attribution=city.attribution,
        bounds=[west, south, east, north],
        now=zone.moment(zone.clock.now()),
        clock=zone.settings.clock,
    )


@router.get(
    "/map",
    summary="Draw the city",
    response_model=MapOut,
    responses=SAME,
    dependencies=[needs("map.read")],
)
async def city_map(
    zone: Here,
    _: Who,
    request: Request,
    if_none_match: IfNoneMatch = None,
    accept_encoding: Encodings = "",
) -> Response:
    """Answers the roads, buildings and entrances of the city as GeoJSON; drawn once."""
    city = (await zone.look()).city
    kept: Asset | None = request.app.state.sheet
    if kept is None:
        kept = request.app.state.sheet = await asyncio.to_thread(sheet_of, city, zone.settings)
    return answer_with(kept, accept_encoding, if_none_match, {"Cache-Control": "private, no-cache"})


def sheet_of(city: City, settings: Settings) -> Asset:
    """Returns the map of a city as it goes out."""
    tiles = settings.map_tiles and {
        "url": settings.map_tiles,
        "attribution": settings.map_tiles_attribution,
    }
    sheet = drawn(city) | {"tiles": tiles}
    body = json.dumps(sheet, ensure_ascii=False, separators=(",", ":")).encode()
    return asset_of(body, "application/json")


def drawn(city: City) -> dict[str, Any]:
    """Returns a city as a GeoJSON feature collection."""
    south, west, north, east = city.bounds
    return {
        "type": "FeatureCollection",
        "bbox": [west, south, east, north],
        "attribution": city.attribution,
        "features": [*_roads(city), *_buildings(city)],
    }


def _roads(city: City) -> Iterator[dict[str, Any]]:
    for width, name, line in road_lines(city.roads):
        about = {"kind": "road", "width": width, "name": name or None}
        yield _feature(about, "LineString", _degrees(line))


def _buildings(city: City) -> Iterator[dict[str, Any]]:
    for building in city.buildings.values():
        about = {"kind": "building", "id": building.id, "name": building.name or None}
        yield _feature(about, *_outline(building))
        for door in building.entrances:
            of_door = {"kind": "entrance", "id": door.id, "building": building.id}
            point = _degrees(np.array([[door.lat, door.lon]]))[0]
            yield _feature(of_door | {"main": door.main}, "Point", point)


def _outline(building: Building) -> tuple[str, list[Any]]:
    """Returns a building's outer wall as a closed ring, or its centre where no wall is known."""
    if len(building.outline) < 3:
        return "Point", _degrees(np.array([[building.lat, building.lon]]))[0]
    ring = np.array([*building.outline, building.outline[0]])
    # A wall is cut in two, since a line that ends where it begins has no direction to keep to.
    half = len(ring) // 2
    parts = simplified(ring[: half + 1], TOLERANCE_M / 3), simplified(ring[half:], TOLERANCE_M / 3)
    return "Polygon", [_degrees(np.concatenate([parts[0], parts[1][1:]]))]


def _degrees(points: np.ndarray[Any, np.dtype[np.float64]]) -> list[list[float]]:
    """Returns (lat, lon) rows as rounded [lon, lat] pairs."""
    pairs: list[list[float]] = np.round(points[:, ::-1], DIGITS).tolist()
    return pairs


def _feature(about: dict[str, Any], kind: str, coordinates: list[Any]) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": about, "geometry": geometry}
