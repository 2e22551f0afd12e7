"""
Who owes a tap, since when, and who fell silent; nobody waits for a tap from the idle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dispatch.entering import is_on_duty
from dispatch.events import Silenced
from dispatch.orders import StopKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dispatch.orders import Commitment
    from dispatch.plan import Plan, Stop
    from dispatch.policy import Policy
    from dispatch.requests import Position
    from dispatch.state import State


def asked(state: State, plan: Plan, before: Mapping[str, int], now: int) -> dict[str, int]:
    """
    Returns since when couriers not committed are asked to set off: work is planned to begin.

    ``before`` is what this said at the tick before.
    """
    return {
        courier.id: before.get(courier.id, now)
        for courier in state.couriers.values()
        if courier.committed is None
        and is_on_duty(courier, now)
        and _begins(_first_stop(plan, courier.id))
    }


def fell_silent(
    state: State,
    plan: Plan,
    policy: Policy,
    positions: Mapping[str, Position],
    since: Mapping[str, int],
    now: int,
) -> Iterator[Silenced]:
    """Yields the couriers who owe a tap for too long; ``since`` is what `asked` says."""
    for courier in state.couriers.values():
        owed = since.get(courier.id)
        if courier.committed is not None:
            owed = _owed_at_stop(state, courier.committed, _first_stop(plan, courier.id))
        if courier.silent or owed is None:
            continue
        position = positions.get(courier.id)
        heard_at = max(courier.heard_at, position.at if position else 0)
        if now > max(heard_at, owed) + policy.silence_s:
            yield Silenced(now, courier.id)


def _owed_at_stop(state: State, committed: Commitment, stop: Stop | None) -> int:
    """The end of the stop; at a counter not before the goods are ready."""
    goods = stop.drops if stop and committed.kind is StopKind.LOAD else ()
    ready = [state.orders[state.drops[drop].order].ready_at for drop in goods]
    return max([committed.ends_at, *ready])


def _begins(stop: Stop | None) -> bool:
    return stop is not None and bool(stop.drops) and stop.start == stop.arrival


def _first_stop(plan: Plan, courier: str) -> Stop | None:
    route = plan.route_of(courier)
    return route.stops[0] if route and route.stops else None
