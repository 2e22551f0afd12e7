"""
The cheapest place of a job in a route by the tiers of the problem, exactly, compiled.

An offer is a row of numbers: the change of each tier (T), when the delivery starts, by how much
other promised jobs become later than due, and the two positions in the route as it is before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import (
    BUSY,
    COMPLETION,
    DELIVERY_SERVICE,
    DIVERTED,
    DUE,
    END_PLACE,
    EXPENSE,
    FIXED_COST,
    LATE,
    LATE_MINOR,
    LATENESS,
    MOVED,
    PICKUP_SERVICE,
    PLANNED,
    PRICED,
    PROFILE,
    PROMISED_JOB,
    START_PLACE,
    TASK_COST,
    TRAVEL,
    USED,
    Ints,
    Longs,
)
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
    kernel,
    part,
)
from solver.places import (
    BEGIN,
    DELIVERY_AT,
    ENDS,
    HARM,
    LATER,
    LATES,
    MINORS,
    PICKUP_AT,
    RIDE,
    SPENT,
    TURNED,
    scan,
)
from solver.strings import insert_codes
from solver.tours import SIZE, retime

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXTRA = 4
"""How many numbers an offer has behind the changes of the tiers."""


@kernel(
    INT,
    *(INTS3, INTS3, LONGS2, LONGS2, INTS2, LONGS2, LONGS3, LONGS3, LONGS2),
    *(INT, INT, INT, LONGS2, LONGS2, LONGS2),
)
def list_places(
    ride: Ints,
    expense: Ints,
    job: Longs,
    vehicle: Longs,
    code: Ints,
    head: Longs,
    element: Longs,
    waits: Longs,
    tiers: Longs,
    s: int,
    v: int,
    j: int,
    found: Longs,
    offers: Longs,
    room: Longs,
) -> int:
    """
    Lists every place of job ``j`` in slot ``s``, served by vehicle ``v``, as offers; returns how
    many.

    ``found`` is room for what `scan` finds, ``offers`` (n, T + 4) for as many offers, ``room``
    (5, at least T and 10) for intermediate results.
    """
    zero, change = room[0], room[1]
    for m in range(tiers.shape[1]):
        zero[m] = 0
    rows = scan(
        ride, expense, job, vehicle, code, head, element, waits,
        zero, s, v, j, room[2], found,
    )  # fmt: skip
    service = job[j, DELIVERY_SERVICE] + job[j, PICKUP_SERVICE]
    moved = 1 if job[j, PLANNED] >= 0 and job[j, PLANNED] != v else 0
    used, home, paid = 0, np.int64(0), vehicle[v, TASK_COST] * service
    if head[s, SIZE] == 0:
        p, a, b = vehicle[v, PROFILE], vehicle[v, START_PLACE], vehicle[v, END_PLACE]
        used, home = 1, np.int64(ride[p, a, b])
        paid += vehicle[v, FIXED_COST] + (expense[p, a, b] if vehicle[v, PRICED] == 1 else home)
    places = tiers.shape[0]
    for r in range(rows):
        change[LATE] = found[r, LATES]
        change[LATENESS] = found[r, LATER]
        change[LATE_MINOR] = found[r, MINORS]
        change[BUSY] = found[r, RIDE] + service
        change[COMPLETION] = found[r, ENDS]
        change[MOVED] = moved
        change[DIVERTED] = found[r, TURNED]
        change[EXPENSE] = found[r, SPENT] + paid
        change[USED] = used
        change[TRAVEL] = found[r, RIDE] + home
        for k in range(places):
            price = np.int64(0)
            for m in range(tiers.shape[1]):
                price += tiers[k, m] * change[m]
            offers[r, k] = price
        offers[r, places] = found[r, BEGIN]
        offers[r, places + 1] = found[r, HARM]
        offers[r, places + 2] = found[r, PICKUP_AT]
        offers[r, places + 3] = found[r, DELIVERY_AT]
    return rows


@part
def _less(one: Longs, other: Longs) -> bool:
    """Returns whether one offer is cheaper, then earlier, harms less, or comes first."""
    for k in range(one.shape[0]):
        if one[k] != other[k]:
            return one[k] < other[k]
    return False


@kernel(
    INT,
    *(INTS3, INTS3, LONGS2, LONGS2, INTS2, LONGS2, LONGS3, LONGS3, LONGS2),
    *(INT, INT, INT, LONGS2, LONGS2, LONGS2, LONGS),
)
def best_offer(
    ride: Ints,
    expense: Ints,
    job: Longs,
    vehicle: Longs,
    code: Ints,
    head: Longs,
    element: Longs,
    waits: Longs,
    tiers: Longs,
    s: int,
    v: int,
    j: int,
    found: Longs,
    offers: Longs,
    room: Longs,
    best: Longs,
) -> int:
    """Leaves the cheapest offer for job ``j`` in ``best``; returns 0 if there is none, else 1."""
    rows = list_places(
        ride,
        expense,
        job,
        vehicle,
        code,
        head,
        element,
        waits,
        tiers,
        s,
        v,
        j,
        found,
        offers,
        room,
    )
    for r in range(rows):
        if r == 0 or _less(offers[r], best):
            for k in range(best.shape[0]):
                best[k] = offers[r, k]
    return min(rows, 1)


@part
def _gain(offer: Longs, missing: Longs) -> bool:
    """Returns whether an offer is cheaper than leaving the job out."""
    for k in range(missing.shape[0]):
        if offer[k] != missing[k]:
            return offer[k] < missing[k]
    return False


@kernel(
    INT,
    *(LONGS2, LONGS2, LONGS3, BYTES2, INTS, BYTES, INT, LONGS2),
)
def _most_urgent(
    job: Longs,
    missing: Longs,
    offers: Longs,
    fits: NDArray[np.uint8],
    jobs: Ints,
    left: NDArray[np.uint8],
    places: int,
    room: Longs,
) -> int:
    """
    Returns which job is to be inserted next, as its place in ``jobs``; -1 if none fits.

    Promised ones first, then the one that loses most if its best vehicle is taken (regret), where
    no other is left by being left out; then the one due earliest.
    """
    chosen = -1
    regret, chosen_regret = room[3, :places], room[4, :places]
    for i in range(jobs.shape[0]):
        if left[i] == 0:
            continue
        first, second = -1, -1
        for v in range(fits.shape[1]):
            if fits[i, v] == 0:
                continue
            if first < 0 or _less(offers[i, v, :places], offers[i, first, :places]):
                first, second = v, first
            elif second < 0 or _less(offers[i, v, :places], offers[i, second, :places]):
                second = v
        if first < 0:
            continue
        for k in range(places):
            otherwise = missing[jobs[i], k] if second < 0 else offers[i, second, k]
            regret[k] = otherwise - offers[i, first, k]
        better = chosen < 0
        if not better:
            mine, other = job[jobs[i], PROMISED_JOB], job[jobs[chosen], PROMISED_JOB]
            if mine != other:
                better = mine > other
            elif _less(chosen_regret, regret):
                better = True
            elif not _less(regret, chosen_regret):
                better = job[jobs[i], DUE] < job[jobs[chosen], DUE]
        if better:
            chosen = i
            for k in range(places):
                chosen_regret[k] = regret[k]
    return chosen


@kernel(
    NONE,
    *(INTS3, INTS3, LONGS2, LONGS2, INTS2, LONGS2, LONGS3, LONGS3, LONGS2),
    *(LONGS2, BYTES2, INTS, BYTES, LONGS2, LONGS2, LONGS3, BYTES2, LONGS2),
)
def fill(
    ride: Ints,
    expense: Ints,
    job: Longs,
    vehicle: Longs,
    code: Ints,
    head: Longs,
    element: Longs,
    waits: Longs,
    tiers: Longs,
    missing: Longs,
    allowed: NDArray[np.uint8],
    jobs: Ints,
    left: NDArray[np.uint8],
    found: Longs,
    rows: Longs,
    offers: Longs,
    fits: NDArray[np.uint8],
    room: Longs,
) -> None:
    """
    Inserts ``jobs`` where they are cheapest, the route of vehicle v in slot v; clears ``left``.

    Jobs for which every place costs more than leaving them out stay marked in ``left``. What comes
    behind it is room for intermediate results; ``fits`` (jobs, V) is 0 at first.
    """
    places, vehicles = tiers.shape[0], vehicle.shape[0]
    changed = -1
    while True:
        for v in range(vehicles):
            if changed >= 0 and v != changed:
                continue
            for i in range(jobs.shape[0]):
                if left[i] == 0 or allowed[jobs[i], v] == 0:
                    continue
                one = best_offer(
                    ride, expense, job, vehicle, code, head, element, waits, tiers,
                    v, v, jobs[i], found, rows, room, offers[i, v],
                )  # fmt: skip
                fits[i, v] = one == 1 and _gain(offers[i, v], missing[jobs[i]])
        i = _most_urgent(job, missing, offers, fits, jobs, left, places, room)
        if i < 0:
            return
        changed = -1
        for v in range(vehicles):
            if fits[i, v] == 1 and (changed < 0 or _less(offers[i, v], offers[i, changed])):
                changed = v
        at, to = offers[i, changed, places + 2], offers[i, changed, places + 3]
        insert_codes(job, code, head, changed, jobs[i], at, to)
        retime(ride, expense, job, vehicle, code, head, element, waits, changed, changed)
        left[i] = 0
