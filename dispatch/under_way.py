"""
How long what is under way still takes: the rest of a log-normal time, given that it is not over.

Who set off eight minutes ago for a way of ten has not two minutes left times some luck: the luck of
all ten minutes is still to show, but for what is ruled out as the courier is not there yet.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

from dispatch.observed_legs import ride_share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.orders import Commitment
    from dispatch.plan import Stop
    from dispatch.spread import Spread

    Floats = NDArray[np.float64]

MOST = 1 - 1e-9
"""Luck beyond this quantile counts as at it: six sigmas."""


def rest(planned_s: float, gone_s: float, sigma: float, luck: Floats) -> Floats:
    """
    Returns the seconds left of a time of mean ``planned_s`` of which ``gone_s`` are gone.

    ``sigma`` is that of its logarithm, above 0, ``luck`` a standard normal draw per sample: the
    quantile it is at, among the times longer than those gone.
    """
    middle = math.log(planned_s) - sigma**2 / 2
    ruled_out = ndtr((math.log(gone_s) - middle) / sigma) if gone_s > 0 else 0.0
    share = np.minimum(ruled_out + (1 - ruled_out) * ndtr(luck), MOST)
    left: Floats = np.maximum(np.exp(middle + sigma * ndtri(share)) - max(gone_s, 0.0), 0.0)
    return left


def rest_of_way(
    leg: Commitment, now: int, spread: Spread, ride: Floats, inside: Floats
) -> Floats | None:
    """
    Returns the seconds until a courier under way arrives, None where luck has no part in it.

    ``ride`` and ``inside`` are the factors of both parts of the way. The whole way is taken as
    log-normal with the variance of its logarithm that `dispatch.observed_legs` states.
    """
    planned_s = leg.arrives_at - leg.departed_at
    if leg.arrived_at is not None or planned_s <= 0:
        return None
    a = ride_share(leg) if leg.ride_s else 1.0
    r, i = a * spread.ride, (1 - a) * spread.inside_in(leg.band or "day")
    variance = r**2 + i**2 + 2 * spread.hour_share * r * i
    if variance <= 0:
        return None
    sigma = math.sqrt(variance)
    luck = (np.log(a * ride + (1 - a) * inside) + variance / 2) / sigma
    return rest(planned_s, now - leg.departed_at, sigma, luck)


def rest_of_handover(at: Commitment, now: int, spread: Spread, handover: Floats) -> Floats | None:
    """Returns the seconds until a hand-over that began is over, None where none did."""
    if at.arrived_at is None or at.service_s <= 0 or spread.handover <= 0:
        return None
    if at.serves_from > now:
        return None
    luck = np.log(handover) / spread.handover + spread.handover / 2
    return rest(at.service_s, now - at.serves_from, spread.handover, luck)


def shows_no_position(leg: Commitment, stop: Stop, now: int, remainder_s: int) -> bool:
    """Tells whether a planned arrival is the one expected at the departure, or put off since."""
    return stop.arrival == leg.arrives_at or leg.arrives_at < stop.arrival <= now + remainder_s
