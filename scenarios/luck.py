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
    """Log-normal factors of one sigma, each drawn for itself."""

    sigma: float

    def factor(self, part: Part, courier: str, at: int, rng: np.random.Generator) -> float:
        """Returns a factor of mean 1, hence mu = -sigma^2 / 2."""
        return float(rng.lognormal(-(self.sigma**2) / 2, self.sigma))


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
    is common to all, ``timezone`` that of the lifts' bands.
    """

    seed: int
    timezone: str

    def factor(self, part: Part, courier: str, at: int, rng: np.random.Generator) -> float:
        """Returns a factor of mean 1, over many days."""
        if part is Part.RIDE:
            pace = _pace(self.seed, courier, at // DAY_S)
            rain = WET if is_wet(self.seed, at) else DRY
            return rain * pace * _gamma(rng, RIDE_CV)
        if part is Part.INSIDE:
            queue = QUEUE[band_during(at, self.timezone)[0].partition("/")[0]]
            crowd = _crowd(self.seed, at // 900)
            return (1 - queue) * _gamma(rng, RIDE_CV) + queue * crowd * float(rng.exponential())
        fetched = rng.random() < FETCHED
        return (FETCHED_TIMES if fetched else PROMPT_TIMES) * _gamma(rng, 0.4 if fetched else 0.3)


def _gamma(rng: np.random.Generator, cv: float) -> float:
    """Returns a gamma draw of mean 1 and this standard deviation."""
    return float(rng.gamma(cv**-2, cv**2))


@lru_cache(maxsize=4096)
def _pace(seed: int, courier: str, day: int) -> float:
    return _gamma(np.random.default_rng([seed, crc32(courier.encode()), day, 1]), PACE_CV)


@lru_cache(maxsize=4096)
def _crowd(seed: int, quarter: int) -> float:
    return _gamma(np.random.default_rng([seed, quarter, 2]), CROWD_CV)


def is_wet(seed: int, at: int) -> bool:
    """Tells whether it rains at a moment, Unix seconds."""
    day, second = divmod(at, DAY_S)
    return any(begin <= second < end for begin, end in _rain(seed, day))


@lru_cache(maxsize=64)
def _rain(seed: int, day: int) -> tuple[tuple[float, float], ...]:
    """Returns the wet spells of a day in seconds of it: exponential lengths, wet one time in 5."""
    rng = np.random.default_rng([seed, day, 3])
    at, spells = 0.0, []
    wet = rng.random() < WET_S / (WET_S + DRY_S)
    while at < DAY_S:
        end = at + float(rng.exponential(WET_S if wet else DRY_S))
        if wet:
            spells.append((at, end))
        at, wet = end, not wet
    return tuple(spells)
