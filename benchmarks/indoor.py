"""
How long it takes from the door of a building to a desk in it, for random desks of real maps.

From riding up to the door until standing at the desk: park, check in, walk, lift or stairs;
the hand-over is not in it. `python -m benchmarks.indoor` prints it; Moorgate is skipped where
its map is not beside the project.
"""

from __future__ import annotations

import random
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dispatch.city import BANDS, load_city
from dispatch.indoor import compile_indoor
from dispatch.indoor_parameters import IndoorParameters
from dispatch.interiors import Door, Interior, LiftBank, Stairs
from dispatch.osm import build_city

if TYPE_CHECKING:
    from dispatch.city import City, Place

ROOT = Path(__file__).parents[1]

HELSINKI = ROOT / "scenarios/data/helsinki"

MOORGATE = ROOT.parent / "shared/data/osm/london_moorgate.osm.pbf"

DESKS = 200

SEED = 11

STUDIES = (
    "Beside it: 20 min in a 62-floor tower for a visit, over 12 min of it lifts and door to door "
    "(UW Urban Freight Lab 2018), several drops a visit; a lift is waited for 25-40 s by design "
    "(BCO Guide 2014), up to 30 min at lunch in a 70-floor tower (New York Times, 2025-09-30); "
    "average time to destination in a lift at most 90-110 s (BCO Guide 2014)."
)


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds from the door to random desks of a city in a band; the last two are shares."""

    city: str
    band: str
    p10: int
    median: int
    p90: int
    longest: int
    by_lift: float
    by_stairs: float


def random_desks(city: City, number: int = DESKS, seed: int = SEED) -> list[Place]:
    """Returns desks: a building at random, larger floor space more often, then a floor."""
    rng = random.Random(seed)
    buildings = [building for building in city.buildings.values() if building.levels > 1]
    weights = [len(building.floors) for building in buildings]
    chosen = rng.choices(buildings, weights, k=number)
    return [city.place(building.id, rng.choice(building.floors)) for building in chosen]


def door_to_desk(city: City, band: str, places: list[Place]) -> Spread:
    """Returns the spread of the seconds from the door to these desks, parking included."""
    ways = [city.insides.enter_legs(place, band) for place in places]
    seconds = [sum(leg.duration_s for leg in legs) for legs in ways]
    kinds = [{leg.kind for leg in legs} for legs in ways]
    p10, median, p90 = (int(x) for x in np.percentile(seconds, (10, 50, 90), method="nearest"))
    return Spread(
        city=city.name,
        band=band,
        p10=p10,
        median=median,
        p90=p90,
        longest=max(seconds),
        by_lift=sum("lift" in kind for kind in kinds) / len(kinds),
        by_stairs=sum("stairs" in kind for kind in kinds) / len(kinds),
    )


def tower(floors: int, band: str) -> int:
    """Returns the seconds from the door to the highest desk of a tower known by its levels."""
    all_floors = tuple(range(floors))
    lifts, stairs = LiftBank("lifts", all_floors), Stairs("stairs", all_floors)
    interior = Interior(all_floors, (Door(None),), (lifts,), (stairs,))
    inside = compile_indoor(interior, band, IndoorParameters())
    return int(inside.enter[inside.spot(floors - 1, "")])


def indoor() -> str:
    """Returns the table of door-to-desk times on Helsinki and London Moorgate as text."""
    cities = [load_city(HELSINKI)]
    skipped = ""
    with tempfile.TemporaryDirectory() as folder:
        if MOORGATE.exists():
            out = Path(folder) / "city"
            build_city(MOORGATE, out, name="London Moorgate", timezone="Europe/London")
            cities.append(load_city(out))
        else:
            skipped = f"London Moorgate skipped: {MOORGATE.name} is not beside the project\n"
        rows = [
            door_to_desk(city, band, desks)
            for city in cities
            for desks in (random_desks(city),)
            for band in BANDS
        ]
    lines = [
        f"Door to desk, {DESKS} random desks a city, seed {SEED}; seconds from riding up, parking "
        "and check-in included, hand-over not",
        f"{'city':16} {'band':6} {'p10':>5} {'median':>7} {'p90':>5} {'max':>5} {'lift':>6} "
        f"{'stairs':>7}",
    ]
    lines += [
        f"{row.city:16} {row.band:6} {row.p10:5} {row.median:7} {row.p90:5} {row.longest:5} "
        f"{row.by_lift:6.0%} {row.by_stairs:7.0%}"
        for row in rows
    ]
    top = ", ".join(f"{band} {tower(62, band)} s" for band in BANDS)
    lines.append(f"Top desk of a 62-floor tower known by its levels only: {top}")
    return "\n".join([*lines, STUDIES]) + "\n" + skipped


if __name__ == "__main__":
    sys.stdout.write(indoor())
