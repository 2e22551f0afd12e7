"""
Slack induction by string removals, compiled: takes strings of neighbouring jobs out, puts them back
where they are cheapest, and anneals.

The moves are those of Christiaens and Vanden Berghe. Routes live in slots: a move works on copies,
and what it rejects is forgotten by pointing back. The cheapest place of a job in a route is
remembered until that route changes.

References
----------
J. Christiaens, G. Vanden Berghe (2020). Slack induction by string removals for vehicle routing
problems. Transportation Science 54(2), 417-433. https://doi.org/10.1287/trsc.2019.0914
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from solver.arrays import Instance, Ints, Longs
from solver.places import scan
from solver.tours import Tours, retime

NOWHERE = 2**62
"""The price of a place that does not exist."""

BLINK = 0.01
"""Chance of overlooking a route during insertion, as in Christiaens and Vanden Berghe."""

SPLIT = 0.5
"""Chance of keeping a substring within a string that is removed, as there."""

SHORTER = 0.5
"""Chance that the substring kept stays as short as it is; 0.01 there, for longer routes."""

REMOVED = 10.0
"""Jobs that a move takes out on average, as there."""

LONGEST = 10.0
"""The longest string, as there."""


class Ruin(NamedTuple):
    """
    A search: the routes it is at, the best ones, and what it remembers.

    ``slot`` (V) is where the route of a vehicle is; ``spare`` the free slots, ``counts[0]`` of them.
    ``where`` (J) is the vehicle of a job, -1 for the ``counts[1]`` first jobs of ``absent``.
    ``near`` (J, A) are other jobs, nearest first, ``far`` (J) the way from the vehicles. ``offer_*``
    (J, V) are the cheapest places, known for a version of the route. ``price`` has what the search
    is at, in one number by ``weights`` and ``missing``; ``cost`` (T) the same by tiers.
    ``best_*`` are the cheapest routes by tiers. ``random`` is the state of the generator;
    ``counts[2]`` the moves tried and ``counts[3]`` how often the best was improved.
    """

    slot: Ints
    spare: Ints
    counts: Longs
    where: Ints
    absent: Ints
    near: Ints
    far: Longs
    offer_version: Longs
    offer_price: Longs
    offer_at: Ints
    weights: Longs
    missing: Longs
    price: Longs
    cost: Longs
    best_code: Ints
    best_size: Ints
    best_cost: Longs
    random: NDArray[np.uint64]


@njit(cache=True, nogil=True)
def _uniform(random: NDArray[np.uint64]) -> float:
    """Returns a number in [0, 1); the generator is xorshift64* (Vigna 2016, 10.1145/2845077)."""
    x = random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    random[0] = x
    return np.float64((x * np.uint64(2685821657736338717)) >> np.uint64(11)) * 2.0**-53


@njit(cache=True, nogil=True)
def begin(ins: Instance, t: Tours, r: Ruin) -> None:
    """Prices where the search is, by its present weights, and forgets the places remembered."""
    r.offer_version[:] = 0
    r.price[0] = 0
    r.cost[:] = 0
    for v in range(r.slot.shape[0]):
        _add_route(ins, t, r, r.slot[v], 1)
    for k in range(r.counts[1]):
        _add_missing(ins, r, r.absent[k], 1)


@njit(cache=True, nogil=True)
def keep_best(t: Tours, r: Ruin) -> None:
    """Remembers the routes of the search as the best."""
    for v in range(r.slot.shape[0]):
        s = r.slot[v]
        r.best_size[v] = t.size[s]
        for k in range(t.size[s]):
            r.best_code[v, k] = t.code[s, k]
    r.best_cost[:] = r.cost


@njit(cache=True, nogil=True)
def _add_route(ins: Instance, t: Tours, r: Ruin, s: int, sign: int) -> None:
    for m in range(r.weights.shape[0]):
        amount = sign * t.total[s, m]
        if amount != 0:
            r.price[0] += r.weights[m] * amount
            for k in range(r.cost.shape[0]):
                r.cost[k] += ins.weights[k, m] * amount


@njit(cache=True, nogil=True)
def _add_missing(ins: Instance, r: Ruin, j: int, sign: int) -> None:
    r.price[0] += sign * r.missing[j]
    for k in range(r.cost.shape[0]):
        r.cost[k] += sign * ins.missing[j, k]


@njit(cache=True, nogil=True)
def search(ins: Instance, t: Tours, r: Ruin, moves: int, hot: float, cold: float) -> None:
    """
    Tries some moves at temperatures falling from ``hot`` to ``cold``, in units of the price.

    A move is accepted if its price is less than that of the routes before, plus the temperature
    times a random number of the exponential distribution.
    """
    jobs, vehicles = ins.delivery.shape[0], r.slot.shape[0]
    old = np.empty(vehicles, dtype=np.int32)
    touched = np.empty(vehicles, dtype=np.int32)
    marked = np.zeros(vehicles, dtype=np.uint8)
    removed = np.empty(jobs, dtype=np.int32)
    keys = np.empty(jobs, dtype=np.float64)
    line = np.empty(jobs, dtype=np.int32)
    absent_before = np.empty(jobs, dtype=np.int32)
    cost_before = np.empty(r.cost.shape[0], dtype=np.int64)
    best = np.empty(3, dtype=np.int64)
    seen = np.full(vehicles, -1, dtype=np.int64)
    nothing = np.empty((0, 11), dtype=np.int64)
    asked = 0
    for move in range(moves):
        heat = hot + (cold - hot) * move / moves
        num_absent = r.counts[1]
        for k in range(num_absent):
            absent_before[k] = r.absent[k]
            removed[k] = r.absent[k]
        price_before = r.price[0]
        cost_before[:] = r.cost
        out, changed = _ruin(ins, t, r, removed, num_absent, line, touched, old, marked)
        _sort(ins, r, removed, out, keys)
        for k in range(num_absent):
            _add_missing(ins, r, absent_before[k], -1)
        r.counts[1] = 0
        legal = True
        for k in range(changed):
            legal = legal and t.legal[r.slot[touched[k]]] == 1
        for k in range(out if legal else 0):
            asked += 1
            j = removed[k]
            changed = _put_back(
                ins, t, r, j, asked, seen, best, nothing, touched, old, marked, changed
            )
        if legal:
            for k in range(changed):
                v = touched[k]
                _add_route(ins, t, r, old[v], -1)
                _add_route(ins, t, r, r.slot[v], 1)
        limit = price_before - heat * math.log(1.0 - _uniform(r.random))
        if legal and r.price[0] < limit:
            for k in range(changed):
                r.spare[r.counts[0]] = old[touched[k]]
                r.counts[0] += 1
            if _is_less(r.cost, r.best_cost):
                keep_best(t, r)
                r.counts[3] += 1
        else:
            r.price[0] = price_before
            r.cost[:] = cost_before
            for k in range(changed):
                v = touched[k]
                r.spare[r.counts[0]] = r.slot[v]
                r.counts[0] += 1
                r.slot[v] = old[v]
            for k in range(out):
                r.where[removed[k]] = -1
            for k in range(changed):
                v = touched[k]
                s = old[v]
                for at in range(t.size[s]):
                    if t.code[s, at] >= jobs:
                        r.where[t.code[s, at] - jobs] = v
            r.counts[1] = num_absent
            for k in range(num_absent):
                r.absent[k] = absent_before[k]
        for k in range(changed):
            marked[touched[k]] = 0
        r.counts[2] += 1


@njit(cache=True, nogil=True)
def _is_less(one: Longs, other: Longs) -> bool:
    for k in range(one.shape[0]):
        if one[k] != other[k]:
            return one[k] < other[k]
    return False


@njit(cache=True, nogil=True)
def _touch(t: Tours, r: Ruin, v: int, touched: Ints, old: Ints, marked: Ints, n: int) -> int:
    """Moves the route of a vehicle to a slot of its own, for a move to change; not yet filled."""
    if marked[v] == 1:
        return n
    marked[v] = 1
    touched[n] = v
    old[v] = r.slot[v]
    r.counts[0] -= 1
    r.slot[v] = r.spare[r.counts[0]]
    return n + 1


@njit(cache=True, nogil=True)
def _ruin(
    ins: Instance,
    t: Tours,
    r: Ruin,
    removed: Ints,
    out: int,
    line: Ints,
    touched: Ints,
    old: Ints,
    marked: Ints,
) -> tuple[int, int]:
    """Takes strings of jobs out of routes near to a random job; returns how many, and routes."""
    jobs = ins.delivery.shape[0]
    used = 0
    for v in range(r.slot.shape[0]):
        used += 1 if t.count[r.slot[v]] > 0 else 0
    longest = min(LONGEST, max(1.0, (jobs - r.counts[1]) / max(1, used)))
    most = 4.0 * min(REMOVED, 0.4 * jobs + 1.0) / (1.0 + longest) - 1.0
    strings = int(_uniform(r.random) * max(0.0, most) + 1.0)
    seed = int(_uniform(r.random) * jobs)
    changed = 0
    for a in range(r.near.shape[1] + 1):
        if changed >= strings:
            break
        j = seed if a == 0 else r.near[seed, a - 1]
        v = r.where[j]
        if v < 0 or marked[v] == 1:
            continue
        s = r.slot[v]
        n = 0
        at = 0
        for k in range(t.size[s]):
            code = t.code[s, k]
            if code >= jobs:
                if code - jobs == j:
                    at = n
                line[n] = code - jobs
                n += 1
        length = int(_uniform(r.random) * min(float(n), longest) + 1.0)
        kept = 0
        if length < n and _uniform(r.random) < SPLIT:
            kept = 1
            while length + kept < n and _uniform(r.random) > SHORTER:
                kept += 1
        low = max(0, at - length - kept + 1)
        high = min(at, n - length - kept)
        first = low + int(_uniform(r.random) * (high - low + 1))
        hole = first + int(_uniform(r.random) * (length + 1)) if kept > 0 else first
        for k in range(first, first + length + kept):
            if not (kept > 0 and hole <= k < hole + kept):
                removed[out] = line[k]
                r.where[line[k]] = -1
                out += 1
        changed = _touch(t, r, v, touched, old, marked, changed)
        new, m = r.slot[v], 0
        for k in range(t.size[s]):
            code = t.code[s, k]
            if r.where[code - jobs if code >= jobs else code] == v:
                t.code[new, m] = code
                m += 1
        t.size[new] = m
        retime(ins, t, new, v)
    return out, changed


@njit(cache=True, nogil=True)
def _sort(ins: Instance, r: Ruin, removed: Ints, out: int, keys: NDArray[np.float64]) -> None:
    """Orders the jobs taken out: at random, or by load, way, window or due."""
    how = _uniform(r.random)
    for k in range(out):
        j = removed[k]
        if how < 0.4:
            keys[k] = _uniform(r.random)
        elif how < 0.55:
            keys[k] = -ins.load[j, 0]
        elif how < 0.7:
            keys[k] = -r.far[j]
        elif how < 0.8:
            keys[k] = r.far[j]
        elif how < 0.9:
            keys[k] = min(ins.due[j], ins.delivery_late[j]) - ins.delivery_early[j]
        else:
            keys[k] = min(ins.due[j], ins.delivery_late[j])
    for k in range(1, out):
        key, j, m = keys[k], removed[k], k - 1
        while m >= 0 and keys[m] > key:
            keys[m + 1] = keys[m]
            removed[m + 1] = removed[m]
            m -= 1
        keys[m + 1] = key
        removed[m + 1] = j


@njit(cache=True, nogil=True)
def _put_back(
    ins: Instance,
    t: Tours,
    r: Ruin,
    j: int,
    asked: int,
    seen: Longs,
    best: Longs,
    nothing: Longs,
    touched: Ints,
    old: Ints,
    marked: Ints,
    changed: int,
) -> int:
    """Inserts a job where it is cheapest, or counts it as absent; returns how many routes changed."""
    price, to = r.missing[j], -1
    for v in range(r.slot.shape[0]):
        if ins.allowed[j, v] == 0:
            continue
        s = r.slot[v]
        if t.count[s] == 0:
            # Of empty vehicles that are all alike, one is asked.
            if seen[ins.twin[v]] == asked:
                continue
            seen[ins.twin[v]] = asked
        if r.offer_version[j, v] != t.version[s]:
            r.offer_version[j, v] = t.version[s]
            if scan(ins, t, r.weights, s, v, j, best, nothing) == 0:
                r.offer_price[j, v] = NOWHERE
            else:
                r.offer_price[j, v] = best[0]
                r.offer_at[j, v, 0] = best[1]
                r.offer_at[j, v, 1] = best[2]
        if r.offer_price[j, v] < price and _uniform(r.random) >= BLINK:
            price, to = r.offer_price[j, v], v
    if to < 0:
        r.absent[r.counts[1]] = j
        r.counts[1] += 1
        _add_missing(ins, r, j, 1)
        return changed
    s = r.slot[to]
    if marked[to] == 0:
        changed = _touch(t, r, to, touched, old, marked, changed)
        new = r.slot[to]
        t.size[new] = t.size[s]
        for k in range(t.size[s]):
            t.code[new, k] = t.code[s, k]
        s = new
    _insert(ins, t, s, j, r.offer_at[j, to, 0], r.offer_at[j, to, 1])
    retime(ins, t, s, to)
    r.where[j] = to
    return changed


@njit(cache=True, nogil=True)
def _insert(ins: Instance, t: Tours, s: int, j: int, pickup_at: int, delivery_at: int) -> None:
    """Makes room in the codes of a route and writes the halves of a job there."""
    more = 1 if pickup_at < 0 else 2
    n = t.size[s]
    for k in range(n - 1, delivery_at - 1, -1):
        t.code[s, k + more] = t.code[s, k]
    t.code[s, delivery_at + more - 1] = ins.delivery.shape[0] + j
    if pickup_at >= 0:
        for k in range(delivery_at - 1, pickup_at - 1, -1):
            t.code[s, k + 1] = t.code[s, k]
        t.code[s, pickup_at] = j
    t.size[s] = n + more
