"""
What taps show of luck that a courier's hour has in common.

Rain, legs and crowds slow down, or speed up, all that a courier does within an hour. How much of
the spread that is shows in pairs of observations of one courier within one hour: the mean product
of their standardised log ratios is the share of variance in common, the intraclass correlation
taken over pairs.

References
----------
R. A. Fisher (1925). *Statistical Methods for Research Workers*, chapter VII: intraclass correlation
as the mean product over all pairs within a class.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dispatch.observed import (
    HANDOVER,
    LEAST_COUNT,
    Observed,
    handover_ratio,
    is_learned_from,
    ride_id,
    ride_ratio,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dispatch.orders import Commitment

HOURS = "hour"
"""The id of the sums over all pairs: of products, and of pairs. A courier's id behind it and a
colon: the hour, the sum of what was observed in it, and of how much."""

PRIOR_PAIRS = 100
"""Pairs that the assumed share is worth: within a day of five couriers, the taps decide."""

MOST_PAIRS = 5000.0
"""Pairs at which both sums are halved, so that last year weighs ever less."""

MOST_SHARE = 0.8
"""A share is clipped to 0 and this."""

MOST_SIGMAS = 3.0
"""Standardised log ratios are clipped to this: a forgotten tap cannot move the share far."""


def with_hour(
    known: Mapping[str, Observed], courier: str, at: int, standard: float | None
) -> Mapping[str, Observed]:
    """Returns what is known after a standardised log ratio (None: there is none) at a moment."""
    if standard is None:
        return known
    key, hour = f"{HOURS}:{courier}", at // 3600
    before = known.get(key, Observed(key)).sums
    total, num = (before[1], before[2]) if before and before[0] == hour else (0.0, 0.0)
    after = {**known, key: Observed(key, sums=(float(hour), total + standard, num + 1))}
    if num:
        products, pairs = known.get(HOURS, Observed(HOURS)).sums or (0.0, 0.0)
        sums = (products + standard * total, pairs + num)
        if sums[1] >= MOST_PAIRS:
            sums = (sums[0] / 2, sums[1] / 2)
        after[HOURS] = Observed(HOURS, sums=sums)
    return after


def of_ride(known: Mapping[str, Observed], leg: Commitment | None, arrived_at: int) -> float | None:
    """Returns the standardised log ratio of a ride, None where it shows nothing yet."""
    if leg is None or not is_learned_from(leg):
        return None
    ratio = ride_ratio(leg, arrived_at) * leg.ride_factor
    return _standard(known.get(ride_id(leg.band)), ratio)


def of_handover(
    known: Mapping[str, Observed], stop: Commitment | None, drop: str, ended_at: int
) -> float | None:
    """Returns the standardised log ratio of a hand-over, None where it shows nothing yet."""
    ratio = handover_ratio(stop, drop, ended_at)
    return None if ratio is None else _standard(known.get(HANDOVER), ratio)


def _standard(observed: Observed | None, ratio: float) -> float | None:
    """Returns how many sigmas a ratio is above the median of those before it."""
    if observed is None or observed.num < LEAST_COUNT or ratio <= 0:
        return None
    spread = observed.spread()
    if spread <= 0:
        return None
    standard = (math.log(ratio) - observed.quantile(0.5)) / spread
    return max(-MOST_SIGMAS, min(MOST_SIGMAS, standard))


def hour_share(known: Mapping[str, Observed], before: float) -> float:
    """
    Returns the share of variance that a courier's hour has in common, 0 to ``MOST_SHARE``.

    That of before counts as ``PRIOR_PAIRS`` pairs.
    """
    products, pairs = known.get(HOURS, Observed(HOURS)).sums or (0.0, 0.0)
    share = (PRIOR_PAIRS * before + products) / (PRIOR_PAIRS + pairs)
    return max(0.0, min(MOST_SHARE, share))
