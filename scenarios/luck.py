"""
Families of luck: what real times are multiplied by, in worlds of different kinds.

A planner that is judged in a world whose randomness it assumes is judged kindly. Each family here
has factors of mean 1, so that planned times are right on average; they differ in shape, and in what
goes wrong together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol
from zlib import crc32

import numpy as np

from dispatch.band_times import band_during
from dispatch.spread import Spread

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY_S = 24 * 3600


class Part(StrEnum):
    """What takes its time: riding, the way inside a building, loading or handing over."""

    RIDE = "ride"
    INSIDE = "inside"
    SERVICE = "service"


class Luck(Protocol):
    """A family of luck."""

    def factor(self, part: Part, courier: str, at: int, rng: np.random.Generator) -> float:
        """Returns what the planned time of a part that begins ``at`` is multiplied by."""
        ...


@dataclass(frozen=True, slots=True)
class Alone:
    """
    Log-normal factors of one sigma, each drawn for itself.

    ``service`` is the sigma of loading and handing over (None: the same).
    """

    sigma: float
    service: float | None = None

    def factor(self, part: Part, courier: str, at: int, rng: np.random.Generator) -> float:
        """Returns a factor of mean 1, hence mu = -sigma^2 / 2."""
        sigma = self.sigma
        if part is Part.SERVICE and self.service is not None:
            sigma = self.service
        return float(rng.lognormal(-(sigma**2) / 2, sigma))


@dataclass(frozen=True, slots=True)
class AsAssumed:
    """
    Log-normal factors as `dispatch.spread` assumes them: a courier's hour has a share in common.

    ``seed`` is that of what is common, ``timezone`` that of the lifts' bands.
    """

    spread: Spread
    seed: int
    timezone: str

    def factor(self, part: Part, courier: str, at: int, rng: np.random.Generator) -> float:
        """Returns a factor of mean 1 made of the hour's draw and one of its own."""
        band = band_during(at, self.timezone)[0]
        sigmas = {
            Part.RIDE: self.spread.ride,
            Part.INSIDE: self.spread.inside_in(band),
            Part.SERVICE: self.spread.handover,
        }
        sigma, share = sigmas[part], self.spread.hour_share
        common = _hour(self.seed, courier, at // 3600)
        both = math.sqrt(share) * common + math.sqrt(1 - share) * rng.standard_normal()
        return math.exp(sigma * both - sigma**2 / 2)


@lru_cache(maxsize=4096)
def _hour(seed: int, courier: str, hour: int) -> float:
    """Returns the standard normal draw that a courier's hour has in common."""
    return float(np.random.default_rng([seed, crc32(courier.encode()), hour]).standard_normal())


RIDE_CV = 0.25
"""Standard deviation of a ride over its mean, besides the rain and the legs. Assumed."""

PACE_CV = 0.06
"""The same of a courier's pace from day to day. Assumed."""

WET, DRY = 1.2, 0.95
"""Factors of a ride in rain and without it; with a fifth of the time wet the mean is 1. Assumed."""

DRY_S, WET_S = 3 * 3600, 45 * 60
"""Mean lengths of dry and wet spells: a fifth of the time is wet. Assumed."""

QUEUE: Mapping[str, float] = {"day": 0.2, "peak": 0.35, "lunch": 0.5}
"""Share of the way inside that is waiting for a lift, by the lifts' band. Assumed."""

CROWD_CV = 0.5
"""Standard deviation over mean of how crowded all lifts are in a quarter of an hour. Assumed."""

FETCHED, FETCHED_TIMES, PROMPT_TIMES = 0.15, 2.0, (1 - 0.15 * 2.0) / 0.85
"""Share of hand-overs for which somebody must be fetched, which takes twice the usual time, and
what the others take, so that the mean is 1. Assumed."""


@dataclass(frozen=True, slots=True)
class Weather:
    """
    Gamma legs, rain that slows everybody down for a while, queues at lifts, people to be fetched.

    Nothing in it is log-normal and nothing belongs to a courier's hour. ``seed`` is that of what
    is common to all, ``timezone`` that of the lifts' bands; ``leg_cv`` is the standard deviation of
    a leg over its mean, besides the rain.
    """

    seed: int
    timezone: str
    leg_cv: float = RIDE_CV

    def factor(self, part: Part, courier: str, at: int, rng: np.random.Generator) -> float:
        """Returns a factor of mean 1, over many days."""
        if part is Part.RIDE:
            pace = _pace(self.seed, courier, at // DAY_S)
            rain = WET if is_wet(self.seed, at) else DRY
            return rain * pace * _gamma(rng, self.leg_cv)
        if part is Part.INSIDE:
            queue = QUEUE[band_during(at, self.timezone)[0].partition("/")[0]]
            crowd = _crowd(self.seed, at // 900)
            return (1 - queue) * _gamma(rng, self.leg_cv) + queue * crowd * float(rng.exponential())
        fetched = rng.random() < FETCHED
        return (FETCHED_TIMES if fetched else PROMPT_TIMES) * _gamma(rng, 0.4 if fetched else 0.3)


@dataclass(frozen=True, slots=True)
class Harsher:
    """
    Luck that is worse than planned: on top of a family, rain and queues that nobody reckoned with.

    It rains a share of ``rain`` of the time in spells, and rides then take longer by the share
    ``rain_slows``. Waiting at lifts lengthens the way inside by ``lift_queues`` times the share
    `QUEUE` of its band on average; how crowded the lifts are lasts a quarter of an hour. ``seed``
    is that of what is common to all, ``timezone`` that of the lifts' bands.
    """

    family: Luck
    seed: int
    timezone: str
    rain: float = 0.0
    rain_slows: float = 0.2
    lift_queues: float = 0.0

    def factor(self, part: Part, courier: str, at: int, rng: np.random.Generator) -> float:
        """Returns a factor whose mean is 1 in dry weather and where nobody queues."""
        usual = self.family.factor(part, courier, at, rng)
        if part is Part.RIDE and self.rain > 0:
            dry_s = WET_S * (1 - self.rain) / self.rain
            return usual * (1 + self.rain_slows * is_wet(self.seed, at, dry_s))
        if part is Part.INSIDE and self.lift_queues > 0:
            queue = self.lift_queues * QUEUE[band_during(at, self.timezone)[0].partition("/")[0]]
            return usual + queue * _crowd(self.seed, at // 900) * float(rng.exponential())
        return usual


def _gamma(rng: np.random.Generator, cv: float) -> float:
    """Returns a gamma draw of mean 1 and this standard deviation."""
    return float(rng.gamma(cv**-2, cv**2)) if cv > 0 else 1.0


@lru_cache(maxsize=4096)
def _pace(seed: int, courier: str, day: int) -> float:
    return _gamma(np.random.default_rng([seed, crc32(courier.encode()), day, 1]), PACE_CV)


@lru_cache(maxsize=4096)
def _crowd(seed: int, quarter: int) -> float:
    return _gamma(np.random.default_rng([seed, quarter, 2]), CROWD_CV)


def is_wet(seed: int, at: int, dry_s: float = DRY_S) -> bool:
    """Tells whether it rains at a moment, Unix seconds; dry spells last ``dry_s`` on average."""
    day, second = divmod(at, DAY_S)
    return any(begin <= second < end for begin, end in _rain(seed, day, dry_s))


@lru_cache(maxsize=64)
def _rain(seed: int, day: int, dry_s: float) -> tuple[tuple[float, float], ...]:
    """Returns the wet spells of a day in seconds of it: exponential lengths."""
    rng = np.random.default_rng([seed, day, 3])
    at, spells = 0.0, []
    wet = rng.random() < WET_S / (WET_S + dry_s)
    while at < DAY_S:
        end = at + float(rng.exponential(WET_S if wet else dry_s))
        if wet:
            spells.append((at, end))
        at, wet = end, not wet
    return tuple(spells)
