"""
How an order comes into a zone and changes there: promised, planned, durable, or nothing happened.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dispatch.errors import Conflict, NotFound
from dispatch.events import OrderCancelled, OrderReady
from dispatch.intake import fingerprint, wanted, with_promise
from dispatch.orders import DropStatus, Order, Quote
from dispatch.outlooks import MINUTE, Outlook, best_outlook
from dispatch.state import apply

if TYPE_CHECKING:
    from dispatch.dispatcher import Dispatcher
    from dispatch.requests import OrderRequest
    from dispatch.state import State


def place_order(dispatcher: Dispatcher, request: OrderRequest, now: int) -> Order:
    """
    Returns the order with its promise, planned and durable.

    The same external id with the same content gives the same order again. Raises Conflict for the
    same id with other content, for a quote that is used up, expired or for something else, and
    where ``on_infeasible`` is ``reject`` and the usual time cannot be promised.
    """
    digest = fingerprint(request)
    known = _known(dispatcher.state, request, digest)
    if known is not None:
        return known
    quote = _quote(dispatcher, request, now)
    if quote is not None:
        request = replace(request, store=quote.store)
    best = best_outlook(dispatcher, request, now)
    promise_s = _promise(request, best, quote)
    order = replace(
        best.placed.order,
        customer=request.customer,
        channel=request.channel,
        external_id=request.external_id,
        quote=quote.id if quote else None,
        fingerprint=digest,
        requoted=promise_s > best.placed.order.promise_s,
    )
    placed = with_promise(replace(best.placed, order=order), promise_s)
    state = apply(dispatcher.state, placed)
    dispatcher.publish(now, (placed,), replace(best.proposal, state=state))
    return dispatcher.state.orders[order.id]


def _known(state: State, request: OrderRequest, digest: str) -> Order | None:
    """Returns the order that has this external id already, None for a new one."""
    name = None if request.external_id is None else state.external.get(request.external_id)
    if name is None:
        return None
    order = state.orders[name]
    if order.fingerprint == digest:
        return order
    raise Conflict(
        f"The external id {request.external_id!r} belongs to {order.id}, which has other content.",
        at="external_id",
        cure="Send the first content again, or use a new external id.",
        code="external-id-reused",
        value=request.external_id,
    )


def _quote(dispatcher: Dispatcher, request: OrderRequest, now: int) -> Quote | None:
    """Returns the quote an order names; raises where it does not hold for it."""
    if request.quote_id is None:
        return None
    quote = dispatcher.state.quotes.get(request.quote_id)
    if quote is None:
        raise NotFound(
            f"There is no quote {request.quote_id!r}.",
            at="quote_id",
            cure="Ask for a new quote.",
            code="unknown-quote",
            value=request.quote_id,
        )
    faults = {
        "quote-used": (quote.order is not None, f"was used for {quote.order}"),
        "quote-expired": (now > quote.expires_at, "has expired"),
        "quote-differs": (
            quote.fingerprint != wanted(request.service, request.drops),
            "is for another service or other drops",
        ),
    }
    for code, (is_so, text) in faults.items():
        if is_so:
            raise Conflict(
                f"The quote {quote.id!r} {text}.",
                at="quote_id",
                cure="Ask for a new quote, or leave quote_id out.",
                code=code,
                value=quote.id,
            )
    return quote


def _promise(request: OrderRequest, best: Outlook, quote: Quote | None) -> int:
    """Returns the seconds promised; raises Conflict where the customer wants no other time."""
    usual = best.placed.order.promise_s
    if request.on_infeasible == "accept_late":
        return usual
    if quote is not None:
        # A standard order's usual time may grow by a day between the two, at midnight.
        urgent = best.placed.order.urgent
        return quote.promise_s if urgent else min(usual, quote.promise_s)
    if not best.feasible and request.on_infeasible == "reject":
        raise Conflict(
            f"{usual // MINUTE} minutes cannot be promised now; "
            f"{best.promise_s // MINUTE} minutes can."
            if best.eta is not None
            else "Nobody can bring this order now.",
            at="service",
            cure="Order with on_infeasible 'requote' to accept the longer time.",
            code="no-capacity",
            value=best.promise_s,
        )
    return best.promise_s


def known_order(state: State, order_id: str) -> Order:
    """Returns an order; raises NotFound for an unknown one."""
    if order_id not in state.orders:
        raise NotFound(
            f"There is no order {order_id!r}.",
            at="order",
            cure="See GET /v1/orders.",
            code="unknown-order",
            value=order_id,
        )
    return state.orders[order_id]


def cancel_order(dispatcher: Dispatcher, order_id: str, now: int) -> Order:
    """Returns the order, cancelled; raises Conflict when goods are on board or it is over."""
    order = known_order(dispatcher.state, order_id)
    if order.cancelled_at is not None:
        return order
    drops = [dispatcher.state.drops[d] for d in order.drops]
    aboard = [drop.id for drop in drops if drop.status is DropStatus.ON_BOARD]
    if aboard:
        raise Conflict(
            f"Drops {', '.join(aboard)} of {order_id} are on board.",
            at="order",
            cure="Tell the courier to report them as failed with reason 'refused'; "
            "the goods then ride back to the store.",
            code="order-on-board",
            value=order_id,
        )
    if not any(drop.status.is_open for drop in drops):
        raise Conflict(
            f"Every drop of {order_id} is closed.",
            at="order",
            cure="Nothing is left to cancel.",
            code="order-closed",
            value=order_id,
        )
    dispatcher.handle(now, OrderCancelled(now, order_id))
    return dispatcher.state.orders[order_id]


def goods_ready(dispatcher: Dispatcher, order_id: str, ready_at: int, now: int) -> Order:
    """Returns the order with its goods ready at another time; raises Conflict once they left."""
    order = known_order(dispatcher.state, order_id)
    if not any(dispatcher.state.drops[d].status is DropStatus.WAITING for d in order.drops):
        raise Conflict(
            f"No drop of {order_id} waits for its goods.",
            at="order",
            cure="Only orders whose goods are still at the store can be corrected.",
            code="order-under-way",
            value=order_id,
        )
    dispatcher.handle(now, OrderReady(now, order_id, ready_at))
    return dispatcher.state.orders[order_id]
