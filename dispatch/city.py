"""
One city: its buildings, its desks, and how long it takes from any place to any other.

Between places in one building only the way inside counts. Across buildings a courier
leaves the desk and the building, unlocks the bike, rides, parks, checks in at the lobby
and goes up to the desk; so check-in is paid once per visit by construction, and a courier
already inside pays none.
"""

from __future__ import annotations

import math
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np
from geopy.distance import geodesic

from dispatch.areas import segments_inside
from dispatch.city_files import load_map
from dispatch.describing import describe
from dispatch.descriptions import FOLDER, read_descriptions
from dispatch.geo import metres_per_degree
from dispatch.guidance import steps
from dispatch.handovers import handover, is_refused, reception_of, week_of
from dispatch.indoor_parameters import BANDS, IndoorParameters
from dispatch.insides import Insides
from dispatch.live import Ridden
from dispatch.places import Building, Entrance, InsideLeg, Office, Place, Way
from dispatch.profile_checks import GROUPS
from dispatch.profiles import load_profiles
from dispatch.snapping import check_on_earth
from dispatch.street_bands import band_at, slower_band, split_band
from dispatch.street_engine import RoadStreets
from dispatch.street_side import StreetSide

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dispatch.areas import Area
    from dispatch.city_files import CityMap
    from dispatch.geo import Point
    from dispatch.hours import Week
    from dispatch.interiors import Interior
    from dispatch.streets import Piece, SegKey, Streets

__all__ = [
    "BANDS",
    "Building",
    "City",
    "Entrance",
    "InsideLeg",
    "Office",
    "Place",
    "Way",
    "band_at",
    "load_city",
    "slower_band",
]


DESKS_KEPT = 10_000
"""Desks whose hours are kept ready."""


def load_city(
    directory: Path,
    *,
    profile: str = "ebike",
    search: str = "auto",
    streets: Streets | None = None,
) -> City:
    """
    Returns the city that `osm.build_city` wrote, with the buildings described in its folder
    ``buildings.d``; the rest as `City`. Raises CityError if it is not a city, or for a fault in a
    description.
    """
    city_map, interiors = describe(load_map(directory), read_descriptions(directory / FOLDER))
    return City(city_map, interiors=interiors, profile=profile, search=search, streets=streets)


class City:
    """
    A loaded city. Mutable are only the speeds on its streets and its cache of travel rows
    (`doors.Doors`), which is why it is a class and not a value.

    ``timezone`` is an IANA name, ``country`` an ISO 3166 code, empty where it has none; ``bounds``
    are south, west, north and east of ``roads``, the map's; ``travel_epoch`` grows when the speeds
    change. ``insides``
    are its buildings from within; ``interiors`` those that somebody described, by building.
    ``profile`` is how couriers get about, ``search`` one of `street_engine.SEARCHES`. With
    ``streets`` times and routes are theirs, and so is the profile; the map's roads then only tell
    where the city is.
    """

    def __init__(
        self,
        city_map: CityMap,
        parameters: IndoorParameters | None = None,
        *,
        interiors: Mapping[str, Interior] | None = None,
        doors: int = 2048,
        profile: str = "ebike",
        search: str = "auto",
        streets: Streets | None = None,
    ) -> None:
        self.name = city_map.name
        self.timezone = city_map.timezone
        self.country = city_map.country
        self.attribution = city_map.attribution
        self.buildings: Mapping[str, Building] = city_map.buildings
        self.offices: Mapping[str, Office] = city_map.offices
        self.insides = Insides(
            self.name,
            self.buildings,
            parameters or IndoorParameters(),
            described=interiors or {},
            doors={key: doorway.entrance for key, doorway in city_map.doorways.items()},
        )
        self.roads = roads = city_map.roads
        self.streets: Streets = streets or RoadStreets(
            roads, profile=profile, country=city_map.country, search=search
        )
        self._profiles = load_profiles()
        self.bounds = roads.bounds
        self._street_side = StreetSide(self.name, self.streets, self.bounds, doors)
        self._doorways = city_map.doorways
        # What a desk is like from within never changes, and every plan asks it of every drop.
        self._week = lru_cache(DESKS_KEPT)(partial(week_of, self.insides))
        self._is_refused = lru_cache(DESKS_KEPT)(self._refused)
        self._desk = lru_cache(DESKS_KEPT)(self._checked)
        self._point = lru_cache(DESKS_KEPT)(self._on_street)
        self.ride_factors: Mapping[str, float] = {}
        self.class_factors: Mapping[tuple[str, str], float] = {}
        self._factors_set = 0

    @property
    def profile(self) -> str:
        """The name of how all couriers of the city get about."""
        return self.streets.profile

    @property
    def streets_fixed(self) -> bool:
        """Whether the streets take neither reported speeds nor factors by class of road."""
        return self.streets.fixed

    @property
    def travel_epoch(self) -> int:
        """The number of the speeds and factors in force on the streets, from 1."""
        return self.streets.epoch + self._factors_set

    def segments_in(self, area: Area) -> list[SegKey]:
        """Returns the segments of the streets with their middle in an area, both ways."""
        roads = self.roads
        return segments_inside(area, roads.node, roads.lat, roads.lon, roads.first)

    def set_speeds(self, kmh: Mapping[SegKey, float | None]) -> int:
        """
        Takes reported speeds by segment and returns the new epoch; 0 closes, None forgets.

        Raises CityError for an unknown segment or a speed that is none; then nothing changes.
        """
        self.streets.set_speeds(kmh)
        return self.travel_epoch

    def set_ride_factors(
        self, factors: Mapping[str, float], by_class: Mapping[tuple[str, str], float] | None = None
    ) -> int:
        """
        Takes what rides are multiplied by, by band of the street, and the time of the roads of a
        class besides, by band and class; returns the new epoch.

        Raises CityError for factors by class where the streets are fixed; then nothing changes.
        """
        if (by_class or {}) != self.class_factors:
            self.streets.set_factors(by_class or {})
            self.class_factors = dict(by_class or {})
        self.ride_factors = dict(factors)
        self._factors_set += 1
        return self.travel_epoch

    def close(self) -> None:
        """Frees what the streets hold; nobody asks for times any more."""
        self.streets.close()

    def place(self, building: str, floor: int, desk: str = "") -> Place:
        """Returns a desk. Raises CityError for an unknown building or a floor not in it."""
        return self._desk(building, floor, desk)

    def street_place(self, lat: float, lon: float) -> Place:
        """Returns a point on the street. Raises CityError farther than 150 m from a road."""
        return self._point(lat, lon)

    def travel_times(
        self, places: Sequence[Place], band: str, cut_off: int | None = None
    ) -> NDArray[np.int32]:
        """
        Returns the seconds from place to place in a band, rounded up: (n, n), zero diagonal.

        ``cut_off`` stands where there is no way; None raises CityError there. Raises CityError
        also as `place` and `street_place` do, Unavailable where another server is asked for times
        not known and does not answer, ValueError for an unknown band.
        """
        times = self.ride_times(places, band, cut_off)
        lost = np.zeros(times.shape, dtype=bool) if cut_off is None else times == cut_off
        band, _ = split_band(band)
        keys = [_door_key(place) for place in places]
        leave, enter = self.insides.off_the_bike(places, band)
        times += leave[:, None]
        times += enter
        if cut_off is not None:
            times[lost] = cut_off
        doors: dict[Hashable, list[int]] = {}
        for i, key in enumerate(keys):
            doors.setdefault(key, []).append(i)
        for members in doors.values():
            rows = np.array(members)
            times[rows[:, None], rows] = self.insides.within([places[i] for i in members], band)
        return times

    def ride_times(
        self, places: Sequence[Place], band: str, cut_off: int | None = None
    ) -> NDArray[np.int32]:
        """Returns the seconds of the ride alone from door to door; else as `travel_times`."""
        _, street = split_band(band)
        doors = [self._door(place) for place in places]
        times = self._street_side.seconds(doors, street, cut_off)
        factor = self.ride_factors.get(street, 1.0)
        if factor == 1.0:
            return times
        kept = times == cut_off if cut_off is not None else False
        return np.where(kept, times, np.ceil(times * factor)).astype(np.int32)

    def way(self, a: Place, b: Place, band: str) -> Way:
        """
        Returns the way from a place to another; its duration is that of `travel_times`.

        Raises as `travel_times` does.
        """
        duration = int(self.travel_times((a, b), band)[0, 1])
        band, street = split_band(band)
        if _door_key(a) == _door_key(b):
            return Way(duration, 0, (), None, self.insides.between_legs(a, b, band))
        found = self._street_side.ride(self._door(a), self._door(b), street)
        return Way(
            duration_s=duration,
            distance_m=math.ceil(found.metres),
            line=tuple((lon, lat) for lat, lon in found.line),
            entrance=self.insides.entrance(b, band),
            inside=(*self.insides.leave_legs(a, band), *self.insides.enter_legs(b, band)),
            steps=steps(found),
        )

    def pieces(self, a: Place, b: Place, band: str) -> tuple[Piece, ...]:
        """
        Returns the ride from a place to another road by road, none within one building.

        Raises as `travel_times` does.
        """
        if _door_key(a) == _door_key(b):
            return ()
        _, street = split_band(band)
        return self._street_side.ride(self._door(a), self._door(b), street).pieces

    def ridden(self, a: Place, b: Place, band: str) -> tuple[Ridden, ...]:
        """
        Returns the seconds of the ride from a place to another by class of road, with waits.

        Raises as `travel_times` does.
        """
        _, street = split_band(band)
        ride = self._street_side.ride(self._door(a), self._door(b), street)
        whole = self.ride_factors.get(street, 1.0)
        seconds = dict.fromkeys((*GROUPS, ""), 0.0)
        for piece in ride.pieces:
            unclassed = piece.pushed or not piece.kind
            seconds["" if unclassed else self._profiles.group(piece.kind)] += piece.seconds
        seconds[""] += ride.seconds - sum(seconds.values())
        return tuple(
            Ridden(
                roads, round(time * whole, 3), whole * self.class_factors.get((street, roads), 1)
            )
            for roads, time in seconds.items()
            if time > 0
        )

    def handover(self, place: Place, weekday: int, second: int, own: Week | None = None) -> Place:
        """
        Returns where goods for a desk are handed over at a second of a local day, Monday 0.

        That is reception where the desk is closed and reception takes goods, or where couriers may
        not pass. ``own`` are hours known of the desk itself. Raises as `place` does.
        """
        if self.hours(place, own).is_open(weekday, second) and not self._is_refused(place):
            return place
        return handover(self.insides, place, weekday, second, own).place

    def reception(self, place: Place, weekday: int, second: int) -> Place | None:
        """
        Returns where reception takes goods for a desk at a second of a local day, Monday 0.

        None where it does not then, or the desk is there. Raises as `place` does.
        """
        return reception_of(self.insides, place, weekday, second)

    def hours(self, place: Place, own: Week | None = None) -> Week:
        """Returns when a desk takes deliveries; raises as `place` does."""
        return self._week(place, own)

    def near(self, lat: float, lon: float, radius_m: float = 500) -> tuple[Building, ...]:
        """
        Returns the buildings whose door or centre is within a radius, the nearest first.

        Metres along the geodesic. Raises CityError for a place that is not on Earth.
        """
        check_on_earth((lat, lon))
        north, east = (radius_m * 1.01 / float(x) for x in metres_per_degree(lat))
        found = []
        for building in self.buildings.values():
            for point in ((building.lat, building.lon), self._doorways[building.id].point):
                if abs(point[0] - lat) <= north and abs(point[1] - lon) <= east:
                    found.append((float(geodesic((lat, lon), point).meters), building.id))
        near = dict.fromkeys(key for metres, key in sorted(found) if metres <= radius_m)
        return tuple(self.buildings[key] for key in near)

    def _checked(self, building: str, floor: int, desk: str) -> Place:
        self.insides.check_floor(building, floor)
        lat, lon = self._doorways[building].point
        return Place(lat, lon, building, floor, desk)

    def _on_street(self, lat: float, lon: float) -> Place:
        self._street_side.snap((lat, lon))
        return Place(lat, lon)

    def _refused(self, place: Place) -> bool:
        return is_refused(self.insides.interior(str(place.building)), place)

    def _door(self, place: Place) -> Point:
        if place.building is None:
            return place.lat, place.lon
        self.insides.building(place.building)
        return self._doorways[place.building].point


def _door_key(place: Place) -> Hashable:
    return place.building if place.building is not None else (place.lat, place.lon)
