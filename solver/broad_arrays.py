"""
A problem with every feature as flat arrays: what the kernels of the broad lane read.

Locations have one more row and column than the problem, to which every ride takes nothing: the end
of open routes. A node is a task; all times are int64 seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from solver.arrays import NEVER
from solver.problem import Profile
from solver.solution import Activity, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solver.problem import Problem, TimeWindow, Vehicle
    from solver.solution import Route

Longs = NDArray[np.int64]

PLACE, OWNER, HALF, WINDOWS, FIRST_WINDOW = range(5)
"""Of a node: its location, job, 1 for a pickup, number of windows, then pairs early, late."""

PICKUP_NODE, DELIVERY_NODE, PRIZE, TASKS, CARRIER, AMOUNTS = range(6)
"""Of a job: nodes (-1: none), worth, number of nodes, then D amounts of load, D collected."""

(
    START,
    END,
    EARLY,
    LATE,
    MOST_TASKS,
    MOST_TRAVEL,
    MOST_METRES,
    PROFILE,
    FIXED,
    PER_SECOND,
    BREAKS,
    ROOM,
) = range(12)
"""Of a vehicle: as `Vehicle` has it, then D amounts of room and D that are on board anyway."""

LENGTH, OPENINGS, HEAVIEST = range(3)
"""Of a break: duration, number of windows, then D amounts at most on board, then the windows."""


@dataclass(frozen=True, slots=True, eq=False)
class Broad:
    """
    The nodes (N), jobs (J), vehicles (V), their breaks (B) and profiles (P) of a problem.

    ``work`` (V, N, 2) has setup and service. ``ride`` (3P, n+1, n+1) has seconds, then expense,
    then metres of each profile. ``allowed`` is (J, V). ``near`` (J, J) are other jobs, nearest
    first. ``activities`` are the nodes.
    """

    node: Longs
    work: Longs
    job: Longs
    vehicle: Longs
    rest: Longs
    ride: Longs
    allowed: NDArray[np.uint8]
    near: NDArray[np.int32]
    activities: tuple[Activity, ...]


def broad_arrays(problem: Problem) -> Broad:
    """Returns the arrays of a problem."""
    activities: list[Activity] = []
    for j, job in enumerate(problem.jobs):
        activities += [] if job.pickup is None else [Activity(j, Kind.PICKUP)]
        activities.append(Activity(j, Kind.DELIVERY))
    vehicles = range(len(problem.vehicles))
    work = [
        [(a.task(problem).setup_on(v), a.task(problem).service_on(v)) for a in activities]
        for v in vehicles
    ]
    allowed = [[job.allows(v) for v in vehicles] for job in problem.jobs]
    return Broad(
        node=_nodes(problem, activities),
        work=np.array(work, dtype=np.int64),
        job=_jobs(problem, activities),
        vehicle=np.array([_vehicle(problem, v) for v in vehicles], dtype=np.int64),
        rest=_breaks(problem),
        ride=_rides(problem),
        allowed=np.array(allowed, dtype=np.uint8),
        near=_near(problem),
        activities=tuple(activities),
    )


def nodes_of(broad: Broad, routes: Sequence[Route], longest: int) -> tuple[Longs, Longs]:
    """Returns the nodes of routes without breaks (V, longest), and how many each has (V)."""
    index = {activity: i for i, activity in enumerate(broad.activities)}
    seqs = np.zeros((len(routes), longest), dtype=np.int64)
    sizes = np.zeros(len(routes), dtype=np.int64)
    for v, route in enumerate(routes):
        nodes = [index[activity] for activity in route if activity.kind is not Kind.BREAK]
        seqs[v, : len(nodes)] = nodes
        sizes[v] = len(nodes)
    return seqs, sizes


def _nodes(problem: Problem, activities: Sequence[Activity]) -> Longs:
    tasks = [activity.task(problem) for activity in activities]
    most = max(len(task.windows) for task in tasks)
    found = np.zeros((len(tasks), FIRST_WINDOW + 2 * most), dtype=np.int64)
    for i, (activity, task) in enumerate(zip(activities, tasks, strict=True)):
        is_pickup = activity.kind is Kind.PICKUP
        found[i, :FIRST_WINDOW] = task.location, activity.job, is_pickup, len(task.windows)
        _put_windows(found, (i, FIRST_WINDOW), task.windows)
    return found


def _put_windows(rows: Longs, at: tuple[int, ...], windows: Sequence[TimeWindow]) -> None:
    *row, column = at
    for w, window in enumerate(windows):
        rows[(*row, column + 2 * w)] = window.early
        rows[(*row, column + 2 * w + 1)] = window.late


def _jobs(problem: Problem, activities: Sequence[Activity]) -> Longs:
    index = {activity: i for i, activity in enumerate(activities)}
    size = problem.dimensions
    rows = []
    for j, job in enumerate(problem.jobs):
        pickup = index.get(Activity(j, Kind.PICKUP), -1)
        delivery = index[Activity(j, Kind.DELIVERY)]
        carrier = -1 if job.carrier is None else job.carrier
        numbers = (pickup, delivery, job.prize, 1 if pickup < 0 else 2, carrier)
        rows.append((*numbers, *_padded(job.load, size), *_padded(job.collected, size)))
    return np.array(rows, dtype=np.int64)


def _padded(amounts: Sequence[int], size: int, instead: int = 0) -> tuple[int, ...]:
    return tuple(amounts) if amounts else (instead,) * size


def _vehicle(problem: Problem, v: int) -> tuple[int, ...]:
    of, size = problem.vehicles[v], problem.dimensions
    bound = [0] * size
    for job in problem.jobs:
        if job.carrier == v:
            bound = [a + b for a, b in zip(bound, _padded(job.load, size), strict=True)]
    end = len(problem.durations) if of.end is None else of.end
    most = [NEVER if m is None else m for m in (of.max_tasks, of.max_travel, of.max_distance)]
    numbers = (of.start, end, of.shift.early, of.shift.late, *most, of.profile, of.fixed_cost)
    room = _padded(of.capacity, size, NEVER)
    return (*numbers, of.task_cost, len(of.breaks), *room, *bound)


def _breaks(problem: Problem) -> Longs:
    size = problem.dimensions
    breaks = [_in_order(vehicle) for vehicle in problem.vehicles]
    most = max((len(problem.vehicles[v].breaks) for v in range(len(breaks))), default=0)
    every = [rest for vehicle in problem.vehicles for rest in vehicle.breaks]
    windows = max((len(rest.windows) for rest in every), default=1)
    shape = (len(breaks), max(1, most), HEAVIEST + size + 2 * windows)
    found = np.zeros(shape, dtype=np.int64)
    for v, order in enumerate(breaks):
        for b, of in enumerate(order):
            rest = problem.vehicles[v].breaks[of]
            heaviest = _padded(rest.max_load, size, NEVER)
            found[v, b, : HEAVIEST + size] = rest.duration, len(rest.windows), *heaviest
            _put_windows(found, (v, b, HEAVIEST + size), rest.windows)
    return found


def _in_order(vehicle: Vehicle) -> list[int]:
    """Returns the breaks in the order in which `with_breaks` takes them."""
    breaks = vehicle.breaks
    first = [(rest.windows[0].early, rest.windows[0].late, b) for b, rest in enumerate(breaks)]
    return [b for _, _, b in sorted(first)]


def _rides(problem: Problem) -> Longs:
    first = Profile(problem.durations, problem.distances, problem.costs)
    profiles = (first, *problem.more_profiles)
    n = len(problem.durations)
    found = np.zeros((3 * len(profiles), n + 1, n + 1), dtype=np.int64)
    for p, profile in enumerate(profiles):
        costs, metres = profile.costs, profile.distances
        found[p, :n, :n] = profile.durations
        found[len(profiles) + p, :n, :n] = profile.durations if costs is None else costs
        if metres is not None:
            found[2 * len(profiles) + p, :n, :n] = metres
    return found


def _near(problem: Problem) -> NDArray[np.int32]:
    """Returns for each job all jobs by how near their deliveries, or pickups, are to its own."""
    drops = np.array([job.delivery.location for job in problem.jobs])
    shops = np.array([(job.pickup or job.delivery).location for job in problem.jobs])
    rides = problem.durations + problem.durations.T
    way = np.minimum(rides[np.ix_(drops, drops)], rides[np.ix_(shops, shops)])
    order = np.argsort(way, axis=1, kind="stable")
    return np.ascontiguousarray(order, dtype=np.int32)
