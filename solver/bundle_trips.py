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

_WIDTH = 256
"""Most labels of one state; more end the run with `OVERFLOW`."""

_I1, _I2, _I3 = "int64[::1]", "int64[:,::1]", "int64[:,:,::1]"

_TRIP = f"{_I2},{_I3},{_I2},{_I2},{_I2},{_I2},{_I2},{_I2},{_I2},{_I2},{_I2},{_I1}"
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
    f"int64(int64,int64,int64,int64,{_I2},{_I2},{_I2},{_I2},{_I1},{_I2})", cache=True, nogil=True
)
def _rest_bound(gap, now, at, n, shortest, table, fixed, rates, riding, rest):  # type: ignore[no-untyped-def]
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
def _drops_bound(  # type: ignore[no-untyped-def]
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
def _waits(bundle, n, shortest, table, arrivals):  # type: ignore[no-untyped-def]
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
def _room(bundle, left, most, best):  # type: ignore[no-untyped-def]
    """Returns what the vehicle may cost with a bundle: less would beat nothing known."""
    high, low = most[0] - left[bundle, 0], most[1] - left[bundle, 1]
    if best[bundle, 0] < high or (best[bundle, 0] == high and best[bundle, 1] < low):
        return best[bundle, 0], best[bundle, 1]
    return high, low


@njit(
    f"{_I2}({_I1},int64,int64,{_TRIP},{_I2},{_I1},{_I2},{_I1},{_I1},{_I1},int64,{_I2},{_I1},{_I2},"
    f"{_I2})",
    cache=True,
    nogil=True,
)
def _entries(  # type: ignore[no-untyped-def]
    bundles, gap, n, travel, arc, table, fixed, pickups, orders, opening, prefix, tail, rates,
    shortest, riding, carried, capacity, loads, load_ids, store_sets, rows_of, only, left, most,
    best, rest,
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
                seconds = _rest_bound(
                    gap, departure, at, n, shortest, table, fixed, rates, riding, rest
                )
            high_most, low_most = _room(bundle, left, most, best)
            high_most -= high + rest[gap, 2]
            low_most -= low + rest[gap, 3]
            if high_most < 0 or (high_most == 0 and low_most < 0):
                continue
            more, less = _drops_bound(
                bundle, departure, at, n, seconds, shortest, table, fixed, rates, riding, arrivals
            )
            if high_most < more or (high_most == more and low_most < less):
                continue
            later = _waits(bundle, n, shortest, table, arrivals)
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
def _grouped(entries, num_stores, num_loads):  # type: ignore[no-untyped-def]
    """Returns the order of entries in which equal (departure, store, load) are together."""
    keys = np.empty(len(entries), dtype=np.int64)
    for i in range(len(entries)):
        keys[i] = (entries[i, 2] * num_stores + entries[i, 3]) * num_loads + entries[i, 4]
    return np.argsort(keys)


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
    f"int64({_I1},int64,int64,int64,{_TRIP},{_I2},{_I1},{_I2},{_I1},{_I1},{_I1},int64,int64,{_I2},"
    f"{_I1},{_I2},{_I2},{_I2},{_I2},int64)",
    cache=True,
    nogil=True,
)
def trips(  # type: ignore[no-untyped-def]
    bundles, gap, n, latest, travel, arc, table, fixed, pickups, orders, opening, prefix, tail,
    rates, shortest, riding, carried, capacity, loads, load_ids, store_sets, rows_of, only,
    num_loads, left, most, slots, states, pool, best, limit,
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
    entries = _entries(
        bundles, gap, n, travel, arc, table, fixed, pickups, orders, opening, prefix, tail, rates,
        shortest, riding, carried, capacity, loads, load_ids, store_sets, rows_of, only, left, most,
        best, rest,
    )
    order = _grouped(entries, len(travel) - len(table) - 2, num_loads)
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
        _rest_bound(gap, head[2], source, n, shortest, table, fixed, rates, riding, rest)
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
