"""Compiled bounds from below of what must follow a load: they spare the search most bundles."""

from __future__ import annotations

import numpy as np
from numba import njit

from solver.bundle_kernels import DUE, EARLY, KIND, SERVICE, time_price

_I1, _I2 = "int64[::1]", "int64[:,::1]"


@njit(f"int64(int64,int64,int64,int64,{_I2},{_I2},{_I2},{_I2},{_I1},{_I2})", cache=True, nogil=True)
def rest_bound(gap, now, at, n, shortest, table, fixed, rates, riding, rest):  # type: ignore[no-untyped-def]
    """
    Fills rows of ``rest`` (m + 1, 4) with bounds of the elements after k, from a store on.

    A row: price (a pair) without the first ride, and the price of its services alone. Returns the
    seconds of riding from the store by way of all of them to the end.
    """
    m, end = len(table) - n, len(shortest) - 1
    seconds = shortest[at, n + gap if gap < m else end]
    rest[m] = 0
    for k in range(gap, m):
        node = n + k
        start = max(now + shortest[at, node], table[node, EARLY])
        now = start + table[node, SERVICE]
        high, low = time_price(table[node, KIND], table[node, DUE], start, now, rates)
        ride = shortest[node, node + 1 if k < m - 1 else end]
        seconds += ride
        rest[k, 2] = high + fixed[node, 0]
        rest[k, 3] = low + fixed[node, 1]
        rest[k, 0] = rest[k, 2] + riding[0] * ride
        rest[k, 1] = rest[k, 3] + riding[1] * ride
        at = node
    for k in range(m - 1, gap - 1, -1):
        for part in range(4):
            rest[k, part] += rest[k + 1, part]
    return seconds


@njit("int64(int64,int64,int64[::1])", cache=True, nogil=True)
def _spread(count, gap, arrivals):  # type: ignore[no-untyped-def]
    """
    Returns by how much the starts of some services exceed their arrivals, summed, at least.

    One vehicle starts them at least ``gap`` seconds one after another; sorts ``arrivals``.
    """
    for i in range(1, count):
        value = arrivals[i]
        k = i
        while k > 0 and arrivals[k - 1] > value:
            arrivals[k] = arrivals[k - 1]
            k -= 1
        arrivals[k] = value
    total = 0
    for i in range(1, count):
        total += max(0, arrivals[0] + i * gap - arrivals[i])
    return total


@njit(
    f"UniTuple(int64,2)(int64,int64,int64,int64,int64,{_I2},{_I2},{_I2},{_I2},{_I1},{_I1})",
    cache=True,
    nogil=True,
)
def drops_bound(  # type: ignore[no-untyped-def]
    bundle, now, at, n, seconds, shortest, table, fixed, rates, riding, arrivals
):
    """Returns the least price of a bundle's deliveries and all rides, each job as if the first."""
    count = high = low = 0
    end = len(shortest) - 1
    for j in range(n):
        if not bundle >> j & 1:
            continue
        start = max(now + shortest[at, j], table[j, EARLY])
        more, less = time_price(
            table[j, KIND], table[j, DUE], start, start + table[j, SERVICE], rates
        )
        high += more + fixed[j, 0]
        low += less + fixed[j, 1]
        arrivals[count] = start
        count += 1
        seconds = max(seconds, shortest[at, j] + shortest[j, end])
    return high + riding[0] * seconds, low + riding[1] * seconds


@njit(f"int64(int64,int64,{_I2},{_I2},{_I1})", cache=True, nogil=True)
def waits_bound(bundle, n, shortest, table, arrivals):  # type: ignore[no-untyped-def]
    """Returns how many seconds later than ``arrivals`` a bundle's deliveries start, summed."""
    count = 0
    spacing = np.int64(2**40)
    for j in range(n):
        if bundle >> j & 1:
            count += 1
            for other in range(n):
                if other != j and bundle >> other & 1:
                    spacing = min(spacing, table[j, SERVICE] + shortest[j, other])
    return _spread(count, spacing, arrivals)


@njit(f"UniTuple(int64,2)(int64,{_I2},{_I1},{_I2})", cache=True, nogil=True)
def room(bundle, left, most, best):  # type: ignore[no-untyped-def]
    """Returns what the vehicle may cost with a bundle: less would beat nothing known."""
    high, low = most[0] - left[bundle, 0], most[1] - left[bundle, 1]
    if best[bundle, 0] < high or (best[bundle, 0] == high and best[bundle, 1] < low):
        return best[bundle, 0], best[bundle, 1]
    return high, low
