"""
The desk directory: the named offices of the map, and the desks that customers gave.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import StringConstraints

from api.access import needs
from api.answers import SAME, Answer, IfMatch, IfNoneMatch, check_match, shown
from api.bodies import Out, Page
from api.contacts import kept_desks, with_directory
from api.depends import Here, Who
from api.desk_table import REQUEST_BODY, read_table
from api.once import Sent
from api.order_answers import ContactOut, contact_out
from api.paging import Cursor, Limit, page_of
from api.view import View
from api.zone import Room
from dispatch.city import City, Office
from dispatch.codec import dumps, to_json
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


class DirectoryNowOut(Out):
    """How many desks a customer has; ``GET /v1/desks?customer=`` lists them."""

    customer: str
    desks: int


class DirectoryOut(Out):
    """How many desks a customer has now, and what became of those it had before."""

    customer: str
    desks: int
    added: int
    changed: int
    removed: int


@router.get(
    "",
    summary="List the desk directory",
    response_model=Page[DeskEntryOut],
    responses=SAME,
    dependencies=[needs("desks.read")],
)
async def list_desks(
    zone: Here,
    who: Who,
    customer: Annotated[str | None, Query(max_length=200)] = None,
    building: Annotated[str | None, Query(max_length=100)] = None,
    q: Annotated[
        str | None, Query(max_length=200, description="words found in what an entry says")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """
    Answers offices of the map, then customers' desks: all, or those that fit every filter.

    The tag of the first part of one customer's desks is that of its directory, for ``PUT``.
    """
    view = await zone.look()

    def work() -> Response:
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
        found = [entries[k] for k in ids]
        desks = [entry for entry in found if isinstance(entry, DirectoryDesk)]
        told = with_directory(who, view, desks, zone.contacts)
        items = [desk_entry_out(entry, told) for entry in found]
        tag = "desks"
        if customer is not None and cursor is None:
            tag = _tag(_of(customer, view.state.desks))
        return shown(Page(items=items, next=following), tag, if_none_match)

    return await asyncio.to_thread(work)


@router.put(
    "",
    summary="Replace a customer's desks",
    response_model=DirectoryOut,
    openapi_extra=dict(REQUEST_BODY),
    dependencies=[needs("desks.change")],
)
async def replace_desks(
    request: Request,
    zone: Here,
    once: Sent,
    customer: Annotated[Customer, Query(description="whose directory this is")],
    if_match: IfMatch = None,
) -> Response:
    """
    Takes JSON or CSV as all desks of a customer, in place of those before; every row or none.

    CSV has a row of names first: building, and if wanted floor, department, desk, id, customer,
    contact_name, contact_phone.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    body = await request.body()
    view = await zone.look()
    # A large table takes a second to check; orders shall not wait for it.
    table = await asyncio.to_thread(read_table, kind, body, view.city, customer, view.state.desks)
    # Beforehand: the tag is of desks that refer to contacts, and takes a while for many.
    desks = await zone.ask(lambda room: kept_desks(room, table.desks, table.contacts), wake=False)
    before = (
        "" if if_match is None else await asyncio.to_thread(_tag, _of(customer, view.state.desks))
    )
    after = await asyncio.to_thread(_tag, desks)

    def work(room: Room) -> Answer:
        present = room.dispatcher.state.desks
        if if_match is not None:
            mine = _of(customer, present)
            tag = before if present is view.state.desks else _tag(mine)
            now = DirectoryNowOut(customer=customer, desks=len(mine))
            check_match(if_match, tag, lambda: now)
        replaced = replace_directory(room.dispatcher, customer, desks, room.now)
        return Answer(DirectoryOut.model_validate(replaced, from_attributes=True), tag=after)

    return await once.ask(zone, work, wake=False)


def _of(customer: str, desks: Mapping[str, DirectoryDesk]) -> list[DirectoryDesk]:
    return [desk for desk in desks.values() if desk.customer == customer]


def _tag(desks: Iterable[DirectoryDesk]) -> str:
    """Returns the tag of a customer's directory, equal for equal desks in any order."""
    told = "\n".join(dumps(to_json(desk)) for desk in sorted(desks, key=lambda desk: desk.id))
    return f"desks-{hashlib.sha256(told.encode()).hexdigest()[:16]}"


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


def desk_entry_out(entry: Entry, view: View) -> DeskEntryOut:
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
    lat, lon = _door(entry, view.city)
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
        contact=contact_out(view.contact(entry.contact)),
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
