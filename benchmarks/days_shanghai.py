"""
Central Shanghai with synthetic offices: a city that no default was tuned on.

The roads are OpenStreetMap's, brought in by our own importer. Of what stands beside them the map at
hand knows nothing: every building, floor and office is drawn here from a seed and is of no real
house. Drawn is what an inner city of towers is like, and unlike the embedded city:

- 80 houses of 4 to 40 floors, half of them above 12 (embedded: 240, of 2 to 13, half above 5), with
  lifts as assumed of every building;
- 25 to 60 m from a road that e-bikes may use and 70 m from one another, at distances to the store
  drawn evenly up to 1.5 km; where there is no room, none stands (half of the houses are then within
  0.9 km; embedded: of the offices, within 0.5 km, and a tenth beyond 0.7 km);
- 400 offices on as many floors above the lobby, so that a taller house has more of them.

From the store to a desk and back takes 19 minutes in the middle (embedded: 16), more of it indoors.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.days_play import Ground
from benchmarks.solver_env import Skipped
from dispatch.city import City
from dispatch.city_files import Doorway, load_map
from dispatch.geo import distance, metres_per_degree
from dispatch.orders import Store
from dispatch.osm import ATTRIBUTION, COURIERS, build_city
from dispatch.places import Building, Office
from dispatch.profiles import load_profiles
from dispatch.snapping import Snapper
from dispatch.storeys import usual_lifts
from dispatch.turns import build_turns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatch.city_files import CityMap
    from dispatch.geo import Point
    from dispatch.snapping import Snap

MAP = Path(__file__).parents[2] / "shared/data/osm/shanghai_center.osm.pbf"

STORE = Store("st_1", "People's Square", 31.2304, 121.4737)
"""Where couriers start: the middle of the city."""

TIMEZONE = "Asia/Shanghai"

SEED, BUILDINGS, OFFICES = 1, 80, 400
"""As many offices as a world has desks."""

RADIUS_M = 1500.0
"""From the store to the farthest building; from there 22 minutes leave time for little else."""

APART_M, FROM_ROAD_M = 70.0, (25.0, 60.0)
"""Metres from the middle of a building to that of another at least, and to the nearest road."""

HALF_M = 15.0
"""Half a side of a building, metres; its door is in the middle of the side to the road."""

LEVELS = (4, 40)

TRIES = 5_000
"""Middles of buildings that are drawn before there is no more room."""

TITLE = (
    f"central Shanghai, roads of OpenStreetMap, {BUILDINGS} SYNTHETIC buildings of {LEVELS[0]} to "
    f"{LEVELS[1]} floors with {OFFICES} SYNTHETIC offices within {RADIUS_M / 1000:g} km of one "
    "store; no default was tuned on it"
)
"""What a report says of the city."""


@cache
def shanghai() -> Ground:
    """Returns the city and its store, made once. Raises Skipped where its map is not at hand."""
    return Ground(City(synthetic_map(MAP)), STORE)


def synthetic_map(roads: Path, seed: int = SEED) -> CityMap:
    """Returns a map's roads with synthetic offices. Raises Skipped where there is no such map."""
    if not roads.is_file():
        raise Skipped(f"the map {roads.name} is not at hand")
    with TemporaryDirectory() as folder:
        out = Path(folder) / "city"
        build_city(roads, out, name="central Shanghai", timezone=TIMEZONE)
        city = load_map(out)
    rng = np.random.default_rng(seed)
    places = _places(city, rng)
    houses = [_house(i, place, rng) for i, place in enumerate(places, start=1)]
    return replace(
        city,
        attribution=f"{ATTRIBUTION}; buildings and offices are synthetic",
        buildings={house.id: house for house in houses},
        doorways={house.id: Doorway(_door(house), None) for house in houses},
        offices={office.id: office for office in _offices(houses, rng)},
    )


def _places(city: CityMap, rng: np.random.Generator) -> list[tuple[Point, Snap]]:
    """Returns the middles of the buildings, each with the nearest point of a road."""
    shares, turns = rng.random(TRIES), rng.random(TRIES) * 2 * math.pi
    metres = np.column_stack([np.cos(turns), np.sin(turns)]) * RADIUS_M * shares[:, None]
    points = [_moved((STORE.lat, STORE.lon), *by) for by in metres.tolist()]
    nearest, farthest = FROM_ROAD_M
    taken: list[tuple[Point, Snap]] = []
    for point, snap in zip(points, _snapper(city).snap_all(points), strict=True):
        is_free = all(distance(point, other) >= APART_M for other, _ in taken)
        if is_free and nearest <= snap.gap <= farthest:
            taken.append((point, snap))
        if len(taken) == BUILDINGS:
            return taken
    raise ValueError(f"Expected room for {BUILDINGS} buildings, found it for {len(taken)}.")


def _snapper(city: CityMap) -> Snapper:
    """Returns what finds the roads of couriers, as an import does for the doors of a map."""
    profiles = load_profiles()
    side = profiles.country_of(city.country).side
    graph = build_turns(city.roads, COURIERS, profiles.of(COURIERS), side)
    return Snapper(city.roads, graph.usable)


def _house(number: int, place: tuple[Point, Snap], rng: np.random.Generator) -> Building:
    """Returns a building with its first side to the road."""
    (lat, lon), snap = place
    north, east = (float(x) for x in metres_per_degree(lat))
    ahead = (
        (snap.lat - lat) * north / snap.gap * HALF_M,
        (snap.lon - lon) * east / snap.gap * HALF_M,
    )
    corners = ((1, 1), (1, -1), (-1, -1), (-1, 1))
    outline = [
        _moved((lat, lon), a * ahead[0] - b * ahead[1], a * ahead[1] + b * ahead[0])
        for a, b in corners
    ]
    least, most = LEVELS
    levels = int(math.exp(rng.uniform(math.log(least), math.log(most + 1))))
    return Building(
        id=f"b_{number}",
        name=f"Synthetic house {number}",
        address="",
        lat=lat,
        lon=lon,
        levels=levels,
        levels_assumed=True,
        lifts=usual_lifts(levels),
        lifts_assumed=True,
        entrances=(),
        outline=tuple(outline),
    )


def _door(house: Building) -> Point:
    """Returns the middle of the first side."""
    (lat, lon), (other_lat, other_lon) = house.outline[:2]
    return round((lat + other_lat) / 2, 6), round((lon + other_lon) / 2, 6)


def _offices(houses: Sequence[Building], rng: np.random.Generator) -> list[Office]:
    """Returns offices on floors above the lobby, one a floor at most."""
    floors = [(house, floor) for house in houses for floor in house.floors[1:]]
    chosen = sorted(rng.choice(len(floors), OFFICES, replace=False).tolist())
    return [
        Office(
            id=f"k_{number}",
            name=f"Synthetic office {number}",
            building=floors[i][0].id,
            floor=floors[i][1],
            floor_assumed=True,
            lat=floors[i][0].lat,
            lon=floors[i][0].lon,
        )
        for number, i in enumerate(chosen, start=1)
    ]


def _moved(point: Point, north_m: float, east_m: float) -> Point:
    """Returns the point so many metres away, as fine as the files of a city."""
    north, east = (float(x) for x in metres_per_degree(point[0]))
    return round(point[0] + north_m / north, 6), round(point[1] + east_m / east, 6)
