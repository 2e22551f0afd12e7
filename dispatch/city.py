"""
One city: its buildings, its desks, and how long it takes from any place to any other.

Between places in one building only the way inside counts. Across buildings a courier
leaves the desk and the building, unlocks the bike, rides, parks, checks in at the lobby
and goes up to the desk; so check-in is paid once per visit by construction, and a courier
already inside pays none.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from geopy.distance import geodesic

from dispatch.city_files import load_map
from dispatch.describing import describe
from dispatch.descriptions import FOLDER, read_descriptions
from dispatch.doors import Doors
from dispatch.errors import CityError
from dispatch.geo import metres_per_degree
from dispatch.indoor_parameters import BANDS, IndoorParameters, band_at, slower_band
from dispatch.insides import Insides
from dispatch.places import Building, Entrance, InsideLeg, Office, Place, Way
from dispatch.rides import ride
from dispatch.roads import RoadGraph
from dispatch.snapping import REACH, Snapper

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dispatch.city_files import CityMap
    from dispatch.geo import Point
    from dispatch.interiors import Interior
    from dispatch.snapping import Snap

    DoorKey = str | Point

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


def load_city(directory: Path) -> City:
    """
    Returns the city that `osm.build_city` wrote, with the buildings described in its folder
    ``buildings.d``. Raises CityError if it is not a city, or for a fault in a description.
    """
    city_map, interiors = describe(load_map(directory), read_descriptions(directory / FOLDER))
    return City(city_map, interiors=interiors)


class City:
    """
    A loaded city. The only mutable thing in it is its cache of travel rows (`doors.Doors`),
    which is why it is a class and not a value.

    ``timezone`` is an IANA name; ``travel_epoch`` grows when the speeds change. ``insides``
    are its buildings from within; ``interiors`` those that somebody described, by building.
    """

    def __init__(
        self,
        city_map: CityMap,
        parameters: IndoorParameters | None = None,
        *,
        interiors: Mapping[str, Interior] | None = None,
        doors: int = 2048,
    ) -> None:
        self.name = city_map.name
        self.timezone = city_map.timezone
        self.attribution = city_map.attribution
        self.buildings: Mapping[str, Building] = city_map.buildings
        self.offices: Mapping[str, Office] = city_map.offices
        self.travel_epoch = 1
        self.insides = Insides(
            self.name,
            self.buildings,
            parameters or IndoorParameters(),
            described=interiors or {},
            doors={key: doorway.entrance for key, doorway in city_map.doorways.items()},
        )
        self._graph = RoadGraph(city_map.roads)
        self._snapper = Snapper(self._graph)
        self._doorways = city_map.doorways
        self._doors: Doors[DoorKey] = Doors(self._graph, doors)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """South, west, north and east of the roads, degrees."""
        lat, lon = self._graph.roads.lat, self._graph.roads.lon
        return float(lat.min()), float(lon.min()), float(lat.max()), float(lon.max())

    def place(self, building: str, floor: int, desk: str = "") -> Place:
        """Returns a desk. Raises CityError for an unknown building or a floor not in it."""
        self.insides.check_floor(building, floor)
        lat, lon = self._doorways[building].point
        return Place(lat, lon, building, floor, desk)

    def street_place(self, lat: float, lon: float) -> Place:
        """Returns a point on the street. Raises CityError farther than 150 m from a road."""
        self._snap((lat, lon))
        return Place(lat, lon)

    def travel_times(self, places: Sequence[Place], band: str) -> NDArray[np.int32]:
        """
        Returns the seconds from place to place in a band, rounded up: (n, n), zero diagonal.

        Raises CityError as `place` and `street_place` do, ValueError for an unknown band.
        """
        keys = [_door_key(place) for place in places]
        times = self._doors.seconds(keys, self._snap_of)
        leave, enter = self.insides.off_the_bike(places, band)
        times += leave[:, None]
        times += enter
        doors: dict[Hashable, list[int]] = {}
        for i, key in enumerate(keys):
            doors.setdefault(key, []).append(i)
        for members in doors.values():
            rows = np.array(members)
            times[rows[:, None], rows] = self.insides.within([places[i] for i in members], band)
        return times

    def way(self, a: Place, b: Place, band: str) -> Way:
        """
        Returns the way from a place to another; its duration is that of `travel_times`.

        Raises as `travel_times` does.
        """
        duration = int(self.travel_times((a, b), band)[0, 1])
        if _door_key(a) == _door_key(b):
            return Way(duration, 0, (), None, self.insides.between_legs(a, b, band))
        found = ride(self._graph, self._door(a), self._door(b))
        return Way(
            duration_s=duration,
            distance_m=math.ceil(found.metres),
            line=tuple((lon, lat) for lat, lon in found.line),
            entrance=self.insides.entrance(b, band),
            inside=(*self.insides.leave_legs(a, band), *self.insides.enter_legs(b, band)),
        )

    def near(self, lat: float, lon: float, radius_m: float = 500) -> tuple[Building, ...]:
        """
        Returns the buildings whose door or centre is within a radius, the nearest first.

        Metres along the geodesic. Raises CityError for a place that is not on Earth.
        """
        _check_on_earth((lat, lon))
        north, east = (radius_m * 1.01 / float(x) for x in metres_per_degree(lat))
        found = []
        for building in self.buildings.values():
            for point in ((building.lat, building.lon), self._doorways[building.id].point):
                if abs(point[0] - lat) <= north and abs(point[1] - lon) <= east:
                    found.append((float(geodesic((lat, lon), point).meters), building.id))
        near = dict.fromkeys(key for metres, key in sorted(found) if metres <= radius_m)
        return tuple(self.buildings[key] for key in near)

    def _door(self, place: Place) -> tuple[Point, Snap]:
        key = _door_key(place)
        point = self._doorways[key].point if isinstance(key, str) else key
        return point, self._snap(point)

    def _snap_of(self, key: DoorKey) -> Snap:
        if isinstance(key, str):
            self.insides.building(key)
            return self._snap(self._doorways[key].point)
        return self._snap(key)

    def _snap(self, point: Point) -> Snap:
        _check_on_earth(point)
        snap = self._snapper.snap(*point)
        if snap.gap > REACH:
            south, west, north, east = self.bounds
            raise CityError(
                f"({point[0]:.6f}, {point[1]:.6f}) is {snap.gap:.0f} m from the nearest road of "
                f"{self.name} that a courier can use; at most {REACH:.0f} m can be served.",
                at="place",
                cure=f"Give a place between ({south:.4f}, {west:.4f}) and ({north:.4f}, "
                f"{east:.4f}), or import a map that reaches farther.",
                code="outside-city",
                value=point,
            )
        return snap


def _door_key(place: Place) -> DoorKey:
    return place.building if place.building is not None else (place.lat, place.lon)


def _check_on_earth(point: Point) -> None:
    if not (abs(point[0]) <= 90 and abs(point[1]) <= 180):
        raise CityError(
            f"({point[0]}, {point[1]}) is not a place on Earth.",
            at="place",
            cure="Give latitude then longitude in WGS-84 degrees.",
            code="outside-city",
            value=point,
        )
