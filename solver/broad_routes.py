"""
Whether a route keeps every limit, and what it costs: compiled, for every feature of a problem.

What `solver.feasible` and `solver.resting` ask of a timetable, asked of nodes. Where breaks fall is
settled by dynamic programming over the breaks taken so far: arriving earlier is never worse, as
windows and breaks only ever make a vehicle wait. Load stops that start together are not known here.
"""

from __future__ import annotations

from solver.arrays import NEVER
from solver.broad_arrays import (
    AMOUNTS,
    BREAKS,
    CARRIER,
    EARLY,
    END,
    FIRST_WINDOW,
    FIXED,
    HALF,
    HEAVIEST,
    LATE,
    LENGTH,
    MOST_METRES,
    MOST_TASKS,
    MOST_TRAVEL,
    OPENINGS,
    OWNER,
    PER_SECOND,
    PICKUP_NODE,
    PLACE,
    PROFILE,
    ROOM,
    START,
    WINDOWS,
    Longs,
)
from solver.compiled import FLAG, INT, LONGS2, LONGS3, kernel, part

ROUTE = (INT, LONGS2, INT, INT)
"""Types of a vehicle, the rows of nodes, the row of the route, and how many nodes it has."""

DATA = (LONGS2, LONGS3, LONGS2, LONGS2, LONGS3, LONGS3)
"""Types of nodes, work, jobs, vehicles, breaks and rides."""


@kernel(INT, *ROUTE, *DATA)
def expense_of(
    v: int,
    seqs: Longs,
    row: int,
    n: int,
    node: Longs,
    work: Longs,
    job: Longs,
    vehicle: Longs,
    rest: Longs,
    ride: Longs,
) -> int:
    """Returns the expense of a route; 0 for an empty one."""
    if n == 0:
        return 0
    profile = vehicle[v, PROFILE] + ride.shape[0] // 3
    here = vehicle[v, START]
    total: int = vehicle[v, FIXED]
    at_work = 0
    for i in range(n):
        x = seqs[row, i]
        there = node[x, PLACE]
        total += ride[profile, here, there]
        at_work += work[v, x, 1]
        if there != here:
            at_work += work[v, x, 0]
        here = there
    total += ride[profile, here, vehicle[v, END]] + at_work * vehicle[v, PER_SECOND]
    return total


@kernel(INT, INT, *ROUTE, *DATA)
def ridden_of(
    kind: int,
    v: int,
    seqs: Longs,
    row: int,
    n: int,
    node: Longs,
    work: Longs,
    job: Longs,
    vehicle: Longs,
    rest: Longs,
    ride: Longs,
) -> int:
    """Returns the seconds (kind 0) or metres (kind 2) that a route rides; 0 for an empty one."""
    if n == 0:
        return 0
    profile = vehicle[v, PROFILE] + kind * (ride.shape[0] // 3)
    here: int = vehicle[v, START]
    total: int = 0
    for i in range(n):
        there = node[seqs[row, i], PLACE]
        total += ride[profile, here, there]
        here = there
    total += ride[profile, here, vehicle[v, END]]
    return total


@part
def _loads(
    v: int, seqs: Longs, row: int, n: int, node: Longs, job: Longs, vehicle: Longs, loads: Longs
) -> bool:
    """Works out the load after each node, in rows from 1 on; returns whether all are allowed."""
    size = loads.shape[1]
    takes = False
    for d in range(size):
        loads[0, d] = vehicle[v, ROOM + size + d]
    for i in range(n):
        x = seqs[row, i]
        j = node[x, OWNER]
        if job[j, PICKUP_NODE] < 0 and job[j, CARRIER] != v:
            for d in range(size):
                loads[0, d] += job[j, AMOUNTS + d]
                takes = takes or job[j, AMOUNTS + d] > 0
    for d in range(size):
        if takes and loads[0, d] > vehicle[v, ROOM + d]:
            return False
    for i in range(n):
        x = seqs[row, i]
        j = node[x, OWNER]
        takes = node[x, HALF] == 1
        for d in range(size):
            if node[x, HALF] == 1:
                loads[i + 1, d] = loads[i, d] + job[j, AMOUNTS + d]
            else:
                collected = job[j, AMOUNTS + size + d]
                loads[i + 1, d] = loads[i, d] - job[j, AMOUNTS + d] + collected
                takes = takes or collected > 0
        for d in range(size):
            if takes and loads[i + 1, d] > vehicle[v, ROOM + d]:
                return False
    return True


@part
def _rest(v: int, i: int, way: int, rest: Longs, breaks: int, clocks: Longs, loads: Longs) -> None:
    """
    Takes a ride of ``way`` seconds after ``i`` nodes, with any of the breaks that are left.

    ``clocks`` has in row 0 when the vehicle is free after so many breaks, in row 1 when it arrives.
    """
    size = loads.shape[1]
    for c in range(breaks + 1):
        clocks[1, c] = NEVER
    for b in range(breaks + 1):
        now, left = clocks[0, b], way
        if now >= NEVER:
            continue
        clocks[1, b] = min(clocks[1, b], now + left)
        for c in range(b, breaks):
            fits = True
            for d in range(size):
                fits = fits and loads[i, d] <= rest[v, c, HEAVIEST + d]
            begins = NEVER
            for w in range(rest[v, c, OPENINGS]):
                at = HEAVIEST + size + 2 * w
                if now <= rest[v, c, at + 1]:
                    begins = max(now, rest[v, c, at])
                    break
            if not fits or begins >= NEVER:
                break
            left = max(0, left - (begins - now))
            now = begins + rest[v, c, LENGTH]
            clocks[1, c + 1] = min(clocks[1, c + 1], now + left)


@kernel(FLAG, *ROUTE, *DATA, LONGS2, LONGS2)
def is_feasible(
    v: int,
    seqs: Longs,
    row: int,
    n: int,
    node: Longs,
    work: Longs,
    job: Longs,
    vehicle: Longs,
    rest: Longs,
    ride: Longs,
    loads: Longs,
    clocks: Longs,
) -> bool:
    """
    Returns whether a route keeps every limit with all breaks of the vehicle in some places.

    ``loads`` (longest + 1, D) and ``clocks`` (2, B + 1) are room for intermediate results.
    """
    if n == 0:
        return True
    if n > vehicle[v, MOST_TASKS]:
        return False
    for kind, most in ((0, MOST_TRAVEL), (2, MOST_METRES)):
        if vehicle[v, most] < NEVER and (
            ridden_of(kind, v, seqs, row, n, node, work, job, vehicle, rest, ride)
            > vehicle[v, most]
        ):
            return False
    profile, here, end = vehicle[v, PROFILE], vehicle[v, START], vehicle[v, END]
    if not _loads(v, seqs, row, n, node, job, vehicle, loads):
        return False
    breaks = vehicle[v, BREAKS]
    for b in range(breaks + 1):
        clocks[0, b] = NEVER
    clocks[0, 0] = vehicle[v, EARLY]
    for i in range(n):
        x = seqs[row, i]
        there = node[x, PLACE]
        if breaks:
            _rest(v, i, ride[profile, here, there], rest, breaks, clocks, loads)
        else:
            clocks[1, 0] = clocks[0, 0] + ride[profile, here, there]
        stay = work[v, x, 1]
        if there != here:
            stay += work[v, x, 0]
        here, reached = there, False
        for b in range(breaks + 1):
            clocks[0, b] = NEVER
            for w in range(node[x, WINDOWS]):
                if clocks[1, b] <= node[x, FIRST_WINDOW + 2 * w + 1]:
                    clocks[0, b] = max(clocks[1, b], node[x, FIRST_WINDOW + 2 * w]) + stay
                    reached = reached or clocks[0, b] <= vehicle[v, LATE]
                    break
        if not reached:
            return False
    _rest(v, n, ride[profile, here, end], rest, breaks, clocks, loads)
    return bool(clocks[1, breaks] <= vehicle[v, LATE])
