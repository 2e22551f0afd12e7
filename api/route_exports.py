"""
The routes of the plan as files for maps and navigation: GeoJSON, and GPX 1.1.

References
----------
H. Butler et al. (2016). *The GeoJSON Format*, RFC 7946. https://doi.org/10.17487/RFC7946

D. Foster (2004). *GPX 1.1 Schema Documentation*. https://www.topografix.com/GPX/1/1/
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query, Response
from gpxpy.gpx import GPX, GPXTrack, GPXTrackPoint, GPXTrackSegment, GPXWaypoint

from api.access import needs
from api.bodies import Id
from api.contacts import with_names
from api.couriers import known_courier
from api.depends import Here, Who
from api.place_answers import DeskPlaceOut
from api.route import ways_of
from api.route_answers import RouteOut, StopOut, route_out
from api.view import View
from api.zone import Room

router = APIRouter(prefix="/v1/plan", tags=["plan"])

GEOJSON, GPX_TYPE = "application/geo+json", "application/gpx+xml"


@dataclass(frozen=True, slots=True)
class Named:
    """A route with the name of its courier, or the id where no name is known."""

    name: str
    route: RouteOut


@router.get(
    "/routes",
    summary="Give the routes as a file",
    dependencies=[needs("exports")],
    response_class=Response,
    responses={
        200: {
            "content": {
                GEOJSON: {"schema": {"type": "object"}},
                GPX_TYPE: {"schema": {"type": "string"}},
            }
        }
    },
)
async def export(
    zone: Here,
    who: Who,
    file_format: Annotated[Literal["geojson", "gpx"], Query(alias="format")] = "geojson",
    courier: Annotated[Id | None, Query(description="of one courier; absent: of all")] = None,
) -> Response:
    """Answers stops and ways of the plan that holds: lines and points, or tracks and waypoints."""

    def look(room: Room) -> View:
        if courier is not None:
            known_courier(room, courier)
        view = View.of(room.dispatcher, room.now)
        return with_names(who, view, view.state.couriers.values(), room.contacts)

    view = await zone.ask(look, wake=False)
    couriers = [route.courier for route in view.plan.routes if courier in (None, route.courier)]
    routes = []
    for each in couriers:
        shown = route_out(each, view, await ways_of(zone, view, each))
        name = view.contact(view.state.couriers[each].name).name
        routes.append(Named(name or each, shown))
    made = geojson_of if file_format == "geojson" else gpx_of
    text = await asyncio.to_thread(made, routes)
    headers = {"Content-Disposition": f'attachment; filename="routes.{file_format}"'}
    kind = GEOJSON if file_format == "geojson" else GPX_TYPE
    return Response(text, media_type=kind, headers=headers)


def geojson_of(routes: Sequence[Named]) -> bytes:
    """Returns routes as a FeatureCollection: a line for each way, a point for each stop."""
    features = [feature for named in routes for feature in _features(named)]
    return orjson.dumps({"type": "FeatureCollection", "features": features})


def _features(named: Named) -> Iterator[dict[str, Any]]:
    for number, stop in enumerate(named.route.stops, start=1):
        about = {"courier": named.route.courier, "name": named.name, "number": number}
        if stop.way is not None and stop.way.line is not None:
            way = {"to": stop.id, "duration_s": stop.way.duration_s}
            way["distance_m"] = stop.way.distance_m
            yield _feature(stop.way.line.model_dump(), about | way)
        point = {"type": "Point", "coordinates": [stop.place.lon, stop.place.lat]}
        yield _feature(point, about | _stop(stop))


def _feature(geometry: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _stop(stop: StopOut) -> dict[str, Any]:
    return {
        "stop": stop.id,
        "kind": stop.kind.value,
        "drops": stop.drops,
        "arrival": stop.arrival,
        "departure": stop.departure,
        "due_at": stop.due_at,
        "place": _place(stop),
    }


def _place(stop: StopOut) -> str:
    """Returns where a stop is in words: a store, or building, floor and desk."""
    place = stop.place
    if not isinstance(place, DeskPlaceOut):
        return place.name
    parts = [place.name, place.address, f"floor {place.floor}", place.department, place.desk]
    return ", ".join(part for part in parts if part)


def gpx_of(routes: Sequence[Named]) -> bytes:
    """Returns routes as GPX: a track for each courier, a segment for each way, waypoints."""
    gpx = GPX()
    gpx.creator = "Dispatch"
    for named in routes:
        track = GPXTrack(name=f"{named.name} ({named.route.courier})")
        gpx.tracks.append(track)
        for number, stop in enumerate(named.route.stops, start=1):
            gpx.waypoints.append(_waypoint(named, number, stop))
            if stop.way is not None and stop.way.line is not None:
                points = [GPXTrackPoint(lat, lon) for lon, lat in stop.way.line.coordinates]
                track.segments.append(GPXTrackSegment(points))
    return gpx.to_xml(version="1.1").encode()


def _waypoint(named: Named, number: int, stop: StopOut) -> GPXWaypoint:
    return GPXWaypoint(
        stop.place.lat,
        stop.place.lon,
        time=datetime.fromisoformat(stop.arrival),
        name=f"{named.name} {number}: {stop.kind.value}",
        description=f"{_place(stop)}; {', '.join(stop.drops)}" if stop.drops else _place(stop),
    )
