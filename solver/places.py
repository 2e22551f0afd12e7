"""
Every place at which one more job can enter a route, each with its exact price, compiled.

A new pickup joins a load stop of its location or opens one between two elements; the delivery comes
anywhere behind it. Both are priced in constant time while nobody becomes late; otherwise the rest
of the route is timed anew until the delay is absorbed.

The kernels take the arrays of a problem and of routes, as `tours` hands them out: ``ride``,
``expense``, ``job``, ``vehicle``, ``code``, ``head``, ``element`` and ``waits``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import (
    BUSY,
    CAPACITY,
    CARRIER,
    COLLECTS,
    COMPLETION,
    DELIVERY,
    DELIVERY_EARLY,
    DELIVERY_LATE,
    DELIVERY_SERVICE,
    DIVERTED,
    DUE,
    END_PLACE,
    EXPENSE,
    FIXED_COST,
    JOINT,
    LATE,
    LATE_MINOR,
    LATENESS,
    LOAD,
    MOST_TASKS,
    MOVED,
    NEVER,
    NEXT_PLACE,
    PICKUP,
    PICKUP_EARLY,
    PICKUP_LATE,
    PICKUP_SERVICE,
    PLANNED,
    PRICED,
    PROFILE,
    PROMISED_JOB,
    SHIFT_EARLY,
    START_PLACE,
    TASK_COST,
    TRAVEL,
    USED,
)
from solver.compiled import (
    part,
)
from solver.tours import (
    AFTER,
    ARRIVAL,
    AT,
    BASE,
    COUNT,
    EARLY,
    JOB,
    LAST,
    LEAST,
    LEG,
    LEGAL,
    LOADS,
    NEXT,
    PLACE,
    PROMISES,
    SERVICE,
    SIZE,
    SLACK,
    START,
    TOTAL,
    WAITED,
)

if TYPE_CHECKING:
    from solver.arrays import Ints, Longs

RIDE, SPENT, ENDS, LATES, LATER, MINORS, TURNED, BEGIN, HARM, PICKUP_AT, DELIVERY_AT = range(11)
"""
What is found of a place: changes of riding and expense, of the completion of promised jobs, of late
jobs, lateness, late minor jobs and diverted vehicles; when the delivery starts; by how much other
promised jobs become later than due; and the positions, of the route as it is before.
"""


@part
def _shift(job: Longs, i: int, old: int, new: int) -> tuple[int, int, int, int, int]:
    """Returns what starting delivery ``i`` at ``new`` instead of ``old`` changes, and its harm."""
    due = job[i, DUE]
    lates = (1 if new > due else 0) - (1 if old > due else 0)
    if job[i, PROMISED_JOB] == 0:
        return 0, 0, 0, lates, 0
    later = max(new, due) - max(old, due)
    return new - old, lates, later, 0, max(0, new - max(old, due))


@part
def _delay(
    job: Longs, head: Longs, element: Longs, waits: Longs, s: int, first: int, arrival: int
) -> tuple[bool, int, int, int, int, int]:
    """
    Returns what a new arrival at an element changes from there on.

    Whether every limit is kept; then completion in seconds, late jobs, lateness, late minor jobs,
    and harm: by how much promised deliveries start late or later, in seconds.
    """
    delay = arrival - element[s, first, ARRIVAL]
    if 0 <= delay <= element[s, first, SLACK]:
        if delay == 0:
            return True, 0, 0, 0, 0, 0
        # Everyone keeps its due; each promised delivery ends later by what waiting leaves over.
        reach = element[s, first, WAITED] + delay
        low = element[s, first, NEXT]
        stop, high = low, head[s, PROMISES]
        while stop < high:
            middle = (stop + high) // 2
            if waits[s, 0, middle] < reach:
                stop = middle + 1
            else:
                high = middle
        seconds = (stop - low) * reach - (waits[s, 1, stop] - waits[s, 1, low])
        return True, seconds, 0, 0, 0, 0
    n = head[s, COUNT]
    ends, lates, later, minors, harm = 0, 0, 0, 0, 0
    for k in range(first, n + 1):
        start = max(arrival, element[s, k, EARLY])
        if start > element[s, k, LAST]:
            return False, 0, 0, 0, 0, 0
        i = element[s, k, JOB]
        if i >= 0 and start != element[s, k, START]:
            e, c, d, m, h = _shift(job, i, element[s, k, START], start)
            ends, lates, later, minors, harm = ends + e, lates + c, later + d, minors + m, harm + h
        if k < n:
            arrival = element[s, k + 1, ARRIVAL] + start - element[s, k, START]
            if start == element[s, k, START] and element[s, k + 1, SLACK] >= 0:
                break
    return True, ends, lates, later, minors, harm


@part
def _turned(vehicle: Longs, head: Longs, element: Longs, s: int, v: int, place: int) -> int:
    """Returns the change of diverted vehicles when a route begins at another place."""
    planned = vehicle[v, NEXT_PLACE]
    if planned < 0:
        return 0
    before = head[s, COUNT] == 0 or element[s, 0, PLACE] != planned
    return (1 if place != planned else 0) - (1 if before else 0)


@part
def _can_collect(
    job: Longs, vehicle: Longs, head: Longs, element: Longs, s: int, v: int, j: int, k: int
) -> bool:
    """Returns whether what job ``j`` collects before element ``k`` fits from there to the end."""
    amounts = (job.shape[1] - LOAD) // 2
    for a in range(amounts):
        room = vehicle[v, CAPACITY + a] - job[j, LOAD + amounts + a]
        if job[j, CARRIER] >= 0:
            room += job[j, LOAD + a]
        before = element[s, k - 1, LOADS + a] if k > 0 else head[s, BASE + a]
        if before > room:
            return False
        for m in range(k, head[s, COUNT]):
            if element[s, m, LOADS + a] > room:
                return False
    return True


@part
def _note(
    job: Longs,
    vehicle: Longs,
    head: Longs,
    element: Longs,
    waits: Longs,
    w: Longs,
    s: int,
    v: int,
    j: int,
    k: int,
    price: int,
    start: int,
    onward: int,
    extra: int,
    cost: int,
    pickup_at: int,
    turned: int,
    ends: int,
    lates: int,
    later: int,
    minors: int,
    best: Longs,
    found: Longs,
    rows: int,
) -> int:
    """
    Notes a place for a delivery before element ``k``, if every limit is kept; returns the rows.

    ``price`` is that of riding; ``ends`` to ``minors`` have what changes before the delivery, with
    the harm in ``best[3]``.
    """
    service = job[j, DELIVERY_SERVICE]
    ok, e, c, d, m, h = _delay(job, head, element, waits, s, k, start + service + onward)
    if not ok:
        return rows
    if job[j, COLLECTS] == 1 and not _can_collect(job, vehicle, head, element, s, v, j, k):
        return rows
    e, c, d, m, h = e + ends, c + lates, d + later, m + minors, h + best[3]
    late = start - job[j, DUE]
    if job[j, PROMISED_JOB] == 1:
        e += start + service
        if late > 0:
            c += 1
            d += late
    elif late > 0:
        m += 1
    if k == 0 and pickup_at < 0:
        turned = _turned(vehicle, head, element, s, v, job[j, DELIVERY])
    if found.shape[0] == 0:
        price += w[COMPLETION] * e + w[LATE] * c + w[LATENESS] * d
        price += w[LATE_MINOR] * m + w[DIVERTED] * turned
        if price < best[0]:
            best[0], best[1], best[2] = price, pickup_at, element[s, k, AT]
            return 1
        return rows
    found[rows, RIDE] = extra
    found[rows, SPENT] = cost
    found[rows, ENDS] = e
    found[rows, LATES] = c
    found[rows, LATER] = d
    found[rows, MINORS] = m
    found[rows, TURNED] = turned
    found[rows, BEGIN] = start
    found[rows, HARM] = h
    found[rows, PICKUP_AT] = pickup_at
    found[rows, DELIVERY_AT] = element[s, k, AT]
    return rows + 1


@part
def _own_price(job: Longs, w: Longs, j: int, start: int) -> int:
    """Returns what completing job ``j`` costs, and its being late, when its delivery starts so."""
    late = start - job[j, DUE]
    if job[j, PROMISED_JOB] == 0:
        return w[LATE_MINOR] if late > 0 else 0
    price = w[COMPLETION] * (start + job[j, DELIVERY_SERVICE])
    if late > 0:
        price += w[LATE] + w[LATENESS] * late
    return price


@part
def _deliveries(
    ride: Ints,
    expense: Ints,
    job: Longs,
    vehicle: Longs,
    head: Longs,
    element: Longs,
    waits: Longs,
    w: Longs,
    s: int,
    v: int,
    j: int,
    fixed: int,
    first: int,
    last: int,
    pickup_at: int,
    here: int,
    now: int,
    ridden: int,
    spent: int,
    turned: int,
    best: Longs,
    found: Longs,
    rows: int,
) -> int:
    """Adds the places of the delivery behind a pickup, carrying the goods along."""
    p = vehicle[v, PROFILE]
    amounts = (job.shape[1] - LOAD) // 2
    priced, listed = vehicle[v, PRICED] == 1, found.shape[0] > 0
    per_second = w[BUSY] + w[TRAVEL] + (0 if priced else w[EXPENSE])
    place, early, late = job[j, DELIVERY], job[j, DELIVERY_EARLY], job[j, DELIVERY_LATE]
    # Goods that the vehicle has on board anyway are in every load already.
    aboard = job[j, CARRIER] >= 0
    ends, lates, later, minors, sure = 0, 0, 0, 0, np.int64(0)
    best[3] = 0
    for k in range(first, last + 1):
        there = element[s, k, PLACE]
        leg, onward = np.int64(ride[p, here, place]), np.int64(ride[p, place, there])
        extra = ridden + leg + onward - element[s, k, LEG]
        price, cost = fixed + per_second * extra, extra
        before = here if k > first else element[s, max(0, k - 1), PLACE]
        if k == 0:
            before = vehicle[v, START_PLACE]
        if priced:
            cost = spent + expense[p, here, place] + expense[p, place, there]
            cost -= expense[p, before, there]
            price += w[EXPENSE] * cost
        # Going where the plan says, after all, makes a place cheaper than its detour.
        gain = turned if pickup_at >= 0 else (-1 if k == 0 else 0)
        start = max(now + leg, early)
        if not listed:
            # No place behind this one has its delivery start earlier, or spares what is late now.
            sure = w[COMPLETION] * ends + w[LATE] * lates + w[LATENESS] * later
            sure += w[LATE_MINOR] * minors + w[DIVERTED] * min(0, gain)
            sure += _own_price(job, w, j, start)
            gone = fixed + per_second * (ridden + (element[s, k, LEAST] if pickup_at >= 0 else 0))
            gone += sure
            if start > late or (k > first and not priced and gone >= best[0]):
                break
            price += sure
        if start <= late and (listed or price < best[0]):
            rows = _note(
                job, vehicle, head, element, waits, w, s, v, j, k, price - sure, start, onward,
                extra, cost, pickup_at, turned, ends, lates, later, minors, best, found, rows,
            )  # fmt: skip
        if k == last:
            break
        passed = element[s, k, LEG] if k > first else np.int64(ride[p, here, there])
        begin = max(now + passed, element[s, k, EARLY])
        if begin > element[s, k, LAST]:
            break
        i = element[s, k, JOB]
        if not aboard and (i < 0 or job[i, COLLECTS] == 1):
            for a in range(amounts):
                if element[s, k, LOADS + a] + job[j, LOAD + a] > vehicle[v, CAPACITY + a]:
                    return rows
        if i >= 0 and begin != element[s, k, START]:
            e, c, d, m, h = _shift(job, i, element[s, k, START], begin)
            ends, lates, later, minors = ends + e, lates + c, later + d, minors + m
            best[3] += h
        if priced:
            spent += expense[p, here, there] - expense[p, before, there]
        ridden += passed - element[s, k, LEG]
        here, now = there, begin + element[s, k, SERVICE]
        if now > late:
            break
    return rows


@part
def _near_end(
    ride: Ints,
    job: Longs,
    vehicle: Longs,
    head: Longs,
    element: Longs,
    w: Longs,
    s: int,
    v: int,
    j: int,
    fixed: int,
    per_second: int,
    best: int,
) -> int:
    """
    Returns the last element before which a delivery may be cheaper than ``best``, -1: none.

    Behind it, the vehicle comes too late even without a detour. Sets the least detour of the
    delivery from each element on, `LEAST`, up to there.
    """
    p, place = vehicle[v, PROFILE], job[j, DELIVERY]
    here, now = vehicle[v, START_PLACE], vehicle[v, SHIFT_EARLY]
    now = max(now + ride[p, here, job[j, PICKUP]], job[j, PICKUP_EARLY]) + job[j, PICKUP_SERVICE]
    now += ride[p, job[j, PICKUP], place]
    early, late = job[j, DELIVERY_EARLY], job[j, DELIVERY_LATE]
    last = -1
    for k in range(head[s, COUNT] + 1):
        if now > late or fixed + _own_price(job, w, j, max(now, early)) >= best:
            break
        last = k
        there = element[s, k, PLACE]
        detour = np.int64(ride[p, here, place]) + ride[p, place, there] - element[s, k, LEG]
        element[s, k, LEAST] = detour
        here, now = there, max(now, element[s, k, START] + element[s, k, SERVICE])
    for k in range(last - 1, -1, -1):
        element[s, k, LEAST] = min(element[s, k, LEAST], element[s, k + 1, LEAST])
    if last >= 0 and fixed + per_second * element[s, 0, LEAST] >= best:
        return -1
    return last


@part
def _fixed(
    ride: Ints,
    expense: Ints,
    job: Longs,
    vehicle: Longs,
    head: Longs,
    w: Longs,
    s: int,
    v: int,
    j: int,
) -> int:
    """Returns the part of a price that is the same at all places of a route."""
    p = vehicle[v, PROFILE]
    service = job[j, DELIVERY_SERVICE] + job[j, PICKUP_SERVICE]
    price = (w[BUSY] + w[EXPENSE] * vehicle[v, TASK_COST]) * service
    if job[j, PLANNED] >= 0 and job[j, PLANNED] != v:
        price += w[MOVED]
    if head[s, SIZE] == 0:
        # Only now the way home is travel of a used vehicle, of which the detour is a change.
        home = np.int64(ride[p, vehicle[v, START_PLACE], vehicle[v, END_PLACE]])
        paid = home
        if vehicle[v, PRICED] == 1:
            paid = np.int64(expense[p, vehicle[v, START_PLACE], vehicle[v, END_PLACE]])
        price += w[USED] + w[TRAVEL] * home + w[EXPENSE] * (vehicle[v, FIXED_COST] + paid)
    return price


@part
def _place_in_stop(
    job: Longs, code: Ints, element: Longs, s: int, k: int, j: int, start: int
) -> int:
    """
    Returns where among the pickups of load stop ``k`` a new one keeps every window, -1: nowhere.

    Behind the others if possible; all places leave at the same time, so only the windows of the
    single pickups tell them apart.
    """
    service = element[s, k, SERVICE]
    if start <= element[s, k, LAST] and start + service <= job[j, PICKUP_LATE]:
        return element[s, k, AFTER]
    first = element[s, k, AT]
    members = element[s, k, AFTER] - first
    for at in range(members + 1):
        clock = start
        kept = True
        for m in range(members + 1):
            i = j
            if m != at:
                i = np.int64(code[s, first + (m if m < at else m - 1)])
            if clock > job[i, PICKUP_LATE]:
                kept = False
                break
            clock += job[i, PICKUP_SERVICE]
        if kept:
            return first + at
    return -1


@part
def scan(
    ride: Ints,
    expense: Ints,
    job: Longs,
    vehicle: Longs,
    code: Ints,
    head: Longs,
    element: Longs,
    waits: Longs,
    w: Longs,
    s: int,
    v: int,
    j: int,
    best: Longs,
    found: Longs,
) -> int:
    """
    Finds the places for job ``j`` in slot ``s``, served by vehicle ``v``; returns how many.

    With rows in ``found`` (n, 11) all legal places are listed there. Without, the one whose price
    by the weights ``w`` is least, and less than ``best[0]`` was, is left in ``best``: price, pickup
    position (-1 for goods on board), delivery position; its fourth number is for scratch. Places
    dearer by their detours and the earliest start of the delivery alone are then passed over, which
    can overlook one where a ride takes longer than a detour. The price is that of entering the
    route only. Whether the vehicle may serve the job is not looked at.
    """
    pairs = job[j, PICKUP] >= 0
    if head[s, LEGAL] == 0 or head[s, SIZE] + (2 if pairs else 1) > vehicle[v, MOST_TASKS]:
        return 0
    n = head[s, COUNT]
    p = vehicle[v, PROFILE]
    amounts = (job.shape[1] - LOAD) // 2
    fixed = _fixed(ride, expense, job, vehicle, head, w, s, v, j)
    priced = vehicle[v, PRICED] == 1
    joint = vehicle[v, JOINT] == 1
    per_second = w[BUSY] + w[TRAVEL] + (0 if priced else w[EXPENSE])
    place, service = job[j, PICKUP], job[j, PICKUP_SERVICE]
    here, now = vehicle[v, START_PLACE], vehicle[v, SHIFT_EARLY]
    rows = 0
    joined = False
    end = n
    if pairs and found.shape[0] == 0:
        # Going where the plan says, after all, may spare as much at best.
        spared = w[DIVERTED] * head[s, TOTAL + DIVERTED]
        end = _near_end(
            ride, job, vehicle, head, element, w, s, v, j, fixed - spared, per_second, best[0]
        )
    # Even turns open a load stop before element k, odd ones join element k. Goods without a pickup
    # have one turn.
    for turn in range(2 * end + 1 if pairs else 1):
        k = turn // 2
        joins = pairs and joint and k < n and element[s, k, JOB] < 0
        joins = joins and element[s, k, PLACE] == place
        first, last, at, then = k, end, np.int64(-1), now
        ridden, spent, turned = np.int64(0), np.int64(0), 0
        if not pairs:
            fits = True
            loads = False
            for a in range(amounts if job[j, CARRIER] < 0 else 0):
                loads = loads or job[j, LOAD + a] > 0
            for a in range(amounts if loads else 0):
                load = job[j, LOAD + a]
                fits = fits and head[s, BASE + a] + load <= vehicle[v, CAPACITY + a]
        elif turn % 2 == 0:
            # In front of a load stop of its own place, a pickup stays apart only if its goods go
            # out before that stop.
            fits = not joined
            for a in range(amounts if fits else 0):
                aboard = element[s, k - 1, LOADS + a] if k > 0 else head[s, BASE + a]
                fits = fits and aboard + job[j, LOAD + a] <= vehicle[v, CAPACITY + a]
            if joins:
                last = k
            at = element[s, k, AT]
            ridden = np.int64(ride[p, here, place])
            begin = max(now + ridden, job[j, PICKUP_EARLY])
            then = begin + service
            detour = ridden + ride[p, place, element[s, k, PLACE]] - element[s, k, LEG]
            turned = _turned(vehicle, head, element, s, v, place) if k == 0 else 0
            soon = max(then + ride[p, place, job[j, DELIVERY]], job[j, DELIVERY_EARLY])
            if found.shape[0] == 0:
                # The delivery comes at once, or somewhere behind with a detour of its own.
                apart = element[s, k + 1, LEAST] if k < end else NEVER
                detour = min(max(detour, element[s, k, LEAST]), detour + apart)
            least = fixed + per_second * detour + w[DIVERTED] * min(0, turned)
            least += _own_price(job, w, j, soon)
            hopeless = found.shape[0] == 0 and least >= best[0]
            fits = fits and begin <= job[j, PICKUP_LATE] and not hopeless
            spent = np.int64(expense[p, here, place]) if priced else ridden
        else:
            fits = joins
            for a in range(amounts if fits else 0):
                aboard = element[s, k, LOADS + a]
                fits = fits and aboard + job[j, LOAD + a] <= vehicle[v, CAPACITY + a]
            if fits:
                begin = max(element[s, k, START], job[j, PICKUP_EARLY])
                at = _place_in_stop(job, code, element, s, k, j, begin)
                fits = at >= 0
                then = begin + element[s, k, SERVICE] + service
                first = k + 1
                if found.shape[0] == 0:
                    soon = max(then + ride[p, place, job[j, DELIVERY]], job[j, DELIVERY_EARLY])
                    least = fixed + per_second * element[s, first, LEAST]
                    fits = fits and least + _own_price(job, w, j, soon) < best[0]
            joined = joins
            here, now = element[s, k, PLACE], element[s, k, START] + element[s, k, SERVICE]
        if fits:
            origin = place if pairs else here
            rows = _deliveries(
                ride, expense, job, vehicle, head, element, waits, w, s, v, j, fixed,
                first, last, at, origin, then, ridden, spent, turned, best, found, rows,
            )  # fmt: skip
    return rows
