"""
Times and ways between coordinates of requests in VROOM's format.

On the streets of the zone's city where a place is on its map, otherwise along the great circle.
Used from threads of their own: nothing here waits for the zone, nor keeps it waiting.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from api.vroom_places import Place, Table
from api.vroom_shapes import Line
from dispatch.city_files import load_map
from dispatch.doors import NO_WAY, Doors
from dispatch.errors import CityError, DispatchError
from dispatch.street_bands import USUAL
from dispatch.street_engine import RoadStreets
from dispatch.streets import Streets
from solver.vroom_errors import INPUT, ROUTING, VroomError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dispatch.city import City
    from dispatch.snapping import Snap

OURS = {
    **dict.fromkeys(("car", "driving", "auto", "driving-car", "driving-hgv"), "car"),
    **dict.fromkeys(("bike", "bicycle", "cycling"), "bicycle"),
    **dict.fromkeys(("cycling-regular", "cycling-road", "cycling-mountain"), "bicycle"),
    **dict.fromkeys(("ebike", "cycling-electric"), "ebike"),
    **dict.fromkeys(("foot", "walking", "pedestrian", "foot-walking", "foot-hiking"), "foot"),
}
"""Our profiles by the names that VROOM, openrouteservice, OSRM and Valhalla have for them."""

KMH = {"car": 30.0, "bicycle": 15.0, "ebike": 18.0, "foot": 5.0}
"""Speeds off the map, door to door in towns; assumed."""

OTHER_KMH = 30.0
"""The speed off the map in a profile of which nothing is known but its name; a car's."""

DETOUR = 1.3
"""
Metres of road for one as the crow flies: between 1.20 (United States) and 1.46 (Europe).

R. H. Ballou, H. Rahardja, N. Sakai (2002). *Selected country circuity factors for road travel
distance estimation*, Transportation Research Part A 36, 843-848.
https://doi.org/10.1016/S0965-8564(01)00044-1
"""

EARTH_M = 6_371_008.8
"""Mean radius of the Earth; great circles are within 0.6 % of geodesics."""

MOST_MEASURED = 60
"""Places between which metres are worked out: each pair is a way of its own, of a millisecond."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Streets with the name of their profile, and whether that is the one asked for."""

    streets: Streets
    profile: str


class Travel:
    """
    Tables and ways in any profile, for any number of threads.

    Mutable because streets of other profiles than the zone's are made when first asked for; they
    know no reported traffic. ``folder`` is the city's.
    """

    def __init__(self, city: City, folder: Path) -> None:
        self._city, self._folder = city, folder
        self._lock = Lock()
        self._others: dict[str, RoadStreets | None] = {}

    def table(self, profile: str, places: Sequence[Place], needs_metres: bool) -> Table:
        """
        Returns as `AskTable` does, the seconds rounded up.

        Raises VroomError, code 3, for places on the map without a way between them, and code 2
        where metres are needed between more than `MOST_MEASURED` places.
        """
        if needs_metres and len(places) > MOST_MEASURED:
            raise VroomError(
                f"Distances between {len(places)} places are more than are worked out here, at most"
                f" {MOST_MEASURED}: add a distances matrix for {profile} profile.",
                INPUT,
            )
        engine = self._engine(profile)
        snaps = self._snapped(engine, places)
        kmh = KMH.get(OURS.get(profile, engine.profile), OTHER_KMH)
        crow = DETOUR * great_circles(places)
        seconds = np.ceil(crow / (kmh / 3.6)).astype(np.int64)
        on = np.array([i for i, snap in enumerate(snaps) if snap is not None], dtype=np.intp)
        if len(on):
            found = self._seconds(engine, [places[i] for i in on], [snaps[i] for i in on])
            seconds[on[:, None], on] = found
        np.fill_diagonal(seconds, 0)
        metres = None
        if needs_metres:
            metres = np.ceil(crow).astype(np.int64)
            for a in on:
                for b in on[on != a]:
                    line = self._line(engine, (places[a], places[b]), (snaps[a], snaps[b]))
                    metres[a, b] = round(line.metres)
        off = [list(place) for place, snap in zip(places, snaps, strict=True) if snap is None]
        told = {"streets": engine.profile if len(on) else None, "as_the_crow_flies": off}
        return Table(seconds, metres, told)

    def lines(self, profile: str, pairs: Sequence[tuple[Place, Place]]) -> list[Line]:
        """Returns the ways between pairs of places; straight where one is off the map."""
        engine = self._engine(profile)
        places = list(dict.fromkeys(place for pair in pairs for place in pair))
        snap = dict(zip(places, self._snapped(engine, places), strict=True))
        return [self._line(engine, pair, (snap[pair[0]], snap[pair[1]])) for pair in pairs]

    def _engine(self, profile: str) -> Engine:
        own = self._city.streets
        wanted = OURS.get(profile, own.profile)
        if wanted == own.profile or own.fixed:
            return Engine(own, own.profile)
        with self._lock:
            if wanted not in self._others:
                self._others[wanted] = self._made(wanted)
            streets = self._others[wanted]
        return Engine(own, own.profile) if streets is None else Engine(streets, wanted)

    def _made(self, profile: str) -> RoadStreets | None:
        try:
            city_map = load_map(self._folder)
            return RoadStreets(city_map.roads, profile=profile, country=city_map.country)
        except CityError:
            # A map without roads for it: its own profile is nearer the truth than a straight line.
            return None

    def _snapped(self, engine: Engine, places: Sequence[Place]) -> list[Snap | None]:
        try:
            return engine.streets.snap([(lat, lon) for lon, lat in places])
        except DispatchError as error:
            raise VroomError(str(error), ROUTING) from error

    def _seconds(
        self, engine: Engine, places: list[Place], snaps: list[Snap | None]
    ) -> NDArray[np.int64]:
        known = dict(zip(places, snaps, strict=True))

        def snap(place: Place) -> Snap:
            found = known[place]
            assert found is not None
            return found

        try:
            times = Doors[Place](engine.streets, len(places)).seconds(places, snap, USUAL)
        except DispatchError as error:
            raise VroomError(str(error), ROUTING) from error
        if (times == NO_WAY).any():
            a = places[int(np.argwhere(times == NO_WAY)[0][0])]
            raise VroomError(f"Unfound route(s) from location [{a[0]},{a[1]}]", ROUTING)
        return times.astype(np.int64)

    def _line(
        self, engine: Engine, pair: tuple[Place, Place], snaps: tuple[Snap | None, Snap | None]
    ) -> Line:
        (lon_a, lat_a), (lon_b, lat_b) = pair
        ends = (lat_a, lon_a), (lat_b, lon_b)
        a, b = snaps
        if pair[0] == pair[1]:
            return Line(ends[:1], 0.0)
        if a is None or b is None:
            return Line(ends, DETOUR * float(great_circles(pair)[0, 1]))
        try:
            found = engine.streets.route(a, b, USUAL)
        except DispatchError as error:
            raise VroomError(str(error), ROUTING) from error
        if found is None:
            raise VroomError(f"Unfound route(s) from location [{lon_a},{lat_a}]", ROUTING)
        return Line((ends[0], *found.line, ends[1]), found.metres + a.gap + b.gap)


def great_circles(places: Sequence[Place]) -> NDArray[np.float64]:
    """Returns the metres between places along great circles, (n, n), by the haversine formula."""
    lon, lat = np.radians(np.array(places, dtype=np.float64)).T
    half = np.sin((lat[:, None] - lat) / 2) ** 2
    half += np.cos(lat)[:, None] * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    distances: NDArray[np.float64] = 2 * EARTH_M * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return distances
