"""
Whether a plan takes from promises what keeps them: the chance that each has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dispatch.chances import forecast
from dispatch.holds import with_holds
from dispatch.plan_reading import read_routes
from dispatch.prospects import brought

if TYPE_CHECKING:
    from collections.abc import Collection

    from dispatch.dispatcher import Dispatcher
    from dispatch.proposals import Proposal

TOLERANCE = 0.005
"""What a chance may fall by at one time: one or two of 300 samples."""


def endangers(dispatcher: Dispatcher, before: Proposal, after: Proposal, confidence: float) -> bool:
    """
    Returns whether a promise is kept less likely after than before, and less than with confidence.

    Both are proposals for one problem; promises are those of urgent drops planned in the first.
    Only routes that differ are driven. With a confidence of 0 nothing is in danger.
    """
    problem = after.model.problem
    routes = zip(problem.vehicles, before.solution.routes, after.solution.routes, strict=True)
    changed = {vehicle.name for vehicle, was, will_be in routes if was != will_be}
    if not changed or confidence <= 0:
        return False
    had, has = (_chances(dispatcher, some, changed) for some in (before, after))
    return any(
        has.get(drop, 0.0) < min(confidence, chance) - TOLERANCE for drop, chance in had.items()
    )


def _chances(
    dispatcher: Dispatcher, proposal: Proposal, couriers: Collection[str]
) -> dict[str, float]:
    """Returns the chance of each promised drop on the routes of some couriers."""
    now, state = proposal.model.now, proposal.state
    routes = read_routes(proposal.model, proposal.solution, state, couriers)
    promised = {
        drop: deadline
        for route in routes
        for drop in brought(route)
        if drop in state.drops
        and (order := state.orders[state.drops[drop].order]).urgent
        and (deadline := order.deadline) is not None
        and deadline >= now
    }
    driven = tuple(route for route in routes if not promised.keys().isdisjoint(brought(route)))
    found = forecast(driven, with_holds(state, now), dispatcher.policy, dispatcher.city, now)
    return {drop: found.on_time({drop: at}) for drop, at in promised.items()}
