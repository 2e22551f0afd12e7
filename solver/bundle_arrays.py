"""Flat arrays of one vehicle for the kernels of the exact lane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.bundle_kernels import LOAD, MINOR_DROP, PROMISED_DROP
from solver.bundle_prices import Pair, plus, served_price
from solver.problem import FOREVER, PROMISED
from solver.solution import Kind, Route, load_stops

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from solver.bundle_prices import Prices
    from solver.problem import Problem, Task
    from solver.solution import Activity

    Array = NDArray[np.int64]

_NEVER = 2**60
"""A due that no start exceeds, and a ride that nobody takes, in seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Trip:
    """
    One vehicle as the kernels read it (:mod:`solver.bundle_kernels` names the columns).

    ``elements`` are the fixed parts of its route in order, ``carried`` what is on board after each
    number of them, ``opening`` what is added to the price by the first store where the trip comes
    first, ``used`` what using the vehicle costs.
    """

    travel: Array
    arc: Array
    table: Array
    fixed: Array
    elements: tuple[Route, ...]
    carried: Array
    capacity: Array
    begin: int
    latest: int
    opening: Array
    used: Pair
    set_out: Pair


def elements_of(problem: Problem, route: Route) -> tuple[Route, ...]:
    """Returns the parts of a route that start together: load stops and single deliveries."""
    stops = dict(load_stops(problem, route))
    found, at = [], 0
    while at < len(route):
        after = stops.get(at, at + 1)
        found.append(route[at:after])
        at = after
    return tuple(found)


def trip_of(
    problem: Problem,
    prices: Prices,
    v: int,
    rest: Route,
    waiting: Sequence[int],
    stores: Sequence[int],
) -> Trip:
    """Returns the arrays of a vehicle that serves ``rest`` and may load jobs at some stores."""
    vehicle = problem.vehicles[v]
    elements = elements_of(problem, rest)
    rows, fixed = [], []
    for j in waiting:
        job = problem.jobs[j]
        rows.append(_drop_row(problem, j))
        tasks = (job.delivery,) if job.pickup is None else (job.pickup, job.delivery)
        fixed.append(plus(served_price(problem, prices, v, tasks), _moved(problem, prices, v, j)))
    for element in elements:
        rows.append(_row(problem, element, stores))
        served = served_price(problem, prices, v, tuple(a.task(problem) for a in element))
        dropped = element[0].kind is Kind.DELIVERY
        moved = _moved(problem, prices, v, element[0].job) if dropped else (0, 0)
        fixed.append(plus(served, moved))
    places = [problem.jobs[j].delivery.location for j in waiting]
    places += [element[0].task(problem).location for element in elements]
    travel, arc = _rides(problem, prices, v, [*places, *stores, vehicle.start])
    first = elements[0][0].task(problem).location if elements else None
    planned = vehicle.next_location
    opening = [_diverted(prices, planned, store) for store in stores]
    return Trip(
        travel,
        arc,
        np.array(rows, dtype=np.int64).reshape(len(rows), 7),
        np.array(fixed, dtype=np.int64).reshape(len(rows), 2),
        elements,
        _carried(problem, v, elements),
        np.array(vehicle.capacity, dtype=np.int64),
        vehicle.shift.early,
        vehicle.shift.late,
        np.array(opening, dtype=np.int64).reshape(len(stores), 2),
        prices.of(used=1, expense=vehicle.fixed_cost),
        _diverted(prices, planned, first),
    )


def _diverted(prices: Prices, planned: int | None, first: int | None) -> Pair:
    return prices.of(diverted=int(planned is not None and planned != first))


def _moved(problem: Problem, prices: Prices, v: int, j: int) -> Pair:
    return prices.of(moved=int(problem.jobs[j].planned not in (None, v)))


def _drop_row(problem: Problem, j: int) -> list[int]:
    job = problem.jobs[j]
    task, window = job.delivery, job.delivery.window
    due = _NEVER if task.due is None else task.due
    kind = PROMISED_DROP if job.rank == PROMISED else MINOR_DROP
    service = task.service_duration
    return [window.early, window.late, service, due, kind, -1, window.early + service]


def _row(problem: Problem, element: Sequence[Activity], stores: Sequence[int]) -> list[int]:
    if element[0].kind is Kind.DELIVERY:
        return _drop_row(problem, element[0].job)
    tasks: list[Task] = [activity.task(problem) for activity in element]
    early, late, service, soonest = 0, FOREVER * 4, 0, 0
    for task in tasks:
        early = max(early, task.window.early)
        late = min(late, task.window.late - service)
        service += task.service_duration
        # Timed one by one, as in a route that parts this stop, it may end sooner.
        soonest = max(soonest, task.window.early) + task.service_duration
    location = tasks[0].location
    store = stores.index(location) if location in stores else -1
    return [early, late, service, _NEVER, LOAD, store, soonest]


def _rides(problem: Problem, prices: Prices, v: int, places: Sequence[int]) -> tuple[Array, Array]:
    """Returns seconds (N, N) and prices (N, N, 2) of rides between places, the end added last."""
    vehicle = problem.vehicles[v]
    end = vehicle.end
    grid = np.ix_(places, places if end is None else [*places, end])
    n = len(places) + 1
    travel = np.zeros((n, n), dtype=np.int64)
    arc = np.zeros((n, n, 2), dtype=np.int64)
    travel[-1] = _NEVER
    priced = (
        (prices.of(busy=1, travel=1), problem.durations_of(v)),
        (prices.of(distance=1), problem.distances_of(v)),
        (prices.of(expense=1), problem.costs_of(v)),
    )
    width = n if end is not None else n - 1
    travel[:-1, :width] = problem.durations_of(v)[grid]
    for (high, low), matrix in priced:
        if matrix is not None and (high or low):
            ridden = matrix[grid]
            arc[:-1, :width, 0] += high * ridden
            arc[:-1, :width, 1] += low * ridden
    return travel, arc


def _carried(problem: Problem, v: int, elements: Sequence[Route]) -> Array:
    """Returns what is on board after each number of elements, (m + 1, dimensions)."""
    capacity = problem.vehicles[v].capacity
    loads = [np.array(job.load, dtype=np.int64) for job in problem.jobs]
    found = np.zeros((len(elements) + 1, len(capacity)), dtype=np.int64)
    if not capacity:
        return found
    drops = {element[0].job for element in elements if element[0].kind is Kind.DELIVERY}
    for j, job in enumerate(problem.jobs):
        if len(job.load) and (
            job.carrier == v or (job.pickup is None and job.carrier is None and j in drops)
        ):
            found[:] += loads[j]
    for k, element in enumerate(elements, 1):
        for activity in element:
            if len(loads[activity.job]):
                sign = 1 if activity.kind is Kind.PICKUP else -1
                found[k:] += sign * loads[activity.job]
    return found
