"""What is known of a building and what is assumed, for people to see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatch.floors import show_floors
from dispatch.hours import every_day

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dispatch.insides import Insides
    from dispatch.interiors import Interior

ASSUMED_HOURS = "nobody says them: the usual hours of offices"


@dataclass(frozen=True, slots=True)
class Fact:
    """A thing of a building, its value as text, where it is from, and whether it is assumed."""

    name: str
    value: str
    source: str
    assumed: bool


def building_facts(insides: Insides, key: str) -> tuple[Fact, ...]:
    """
    Returns what planning goes on in a building. Raises CityError for an unknown building.

    The names are ``floors``, ``entrance``, ``lifts``, ``stairs``, ``check_in`` and ``hours``;
    entrances, lifts and stairs may stand several times.
    """
    building, interior = insides.building(key), insides.interior(key)
    described = key in insides.described
    week = interior.hours or every_day(building.opens, building.closes)
    hours_source = interior.source if described and interior.hours else "map: opening_hours"
    return (
        _fact(
            "floors",
            show_floors(interior.floors),
            interior.source,
            "the middle of the levels the map knows, or its height",
        ),
        *_ways(interior),
        _check_in(insides, interior),
        Fact(
            "hours",
            str(week),
            hours_source if interior.hours else ASSUMED_HOURS,
            assumed=interior.hours is None,
        ),
    )


def _ways(interior: Interior) -> Iterator[Fact]:
    for door in interior.doors:
        where = "the corner of its outline nearest to a road"
        yield _fact("entrance", door.id or "unknown", door.source, where)
    for bank in interior.lifts:
        cars = "as many as usual" if bank.cars is None else str(bank.cars)
        value = f"{cars} at {show_floors(bank.floors)}"
        yield _fact("lifts", value, bank.source, "one for every four floors, none up to three")
    for stairs in interior.stairs:
        value = show_floors(stairs.floors)
        yield _fact("stairs", value, stairs.source, "stairs reach every floor")


def _check_in(insides: Insides, interior: Interior) -> Fact:
    default, grounds = insides.parameters.check_in, insides.parameters.source("check_in")
    if interior.check_in_s is None:
        return Fact("check_in", f"{default:g} s", grounds, assumed=True)
    return Fact("check_in", f"{interior.check_in_s:g} s", interior.source, assumed=False)


def _fact(name: str, value: str, source: str, grounds: str) -> Fact:
    return Fact(name, value, source or grounds, assumed=not source)
