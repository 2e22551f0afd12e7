"""The street side of a city: rides from door to door, and the doors that can be reached."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from dispatch.doors import NO_WAY, Doors, walk_ms
from dispatch.errors import CityError
from dispatch.geo import Point
from dispatch.snapping import REACH, check_on_earth
from dispatch.street_bands import USUAL
from dispatch.streets import Piece

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dispatch.snapping import Snap
    from dispatch.streets import Streets


Bounds = tuple[float, float, float, float]
"""South, west, north and east, degrees."""

DOORS_OF_A_SERVER = 256
"""Doors kept at most of a server's streets: a new one asks it for the times to all of them."""

SNAPS_KEPT = 10_000
"""Points whose place on the roads is kept; those asked for longest ago go first."""


@dataclass(frozen=True, slots=True)
class Ride:
    """
    A ride from door to door: seconds, metres, (lat, lon) points, and its pieces by road.

    The walk between doors and roads is in the seconds, the metres and the line, not in the
    pieces.
    """

    seconds: float
    metres: float
    line: tuple[Point, ...]
    pieces: tuple[Piece, ...]


class StreetSide:
    """
    Rides between doors, given as (lat, lon), on streets of any engine.

    ``bounds`` are those of the map. A class because it keeps the times between the doors in use,
    and where doors are on the roads.
    """

    def __init__(self, city: str, streets: Streets, bounds: Bounds, doors: int) -> None:
        self._city = city
        self._streets = streets
        self._bounds = bounds
        kept = min(doors, DOORS_OF_A_SERVER) if streets.fixed else doors
        self._doors: Doors[Point] = Doors(streets, kept)
        self.snap = lru_cache(SNAPS_KEPT)(self._snapped)

    def seconds(
        self, doors: Sequence[Point], band: str, cut_off: int | None = None
    ) -> NDArray[np.int32]:
        """
        Returns the seconds from door to door in a band of the street, rounded up: (n, n).

        ``cut_off`` stands where there is no way; None raises CityError there. Raises CityError
        for a door far from every road.
        """
        # One set of times is kept once, and outlasts the hour when a server is down.
        times = self._doors.seconds(doors, self.snap, USUAL if self._streets.fixed else band)
        lost = times == NO_WAY
        if lost.any():
            if cut_off is None:
                a, b = np.argwhere(lost)[0].tolist()
                raise self._unreachable(doors[a], doors[b])
            times[lost] = cut_off
        return times

    def ride(self, a: Point, b: Point, band: str) -> Ride:
        """Returns the fastest ride between two doors. Raises CityError as `seconds` does."""
        snap_a, snap_b = self.snap(a), self.snap(b)
        found = self._streets.route(snap_a, snap_b, band)
        if found is None:
            raise self._unreachable(a, b)
        return Ride(
            seconds=found.seconds + (walk_ms(snap_a) + walk_ms(snap_b)) / 1000,
            metres=found.metres + snap_a.gap + snap_b.gap,
            line=_without_repeats([a, *found.line, b]),
            pieces=found.pieces,
        )

    def _snapped(self, point: Point) -> Snap:
        """Returns the point on the road of a door. Raises CityError where it is too far."""
        check_on_earth(point)
        (snap,) = self._streets.snap([point], math.inf)
        if snap is not None and snap.gap <= REACH:
            return snap
        south, west, north, east = self._bounds
        lat, lon = point
        swapped = south <= lon <= north and west <= lat <= east
        far = "far" if snap is None else f"{snap.gap:.0f} m"
        whose = "the routing server" if self._streets.fixed else self._city
        raise CityError(
            f"({lat:.6f}, {lon:.6f}) is {far} from the nearest road of "
            f"{whose} that a courier can use; at most {REACH:.0f} m can be served."
            + (" Its lat and lon look swapped." if swapped else ""),
            at="place",
            cure=f"Give a place between ({south:.4f}, {west:.4f}) and ({north:.4f}, "
            f"{east:.4f}), or import a map that reaches farther.",
            code="outside-city",
            value=point,
        )

    def _unreachable(self, a: Point, b: Point) -> CityError:
        why, opened = "roads are closed", "Open a segment again, or give"
        if self._streets.fixed:
            why, opened = "the routing server knows none", "Give"
        return CityError(
            f"There is no way by {self._streets.profile} from ({a[0]:.6f}, {a[1]:.6f}) to "
            f"({b[0]:.6f}, {b[1]:.6f}): {why}.",
            at="place",
            cure=f"{opened} a place that is not cut off.",
            code="unreachable",
            value=b,
        )


def _without_repeats(points: list[Point]) -> tuple[Point, ...]:
    rounded = [(round(lat, 6), round(lon, 6)) for lat, lon in points]
    kept = [rounded[0], *(b for a, b in pairwise(rounded) if a != b)]
    return tuple(kept if len(kept) > 1 else kept * 2)
