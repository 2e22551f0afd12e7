"""
The little city with streets that take live speeds, and zones in it.

Its nodes are the blocks, numbered from 100: segment (100 + n, 101 + n) leads from block n to the
next, and (101 + n, 100 + n) back. Bikes go 15 km/h without reports: a block is 250 m long.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from dispatch.areas import Area, segments_inside
from dispatch.errors import CityError
from dispatch.live import Ridden
from dispatch.street_bands import street_band
from tests.little_city import BLOCK_S, LittleCity, LittleZone, seconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from dispatch.city import City
    from dispatch.live import SegKey
    from dispatch.places import Place
    from dispatch.state import State

NODE = 100
BLOCKS = 30
KMH = 15.0

MAIN = 2
"""The block where the main road ends."""


class LiveCity(LittleCity):
    """The little city; ``told`` are the speeds in force."""

    def __init__(self) -> None:
        super().__init__()
        self.bounds = (60.0, 25.0, 60.0, 25 + BLOCKS / 1000)
        self.streets_fixed = False
        self.told: dict[SegKey, float] = {}
        self.ride_factors: Mapping[str, float] = {}
        self.class_factors: Mapping[tuple[str, str], float] = {}
        self.cut_off = False

    def segments_in(self, area: Area) -> list[SegKey]:
        lon = 25 + np.arange(BLOCKS + 1) / 1000
        node = NODE + np.arange(BLOCKS + 1)
        line = np.array([0, BLOCKS + 1], dtype=np.int32)
        return segments_inside(area, node, np.full(BLOCKS + 1, 60.0), lon, line)

    def set_speeds(self, kmh: Mapping[SegKey, float | None]) -> int:
        for a, b in kmh:
            if abs(a - b) != 1 or not NODE <= min(a, b) <= max(a, b) <= NODE + BLOCKS:
                raise CityError(f"There is no segment {(a, b)}.", code="unknown-segment")
        told = {**self.told, **kmh}
        self.told = {key: speed for key, speed in told.items() if speed is not None}
        self.travel_epoch += 1
        return self.travel_epoch

    def ridden(self, a: Place, b: Place, band: str) -> tuple[Ridden, ...]:
        """Blocks up to `MAIN` are main roads, those beyond local ones."""
        if self.cut_off:
            raise CityError("There is no way: roads are closed.", code="unreachable")
        street = street_band(band)
        whole = self.ride_factors.get(street, 1.0)
        west, east = sorted((a.lon, b.lon))
        edge = min(max(west, 25 + MAIN / 1000), east)
        parts = {"main": (west, edge), "local": (edge, east)}
        return tuple(
            Ridden(roads, self._ride(replace(a, lon=x), replace(a, lon=y), None) * whole, whole)
            for roads, (x, y) in parts.items()
            if x < y
        )

    def set_ride_factors(
        self, factors: Mapping[str, float], by_class: Mapping[tuple[str, str], float] | None = None
    ) -> int:
        self.ride_factors = dict(factors)
        self.class_factors = dict(by_class or {})
        self.travel_epoch += 1
        return self.travel_epoch

    def ride_times(
        self, places: Sequence[Place], band: str, cut_off: int | None = None
    ) -> NDArray[np.int32]:
        factor = self.ride_factors.get(street_band(band), 1.0)
        rides = [self._ride(a, b, cut_off) for a in places for b in places]
        times = [r if r == cut_off else round(r * factor) for r in rides]
        return np.array(times, dtype=np.int32).reshape(len(places), len(places))

    def travel_times(
        self, places: Sequence[Place], band: str, cut_off: int | None = None
    ) -> NDArray[np.int32]:
        plain = super().travel_times(places, band)
        bare = [
            0 if a.building is not None and a.building == b.building else _blocks_s(a, b)
            for a in places
            for b in places
        ]
        rides = self._rides(places, band, cut_off)
        times = plain - np.array(bare, dtype=np.int32).reshape(plain.shape) + rides
        return np.where(rides == (cut_off or -1), rides, times)

    def _rides(self, places: Sequence[Place], band: str, cut_off: int | None) -> NDArray[np.int32]:
        rides = self.ride_times(places, band, cut_off)
        for i, a in enumerate(places):
            for j, b in enumerate(places):
                if a.building is not None and a.building == b.building:
                    rides[i, j] = 0
        return rides

    def _ride(self, a: Place, b: Place, cut_off: int | None) -> float:
        here, there = (round((place.lon - 25) * 1000) for place in (a, b))
        step = 1 if there > here else -1
        total = 0.0
        for block in range(here, there, step):
            kmh = self.told.get((NODE + block, NODE + block + step), KMH)
            if kmh == 0 and cut_off is not None:
                return cut_off
            if kmh == 0:
                raise CityError(
                    "There is no way: roads are closed.", at="place", code="unreachable"
                )
            total += BLOCK_S * KMH / kmh
        return total


def _blocks_s(a: Place, b: Place) -> int:
    return round(abs(a.lon - b.lon) * 1000 * BLOCK_S)


def live_zone(couriers: int = 1, **rest: Any) -> LittleZone:
    """Returns a zone in the live city."""
    zone = LittleZone(couriers, **rest)
    zone.city = LiveCity()
    zone.dispatcher.city = cast("City", zone.city)
    return zone


def told(zone: LittleZone) -> dict[SegKey, float]:
    """Returns the speeds in force in a zone's city."""
    assert isinstance(zone.city, LiveCity)
    return zone.city.told


def restarted(zone: LittleZone, state: State) -> LittleZone:
    """Returns a zone on a city as freshly loaded, with a state that was stored."""
    again = live_zone(0, now=zone.now)
    again.dispatcher.state = state
    return again


__all__ = ["LiveCity", "live_zone", "restarted", "seconds", "told"]
