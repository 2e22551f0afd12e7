"""
How well chances were foreseen: reliability by deciles, expected calibration error, Brier score.

References
----------
G. W. Brier (1950). *Verification of forecasts expressed in terms of probability*, Monthly Weather
Review 78(1), 1-3. https://doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2
M. P. Naeini, G. F. Cooper, M. Hauskrecht (2015). *Obtaining well calibrated probabilities using
Bayesian binning*, AAAI-15, 2901-2907: the expected calibration error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

BINS = 10


@dataclass(frozen=True, slots=True)
class Point:
    """A chance that was foreseen, whether it came true, and the day it was for."""

    chance: float
    kept: bool
    day: int


@dataclass(frozen=True, slots=True)
class Decile:
    """
    Points whose chances are within a tenth: how many, what was foreseen and what came true.

    ``error`` is the standard error of what came true, from day to day (nan: on one day only).
    """

    num: int
    foreseen: float
    happened: float
    error: float


@dataclass(frozen=True, slots=True)
class Score:
    """Reliability of points: deciles that have any, ascending, and what sums them up."""

    num: int
    foreseen: float
    happened: float
    ece: float
    brier: float
    deciles: tuple[Decile, ...]


def score(points: Sequence[Point]) -> Score:
    """Returns the reliability of points. Raises ValueError where there are none."""
    if not points:
        raise ValueError("Expected points to score, got none.")
    chance = np.array([point.chance for point in points])
    kept = np.array([point.kept for point in points], dtype=float)
    day = np.array([point.day for point in points])
    row = np.minimum((chance * BINS).astype(int), BINS - 1)
    deciles = tuple(
        Decile(
            int(here.sum()),
            float(chance[here].mean()),
            float(kept[here].mean()),
            _error(kept[here], day[here]),
        )
        for b in range(BINS)
        if (here := row == b).any()
    )
    ece = sum(d.num * abs(d.foreseen - d.happened) for d in deciles) / len(points)
    brier = float(((chance - kept) ** 2).mean())
    return Score(len(points), float(chance.mean()), float(kept.mean()), ece, brier, deciles)


def _error(kept: np.ndarray, day: np.ndarray) -> float:
    """Returns the standard error of a mean whose points fall together day by day."""
    days = np.unique(day)
    if len(days) < 2:
        return float("nan")
    residual = kept - kept.mean()
    sums = np.array([residual[day == d].sum() for d in days])
    return float(np.sqrt((sums**2).sum() * len(days) / (len(days) - 1)) / len(kept))
