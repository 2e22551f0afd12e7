"""
How far real times are assumed to spread around planned ones before any were observed.

Sigmas of the logarithms; `dispatch.spread` says what of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

RIDE_SIGMA = 0.25
"""Of a ride: assumed; e-bike speeds measured in Hangzhou are log-normal,
https://doi.org/10.1177/1687814015616918."""

HANDOVER_SIGMA = 0.35
"""Of a hand-over or loading: assumed, people differ more than roads."""

INSIDE_SIGMA: Mapping[str, float] = {"day": 0.25, "peak": 0.35, "lunch": 0.5}
"""Of the way inside by the lifts' band: assumed; waits at lunch range from the design value of
40 s (BCO Guide 2014) to many times that."""

HOUR_SHARE = 0.5
"""Share of the variance that a courier's hour has in common: assumed."""
