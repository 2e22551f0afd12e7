"""
From what is asked to an order as it would be placed now: checked against the world, not yet placed.

Raises InvalidRequest or NotFound; nothing here changes anything.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from dispatch.errors import CityError, InvalidRequest, NotFound
from dispatch.events import OrderPlaced
from dispatch.orders import Desk, Drop, Item, Order
from dispatch.promises import Promise, WallClock
from dispatch.promising import promised

Terms = tuple[Promise, int | None, int]
"""What `dispatch.promising.promised` gives."""

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatch.city import City
    from dispatch.dispatcher import Dispatcher
    from dispatch.promises import Service
    from dispatch.requests import (
        DeskRequest,
        DropRequest,
        OrderRequest,
        QuoteRequest,
    )
    from dispatch.state import State


def fingerprint(request: OrderRequest | QuoteRequest) -> str:
    """Returns a digest of what is asked, equal for equal requests, whatever quote they name."""
    content = {name: value for name, value in asdict(request).items() if name != "quote_id"}
    content["drops"] = [_told(drop) for drop in request.drops]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def wanted(service: str, drops: Sequence[DropRequest]) -> str:
    """
    Returns a digest of a service and drops: what ties an order to the quote it names.

    What is brought where is in it; what people are called, and goods, and notes are not, as they
    are often told with the order only.
    """
    content = [service, [_brought(drop) for drop in drops]]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _brought(drop: DropRequest) -> list[object]:
    desk = asdict(replace(drop.desk, contact=""))
    return [desk, [(item.sku, item.quantity, item.load) for item in drop.items]]


def _told(drop: DropRequest) -> dict[str, Any]:
    told = asdict(drop)
    if not drop.desk.contact:
        # As it was digested while orders held contacts: orders of then can be sent again.
        told["desk"]["contact"] = {"name": "", "phone": ""}
    return told


def service_of(state: State, name: str) -> Service:
    """Returns the service of this name; raises InvalidRequest for one that is not offered."""
    if name not in state.services:
        raise InvalidRequest(
            f"There is no service {name!r}.",
            at="service",
            cure=f"Choose from {', '.join(state.services)}.",
            code="unknown-service",
            value=name,
        )
    return state.services[name]


def stores_for(state: State, name: str | None) -> tuple[str, ...]:
    """Returns the stores an order may come from; raises NotFound for an unknown one."""
    if name is None:
        return tuple(state.stores)
    if name not in state.stores:
        raise NotFound(
            f"There is no store {name!r}.",
            at="store",
            cure=f"Choose from {', '.join(state.stores)}.",
            code="unknown-store",
            value=name,
        )
    return (name,)


def new_order(
    dispatcher: Dispatcher,
    request: OrderRequest | QuoteRequest,
    store: str,
    now: int,
    terms: Terms | None = None,
) -> OrderPlaced:
    """
    Returns the order as it would be placed now from one store, with the usual deadline.

    ``terms`` are what its service promises now, where that is known already.
    """
    state = dispatcher.state
    service = service_of(state, request.service)
    promise, deadline, promise_s = terms or promised(service, now, dispatcher.calendars)
    order_id = f"o_{len(state.orders) + 1}"
    drops = _drops(dispatcher.city, state, request.drops, order_id, now)
    ready_at = request.ready_at
    order = Order(
        id=order_id,
        service=service.name,
        urgent=service.urgent,
        promise=promise,
        store=store,
        placed_at=now,
        deadline=deadline,
        promise_s=promise_s,
        ready_at=now + state.stores[store].preparation_s if ready_at is None else ready_at,
        drops=tuple(drop.id for drop in drops),
    )
    return OrderPlaced(now, order, drops)


def with_promise(placed: OrderPlaced, promise_s: int) -> OrderPlaced:
    """
    Returns the order with this time promised, counted by the wall clock where it is not the usual.

    The deadline is counted from placing; None where the clock starts later.
    """
    order = placed.order
    if promise_s == order.promise_s:
        return placed
    promise = replace(order.promise, clock=WallClock(promise_s), cut_off=None, calendar="")
    order = replace(order, promise=replace(promise, provisional=False), promise_s=promise_s)
    if order.deadline is not None:
        order = replace(order, deadline=order.placed_at + promise_s)
    return replace(placed, order=order)


def _drops(
    city: City, state: State, requests: Sequence[DropRequest], order: str, now: int
) -> tuple[Drop, ...]:
    """Returns the drops; one heavier than the largest courier becomes sibling drops."""
    if not requests:
        raise InvalidRequest(
            "The order has no drops.", at="drops", cure="Give at least one drop.", value=[]
        )
    largest = max((c.capacity for c in state.couriers.values() if c.shift_end > now), default=None)
    drops: list[Drop] = []
    for i, request in enumerate(requests):
        desk = _desk(city, state, request.desk, f"drops[{i}].desk")
        _check_items(request.items, f"drops[{i}].items")
        for items in split(request.items, largest):
            number = len(state.drops) + len(drops) + 1
            drops.append(Drop(f"d_{number}", order, desk, items, request.note))
    return tuple(drops)


def _check_items(items: Sequence[Item], at: str) -> None:
    if not items:
        raise InvalidRequest(
            "The drop has no items.", at=at, cure="Give at least one item.", value=[]
        )
    for i, item in enumerate(items):
        for name, least in (("quantity", 1), ("load", 0)):
            value = getattr(item, name)
            if not least <= value <= MOST:
                raise InvalidRequest(
                    f"The {name} is {value}.",
                    at=f"{at}[{i}].{name}",
                    cure=f"Give a whole number from {least} to {MOST}.",
                    code=f"invalid-{name}",
                    value=value,
                )
    skus = [item.sku for item in items]
    twice = next((sku for sku in skus if skus.count(sku) > 1), None)
    if twice is not None:
        raise InvalidRequest(
            f"The item {twice!r} stands {skus.count(twice)} times.",
            at=at,
            cure="Name each sku once per drop and add up the quantity.",
            code="duplicate-sku",
            value=twice,
        )


MOST = 100_000
"""The largest quantity and unit load of an item; a slip of the keyboard is larger."""

MOST_SIBLINGS = 200
"""The most drops one drop may be split into; more is a van, not a courier."""


def split(items: Sequence[Item], capacity: int | None) -> tuple[tuple[Item, ...], ...]:
    """
    Returns the items in parts that one courier of this capacity can carry, in order.

    A single unit heavier than the capacity becomes a part of its own, which nobody can carry: the
    plan then says so. ``capacity`` None, or 0, splits nothing. Raises InvalidRequest when the parts
    would be too many.
    """
    total = sum(item.quantity * item.load for item in items)
    if not capacity or total <= capacity:
        return (tuple(items),)
    if total > capacity * MOST_SIBLINGS:
        raise InvalidRequest(
            f"The drop weighs {total}, the largest courier carries {capacity}.",
            at="drops",
            cure=f"Order at most {capacity * MOST_SIBLINGS} for one desk.",
            code="too-heavy",
            value=total,
        )
    parts: list[list[Item]] = [[]]
    free = capacity
    for item in items:
        left = item.quantity
        while left:
            fits = left if item.load == 0 else min(left, max(0, free) // item.load)
            if (fits == 0 or free < 0) and parts[-1]:
                parts.append([])
                free = capacity
                continue
            fits = max(1, fits)
            parts[-1].append(replace(item, quantity=fits))
            free -= fits * item.load
            left -= fits
    return tuple(tuple(part) for part in parts)


def _desk(city: City, state: State, request: DeskRequest, at: str) -> Desk:
    """Returns the desk named by directory id or ad hoc; raises where the city has no such place."""
    building, floor, department = request.building, request.floor, request.department
    desk, contact = request.desk, request.contact
    if request.id is not None:
        known = _known_desk(city, state, request.id, f"{at}.id")
        building = known.building if building is None else building
        floor = known.floor if floor is None else floor
        department, desk = department or known.department, desk or known.desk
        contact = contact or known.contact
    if building is None or floor is None:
        raise InvalidRequest(
            "The desk has neither an id nor building and floor.",
            at=at,
            cure="Give desk.id, or desk.building and desk.floor.",
            code="incomplete-desk",
        )
    try:
        city.place(building, floor)
    except CityError as error:
        raise InvalidRequest(
            error.what,
            at=f"{at}.{'floor' if building in city.buildings else 'building'}",
            cure=error.cure,
            code="unknown-place",
            value=floor if building in city.buildings else building,
        ) from error
    return Desk(building, floor, department, desk, request.id, contact)


def _known_desk(city: City, state: State, key: str, at: str) -> Desk:
    """Returns a desk of a customer's directory, or the front desk of an office of the map."""
    if key in state.desks:
        own = state.desks[key]
        return Desk(own.building, own.floor, own.department, own.desk, key, own.contact)
    if key in city.offices:
        office = city.offices[key]
        return Desk(office.building, office.floor, office.name, id=key)
    raise NotFound(
        f"There is no desk {key!r} in {city.name}.",
        at=at,
        cure="See GET /v1/desks, or name building and floor instead.",
        code="unknown-desk",
        value=key,
    )
