"""
Orders: placed, shown, corrected, cancelled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from api.access import Principal, needs
from api.answers import SAME, Answer, IfMatch, IfNoneMatch, check_match, shown, tag_of
from api.bodies import Drops, Id, In, Instant, Keep, Label, Page, ServiceName
from api.contacts import keeper, with_contacts
from api.depends import Here, Who
from api.history import EntryOut, history_out
from api.once import Once, Sent
from api.order_answers import OrderOut, order_fields, order_out
from api.paging import Cursor, Limit, page_of
from api.sight import check_order, orders_of, seen_order
from api.view import View
from api.zone import Room, Zone
from dispatch.clocks import answer_order, goods_arrived, pause_order, resume_order
from dispatch.dispatcher import Dispatcher
from dispatch.ordering import cancel_order, goods_ready, place_order
from dispatch.orders import Order
from dispatch.owners import own
from dispatch.requests import OrderRequest
from dispatch.status import ended_at, order_status

router = APIRouter(prefix="/v1/orders", tags=["orders"])

OrderId = Annotated[str, Path(max_length=100)]

Status = Literal[
    "awaiting_goods",
    "placed",
    "planned",
    "under_way",
    "delivered",
    "partly_accepted",
    "returned",
    "cancelled",
]


EndedSince = Annotated[
    Instant | None, Query(description="leaves out orders that ended before; open ones are kept")
]

Channel = Literal["phone", "fax", "mail", "console", "api", "file"]
"""How an order came in."""


class OrderIn(In):
    """
    What a customer orders; ``store`` null: the one that can promise best.

    ``on_infeasible``: ``requote`` accepts with the honest time, ``accept_late`` keeps the usual
    deadline and shows the lateness, ``reject`` refuses. ``ready_at`` null: placed plus the store's
    preparation time.
    """

    service: ServiceName
    drops: Drops
    external_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    channel: Channel = "api"
    customer: Label = ""
    store: Id | None = None
    quote_id: Id | None = None
    on_infeasible: Literal["requote", "accept_late", "reject"] = "requote"
    ready_at: Instant | None = None

    def to_domain(self, keep: Keep) -> OrderRequest:
        """Returns the order as a value of the business."""
        return OrderRequest(
            service=self.service,
            drops=tuple(drop.to_domain(keep) for drop in self.drops),
            store=self.store,
            ready_at=self.ready_at,
            customer=self.customer,
            channel=self.channel,
            external_id=self.external_id,
            quote_id=self.quote_id,
            on_infeasible=self.on_infeasible,
        )


class ReadyIn(In):
    """When the goods are really ready at the store's counter."""

    at: Instant


class ArrivedIn(In):
    """When goods that were not in stock came into the store; null: now."""

    at: Instant | None = None


class AnswerIn(In):
    """What the customer was told."""

    text: Annotated[str, Field(min_length=1, max_length=1000)]


class PauseIn(In):
    """Why the order shall not be brought for now."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]


class OrderDetailOut(OrderOut):
    """An order with all that happened to it, oldest first."""

    history: list[EntryOut]


@router.post(
    "",
    status_code=201,
    summary="Place an order",
    response_model=OrderOut,
    dependencies=[needs("orders.place")],
)
async def place(body: OrderIn, zone: Here, who: Who, once: Sent) -> Response:
    """Answers the order with its promise. The same ``external_id`` and body give it again."""

    def work(room: Room) -> Answer:
        request = body.to_domain(keeper(room))
        check_order(room, who, request)
        order = place_order(room.dispatcher, request, room.now)
        with room.write() as connection:
            own(connection, room.zone, order.id, who.name)
        return _answer(room, who, order, 201)

    return await once.ask(zone, work)


@router.get("", summary="List orders", dependencies=[needs("orders.read")])
async def list_orders(
    zone: Here,
    who: Who,
    status: Annotated[Status | None, Query()] = None,
    service: Annotated[ServiceName | None, Query()] = None,
    ended_since: EndedSince = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[OrderOut]:
    """Answers orders in the order in which they were placed; to intake only its own."""

    view, mine = await zone.ask(
        lambda room: (View.of(room.dispatcher, room.now), orders_of(room, who))
    )

    def answer() -> Page[OrderOut]:
        def is_wanted(order_id: str) -> bool:
            order = view.state.orders[order_id]
            if mine is not None and order_id not in mine:
                return False
            if service is not None and order.service != service:
                return False
            if ended_since is not None and _ended_before(ended_since, order, view):
                return False
            return status is None or status == order_status(order, view.drops_of(order), view.plan)

        ids, following = page_of(view.state.orders, cursor, limit, is_wanted)
        found = [view.state.orders[order_id] for order_id in ids]
        drops = [drop for order in found for drop in view.drops_of(order)]
        told = with_contacts(who, view, drops, zone.contacts)
        items = [order_out(order, told) for order in found]
        return Page(items=items, next=following)

    # Not on the zone's thread: new orders shall not wait for a long list.
    return await asyncio.to_thread(answer)


def _ended_before(moment: int, order: Order, view: View) -> bool:
    ended = ended_at(order, view.drops_of(order))
    return ended is not None and ended < moment


@router.get(
    "/{order_id}",
    summary="Show an order with its history",
    response_model=OrderDetailOut,
    responses=SAME,
    dependencies=[needs("orders.read")],
)
async def show(
    order_id: OrderId, zone: Here, who: Who, if_none_match: IfNoneMatch = None
) -> Response:
    """Answers an order and all that happened to it."""

    def work(room: Room) -> tuple[OrderDetailOut, str]:
        order = seen_order(room, who, order_id)
        view = _view(room, who, order)
        own_drops = None if who.sees_all else frozenset(order.drops)
        events = room.database.history(room.zone, order_id)
        fields: dict[str, Any] = order_fields(order, view)
        detail = OrderDetailOut(**fields, history=history_out(events, view, own_drops))
        return detail, tag_of(room, order_id)

    return shown(*await zone.ask(work), if_none_match)


Change = Callable[[Dispatcher, int], Order]


@router.post(
    "/{order_id}/ready",
    summary="Correct when the goods are ready",
    response_model=OrderOut,
    dependencies=[needs("orders.change")],
)
async def ready(
    order_id: OrderId, body: ReadyIn, zone: Here, who: Who, once: Sent, if_match: IfMatch = None
) -> Response:
    """Answers the order, planned with its goods ready at another time."""
    return await _changed(
        zone, who, once, order_id, if_match, lambda d, now: goods_ready(d, order_id, body.at, now)
    )


@router.post(
    "/{order_id}/goods-arrived",
    summary="Tell that awaited goods arrived",
    response_model=OrderOut,
    dependencies=[needs("orders.change")],
)
async def arrived(
    order_id: OrderId, body: ArrivedIn, zone: Here, who: Who, once: Sent, if_match: IfMatch = None
) -> Response:
    """Answers the order, whose clock runs since then. The same again gives it again."""
    return await _changed(
        zone, who, once, order_id, if_match, lambda d, now: goods_arrived(d, order_id, body.at, now)
    )


@router.post(
    "/{order_id}/answers",
    summary="Tell that the customer was answered",
    response_model=OrderOut,
    dependencies=[needs("orders.change")],
)
async def answer(
    order_id: OrderId, body: AnswerIn, zone: Here, who: Who, once: Sent, if_match: IfMatch = None
) -> Response:
    """Answers the order; the first answer stops the answer clock."""
    return await _changed(
        zone,
        who,
        once,
        order_id,
        if_match,
        lambda d, now: answer_order(d, order_id, body.text, now),
    )


@router.post(
    "/{order_id}/pause",
    summary="Stop an order's clock",
    response_model=OrderOut,
    dependencies=[needs("orders.change")],
)
async def pause(
    order_id: OrderId, body: PauseIn, zone: Here, who: Who, once: Sent, if_match: IfMatch = None
) -> Response:
    """Answers the order, which is not brought until it is resumed; 409 once goods left."""
    return await _changed(
        zone,
        who,
        once,
        order_id,
        if_match,
        lambda d, now: pause_order(d, order_id, body.reason, now),
    )


@router.post(
    "/{order_id}/resume",
    summary="Let an order's clock run again",
    response_model=OrderOut,
    dependencies=[needs("orders.change")],
)
async def resume(
    order_id: OrderId, zone: Here, who: Who, once: Sent, if_match: IfMatch = None
) -> Response:
    """Answers the order with its deadline later by the time paused, as its clock counts it."""
    return await _changed(
        zone, who, once, order_id, if_match, lambda d, now: resume_order(d, order_id, now)
    )


@router.delete(
    "/{order_id}",
    summary="Cancel an order",
    response_model=OrderOut,
    dependencies=[needs("orders.cancel")],
)
async def cancel(
    order_id: OrderId, zone: Here, who: Who, once: Sent, if_match: IfMatch = None
) -> Response:
    """Answers the cancelled order; 409 when goods are on board, with how to proceed."""
    return await _changed(
        zone, who, once, order_id, if_match, lambda d, now: cancel_order(d, order_id, now)
    )


async def _changed(
    zone: Zone, who: Principal, once: Once, order_id: str, if_match: str | None, change: Change
) -> Response:
    """Changes an order that is as it was read, if the client says how that was."""

    def work(room: Room) -> Answer:
        if if_match is not None or not who.sees_all:
            order = seen_order(room, who, order_id)
            view = _view(room, who, order)
            check_match(if_match, tag_of(room, order_id), lambda: order_out(order, view))
        return _answer(room, who, change(room.dispatcher, room.now))

    return await once.ask(zone, work)


def _view(room: Room, who: Principal, order: Order) -> View:
    view = View.of(room.dispatcher, room.now)
    return with_contacts(who, view, view.drops_of(order), room.contacts)


def _answer(room: Room, who: Principal, order: Order, status: int = 200) -> Answer:
    out = order_out(order, _view(room, who, order))
    return Answer(out, status, tag_of(room, order.id))
