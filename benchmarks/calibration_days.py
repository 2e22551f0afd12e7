"""
Simulated days in which every urgent order's chance is written down when it is promised.

The zone runs in this process, and the couriers' luck is of a family of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks.calibration_drive import Drive, legs_of
from benchmarks.helsinki import STORE, embedded_city
from dispatch.assumed import HOUR_SHARE
from dispatch.band_times import band_during
from dispatch.chances import forecast
from dispatch.policy import Policy
from dispatch.promises import URGENT
from dispatch.spread import spread_of
from scenarios.couriers import make_riders
from scenarios.demand import Demand, Fate, draw_orders
from scenarios.in_process import InProcess, desks_of
from scenarios.log import PlacedOrder, ShiftLog
from scenarios.route import RouteStop
from scenarios.shift import Shift

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dispatch.chances import Forecast
    from dispatch.city import City
    from dispatch.observed import Observed
    from dispatch.plan import CourierRoute
    from scenarios.demand import WantedOrder
    from scenarios.luck import Luck

    Floats = NDArray[np.float64]

ZONE = ZoneInfo("Europe/Helsinki")

FIRST_DAY = datetime(2026, 11, 23, 9, tzinfo=ZONE)
"""A Monday at nine; lunch, when lifts are slow, and the rush hour are in each day."""

DESKS = 400

POLICY = Policy(quote_search_moves=1000)
"""A quote's search is bounded by moves, some 0.15 s of them, so that a day repeats itself."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much a day has: couriers, orders an hour, hours."""

    couriers: int = 8
    urgent_per_hour: float = 24
    standard_per_hour: float = 6
    hours: int = 8


@dataclass(frozen=True, slots=True, eq=False)
class Foreseen:
    """When the last drop of an order may be handed over: Unix seconds, ascending."""

    ends: Floats

    @classmethod
    def of(cls, found: Forecast, drops: tuple[str, ...]) -> Foreseen:
        """Returns what a forecast says of an order."""
        return cls(np.sort(np.maximum.reduce([found.ends[drop] for drop in drops])))

    def chance(self, at: float) -> float:
        """Returns the chance that it is handed over by a moment."""
        return float(np.searchsorted(self.ends, at, side="right")) / len(self.ends)

    def at(self, chance: float) -> float:
        """Returns the earliest moment by which it is handed over with at least this chance."""
        n = len(self.ends)
        return float(self.ends[min(n - 1, math.ceil(chance * n - 1e-9) - 1)])


@dataclass(frozen=True, slots=True, eq=False)
class Quoted:
    """
    An urgent order with what was foreseen when it was promised, and what came of it.

    ``fixed`` is foreseen without a learned share of the hour. ``planned`` is when its last drop was
    handed over had the couriers' routes stayed as they were, Unix seconds, ``real`` as the day went
    on; None where it was not before the end.
    """

    due_at: int
    foreseen: Foreseen
    fixed: Foreseen
    planned: float
    real: int | None


@dataclass(frozen=True, slots=True, eq=False)
class _Noted:
    """An order with what was foreseen and the routes to be driven as they were."""

    order: PlacedOrder
    foreseen: Foreseen
    fixed: Foreseen
    drives: tuple[Drive, ...]


class Zone(InProcess):
    """A zone that notes the chance of each urgent order. Mutable: it remembers them."""

    def __init__(self, city: City, now: int, observed: Mapping[str, Observed]) -> None:
        super().__init__(city, STORE, POLICY, now, iterations=0)
        state = self.dispatcher.state
        self.dispatcher.state = replace(state, observed=observed)
        self.noted: list[_Noted] = []

    def place(self, order: WantedOrder) -> PlacedOrder:
        """Places an order, and notes its chance where it is urgent and planned."""
        placed = super().place(order)
        assigned = self.dispatcher.plan.assignments()
        if order.service == URGENT and all(drop in assigned for drop in placed.drops):
            carriers = {assigned[drop][0] for drop in placed.drops}
            routes = [r for r in self.dispatcher.plan.routes if r.courier in carriers]
            self._note(placed, tuple(routes))
        return placed

    def _note(self, placed: PlacedOrder, routes: tuple[CourierRoute, ...]) -> None:
        state, city = self.dispatcher.state, self.dispatcher.city
        band = band_during(self.now, city.timezone)[0]
        before = replace(spread_of(state, band), hour_share=HOUR_SHARE)
        foreseen, fixed = (
            forecast(routes, state, self.dispatcher.policy, city, self.now, spread=spread)
            for spread in (None, before)
        )
        drives = tuple(Drive.of(route, state, city, self.now) for route in routes)
        told = (Foreseen.of(foreseen, placed.drops), Foreseen.of(fixed, placed.drops))
        self.noted.append(_Noted(placed, *told, drives))

    def route(self, courier: str, now: int) -> tuple[RouteStop, ...]:
        """Returns the stops a courier has ahead; only of the next one the way is split."""
        route = self.dispatcher.plan.route_of(courier)
        if route is None or not route.stops:
            return ()
        first, *rest = route.stops
        (leg,) = legs_of(replace(route, stops=(first,)), self.dispatcher.city)
        whole = round(leg.ride_s + leg.inside_s)
        shown = [(first, whole, round(leg.inside_s)), *((stop, 0, 0) for stop in rest)]
        return tuple(
            RouteStop(
                s.id, s.kind, s.drops, s.arrival, s.start, s.departure, travel, entering_s=inside
            )
            for s, travel, inside in shown
        )


def play_day(
    number: int, luck: Luck, seed: int, size: Size, observed: Mapping[str, Observed]
) -> tuple[list[Quoted], Mapping[str, Observed]]:
    """
    Returns the quotes of a day and what taps showed until its end.

    ``number`` counts from 0 and names the day; ``observed`` is what the days before showed.
    """
    city = embedded_city()
    weeks, weekday = divmod(number, 5)
    start = int((FIRST_DAY + timedelta(days=7 * weeks + weekday)).timestamp())
    end = start + size.hours * 3600
    zone = Zone(city, start, observed)
    couriers = zone.hire(size.couriers, end + 4 * 3600)
    demand = Demand(size.urgent_per_hour, size.standard_per_hour, size.hours * 3600)
    orders = draw_orders(demand, desks_of(city, DESKS), start, seed)
    usual = [replace(order, fate=Fate.USUAL) for order in orders]
    log = ShiftLog(start, end, couriers)
    Shift(zone, usual, make_riders(couriers, seed, luck=luck), log).play()
    legs = {(leg.courier, leg.stop): leg for leg in log.legs}
    rng = np.random.default_rng([seed, 2])
    quoted = []
    for noted in zone.noted:
        driven = {d: at for drive in noted.drives for d, at in drive.driven(luck, legs, rng)}
        planned = max(driven[drop] for drop in noted.order.drops)
        told = (noted.foreseen, noted.fixed, planned, log.closed_at(noted.order))
        quoted.append(Quoted(noted.order.due_at, *told))
    return quoted, zone.dispatcher.state.observed
