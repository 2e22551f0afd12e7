"""
What a buyer sees of one order, who shows the token of a link to it: where it is, when it comes.

Nothing of others: no names, no phone numbers, no other stops. Where its courier is, about, only
while they ride to it and to nothing else before.
"""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request

from api.access import ANYBODY, Principal
from api.bodies import Moment, Out
from api.depends import Here
from api.gate import address_of, locked_out
from api.limits import limits_of
from api.lockout import Lockout
from api.problems import Problem
from api.view import View
from api.zone import Room
from dispatch import links, proofs
from dispatch.geo import distance
from dispatch.orders import Courier, Drop, Order
from dispatch.requests import Position
from dispatch.status import drop_status, order_status, promise_of

router = APIRouter(prefix="/v1/track", tags=["track"])

FRESH_S = 300
"""Seconds for which it is told where a courier was."""

COARSE_M = 100
"""What distances are rounded to."""

COARSE_DEGREES = 3
"""Decimals of a place that are told: about 100 m."""


class NearbyOut(Out):
    """Where the courier was a moment ago, to about 100 m, and how far that is from the door."""

    lat: float
    lon: float
    distance_m: int
    at: Moment


class TrackDropOut(Out):
    """
    A part of the order: ``eta`` null where it is over, or not planned yet.

    ``pin`` is what the courier is told at the desk, null once it was handed over. ``courier`` is
    there while they ride to it.
    """

    department: str | None
    status: str
    eta: Moment | None
    eta_p90: Moment | None
    closed_at: Moment | None
    pin: str | None
    is_next: bool
    courier: NearbyOut | None


class TrackOut(Out):
    """One order as its buyer sees it; ``order`` is its external id, if it has one."""

    order: str
    status: str
    placed_at: Moment
    due_at: Moment | None
    promise: str
    now: Moment
    timezone: str
    drops: list[TrackDropOut]


@router.get("", summary="Show an order to its buyer", dependencies=[ANYBODY])
async def track(zone: Here, request: Request) -> TrackOut:
    """
    Answers the order of the link whose token is sent: `Authorization: Bearer dsl_…`.

    404 for one that is forged, revoked or expired; they all look the same.
    """
    address, lockout = address_of(request), _lockout(request)
    if wait_s := lockout.wait_s(address):
        raise locked_out(wait_s)
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    shown = shown.strip() if scheme.lower() == "bearer" else ""

    def work(room: Room) -> tuple[links.Link, View, Mapping[str, str], Mapping[str, Position]]:
        view = View.of(room.dispatcher, room.now)
        with room.database.read() as connection:
            link = links.find(connection, room.zone, shown, room.now)
            order = None if link is None else view.state.orders.get(link.order_id)
            if link is None or order is None or not links.is_shown(order, view.state, room.now):
                raise unknown_link()
            pins = proofs.pins_of(connection, room.zone, order.drops)
        return link, view, pins, room.dispatcher.memory().positions

    try:
        link, view, pins, positions = await zone.ask(work, wake=False)
    except Problem:
        lockout.note(address)
        raise
    (await limits_of(request)).spend(_buyer(link), "requests")
    return track_out(view.state.orders[link.order_id], view, pins, positions)


def track_out(
    order: Order, view: View, pins: Mapping[str, str], positions: Mapping[str, Position]
) -> TrackOut:
    """Returns an order as its buyer sees it."""
    drops = view.drops_of(order)
    promise = promise_of(order, drops, view.plan, view.now)
    return TrackOut(
        order=order.external_id or order.id,
        status=order_status(order, drops, view.plan),
        placed_at=view.moment(order.placed_at),
        due_at=view.moment_or_none(promise.due_at),
        promise=promise.state,
        now=view.moment(view.now),
        timezone=view.city.timezone,
        drops=[_drop_out(drop, view, pins.get(drop.id), positions) for drop in drops],
    )


def _drop_out(
    drop: Drop, view: View, pin: str | None, positions: Mapping[str, Position]
) -> TrackDropOut:
    courier, stop = view.assignments.get(drop.id, (None, None))
    coming = _rides_to(view.state.couriers[courier], drop) if courier else False
    return TrackDropOut(
        department=drop.desk.department or None,
        status=drop_status(drop, view.assignments),
        eta=view.moment(stop.departure) if stop else None,
        eta_p90=view.moment_or_none(view.eta_p90(drop.id)),
        closed_at=view.moment_or_none(drop.closed_at),
        pin=pin if drop.status.is_open else None,
        is_next=coming,
        courier=_nearby(positions.get(courier), drop, view) if courier and coming else None,
    )


def _rides_to(courier: Courier, drop: Drop) -> bool:
    """Returns whether a courier is on the way to a drop, or at its desk, and to nothing before."""
    return courier.committed is not None and courier.committed.drop == drop.id


def _nearby(position: Position | None, drop: Drop, view: View) -> NearbyOut | None:
    if position is None or position.at < view.now - FRESH_S:
        return None
    building = view.city.buildings[drop.desk.building]
    away = distance((position.lat, position.lon), (building.lat, building.lon))
    return NearbyOut(
        lat=round(position.lat, COARSE_DEGREES),
        lon=round(position.lon, COARSE_DEGREES),
        distance_m=max(COARSE_M, round(away / COARSE_M) * COARSE_M),
        at=view.moment(position.at),
    )


def unknown_link() -> Problem:
    """Returns the answer to a token that is no link's."""
    return Problem(
        404,
        "unknown-link",
        "The link is not, or no longer, good.",
        cure="Ask who gave it to you for another; it ends some hours after the delivery.",
    )


def _buyer(link: links.Link) -> Principal:
    """Returns in whose name requests with a link are counted: each has an allowance of its own."""
    return Principal(f"link {link.id}", "intake", frozenset())


def _lockout(request: Request) -> Lockout:
    found: Lockout = request.app.state.lockout
    return found
