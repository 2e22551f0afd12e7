"""
Every place at which one more job can enter a route, each with its exact price.

A new pickup joins a load stop of its location or opens one between two elements; the delivery comes
anywhere behind it. Both are priced in constant time while nobody becomes late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from solver.pricing import delay_price, diverted_price, shift_price, start_price
from solver.problem import FOREVER
from solver.solution import Activity, Kind
from solver.tables import left_out_price, tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from solver.problem import Problem, Task
    from solver.solution import Route
    from solver.tables import Tables
    from solver.track import Track


class Position(NamedTuple):
    """
    A way to insert a job into a route, compared by its price.

    ``price`` is what the whole solution gains, ``start`` when the delivery starts and ``harm`` how
    much later other promised deliveries become late, both in seconds. ``pickup_at`` and
    ``delivery_at`` are positions in the route as it is before; ``pickup_at`` is -1 for goods on
    board.
    """

    price: int
    start: int
    harm: int
    pickup_at: int
    delivery_at: int


class _Opening(NamedTuple):
    """The vehicle after the new pickup: where, when, and what the ride there changed."""

    first: int
    last: int
    pickup_at: int
    here: int
    now: int
    busy: int
    price: int


def positions(problem: Problem, track: Track, j: int) -> list[Position]:
    """
    Returns the legal ways to insert job ``j`` into the route of a track, prices exact.

    There are none where the vehicle may not serve the job or the route breaks a limit already.
    """
    job = problem.jobs[j]
    found: list[Position] = []
    if not (track.is_legal and job.allows(track.vehicle)):
        return found
    table = tables(problem)
    fixed = -left_out_price(table, job)
    if job.planned is not None and job.planned != track.vehicle:
        fixed += table.prices.moved
    for opening in _openings(problem, table, track, j):
        _add_deliveries(problem, table, track, j, opening, fixed, found)
    return found


def with_job(problem: Problem, route: Route, j: int, position: Position) -> Route:
    """Returns the route with the job inserted at a position."""
    delivery = Activity(j, Kind.DELIVERY)
    to = position.delivery_at
    if problem.jobs[j].pickup is None:
        return (*route[:to], delivery, *route[to:])
    at = position.pickup_at
    return (*route[:at], Activity(j, Kind.PICKUP), *route[at:to], delivery, *route[to:])


def _openings(problem: Problem, table: Tables, track: Track, j: int) -> Iterator[_Opening]:
    """Yields the places for the pickup; for goods on board the one at the start of the route."""
    vehicle, job = problem.vehicles[track.vehicle], problem.jobs[j]
    here, now = vehicle.start, vehicle.shift.early
    end = len(track.elements) - 1
    if job.pickup is None:
        if (
            job.carrier is not None
            or track.load + sum(job.load) <= min((*vehicle.capacity, FOREVER))
            or not sum(job.load)
        ):
            yield _Opening(0, end, -1, here, now, 0, 0)
        return
    room, load = min((*vehicle.capacity, FOREVER)) - sum(job.load), track.load
    joined = False
    for k, element in enumerate(track.elements):
        joins = k < end and element.drop is None and element.location == job.pickup.location
        if load <= room and not joined:
            # In front of a load stop of its own place, a pickup stays apart only if its goods go
            # out before that stop.
            last = k if joins else end
            yield from _opened(problem, table, track, job.pickup, k, last, here, now)
        if joins and element.load <= room:
            yield from _joined(problem, table, track, job.pickup, k)
        joined = joins
        here, now, load = element.location, element.start + element.service, element.load


def _opened(
    problem: Problem,
    table: Tables,
    track: Track,
    task: Task,
    k: int,
    last: int,
    here: int,
    now: int,
) -> Iterator[_Opening]:
    """Yields the load stop opened before element ``k``, unless its window is over by then."""
    ride = table.durations[here][task.location]
    start = max(now + ride, task.window.early)
    if start > task.window.late:
        return
    price = 0
    if k == 0:
        price = _rerouted(problem, table, track, task.location)
    busy = ride + task.service_duration
    at = track.elements[k].at
    yield _Opening(k, last, at, task.location, start + task.service_duration, busy, price)


def _joined(
    problem: Problem, table: Tables, track: Track, task: Task, k: int
) -> Iterator[_Opening]:
    """Yields the load stop ``k`` with one pickup more: behind the others, if windows allow it."""
    element = track.elements[k]
    start = max(element.start, task.window.early)
    at = element.after
    if start > element.late or start + element.service > task.window.late:
        found = _slackest_place(problem, track, task, k, start)
        if found is None:
            return
        at = found
    now = start + element.service + task.service_duration
    yield _Opening(k + 1, len(track.elements) - 1, at, task.location, now, task.service_duration, 0)


def _slackest_place(problem: Problem, track: Track, task: Task, k: int, start: int) -> int | None:
    """
    Returns where among the pickups of load stop ``k`` a new one keeps every window, if anywhere.

    All places leave at the same time, so only the windows of the single pickups tell them apart.
    """
    element = track.elements[k]
    members = [a.task(problem) for a in track.route[element.at : element.after]]
    for at in range(len(members) + 1):
        order = [*members[:at], task, *members[at:]]
        clock = start
        for member in order:
            if clock > member.window.late:
                break
            clock += member.service_duration
        else:
            return element.at + at
    return None


def _rerouted(problem: Problem, table: Tables, track: Track, first: int) -> int:
    """Returns the price of another first location than the route has."""
    old = track.elements[0].location if track.route else None
    return diverted_price(problem, table, track.vehicle, first) - diverted_price(
        problem, table, track.vehicle, old
    )


def _add_deliveries(
    problem: Problem,
    table: Tables,
    track: Track,
    j: int,
    opening: _Opening,
    fixed: int,
    found: list[Position],
) -> None:
    """Adds the positions of the delivery behind an opening, carrying the goods along."""
    first, last, pickup_at, here, now, busy, price = opening
    drop, harm, room = table.drops[j], 0, _room(problem, track, j)
    durations, leave, elements = table.durations, table.durations[drop.location], track.elements
    for k in range(first, last + 1):
        element = elements[k]
        ride = durations[here]
        start = now + ride[drop.location]
        if start < drop.early:
            start = drop.early
        if start <= drop.late:
            onward = drop.service + leave[element.location]
            behind = delay_price(table, track, k, start + onward)
            if behind is not None:
                added = busy + ride[drop.location] + onward - element.leg
                total = fixed + price + behind[0] + table.prices.busy * added
                total += start_price(table, drop, start)
                if k == 0 and pickup_at < 0:
                    total += _rerouted(problem, table, track, drop.location)
                found.append(Position(total, start, harm + behind[1], pickup_at, element.at))
        begin = now + ride[element.location]
        if begin < element.early:
            begin = element.early
        overloaded = element.drop is None and element.load > room
        if overloaded or begin > element.late:
            return
        if element.drop is not None and begin != element.start:
            more, worse = shift_price(table, element.drop, element.start, begin)
            price, harm = price + more, harm + worse
        busy += ride[element.location] - element.leg
        here, now = element.location, begin + element.service


def _room(problem: Problem, track: Track, j: int) -> int:
    """Returns the load that a pickup may leave on board so that the goods of job ``j`` fit too."""
    capacity = min((*problem.vehicles[track.vehicle].capacity, FOREVER))
    # Goods that the vehicle has on board anyway are in every load already.
    return capacity if problem.jobs[j].carrier is not None else capacity - sum(problem.jobs[j].load)
