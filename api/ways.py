"""
Ways between places, kept as long as they are likely to be asked for again.
"""

from __future__ import annotations

from collections import OrderedDict

from dispatch.city import City, Place, Way

KEPT = 4096
"""Ways kept; the one asked for longest ago goes first."""


class Ways:
    """
    The ways of a city. Used on the zone's thread only.

    Mutable because finding a way takes milliseconds and couriers ask for the same few again.
    """

    def __init__(self, city: City, kept: int = KEPT) -> None:
        self._city = city
        self._kept = kept
        self._epoch = city.travel_epoch
        self._ways: OrderedDict[tuple[Place, Place, str], Way] = OrderedDict()

    def between(self, a: Place, b: Place, band: str) -> Way:
        """Returns the way from a place to another in a time band."""
        if self._epoch != self._city.travel_epoch:
            self._ways.clear()
            self._epoch = self._city.travel_epoch
        key = (a, b, band)
        if key not in self._ways:
            self._ways[key] = self._city.way(a, b, band)
            if len(self._ways) > self._kept:
                self._ways.popitem(last=False)
        self._ways.move_to_end(key)
        return self._ways[key]
