"""
The compiled search for the best next trip of one vehicle with each bundle, loading at one gap.

Dynamic programming over (delivered jobs, fixed elements passed, last node) with Pareto labels of
time and price: a label that is neither earlier nor cheaper than another one can never end better,
since nothing gets cheaper by starting later. Bundles that leave the store at the same time share
the states of their common subsets (Held and Karp 1962, doi:10.1137/0110015, with labels).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solver.bundle_bounds import rest_bound
from solver.bundle_kernels import (
    DUE,
    EARLY,
    KIND,
    LATE,
    LOAD,
    OVER_LIMIT,
    OVERFLOW,
    SERVICE,
    STORE,
    time_price,
)
from solver.bundle_loads import TRIP, entries_of, grouped

_WIDTH = 256
"""Most labels of one state; more end the run with `OVERFLOW`."""

_I1, _I2 = "int64[::1]", "int64[:,::1]"


@njit("int64(int64[:,::1],int64,int64,int64,int64,int64)", cache=True, nogil=True)
def _kept(labels, count, now, high, low, parent):  # type: ignore[no-untyped-def]
    """Adds a label to the first ``count`` of a state unless one is as good; returns their count."""
    i = 0
    while i < count:
        worse = labels[i, 1] > high or (labels[i, 1] == high and labels[i, 2] > low)
        if labels[i, 0] <= now and not worse:
            return count
        equal = labels[i, 1] == high and labels[i, 2] == low
        if now <= labels[i, 0] and (worse or equal):
            count -= 1
            for part in range(4):
                labels[i, part] = labels[count, part]
        else:
            i += 1
    labels[count, 0] = now
    labels[count, 1] = high
    labels[count, 2] = low
    labels[count, 3] = parent
    return count + 1


@njit(
    f"int64({_I1},int64,int64,int64,{TRIP},{_I2},{_I1},{_I2},{_I1},{_I1},{_I1},int64,int64,{_I2},"
    f"{_I1},{_I2},{_I2},{_I2},{_I2},int64)",
    cache=True,
    nogil=True,
)
def trips(  # type: ignore[no-untyped-def]
    bundles,
    gap,
    n,
    latest,
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
    num_loads,
    left,
    most,
    slots,
    states,
    pool,
    best,
    limit,
):
    """
    Returns the steps taken; lowers rows of ``best`` (by bundle) to the best trips with this gap.

    A row of ``best``: price (a pair), gap, order of stores, last label. ``carried`` is on board
    after each element, ``left`` the least price of all vehicles but this and of the jobs not in a
    mask, ``most`` the price that may not be exceeded, ``latest`` the end of the shift. ``slots``
    (masks, 2), ``states`` and ``pool`` are scratch; a row of ``pool``: time, price,
    parent, node (-1: the store).
    """
    rest = np.zeros((len(table) - n + 1, 4), dtype=np.int64)
    entries = entries_of(
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
    )
    order = grouped(entries, len(travel) - len(table) - 2, num_loads)
    m = len(table) - n
    depth = m - gap + 1
    end = len(travel) - 1
    buffer = np.empty((_WIDTH + 1, 4), dtype=np.int64)
    steps = first = 0
    while first < len(order):
        head = entries[order[first]]
        after = first
        base_high, base_low = head[5], head[6]
        while after < len(order):
            entry = entries[order[after]]
            if entry[2] != head[2] or entry[3] != head[3] or entry[4] != head[4]:
                break
            if entry[5] < base_high or (entry[5] == base_high and entry[6] < base_low):
                base_high, base_low = entry[5], entry[6]
            after += 1
        slots[-1, 0] += 1
        stamp = slots[-1, 0]
        used = num_slots = 0
        source = len(table) + head[3]
        rest_bound(gap, head[2], source, n, shortest, table, fixed, rates, riding, rest)
        for place in range(first, after):
            entry = entries[order[place]]
            bundle = entry[0]
            mask = np.int64(0)
            while True:
                if slots[mask, 0] != stamp:
                    slots[mask, 0] = stamp
                    slots[mask, 1] = num_slots
                    slot = num_slots
                    num_slots += 1
                    if num_slots * depth * (n + 1) > len(states):
                        return OVERFLOW
                    for k in range(depth):
                        sure_high = base_high + rest[gap + k, 0] + left[mask, 0] - most[0]
                        sure_low = base_low + rest[gap + k, 1] + left[mask, 1] - most[1]
                        for last in range(n + 1):
                            state = (slot * depth + k) * (n + 1) + last
                            states[state, 0] = used
                            states[state, 1] = 0
                            if last < n:
                                if not mask >> last & 1:
                                    continue
                                node = last
                                before = mask ^ (np.int64(1) << last)
                                row = (slots[before, 1] * depth + k) * (n + 1)
                            else:
                                if k == 0:
                                    if mask == 0:
                                        if used == len(pool):
                                            return OVERFLOW
                                        pool[used, 0] = head[2]
                                        pool[used, 1] = pool[used, 2] = 0
                                        pool[used, 3] = pool[used, 4] = -1
                                        states[state, 1] = 1
                                        used += 1
                                    continue
                                node = n + gap + k - 1
                                before = mask
                                row = (slot * depth + k - 1) * (n + 1)
                                if table[node, KIND] == LOAD:
                                    if mask == 0 and k == 1 and table[node, STORE] == head[3]:
                                        continue
                                    fits = True
                                    for d in range(len(capacity)):
                                        aboard = loads[bundle, d] - loads[mask, d]
                                        have = carried[gap + k, d] + aboard
                                        fits = fits and have <= capacity[d]
                                    if not fits:
                                        continue
                            count = 0
                            for prior in range(n + 1):
                                if prior < n and not before >> prior & 1:
                                    continue
                                kept = states[row + prior, 1]
                                if kept == 0:
                                    continue
                                come = prior
                                if prior == n:
                                    passed = k - 1 if last == n else k
                                    come = n + gap + passed - 1 if passed else source
                                ride = travel[come, node]
                                arc_high = arc[come, node, 0] + fixed[node, 0]
                                arc_low = arc[come, node, 1] + fixed[node, 1]
                                begin = states[row + prior, 0]
                                for label in range(begin, begin + kept):
                                    steps += 1
                                    start = max(pool[label, 0] + ride, table[node, EARLY])
                                    if start > table[node, LATE]:
                                        continue
                                    now = start + table[node, SERVICE]
                                    high, low = time_price(
                                        table[node, KIND], table[node, DUE], start, now, rates
                                    )
                                    high += pool[label, 1] + arc_high
                                    low += pool[label, 2] + arc_low
                                    over = high + sure_high
                                    if over > 0 or (over == 0 and low + sure_low > 0):
                                        continue
                                    count = _kept(buffer, count, now, high, low, label)
                                    if count > _WIDTH:
                                        return OVERFLOW
                            if used + count > len(pool):
                                return OVERFLOW
                            for i in range(count):
                                for part in range(4):
                                    pool[used + i, part] = buffer[i, part]
                                pool[used + i, 4] = node
                            states[state, 1] = count
                            used += count
                    if steps > limit:
                        return OVER_LIMIT
                if mask == bundle:
                    break
                mask = (mask - bundle) & bundle
            row = (slots[bundle, 1] * depth + depth - 1) * (n + 1)
            for last in range(n + 1):
                begin = states[row + last, 0]
                for label in range(begin, begin + states[row + last, 1]):
                    come = last if last < n else len(table) - 1
                    if pool[label, 0] + travel[come, end] > latest:
                        continue
                    high = entry[5] + pool[label, 1] + arc[come, end, 0]
                    low = entry[6] + pool[label, 2] + arc[come, end, 1]
                    if high > best[bundle, 0]:
                        continue
                    if high < best[bundle, 0] or low < best[bundle, 1]:
                        best[bundle, 0] = high
                        best[bundle, 1] = low
                        best[bundle, 2] = gap
                        best[bundle, 3] = entry[1]
                        best[bundle, 4] = label
        first = after
    return steps
