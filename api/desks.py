"""
The desk directory: so far the named offices of the map, read only.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.bodies import Out, Page
from api.depends import Here, Who
from api.paging import Cursor, Limit, page_of
from api.zone import Room
from dispatch.city import Office

router = APIRouter(prefix="/v1/desks", tags=["city"])


class DeskEntryOut(Out):
    """
    An entry of the directory: the front desk of a named office.

    ``name`` becomes the department of drops that name the desk by its id.
    """

    id: str
    name: str
    building: str
    floor: int
    floor_assumed: bool
    lat: float
    lon: float


@router.get("", summary="List the desk directory")
async def list_desks(
    zone: Here,
    _: Who,
    building: Annotated[str | None, Query(max_length=100)] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[DeskEntryOut]:
    """Answers desks by id, those of one building if it is named."""

    def work(room: Room) -> Page[DeskEntryOut]:
        offices = room.dispatcher.city.offices
        ids, following = page_of(
            offices,
            cursor,
            limit,
            lambda name: building is None or offices[name].building == building,
        )
        return Page(items=[desk_entry_out(offices[name]) for name in ids], next=following)

    return await zone.ask(work)


def desk_entry_out(office: Office) -> DeskEntryOut:
    """Returns an office as an entry of the directory."""
    return DeskEntryOut(
        id=office.id,
        name=office.name,
        building=office.building,
        floor=office.floor,
        floor_assumed=office.floor_assumed,
        lat=office.lat,
        lon=office.lon,
    )
