"""
Routes as arrays, timed by a compiled kernel so that an insertion is cheap to price.

The elements of a route are load stops and single deliveries, each of which starts as a whole. With
latest starts known backwards, and waiting absorbed, a later arrival is known in constant time to
harm nobody (Savelsbergh 1992).

References
----------
M. W. P. Savelsbergh (1992). The vehicle routing problem with time windows: minimizing route
duration. ORSA Journal on Computing 4(2), 146-154. https://doi.org/10.1287/ijoc.4.2.146
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from solver.arrays import (
    BUSY,
    COMPLETION,
    DIVERTED,
    EXPENSE,
    LATE,
    LATE_MINOR,
    LATENESS,
    MOVED,
    NEVER,
    TRAVEL,
    USED,
    Instance,
    Ints,
    Longs,
)
from solver.solution import Activity, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solver.solution import Route

PLACE, EARLY, LAST, SERVICE, JOB, AT, AFTER, LEG, ARRIVAL, START, WAITED, SLACK, NEXT = range(13)
"""
What is known of an element; times in seconds.

``LAST`` is the latest start by hard windows; ``JOB`` the job delivered, -1 for a load stop and for
the end of the route. ``AT`` and ``AFTER`` are its first position in the route and the one behind
it. ``LEG`` is the ride to it, ``WAITED`` all waiting before it and ``NEXT`` how many promised
deliveries come before it. ``SLACK`` is how much later the vehicle may arrive before, from here on,
a job becomes late or later, or a hard limit breaks.
"""


class Tours(NamedTuple):
    """
    Routes in slots (S), at most L activities long, for K amounts.

    ``code`` has job ``j`` for its pickup and J + j for its delivery, ``size`` how many there are;
    ``count`` is that of elements, the end of the route behind them not included. ``loads`` is on
    board after each element, ``base`` at the start. ``waits`` is the waiting up to each promised
    delivery and ``summed`` its running sums. ``total`` are the measures of `arrays`. ``legal`` says
    whether the route keeps every limit. ``version`` is new with each timing, from ``clock``.
    """

    code: Ints
    size: Ints
    count: Ints
    element: Longs
    loads: Longs
    base: Longs
    waits: Longs
    summed: Longs
    total: Longs
    legal: NDArray[np.uint8]
    version: Longs
    clock: Longs


def make_tours(ins: Instance, slots: int) -> Tours:
    """Returns empty slots, not yet timed, for routes of a problem."""
    length, amounts = 2 * len(ins.delivery), ins.load.shape[1]
    return Tours(
        code=np.zeros((slots, length), dtype=np.int32),
        size=np.zeros(slots, dtype=np.int32),
        count=np.zeros(slots, dtype=np.int32),
        element=np.zeros((slots, length + 1, 13), dtype=np.int64),
        loads=np.zeros((slots, length + 1, amounts), dtype=np.int64),
        base=np.zeros((slots, amounts), dtype=np.int64),
        waits=np.zeros((slots, length + 1), dtype=np.int64),
        summed=np.zeros((slots, length + 2), dtype=np.int64),
        total=np.zeros((slots, 10), dtype=np.int64),
        legal=np.zeros(slots, dtype=np.uint8),
        version=np.zeros(slots, dtype=np.int64),
        clock=np.zeros(1, dtype=np.int64),
    )


def tours_of(ins: Instance, routes: Sequence[Route], slots: int) -> Tours:
    """Returns the routes of all vehicles, timed, in the first of some slots."""
    tours = make_tours(ins, slots)
    for v, route in enumerate(routes):
        put(ins, tours, v, v, route)
    return tours


def put(ins: Instance, tours: Tours, slot: int, vehicle: int, route: Route) -> None:
    """Puts the route of a vehicle into a slot and times it."""
    jobs = len(ins.delivery)
    codes = [a.job if a.kind is Kind.PICKUP else jobs + a.job for a in route]
    tours.code[slot, : len(codes)] = codes
    tours.size[slot] = len(codes)
    retime(ins, tours, slot, vehicle)


def route_of(ins: Instance, codes: Ints) -> Route:
    """Returns the activities behind the codes of a route."""
    jobs = len(ins.delivery)
    return tuple(
        Activity(code, Kind.PICKUP) if code < jobs else Activity(code - jobs, Kind.DELIVERY)
        for code in codes.tolist()
    )


@njit(cache=True, nogil=True)
def retime(ins, tours, s, v):
    """Times the route in slot ``s``, served by vehicle ``v``: elements, slack and measures."""
    _gather(ins, tours, s, v)
    _time_forwards(ins, tours, s, v)
    _slacken_backwards(ins, tours, s)
    tours.clock[0] += 1
    tours.version[s] = tours.clock[0]


@njit(cache=True, nogil=True)
def _gather(ins, tours, s, v):
    """Makes the elements of a route, not yet timed, and follows the load."""
    jobs = ins.delivery.shape[0]
    amounts = ins.load.shape[1]
    element = tours.element[s]
    loads = tours.loads[s]
    legal = tours.size[s] <= ins.most_tasks[v]
    for k in range(amounts):
        chosen = 0
        for at in range(tours.size[s]):
            j = tours.code[s, at] - jobs
            if j >= 0 and ins.pickup[j] < 0 and ins.carrier[j] < 0:
                chosen += ins.load[j, k]
        tours.base[s, k] = ins.bound[v, k] + chosen
        if chosen > 0 and tours.base[s, k] > ins.capacity[v, k]:
            legal = False
    n = 0
    for at in range(tours.size[s]):
        code = tours.code[s, at]
        picks = code < jobs
        j = code if picks else code - jobs
        place = ins.pickup[j] if picks else ins.delivery[j]
        joins = (
            picks
            and n > 0
            and ins.joint == 1
            and element[n - 1, JOB] < 0
            and element[n - 1, PLACE] == place
        )
        e = n - 1 if joins else n
        over = False
        for k in range(amounts):
            before = loads[n - 1, k] if n > 0 else tours.base[s, k]
            if picks:
                loads[e, k] = before + ins.load[j, k]
            else:
                loads[e, k] = before - ins.load[j, k] + ins.collected[j, k]
            if loads[e, k] > ins.capacity[v, k]:
                over = True
        if not joins:
            element[n, PLACE] = place
            element[n, EARLY] = 0
            element[n, LAST] = NEVER
            element[n, SERVICE] = 0
            element[n, JOB] = -1 if picks else j
            element[n, AT] = at
            n += 1
        if picks:
            element[e, EARLY] = max(element[e, EARLY], ins.pickup_early[j])
            element[e, LAST] = min(element[e, LAST], ins.pickup_late[j] - element[e, SERVICE])
            element[e, SERVICE] += ins.pickup_service[j]
            if over:
                legal = False
        else:
            element[e, EARLY] = ins.delivery_early[j]
            element[e, LAST] = ins.delivery_late[j]
            element[e, SERVICE] = ins.delivery_service[j]
            if over and ins.collects[j] == 1:
                legal = False
        element[e, AFTER] = at + 1
    element[n, PLACE] = ins.end[v]
    element[n, EARLY] = 0
    element[n, LAST] = ins.late[v]
    element[n, SERVICE] = 0
    element[n, JOB] = -1
    element[n, AT] = tours.size[s]
    element[n, AFTER] = tours.size[s]
    for k in range(amounts):
        loads[n, k] = loads[n - 1, k] if n > 0 else tours.base[s, k]
    tours.count[s] = n
    tours.legal[s] = 1 if legal else 0


@njit(cache=True, nogil=True)
def _time_forwards(ins, tours, s, v):
    """Sets the times of the elements, the waiting before promised deliveries and the measures."""
    element = tours.element[s]
    total = tours.total[s]
    waits = tours.waits[s]
    summed = tours.summed[s]
    n = tours.count[s]
    p = ins.profile[v]
    priced = ins.expense.shape[0] > 1 or ins.expense.shape[1] > 1
    for m in range(10):
        total[m] = 0
    here, now = np.int64(ins.start[v]), ins.early[v]
    waited = np.int64(0)
    ridden = np.int64(0)
    spent = np.int64(0)
    served = np.int64(0)
    promised = 0
    summed[0] = 0
    for k in range(n + 1):
        place = element[k, PLACE]
        leg = np.int64(ins.ride[p, here, place])
        spent += ins.expense[p, here, place] if priced else leg
        ridden += leg
        element[k, LEG] = leg
        element[k, ARRIVAL] = now + leg
        start = max(now + leg, element[k, EARLY])
        element[k, START] = start
        element[k, WAITED] = waited
        element[k, NEXT] = promised
        waited += start - element[k, ARRIVAL]
        here, now = place, start + element[k, SERVICE]
        served += element[k, SERVICE]
        j = element[k, JOB]
        if j < 0:
            continue
        if ins.planned[j] >= 0 and ins.planned[j] != v:
            total[MOVED] += 1
        late = start - ins.due[j]
        if ins.promised[j] == 0:
            total[LATE_MINOR] += late > 0
            continue
        waits[promised] = waited
        promised += 1
        summed[promised] = summed[promised - 1] + waited
        total[COMPLETION] += now
        if late > 0:
            total[LATE] += 1
            total[LATENESS] += late
    # One beyond the last, which no delay reaches.
    waits[promised] = NEVER
    total[BUSY] = ridden + served
    if n > 0:
        total[USED] = 1
        total[TRAVEL] = ridden
        total[EXPENSE] = ins.fixed_cost[v] + spent + ins.task_cost[v] * served
    if ins.next_place[v] >= 0 and (n == 0 or element[0, PLACE] != ins.next_place[v]):
        total[DIVERTED] = 1


@njit(cache=True, nogil=True)
def _slacken_backwards(ins, tours, s):
    """Sets how much later each element may be reached without harm to it or those behind it."""
    element = tours.element[s]
    slack = NEVER
    for k in range(tours.count[s], -1, -1):
        start = element[k, START]
        room = element[k, LAST] - start
        if room < 0:
            # A limit is broken already: no arrival is harmless.
            room = -NEVER
        elif element[k, JOB] >= 0:
            room = min(room, max(0, ins.due[element[k, JOB]] - start))
        slack = min(slack, room) + start - element[k, ARRIVAL]
        element[k, SLACK] = slack
    if tours.count[s] > 0 and slack < 0:
        tours.legal[s] = 0
