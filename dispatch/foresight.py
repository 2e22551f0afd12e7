"""
Breaches foreseen: promises that will probably not be kept, told while something can still be done.

A threshold of one half (`Policy.foresee_below`) tells of a promise once it is likelier to break
than not: as chances are calibrated, most that is foreseen then would come true, and a dispatcher
who is called is called for a reason. A promise that is foreseen to break is averted only when its
chance is clearly above the threshold again, so that nobody is told to and fro.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dispatch.events import BreachAverted, BreachForeseen
from dispatch.orders import DropStatus
from dispatch.prospects import prospects
from dispatch.rescue import best_rescue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dispatch.dispatcher import Dispatcher
    from dispatch.events import Event
    from dispatch.orders import Order
    from dispatch.plan import Stop
    from dispatch.prospects import Prospect
    from dispatch.state import State

HYSTERESIS = 0.1
"""How far above the threshold a chance must be to call a foreseen breach off: with 300 drives of
each route a chance near one half is found to ±0.03, and by a plan that hardly changed to less."""

MOST_SEARCHED = 1
"""Rescues looked for in one call at most, for the order due first: each takes some 80 ms at 60 open
drops. Other breaches that could have one are told by the next calls."""

SAFE = 1.0
"""A promise with at least as much slack as its way still takes is safe: all that is left would
have to take twice the time planned for it, which is three standard deviations of a single leg."""


def foresee(dispatcher: Dispatcher, now: int) -> tuple[Event, ...]:
    """
    Returns which breaches are newly foreseen, each with its best rescue, and which are averted.

    Looks at the published plan. Nothing is changed; the events are to be recorded.
    """
    below, state = dispatcher.policy.foresee_below, dispatcher.state
    if below == 0:
        return ()
    watched = {order.id: order for order in _watched(dispatcher, now)}
    found = prospects(dispatcher, dispatcher.plan.routes, state, watched.values(), now)
    averted = [
        BreachAverted(now, order, round(prospect.chance, 2))
        for order, prospect in found.items()
        if watched[order].foreseen_at is not None
        and prospect.chance >= min(1.0, below + HYSTERESIS)
    ]
    new = [
        order
        for order in watched.values()
        if order.foreseen_at is None and found[order.id].chance < below
    ]
    new.sort(key=lambda order: (order.deadline or 0, order.id))
    movable = [order for order in new if _is_movable(state, found[order.id])]
    later = {order.id for order in movable[MOST_SEARCHED:]}
    told = [_foreseen(dispatcher, o, found[o.id], now) for o in new if o.id not in later]
    return (*averted, *told)


def _is_movable(state: State, prospect: Prospect) -> bool:
    return state.drops[prospect.drop].status is not DropStatus.ON_BOARD


def _foreseen(dispatcher: Dispatcher, order: Order, prospect: Prospect, now: int) -> BreachForeseen:
    drop = dispatcher.state.drops[prospect.drop]
    if _is_movable(dispatcher.state, prospect):
        rescue, reason = best_rescue(dispatcher, order, drop, now)
    else:
        rescue, reason = None, f"{drop.id} is on board with {drop.courier}, who alone can bring it."
    return BreachForeseen(now, order.id, drop.id, round(prospect.chance, 2), rescue, reason)


def _watched(dispatcher: Dispatcher, now: int) -> Iterator[Order]:
    """Yields the promised orders that may break: by planned times, or as was foreseen."""
    state, assigned = dispatcher.state, dispatcher.plan.assignments()
    open_drops: dict[str, list[str]] = {}
    for drop in state.open_drops():
        open_drops.setdefault(drop.order, []).append(drop.id)
    for name, drops in open_drops.items():
        order = state.orders[name]
        # What is over, or stands still, has no chance to tell.
        if not order.urgent or order.deadline is None or now > order.deadline:
            continue
        stops = [assigned[drop][1] for drop in drops if drop in assigned]
        safe = len(stops) == len(drops) and all(_is_safe(stop, now) for stop in stops)
        if order.foreseen_at is not None or not safe:
            yield order


def _is_safe(stop: Stop, now: int) -> bool:
    return stop.slack_s is not None and stop.slack_s >= SAFE * max(0, stop.departure - now)
