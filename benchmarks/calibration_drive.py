"""
A route driven as it was planned at one moment, in the world: no order comes in between any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatch.band_times import band_during
from dispatch.live import live_streets
from dispatch.orders import StopKind
from dispatch.plan import Stop
from dispatch.retiming import CUT_OFF_S
from scenarios.luck import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from dispatch.city import City
    from dispatch.plan import CourierRoute
    from dispatch.state import State
    from scenarios.couriers import Leg
    from scenarios.luck import Luck


@dataclass(frozen=True, slots=True)
class PlannedLeg:
    """A stop with the seconds planned for the ride to it and the way inside."""

    stop: Stop
    ride_s: float
    inside_s: float


def legs_of(route: CourierRoute, city: City) -> tuple[PlannedLeg, ...]:
    """Returns the stops of a route with their ways, each in the band in which it ends."""
    live = live_streets(city)
    if live is None:
        raise TypeError(f"Expected a city whose streets tell the ride apart, got {city!r}.")
    legs, here = [], route.origin
    for stop in route.stops:
        pair, band = (here, stop.place), band_during(stop.arrival, city.timezone)[0]
        whole = int(city.travel_times(pair, band, CUT_OFF_S)[0, 1])
        inside_only = here.building is not None and here.building == stop.place.building
        ride = 0 if inside_only else min(whole, int(live.ride_times(pair, band, CUT_OFF_S)[0, 1]))
        legs.append(PlannedLeg(stop, ride, whole - ride))
        here = stop.place
    return tuple(legs)


@dataclass(frozen=True, slots=True)
class Drive:
    """A courier's route as it was at one moment, ``begin`` is when the courier may set off."""

    courier: str
    begin: int
    legs: tuple[PlannedLeg, ...]
    ready: Mapping[str, int]

    @classmethod
    def of(cls, route: CourierRoute, state: State, city: City, now: int) -> Drive:
        """Returns the route of a plan, to be driven from now on."""
        loaded = [d for stop in route.stops if stop.kind is StopKind.LOAD for d in stop.drops]
        ready = {d: state.orders[state.drops[d].order].ready_at for d in loaded}
        begin = now if route.stops[0].committed else max(now, route.free_at)
        return cls(route.courier, begin, legs_of(route, city), ready)

    def driven(
        self, luck: Luck, known: Mapping[tuple[str, str], Leg], rng: np.random.Generator
    ) -> Iterator[tuple[str, float]]:
        """
        Yields each drop with the end of its hand-over, Unix seconds.

        Of the stop that was under way the end is what it was in the world; ``known`` are all legs
        of it by courier and stop.
        """
        at = float(self.begin)
        for leg in self.legs:
            stop = leg.stop
            real = known.get((self.courier, stop.id)) if stop.committed else None
            if real is None:
                at += leg.ride_s * luck.factor(Part.RIDE, self.courier, int(at), rng)
                at += leg.inside_s * luck.factor(Part.INSIDE, self.courier, int(at), rng)
                at = self._served(stop, at, luck, rng)
            elif real.ended is not None and real.drops == stop.drops:
                at = max(at, real.ended)
            else:
                at = max(at, self._served(stop, real.arrived, luck, rng))
            if stop.kind is StopKind.DELIVER:
                yield stop.drops[0], at

    def _served(self, stop: Stop, arrived: float, luck: Luck, rng: np.random.Generator) -> float:
        """Returns when a stop ends: it starts when the goods are there and the door is open."""
        ready = [self.ready[drop] for drop in stop.drops if drop in self.ready]
        opens = stop.start if stop.start > stop.arrival and not ready else 0
        start = max(arrived, opens, *ready) if ready else max(arrived, opens)
        service_s = stop.departure - stop.start
        return start + service_s * luck.factor(Part.SERVICE, self.courier, int(start), rng)
