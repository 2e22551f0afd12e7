"""
A timed route with what makes an insertion cheap to price.

The elements of a track are load stops and single deliveries, each of which starts as a whole. With
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

from solver.pricing import diverted_price, start_price
from solver.problem import FOREVER
from solver.solution import Kind, Route
from solver.tables import NEVER, Drop, end_of, tables

if TYPE_CHECKING:
    from solver.problem import Problem
    from solver.tables import Tables


@dataclass(slots=True)
class Element:
    """
    A load stop (``drop`` None) or a delivery, served as a whole; times in seconds.

    ``late`` is the latest start by hard windows; ``load`` is on board after it. ``at`` and
    ``after`` are its first position in the route and the one behind it. ``leg`` is the ride to it,
    ``waited`` all waiting before it and ``next_drop`` how many promised deliveries come before it.
    ``slack`` is how much later the vehicle may arrive before, from here on, a job becomes late or
    later, or a hard limit breaks.
    """

    location: int
    early: int
    late: int
    service: int
    load: int
    at: int
    after: int
    drop: Drop | None
    leg: int = 0
    arrival: int = 0
    start: int = 0
    waited: int = 0
    slack: int = 0
    next_drop: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """
    The route of one vehicle, element by element.

    The last of ``elements`` stands for the end of the route. ``waits`` is the waiting up to each
    promised delivery and ``summed`` its running sums: what ``delay_price`` reads. ``price`` is that
    of all measures of this route alone. ``load`` is on board at the start; ``is_legal`` says
    whether the route keeps every limit.
    """

    vehicle: int
    route: Route
    elements: tuple[Element, ...]
    load: int
    waits: tuple[int, ...]
    summed: tuple[int, ...]
    price: int
    is_legal: bool


def make_track(problem: Problem, vehicle: int, route: Route) -> Track:
    """Returns the track of a route, which may break limits."""
    table = tables(problem)
    chosen = sum(
        sum(problem.jobs[a.job].load)
        for a in route
        if a.kind is Kind.DELIVERY
        and problem.jobs[a.job].pickup is None
        and problem.jobs[a.job].carrier != vehicle
    )
    load = table.bound[vehicle] + chosen
    elements = _elements(problem, table, vehicle, route, load)
    price = _time_forwards(problem, table, vehicle, route, elements)
    waits, summed = _sum_waits(elements)
    _slacken_backwards(elements)
    # A broken limit shows as no slack at the start; one that starts overloaded by choice does not.
    fits = not chosen or load <= min((*problem.vehicles[vehicle].capacity, FOREVER))
    is_legal = fits and (not route or elements[0].slack >= 0)
    return Track(vehicle, route, tuple(elements), load, waits, summed, price, is_legal)


def _elements(
    problem: Problem, table: Tables, vehicle: int, route: Route, load: int
) -> list[Element]:
    """Returns the elements of a route, not yet timed; the end of the shift bounds the last."""
    elements: list[Element] = []
    capacity = min((*problem.vehicles[vehicle].capacity, FOREVER))
    for at, activity in enumerate(route):
        job = problem.jobs[activity.job]
        if activity.kind is Kind.DELIVERY:
            drop = table.drops[activity.job]
            load -= sum(job.load)
            elements.append(
                Element(drop.location, drop.early, drop.late, drop.service, load, at, at + 1, drop)
            )
            continue
        task = activity.task(problem)
        load += sum(job.load)
        late = task.window.late if load <= capacity else -NEVER
        last = elements[-1] if elements else None
        if last is None or last.drop is not None or last.location != task.location:
            last = Element(task.location, 0, NEVER, 0, load, at, at, None)
            elements.append(last)
        last.early = max(last.early, task.window.early)
        last.late = min(last.late, late - last.service)
        last.service += task.service_duration
        last.load, last.after = load, at + 1
    end = end_of(table, problem.vehicles[vehicle])
    shift = problem.vehicles[vehicle].shift
    elements.append(Element(end, 0, shift.late, 0, load, len(route), len(route), None))
    return elements


def _time_forwards(
    problem: Problem, table: Tables, vehicle: int, route: Route, elements: list[Element]
) -> int:
    """Sets the times of the elements; returns the price of the route."""
    prices = table.prices
    served = problem.vehicles[vehicle]
    here, now = served.start, served.shift.early
    price = waited = 0
    for element in elements:
        element.leg = table.durations[here][element.location]
        element.arrival = now + element.leg
        element.start = max(element.arrival, element.early)
        element.waited = waited
        waited += element.start - element.arrival
        here, now = element.location, element.start + element.service
        if element.drop is not None:
            price += start_price(table, element.drop, element.start)
    price += prices.busy * (now - served.shift.early - waited)
    for activity in route:
        planned = problem.jobs[activity.job].planned
        if activity.kind is Kind.DELIVERY and planned is not None and planned != vehicle:
            price += prices.moved
    first = elements[0].location if route else None
    return price + diverted_price(problem, table, vehicle, first)


def _sum_waits(elements: list[Element]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Returns the waiting up to each promised delivery, and its running sums."""
    waits: list[int] = []
    summed = [0]
    for element in elements:
        element.next_drop = len(waits)
        if element.drop is not None and element.drop.promised:
            waits.append(element.waited + element.start - element.arrival)
            summed.append(summed[-1] + waits[-1])
    return tuple(waits), tuple(summed)


def _slacken_backwards(elements: list[Element]) -> None:
    """Sets how much later each element may be reached without harm to it or those behind it."""
    slack = NEVER
    for element in reversed(elements):
        room = element.late - element.start
        if room < 0:
            # A limit is broken already: no arrival is harmless.
            room = -NEVER
        elif element.drop is not None:
            room = min(room, max(0, element.drop.due - element.start))
        slack = min(slack, room) + element.start - element.arrival
        element.slack = slack
