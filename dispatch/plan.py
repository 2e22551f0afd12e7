"""
A published plan: who goes where, in which order, when, and what is left out and why.
"""

from __future__ import annotations

from dataclasses import dataclass

from dispatch.orders import StopKind
from dispatch.places import Place


@dataclass(frozen=True, slots=True)
class Reason:
    """
    Why a courier (None: nobody) cannot serve a drop, and what would mend it.

    ``kind`` is one of late, capacity, skill, shift, closed, held, pinned, unreachable, goods,
    paused; ``short_by`` says how much is missing in ``unit``.
    """

    courier: str | None
    kind: str
    short_by: int
    unit: str
    text: str
    relaxation: str


@dataclass(frozen=True, slots=True)
class Stop:
    """
    One stop of a courier, times in Unix seconds, with the band of the day at each arrival.

    A ``deliver`` stop has one drop; a ``load`` stop those picked up there; a ``return`` stop those
    whose goods come back, often none. ``due_at`` is the deadline of the drop's order. A committed
    load stop is committed in its place, its drops stay open until ``loaded``. ``cut_off`` says why
    a committed stop can no longer be reached, as far as one knows; its times are those last known.
    """

    id: str
    kind: StopKind
    place: Place
    drops: tuple[str, ...]
    arrival: int
    start: int
    departure: int
    due_at: int | None = None
    committed: bool = False
    cut_off: Reason | None = None

    @property
    def slack_s(self) -> int | None:
        """Seconds left between the end of the stop and its deadline, None without one."""
        return None if self.due_at is None else self.due_at - self.departure


@dataclass(frozen=True, slots=True)
class CourierRoute:
    """
    The stops of one courier in order.

    ``origin`` and ``free_at`` are where and when the courier entered the problem: the end of the
    committed stop, as it was known when the plan was made.
    """

    courier: str
    origin: Place
    free_at: int
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class Unassigned:
    """A drop in nobody's route; ``held_until`` is the projected start of a drop held back."""

    drop: str
    reasons: tuple[Reason, ...]
    held_until: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A drop that changed courier since the plan before; None is nobody."""

    drop: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """
    Everything the zone has published at one moment; versions only rise.

    It was judged with the travel times of ``band`` in ``travel_epoch``; the times of its stops are
    those of the bands they are reached in, see `dispatch.retiming`. ``holding`` are the whole
    routes of couriers with whom a place is held for a quote, shown to nobody: in ``routes`` they
    are without it.
    """

    version: int = 0
    made_at: int = 0
    travel_epoch: int = 0
    band: str = "day"
    routes: tuple[CourierRoute, ...] = ()
    unassigned: tuple[Unassigned, ...] = ()
    changes: tuple[Change, ...] = ()
    holding: tuple[CourierRoute, ...] = ()

    def whole_routes(self) -> tuple[CourierRoute, ...]:
        """Returns all routes, with the places held in them."""
        holding = {route.courier: route for route in self.holding}
        return tuple(holding.get(route.courier, route) for route in self.routes)

    def route_of(self, courier: str) -> CourierRoute | None:
        """Returns the route of a courier, None when the plan has none."""
        return next((route for route in self.routes if route.courier == courier), None)

    def assignments(self) -> dict[str, tuple[str, Stop]]:
        """Returns courier and deliver stop of every drop that is in a route."""
        return {
            drop: (route.courier, stop)
            for route in self.routes
            for stop in route.stops
            if stop.kind is StopKind.DELIVER
            for drop in stop.drops
        }
