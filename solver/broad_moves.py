"""
Ruin and recreate for problems with every feature, compiled.

A move takes related jobs out, puts all that are left out back where it is cheapest, one after
another in an order of chance, and is accepted by annealing. Every place is tried: its expense is
known at once, and only where that is the least so far the whole route is looked at.

References
----------
J. Christiaens, G. Vanden Berghe (2020). Slack induction by string removals for vehicle routing
problems. Transportation Science 54(2), 417-433. https://doi.org/10.1287/trsc.2019.0914
G. Schrimpf et al. (2000). Record breaking optimization results using the ruin and recreate
principle. Journal of Computational Physics 159(2), 139-171. https://doi.org/10.1006/jcph.1999.6413
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from solver.broad_arrays import (
    DELIVERY_NODE,
    END,
    FIRST_WINDOW,
    FIXED,
    OWNER,
    PER_SECOND,
    PICKUP_NODE,
    PLACE,
    PRIZE,
    PROFILE,
    START,
    TASKS,
    WINDOWS,
    Longs,
)
from solver.broad_routes import DATA, expense_of, is_feasible, ridden_of
from solver.chance import uniform
from solver.compiled import (
    BYTES2,
    INT,
    INTS2,
    LONGS,
    LONGS2,
    NONE,
    REALS,
    STATE,
    kernel,
    part,
)

Reals = NDArray[np.float64]

WARMTH, PRIZE_PRICE, TASK_PRICE = range(3)
"""The temperature, and what worth and tasks left out are priced at."""

KEY = 6
"""What solutions are compared by: worth and tasks left out, expense, vehicles, seconds, metres."""

BLINK = 0.02
"""Chance of overlooking a place during insertion; twice that of Christiaens and Vanden Berghe."""

_DEAREST = 2**62
"""An expense that no place has."""

MOST_TAKEN = 12
"""Jobs that a move takes out at most."""

STATE_TYPES = (BYTES2, INTS2, LONGS2, LONGS, LONGS2, LONGS2, LONGS2, LONGS, REALS, LONGS2, STATE)
"""
Types of what the search changes or asks, besides the problem.

allowed (J, V); near (J, J); rows of nodes (3V + 1, longest): of each vehicle where the search is
now, where it was before the move, the best, and one to try; their sizes (3V + 1); the vehicle of
each job (3, J), -1 for none; loads and clocks, room for `is_feasible`; jobs to insert (J) and what
they are sorted by; keys (3, 6); the generator of random numbers.
"""


@part
def _leg(v: int, here: int, x: int, node: Longs, work: Longs, vehicle: Longs, ride: Longs) -> int:
    """Returns the expense from a location to a node and of its setup; -1 is the end."""
    profile = vehicle[v, PROFILE] + ride.shape[0] // 3
    there = vehicle[v, END] if x < 0 else node[x, PLACE]
    price: int = ride[profile, here, there]
    if x < 0:
        return price
    if there != here:
        price += work[v, x, 0] * vehicle[v, PER_SECOND]
    return price


@part
def _place_at(v: int, seqs: Longs, row: int, i: int, node: Longs, vehicle: Longs) -> int:
    """Returns the location before node ``i`` of a route."""
    place: int = vehicle[v, START] if i == 0 else node[seqs[row, i - 1], PLACE]
    return place


@part
def _try(
    seqs: Longs, row: int, n: int, spare: int, pickup: int, delivery: int, at: int, after: int
) -> int:
    """Writes a route with a job before these nodes into the spare row; returns its size."""
    m = 0
    for i in range(n + 1):
        if i == at and pickup >= 0:
            seqs[spare, m] = pickup
            m += 1
        if i == after:
            seqs[spare, m] = delivery
            m += 1
        if i < n:
            seqs[spare, m] = seqs[row, i]
            m += 1
    return m


@kernel(INT, INT, *DATA, *STATE_TYPES)
def insert_job(
    j: int,
    node: Longs,
    work: Longs,
    job: Longs,
    vehicle: Longs,
    rest: Longs,
    ride: Longs,
    allowed: NDArray[np.uint8],
    near: NDArray[np.int32],
    seqs: Longs,
    sizes: Longs,
    where: Longs,
    loads: Longs,
    clocks: Longs,
    todo: Longs,
    order: Reals,
    keys: Longs,
    chance: NDArray[np.uint64],
) -> int:
    """
    Inserts a job where it is cheapest; returns the vehicle, -1 where it fits nowhere.

    Where the generator of random numbers is at 0, as it never is by itself, no place is overlooked.
    """
    num_vehicles = vehicle.shape[0]
    spare, blink = 3 * num_vehicles, BLINK if chance[0] else -1.0
    pickup, delivery = job[j, PICKUP_NODE], job[j, DELIVERY_NODE]
    least, best_v, best_at, best_after = _DEAREST, -1, 0, 0
    for v in range(num_vehicles):
        if allowed[j, v] == 0:
            continue
        n = sizes[v]
        base = 0 if n else vehicle[v, FIXED]
        base += work[v, delivery, 1] * vehicle[v, PER_SECOND]
        if pickup >= 0:
            base += work[v, pickup, 1] * vehicle[v, PER_SECOND]
        for at in range(n + 1):
            before = _place_at(v, seqs, v, at, node, vehicle)
            following = seqs[v, at] if at < n else -1
            gone = _leg(v, before, following, node, work, vehicle, ride) if n else 0
            if pickup < 0:
                added = base - gone
                added += _leg(v, before, delivery, node, work, vehicle, ride)
                added += _leg(v, node[delivery, PLACE], following, node, work, vehicle, ride)
                if added >= least or (blink > 0 and uniform(chance) < blink):
                    continue
                m = _try(seqs, v, n, spare, pickup, delivery, -1, at)
                if is_feasible(
                    v, seqs, spare, m, node, work, job, vehicle, rest, ride, loads, clocks
                ):
                    least, best_v, best_at, best_after = added, v, -1, at
                continue
            first = base + _leg(v, before, pickup, node, work, vehicle, ride) - gone
            for after in range(at, n + 1):
                if after == at:
                    added = first
                    added += _leg(v, node[pickup, PLACE], delivery, node, work, vehicle, ride)
                    added += _leg(v, node[delivery, PLACE], following, node, work, vehicle, ride)
                else:
                    ahead = seqs[v, after] if after < n else -1
                    behind = node[seqs[v, after - 1], PLACE]
                    added = first
                    added += _leg(v, node[pickup, PLACE], following, node, work, vehicle, ride)
                    added += _leg(v, behind, delivery, node, work, vehicle, ride)
                    added += _leg(v, node[delivery, PLACE], ahead, node, work, vehicle, ride)
                    added -= _leg(v, behind, ahead, node, work, vehicle, ride)
                if added >= least or (blink > 0 and uniform(chance) < blink):
                    continue
                m = _try(seqs, v, n, spare, pickup, delivery, at, after)
                if is_feasible(
                    v, seqs, spare, m, node, work, job, vehicle, rest, ride, loads, clocks
                ):
                    least, best_v, best_at, best_after = added, v, at, after
    if best_v >= 0:
        m = _try(seqs, best_v, sizes[best_v], spare, pickup, delivery, best_at, best_after)
        for i in range(m):
            seqs[best_v, i] = seqs[spare, i]
        sizes[best_v] = m
        where[0, j] = best_v
    return best_v


@part
def _take_out(seqs: Longs, sizes: Longs, where: Longs, node: Longs, j: int) -> None:
    """Takes a job out of its route."""
    v, m = where[0, j], 0
    for i in range(sizes[v]):
        if node[seqs[v, i], OWNER] != j:
            seqs[v, m] = seqs[v, i]
            m += 1
    sizes[v] = m
    where[0, j] = -1


@part
def _ruin(
    seqs: Longs,
    sizes: Longs,
    where: Longs,
    node: Longs,
    near: NDArray[np.int32],
    chance: NDArray[np.uint64],
) -> int:
    """Takes jobs out that are near a job, follow it or share its route, or any; returns it."""
    num_jobs = where.shape[1]
    seed = int(uniform(chance) * num_jobs)
    most = min(MOST_TAKEN, 1 + num_jobs // 2)
    wanted = 1 + int(uniform(chance) * most)
    how = uniform(chance)
    v = where[0, seed]
    if how < 0.35 and v >= 0:
        at = 0
        for i in range(sizes[v]):
            if node[seqs[v, i], OWNER] == seed:
                at = i
                break
        at = max(0, at - int(uniform(chance) * wanted))
        while wanted > 0 and at < sizes[v]:
            _take_out(seqs, sizes, where, node, node[seqs[v, at], OWNER])
            wanted -= 1
        return seed
    if how > 0.9 and v >= 0:
        for j in range(num_jobs):
            if where[0, j] == v:
                _take_out(seqs, sizes, where, node, j)
        wanted = min(wanted, 3)
    for k in range(num_jobs):
        if wanted == 0:
            break
        j = near[seed, k] if how < 0.8 or how > 0.9 else int(uniform(chance) * num_jobs)
        if where[0, j] >= 0 and uniform(chance) < 0.9:
            _take_out(seqs, sizes, where, node, j)
            wanted -= 1
    return seed


@part
def _list_absent(
    seed: int,
    node: Longs,
    job: Longs,
    ride: Longs,
    near: NDArray[np.int32],
    where: Longs,
    todo: Longs,
    order: Reals,
    chance: NDArray[np.uint64],
) -> int:
    """Lists the jobs in no route in an order of chance; returns how many."""
    how, count = uniform(chance), 0
    for k in range(where.shape[1]):
        j = near[seed, k]
        if where[0, j] >= 0:
            continue
        delivery = job[j, DELIVERY_NODE]
        place, last = node[delivery, PLACE], FIRST_WINDOW + 2 * node[delivery, WINDOWS] - 1
        value = uniform(chance)
        if how < 0.2:
            value = -float(job[j, PRIZE]) + value
        elif how < 0.35:
            value = -float(ride[0, 0, place] + ride[0, place, 0])
        elif how < 0.5:
            value = float(node[delivery, last] - node[delivery, FIRST_WINDOW])
        elif how < 0.65:
            value = float(node[delivery, last])
        elif how < 0.75:
            value = float(k)
        at = count
        while at > 0 and order[at - 1] > value:
            order[at], todo[at] = order[at - 1], todo[at - 1]
            at -= 1
        order[at], todo[at] = value, j
        count += 1
    return count


@kernel(NONE, *DATA, LONGS2, LONGS, LONGS2, LONGS2)
def add_up(
    node: Longs,
    work: Longs,
    job: Longs,
    vehicle: Longs,
    rest: Longs,
    ride: Longs,
    seqs: Longs,
    sizes: Longs,
    where: Longs,
    keys: Longs,
) -> None:
    """Writes what the routes where the search is now are compared by into row 0 of the keys."""
    for k in range(KEY):
        keys[0, k] = 0
    for j in range(where.shape[1]):
        if where[0, j] < 0:
            keys[0, 0] += job[j, PRIZE]
            keys[0, 1] += job[j, TASKS]
    for v in range(vehicle.shape[0]):
        n = sizes[v]
        if n:
            keys[0, 2] += expense_of(v, seqs, v, n, node, work, job, vehicle, rest, ride)
            keys[0, 3] += 1
            keys[0, 4] += ridden_of(0, v, seqs, v, n, node, work, job, vehicle, rest, ride)
            keys[0, 5] += ridden_of(2, v, seqs, v, n, node, work, job, vehicle, rest, ride)


@part
def _copy(
    seqs: Longs, sizes: Longs, where: Longs, keys: Longs, source: int, target: int, vehicles: int
) -> None:
    """Copies a third of the rows over another one."""
    for v in range(vehicles):
        a, b = source * vehicles + v, target * vehicles + v
        sizes[b] = sizes[a]
        for i in range(sizes[a]):
            seqs[b, i] = seqs[a, i]
    for j in range(where.shape[1]):
        where[target, j] = where[source, j]
    for k in range(KEY):
        keys[target, k] = keys[source, k]


@part
def _is_less(keys: Longs, one: int, other: int) -> bool:
    for k in range(KEY):
        if keys[one, k] != keys[other, k]:
            return bool(keys[one, k] < keys[other, k])
    return False


@kernel(NONE, INT, REALS, *DATA, *STATE_TYPES)
def improve(
    moves: int,
    prices: Reals,
    node: Longs,
    work: Longs,
    job: Longs,
    vehicle: Longs,
    rest: Longs,
    ride: Longs,
    allowed: NDArray[np.uint8],
    near: NDArray[np.int32],
    seqs: Longs,
    sizes: Longs,
    where: Longs,
    loads: Longs,
    clocks: Longs,
    todo: Longs,
    order: Reals,
    keys: Longs,
    chance: NDArray[np.uint64],
) -> None:
    """Tries so many moves from where the search is, and keeps the best in the last third."""
    vehicles = vehicle.shape[0]
    for _ in range(moves):
        seed = _ruin(seqs, sizes, where, node, near, chance)
        count = _list_absent(seed, node, job, ride, near, where, todo, order, chance)
        for k in range(count):
            insert_job(
                todo[k],
                node,
                work,
                job,
                vehicle,
                rest,
                ride,
                allowed,
                near,
                seqs,
                sizes,
                where,
                loads,
                clocks,
                todo,
                order,
                keys,
                chance,
            )
        add_up(node, work, job, vehicle, rest, ride, seqs, sizes, where, keys)
        worse = (
            prices[PRIZE_PRICE] * (keys[0, 0] - keys[1, 0])
            + prices[TASK_PRICE] * (keys[0, 1] - keys[1, 1])
            + (keys[0, 2] - keys[1, 2])
        )
        if worse <= -prices[WARMTH] * math.log(1.0 - uniform(chance)):
            if _is_less(keys, 0, 2):
                _copy(seqs, sizes, where, keys, 0, 2, vehicles)
            _copy(seqs, sizes, where, keys, 0, 1, vehicles)
        else:
            _copy(seqs, sizes, where, keys, 1, 0, vehicles)
