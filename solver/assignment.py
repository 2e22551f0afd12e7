"""
Which vehicle gets which bundle of jobs: exact, at the least sum of prices.

Every vehicle takes exactly one of its columns (a bundle, maybe the empty one, and its price), every
job is in one column taken or is left out at a price of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from solver.bundle_prices import Pair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.int64]

NO_PRICE = 2**62
"""First half of a price that nothing costs: not possible."""


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """
    What one vehicle may do: ``bundles`` (k,) as bit masks and ``prices`` (k, 2).

    ``least`` is a bound from below of its price beside the least prices of the jobs it takes.
    """

    bundles: Array
    prices: Array
    least: Pair


@njit(
    "void(int64[:,::1],int64[:,::1],int64[::1],int64[::1],int64[:,::1],int64[:,::1],"
    "int64,int64,int64)",
    cache=True,
    nogil=True,
)
def _add_vehicle(before, after, chosen, bundles, prices, left, most_high, most_low, whole):  # type: ignore[no-untyped-def]
    """Fills ``after`` (masks, 2) with the least prices once one more vehicle took its column."""
    after[:] = NO_PRICE
    for column in range(len(bundles)):
        bundle = bundles[column]
        high, low = prices[column, 0], prices[column, 1]
        others = whole ^ bundle
        # All subsets of the jobs that are not in the bundle, from the largest to the empty one.
        taken = others
        while True:
            if before[taken, 0] != NO_PRICE:
                mask = taken | bundle
                one, two = before[taken, 0] + high, before[taken, 1] + low
                over = one + left[mask, 0] - most_high
                sure = over < 0 or (over == 0 and two + left[mask, 1] <= most_low)
                better = one < after[mask, 0] or (one == after[mask, 0] and two < after[mask, 1])
                if sure and better:
                    after[mask, 0] = one
                    after[mask, 1] = two
                    chosen[mask] = column
            if taken == 0:
                break
            taken = (taken - 1) & others


def by_subsets(
    columns: Sequence[Columns], left_out: Array, left: Array, most: Pair
) -> tuple[int, ...] | None:
    """
    Returns the column of each vehicle in a best assignment, by dynamic programming over subsets.

    ``left_out`` (masks, 2) is the price of leaving out the jobs of each mask, ``left`` (masks, 2)
    bounds from below that of the jobs not in a mask, ``most`` is a price of an assignment known.
    None: nothing is that cheap. Takes 3^jobs steps per vehicle at most.
    """
    whole = len(left_out) - 1
    prices = np.ascontiguousarray(left_out)
    chosen = np.full((len(columns), len(left_out)), -1, dtype=np.int64)
    after = np.empty_like(prices)
    rest = [sum(column.least[word] for column in columns) for word in (0, 1)]
    for v, column in enumerate(columns):
        rest = [rest[word] - column.least[word] for word in (0, 1)]
        bound = (most[0] - rest[0], most[1] - rest[1])
        _add_vehicle(prices, after, chosen[v], column.bundles, column.prices, left, *bound, whole)
        prices, after = after, (np.empty_like(prices) if v == 0 else prices)
    if prices[whole, 0] == NO_PRICE:
        return None
    picks, mask = [], whole
    for v in range(len(columns) - 1, -1, -1):
        picks.append(int(chosen[v, mask]))
        mask ^= int(columns[v].bundles[picks[-1]])
    return tuple(reversed(picks))
