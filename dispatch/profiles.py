"""
How couriers get through the streets: the profiles of `profiles.toml`, read and checked.

References
----------
The turn cost and the car's figures are those of OSRM's car profile (BSD-2-Clause),
https://github.com/Project-OSRM/osrm-backend/blob/master/profiles/car.lua.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cattrs
from cattrs.errors import ClassValidationError

from dispatch.errors import CityError
from dispatch.profile_checks import problems

SHIPPED = Path(__file__).with_name("profiles.toml")
"""The profiles that come with dispatch."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Seconds of the sharpest turn and of turning round, and the bias against crossing."""

    most: float
    bias: float
    u_turn: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Mean seconds lost at a node of each kind."""

    signals: float
    stop: float
    give_way: float
    crossing: float


@dataclass(frozen=True, slots=True)
class Profile:
    """One way to get about; `profiles.toml` says what each field means."""

    keys: tuple[str, ...]
    on_foot: frozenset[str]
    by_permission: frozenset[str]
    push_kmh: float
    cap_kmh: float
    limit: str
    limit_share: float
    passes: frozenset[str]
    obeys_bans: bool
    oneway: str
    u_turns: str
    turn: Turn
    wait: Wait
    speeds: Mapping[str, float]
    factors: Mapping[str, Mapping[str, float]]

    def speed(self, kind: str) -> float | None:
        """Returns the km/h of a class by itself; None where the profile has no such road."""
        return self.speeds.get(kind, self.speeds.get(kind.removesuffix("_link")))


@dataclass(frozen=True, slots=True)
class Country:
    """The side driven on, and legal speeds in km/h where the map has none."""

    side: str
    urban: float
    rural: float
    trunk: float
    motorway: float
    living_street: float

    def limit(self, kind: str) -> float | None:
        """Returns the legal km/h of a class without a sign; None where any may hold."""
        kind = kind.removesuffix("_link")
        return {
            "motorway": self.motorway,
            "trunk": self.trunk,
            "residential": self.urban,
            "living_street": self.living_street,
            "primary": self.rural,
            "secondary": self.rural,
            "tertiary": self.rural,
            "unclassified": self.rural,
        }.get(kind)


@dataclass(frozen=True, slots=True)
class Profiles:
    """All of a file of profiles."""

    hours: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, tuple[str, ...]]
    country: Mapping[str, Country]
    profile: Mapping[str, Profile]

    def group(self, kind: str) -> str:
        """Returns the group of a road class."""
        kind = kind.removesuffix("_link")
        return next((g for g, kinds in self.groups.items() if kind in kinds), "paths")

    def country_of(self, code: str) -> Country:
        """Returns a country by its ISO 3166 code, the default where there is none."""
        return self.country.get(code, self.country["default"])

    def of(self, name: str) -> Profile:
        """Returns a profile. Raises CityError where there is none of that name."""
        if name not in self.profile:
            raise CityError(
                f"There is no profile {name!r}.",
                at="profile",
                cure=f"Give one of {', '.join(self.profile)}.",
                code="unknown-profile",
                value=name,
            )
        return self.profile[name]


@lru_cache(maxsize=8)
def load_profiles(path: Path = SHIPPED) -> Profiles:
    """
    Returns the profiles of a file.

    Raises CityError naming what is wrong: no TOML, an unknown or missing key, a speed above
    its cap or below zero, an hour without a band.
    """
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _wrong(f"This cannot be read as TOML: {error}.", path, str(path)) from error
    converter = cattrs.Converter(forbid_extra_keys=True)
    converter.register_structure_hook(float, _number)
    try:
        profiles = converter.structure(data, Profiles)
    except ClassValidationError as error:
        text = "; ".join(cattrs.transform_error(error, path="profiles"))
        raise _wrong(f"{text[:1].upper()}{text[1:]}.", path, str(path)) from error
    for problem, at in problems(profiles):
        raise _wrong(problem, path, at)
    return profiles


def _number(value: object, _: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"Expected a number, got {value!r}.")
    if not math.isfinite(value):
        raise ValueError(f"Expected a number, got {value!r}.")
    return float(value)


def _wrong(problem: str, path: Path, at: str) -> CityError:
    return CityError(
        problem,
        at=at,
        cure=f"Correct it in {path.name}; the comments there say what each key means.",
        code="bad-profile",
    )
