"""
What starts, stops and answers the clocks of an order: goods arrive, it is paused, it is answered.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dispatch.errors import Conflict, InvalidRequest
from dispatch.events import GoodsArrived, OrderAnswered, OrderPaused, OrderResumed
from dispatch.ordering import known_order
from dispatch.orders import DropStatus
from dispatch.promise_due import falls_provisional
from dispatch.promises import Start
from dispatch.promising import calendar_pinned, deadline_of

if TYPE_CHECKING:
    from dispatch.dispatcher import Dispatcher
    from dispatch.orders import Order


def goods_arrived(dispatcher: Dispatcher, order_id: str, at: int | None, now: int) -> Order:
    """
    Returns the order, whose clock runs since its goods arrived; ``at`` None: now.

    The same again changes nothing. Raises Conflict where no goods are awaited or they came at
    another time, InvalidRequest for a moment in the future or before the order.
    """
    order = _open_order(dispatcher, order_id)
    if order.promise.starts is not Start.GOODS_ARRIVED:
        raise Conflict(
            f"The clock of {order_id} waits for no goods: it runs since the order was placed.",
            at="order",
            cure=f"Correct when they are ready with POST /v1/orders/{order_id}/ready.",
            code="goods-not-awaited",
            value=order_id,
        )
    if order.goods_arrived_at is not None:
        if at in (None, order.goods_arrived_at):
            return order
        raise Conflict(
            f"The goods of {order_id} arrived already, at another time.",
            at="at",
            cure="The clock runs since then and is not set again.",
            code="goods-arrived-already",
            value=at,
        )
    at = now if at is None else at
    _check_arrival(order, at, now)
    arrived = replace(order, goods_arrived_at=at)
    dispatcher.handle(now, GoodsArrived(at, order_id, *_end(dispatcher, arrived)))
    return dispatcher.state.orders[order_id]


def _check_arrival(order: Order, at: int, now: int) -> None:
    if at > now:
        raise InvalidRequest(
            f"The goods would arrive in {at - now} s.",
            at="at",
            cure="Tell it once they are there: a clock cannot start in the future.",
            code="arrival-in-future",
            value=at,
        )
    if at < order.placed_at:
        raise InvalidRequest(
            f"The goods would have arrived {order.placed_at - at} s before they were ordered.",
            at="at",
            cure="Give a moment from the placing of the order on.",
            code="arrival-before-order",
            value=at,
        )


def answer_order(dispatcher: Dispatcher, order_id: str, text: str, now: int) -> Order:
    """Returns the order, answered; the first answer counts, others are kept in its history."""
    _open_order(dispatcher, order_id)
    dispatcher.record(now, OrderAnswered(now, order_id, text))
    return dispatcher.state.orders[order_id]


def pause_order(dispatcher: Dispatcher, order_id: str, reason: str, now: int) -> Order:
    """
    Returns the order, which is not brought until it is resumed, and whose clock stands still.

    Pausing again for the same reason changes nothing. Raises Conflict for another reason, and once
    goods have left the store.
    """
    order = _open_order(dispatcher, order_id)
    running = next((pause for pause in order.pauses if pause.until is None), None)
    if running is not None:
        if running.reason == reason:
            return order
        raise Conflict(
            f"{order_id} is paused already: {running.reason}",
            at="reason",
            cure=f"Resume it first with POST /v1/orders/{order_id}/resume.",
            code="order-paused",
            value=reason,
        )
    _check_at_store(dispatcher, order)
    dispatcher.handle(now, OrderPaused(now, order_id, reason))
    return dispatcher.state.orders[order_id]


def _check_at_store(dispatcher: Dispatcher, order: Order) -> None:
    left = [d for d in order.drops if dispatcher.state.drops[d].status is not DropStatus.WAITING]
    if left:
        raise Conflict(
            f"Drops {', '.join(left)} of {order.id} have left the store.",
            at="order",
            cure="Only an order whose goods are all still there can be paused. Tell the courier to "
            "report what cannot be handed over as failed; it then rides back to the store.",
            code="order-under-way",
            value=order.id,
        )


def resume_order(dispatcher: Dispatcher, order_id: str, now: int) -> Order:
    """Returns the order, whose clock runs again where it stood; one that runs is left as it is."""
    order = _open_order(dispatcher, order_id)
    if not order.is_paused:
        return order
    pauses = tuple(p if p.until is not None else replace(p, until=now) for p in order.pauses)
    if order.deadline is None:
        end = _end(dispatcher, replace(order, pauses=pauses))
    else:
        # Due before it was paused: that stays, whatever became of its calendar.
        end = order.deadline, order.promise.provisional
    dispatcher.handle(now, OrderResumed(now, order_id, *end))
    return dispatcher.state.orders[order_id]


def _end(dispatcher: Dispatcher, order: Order) -> tuple[int | None, bool]:
    """Returns when an order is due, and whether that is on a day not yet published."""
    calendar = calendar_pinned(order.promise, dispatcher.calendars)
    deadline = deadline_of(order, calendar)
    if deadline is None:
        return None, False
    return deadline, falls_provisional(order.promise, deadline, calendar)


def _open_order(dispatcher: Dispatcher, order_id: str) -> Order:
    """Returns an order with an open drop; raises NotFound, or Conflict where it is over."""
    order = known_order(dispatcher.state, order_id)
    if not any(dispatcher.state.drops[d].status.is_open for d in order.drops):
        what = "was cancelled" if order.cancelled_at is not None else "is closed"
        raise Conflict(
            f"{order_id} {what}: its clocks have stopped.",
            at="order",
            cure="Place a new order if something is still to be brought.",
            code="order-closed",
            value=order_id,
        )
    return order
