"""
How slow each class of roads is, from legs that mix them.

A leg has one departure and one arrival. Of leg i let x_ic be the share of its expected seconds
that is on roads of class c, and y_i its observed over its expected time, both without learned
factors. If roads of class c take f_c times as long as expected, then y_i = sum_c x_ic f_c, but for
luck. The f_c of a band are those of least squares, drawn toward the factor f of the band as if
`PRIOR` legs wholly on each class had been observed to take f times as long:

    (X'X + PRIOR I) f_c = X'y + PRIOR f

So legs tell classes apart as far as they differ, and where they do not, all have the factor of the
band. A class has it too as long as its shares add up to less than `LEAST_COUNT` legs. A ratio
beyond the bounds of Huber around those seen before counts as one at the bound, so that a few
forgotten taps cannot move a factor far. Only the sums X'X and X'y are kept.

References
----------
A. E. Hoerl & R. W. Kennard (1970). *Ridge regression: biased estimation for nonorthogonal
problems*, Technometrics 12(1), 55-67. https://doi.org/10.1080/00401706.1970.10488634

P. J. Huber (1964). *Robust estimation of a location parameter*, Annals of Mathematical Statistics
35(1), 73-101. https://doi.org/10.1214/aoms/1177703732
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dispatch.profile_checks import GROUPS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dispatch.live import Ridden

ROADS = (*GROUPS, "")
"""The classes; the last is what is walked or pushed, and not corrected by itself."""

BOUND = 1.5
"""Standard deviations around the median beyond which a log ratio counts as at the bound; of a
normal distribution a seventh lies beyond, and 4 % of the efficiency is lost (Huber's figure)."""

Sums = tuple[float, ...]
"""X'X row by row, then X'y: n x n + n numbers for n classes; empty before the first leg."""


def shares(ridden: Sequence[Ridden]) -> tuple[tuple[float, ...], float]:
    """Returns the shares of `ROADS` in a ride without learned factors, and those factors' mean."""
    plain = dict.fromkeys(ROADS, 0.0)
    for part in ridden:
        plain[part.roads] += part.seconds / part.factor
    total = sum(plain.values())
    mean = sum(part.seconds for part in ridden) / total
    return tuple(seconds / total for seconds in plain.values()), mean


def bounded(ratio: float, median: float, spread: float) -> float:
    """Returns a ratio, or the bound it is beyond; ``median`` and ``spread`` are of logarithms."""
    reach = BOUND * spread
    return math.exp(min(median + reach, max(median - reach, math.log(ratio))))


def with_leg(sums: Sums, x: Sequence[float], y: float) -> Sums:
    """Returns the sums with one leg more: its shares and its ratio."""
    more = (*(a * b for a in x for b in x), *(a * y for a in x))
    return more if not sums else tuple(a + b for a, b in zip(sums, more, strict=True))


def solved(sums: Sums, whole: float, least: float, prior: float) -> Mapping[str, float]:
    """
    Returns the factor of each class of which enough was seen, ``whole`` being that of the band.

    ``least`` and ``prior`` are counted in legs.
    """
    n = len(ROADS)
    if not sums:
        return {}
    matrix, right = np.reshape(sums[: n * n], (n, n)), np.array(sums[n * n :])
    # The shares of a leg add up to 1: a row's sum is that of the shares of its class.
    known = np.flatnonzero(matrix.sum(axis=1) >= least)
    rest = right[known] - matrix[known].sum(axis=1) * whole
    beyond = np.linalg.solve(matrix[np.ix_(known, known)] + prior * np.eye(len(known)), rest)
    found = zip(known.tolist(), (whole + beyond).tolist(), strict=True)
    return {ROADS[c]: value for c, value in found if ROADS[c]}
