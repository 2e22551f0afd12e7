"""
The compiled part of the exact lane: what one vehicle's next trip costs with each bundle of jobs.

Nodes of one vehicle: the deliveries of the n waiting jobs, its m fixed elements (a load stop or one
delivery each), the q stores, its start, its end. Rows of ``table``: early, late, service seconds,
due, kind, store (-1: none of those of the waiting jobs), earliest departure. Prices are pairs of
integers (:mod:`solver.bundle_prices`). All kernels compile on import and are cached on disk.
"""

from __future__ import annotations

import numpy as np
from numba import njit

MINOR_DROP, PROMISED_DROP, LOAD = 0, 1, 2
"""Kinds of a node: a delivery of lesser rank, a promised delivery, a load stop."""

EARLY, LATE, SERVICE, DUE, KIND, STORE, SOONEST = range(7)
"""Columns of ``table``."""

OVERFLOW = -1
"""Steps of a run that needed more room than its scratch arrays have."""

OVER_LIMIT = -2
"""Steps of a run that was stopped by its limit."""

_I1, _I2, _I3 = "int64[::1]", "int64[:,::1]", "int64[:,:,::1]"


@njit("UniTuple(int64,2)(int64,int64,int64,int64,int64[:,::1])", cache=True, nogil=True)
def time_price(kind, due, start, end, rates):  # type: ignore[no-untyped-def]
    """Returns the price of when a node is served; ``rates``: late, lateness, completion, minor."""
    high = low = 0
    if kind == PROMISED_DROP:
        high = rates[2, 0] * end
        low = rates[2, 1] * end
        if start > due:
            high += rates[0, 0] + rates[1, 0] * (start - due)
            low += rates[0, 1] + rates[1, 1] * (start - due)
    elif kind == MINOR_DROP and start > due:
        high, low = rates[3, 0], rates[3, 1]
    return high, low


@njit(f"{_I2}(int64,{_I2},{_I3},{_I2},{_I2},{_I2},int64)", cache=True, nogil=True)
def prefixes(n, travel, arc, table, fixed, rates, begin):  # type: ignore[no-untyped-def]
    """
    Returns (m + 1, 4) for the fixed elements alone: departure, price (a pair), start of service.

    Row k is after k elements; a departure of -1: not in time.
    """
    m = len(table) - n
    found = np.full((m + 1, 4), -1, dtype=np.int64)
    found[0] = (begin, 0, 0, begin)
    at = len(travel) - 2
    for k in range(1, m + 1):
        node = n + k - 1
        start = max(found[k - 1, 0] + travel[at, node], table[node, EARLY])
        if start > table[node, LATE]:
            break
        end = start + table[node, SERVICE]
        high, low = time_price(table[node, KIND], table[node, DUE], start, end, rates)
        found[k, 0] = end
        found[k, 1] = found[k - 1, 1] + high + arc[at, node, 0] + fixed[node, 0]
        found[k, 2] = found[k - 1, 2] + low + arc[at, node, 1] + fixed[node, 1]
        found[k, 3] = start
        at = node
    return found


@njit(f"{_I2}({_I2})", cache=True, nogil=True)
def closure(travel):  # type: ignore[no-untyped-def]
    """Returns the shortest rides by way of any nodes but the end: rounding breaks triangles."""
    best = travel.copy()
    last = len(best) - 1
    for k in range(last):
        for i in range(last):
            for j in range(last + 1):
                best[i, j] = min(best[i, j], best[i, k] + best[k, j])
    return best


@njit(f"{_I2}(int64,{_I2},{_I2},{_I2},{_I2},{_I1},int64)", cache=True, nogil=True)
def tails(n, shortest, table, fixed, rates, riding, begin):  # type: ignore[no-untyped-def]
    """
    Returns (m + 2, 2) bounds from below of the fixed elements' price, whatever is inserted.

    Row k is the price of what comes after k elements, without the ride to the next one; the last
    row is the price of all of them and every ride.
    """
    m = len(table) - n
    found = np.zeros((m + 2, 2), dtype=np.int64)
    at, now, end = len(shortest) - 2, begin, len(shortest) - 1
    set_out = shortest[at, n] if m else shortest[at, end]
    for k in range(1, m + 1):
        node = n + k - 1
        # Pickups of one load stop may be timed apart elsewhere: no later than this departure.
        arrival = now + shortest[at, node]
        now = max(arrival + table[node, SERVICE], table[node, SOONEST])
        start = now - table[node, SERVICE]
        high, low = time_price(table[node, KIND], table[node, DUE], start, now, rates)
        ride = shortest[node, node + 1 if k < m else end]
        found[k - 1, 0] = high + fixed[node, 0] + riding[0] * ride
        found[k - 1, 1] = low + fixed[node, 1] + riding[1] * ride
        at = node
    for k in range(m - 1, -1, -1):
        found[k] += found[k + 1]
    found[m + 1, 0] = found[0, 0] + riding[0] * set_out
    found[m + 1, 1] = found[0, 1] + riding[1] * set_out
    return found


@njit(f"{_I2}(int64,{_I2},{_I2},{_I2},{_I2},{_I2},int64)", cache=True, nogil=True)
def least_prices(n, shortest, table, fixed, pickups, rates, begin):  # type: ignore[no-untyped-def]
    """Returns (n, 2) bounds from below of what each waiting job adds to the vehicle's price."""
    found = np.zeros((n, 2), dtype=np.int64)
    stores = len(table)
    for j in range(n):
        store = stores + pickups[j, 0]
        now = begin + shortest[len(shortest) - 2, store]
        now = max(now, pickups[j, 1]) + pickups[j, 3] + shortest[store, j]
        start = max(now, table[j, EARLY])
        end = start + table[j, SERVICE]
        high, low = time_price(table[j, KIND], table[j, DUE], start, end, rates)
        found[j] = (high + fixed[j, 0], low + fixed[j, 1])
    return found
