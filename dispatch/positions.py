"""
Where couriers' phones said they were, and how far that is from the stop they ride to.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dispatch.errors import CityError, Unavailable
from dispatch.retiming import CUT_OFF_S, Travel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dispatch.city import City
    from dispatch.orders import Courier
    from dispatch.policy import Policy
    from dispatch.requests import Position
    from dispatch.state import State


def on_shift(told: Sequence[Position], courier: Courier, *, at_work: bool) -> list[Position]:
    """
    Returns the positions told for moments of a courier's shift; where they are else is their own.

    ``at_work`` says that work begun in it is not over yet: then the shift lasts on.
    """
    return [
        position
        for position in told
        if courier.shift_start <= position.at and (position.at < courier.shift_end or at_work)
    ]


def newest(
    told: Sequence[Position], known: Position | None, policy: Policy, now: int
) -> Position | None:
    """Returns the newest of the positions told and the one known; none is from the future."""
    heard = [p for p in told if p.at <= now + policy.position_valid_s]
    latest = max(heard, key=lambda p: p.at, default=None)
    if latest is None or (known is not None and latest.at < known.at):
        return known
    return replace(latest, at=min(latest.at, now))


def rides(
    state: State, positions: Mapping[str, Position], city: City, policy: Policy, now: int
) -> dict[str, int]:
    """
    Returns the seconds that couriers with a fresh position still ride to their stop.

    Positions only refine what a plan expects: where a server needed for them does not answer, the
    rest is left out, and it is not waited for again.
    """
    found: dict[str, int] = {}
    for courier in state.couriers.values():
        position, committed = positions.get(courier.id), courier.committed
        if position is None or committed is None or committed.arrived_at is not None:
            continue
        if position.at >= max(committed.departed_at, now - policy.position_valid_s):
            try:
                ride = _ride(position, courier, city, now)
            except Unavailable:
                return found
            if ride is not None:
                found[courier.id] = ride
    return found


def _ride(position: Position, courier: Courier, city: City, now: int) -> int | None:
    """The remaining ride, None where the position is off the map or cut off."""
    assert courier.committed is not None
    try:
        here = city.street_place(position.lat, position.lon)
    except CityError:
        return None
    arrives_at, _ = Travel(city, (here, courier.committed.place)).arrival(0, 1, position.at)
    return None if arrives_at - position.at >= CUT_OFF_S else max(0, arrives_at - now)
