"""
A zone in this process that takes down what each of its decisions took and what it changed.

Who decides is left to those built on it, see `days_policies`: the world, the couriers, the state,
the ways inside buildings and the stops are the same for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from dispatch.chances import forecast
from dispatch.promises import URGENT
from scenarios.churn import replan
from scenarios.in_process import InProcess

if TYPE_CHECKING:
    from dispatch.city import City
    from dispatch.orders import Store
    from dispatch.plan import Plan
    from dispatch.policy import Policy
    from scenarios.demand import WantedOrder
    from scenarios.log import PlacedOrder
    from scenarios.phone import Tap

SECONDS = 0.05
"""How long is searched at an event."""

ORDER, STOP, COURIER = "order", "stop", "courier"
"""What is decided about: an order placed or cancelled, a stop finished, a courier who changed."""

EVENTS = {"loaded": STOP, "delivered": STOP, "failed": STOP, "paused": COURIER, "resumed": COURIER}
"""The taps after which is decided; to set off and to arrive is nothing new."""


@dataclass(frozen=True, slots=True)
class Decision:
    """
    One event and the plan after it.

    ``ms`` is the wall time from the event to the plan in force, ``answer_ms`` that of the answer to
    a customer (0: nobody was answered). ``drops`` were planned before and after, ``moved`` of them
    changed courier; ``flipped`` couriers have another next stop though the one before is still to
    be made, see `scenarios.churn`.
    """

    kind: str
    ms: float
    answer_ms: float
    drops: int
    moved: int
    flipped: int


class Measured(InProcess):
    """
    A zone that decides by cheapest insertion alone, until a subclass says otherwise.

    Mutable: it collects its ``decisions``, in ``chances`` what was foreseen for each urgent order
    when it was promised, and in ``refused`` why another solver had no plan to give. ``iterations``
    bound a search, or ``seconds`` where they are 0.
    """

    def __init__(
        self,
        city: City,
        store: Store,
        policy: Policy,
        now: int,
        iterations: int,
        *,
        seconds: float = SECONDS,
        in_parts: bool = True,
    ) -> None:
        # The searches of the zone it is built on come with the clock: these come with events.
        super().__init__(city, store, policy, now, iterations=0, in_parts=in_parts)
        self.seconds, self.iterations = seconds, iterations
        self.decisions: list[Decision] = []
        self.chances: dict[str, float] = {}
        self.refused: list[str] = []

    def ordered(self, order: WantedOrder) -> PlacedOrder:
        """Returns an order as it is promised; the real service's way unless a subclass has one."""
        return super().place(order)

    def decide(self) -> None:
        """Makes the plan better, or another one; by insertion alone nothing is left to do."""

    def place(self, order: WantedOrder) -> PlacedOrder:
        """Places an order, notes its chance, and decides."""
        before, began = self.dispatcher.plan, perf_counter()
        placed = self.ordered(order)
        answer_s = perf_counter() - began
        self._foresee(placed)
        self._decided(ORDER, before, answer_s, answer_s)
        return placed

    def cancel(self, order: str) -> bool:
        """Cancels an order where it still can be, and decides."""
        before, began = self.dispatcher.plan, perf_counter()
        is_cancelled = super().cancel(order)
        self._decided(ORDER, before, perf_counter() - began)
        return is_cancelled

    def act(self, courier: str, tap: Tap) -> str:
        """Sends a tap, and decides where it is an event."""
        before, began = self.dispatcher.plan, perf_counter()
        result = super().act(courier, tap)
        kind = EVENTS.get(tap.kind)
        if kind is not None and result == "applied":
            self._decided(kind, before, perf_counter() - began)
        return result

    def close(self) -> None:
        """Ends what the zone started elsewhere."""

    def _decided(self, kind: str, before: Plan, spent_s: float, answer_s: float = 0.0) -> None:
        began = perf_counter()
        self.decide()
        self._heard()
        ms = 1000 * (spent_s + perf_counter() - began)
        change = replan(self.now, kind, before, self.dispatcher.plan)
        made = (change.kept, len(change.moved), change.flipped)
        self.decisions.append(Decision(kind, ms, 1000 * answer_s, *made))

    def _foresee(self, placed: PlacedOrder) -> None:
        dispatcher, due_at = self.dispatcher, placed.due_at
        assigned = dispatcher.plan.assignments()
        if placed.wanted.service != URGENT or not all(drop in assigned for drop in placed.drops):
            return
        carriers = {assigned[drop][0] for drop in placed.drops}
        routes = tuple(r for r in dispatcher.plan.routes if r.courier in carriers)
        found = forecast(
            routes, dispatcher.state, dispatcher.policy, dispatcher.city, self.now
        ).ends
        last = np.maximum.reduce([found[drop] for drop in placed.drops])
        self.chances[placed.id] = float((last <= due_at).mean())
