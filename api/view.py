"""
What a request sees: one state and one plan of a zone, and the city they are in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from dispatch.chances import Forecast, forecast
from dispatch.city import City
from dispatch.contacts import Contact
from dispatch.dispatcher import Dispatcher
from dispatch.orders import Drop, Order
from dispatch.plan import Plan, Stop, Unassigned
from dispatch.policy import Policy
from dispatch.requests import Position
from dispatch.state import State


@dataclass(frozen=True)
class View:
    """
    One moment of a zone; ``now`` in Unix seconds.

    ``contacts`` is what may be told of persons, by reference (`api.contacts`): nothing at first.
    ``positions`` are the last that couriers' phones told. Made for each answer and thrown away with
    it, so what it works out is worked out once.
    """

    city: City
    state: State
    plan: Plan
    now: int
    policy: Policy
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    positions: Mapping[str, Position] = field(default_factory=dict)

    @classmethod
    def of(cls, dispatcher: Dispatcher, now: int) -> View:
        """Returns the view of what is so now."""
        positions, _ = dispatcher.surroundings()
        view = cls(dispatcher.city, dispatcher.state, dispatcher.plan, now, dispatcher.policy)
        return replace(view, positions=positions)

    @cached_property
    def timezone(self) -> ZoneInfo:
        """The time zone of the city."""
        return ZoneInfo(self.city.timezone)

    @cached_property
    def assignments(self) -> dict[str, tuple[str, Stop]]:
        """Courier and stop of every drop in a route."""
        return self.plan.assignments()

    @cached_property
    def unassigned(self) -> dict[str, Unassigned]:
        """What the plan says about drops in nobody's route."""
        return {left_out.drop: left_out for left_out in self.plan.unassigned}

    def contact(self, ref: str) -> Contact:
        """Returns what may be told of whom a reference names; nothing where it is erased too."""
        return self.contacts.get(ref, Contact())

    def drops_of(self, order: Order) -> tuple[Drop, ...]:
        """Returns the drops of an order."""
        return tuple(self.state.drops[drop] for drop in order.drops)

    @cached_property
    def _forecasts(self) -> dict[str, Forecast]:
        """What was found of how couriers' routes may go."""
        return {}

    def forecast(self, drop: str) -> Forecast | None:
        """Returns how the route with a drop may go, None where the drop is in none."""
        if drop not in self.assignments:
            return None
        courier, _ = self.assignments[drop]
        if courier not in self._forecasts:
            routes = tuple(route for route in self.plan.routes if route.courier == courier)
            self._forecasts[courier] = forecast(
                routes, self.state, self.policy, self.city, self.now
            )
        return self._forecasts[courier]

    def eta_p90(self, drop: str) -> int | None:
        """Returns when the hand-over of a drop is over nine times in ten, None if not planned."""
        found = self.forecast(drop)
        return None if found is None else found.p90(drop)

    def p_on_time(self, order: Order) -> float | None:
        """
        Returns the chance that all of an order's drops are closed by its deadline.

        None where none is open any more, or one of them is in nobody's route.
        """
        drops = self.drops_of(order)
        waited_for = [drop.id for drop in drops if drop.status.is_open]
        if not waited_for or order.cancelled_at is not None or order.deadline is None:
            return None
        if max(self.now, *(drop.closed_at or 0 for drop in drops)) > order.deadline:
            return 0.0
        found = [self.forecast(drop) for drop in waited_for]
        ends = {drop: f.ends[drop] for drop, f in zip(waited_for, found, strict=True) if f}
        if len(ends) < len(waited_for):
            return None
        return round(Forecast(ends).on_time(dict.fromkeys(ends, order.deadline)), 2)

    def moment(self, instant: int) -> str:
        """Returns an instant as RFC 3339 text in the city's time zone."""
        return datetime.fromtimestamp(instant, self.timezone).isoformat()

    def moment_or_none(self, instant: int | None) -> str | None:
        """Returns an instant as text, None for None."""
        return None if instant is None else self.moment(instant)
