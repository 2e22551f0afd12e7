"""
The plane of a meal-delivery instance as the dispatcher sees a city.

Every place is a building of one desk: a restaurant, the customer of an order, where a courier logs
on. What passes at a place before and after a pickup is part of the ways, see `Meals`; after a
hand-over it is part of the stop.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dispatch.hours import DAY, Week, every_day
from dispatch.places import Place
from scenarios.mdrp import MINUTE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from scenarios.mdrp import Meals

AFTER = "after"
"""
Where routes end: a place behind each customer, so far away that a shift says when to pick up.

A courier may pick up until it logs off, and hand over later. A problem bounds the end of a route
only. So every route ends here, and the way from a customer takes ``MealCity.spare_s`` less the
least time since its meal was picked up: the route ends ``spare_s`` after its last pickup. Where
several meals were picked up together it ends no earlier, so nobody picks up too late.
"""

NOWHERE = (math.inf, math.inf)
"""Latitude and longitude of where routes end: no restaurant is there."""


class MealCity:
    """What the dispatcher uses of a city, for one instance; nothing in it changes."""

    def __init__(self, meals: Meals) -> None:
        self.name, self.timezone, self.country = meals.name, "UTC", "US"
        self.profile, self.travel_epoch = "car", 1
        self.offices: dict[str, object] = {}
        self.buildings: dict[str, object] = {}
        self._week = every_day(0, DAY)
        self._place = {key: Place(y, x, building=key) for key, (x, y) in meals.points.items()}
        self._counters = {(p.lat, p.lon): p for p in map(self.place, meals.restaurants)}
        self._leaving_s = dict.fromkeys(meals.restaurants, meals.pickup_s // 2)
        after_s = {o.id: meals.direct_s(o) + meals.dropoff_s // 2 for o in meals.orders}
        self.spare_s = max(after_s.values(), default=0)
        self._number = {key: i for i, key in enumerate((*self._place, AFTER))}
        self._seconds = _seconds(meals, tuple(self._place))
        for order, seconds in after_s.items():
            self._seconds[self._number[order], -1] = self.spare_s - seconds

    def place(self, building: str, floor: int = 0, desk: str = "") -> Place:
        """Returns the place of an id."""
        return self._place[building]

    def street_place(self, lat: float, lon: float) -> Place:
        """Returns the restaurant at a point, or where routes end."""
        return self._counters.get((lat, lon), Place(*NOWHERE, building=AFTER))

    def handover(self, place: Place, weekday: int, second: int, own: Week | None = None) -> Place:
        """Returns the place itself: customers are at their doors."""
        return place

    def hours(self, place: Place, own: Week | None = None) -> Week:
        """Returns the whole week."""
        return self._week

    def travel_times(
        self, places: Sequence[Place], band: str, cut_off: int | None = None
    ) -> NDArray[np.int32]:
        """Returns the seconds (n, n) from place to place, the same in all bands."""
        numbers = [self._number[str(place.building)] for place in places]
        times: NDArray[np.int32] = self._seconds[np.ix_(numbers, numbers)]
        return times

    def way_s(self, a: Place, b: Place) -> int:
        """Returns the seconds from a place to another."""
        return int(self._seconds[self._number[str(a.building)], self._number[str(b.building)]])

    def leaving_s(self, place: Place) -> int:
        """Returns how much of a way passes before the courier rides."""
        return self._leaving_s.get(str(place.building), 0)


def _seconds(meals: Meals, keys: Sequence[str]) -> NDArray[np.int32]:
    """Returns the ways (n + 1, n + 1) between places, the last one being where routes end."""
    x, y = np.array([meals.points[key] for key in keys], dtype=np.float64).reshape(-1, 2).T
    metres = np.sqrt((x[:, None] - x) ** 2 + (y[:, None] - y) ** 2)
    ways = MINUTE * np.ceil(metres / meals.metres_per_minute)
    half = dict.fromkeys(meals.restaurants, meals.pickup_s // 2)
    ways += np.array([half.get(key, 0) for key in keys])[:, None]
    half |= dict.fromkeys((order.id for order in meals.orders), meals.dropoff_s // 2)
    ways += np.array([half.get(key, 0) for key in keys])
    np.fill_diagonal(ways, 0)
    times = np.zeros((len(keys) + 1, len(keys) + 1), dtype=np.int32)
    times[:-1, :-1] = ways
    return times
