"""Importing a city from OpenStreetMap."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from dispatch.building_import import import_buildings
from dispatch.city_files import CityMap, load_map, save_map
from dispatch.countries import country_of_timezone
from dispatch.crossings import CROSSING_M
from dispatch.errors import CityError
from dispatch.office_import import import_offices
from dispatch.osm_reader import read_extract
from dispatch.profiles import load_profiles
from dispatch.report import CityReport, LeftOut
from dispatch.road_import import import_roads
from dispatch.roads import offsets
from dispatch.snapping import REACH, Snapper
from dispatch.turns import build_turns

if TYPE_CHECKING:
    from pathlib import Path

    from dispatch.osm_reader import Extract
    from dispatch.places import Building, Office
    from dispatch.roads import Roads
    from dispatch.turns import TurnGraph

__all__ = ["ATTRIBUTION", "CityReport", "LeftOut", "build_city", "city_info"]

ATTRIBUTION = "© OpenStreetMap contributors"
"""What the Open Database License asks to be shown wherever the city is."""


TRAPPED = "no way there and back for e-bikes past barriers and turn bans"
"""Why a road is left out whose junctions could be reached."""

COURIERS = "ebike"
"""The profile whose roads are counted, and nearest to whose roads buildings are entered."""


def build_city(
    pbf: Path,
    out: Path,
    *,
    name: str,
    timezone: str,
    attribution: str = ATTRIBUTION,
    country: str | None = None,
    crossing_m: float = CROSSING_M,
) -> CityReport:
    """
    Writes the city that a map file holds into a directory; returns what is in it.

    ``country`` is an ISO 3166 code, which says on what side one drives and what speed
    holds without a sign; None: that of the time zone. ``crossing_m`` is how far apart the
    signals of one crossing are; 0: every signal is waited at.

    Nothing is written unless all of it is. Raises CityError where the file is not a whole
    map, has no roads for couriers, the time zone is unknown, or ``out`` cannot be written.
    """
    _check_timezone(timezone)
    extract = read_extract(pbf)
    profiles = load_profiles()
    country = country_of_timezone(timezone) if country is None else country
    roads, roads_left_out = import_roads(extract, profiles, country, crossing_m)
    side = profiles.country_of(country).side
    graph = build_turns(roads, COURIERS, profiles.of(COURIERS), side)
    roads_left_out.append(LeftOut("roads between junctions", graph.num_trapped, TRAPPED))
    snapper = Snapper(roads, graph.usable)
    buildings, doorways, buildings_left_out = import_buildings(extract, snapper, REACH)
    buildings, offices, offices_left_out = import_offices(extract, buildings)
    left_out = [*roads_left_out, *buildings_left_out, *offices_left_out]
    report = _report(extract, roads, graph, buildings, offices, left_out)
    city = CityMap(
        name=name,
        timezone=timezone,
        country=country,
        attribution=attribution,
        roads=roads,
        buildings={building.id: building for building in buildings},
        doorways=doorways,
        offices={office.id: office for office in offices},
        report=report,
    )
    save_map(city, out)
    return report


def city_info(directory: Path) -> CityReport:
    """Returns what is in a city. Raises CityError where the directory is not a whole city."""
    return load_map(directory).report


def _check_timezone(timezone: str) -> None:
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CityError(
            f"There is no time zone {timezone!r}.",
            at="timezone",
            cure="Give a name of the IANA list, such as Europe/Helsinki.",
            code="unknown-timezone",
            value=timezone,
        ) from error


def _report(
    extract: Extract,
    roads: Roads,
    graph: TurnGraph,
    buildings: list[Building],
    offices: list[Office],
    left_out: list[LeftOut],
) -> CityReport:
    usable = graph.usable
    length = offsets(roads)[roads.first[1:] - 1]
    return CityReport(
        junctions=len(np.unique(graph.tail)),
        roads=int(usable.sum()),
        arcs=graph.num_plain,
        road_km=round(float(length[usable].sum()) / 1000, 1),
        turn_bans=len(roads.ban) + len(roads.way_ban),
        buildings=len(buildings),
        with_levels=sum(not building.levels_assumed for building in buildings),
        entrances=sum(len(building.entrances) for building in buildings),
        offices=len(offices),
        with_floor=sum(not office.floor_assumed for office in offices),
        addresses=sum("addr:housenumber" in point.tags for point in extract.points),
        lifts=sum(building.lifts for building in buildings if not building.lifts_assumed),
        left_out=tuple(row for row in left_out if row.count),
    )
