"""
How an order comes into a zone and changes there: promised, planned, durable, or nothing happened.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dispatch.carrying import renamed
from dispatch.errors import Conflict, NotFound
from dispatch.events import OrderCancelled, OrderReady
from dispatch.honest import MINUTE
from dispatch.intake import fingerprint, new_order, wanted, with_promise
from dispatch.keeping import known_quote, taken_over
from dispatch.orders import DropStatus, Order, Quote
from dispatch.outlooks import Outlook, breaks_word, seen
from dispatch.proposals import carried
from dispatch.state import apply
from dispatch.wishing import aim_of, best_outlook, wished

if TYPE_CHECKING:
    from dispatch.dispatcher import Dispatcher
    from dispatch.events import OrderPlaced
    from dispatch.proposals import Proposal
    from dispatch.requests import OrderRequest
    from dispatch.state import State


def place_order(dispatcher: Dispatcher, request: OrderRequest, now: int) -> Order:
    """
    Returns the order with its promise, planned and durable.

    The same external id with the same content gives the same order again. Raises Conflict for the
    same id with other content, for a quote that is used up, expired or for something else, and
    where ``on_infeasible`` is ``reject`` and neither the usual time nor the quoted one can be kept.
    The word of a quote is kept where a place was held for it, and else where the plan still can.
    """
    digest = fingerprint(request)
    known = known_again(dispatcher.state, request, digest)
    if known is not None:
        return known
    quote = _quote(dispatcher, request, now)
    if quote is not None:
        request = replace(request, store=quote.store)
    best = _best(dispatcher, request, quote, now)
    usual = new_order(dispatcher, request, best.placed.order.store, now).order.promise_s
    promise_s = _promise(request, best, quote)
    order = replace(
        best.placed.order,
        customer=request.customer,
        channel=request.channel,
        external_id=request.external_id,
        quote=quote.id if quote else None,
        fingerprint=digest,
        requoted=promise_s > usual,
    )
    placed = with_promise(replace(best.placed, order=order), promise_s)
    state = apply(dispatcher.state, placed)
    dispatcher.publish(now, (placed,), replace(best.proposal, state=state))
    return dispatcher.state.orders[order.id]


def _best(dispatcher: Dispatcher, request: OrderRequest, quote: Quote | None, now: int) -> Outlook:
    """
    Returns what the plan would be with the order, from what is likely to keep its quote's word.

    That is the place held for it, then a plan that was searched for when it was quoted.
    """
    if quote is None:
        return best_outlook(dispatcher, request, now)
    placed = wished(dispatcher, request, quote.store, now, quote)
    for proposal in (
        taken_over(dispatcher, placed, quote, now),
        _found(dispatcher, placed, quote, now),
    ):
        if proposal is not None:
            aim = aim_of(dispatcher, placed, quote)
            best = seen(dispatcher, placed, proposal, aim, now)
            if best.feasible and not breaks_word(dispatcher, placed, proposal, aim):
                return best
    return best_outlook(dispatcher, request, now, quote)


def _found(dispatcher: Dispatcher, placed: OrderPlaced, quote: Quote, now: int) -> Proposal | None:
    """Returns the plan that was found for a quote, carried over to now; None if none is known."""
    found = dispatcher.found.get(quote.id)
    if found is None or len(found.drops) != len(placed.drops):
        return None
    names = dict(zip(found.drops, placed.order.drops, strict=True))
    state = apply(dispatcher.state, placed)
    return carried(state, dispatcher.model(state, now), renamed(found.sequences, names))


def known_again(state: State, request: OrderRequest, digest: str) -> Order | None:
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
    quote = known_quote(dispatcher.state, request.quote_id)
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
    asked_s = best.placed.order.promise_s
    if best.feasible or request.on_infeasible == "accept_late":
        return asked_s
    if request.on_infeasible == "reject":
        what = f"{asked_s // MINUTE} minutes cannot be promised now"
        if quote is not None:
            what = f"The {asked_s // MINUTE} minutes of {quote.id} cannot be kept any more"
        raise Conflict(
            f"{what}; {best.promise_s // MINUTE} minutes can."
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
