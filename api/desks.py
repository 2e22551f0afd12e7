"""
The desk directory: the named offices of the map, and the desks that customers gave.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import StringConstraints

from api.bodies import Out, Page
from api.depends import Here, Who
from api.desk_table import REQUEST_BODY, read_table
from api.order_answers import ContactOut
from api.paging import Cursor, Limit, page_of
from api.view import View
from api.zone import Room
from dispatch.city import City, Office
from dispatch.directories import replace_directory
from dispatch.errors import CityError
from dispatch.places import DirectoryDesk

router = APIRouter(prefix="/v1/desks", tags=["city"])

Customer = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]

Entry = Office | DirectoryDesk
"""What has a line of the list."""


class DeskEntryOut(Out):
    """
    An entry of the directory: the front desk of an office of the map, or a customer's desk.

    ``name`` is what the courier is shown: an office, or department and desk. ``customer`` is null
    for an office of the map. ``assumed`` names what nobody said: ``floor``, or the ``place`` on
    it. ``lat`` and ``lon`` are null for a desk that the city, imported anew, no longer has.
    """

    id: str
    source: Literal["map", "directory"]
    customer: str | None
    name: str
    building: str
    floor: int
    floor_assumed: bool
    department: str | None
    desk: str | None
    contact: ContactOut | None
    assumed: list[str]
    lat: float | None
    lon: float | None


class DirectoryOut(Out):
    """How many desks a customer has now, and what became of those it had before."""

    customer: str
    desks: int
    added: int
    changed: int
    removed: int


@router.get("", summary="List the desk directory")
async def list_desks(
    zone: Here,
    _: Who,
    customer: Annotated[str | None, Query(max_length=200)] = None,
    building: Annotated[str | None, Query(max_length=100)] = None,
    q: Annotated[
        str | None, Query(max_length=200, description="words found in what an entry says")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[DeskEntryOut]:
    """Answers offices of the map, then customers' desks: all, or those that fit every filter."""
    view = await zone.look()

    def work() -> Page[DeskEntryOut]:
        entries: dict[str, Entry] = {**view.city.offices, **view.state.desks}
        words = (q or "").casefold().split()

        def fits(key: str) -> bool:
            entry = entries[key]
            return (
                (customer is None or _customer(entry) == customer)
                and (building is None or entry.building == building)
                and (not words or _says(entry, words, view.city))
            )

        ids, following = page_of(entries, cursor, limit, fits)
        return Page(items=[desk_entry_out(entries[k], view.city) for k in ids], next=following)

    return await asyncio.to_thread(work)


@router.put("", summary="Replace a customer's desks", openapi_extra=dict(REQUEST_BODY))
async def replace_desks(
    request: Request,
    zone: Here,
    _: Who,
    customer: Annotated[Customer, Query(description="whose directory this is")],
) -> DirectoryOut:
    """
    Takes JSON or CSV as all desks of a customer, in place of those before; every row or none.

    CSV has a row of names first: building, and if wanted floor, department, desk, id, customer,
    contact_name, contact_phone.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    body = await request.body()
    view = await zone.look()
    # A large table takes a second to check; orders shall not wait for it.
    desks = await asyncio.to_thread(_read, kind, body, view, customer)

    def work(room: Room) -> DirectoryOut:
        replaced = replace_directory(room.dispatcher, customer, desks, room.now)
        return DirectoryOut.model_validate(replaced, from_attributes=True)

    return await zone.ask(work, wake=False)


def _read(kind: str, body: bytes, view: View, customer: str) -> tuple[DirectoryDesk, ...]:
    return read_table(kind, body, view.city, customer, view.state.desks)


def _customer(entry: Entry) -> str | None:
    return None if isinstance(entry, Office) else entry.customer


def _says(entry: Entry, words: list[str], city: City) -> bool:
    """Returns whether all words are somewhere in what an entry and its building are called."""
    said = [entry.id, entry.name, _customer(entry) or ""]
    if entry.building in city.buildings:
        building = city.buildings[entry.building]
        said += [building.name, building.address]
    text = "\n".join(said).casefold()
    return all(word in text for word in words)


def desk_entry_out(entry: Entry, city: City) -> DeskEntryOut:
    """Returns an office or a customer's desk as an entry of the directory."""
    if isinstance(entry, Office):
        return DeskEntryOut(
            id=entry.id,
            source="map",
            customer=None,
            name=entry.name,
            building=entry.building,
            floor=entry.floor,
            floor_assumed=entry.floor_assumed,
            department=entry.name,
            desk=None,
            contact=None,
            assumed=["floor"] if entry.floor_assumed else [],
            lat=entry.lat,
            lon=entry.lon,
        )
    lat, lon = _door(entry, city)
    contact = ContactOut(name=entry.contact_name or None, phone=entry.contact_phone or None)
    return DeskEntryOut(
        id=entry.id,
        source="directory",
        customer=entry.customer,
        name=entry.name,
        building=entry.building,
        floor=entry.floor,
        floor_assumed="floor" in entry.assumed,
        department=entry.department or None,
        desk=entry.desk or None,
        contact=contact if entry.contact_name or entry.contact_phone else None,
        assumed=list(entry.assumed),
        lat=lat,
        lon=lon,
    )


def _door(desk: DirectoryDesk, city: City) -> tuple[float | None, float | None]:
    try:
        place = city.place(desk.building, desk.floor, desk.name)
    except CityError:
        return None, None
    return place.lat, place.lon
