"""
Links by which a buyer looks after one order: made and revoked by whoever may place it.
"""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.access import needs
from api.bodies import Moment, Out
from api.depends import Here, Who
from api.orders import OrderId
from api.sight import seen_order
from api.zone import Room
from dispatch import links, proofs
from dispatch.errors import Conflict

router = APIRouter(prefix="/v1/orders", tags=["orders"])


class LinkOut(Out):
    """
    A link to an order: ``token`` is never shown again, ``path`` is the page with it.

    The part behind ``#`` stays in the buyer's browser. ``expires_at`` is the latest: some hours
    after the order is over the link is over too.
    """

    id: str
    order: str
    token: str
    path: str
    expires_at: Moment


@router.post(
    "/{order_id}/links",
    status_code=201,
    summary="Let a buyer look after an order",
    dependencies=[needs("orders.place")],
)
async def make(order_id: OrderId, zone: Here, who: Who) -> LinkOut:
    """
    Answers a link, and gives the order's drops PINs, which its page shows.

    It takes no ``Idempotency-Key``, since the answer would be kept.
    """

    def work(room: Room) -> LinkOut:
        order = seen_order(room, who, order_id)
        if not links.is_shown(order, room.dispatcher.state, room.now):
            raise _over(order_id)
        with room.write() as connection:
            if links.count(connection, room.zone, order_id) >= links.MOST:
                raise _too_many(order_id)
            link, token = links.new_link(order_id, who.name, room.now)
            links.add(connection, room.zone, link)
            proofs.make_pins(connection, room.zone, order.drops, room.now)
        until = zone.moment(link.expires_at)
        path = f"/track#{token}"
        return LinkOut(id=link.id, order=order_id, token=token, path=path, expires_at=until)

    return await zone.ask(work, wake=False)


@router.delete(
    "/{order_id}/links",
    status_code=204,
    summary="End the links to an order",
    response_class=Response,
    dependencies=[needs("orders.place")],
)
async def revoke(order_id: OrderId, zone: Here, who: Who) -> Response:
    """Ends all links to an order at once, because one came into wrong hands."""

    def work(room: Room) -> None:
        seen_order(room, who, order_id)
        with room.write() as connection:
            links.revoke(connection, room.zone, order_id)

    await zone.ask(work, wake=False)
    return Response(status_code=204)


def _over(order_id: str) -> Conflict:
    return Conflict(
        f"The order {order_id} has been over for more than {links.AFTERWARDS_S // 3600} h.",
        at="order",
        cure="Its links end then; see GET /v1/orders/{id}.",
        code="order-over",
        value=order_id,
    )


def _too_many(order_id: str) -> Conflict:
    return Conflict(
        f"The order {order_id} has {links.MOST} links already.",
        at="order",
        cure="Use one of them, or end them: DELETE /v1/orders/{id}/links.",
        code="too-many-links",
        value=order_id,
    )
