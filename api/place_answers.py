"""
How places look from outside: the desks, stores and doors of a route, and where couriers stand.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

from api.bodies import Out
from api.view import View
from dispatch.city import Place, Way
from dispatch.geo import metres_per_degree
from dispatch.interiors import RECEPTION
from dispatch.orders import StopKind
from dispatch.places import Building
from dispatch.plan import Stop


class StorePlaceOut(Out):
    """The counter of a store."""

    store: str
    name: str
    lat: float
    lon: float


Side = Literal["n", "ne", "e", "se", "s", "sw", "w", "nw"]
"""A side of a building by the compass, from its middle."""


class DoorOut(Out):
    """Where a door is, on which side of its building, and whether it is the main one."""

    lat: float
    lon: float
    side: Side
    main: bool


class DeskPlaceOut(Out):
    """
    A desk; ``entrance`` is the door to go in by, told with the way, and ``door`` where that is.

    ``hand_over_at`` is ``reception``, with its floor, where the goods are not taken to the desk.
    """

    building: str
    name: str | None
    address: str | None
    entrance: str | None
    door: DoorOut | None = None
    lat: float
    lon: float
    floor: int
    department: str | None
    desk: str | None
    hand_over_at: str = "desk"


class StreetPlaceOut(Out):
    """A point on the street."""

    lat: float
    lon: float


def store_out(stop: Stop, courier: str, view: View) -> StorePlaceOut:
    """Returns the store of a stop at one."""
    state = view.state
    if stop.kind is StopKind.LOAD and stop.drops:
        store = state.stores[state.orders[state.drops[stop.drops[0]].order].store]
    else:
        store = state.stores[state.couriers[courier].store]
    return StorePlaceOut(store=store.id, name=store.name, lat=stop.place.lat, lon=stop.place.lon)


def desk_place_out(stop: Stop, view: View, way: Way | None) -> DeskPlaceOut:
    """Returns the desk of a stop; ``way`` tells by which door."""
    desk = view.state.drops[stop.drops[0]].desk
    building = view.city.buildings[desk.building]
    return DeskPlaceOut(
        building=building.id,
        name=building.name or None,
        address=building.address or None,
        entrance=way.entrance if way else None,
        door=_door_out(building, way.entrance) if way else None,
        lat=stop.place.lat,
        lon=stop.place.lon,
        floor=stop.place.floor,
        department=desk.department or None,
        desk=desk.desk or None,
        hand_over_at=RECEPTION if stop.place.desk == RECEPTION else "desk",
    )


def _door_out(building: Building, entrance: str | None) -> DoorOut | None:
    door = next((each for each in building.entrances if each.id == entrance), None)
    if door is None:
        return None
    north, east = metres_per_degree(building.lat)
    up, right = (door.lat - building.lat) * float(north), (door.lon - building.lon) * float(east)
    # Eighths of a turn, clockwise from north.
    eighth = round(math.degrees(math.atan2(right, up)) / 45) % 8
    return DoorOut(lat=door.lat, lon=door.lon, side=get_args(Side)[eighth], main=door.main)


def place_of(place: Place, view: View) -> DeskPlaceOut | StreetPlaceOut:
    """Returns where a courier stands as JSON: on the street, or at a desk."""
    if place.building is None:
        return StreetPlaceOut(lat=place.lat, lon=place.lon)
    building = view.city.buildings[place.building]
    return DeskPlaceOut(
        building=building.id,
        name=building.name or None,
        address=building.address or None,
        entrance=None,
        lat=place.lat,
        lon=place.lon,
        floor=place.floor,
        department=None,
        desk=place.desk or None,
    )
