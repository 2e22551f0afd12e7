"""
How far real times spread around planned ones.

A leg is a ride and a way inside, a stop a service; each takes its planned time times a log-normal
factor of mean 1. Of the variance of the logarithm a share is common to all that a courier does
within an hour: the day's traffic, the weather, the lifts at noon, the legs.

References
----------
F. Zheng et al. (2017). *Travel time reliability for urban networks*, Journal of Advanced
Transportation: times over urban roads are skewed, and near to log-normal.
https://doi.org/10.1155/2017/9147356
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from dispatch.assumed import HANDOVER_SIGMA, HOUR_SHARE, INSIDE_SIGMA, RIDE_SIGMA
from dispatch.observed import HANDOVER, sigma
from dispatch.observed_hours import hour_share
from dispatch.observed_legs import sigmas
from dispatch.street_bands import lift_band, street_band

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.state import State

    Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Spread:
    """
    Sigmas of the logarithms of the factors, and the share of variance common to an hour.

    ``inside`` is by band of the lifts. Raises ValueError for a sigma below 0 and a share outside
    0 to 1.
    """

    ride: float = RIDE_SIGMA
    inside: Mapping[str, float] = field(default_factory=lambda: INSIDE_SIGMA)
    handover: float = HANDOVER_SIGMA
    hour_share: float = HOUR_SHARE

    def __post_init__(self) -> None:
        if min(self.ride, self.handover, *self.inside.values()) < 0 or not (
            0 <= self.hour_share <= 1
        ):
            raise ValueError(f"Expected sigmas from 0 and a share from 0 to 1, got {self}.")

    def inside_in(self, band: str) -> float:
        """Returns the sigma of the way inside in a band, its street part left out."""
        return self.inside[lift_band(band)]


def factors(sigma: Floats, hour_share: Floats, common: Floats, own: Floats) -> Floats:
    """Returns factors of mean 1 made of standard normal draws; shapes as numpy fits them."""
    log: Floats = sigma * (hour_share**0.5 * common + (1 - hour_share) ** 0.5 * own)
    log -= sigma**2 / 2
    np.exp(log, out=log)
    return log


def spread_of(state: State, band: str) -> Spread:
    """Returns the spread to reckon with in a band: from taps where there are enough of them."""
    share = hour_share(state.observed)
    found = sigmas(state.observed, share)
    return Spread(
        ride=found.ride.get(street_band(band), RIDE_SIGMA),
        inside=found.inside,
        handover=sigma(state.observed.get(HANDOVER), HANDOVER_SIGMA),
        hour_share=share,
    )


@lru_cache(maxsize=2048)
def draws(name: str, seed: int, samples: int) -> Floats:
    """
    Returns standard normal draws that belong to a name: (3, samples), not to be written to.

    The same name has the same luck in every plan and at every moment, so that chances differ only
    where plans do.
    """
    rng = np.random.default_rng([seed, crc32(name.encode())])
    found = rng.standard_normal((3, samples), dtype=np.float32)
    found.flags.writeable = False
    return found
