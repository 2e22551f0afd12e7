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

from dataclasses import dataclass
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
    ROUTE_MEASURES,
    SHIFT_EARLY,
    SHIFT_LATE,
    START_PLACE,
    TASK_COST,
    TRAVEL,
    USED,
    Ints,
    Longs,
)
from solver.compiled import INT, INTS2, INTS3, LONGS2, LONGS3, NONE, kernel, part
from solver.solution import Activity, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solver.arrays import Instance
    from solver.solution import Route

(
    *(PLACE, EARLY, LAST, SERVICE, JOB, AT, AFTER, LEG, ARRIVAL, START, WAITED, SLACK, NEXT, LEAST),
    LOADS,
) = range(15)
"""
What is known of an element; times in seconds.

``LAST`` is the latest start by hard windows; ``JOB`` the job delivered, -1 for a load stop and for
the end of the route. ``AT`` and ``AFTER`` are its first position in the route and the one behind
it. ``LEG`` is the ride to it, ``WAITED`` all waiting before it and ``NEXT`` how many promised
deliveries come before it. ``SLACK`` is how much later the vehicle may arrive before, from here on,
a job becomes late or later, or a hard limit breaks. ``LEAST`` is left to `places` for intermediate
results. From ``LOADS`` on is what is on board after it.
"""


SIZE, COUNT, LEGAL, VERSION, MIXED, PROMISES, TOTAL = range(7)
BASE = TOTAL + len(ROUTE_MEASURES)
"""
What is known of a route: how many activities and elements (the end of the route not counted),
whether it keeps every limit, a number that is new with each timing, whether goods are taken on
board on the way, how many promised deliveries there are, from ``TOTAL`` on the measures
of `arrays`, and from ``BASE`` on the amounts on board at the start.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Tours:
    """
    Routes in slots (S), at most L activities long, for K amounts.

    ``code`` (S, L) has job ``j`` for its pickup and J + j for its delivery. ``head`` (S + 1, ...)
    and ``element`` (S, L + 1, ...) have the columns named above; the last row of ``head`` has the
    last version. ``waits`` (S, 2, L + 2) is the waiting up to each promised delivery, and its
    running sums. They change in place: a search over values would copy all day.
    """

    code: Ints
    head: Longs
    element: Longs
    waits: Longs


def make_tours(ins: Instance, slots: int) -> Tours:
    """Returns empty slots, not yet timed, for routes of a problem."""
    length, amounts = 2 * len(ins.job), ins.amounts
    return Tours(
        code=np.zeros((slots, length), dtype=np.int32),
        head=np.zeros((slots + 1, BASE + amounts), dtype=np.int64),
        element=np.zeros((slots, length + 1, LOADS + amounts), dtype=np.int64),
        waits=np.zeros((slots, 2, length + 2), dtype=np.int64),
    )


def tours_of(ins: Instance, routes: Sequence[Route], slots: int) -> Tours:
    """Returns the routes of all vehicles, timed, in the first of some slots."""
    tours = make_tours(ins, slots)
    for v, route in enumerate(routes):
        put(ins, tours, v, v, route)
    return tours


def put(ins: Instance, tours: Tours, slot: int, vehicle: int, route: Route) -> None:
    """Puts the route of a vehicle into a slot and times it."""
    jobs = len(ins.job)
    codes = [a.job if a.kind is Kind.PICKUP else jobs + a.job for a in route]
    tours.code[slot, : len(codes)] = codes
    tours.head[slot, SIZE] = len(codes)
    retime(*matrices(ins), *timed(tours), slot, vehicle)


def matrices(ins: Instance) -> tuple[Ints, Ints, Longs, Longs]:
    """Returns the arrays of a problem in the order in which kernels take them."""
    return ins.ride, ins.expense, ins.job, ins.vehicle


def timed(tours: Tours) -> tuple[Ints, Longs, Longs, Longs]:
    """Returns the arrays of routes in the order in which kernels take them."""
    return tours.code, tours.head, tours.element, tours.waits


def route_of(ins: Instance, codes: Ints) -> Route:
    """Returns the activities behind the codes of a route."""
    jobs = len(ins.job)
    return tuple(
        Activity(code, Kind.PICKUP) if code < jobs else Activity(code - jobs, Kind.DELIVERY)
        for code in codes.tolist()
    )


@part
def _gather(
    job: Longs,
    vehicle: Longs,
    code: Ints,
    head: Longs,
    element: Longs,
    s: int,
    v: int,
) -> None:
    """Makes the elements of a route, not yet timed, and follows the load."""
    jobs = job.shape[0]
    amounts = (job.shape[1] - LOAD) // 2
    legal = head[s, SIZE] <= vehicle[v, MOST_TASKS]
    loads, full = False, False
    for k in range(amounts):
        chosen = 0
        for at in range(head[s, SIZE]):
            j = code[s, at] - jobs
            if j >= 0 and job[j, PICKUP] < 0 and job[j, CARRIER] < 0:
                chosen += job[j, LOAD + k]
        head[s, BASE + k] = vehicle[v, CAPACITY + amounts + k] + chosen
        loads = loads or chosen > 0
        full = full or head[s, BASE + k] > vehicle[v, CAPACITY + k]
    if loads and full:
        legal = False
    n = 0
    mixed = 0
    for at in range(head[s, SIZE]):
        number = np.int64(code[s, at])
        picks = number < jobs
        j = number if picks else number - jobs
        place = job[j, PICKUP] if picks else job[j, DELIVERY]
        joins = (
            picks
            and n > 0
            and vehicle[v, JOINT] == 1
            and element[s, n - 1, JOB] < 0
            and element[s, n - 1, PLACE] == place
        )
        e = n - 1 if joins else n
        over = False
        for k in range(amounts):
            before = element[s, n - 1, LOADS + k] if n > 0 else head[s, BASE + k]
            if picks:
                element[s, e, LOADS + k] = before + job[j, LOAD + k]
            else:
                element[s, e, LOADS + k] = before - job[j, LOAD + k] + job[j, LOAD + amounts + k]
            if element[s, e, LOADS + k] > vehicle[v, CAPACITY + k]:
                over = True
        if not joins:
            element[s, n, PLACE] = place
            element[s, n, EARLY] = 0
            element[s, n, LAST] = NEVER
            element[s, n, SERVICE] = 0
            element[s, n, JOB] = -1 if picks else j
            element[s, n, AT] = at
            n += 1
        if picks or job[j, COLLECTS] == 1:
            mixed = 1
        if picks:
            element[s, e, EARLY] = max(element[s, e, EARLY], job[j, PICKUP_EARLY])
            element[s, e, LAST] = min(
                element[s, e, LAST], job[j, PICKUP_LATE] - element[s, e, SERVICE]
            )
            element[s, e, SERVICE] += job[j, PICKUP_SERVICE]
            if over:
                legal = False
        else:
            element[s, e, EARLY] = job[j, DELIVERY_EARLY]
            element[s, e, LAST] = job[j, DELIVERY_LATE]
            element[s, e, SERVICE] = job[j, DELIVERY_SERVICE]
            if over and job[j, COLLECTS] == 1:
                legal = False
        element[s, e, AFTER] = at + 1
    element[s, n, PLACE] = vehicle[v, END_PLACE]
    element[s, n, EARLY] = 0
    element[s, n, LAST] = vehicle[v, SHIFT_LATE]
    element[s, n, SERVICE] = 0
    element[s, n, JOB] = -1
    element[s, n, AT] = head[s, SIZE]
    element[s, n, AFTER] = head[s, SIZE]
    for k in range(amounts):
        element[s, n, LOADS + k] = element[s, n - 1, LOADS + k] if n > 0 else head[s, BASE + k]
    head[s, COUNT], head[s, MIXED] = n, mixed
    head[s, LEGAL] = 1 if legal else 0


@part
def _time_forwards(
    ride: Ints,
    expense: Ints,
    job: Longs,
    vehicle: Longs,
    head: Longs,
    element: Longs,
    waits: Longs,
    s: int,
    v: int,
) -> None:
    """Sets the times of the elements, the waiting before promised deliveries and the measures."""
    n = head[s, COUNT]
    p = vehicle[v, PROFILE]
    priced = vehicle[v, PRICED] == 1
    for m in range(10):
        head[s, TOTAL + m] = 0
    here, now = np.int64(vehicle[v, START_PLACE]), vehicle[v, SHIFT_EARLY]
    waited = np.int64(0)
    ridden = np.int64(0)
    spent = np.int64(0)
    served = np.int64(0)
    promised = 0
    waits[s, 1, 0] = 0
    for k in range(n + 1):
        place = element[s, k, PLACE]
        leg = np.int64(ride[p, here, place])
        spent += expense[p, here, place] if priced else leg
        ridden += leg
        element[s, k, LEG] = leg
        element[s, k, ARRIVAL] = now + leg
        start = max(now + leg, element[s, k, EARLY])
        element[s, k, START] = start
        element[s, k, WAITED] = waited
        element[s, k, NEXT] = promised
        waited += start - element[s, k, ARRIVAL]
        here, now = place, start + element[s, k, SERVICE]
        served += element[s, k, SERVICE]
        j = element[s, k, JOB]
        if j < 0:
            continue
        if job[j, PLANNED] >= 0 and job[j, PLANNED] != v:
            head[s, TOTAL + MOVED] += 1
        late = start - job[j, DUE]
        if job[j, PROMISED_JOB] == 0:
            head[s, TOTAL + LATE_MINOR] += late > 0
            continue
        waits[s, 0, promised] = waited
        promised += 1
        waits[s, 1, promised] = waits[s, 1, promised - 1] + waited
        head[s, TOTAL + COMPLETION] += now
        if late > 0:
            head[s, TOTAL + LATE] += 1
            head[s, TOTAL + LATENESS] += late
    head[s, PROMISES] = promised
    head[s, TOTAL + BUSY] = ridden + served
    if n > 0:
        head[s, TOTAL + USED] = 1
        head[s, TOTAL + TRAVEL] = ridden
        head[s, TOTAL + EXPENSE] = vehicle[v, FIXED_COST] + spent + vehicle[v, TASK_COST] * served
    if vehicle[v, NEXT_PLACE] >= 0 and (n == 0 or element[s, 0, PLACE] != vehicle[v, NEXT_PLACE]):
        head[s, TOTAL + DIVERTED] = 1


@part
def _slacken_backwards(job: Longs, head: Longs, element: Longs, s: int) -> None:
    """Sets how much later each element may be reached without harm to it or those behind it."""
    slack = NEVER
    for k in range(head[s, COUNT], -1, -1):
        start = element[s, k, START]
        room = element[s, k, LAST] - start
        if room < 0:
            # A limit is broken already: no arrival is harmless.
            room = -NEVER
        elif element[s, k, JOB] >= 0:
            room = min(room, max(0, job[element[s, k, JOB], DUE] - start))
        slack = min(slack, room) + start - element[s, k, ARRIVAL]
        element[s, k, SLACK] = slack
    if head[s, COUNT] > 0 and slack < 0:
        head[s, LEGAL] = 0


@kernel(NONE, INTS3, INTS3, LONGS2, LONGS2, INTS2, LONGS2, LONGS3, LONGS3, INT, INT)
def retime(
    ride: Ints,
    expense: Ints,
    job: Longs,
    vehicle: Longs,
    code: Ints,
    head: Longs,
    element: Longs,
    waits: Longs,
    s: int,
    v: int,
) -> None:
    """Times the route in slot ``s``, served by vehicle ``v``: elements, slack and measures."""
    _gather(job, vehicle, code, head, element, s, v)
    _time_forwards(ride, expense, job, vehicle, head, element, waits, s, v)
    _slacken_backwards(job, head, element, s)
    clock = head.shape[0] - 1
    head[clock, VERSION] += 1
    head[s, VERSION] = head[clock, VERSION]
