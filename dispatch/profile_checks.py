"""What can be wrong with profiles that are well-formed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dispatch.road_rules import JUDGED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dispatch.profiles import Profile, Profiles

    Problem = tuple[str, str]
    """What contradicts itself, and where."""

STREET_BANDS = ("night", "day", "rush")
"""The bands of street traffic, fastest first; ``day`` is the one speeds are given for."""

DAYS = ("weekday", "saturday", "sunday")

GROUPS = ("main", "local", "paths")
"""Groups of road classes that fill up together; classes not named are paths."""


def problems(profiles: Profiles) -> Iterator[Problem]:
    """Yields what contradicts itself, and where."""
    if "default" not in profiles.country:
        yield "There is no country.default.", "country"
    if sorted(profiles.groups) != sorted(set(GROUPS) - {"paths"}):
        yield f"Expected the groups {GROUPS[:-1]}, got {sorted(profiles.groups)}.", "groups"
    if sorted(profiles.hours) != sorted(DAYS):
        yield f"Expected hours of {DAYS}, got {sorted(profiles.hours)}.", "hours"
    for day, bands in profiles.hours.items():
        if len(bands) != 24 or not set(bands) <= set(STREET_BANDS):
            yield f"Expected 24 of {STREET_BANDS}, got {len(bands)}.", f"hours.{day}"
    for code, country in profiles.country.items():
        if country.side not in {"left", "right"}:
            yield f"Expected left or right, got {country.side!r}.", f"country.{code}.side"
    for name, profile in profiles.profile.items():
        for problem, at in _profile_problems(profile):
            yield problem, f"profile.{name}.{at}"


def _profile_problems(profile: Profile) -> Iterator[Problem]:
    if not set(profile.keys) <= JUDGED:
        yield f"Expected access keys of {sorted(JUDGED)}, got {profile.keys}.", "keys"
    choices = {
        "limit": ("caps", "sets"),
        "oneway": ("all", "bicycle", "none"),
        "u_turns": ("dead_ends", "junctions"),
    }
    for key, allowed in choices.items():
        if getattr(profile, key) not in allowed:
            yield f"Expected one of {allowed}, got {getattr(profile, key)!r}.", key
    if not 0 < profile.limit_share <= 1:
        yield f"Expected a share above 0 and up to 1, got {profile.limit_share}.", "limit_share"
    if profile.push_kmh < 0 or profile.push_kmh > profile.cap_kmh:
        yield f"Expected 0 to cap_kmh, got {profile.push_kmh}.", "push_kmh"
    for kind, kmh in profile.speeds.items():
        if not 0 < kmh <= profile.cap_kmh:
            text = f"Expected km/h above 0 and up to cap_kmh {profile.cap_kmh:g}, got {kmh:g}."
            yield text, f"speeds.{kind}"
    for kind in sorted(profile.on_foot | profile.by_permission):
        if profile.speed(kind) is None:
            yield f"There is no speed for {kind}.", "speeds"
    for part, names in (
        ("turn", ("most", "u_turn")),
        ("wait", ("signals", "stop", "give_way", "crossing")),
    ):
        for key in names:
            if getattr(getattr(profile, part), key) < 0:
                yield "Expected seconds of at least 0.", f"{part}.{key}"
    if profile.turn.bias <= 0:
        yield f"Expected a bias above 0, got {profile.turn.bias}.", "turn.bias"
    for group in GROUPS:
        factors = profile.factors.get(group, {})
        if sorted(factors) != sorted(STREET_BANDS):
            yield f"Expected a factor for each of {STREET_BANDS}.", f"factors.{group}"
        elif not all(0.05 <= factor <= 5 for factor in factors.values()):
            yield f"Expected factors of 0.05 to 5, got {factors}.", f"factors.{group}"
        elif factors["day"] != 1:
            yield "Speeds are those of the day, so its factor is 1.", f"factors.{group}.day"
    if extra := sorted(set(profile.factors) - set(GROUPS)):
        yield f"Unknown groups {extra}.", "factors"
