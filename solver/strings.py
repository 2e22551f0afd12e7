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
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.arrays import (
    DELIVERY_EARLY,
    DELIVERY_LATE,
    DUE,
    LOAD,
    TWIN,
    Ints,
    Longs,
)
from solver.chance import uniform
from solver.compiled import (
    BYTES,
    BYTES2,
    INT,
    INTS,
    INTS2,
    INTS3,
    LONGS,
    LONGS2,
    LONGS3,
    NONE,
    REAL,
    REALS,
    STATE,
    kernel,
    part,
    several,
)
from solver.places import scan
from solver.tours import COUNT, LEGAL, SIZE, TOTAL, VERSION, retime

PREFERRED = 5
"""How many neighbours of a job say which routes are looked at first."""

BLINK = 0.01
"""Chance of overlooking a route during insertion, as in Christiaens and Vanden Berghe."""

SPLIT = 0.5
"""Chance of keeping a substring within a string that is removed, as there."""

SHORTER = 0.5
"""Chance that the substring kept stays as short as it is; 0.01 there, for longer routes."""

SPARE, ABSENT, MOVES, BETTER, PRICE = range(5)
"""What is counted: free slots, jobs left out, moves tried, how often the best was improved."""

VERSION_SEEN, PLACE_PRICE, PICKUP_AT, DELIVERY_AT = range(4)
"""What is remembered of a job in a route: the cheapest place, for a version of the route."""


@dataclass(frozen=True, slots=True, eq=False)
class Ruin:
    """
    A search: the routes it is at, the best ones, and what it remembers; changed in place.

    ``weights`` (10) and ``missing`` (J) price routes and jobs left out in one number, ``tiers``
    (T, 10) and ``missing_tiers`` (J, T) by the tiers of the problem; riding is part of tier
    ``fine``. ``slot`` (V) is where the route of a vehicle is, ``spare`` the free slots. ``where``
    (J) is the vehicle of a job, -1 for those in ``absent``. ``near`` (J, A) are other jobs, nearest
    first, ``far`` (J) the way from the vehicles. ``offer`` (J, V, 4) are cheapest places or,
    without one, a price that all exceed. ``counts`` are the numbers named above, the price of where
    the search is among them, and ``cost`` (T) the same by tiers. ``best_*`` are the cheapest routes
    by tiers. ``chance`` is the state of the generator of random numbers.
    """

    fine: int
    allowed: NDArray[np.uint8]
    weights: Longs
    missing: Longs
    tiers: Longs
    missing_tiers: Longs
    slot: Ints
    spare: Ints
    where: Ints
    absent: Ints
    near: Ints
    far: Longs
    offer: Longs
    counts: Longs
    cost: Longs
    best_code: Ints
    best_size: Ints
    best_cost: Longs
    chance: NDArray[np.uint64]


@part
def _add_route(
    head: Longs, weights: Longs, tiers: Longs, counts: Longs, cost: Longs, s: int, sign: int
) -> None:
    for m in range(weights.shape[0]):
        amount = sign * head[s, TOTAL + m]
        if amount != 0:
            counts[PRICE] += weights[m] * amount
            for k in range(cost.shape[0]):
                cost[k] += tiers[k, m] * amount


@part
def _add_missing(
    missing: Longs, missing_tiers: Longs, counts: Longs, cost: Longs, j: int, sign: int
) -> None:
    counts[PRICE] += sign * missing[j]
    for k in range(cost.shape[0]):
        cost[k] += sign * missing_tiers[j, k]


@part
def _keep_best(
    code: Ints,
    head: Longs,
    slot: Ints,
    cost: Longs,
    best_code: Ints,
    best_size: Ints,
    best_cost: Longs,
) -> None:
    """Remembers the routes of the search as the best."""
    for v in range(slot.shape[0]):
        s = slot[v]
        best_size[v] = head[s, SIZE]
        for k in range(head[s, SIZE]):
            best_code[v, k] = code[s, k]
    for k in range(cost.shape[0]):
        best_cost[k] = cost[k]


@part
def _is_less(one: Longs, other: Longs) -> bool:
    for k in range(one.shape[0]):
        if one[k] != other[k]:
            return one[k] < other[k]
    return False


@part
def _touch(
    counts: Longs,
    slot: Ints,
    spare: Ints,
    v: int,
    touched: Ints,
    old: Ints,
    marked: NDArray[np.uint8],
    n: int,
) -> int:
    """Moves the route of a vehicle to a slot of its own, for a move to fill; returns how many."""
    marked[v] = 1
    touched[n] = v
    old[v] = slot[v]
    counts[SPARE] -= 1
    slot[v] = spare[counts[SPARE]]
    return n + 1


@kernel(
    several(INT, INT),
    *(INTS3, INTS3, LONGS2, LONGS2, INTS2, LONGS2, LONGS3, LONGS3),
    *(INTS, INTS, INTS, INTS2, LONGS, STATE, INTS, INT, INTS, INTS, INTS, BYTES, REAL, REAL),
)
def _ruin(
    ride: Ints,
    expense: Ints,
    job: Longs,
    vehicle: Longs,
    code: Ints,
    head: Longs,
    element: Longs,
    waits: Longs,
    slot: Ints,
    spare: Ints,
    where: Ints,
    near: Ints,
    counts: Longs,
    chance: NDArray[np.uint64],
    removed: Ints,
    out: int,
    line: Ints,
    touched: Ints,
    old: Ints,
    marked: NDArray[np.uint8],
    average: float,
    most_in_a_row: float,
) -> tuple[int, int]:
    """Takes strings of jobs out of routes near to a random job; returns how many, and routes."""
    jobs = job.shape[0]
    used = 0
    for v in range(slot.shape[0]):
        used += 1 if head[slot[v], COUNT] > 0 else 0
    longest = min(most_in_a_row, max(1.0, (jobs - counts[ABSENT]) / max(1, used)))
    most = 4.0 * min(average, 0.4 * jobs + 1.0) / (1.0 + longest) - 1.0
    strings = int(uniform(chance) * max(0.0, most) + 1.0)
    seed = int(uniform(chance) * jobs)
    changed = 0
    for a in range(near.shape[1] + 1):
        if changed >= strings:
            break
        j = seed if a == 0 else np.int64(near[seed, a - 1])
        v = np.int64(where[j])
        if v < 0 or marked[v] == 1:
            continue
        s = np.int64(slot[v])
        n = 0
        at = 0
        for k in range(head[s, SIZE]):
            number = np.int64(code[s, k])
            if number >= jobs:
                if number - jobs == j:
                    at = n
                line[n] = number - jobs
                n += 1
        length = int(uniform(chance) * min(float(n), longest) + 1.0)
        kept = 0
        if length < n and uniform(chance) < SPLIT:
            kept = 1
            while length + kept < n and uniform(chance) > SHORTER:
                kept += 1
        low, high = max(0, at - length - kept + 1), min(at, n - length - kept)
        first = low + int(uniform(chance) * (high - low + 1))
        hole = first + int(uniform(chance) * (length + 1)) if kept > 0 else first
        for k in range(first, first + length + kept):
            if not (kept > 0 and hole <= k < hole + kept):
                removed[out] = line[k]
                where[line[k]] = -1
                out += 1
        changed = _touch(counts, slot, spare, v, touched, old, marked, changed)
        new, m = np.int64(slot[v]), 0
        for k in range(head[s, SIZE]):
            number = np.int64(code[s, k])
            if where[number - jobs if number >= jobs else number] == v:
                code[new, m] = number
                m += 1
        head[new, SIZE] = m
        retime(ride, expense, job, vehicle, code, head, element, waits, new, v)
    return out, changed


@kernel(NONE, LONGS2, LONGS, STATE, INTS, INT, REALS)
def _sort(
    job: Longs,
    far: Longs,
    chance: NDArray[np.uint64],
    removed: Ints,
    out: int,
    keys: NDArray[np.float64],
) -> None:
    """Orders the jobs taken out: at random, or by load, way, window or due."""
    how = uniform(chance)
    for k in range(out):
        j = removed[k]
        if how < 0.4:
            keys[k] = uniform(chance)
        elif how < 0.55:
            keys[k] = -job[j, LOAD]
        elif how < 0.7:
            keys[k] = -far[j]
        elif how < 0.8:
            keys[k] = far[j]
        else:
            keys[k] = min(job[j, DUE], job[j, DELIVERY_LATE])
            if how < 0.9:
                keys[k] -= job[j, DELIVERY_EARLY]
    for k in range(1, out):
        key, j, m = keys[k], removed[k], k - 1
        while m >= 0 and keys[m] > key:
            keys[m + 1] = keys[m]
            removed[m + 1] = removed[m]
            m -= 1
        keys[m + 1] = key
        removed[m + 1] = j


@kernel(NONE, LONGS2, INTS2, LONGS2, INT, INT, INT, INT)
def insert_codes(
    job: Longs, code: Ints, head: Longs, s: int, j: int, pickup_at: int, delivery_at: int
) -> None:
    """Makes room in the codes of a route and writes the halves of a job there; not timed yet."""
    more = 1 if pickup_at < 0 else 2
    n = head[s, SIZE]
    for k in range(n - 1, delivery_at - 1, -1):
        code[s, k + more] = code[s, k]
    code[s, delivery_at + more - 1] = job.shape[0] + j
    if pickup_at >= 0:
        for k in range(delivery_at - 1, pickup_at - 1, -1):
            code[s, k + 1] = code[s, k]
        code[s, pickup_at] = j
    head[s, SIZE] = n + more


@kernel(
    INT,
    *(INTS3, INTS3, LONGS2, LONGS2, INTS2, LONGS2, LONGS3, LONGS3),
    *(BYTES2, LONGS, LONGS, INTS, INTS, INTS2, LONGS3, STATE, INT, INT, LONGS, LONGS, LONGS2),
)
def _cheapest(
    ride: Ints,
    expense: Ints,
    job: Longs,
    vehicle: Longs,
    code: Ints,
    head: Longs,
    element: Longs,
    waits: Longs,
    allowed: NDArray[np.uint8],
    weights: Longs,
    missing: Longs,
    slot: Ints,
    where: Ints,
    near: Ints,
    offer: Longs,
    chance: NDArray[np.uint64],
    j: int,
    asked: int,
    seen: Longs,
    best: Longs,
    nothing: Longs,
) -> int:
    """Returns the vehicle whose route takes a job cheapest, -1: leaving it out is cheaper."""
    price, to = missing[j], -1
    vehicles = slot.shape[0]
    tried = min(PREFERRED, near.shape[1])
    for turn in range(tried + vehicles):
        # Where its neighbours are first: what they offer spares looking closely at the others.
        v = np.int64(where[near[j, turn]]) if turn < tried else turn - tried
        if v < 0 or allowed[j, v] == 0 or seen[vehicles + v] == asked:
            continue
        seen[vehicles + v] = asked
        s = np.int64(slot[v])
        if head[s, COUNT] == 0:
            # Of empty vehicles that are all alike, one is asked.
            twin = vehicle[v, TWIN]
            if seen[twin] == asked:
                continue
            seen[twin] = asked
        known = offer[j, v, VERSION_SEEN] == head[s, VERSION]
        if known and offer[j, v, PLACE_PRICE] >= price:
            continue
        if not known or offer[j, v, DELIVERY_AT] < 0:
            best[0] = price
            fits = scan(
                ride, expense, job, vehicle, code, head, element, waits,
                weights, s, v, j, best, nothing,
            )  # fmt: skip
            offer[j, v, VERSION_SEEN] = head[s, VERSION]
            offer[j, v, PLACE_PRICE] = best[0]
            offer[j, v, PICKUP_AT] = best[1]
            # Without a place for less than that, the price is only known to be as much at least.
            offer[j, v, DELIVERY_AT] = best[2] if fits else -1
            if not fits:
                continue
        if uniform(chance) >= BLINK:
            price, to = offer[j, v, PLACE_PRICE], v
    return to


@kernel(
    NONE,
    *(INTS3, INTS3, LONGS2, LONGS2, INTS2, LONGS2, LONGS3, LONGS3),
    *(BYTES2, LONGS, LONGS, LONGS2, LONGS2, INTS, INTS, INTS, INTS, INTS2, LONGS, LONGS3),
    *(LONGS, LONGS, INTS2, INTS, LONGS, STATE),
    *(INTS2, INTS2, BYTES, REALS, LONGS, LONGS, LONGS, LONGS2, INT, REAL, REAL, REAL),
)
def search(
    ride: Ints,
    expense: Ints,
    job: Longs,
    vehicle: Longs,
    code: Ints,
    head: Longs,
    element: Longs,
    waits: Longs,
    allowed: NDArray[np.uint8],
    weights: Longs,
    missing: Longs,
    tiers: Longs,
    missing_tiers: Longs,
    slot: Ints,
    spare: Ints,
    where: Ints,
    absent: Ints,
    near: Ints,
    far: Longs,
    offer: Longs,
    counts: Longs,
    cost: Longs,
    best_code: Ints,
    best_size: Ints,
    best_cost: Longs,
    chance: NDArray[np.uint64],
    on_vehicles: Ints,
    on_jobs: Ints,
    marked: NDArray[np.uint8],
    keys: NDArray[np.float64],
    cost_before: Longs,
    best: Longs,
    seen: Longs,
    nothing: Longs,
    moves: int,
    heat: float,
    average: float,
    longest: float,
) -> None:
    """
    Tries some moves, which take ``average`` jobs out in strings of ``longest`` at most.

    A move is accepted if its price is less than that of the routes before, plus the temperature
    ``heat``, in units of the price, times a random number of the exponential distribution. What
    comes between ``chance`` and ``moves`` is room for intermediate results.
    """
    jobs = job.shape[0]
    touched, old = on_vehicles[0], on_vehicles[1]
    removed, line, absent_before = on_jobs[0], on_jobs[1], on_jobs[2]
    for v in range(marked.shape[0]):
        marked[v] = 0
    for k in range(seen.shape[0]):
        seen[k] = -1
    asked = 0
    for _ in range(moves):
        num_absent = counts[ABSENT]
        for k in range(num_absent):
            absent_before[k] = absent[k]
            removed[k] = absent[k]
        price_before = counts[PRICE]
        for k in range(cost.shape[0]):
            cost_before[k] = cost[k]
        out, changed = _ruin(
            ride, expense, job, vehicle, code, head, element, waits,
            slot, spare, where, near, counts, chance, removed, num_absent, line, touched, old,
            marked, average, longest,
        )  # fmt: skip
        _sort(job, far, chance, removed, out, keys)
        for k in range(num_absent):
            _add_missing(missing, missing_tiers, counts, cost, absent_before[k], -1)
        counts[ABSENT] = 0
        legal = True
        for k in range(changed):
            legal = legal and head[slot[touched[k]], LEGAL] == 1
        for k in range(out if legal else 0):
            asked += 1
            j = np.int64(removed[k])
            v = _cheapest(
                ride, expense, job, vehicle, code, head, element, waits,
                allowed, weights, missing, slot, where, near, offer, chance, j, asked, seen, best,
                nothing,
            )  # fmt: skip
            if v < 0:
                absent[counts[ABSENT]] = j
                counts[ABSENT] += 1
                _add_missing(missing, missing_tiers, counts, cost, j, 1)
                continue
            if marked[v] == 0:
                s = np.int64(slot[v])
                changed = _touch(counts, slot, spare, v, touched, old, marked, changed)
                new = np.int64(slot[v])
                head[new, SIZE] = head[s, SIZE]
                for m in range(head[s, SIZE]):
                    code[new, m] = code[s, m]
            s = np.int64(slot[v])
            at, to = offer[j, v, PICKUP_AT], offer[j, v, DELIVERY_AT]
            insert_codes(job, code, head, s, j, at, to)
            retime(ride, expense, job, vehicle, code, head, element, waits, s, v)
            where[j] = v
        if legal:
            for k in range(changed):
                v = touched[k]
                _add_route(head, weights, tiers, counts, cost, old[v], -1)
                _add_route(head, weights, tiers, counts, cost, slot[v], 1)
        limit = price_before - heat * math.log(1.0 - uniform(chance))
        if legal and counts[PRICE] < limit:
            for k in range(changed):
                spare[counts[SPARE]] = old[touched[k]]
                counts[SPARE] += 1
            if _is_less(cost, best_cost):
                _keep_best(code, head, slot, cost, best_code, best_size, best_cost)
                counts[BETTER] += 1
        else:
            counts[PRICE] = price_before
            for k in range(cost.shape[0]):
                cost[k] = cost_before[k]
            for k in range(out):
                where[removed[k]] = -1
            for k in range(changed):
                v = touched[k]
                spare[counts[SPARE]] = slot[v]
                counts[SPARE] += 1
                slot[v] = old[v]
                for at in range(head[old[v], SIZE]):
                    if code[old[v], at] >= jobs:
                        where[code[old[v], at] - jobs] = v
            counts[ABSENT] = num_absent
            for k in range(num_absent):
                absent[k] = absent_before[k]
        for k in range(changed):
            marked[touched[k]] = 0
        counts[MOVES] += 1


@kernel(
    NONE,
    *(INTS2, LONGS2, LONGS, LONGS, LONGS2, LONGS2, INTS, INTS, LONGS3, LONGS, LONGS),
    *(INTS2, INTS, LONGS),
)
def begin(
    code: Ints,
    head: Longs,
    weights: Longs,
    missing: Longs,
    tiers: Longs,
    missing_tiers: Longs,
    slot: Ints,
    absent: Ints,
    offer: Longs,
    counts: Longs,
    cost: Longs,
    best_code: Ints,
    best_size: Ints,
    best_cost: Longs,
) -> None:
    """Prices where the search is, by its present weights, and keeps it if it is the best."""
    for j in range(offer.shape[0]):
        for v in range(offer.shape[1]):
            offer[j, v, VERSION_SEEN] = 0
    counts[PRICE] = 0
    for k in range(cost.shape[0]):
        cost[k] = 0
    for v in range(slot.shape[0]):
        _add_route(head, weights, tiers, counts, cost, slot[v], 1)
    for k in range(counts[ABSENT]):
        _add_missing(missing, missing_tiers, counts, cost, absent[k], 1)
    if counts[MOVES] == 0 or _is_less(cost, best_cost):
        _keep_best(code, head, slot, cost, best_code, best_size, best_cost)
