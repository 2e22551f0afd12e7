"""
What a simulated world says to a service, and hears: orders, routes, taps and positions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from dispatch.orders import Line
from scenarios.demand import Fate
from scenarios.log import Outcome

if TYPE_CHECKING:
    from scenarios.demand import WantedDrop, WantedOrder
    from scenarios.log import PlacedOrder
    from scenarios.route import RouteStop


@dataclass(frozen=True, slots=True)
class Tap:
    """One action of a courier on the phone; ``at`` in Unix seconds."""

    seq: int
    kind: str
    at: int
    stop: str | None = None
    drop: str | None = None
    drops: tuple[str, ...] | None = None
    lines: tuple[Line, ...] = ()
    reason: str = ""


class Service(Protocol):
    """What the world needs of a service; ``version`` is that of the newest plan it heard of."""

    version: int

    def advance(self, now: int) -> None:
        """Lets time pass until ``now`` and the planner come to rest."""
        ...

    def place(self, order: WantedOrder) -> PlacedOrder:
        """Places an order and returns what is promised."""
        ...

    def cancel(self, order: str) -> bool:
        """Cancels an order and returns whether it was still possible."""
        ...

    def route(self, courier: str, now: int) -> tuple[RouteStop, ...]:
        """Returns the stops a courier has ahead."""
        ...

    def act(self, courier: str, tap: Tap) -> str:
        """Sends a tap and returns ``applied``, or what became of it and why."""
        ...

    def report(self, courier: str, lat: float, lon: float, now: int) -> None:
        """Tells where a courier is."""
        ...


def hand_over(tap: Tap, drop: str, goods: WantedDrop, fate: Fate) -> tuple[Tap, Outcome]:
    """Returns what a courier taps at a desk and how the drop ends, given what befalls its order."""
    if fate is Fate.CLOSED:
        return replace(tap, kind="failed", drop=drop, reason="closed"), Outcome.CLOSED
    lines = [Line(item.sku, item.quantity) for item in goods.items]
    if fate is Fate.REJECTED:
        lines[0] = replace(lines[0], accepted=lines[0].accepted - 1, rejected=1, reason="dirty")
    outcome = Outcome.PARTLY if fate is Fate.REJECTED else Outcome.ACCEPTED
    return replace(tap, drop=drop, lines=tuple(lines)), outcome
