"""
What a request sees: one state and one plan of a zone, and the city they are in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from dispatch.city import City
from dispatch.dispatcher import Dispatcher
from dispatch.orders import Drop, Order
from dispatch.plan import Plan, Stop, Unassigned
from dispatch.state import State


@dataclass(frozen=True)
class View:
    """
    One moment of a zone; ``now`` in Unix seconds.

    Made for each answer and thrown away with it, so what it works out is worked out once.
    """

    city: City
    state: State
    plan: Plan
    now: int

    @classmethod
    def of(cls, dispatcher: Dispatcher, now: int) -> View:
        """Returns the view of what is so now."""
        return cls(dispatcher.city, dispatcher.state, dispatcher.plan, now)

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

    def drops_of(self, order: Order) -> tuple[Drop, ...]:
        """Returns the drops of an order."""
        return tuple(self.state.drops[drop] for drop in order.drops)

    def moment(self, instant: int) -> str:
        """Returns an instant as RFC 3339 text in the city's time zone."""
        return datetime.fromtimestamp(instant, self.timezone).isoformat()

    def moment_or_none(self, instant: int | None) -> str | None:
        """Returns an instant as text, None for None."""
        return None if instant is None else self.moment(instant)
