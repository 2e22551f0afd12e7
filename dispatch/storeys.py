"""The floors a map gives a building: by its own tags, and by what is drawn inside it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dispatch.floors import HIGHEST, LOWEST, known_floors
from dispatch.indoor_parameters import FLOORS_PER_LIFT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from dispatch.places import Building

ONE_LEVEL = frozenset({"kiosk", "pavilion", "church", "chapel", "cathedral", "service"})
"""Values of building=* that are taken for one level where the map does not say."""

FLOOR_HEIGHT = 3.5
"""Metres per level where only the height is known."""

WALK_UP = 3
"""Levels up to which a building is assumed to have no lift."""


@dataclass(frozen=True, slots=True)
class Storeys:
    """The floors ``lowest .. levels - 1`` of a building, and whether the map says so."""

    levels: int
    levels_assumed: bool
    lowest: int = 0
    lowest_assumed: bool = True
    missing: tuple[int, ...] = ()


def read_storeys(tags: Mapping[str, str], usual: int, drawn: Collection[int] = ()) -> Storeys:
    """
    Returns the floors of a building by its tags; ``usual`` levels where none tells.

    ``drawn`` are floors the map draws inside it: several of them tell the levels too.

    ``building:levels`` counts from the ground floor up, ``building:levels:underground`` below
    it; ``min_level`` and ``max_level`` are floors (Simple Indoor Tagging). Of a building that
    begins at ``building:min_level`` the floors between it and the ground floor are missing.
    """
    known, top = number(tags.get("building:levels")), whole(tags.get("max_level"))
    below, lowest = number(tags.get("building:levels:underground")), whole(tags.get("min_level"))
    if top is None and len(drawn) > 1:
        top = max(drawn)
    if known is not None:
        levels = math.floor(known)
    else:
        levels = top + 1 if top is not None else _guess(tags, usual)
    levels = min(max(1, levels), HIGHEST + 1)
    if lowest is None and below is not None:
        lowest = -math.ceil(below)
    missing = set(known_floors(tags.get("non_existent_levels")))
    missing |= set(range(1, min(levels - 1, whole(tags.get("building:min_level")) or 0)))
    return Storeys(
        levels=levels,
        levels_assumed=known is None and top is None,
        lowest=min(0, max(LOWEST, lowest or 0)),
        lowest_assumed=lowest is None,
        missing=tuple(sorted(missing - {0, levels - 1})),
    )


def usual_lifts(levels: int) -> int:
    """Returns the lifts assumed for a building: none up to three levels, then one per four."""
    return 0 if levels <= WALK_UP else math.ceil(levels / FLOORS_PER_LIFT)


def with_floors(building: Building, floors: Iterable[int]) -> Building:
    """Returns a building that has these floors too; lifts that are assumed grow with it."""
    found = {*floors, building.lowest, building.levels - 1}
    levels, lowest = max(found) + 1, min(found)
    lifts = building.lifts
    if building.lifts_assumed:
        lifts += usual_lifts(levels) - usual_lifts(building.levels)
    missing = tuple(floor for floor in building.missing if floor not in found)
    return replace(building, levels=levels, lowest=lowest, lifts=lifts, missing=missing)


def with_lifts(building: Building, drawn: Sequence[tuple[int, ...]]) -> Building:
    """
    Returns a building with the lifts a map draws in it, each with its floors, () if not known.

    A lift that serves fewer than two floors of the building, such as one down to a railway, is
    not its lift. Where none drawn reaches the top, the usual ones are assumed beside them.
    """
    floors = set(building.floors)
    inside = [tuple(sorted(floors.intersection(served))) for served in drawn]
    known = tuple(served for served in inside if len(served) > 1)
    num_drawn = len(known) + sum(not served for served in drawn)
    reaches_top = num_drawn > len(known) or any(s[-1] >= building.levels - 2 for s in known)
    usual = 0 if reaches_top else usual_lifts(building.levels)
    return replace(
        building,
        lifts=num_drawn + usual,
        lifts_assumed=bool(usual) or not num_drawn,
        lift_floors=known,
    )


def number(text: str | None) -> float | None:
    """Returns the first number in a tag such as ``12.13 m``; None where there is none."""
    match = re.match(r"\s*(\d+(?:\.\d+)?)", text or "")
    return float(match[1]) if match else None


def whole(text: str | None) -> int | None:
    """Returns the whole number a tag begins with; None where there is none."""
    match = re.match(r"\s*(-?\d+)", text or "")
    return int(match[1]) if match else None


def _guess(tags: Mapping[str, str], usual: int) -> int:
    if tags["building"] in ONE_LEVEL:
        return 1
    height = number(tags.get("height"))
    return usual if height is None else round(height / FLOOR_HEIGHT)
