"""
Travel on the streets, as the rest of dispatch sees it: an engine behind a protocol.

`street_engine.RoadStreets` is the engine of the house, on hierarchies or on Dijkstra with
the same answers; `osrm.OsrmStreets` asks a routing server.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from dispatch.geo import Point

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from dispatch.snapping import Snap

SegKey = tuple[int, int]
"""A piece of a road in the direction of travel: the numbers of its two nodes on the map."""

MAX_GAP_M = 150.0
"""Metres from the nearest usable road within which a place can be served."""


@dataclass(frozen=True, slots=True)
class Piece:
    """
    A stretch of a route on one road, from junction to junction or from or to a door.

    ``name`` is empty where the road has none, ``kind`` its highway=*, empty where the engine does
    not tell it; ``pushed`` whether one gets off the bike, ``around`` whether it is in a
    roundabout. ``heading`` and ``end_heading`` are degrees from north at its beginning and its
    end, ``angle`` the turn into it, to the right positive, 0 for the first; ``arms`` the roads
    that meet where it begins. ``seconds`` hold the wait and the turn at its end. ``begin`` is the
    place of its first point in the line of the route.
    """

    name: str
    kind: str
    pushed: bool
    around: bool
    metres: float
    seconds: float
    heading: float
    end_heading: float
    angle: float
    arms: int
    begin: int


@dataclass(frozen=True, slots=True)
class StreetRoute:
    """A route between two points on the roads: (lat, lon) points, metres, seconds, pieces."""

    seconds: float
    metres: float
    line: tuple[Point, ...]
    pieces: tuple[Piece, ...]
    epoch: int


class Streets(Protocol):
    """
    Travel times between points on the roads in one profile, for any number of threads.

    ``epoch`` grows by one with every change of speeds; what was asked before a change is
    answered with the speeds of then, whole. Where a server is asked that does not answer, every
    method may raise Unavailable; those that change speeds raise CityError where they are fixed.
    """

    @property
    def profile(self) -> str:
        """The name of the profile."""

    @property
    def fixed(self) -> bool:
        """Whether times are alike in every band, and neither speeds nor factors can be set."""

    @property
    def epoch(self) -> int:
        """The number of the speeds in force, from 1."""

    def snap(self, points: Sequence[Point], max_gap_m: float = MAX_GAP_M) -> list[Snap | None]:
        """
        Returns the nearest point of a usable road for each (lat, lon); None beyond the gap.

        Raises CityError for what is no point on Earth.
        """

    def table(
        self, origins: Sequence[Snap], destinations: Sequence[Snap], band: str
    ) -> NDArray[np.float64]:
        """
        Returns the seconds from each origin to each destination, inf where there is no way.

        Raises ValueError for an unknown band.
        """

    def route(self, a: Snap, b: Snap, band: str) -> StreetRoute | None:
        """Returns the fastest route, None where there is none; it takes the table's time."""

    def set_speeds(self, kmh: Mapping[SegKey, float | None]) -> int:
        """
        Takes reported speeds by segment and returns the new epoch; 0 closes, None forgets.

        What was reported before for other segments stays. Raises CityError for an unknown
        segment or a speed that is none, and then changes nothing.
        """

    def set_factors(self, slower: Mapping[tuple[str, str], float]) -> int:
        """
        Takes what the time on roads without a report is multiplied by, by band and group of the
        profiles, in place of all before; returns the new epoch.
        """

    def close(self) -> None:
        """Frees what the engine holds; it is not asked any more."""
