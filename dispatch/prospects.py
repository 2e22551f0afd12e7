"""
The prospects of orders: how likely each is kept as planned, and which of its drops is in danger.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatch.chances import Forecast, forecast
from dispatch.orders import StopKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dispatch.dispatcher import Dispatcher
    from dispatch.orders import Order
    from dispatch.plan import CourierRoute
    from dispatch.state import State


@dataclass(frozen=True, slots=True)
class Prospect:
    """The chance that an order is kept, and its drop in the greatest danger."""

    chance: float
    drop: str


def prospects(
    dispatcher: Dispatcher,
    routes: tuple[CourierRoute, ...],
    state: State,
    orders: Iterable[Order],
    now: int,
) -> dict[str, Prospect]:
    """
    Returns the prospects of open orders in routes, by order.

    Only the routes that have one of their drops are driven. A drop in nobody's route has no chance.
    """
    wanted = {order.id: order for order in orders}
    waited_for = {
        name: [d for d in order.drops if state.drops[d].status.is_open]
        for name, order in wanted.items()
    }
    named = {drop for drops in waited_for.values() for drop in drops}
    driven = tuple(route for route in routes if not named.isdisjoint(brought(route)))
    found = forecast(driven, state, dispatcher.policy, dispatcher.city, now)
    return {
        name: _prospect(found, waited_for[name], order.deadline or 0)
        for name, order in wanted.items()
    }


def _prospect(found: Forecast, drops: list[str], deadline: int) -> Prospect:
    lost = next((drop for drop in drops if drop not in found.ends), None)
    if lost is not None:
        return Prospect(0.0, lost)
    alone = {drop: found.on_time({drop: deadline}) for drop in drops}
    worst = min(drops, key=lambda drop: (alone[drop], -found.p90(drop)))
    return Prospect(found.on_time(dict.fromkeys(drops, deadline)), worst)


def brought(route: CourierRoute) -> set[str]:
    """Returns the drops that are handed over on a route."""
    return {d for stop in route.stops if stop.kind is StopKind.DELIVER for d in stop.drops}
