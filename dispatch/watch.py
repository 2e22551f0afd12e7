"""
Who has to be told about a promise, and when: warnings and breaches, each as an event written once.

What will fall due is worked out once for each order and again only when the order changes, so that
looking at the clock costs little however many orders are open. An event is dated with the moment it
fell due; the log says beside it when it was written, which is later where the service was down.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from dispatch.calendars import instant_of, local
from dispatch.entering import takes_work
from dispatch.events import (
    GoodsArrived,
    OrderPlaced,
    OrderResumed,
    PromiseBreached,
    PromiseWarned,
)
from dispatch.orders import Order, Store
from dispatch.promise_clocks import Facts, started_at, warnings_due
from dispatch.promise_due import needs_calendar
from dispatch.promising import calendar_pinned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dispatch.calendars import Calendar
    from dispatch.events import Event
    from dispatch.state import State

HALF, MOST, ANSWER, UNANSWERED, OFF_DUTY = "half", "most", "answer", "unanswered", "off_duty"
"""The kinds of warnings."""

SHARES = {0.5: HALF, 0.8: MOST}
"""The kind of the warning at a share of the time."""

STARTS_CLOCK = OrderPlaced | GoodsArrived | OrderResumed
"""Events after which the clock of an order may run."""


@dataclass(frozen=True, slots=True)
class Watched:
    """An open order as it was looked at, and what will have to be told if it stays so."""

    order: Order
    ahead: tuple[PromiseWarned | PromiseBreached, ...]


def watched(
    state: State, calendars: Mapping[str, Calendar], before: Mapping[str, Watched]
) -> dict[str, Watched]:
    """
    Returns the open orders with what lies ahead of them, by id.

    ``before`` is what this said of an earlier state; an order that is the same is not counted anew.
    """
    found: dict[str, Watched] = {}
    for drop in state.live.values():
        if drop.order in found or not drop.status.is_open:
            continue
        order, known = state.orders[drop.order], before.get(drop.order)
        if known is None or known.order is not order:
            known = Watched(order, tuple(_ahead(order, calendar_pinned(order.promise, calendars))))
        found[order.id] = known
    return found


def next_moment(orders: Mapping[str, Watched]) -> int | None:
    """Returns the Unix second at which somebody has to be told something, None for never."""
    return min((event.at for seen in orders.values() for event in seen.ahead), default=None)


def fell_due(
    orders: Mapping[str, Watched], now: int
) -> tuple[PromiseWarned | PromiseBreached, ...]:
    """Returns what fell due by now and was not written yet, in the order in which it did."""
    found = (event for seen in orders.values() for event in seen.ahead if event.at <= now)
    return tuple(sorted(found, key=lambda event: event.at))


def _ahead(order: Order, calendar: Calendar | None) -> Iterator[PromiseWarned | PromiseBreached]:
    for warning in (*_shares(order, calendar), *_answers(order)):
        if warning.kind not in order.warned:
            yield warning
    if order.deadline is not None and order.breached_at is None:
        # The last second is in time.
        yield PromiseBreached(order.deadline + 1, order.id, order.deadline)


def _shares(order: Order, calendar: Calendar | None) -> Iterator[PromiseWarned]:
    promise = order.promise
    if calendar is None and needs_calendar(promise):
        return
    start = started_at(promise, Facts(order.placed_at, order.goods_arrived_at))
    for share, at in warnings_due(promise, start, order.pauses, calendar):
        text = f"{share:.0%} of the time promised is used."
        yield PromiseWarned(at, order.id, SHARES.get(share, f"{share:g}"), text)


def _answers(order: Order) -> Iterator[PromiseWarned]:
    seconds = order.promise.answer_s
    if seconds is None or order.answered_at is not None:
        return
    text = f"No answer yet; one was promised within {seconds} s."
    yield PromiseWarned(order.placed_at + (seconds + 1) // 2, order.id, ANSWER, text)
    text = f"No answer within the {seconds} s promised."
    yield PromiseWarned(order.placed_at + seconds + 1, order.id, UNANSWERED, text)


def off_duty(
    state: State, events: Sequence[Event], timezone: str, now: int
) -> Iterator[PromiseWarned]:
    """
    Yields a warning for each order whose clock these events started with nobody on shift for it.

    ``state`` is the one after them. On shift is who may get work between now and the deadline, and
    somebody must be in the store then.
    """
    for event in events:
        if not isinstance(event, STARTS_CLOCK):
            continue
        name = event.order.id if isinstance(event, OrderPlaced) else event.order
        order = state.orders[name]
        if order.deadline is None or OFF_DUTY in order.warned:
            continue
        if not _on_shift(state, now, order.deadline):
            text = "No courier's shift lies between now and the deadline."
        elif not _is_staffed(state.stores[order.store], now, order.deadline, timezone):
            text = f"Nobody is in store {order.store} between now and the deadline."
        else:
            continue
        yield PromiseWarned(now, name, OFF_DUTY, text)


def _on_shift(state: State, start: int, end: int) -> bool:
    return any(
        takes_work(courier, start) and courier.shift_start <= end
        for courier in state.couriers.values()
    )


def _is_staffed(store: Store, start: int, end: int, timezone: str) -> bool:
    """Returns whether a store has hours between two moments; the same hours hold on every day."""
    day, last = (local(instant, timezone).date() for instant in (start, end))
    # Whatever happens within a day happens by the end of the next.
    days = [day + timedelta(days=i) for i in range(min(2, (last - day).days + 1))]
    return not store.hours or any(
        instant_of(d, opens, timezone) <= end and instant_of(d, closes, timezone) > start
        for d in days
        for opens, closes in store.hours
    )
