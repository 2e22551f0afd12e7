"""What an import found, and what it left out and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A number of things of the map that are not in the city, and why not."""

    what: str
    count: int
    why: str


@dataclass(frozen=True, slots=True)
class CityReport:
    """
    Counts of what is in a city.

    Roads are those that couriers on e-bikes can use; ``arcs`` are roads by direction,
    ``road_km`` their length, both directions once; ``turn_bans`` are those of any profile;
    ``with_levels``, ``lifts`` and ``with_floor`` count what the map knows, not what is
    assumed; ``addresses`` are objects of the map that carry a house number.
    """

    junctions: int
    roads: int
    arcs: int
    road_km: float
    turn_bans: int
    buildings: int
    with_levels: int
    entrances: int
    offices: int
    with_floor: int
    addresses: int
    lifts: int
    left_out: tuple[LeftOut, ...]
