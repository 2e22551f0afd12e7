"""
What taps show of luck that a courier's hour has in common.

Rain, legs and crowds slow down, or speed up, all that a courier does within an hour. How much of
the spread that is shows in pairs of observations of one courier within one hour: the mean product
of their standardised log ratios is the share of variance in common, the intraclass correlation
taken over pairs. And an hour of which something was observed is no longer a riddle: what it has in
common is known in part.

References
----------
R. A. Fisher (1925). *Statistical Methods for Research Workers*, chapter VII: intraclass correlation
as the mean product over all pairs within a class.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dispatch.assumed import HOUR_SHARE
from dispatch.observed import (
    HANDOVER,
    LEAST_COUNT,
    Observed,
    handover_ratio,
)
from dispatch.observed_legs import LEGS, log_ratio, sigmas, standardised

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


def with_leg_hour(
    known: Mapping[str, Observed],
    before: Mapping[str, Observed],
    courier: str,
    leg: Commitment | None,
    arrived_at: int,
) -> Mapping[str, Observed]:
    """Returns what is known after a leg, which is of the hour it began in."""
    if leg is None:
        return known
    return with_hour(known, courier, leg.departed_at, of_leg(before, leg, arrived_at))


def with_handover_hour(
    known: Mapping[str, Observed],
    before: Mapping[str, Observed],
    courier: str,
    stop: Commitment | None,
    drop: str,
    ended_at: int,
) -> Mapping[str, Observed]:
    """Returns what is known after a hand-over, which is of the hour it began in."""
    if stop is None or stop.arrived_at is None:
        return known
    standard = of_handover(before, stop, drop, ended_at)
    return with_hour(known, courier, stop.serves_from, standard)


def of_leg(known: Mapping[str, Observed], leg: Commitment, arrived_at: int) -> float | None:
    """Returns the standardised log ratio of a leg, None where it shows nothing yet."""
    log = log_ratio(leg, arrived_at)
    if log is None or known.get(LEGS + leg.band, Observed("")).num < LEAST_COUNT:
        return None
    share = hour_share(known)
    return _clipped(standardised(sigmas(known, share), share, leg, log))


def of_handover(
    known: Mapping[str, Observed], stop: Commitment | None, drop: str, ended_at: int
) -> float | None:
    """Returns the standardised log ratio of a hand-over, None where it shows nothing yet."""
    ratio = handover_ratio(stop, drop, ended_at)
    observed = known.get(HANDOVER)
    if ratio is None or ratio <= 0 or observed is None or observed.num < LEAST_COUNT:
        return None
    spread = observed.spread()
    return _clipped(math.log(ratio) / spread + spread / 2) if spread > 0 else None


def _clipped(standard: float) -> float:
    return max(-MOST_SIGMAS, min(MOST_SIGMAS, standard))


def luck_so_far(
    known: Mapping[str, Observed], courier: str, hour: int, share: float
) -> tuple[float, float]:
    """
    Returns mean and standard deviation of what a courier's hour has in common, in sigmas.

    Before anything of the hour was observed they are 0 and 1; n observations of variance 1, any two
    of which correlate by ``share``, make it the normal distribution conditional on their sum.
    """
    of, total, num = known.get(f"{HOURS}:{courier}", Observed("")).sums or (-1.0, 0.0, 0.0)
    if of != hour:
        return 0.0, 1.0
    weight = 1 + (num - 1) * share
    return math.sqrt(share) * total / weight, math.sqrt((1 - share) / weight)


def hour_share(known: Mapping[str, Observed]) -> float:
    """
    Returns the share of variance that a courier's hour has in common, 0 to ``MOST_SHARE``.

    The assumed one counts as ``PRIOR_PAIRS`` pairs.
    """
    products, pairs = known.get(HOURS, Observed(HOURS)).sums or (0.0, 0.0)
    share = (PRIOR_PAIRS * HOUR_SHARE + products) / (PRIOR_PAIRS + pairs)
    return max(0.0, min(MOST_SHARE, share))
