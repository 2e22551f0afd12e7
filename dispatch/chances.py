"""
The chance of being on time: the routes of a plan driven many times, each time with other luck.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from dispatch.band_times import band_during
from dispatch.calendars import second_of_day, weekday_of
from dispatch.city import City
from dispatch.live import LiveStreets, live_streets
from dispatch.observed_hours import luck_so_far
from dispatch.openings import opening
from dispatch.orders import StopKind
from dispatch.plan import Stop
from dispatch.policy import Policy
from dispatch.retiming import CUT_OFF_S
from dispatch.spread import Spread, draws, factors, spread_of
from dispatch.state import State
from dispatch.under_way import rest_of_handover, rest_of_way, shows_no_position

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.orders import Commitment
    from dispatch.plan import CourierRoute

    Floats = NDArray[np.float64]

SAMPLES = 300
"""Drives of each route: a chance of 0.9 is found to ±0.02, of 0.98 to ±0.01."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """For each drop in the routes the ends of its hand-over: Unix seconds, one per sample."""

    ends: Mapping[str, Floats] = field(default_factory=dict)

    def on_time(self, deadlines: Mapping[str, int]) -> float:
        """Returns the chance that all these drops end by their deadlines, 0 to 1."""
        kept = [self.ends[drop] <= deadline for drop, deadline in deadlines.items()]
        return float(np.logical_and.reduce(kept).mean())

    def p90(self, *drops: str) -> int:
        """Returns when the last of these drops is handed over nine times in ten, Unix seconds."""
        ends = np.maximum.reduce([self.ends[drop] for drop in drops])
        k = -(-9 * len(ends) // 10) - 1
        return int(np.ceil(np.partition(ends, k)[k]))


def forecast(
    routes: tuple[CourierRoute, ...],
    state: State,
    policy: Policy,
    city: City,
    now: int,
    *,
    samples: int = SAMPLES,
    seed: int = 0,
    spread: Spread | None = None,
) -> Forecast:
    """
    Returns how planned routes may go from now on.

    The order of the stops is as planned, and each leg is of the band in which it is planned to end;
    a stop starts when the courier is there, the goods are ready and the building is open. Of what
    is under way the rest is drawn, see `dispatch.under_way`; of the luck of a courier's hour what
    taps showed of it so far is known.
    ``spread`` None: the one that taps showed. The same seed gives the same luck.
    """
    live = live_streets(city)
    drive = _Drive(state, policy, city, live, now, samples, seed, spread)
    return Forecast({drop: ends for route in routes for drop, ends in drive.along(route)})


@dataclass(frozen=True, slots=True)
class _Leg:
    """
    A stop with the seconds planned to reach it, by bike and on foot, and to serve it.

    ``band`` is the one in which it is reached, ``spread`` that of the band.
    """

    stop: Stop
    ride_s: float
    inside_s: float
    service_s: float
    earliest: int
    band: str
    spread: Spread

    @property
    def begin(self) -> float:
        """When the courier is planned to set off for it, Unix seconds."""
        return self.stop.arrival - self.ride_s - self.inside_s


@dataclass(frozen=True, slots=True)
class _Drive:
    """What driving a route many times needs."""

    state: State
    policy: Policy
    city: City
    live: LiveStreets | None
    now: int
    samples: int
    seed: int
    spread: Spread | None

    def along(self, route: CourierRoute) -> Iterator[tuple[str, Floats]]:
        """Yields the drops handed over on a route with the ends of their hand-over."""
        if not route.stops:
            return
        legs = tuple(self._legs(route))
        at = np.full(self.samples, float(self._begin(route)))
        for leg, luck in zip(legs, self._factors(route, legs), strict=True):
            way, service = self._takes(route.courier, leg, luck)
            at += way
            np.maximum(at, leg.earliest, out=at)
            at += service
            if leg.stop.kind is StopKind.DELIVER:
                yield leg.stop.drops[0], at.copy()

    def _takes(self, courier: str, leg: _Leg, luck: NDArray[np.float32]) -> tuple[Floats, Floats]:
        """Returns the seconds to a stop and at it, one per sample."""
        ride, inside, handover = luck.astype(np.float64)
        way, service = leg.ride_s * ride + leg.inside_s * inside, leg.service_s * handover
        begun, now = self._begun(courier, leg.stop), self.now
        if begun is None:
            return way, service
        if shows_no_position(begun, leg.stop, now, self.policy.remainder_s):
            left = rest_of_way(begun, now, leg.spread, ride, inside)
            way = way if left is None else left
        left = rest_of_handover(begun, now, leg.spread, handover)
        return way, service if left is None else left

    def _begun(self, courier: str, stop: Stop) -> Commitment | None:
        """Returns what is known of a stop that the courier drives to or serves."""
        begun = self.state.couriers[courier].committed
        return begun if stop.committed and begun is not None and begun.stop == stop.id else None

    def _factors(self, route: CourierRoute, legs: tuple[_Leg, ...]) -> NDArray[np.float32]:
        """Returns the factors of riding, going inside and serving: (stops, 3, samples)."""
        common = np.stack([self._common(route.courier, leg) for leg in legs])
        own = np.stack([draws(stop.id, self.seed, self.samples) for stop in route.stops])
        sigma = [
            (leg.spread.ride, leg.spread.inside_in(leg.band), leg.spread.handover) for leg in legs
        ]
        share = np.array([leg.spread.hour_share for leg in legs], dtype=np.float32)
        sigmas = np.array(sigma, dtype=np.float32)[..., None]
        return factors(sigmas, share[:, None, None], common, own)

    def _common(self, courier: str, leg: _Leg) -> NDArray[np.float32]:
        """Returns the luck of the courier's hour in which a leg begins: (1, samples)."""
        begun = self._begun(courier, leg.stop)
        hour = int(leg.begin if begun is None else begun.departed_at) // 3600
        mean, sigma = luck_so_far(self.state.observed, courier, hour, leg.spread.hour_share)
        drawn = draws(f"{courier}@{hour}", self.seed, self.samples)[:1]
        return np.float32(mean) + np.float32(sigma) * drawn

    def _band(self, stop: Stop) -> str:
        """Returns the band in which a stop is reached."""
        return band_during(stop.arrival, self.city.timezone)[0]

    def _begin(self, route: CourierRoute) -> int:
        """Who is committed goes on from now; who is not yet free, or has not set off, later."""
        committed = bool(route.stops) and route.stops[0].committed
        return self.now if committed else max(self.now, route.free_at)

    def _legs(self, route: CourierRoute) -> Iterator[_Leg]:
        bands = [self._band(stop) for stop in route.stops]
        spreads = {b: self.spread or spread_of(self.state, b) for b in dict.fromkeys(bands)}
        rides = self._rides(route, bands)
        before, here = route.free_at, route.origin
        for stop, ride, band in zip(route.stops, rides, bands, strict=True):
            leg_s, service_s = stop.arrival - before, stop.departure - stop.start
            if stop.committed:
                leg_s = max(0, stop.arrival - self.now)
                if stop.arrival <= self.now:
                    # Being served: what is left, and never nothing.
                    left = stop.departure - max(self.now, stop.start)
                    service_s = max(left, self.policy.remainder_s) if service_s else 0
                ride = min(ride, leg_s)
            inside_only = here.building is not None and here.building == stop.place.building
            ride_s = 0 if inside_only and not stop.committed else min(leg_s, ride)
            earliest = self._earliest(stop)
            yield _Leg(stop, ride_s, leg_s - ride_s, service_s, earliest, band, spreads[band])
            before, here = stop.departure, stop.place

    def _rides(self, route: CourierRoute, bands: list[str]) -> list[int]:
        """Returns the seconds ridden to each stop at most."""
        if not route.stops:
            return []
        if self.live is None:
            # Nobody knows which part is ridden: all of it is.
            return [stop.arrival for stop in route.stops]
        places = (route.origin, *(stop.place for stop in route.stops))
        tables = {b: self.live.ride_times(places, b, CUT_OFF_S) for b in dict.fromkeys(bands)}
        rides = [int(tables[band][i, i + 1]) for i, band in enumerate(bands)]
        if route.stops[0].committed:
            # Its origin is where it goes; how far it still is, nobody knows but by its arrival.
            rides[0] = max(0, route.stops[0].arrival - self.now)
        return rides

    def _earliest(self, stop: Stop) -> int:
        """Returns before when a stop does not start, Unix seconds; never after its planned one."""
        if stop.start > stop.arrival:
            return stop.start
        bound = self.now
        if stop.kind is StopKind.LOAD:
            orders = [self.state.orders[self.state.drops[drop].order] for drop in stop.drops]
            bound = max((order.ready_at for order in orders), default=bound)
        elif stop.kind is StopKind.DELIVER and stop.place.building is not None:
            zone = self.city.timezone
            week = self.city.hours(stop.place)
            opens = opening(week, weekday_of(self.now, zone), second_of_day(self.now, zone))
            bound += opens.early
        return min(bound, stop.start)
