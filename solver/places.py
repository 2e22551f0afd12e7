"""
Every place at which one more job can enter a route, each with its exact price, compiled.

A new pickup joins a load stop of its location or opens one between two elements; the delivery comes
anywhere behind it. Both are priced in constant time while nobody becomes late; otherwise the rest
of the route is timed anew until the delay is absorbed.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solver.arrays import (
    BUSY,
    COMPLETION,
    DIVERTED,
    EXPENSE,
    LATE,
    LATE_MINOR,
    LATENESS,
    MOVED,
    TRAVEL,
    USED,
    Instance,
    Longs,
)
from solver.tours import (
    AFTER,
    ARRIVAL,
    AT,
    EARLY,
    JOB,
    LAST,
    LEG,
    NEXT,
    PLACE,
    SERVICE,
    SLACK,
    START,
    WAITED,
    Tours,
)

RIDE, SPENT, ENDS, LATES, LATER, MINORS, TURNED, BEGIN, HARM, PICKUP_AT, DELIVERY_AT = range(11)
"""
What is found of a place: changes of riding and expense, of the completion of promised jobs, of late
jobs, lateness, late minor jobs and diverted vehicles; when the delivery starts; by how much other
promised jobs become later than due; and the positions, of the route as it is before.
"""


@njit(cache=True, nogil=True)
def scan(
    ins: Instance, t: Tours, w: Longs, s: int, v: int, j: int, best: Longs, found: Longs
) -> int:
    """
    Finds the places for job ``j`` in slot ``s``, served by vehicle ``v``; returns how many.

    With rows in ``found`` (n, 11) all legal places are listed there. Without, the one whose weighted
    price is least is left in ``best``: price, pickup position (-1 for goods on board), delivery
    position; places that a ride to and fro alone makes dearer may then be overlooked, which rides
    that take longer than a detour could deceive. The price is that of entering the route only.
    """
    if t.legal[s] == 0 or ins.allowed[j, v] == 0:
        return 0
    pairs = ins.pickup[j] >= 0
    n = t.count[s]
    if t.size[s] + (2 if pairs else 1) > ins.most_tasks[v]:
        return 0
    amounts = ins.load.shape[1]
    best[0] = np.int64(2) ** 62
    element = t.element[s]
    loads = t.loads[s]
    fixed = _fixed(ins, t, w, s, v, j)
    now, here = ins.early[v], np.int64(ins.start[v])
    if not pairs:
        if ins.carrier[j] < 0:
            for k in range(amounts):
                if ins.load[j, k] > 0 and t.base[s, k] + ins.load[j, k] > ins.capacity[v, k]:
                    return 0
        return _deliveries(ins, t, w, s, v, j, fixed, 0, n, -1, here, now, 0, 0, 0, best, found, 0)
    p = ins.profile[v]
    priced = ins.expense.shape[0] > 1 or ins.expense.shape[1] > 1
    per_second = w[BUSY] + w[TRAVEL] + (0 if priced else w[EXPENSE])
    place = np.int64(ins.pickup[j])
    rows = 0
    joined = False
    for k in range(n + 1):
        fits = True
        for a in range(amounts):
            before = loads[k - 1, a] if k > 0 else t.base[s, a]
            if before + ins.load[j, a] > ins.capacity[v, a]:
                fits = False
        joins = k < n and ins.joint == 1 and element[k, JOB] < 0 and element[k, PLACE] == place
        if fits and not joined:
            # In front of a load stop of its own place, a pickup stays apart only if its goods go
            # out before that stop.
            last = k if joins else n
            leg = np.int64(ins.ride[p, here, place])
            start = max(now + leg, ins.pickup_early[j])
            detour = leg + ins.ride[p, place, element[k, PLACE]] - element[k, LEG]
            hopeless = found.shape[0] == 0 and fixed + per_second * detour >= best[0]
            if start <= ins.pickup_late[j] and not hopeless:
                spent = np.int64(ins.expense[p, here, place]) if priced else leg
                turned = _turned(ins, t, s, v, place) if k == 0 else 0
                rows = _deliveries(
                    ins, t, w, s, v, j, fixed, k, last, element[k, AT], place,
                    start + ins.pickup_service[j], leg, spent, turned, best, found, rows,
                )  # fmt: skip
        if joins:
            fits = True
            for a in range(amounts):
                if loads[k, a] + ins.load[j, a] > ins.capacity[v, a]:
                    fits = False
            start = max(element[k, START], ins.pickup_early[j])
            at = _place_in_stop(ins, t, s, k, j, start) if fits else -1
            if at >= 0:
                rows = _deliveries(
                    ins, t, w, s, v, j, fixed, k + 1, n, at, place,
                    start + element[k, SERVICE] + ins.pickup_service[j], 0, 0, 0, best, found, rows,
                )  # fmt: skip
        joined = joins
        here, now = element[k, PLACE], element[k, START] + element[k, SERVICE]
    return rows


@njit(cache=True, nogil=True)
def _fixed(ins: Instance, t: Tours, w: Longs, s: int, v: int, j: int) -> int:
    """Returns the part of a price that is the same at all places of a route."""
    p = ins.profile[v]
    service = ins.delivery_service[j]
    if ins.pickup[j] >= 0:
        service += ins.pickup_service[j]
    price = w[BUSY] * service + w[EXPENSE] * ins.task_cost[v] * service
    if ins.planned[j] >= 0 and ins.planned[j] != v:
        price += w[MOVED]
    if t.size[s] == 0:
        # Only now the way home is travel of a used vehicle, of which the detour is a change.
        home = np.int64(ins.ride[p, ins.start[v], ins.end[v]])
        priced = ins.expense.shape[0] > 1 or ins.expense.shape[1] > 1
        paid = np.int64(ins.expense[p, ins.start[v], ins.end[v]]) if priced else home
        price += w[USED] + w[TRAVEL] * home + w[EXPENSE] * (ins.fixed_cost[v] + paid)
    return price


@njit(cache=True, nogil=True)
def _turned(ins: Instance, t: Tours, s: int, v: int, place: int) -> int:
    """Returns the change of diverted vehicles when a route begins at another place."""
    planned = ins.next_place[v]
    if planned < 0:
        return 0
    before = t.count[s] == 0 or t.element[s, 0, PLACE] != planned
    return (1 if place != planned else 0) - (1 if before else 0)


@njit(cache=True, nogil=True)
def _place_in_stop(ins: Instance, t: Tours, s: int, k: int, j: int, start: int) -> int:
    """
    Returns where among the pickups of load stop ``k`` a new one keeps every window, -1: nowhere.

    Behind the others if possible; all places leave at the same time, so only the windows of the
    single pickups tell them apart.
    """
    element = t.element[s]
    service = element[k, SERVICE]
    if start <= element[k, LAST] and start + service <= ins.pickup_late[j]:
        return element[k, AFTER]
    first = element[k, AT]
    members = element[k, AFTER] - first
    for at in range(members + 1):
        clock = start
        kept = True
        for m in range(members + 1):
            i = j if m == at else t.code[s, first + (m if m < at else m - 1)]
            if clock > ins.pickup_late[i]:
                kept = False
                break
            clock += ins.pickup_service[i]
        if kept:
            return first + at
    return -1


@njit(cache=True, nogil=True)
def _deliveries(
    ins: Instance,
    t: Tours,
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
    ride: int,
    spent: int,
    turned: int,
    best: Longs,
    found: Longs,
    rows: int,
) -> int:
    """Adds the places of the delivery behind a pickup, carrying the goods along."""
    element = t.element[s]
    loads = t.loads[s]
    n = t.count[s]
    p = ins.profile[v]
    amounts = ins.load.shape[1]
    priced = ins.expense.shape[0] > 1 or ins.expense.shape[1] > 1
    per_second = w[BUSY] + w[TRAVEL] + (0 if priced else w[EXPENSE])
    place = np.int64(ins.delivery[j])
    due, promised, service = ins.due[j], ins.promised[j] == 1, ins.delivery_service[j]
    ends, lates, later, minors, harm = 0, 0, 0, 0, 0
    for k in range(first, last + 1):
        leg = np.int64(ins.ride[p, here, place])
        start = max(now + leg, ins.delivery_early[j])
        onward = np.int64(ins.ride[p, place, element[k, PLACE]])
        extra = ride + leg + onward - element[k, LEG]
        bound = fixed + per_second * extra
        hopeless = found.shape[0] == 0 and not priced and bound >= best[0]
        if start <= ins.delivery_late[j] and not hopeless and _can_collect(ins, t, s, v, j, k):
            ok, e1, l1, s1, m1, h1 = _delay(ins, t, s, k, start + service + onward)
            if ok:
                e1 += ends
                l1 += lates
                s1 += later
                m1 += minors
                late = start - due
                if promised:
                    e1 += start + service
                    if late > 0:
                        l1 += 1
                        s1 += late
                elif late > 0:
                    m1 += 1
                cost = np.int64(0)
                if priced:
                    cost = spent + ins.expense[p, here, place]
                    cost += ins.expense[p, place, element[k, PLACE]]
                    before = element[k - 1, PLACE] if k > 0 else np.int64(ins.start[v])
                    cost -= ins.expense[p, before, element[k, PLACE]]
                turns = turned
                if k == 0 and pickup_at < 0:
                    turns = _turned(ins, t, s, v, place)
                if found.shape[0] > 0:
                    found[rows, RIDE] = extra
                    found[rows, SPENT] = cost if priced else extra
                    found[rows, ENDS] = e1
                    found[rows, LATES] = l1
                    found[rows, LATER] = s1
                    found[rows, MINORS] = m1
                    found[rows, TURNED] = turns
                    found[rows, BEGIN] = start
                    found[rows, HARM] = harm + h1
                    found[rows, PICKUP_AT] = pickup_at
                    found[rows, DELIVERY_AT] = element[k, AT]
                    rows += 1
                else:
                    price = bound + (w[EXPENSE] * cost if priced else 0) + w[COMPLETION] * e1
                    price += w[LATE] * l1 + w[LATENESS] * s1 + w[LATE_MINOR] * m1
                    price += w[DIVERTED] * turns
                    if price < best[0]:
                        best[0] = price
                        best[1] = pickup_at
                        best[2] = element[k, AT]
                        rows = 1
        onward = np.int64(ins.ride[p, here, element[k, PLACE]])
        begin = max(now + onward, element[k, EARLY])
        i = element[k, JOB]
        if begin > element[k, LAST]:
            return rows
        if (i < 0 or ins.collects[i] == 1) and ins.carrier[j] < 0:
            for a in range(amounts):
                if loads[k, a] + ins.load[j, a] > ins.capacity[v, a]:
                    return rows
        if i >= 0 and begin != element[k, START]:
            e1, l1, s1, m1, h1 = _shift(ins, i, element[k, START], begin)
            ends += e1
            lates += l1
            later += s1
            minors += m1
            harm += h1
        if priced:
            before = element[k - 1, PLACE] if k > 0 else np.int64(ins.start[v])
            spent += ins.expense[p, here, element[k, PLACE]]
            spent -= ins.expense[p, before, element[k, PLACE]]
        ride += onward - element[k, LEG]
        here, now = element[k, PLACE], begin + element[k, SERVICE]
    return rows


@njit(cache=True, nogil=True)
def _can_collect(ins: Instance, t: Tours, s: int, v: int, j: int, k: int) -> bool:
    """Returns whether what job ``j`` collects before element ``k`` fits from there to the end."""
    if ins.collects[j] == 0:
        return True
    for a in range(ins.load.shape[1]):
        more = ins.collected[j, a]
        before = t.loads[s, k - 1, a] if k > 0 else t.base[s, a]
        if before + more > ins.capacity[v, a]:
            return False
        for m in range(k, t.count[s]):
            if t.loads[s, m, a] + more > ins.capacity[v, a]:
                return False
    return True


@njit(cache=True, nogil=True)
def _delay(
    ins: Instance, t: Tours, s: int, first: int, arrival: int
) -> tuple[bool, int, int, int, int, int]:
    """
    Returns what a new arrival at an element changes from there on.

    Whether every limit is kept; then completion in seconds, late jobs, lateness, late minor jobs,
    and harm: by how much promised deliveries start late or later, in seconds.
    """
    element = t.element[s]
    n = t.count[s]
    delay = arrival - element[first, ARRIVAL]
    if 0 <= delay <= element[first, SLACK]:
        if delay == 0:
            return True, 0, 0, 0, 0, 0
        # Everyone keeps its due; each promised delivery ends later by what waiting leaves over.
        reach = element[first, WAITED] + delay
        low = element[first, NEXT]
        stop = low
        while t.waits[s, stop] < reach:
            stop += 1
        seconds = (stop - low) * reach - (t.summed[s, stop] - t.summed[s, low])
        return True, seconds, 0, 0, 0, 0
    ends, lates, later, minors, harm = 0, 0, 0, 0, 0
    for k in range(first, n + 1):
        start = max(arrival, element[k, EARLY])
        if start > element[k, LAST]:
            return False, 0, 0, 0, 0, 0
        i = element[k, JOB]
        if i >= 0 and start != element[k, START]:
            e1, l1, s1, m1, h1 = _shift(ins, i, element[k, START], start)
            ends += e1
            lates += l1
            later += s1
            minors += m1
            harm += h1
        if k < n:
            arrival = element[k + 1, ARRIVAL] + start - element[k, START]
            if start == element[k, START] and element[k + 1, SLACK] >= 0:
                break
    return True, ends, lates, later, minors, harm


@njit(cache=True, nogil=True)
def _shift(ins: Instance, i: int, old: int, new: int) -> tuple[int, int, int, int, int]:
    """Returns what starting delivery ``i`` at ``new`` instead of ``old`` changes, and its harm."""
    due = ins.due[i]
    lates = (1 if new > due else 0) - (1 if old > due else 0)
    if ins.promised[i] == 0:
        return 0, 0, 0, lates, 0
    later = max(new, due) - max(old, due)
    return new - old, lates, later, 0, max(0, new - max(old, due))
