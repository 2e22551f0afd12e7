"""
Where and when a courier can next be sent somewhere: the end of the stop it is committed to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatch.orders import StopKind
from dispatch.places import Place

if TYPE_CHECKING:
    from dispatch.orders import Commitment, Courier
    from dispatch.policy import Policy
    from dispatch.state import State


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """
    A place and the moment a courier is free there, in Unix seconds.

    ``arrives_at`` is when it reaches the committed stop (None without one).
    """

    place: Place
    free_at: int
    arrives_at: int | None = None


def whereabouts(courier: Courier, policy: Policy, now: int, ride_s: int | None) -> Whereabouts:
    """
    Returns where and when the courier enters a problem: ``max(planned end, now + remainder)``.

    ``ride_s`` is the ride that its position still shows (None: no fresh position). At a load stop
    the courier is free on arrival, because what it loads there is still open.
    """
    committed = courier.committed
    if committed is None:
        return Whereabouts(courier.place, now)
    arrives_at = _arrives_at(committed, policy, now, ride_s)
    if committed.kind is StopKind.LOAD:
        return Whereabouts(committed.place, max(now, arrives_at), arrives_at)
    if committed.arrived_at is not None:
        free_at = max(committed.ends_at, now + policy.remainder_s)
    else:
        free_at = arrives_at + committed.ends_at - committed.arrives_at
    return Whereabouts(committed.place, max(now, free_at), arrives_at)


def enters(courier: Courier, state: State, now: int) -> bool:
    """Returns whether its shift lasts, or goods, a stop or a way home are left to a courier."""
    return (
        now < courier.shift_end
        or courier.committed is not None
        or bool(state.on_board(courier.id))
        or bool(state.returning(courier.id))
    )


def _arrives_at(committed: Commitment, policy: Policy, now: int, ride_s: int | None) -> int:
    if committed.arrived_at is not None:
        return committed.arrived_at
    if ride_s is not None:
        return now + ride_s
    return max(committed.arrives_at, now + policy.remainder_s if _is_behind(committed, now) else 0)


def _is_behind(committed: Commitment, now: int) -> bool:
    return now > committed.arrives_at
