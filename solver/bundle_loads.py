"""The compiled loads of one vehicle at one gap: which bundles leave which store when."""

from __future__ import annotations

import numpy as np
from numba import njit

from solver.bundle_bounds import drops_bound, rest_bound, room, waits_bound
from solver.bundle_kernels import KIND, LATE, LOAD, SERVICE, STORE

_I1, _I2, _I3 = "int64[::1]", "int64[:,::1]", "int64[:,:,::1]"

TRIP = f"{_I2},{_I3},{_I2},{_I2},{_I2},{_I2},{_I2},{_I2},{_I2},{_I2},{_I2},{_I1}"
"""Of a vehicle: travel, arc, table, fixed, pickups, orders, opening, prefix, tail, rates, shortest,
riding."""


@njit(
    f"UniTuple(int64,4)(int64,int64,int64,int64,{_I2},{_I3},{_I2},{_I2},{_I2},{_I2},{_I2})",
    cache=True,
    nogil=True,
)
def _loaded(  # type: ignore[no-untyped-def]
    bundle, row, gap, n, travel, arc, table, pickups, orders, opening, prefix
):
    """Returns departure (-1: too late), last store and price of a load in one order of stores."""
    now, high, low = prefix[gap, 0], prefix[gap, 1], prefix[gap, 2]
    at = n + gap - 1 if gap else len(travel) - 2
    first = orders[row, 0]
    if gap == 0:
        high += opening[first, 0]
        low += opening[first, 1]
    store = -1
    for position in range(orders.shape[1]):
        if orders[row, position] < 0:
            break
        store = orders[row, position]
        node = len(table) + store
        joins = position == 0 and gap > 0 and table[at, STORE] == store
        start = prefix[gap, 3] if joins else now + travel[at, node]
        for j in range(n):
            if bundle >> j & 1 and pickups[j, 0] == store:
                start = max(start, pickups[j, 1])
        now = start
        if joins:
            if start > table[at, LATE]:
                return -1, store, high, low
            now += table[at, SERVICE]
        for j in range(n):
            if bundle >> j & 1 and pickups[j, 0] == store:
                if now > pickups[j, 2]:
                    return -1, store, high, low
                now += pickups[j, 3]
        high += arc[at, node, 0]
        low += arc[at, node, 1]
        at = node
    return now, store, high, low


@njit(
    f"{_I2}({_I1},int64,int64,{TRIP},{_I2},{_I1},{_I2},{_I1},{_I1},{_I1},int64,{_I2},{_I1},{_I2},"
    f"{_I2})",
    cache=True,
    nogil=True,
)
def entries_of(  # type: ignore[no-untyped-def]
    bundles,
    gap,
    n,
    travel,
    arc,
    table,
    fixed,
    pickups,
    orders,
    opening,
    prefix,
    tail,
    rates,
    shortest,
    riding,
    carried,
    capacity,
    loads,
    load_ids,
    store_sets,
    rows_of,
    only,
    left,
    most,
    best,
    rest,
):
    """
    Returns rows (bundle, order of stores, departure, last store, load id, price) of all loads.

    Those are left out that cannot end below ``most`` or below what ``best`` has for the bundle.
    """
    found = np.empty((len(bundles) * max(1, len(orders)), 7), dtype=np.int64)
    arrivals = np.empty(n, dtype=np.int64)
    count = 0
    loads_later = False
    for k in range(gap, len(table) - n):
        loads_later = loads_later or table[n + k, KIND] == LOAD
    known = known_store = np.int64(-1)
    seconds = np.int64(0)
    for bundle in bundles:
        fits = True
        for d in range(len(capacity)):
            fits = fits and carried[gap, d] + loads[bundle, d] <= capacity[d]
        if not fits:
            continue
        stores = store_sets[bundle]
        for row in range(rows_of[stores], rows_of[stores + 1]):
            if only >= 0 and row != only:
                continue
            departure, store, high, low = _loaded(
                bundle, row, gap, n, travel, arc, table, pickups, orders, opening, prefix
            )
            over = high + tail[gap, 0] + left[0, 0] - most[0]
            if departure < 0 or over > 0:
                continue
            if over == 0 and low + tail[gap, 1] + left[0, 1] > most[1]:
                continue
            at = len(table) + store
            if departure != known or store != known_store:
                known, known_store = departure, store
                seconds = rest_bound(
                    gap, departure, at, n, shortest, table, fixed, rates, riding, rest
                )
            high_most, low_most = room(bundle, left, most, best)
            high_most -= high + rest[gap, 2]
            low_most -= low + rest[gap, 3]
            if high_most < 0 or (high_most == 0 and low_most < 0):
                continue
            more, less = drops_bound(
                bundle, departure, at, n, seconds, shortest, table, fixed, rates, riding, arrivals
            )
            if high_most < more or (high_most == more and low_most < less):
                continue
            later = waits_bound(bundle, n, shortest, table, arrivals)
            more += rates[2, 0] * later
            less += rates[2, 1] * later
            if high_most < more or (high_most == more and low_most < less):
                continue
            found[count, 0] = bundle
            found[count, 1] = row
            found[count, 2] = departure
            found[count, 3] = store
            found[count, 4] = load_ids[bundle] if loads_later else 0
            found[count, 5] = high
            found[count, 6] = low
            count += 1
    return found[:count]


@njit(f"{_I1}({_I2},int64,int64)", cache=True, nogil=True)
def grouped(entries, num_stores, num_loads):  # type: ignore[no-untyped-def]
    """Returns the order of entries in which equal (departure, store, load) are together."""
    keys = np.empty(len(entries), dtype=np.int64)
    for i in range(len(entries)):
        keys[i] = (entries[i, 2] * num_stores + entries[i, 3]) * num_loads + entries[i, 4]
    return np.argsort(keys)
