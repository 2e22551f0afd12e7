"""
What a principal sees of a zone: of things of others as little as if they were not there.

A thing that is not theirs is looked for in a state in which nothing is, so that the answer is the
one for a thing nobody knows, byte for byte.
"""

from __future__ import annotations

from api.access import Principal
from api.view import View
from api.zone import Room
from dispatch.errors import Conflict
from dispatch.keeping import known_quote
from dispatch.ordering import known_order
from dispatch.orders import Order
from dispatch.owners import owned_by, owner_of
from dispatch.requests import OrderRequest
from dispatch.state import State

NOTHING = State()
"""A zone as somebody sees it who may see nothing of it."""


def sees_order(room: Room, who: Principal, order_id: str) -> bool:
    """Returns whether an order is the principal's, or they see all."""
    if who.sees_all:
        return True
    with room.database.read() as connection:
        return owner_of(connection, room.zone, order_id) == who.name


def seen_order(room: Room, who: Principal, order_id: str) -> Order:
    """Returns an order; raises NotFound for an unknown one, and for one of somebody else."""
    state = room.dispatcher.state
    return known_order(state if sees_order(room, who, order_id) else NOTHING, order_id)


def orders_of(room: Room, who: Principal) -> frozenset[str] | None:
    """Returns the orders that a principal sees, None for all."""
    if who.sees_all:
        return None
    with room.database.read() as connection:
        return owned_by(connection, room.zone, who.name)


def check_quote(room: Room, who: Principal, quote_id: str) -> None:
    """Raises NotFound for a quote that was given to somebody else, if that is not theirs to see."""
    quote = room.dispatcher.state.quotes.get(quote_id)
    if quote is not None and not who.sees_all and quote.principal != who.name:
        known_quote(NOTHING, quote_id)


def check_order(room: Room, who: Principal, request: OrderRequest) -> None:
    """Raises for an order that names a quote of somebody else, or has the id of their order."""
    if request.quote_id is not None:
        check_quote(room, who, request.quote_id)
    if request.external_id is None:
        return
    known = room.dispatcher.state.external.get(request.external_id)
    if known is not None and not sees_order(room, who, known):
        raise Conflict(
            f"The external id {request.external_id!r} is in use.",
            at="external_id",
            cure="Use one that nobody else has.",
            code="external-id-reused",
            value=request.external_id,
        )


def sees_drop(view: View, who: Principal, drop_id: str) -> bool:
    """Returns whether a drop is on the present route of a courier, or the principal sees all."""
    assigned = view.assignments.get(drop_id)
    return who.sees_all or (assigned is not None and assigned[0] == who.courier)
