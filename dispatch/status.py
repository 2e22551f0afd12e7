"""
What an order looks like from outside: statuses and the state of its promise, computed on read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatch.orders import DropStatus
from dispatch.promise_clocks import answer_of
from dispatch.promises import PromiseState
from dispatch.promising import facts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatch.orders import Drop, Order
    from dispatch.plan import Plan, Stop
    from dispatch.promise_clocks import Standing

HANDED_OVER = (DropStatus.ACCEPTED, DropStatus.PARTLY_ACCEPTED)


@dataclass(frozen=True, slots=True)
class PromiseView:
    """
    A promise at one moment.

    ``kind`` is its service. ``due_at`` None: its clock has not started, or stands still.
    ``slack_s`` is what is left between the planned, or real, end and ``due_at``; None where nothing
    is planned.
    """

    kind: str
    due_at: int | None
    state: PromiseState
    slack_s: int | None


def drop_status(drop: Drop, assigned: dict[str, tuple[str, Stop]]) -> str:
    """Returns the status of a drop; ``assigned`` is ``plan.assignments()``."""
    if drop.status is DropStatus.WAITING and drop.id in assigned:
        return "planned"
    return drop.status.value


def order_status(order: Order, drops: Sequence[Drop], plan: Plan) -> str:
    """Returns the status of an order from those of its drops."""
    if order.cancelled_at is not None:
        return "cancelled"
    if order.awaits_goods:
        return "awaiting_goods"
    statuses = {drop.status for drop in drops}
    if any(status.is_open for status in statuses):
        if statuses == {DropStatus.WAITING}:
            assigned = plan.assignments()
            return "planned" if all(drop.id in assigned for drop in drops) else "placed"
        return "under_way"
    if statuses == {DropStatus.ACCEPTED}:
        return "delivered"
    return "partly_accepted" if statuses & set(HANDED_OVER) else "returned"


def ended_at(order: Order, drops: Sequence[Drop]) -> int | None:
    """Returns when the last thing that was to happen to an order did, None while it is open."""
    if order.cancelled_at is not None:
        return order.cancelled_at
    if order.awaits_goods or any(drop.status.is_open for drop in drops):
        return None
    return max((drop.closed_at or 0 for drop in drops), default=None)


def promise_of(order: Order, drops: Sequence[Drop], plan: Plan, now: int) -> PromiseView:
    """
    Returns the state of an order's promise.

    It is met when the last drop was closed at its desk by the deadline, by the time of the tap. A
    rejection there is no lateness; a drop that failed counts as kept when the courier stood at the
    desk in time. What ends while the clock stands still is met; what is cancelled after the
    deadline stays breached.
    """
    due_at, facts = order.deadline, facts_of(order, drops)
    state = state_at(due_at, facts.closed_at, facts.cancelled_at, now)
    slack = None
    if facts.closed_at is not None and due_at is not None:
        slack = due_at - facts.closed_at
    elif facts.closed_at is None and facts.cancelled_at is None:
        slack = _slack(order, drops, plan)
    return PromiseView(order.service, due_at, state, slack)


def state_at(
    due_at: int | None, closed_at: int | None, cancelled_at: int | None, now: int
) -> PromiseState:
    """
    Returns the state at the end of an order, or now, as `promise_clocks.state_of` would.

    ``closed_at`` is when its last drop was closed at a desk, None while one is open or where the
    order was cancelled.
    """
    if closed_at is not None:
        late = due_at is not None and closed_at > due_at
        return PromiseState.MET_LATE if late else PromiseState.MET
    at = now if cancelled_at is None else cancelled_at
    if due_at is not None and at > due_at:
        return PromiseState.BREACHED
    if cancelled_at is not None:
        return PromiseState.CANCELLED
    return PromiseState.PAUSED if due_at is None else PromiseState.RUNNING


def answer_view(order: Order, drops: Sequence[Drop], now: int) -> Standing | None:
    """Returns how the promise of a first answer stands, None where none was given."""
    return answer_of(order.promise, facts_of(order, drops), now)


def _slack(order: Order, drops: Sequence[Drop], plan: Plan) -> int | None:
    assigned = plan.assignments()
    ends = [
        assigned[drop.id][1].departure if drop.id in assigned else None
        for drop in drops
        if drop.status.is_open
    ]
    planned = [end for end in ends if end is not None]
    if order.deadline is None or len(planned) < len(ends):
        return None
    return order.deadline - max(planned)
