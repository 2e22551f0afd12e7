"""
Couriers: who carries, when and how much, and where they are.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from pydantic import Field

from api.access import Principal, needs
from api.answers import SAME, Answer, IfMatch, IfNoneMatch, check_match, shown, tag_of
from api.bodies import Id, In, Instant, Label, Moment, Out, Page, PointIn
from api.contacts import courier_name, keeper, with_names
from api.depends import Here, Who
from api.once import Once, Sent
from api.paging import Cursor, Limit, page_of
from api.place_answers import DeskPlaceOut, StreetPlaceOut, place_of
from api.view import View
from api.zone import Room
from dispatch.coordinates import check_order
from dispatch.crew import add_courier, change_courier
from dispatch.dispatcher import unknown_courier
from dispatch.intake import MOST
from dispatch.orders import Courier
from dispatch.positions import on_shift
from dispatch.requests import CourierChange, CourierRequest, Position

router = APIRouter(prefix="/v1/couriers", tags=["couriers"])


async def _own(courier_id: Annotated[str, Path(max_length=100)], who: Who) -> str:
    """Returns the courier in the path; to a courier all others are unknown."""
    if who.courier not in (None, courier_id):
        raise unknown_courier(courier_id)
    return courier_id


CourierId = Annotated[str, Depends(_own)]
"""The parameter of a courier's own paths."""

Capacity = Annotated[int, Field(strict=True, ge=1, le=MOST)]
Skill = Annotated[str, Field(min_length=1, max_length=50)]


class ShiftIn(In):
    """From when until when a courier works."""

    start: Instant
    end: Instant


class CourierIn(In):
    """
    Who begins to work for a store; ``capacity`` in units of load.

    ``profile`` null: the zone's, which is the only one that times are planned with.
    """

    name: Annotated[str, Field(min_length=1, max_length=200)]
    store: Id
    capacity: Capacity
    shift: ShiftIn
    profile: Annotated[str, Field(min_length=1, max_length=50)] | None = None
    skills: Annotated[tuple[Skill, ...], Field(max_length=50)] = ()


class CourierPatch(In):
    """What changes about a courier; what is absent stays."""

    shift: ShiftIn | None = None
    capacity: Capacity | None = None
    paused: bool | None = None


class PositionIn(PointIn):
    """Where a phone was, and when."""

    at: Instant

    def to_domain(self) -> Position:
        """Returns the position in WGS-84."""
        return Position(*self.wgs84(), self.at)


class PositionsIn(In):
    """Positions in any order; the newest counts."""

    positions: Annotated[list[PositionIn], Field(min_length=1, max_length=500)]


class PositionsOut(Out):
    """
    How many positions were taken: those of the courier's shift, and of the work begun in it.

    They refine arrivals and may be lost in a crash.
    """

    accepted: int


class ShiftOut(Out):
    """From when until when a courier works."""

    start: Moment
    end: Moment


class PositionOut(Out):
    """Where a courier's phone said it was, and when."""

    lat: float
    lon: float
    at: Moment


class CourierOut(Out):
    """
    A courier; ``place`` is where the last stop ended, ``committed`` the stop under way.

    ``name`` is empty where it is erased, or not for who asks. ``position`` is the last one told in
    this shift; null where none was, or it is not for who asks.
    """

    id: str
    name: Label
    store: str
    capacity: int
    profile: str
    skills: list[str]
    shift: ShiftOut
    paused: bool
    silent: bool
    place: DeskPlaceOut | StreetPlaceOut
    position: PositionOut | None
    committed: str | None
    on_board: list[str]
    returning: list[str]
    plan_version: int


@router.post(
    "",
    status_code=201,
    summary="Add a courier",
    response_model=CourierOut,
    dependencies=[needs("couriers.change")],
)
async def add(body: CourierIn, zone: Here, once: Sent) -> Response:
    """Answers the courier, who stands at the store."""

    def work(room: Room) -> Answer:
        request = CourierRequest(
            name=keeper(room)(courier_name(body.name)),
            store=body.store,
            capacity=body.capacity,
            shift_start=body.shift.start,
            shift_end=body.shift.end,
            profile=body.profile,
            skills=body.skills,
        )
        return _answer(room, once, add_courier(room.dispatcher, request, room.now), 201)

    return await once.ask(zone, work)


@router.get("", summary="List couriers", dependencies=[needs("couriers.read")])
async def list_couriers(
    zone: Here, who: Who, cursor: Cursor = None, limit: Limit = 100
) -> Page[CourierOut]:
    """Answers couriers in the order in which they were added; to a courier only that one."""

    def work(room: Room) -> Page[CourierOut]:
        view = View.of(room.dispatcher, room.now)
        known = [c for c in view.state.couriers if who.courier in (None, c)]
        ids, following = page_of(known, cursor, limit)
        found = [view.state.couriers[courier] for courier in ids]
        told = with_names(who, view, found, room.contacts)
        items = [courier_out(courier, told) for courier in found]
        return Page(items=items, next=following)

    return await zone.ask(work)


@router.get(
    "/{courier_id}",
    summary="Show a courier",
    response_model=CourierOut,
    responses=SAME,
    dependencies=[needs("couriers.read")],
)
async def show(
    courier_id: CourierId, zone: Here, who: Who, if_none_match: IfNoneMatch = None
) -> Response:
    """Answers a courier."""

    def work(room: Room) -> tuple[CourierOut, str]:
        courier = known_courier(room, courier_id)
        out = courier_out(courier, _view(room, who, courier))
        return out, tag_of(room, courier_id, planned=False)

    return shown(*await zone.ask(work), if_none_match)


@router.patch(
    "/{courier_id}",
    summary="Change shift, capacity or pause",
    response_model=CourierOut,
    dependencies=[needs("couriers.change")],
)
async def change(
    courier_id: CourierId,
    body: CourierPatch,
    zone: Here,
    once: Sent,
    if_match: IfMatch = None,
) -> Response:
    """Answers the courier; work that no longer fits is planned for others."""
    wish = CourierChange(
        shift_start=body.shift.start if body.shift else None,
        shift_end=body.shift.end if body.shift else None,
        capacity=body.capacity,
        paused=body.paused,
    )

    def work(room: Room) -> Answer:
        if if_match is not None:
            before = known_courier(room, courier_id)
            view = _view(room, once.who, before)
            tag = tag_of(room, courier_id, planned=False)
            check_match(if_match, tag, lambda: courier_out(before, view))
        return _answer(room, once, change_courier(room.dispatcher, courier_id, wish, room.now))

    return await once.ask(zone, work)


@router.post(
    "/{courier_id}/positions",
    summary="Tell where a courier is",
    response_model=PositionsOut,
    dependencies=[needs("positions.tell")],
)
async def tell_positions(
    courier_id: CourierId, body: PositionsIn, zone: Here, once: Sent
) -> Response:
    """Takes positions on shift; they refine when the courier is expected to be free."""
    positions = [position.to_domain() for position in body.positions]
    points = {f"positions[{i}].lat": (p.lat, p.lon) for i, p in enumerate(positions)}

    def work(room: Room) -> Answer:
        check_order(room.dispatcher.city, points)
        courier, state = known_courier(room, courier_id), room.dispatcher.state
        at_work = courier.committed is not None or bool(state.on_board(courier_id))
        taken = on_shift(positions, courier, at_work=at_work)
        room.dispatcher.note_positions(courier_id, taken, room.now)
        room.database.save_positions(room.zone, courier_id, taken)
        return Answer(PositionsOut(accepted=len(taken)))

    return await once.ask(zone, work)


def _view(room: Room, who: Principal, courier: Courier) -> View:
    return with_names(who, View.of(room.dispatcher, room.now), (courier,), room.contacts)


def _answer(room: Room, once: Once, courier: Courier, status: int = 200) -> Answer:
    out = courier_out(courier, _view(room, once.who, courier))
    return Answer(out, status, tag_of(room, courier.id, planned=False))


def known_courier(room: Room, courier_id: str) -> Courier:
    """Returns a courier; raises NotFound for an unknown one."""
    courier = room.dispatcher.state.couriers.get(courier_id)
    if courier is None:
        raise unknown_courier(courier_id)
    return courier


def _position_out(courier: Courier, view: View) -> PositionOut | None:
    found = view.positions.get(courier.id)
    if found is None or found.at < courier.shift_start:
        return None
    return PositionOut(lat=found.lat, lon=found.lon, at=view.moment(found.at))


def courier_out(courier: Courier, view: View) -> CourierOut:
    """Returns a courier as JSON."""
    return CourierOut(
        id=courier.id,
        name=view.contact(courier.name).name,
        store=courier.store,
        capacity=courier.capacity,
        profile=courier.profile,
        skills=list(courier.skills),
        shift=ShiftOut(start=view.moment(courier.shift_start), end=view.moment(courier.shift_end)),
        paused=courier.paused,
        silent=courier.silent,
        place=place_of(courier.place, view),
        position=_position_out(courier, view),
        committed=courier.committed.stop if courier.committed else None,
        on_board=[drop.id for drop in view.state.on_board(courier.id)],
        returning=[drop.id for drop in view.state.returning(courier.id)],
        plan_version=view.plan.version,
    )
