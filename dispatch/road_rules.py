"""
Where an e-bike courier may go and how fast, from the tags of a way.

Riding where bicycles may ride, pushing the bike at walking speed where only people on
foot may go, never carrying it: stairs, lifts and platforms are left out. Turn bans are
not modelled; who dismounts may turn. Tags are OpenStreetMap's, as described in its wiki
under *Bicycle*, *Key:access* and *Key:oneway:bicycle*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    Tags = Mapping[str, str]

PUSHING = 5
"""km/h on foot with the bike; walking is 1.3-1.4 m/s."""

RIDING = {
    "cycleway": 20,
    "trunk": 18,
    "primary": 18,
    "secondary": 18,
    "tertiary": 18,
    "unclassified": 17,
    "residential": 17,
    "living_street": 14,
    "service": 14,
    "road": 14,
    "busway": 17,
    "track": 12,
    "path": 12,
    "bridleway": 10,
    "pedestrian": 8,
    "footway": 10,
}
"""
km/h by class, stops included, the same all day. Set so that a ride through a town comes
to the measured mean of e-bikes, 17.09 km/h (https://doi.org/10.1177/1687814015616918);
the legal cap is 25. On shared ground the pace is that of the people walking.
"""

ON_FOOT = frozenset({"footway", "bridleway"})
"""Classes that are walked unless the map allows riding."""

BY_PERMISSION = frozenset({"trunk", "busway"})
"""Classes that need a tag to be ridden."""

ALLOWED = frozenset({"yes", "designated", "permissive", "destination", "official", "customers"})
"""Values that let a courier in; a delivery is a destination."""

FORBIDDEN = frozenset({"no", "private", "agricultural", "forestry", "military", "service"})


def speeds(tags: Tags) -> tuple[int, int] | None:
    """
    Returns the km/h along a way and against it, 0 where not allowed; None: not a road for us.

    They are never both 0. Pushing goes both ways, whatever the signs say to those who ride.
    """
    kind = tags.get("highway", "").removesuffix("_link")
    if kind not in RIDING or _is_closed(tags):
        return None
    if _is_pushed(tags, kind):
        return None if tags.get("bicycle") == "no" else (PUSHING, PUSHING)
    along, against = _directions(tags)
    return RIDING[kind] * along, RIDING[kind] * against


def _is_closed(tags: Tags) -> bool:
    """Tells whether the way is shut for bicycles: the more special tag decides."""
    for key in ("bicycle", "vehicle", "access"):
        value = tags.get(key)
        if value in ALLOWED:
            return False
        if value in FORBIDDEN:
            return True
    return False


def _is_pushed(tags: Tags, kind: str) -> bool:
    bicycle = tags.get("bicycle")
    # use_sidepath: the carriageway is closed for bicycles, its pavement is not for people.
    if bicycle in {"dismount", "use_sidepath"}:
        return True
    return kind in ON_FOOT | BY_PERMISSION and bicycle not in ALLOWED


def _directions(tags: Tags) -> tuple[bool, bool]:
    """Returns whether a bicycle may ride along the way and against it."""
    opposite = any(
        tags.get(key, "").startswith("opposite")
        for key in ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")
    )
    oneway = tags.get("oneway:bicycle")
    if oneway is None and not opposite:
        around = tags.get("junction") in {"roundabout", "circular"}
        oneway = tags.get("oneway", "yes" if around else "no")
    if oneway in {"yes", "true", "1"}:
        return True, False
    if oneway in {"-1", "reverse"}:
        return False, True
    return True, True
