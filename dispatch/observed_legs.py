"""
How far rides and ways inside spread, from legs that are both.

A leg has one departure and one arrival, so its luck is that of its ride and that of its way inside
at once. Of a leg let a and b be the shares of its planned seconds that are ridden and inside,
s_r and s_i the sigmas of the two (as in `dispatch.spread`), and r the share of variance that the
courier's hour has in common. The logarithm of its real over its planned time then has a variance
that is, to within a few per cent (see Fenton), the sum of three parts:

    a^2 s_r^2  +  b^2 s_i^2  +  2 r a b s_r s_i

With the assumed sigmas and share the sum is m, and its parts have the shares x of it: those of the
ride, of the way inside and of both. If the variances of rides and ways inside are f_r and f_i times
as large as assumed, then the squared logarithm over m is y = x_r f_r + x_i f_i + x_b f_b, but for
luck, where f_b = (r / r assumed) sqrt(f_r f_i). The f of all bands of streets and of lifts are
those of least squares, drawn toward 1 as if `PRIOR` legs wholly on each had been observed to spread
as assumed. Only the sums X'X and X'y of each band are kept.

References
----------
L. Fenton (1960). *The sum of log-normal probability distributions in scatter transmission systems*,
IRE Transactions on Communications Systems 8(1), 57-67. https://doi.org/10.1109/TCOM.1960.1097606

T. Amemiya (1977). *A note on a heteroscedastic model*, Journal of Econometrics 6(3), 365-370:
variances by least squares on squared residuals, weighted by the variance expected.
https://doi.org/10.1016/0304-4076(77)90006-3
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dispatch.assumed import HOUR_SHARE, INSIDE_SIGMA, RIDE_SIGMA
from dispatch.observed import LEAST_COUNT, LEAST_RIDE_S, PRIOR, Observed, with_ratio
from dispatch.observed_classes import Sums, with_leg
from dispatch.street_bands import lift_band, street_band

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dispatch.orders import Commitment

LEGS = "leg:"
"""Before a band: the id of the observed legs in it."""

MOST_SIGMAS = 3.0
"""A log ratio further from the median is a slip, or rare, and counts as at this bound."""

LEAST_FACTOR, MOST_FACTOR = 0.1, 10.0
"""Variances are clipped to these times the assumed ones: sigmas to a third and three times."""

PASSES = 8
"""Of least squares, each with what both have in common by the pass before."""


class Sigmas(NamedTuple):
    """The sigmas of rides by street band and of ways inside by lifts' band."""

    ride: Mapping[str, float]
    inside: Mapping[str, float]


def log_ratio(leg: Commitment | None, arrived_at: int) -> float | None:
    """Returns the logarithm of real over planned time, None where a leg shows nothing."""
    if leg is None or leg.arrived_at is not None or leg.ride_s <= 0:
        return None
    planned_s, real_s = leg.arrives_at - leg.departed_at, arrived_at - leg.departed_at
    return math.log(real_s / planned_s) if planned_s >= LEAST_RIDE_S and real_s > 0 else None


def ride_share(leg: Commitment) -> float:
    """Returns the share of a leg's planned seconds that is ridden."""
    return min(1.0, leg.ride_s / (leg.arrives_at - leg.departed_at))


def with_whole_leg(
    known: Mapping[str, Observed], leg: Commitment | None, arrived_at: int
) -> Mapping[str, Observed]:
    """Returns what is known after an arrival."""
    log = log_ratio(leg, arrived_at)
    if log is None or leg is None:
        return known
    key = LEGS + leg.band
    before = known.get(key, Observed(key))
    after = with_ratio(before, math.exp(log))
    if after is before:
        return known
    x, expected = parts(ride_share(leg), INSIDE_SIGMA[lift_band(leg.band)])
    beyond = from_median(before, log)
    return {**known, key: replace(after, sums=with_leg(after.sums, x, beyond**2 / expected))}


def from_median(observed: Observed, log: float) -> float:
    """Returns how far a log ratio is from the median, within bounds; from 0 while few are known."""
    if observed.num < LEAST_COUNT:
        return log
    reach = MOST_SIGMAS * observed.spread()
    return max(-reach, min(reach, log - observed.quantile(0.5)))


def parts(a: float, inside: float) -> tuple[tuple[float, float, float], float]:
    """Returns the shares x of a leg's variance as assumed, and that variance; ``a`` is ridden."""
    ride, way = a * RIDE_SIGMA, (1 - a) * inside
    found = (ride**2, way**2, 2 * HOUR_SHARE * ride * way)
    return (found[0] / sum(found), found[1] / sum(found), found[2] / sum(found)), sum(found)


def sigmas(known: Mapping[str, Observed], share: float) -> Sigmas:
    """
    Returns the sigmas of rides and ways inside; ``share`` is that of variance in common.

    Of bands of which nothing was observed they are as assumed, or left out (streets).
    """
    rows = ((key, known[key]) for key in sorted(known) if key.startswith(LEGS))
    return _solved(
        tuple((k.removeprefix(LEGS), o.sums) for k, o in rows if o.num >= LEAST_COUNT), share
    )


@lru_cache(maxsize=256)
def _solved(rows: tuple[tuple[str, Sums], ...], share: float) -> Sigmas:
    lifts = tuple(INSIDE_SIGMA)
    streets = sorted({street_band(band) for band, _ in rows})
    index = {name: k for k, name in enumerate((*(f"/{s}" for s in streets), *lifts))}
    factors = np.ones(len(index))
    for _ in range(PASSES):
        matrix, right = PRIOR * np.eye(len(index)), np.full(len(index), float(PRIOR))
        for band, sums in rows:
            at = [index[f"/{street_band(band)}"], index[lift_band(band)]]
            both = share / HOUR_SHARE * math.sqrt(factors[at[0]] * factors[at[1]])
            squares, xy = np.reshape(sums[:9], (3, 3)), np.array(sums[9:])
            matrix[np.ix_(at, at)] += squares[:2, :2]
            right[at] += xy[:2] - squares[:2, 2] * both
        factors = np.clip(np.linalg.solve(matrix, right), LEAST_FACTOR, MOST_FACTOR)
    roots = np.sqrt(factors).tolist()
    ride = {street: RIDE_SIGMA * roots[index[f"/{street}"]] for street in streets}
    return Sigmas(ride, {lift: INSIDE_SIGMA[lift] * roots[index[lift]] for lift in lifts})


def standardised(found: Sigmas, share: float, leg: Commitment, log: float) -> float:
    """
    Returns a log ratio less the mean it should have, over its sigma were all luck in common.

    The mean product of two of an hour is then the share of variance in common. The mean is that of
    a factor of mean 1, not the one observed: an hour of quick legs has more of them.
    """
    a = ride_share(leg)
    r = a * found.ride.get(street_band(leg.band), RIDE_SIGMA)
    i = (1 - a) * found.inside[lift_band(leg.band)]
    return (log + (r**2 + i**2 + 2 * share * r * i) / 2) / (r + i)
