"""
How couriers come into a zone and how their shifts, capacities and pauses change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dispatch.dispatcher import unknown_courier
from dispatch.errors import InvalidRequest
from dispatch.events import CourierAdded, CourierChanged
from dispatch.intake import MOST, stores_for
from dispatch.orders import Courier

if TYPE_CHECKING:
    from dispatch.dispatcher import Dispatcher
    from dispatch.requests import CourierChange, CourierRequest


def add_courier(dispatcher: Dispatcher, request: CourierRequest, now: int) -> Courier:
    """
    Returns a new courier, standing at its store.

    Raises NotFound for an unknown store, InvalidRequest for an empty shift, a capacity out of range
    and a profile that is not the city's.
    """
    (store,) = stores_for(dispatcher.state, request.store)
    _check_shift(request.shift_start, request.shift_end)
    _check_capacity(request.capacity)
    profile = _profile(dispatcher, request.profile)
    at = dispatcher.state.stores[store]
    courier = Courier(
        id=f"c_{len(dispatcher.state.couriers) + 1}",
        name=request.name,
        store=store,
        capacity=request.capacity,
        place=dispatcher.city.street_place(at.lat, at.lon),
        shift_start=request.shift_start,
        shift_end=request.shift_end,
        profile=profile,
        skills=request.skills,
    )
    dispatcher.handle(now, CourierAdded(now, courier))
    return courier


def change_courier(
    dispatcher: Dispatcher, courier_id: str, change: CourierChange, now: int
) -> Courier:
    """Returns the courier with another shift, capacity or pause."""
    courier = dispatcher.state.couriers.get(courier_id)
    if courier is None:
        raise unknown_courier(courier_id)
    event = CourierChanged(
        at=now,
        courier=courier_id,
        shift_start=courier.shift_start if change.shift_start is None else change.shift_start,
        shift_end=courier.shift_end if change.shift_end is None else change.shift_end,
        capacity=courier.capacity if change.capacity is None else change.capacity,
        paused=courier.paused if change.paused is None else change.paused,
    )
    _check_shift(event.shift_start, event.shift_end)
    _check_capacity(event.capacity)
    dispatcher.handle(now, event)
    return dispatcher.state.couriers[courier_id]


def _profile(dispatcher: Dispatcher, wanted: str | None) -> str:
    """Returns the profile of the city; raises where another is wanted, which would not be kept."""
    profile = dispatcher.city.profile
    if wanted not in (None, profile):
        raise InvalidRequest(
            f"All times in {dispatcher.city.name} are planned for {profile}, not for {wanted}.",
            at="profile",
            cure=f"Leave profile out, give {profile!r}, or start the service with another profile.",
            code="other-profile",
            value=wanted,
        )
    return profile


def _check_shift(start: int, end: int) -> None:
    if end <= start:
        raise InvalidRequest(
            "The shift ends before it starts.",
            at="shift.end",
            cure="Give an end after the start.",
            code="empty-shift",
            value=end,
        )


def _check_capacity(capacity: int) -> None:
    if not 1 <= capacity <= MOST:
        raise InvalidRequest(
            f"The capacity is {capacity}.",
            at="capacity",
            cure=f"Give a whole number from 1 to {MOST}.",
            code="invalid-capacity",
            value=capacity,
        )
