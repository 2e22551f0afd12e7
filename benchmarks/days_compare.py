"""
Policies against each other on the same days, and against what is aimed at.

A difference is of the share of all placed orders that came within the usual time, day by day: the
world, its orders and its luck are those of the day. Per cell there are few days, so the bootstrap's
interval is on the narrow side there: a difference is called significant too early rather than late.

References
----------
B. Efron, R. J. Tibshirani (1993). *An Introduction to the Bootstrap*, Chapman & Hall, chapter 13:
percentile intervals.
F. Wilcoxon (1945). *Individual comparisons by ranking methods*, Biometrics Bulletin 1(6), 80-83.
https://doi.org/10.2307/3001968
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import bootstrap, wilcoxon

from benchmarks.days_figures import share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.days_record import Day

LEAST_DAYS = 4
"""Fewer days prove nothing, whatever they are like."""

RESAMPLES = 9999

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Difference:
    """
    By how many points one policy keeps more than another, on average over days.

    ``low`` and ``high`` bound it with `CONFIDENCE`, too few days do not; ``p`` is Wilcoxon's
    (None: the differences are all alike, or too few).
    """

    days: int
    mean: float
    low: float
    high: float
    p: float | None

    @property
    def is_below(self) -> bool:
        """Whether the one is significantly below the other."""
        return self.high < 0

    @property
    def is_above(self) -> bool:
        """Whether the one is significantly above the other."""
        return self.low > 0


def difference(ours: Sequence[Day], theirs: Sequence[Day]) -> Difference:
    """Returns the difference of paired days. Raises ValueError where they are not as many."""
    if len(ours) != len(theirs) or not ours:
        raise ValueError(f"Expected pairs of days, got {len(ours)} and {len(theirs)}.")
    gaps = np.array([in_usual(a) - in_usual(b) for a, b in zip(ours, theirs, strict=True)])
    mean = float(gaps.mean())
    if len(gaps) < LEAST_DAYS:
        return Difference(len(gaps), mean, -math.inf, math.inf, None)
    if np.ptp(gaps) == 0:
        return Difference(len(gaps), mean, mean, mean, None)
    found = bootstrap(
        (gaps,),
        np.mean,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    p = float(wilcoxon(gaps, zero_method="zsplit").pvalue)
    return Difference(len(gaps), mean, float(found.low), float(found.high), p)


def in_usual(day: Day) -> float:
    """Returns the share of a day's urgent orders that came within the usual time, per cent."""
    return share(sum(order.is_usual for order in day.urgent), len(day.urgent))
