"""
What is known of the streets beyond the map: reports of traffic, and streets that take them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from dispatch.areas import Area

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from dispatch.places import Place

SegKey = tuple[int, int]
"""A piece of a road in the direction of travel: the numbers of its two nodes on the map."""


@dataclass(frozen=True, slots=True)
class SegmentSpeed:
    """The km/h between two neighbouring nodes of the map, in this direction; 0 closes it."""

    a: int
    b: int
    kmh: float


@dataclass(frozen=True, slots=True)
class AreaSpeed:
    """The km/h on every segment with its middle in an area; 0 closes them."""

    area: Area
    kmh: float


@dataclass(frozen=True, slots=True)
class Traffic:
    """
    A report of speeds, as it was given; ``until`` None: in force until it is ended.

    Areas are kept as areas, so that a newer map is closed where the older one was.
    """

    id: str
    set_at: int
    segments: tuple[SegmentSpeed, ...] = ()
    areas: tuple[AreaSpeed, ...] = ()
    until: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Ridden:
    """
    The expected seconds of a ride on roads of one class, and the learned factor that is in them.

    ``roads`` is a group of `profiles.toml`; empty for what is walked or pushed.
    """

    roads: str
    seconds: float
    factor: float


@runtime_checkable
class LiveStreets(Protocol):
    """
    A city whose streets take learned factors and, but where they are fixed, reported speeds.

    ``ride_factors`` are those in force, by band of the street, ``class_factors`` what comes on
    top of them by band and class of road. Each change raises the city's travel epoch. Where
    ``streets_fixed``, there are no reports, no classes of roads, and rides have a factor by band.
    """

    ride_factors: Mapping[str, float]
    class_factors: Mapping[tuple[str, str], float]

    @property
    def streets_fixed(self) -> bool:
        """Whether the streets take neither reported speeds nor factors by class of road."""

    def segments_in(self, area: Area) -> Collection[SegKey]:
        """Returns the segments with their middle inside, in both directions."""

    def set_speeds(self, kmh: Mapping[SegKey, float | None]) -> int:
        """Takes speeds, 0 closes, None forgets; raises CityError and then changes nothing."""

    def ride_times(
        self, places: Sequence[Place], band: str, cut_off: int | None = None
    ) -> NDArray[np.int32]:
        """Returns the seconds of the ride alone: (n, n); ``cut_off`` as `City.travel_times`."""

    def ridden(self, a: Place, b: Place, band: str) -> tuple[Ridden, ...]:
        """Returns the ride from a place to another by class of road; raises as `ride_times`."""

    def set_ride_factors(
        self, factors: Mapping[str, float], by_class: Mapping[tuple[str, str], float] | None = None
    ) -> int:
        """Takes what rides are multiplied by, all of it and by class; replaces all before."""


def live_streets(city: object) -> LiveStreets | None:
    """Returns the city as one that takes live speeds, None where it does not."""
    return city if isinstance(city, LiveStreets) else None
