"""
Where a courier may go with a profile, from the tags of ways and of the points on them.

Riding where the profile may ride, pushing a bike at walking speed where only people on
foot may go, never carrying it. Tags are OpenStreetMap's, as described in its wiki under
*Bicycle*, *Key:access*, *Key:oneway:bicycle*, *Key:barrier* and *Key:maxspeed*.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dispatch.profiles import Country, Profile

    Tags = Mapping[str, str]

CLASSES = (
    "motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link",
    "secondary", "secondary_link", "tertiary", "tertiary_link", "unclassified",
    "residential", "living_street", "service", "road", "busway", "track", "path",
    "bridleway", "pedestrian", "footway", "cycleway", "steps", "corridor",
)  # fmt: skip
"""Values of highway=* that are roads for some profile; files of a city hold the index."""

JUDGED = frozenset(
    {"highway", "motorroad", "junction", "access", "vehicle", "bicycle", "foot"}
    | {"motor_vehicle", "motorcar", "oneway", "oneway:bicycle", "oneway:foot"}
    | {"cycleway", "cycleway:left", "cycleway:right", "cycleway:both"}
)
"""Keys that `modes` looks at; ways that agree in them are open to the same couriers."""

CLOSED, RIDE, PUSH = 0, 1, 2
"""What a courier may do on a road in one direction."""

ALLOWED = frozenset(
    {"yes", "designated", "permissive", "destination", "delivery", "official", "customers"}
)
"""Values that let a courier in; a delivery is a destination."""

FORBIDDEN = frozenset({"no", "private", "agricultural", "forestry", "military", "service"})

FASTEST = 200
"""km/h above which a speed on the map is taken for a mistake."""


def modes(tags: Tags, profile: Profile) -> tuple[int, int]:
    """
    Returns what may be done along a way and against it: CLOSED, RIDE or PUSH.

    Pushing goes both ways, whatever the signs say to those who ride.
    """
    kind = tags.get("highway", "")
    if kind not in CLASSES or profile.speed(kind) is None or _is_closed(tags, profile.keys):
        return CLOSED, CLOSED
    if tags.get("motorroad") == "yes" and "motorcar" not in profile.keys:
        return CLOSED, CLOSED
    if _is_pushed(tags, kind.removesuffix("_link"), profile):
        may_push = profile.push_kmh > 0 and tags.get(profile.keys[0]) != "no"
        return (PUSH, PUSH) if may_push else (CLOSED, CLOSED)
    along, against = _directions(tags, kind, profile.oneway)
    return RIDE * along, RIDE * against


def lets_through(tags: Tags, profile: Profile) -> bool:
    """Tells whether a point of a road can be passed; the more special access tag decides."""
    barrier = tags.get("barrier")
    if barrier is None:
        return True
    said = [value for key in profile.keys if (value := tags.get(key)) in ALLOWED | FORBIDDEN]
    return said[0] in ALLOWED if said else barrier in profile.passes


def speed_limits(tags: Tags, country: Country) -> tuple[int, int]:
    """Returns the signed km/h along a way and against it, 0 where the map knows none."""
    both = _limit(tags.get("maxspeed"), country)
    along = _limit(tags.get("maxspeed:forward"), country) or both
    against = _limit(tags.get("maxspeed:backward"), country) or both
    return along, against


def _limit(text: str | None, country: Country) -> int:
    """Reads ``50``, ``30 mph``, ``FI:urban`` and ``walk``; 0 for what is no speed."""
    if text is None:
        return 0
    if text == "walk":
        return 5
    if text == "none":
        return round(country.motorway)
    if match := re.match(r"(\d{1,3})(?:\.\d+)?\s*(mph)?", text):
        kmh = int(match[1]) * (1.609344 if match[2] else 1)
        return round(kmh) if kmh <= FASTEST else 0
    zone = text.rpartition(":")[2]
    return round(getattr(country, zone)) if zone in {"urban", "rural", "motorway", "trunk"} else 0


def _is_closed(tags: Tags, keys: tuple[str, ...]) -> bool:
    """Tells whether the way is shut: the more special tag decides."""
    for key in keys:
        value = tags.get(key)
        if value in ALLOWED:
            return False
        if value in FORBIDDEN:
            return True
    return False


def _is_pushed(tags: Tags, kind: str, profile: Profile) -> bool:
    # use_sidepath: the carriageway is closed for bicycles, its pavement is not for people.
    if tags.get(profile.keys[0]) in {"dismount", "use_sidepath"}:
        return True
    special = [tags.get(key) for key in profile.keys if key != "access"]
    needs_tag = kind in profile.on_foot | profile.by_permission
    return needs_tag and not any(value in ALLOWED for value in special)


def _directions(tags: Tags, kind: str, rule: str) -> tuple[bool, bool]:
    """Returns whether one may ride along the way and against it."""
    if rule == "none":
        return True, tags.get("oneway:foot") != "yes"
    around = tags.get("junction") in {"roundabout", "circular"} or kind == "motorway"
    oneway = tags.get("oneway", "yes" if around else "no")
    if rule == "bicycle":
        oneway = _bicycle_oneway(tags, oneway)
    if oneway == "reversible":
        return False, False
    if oneway in {"yes", "true", "1"}:
        return True, False
    if oneway in {"-1", "reverse"}:
        return False, True
    return True, True


def _bicycle_oneway(tags: Tags, oneway: str) -> str:
    """Returns the value of oneway that holds for bicycles."""
    opposite = any(
        tags.get(key, "").startswith("opposite")
        for key in ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")
    )
    return tags.get("oneway:bicycle") or ("no" if opposite else oneway)
