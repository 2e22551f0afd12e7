"""
Cheapest insertion into partial routes: the instant answer, the quote and the start of every search.

Problems with features that the compiled kernels lack (see `features`) are left to `plain`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import arrays
from solver.offers import EXTRA, fill, list_places
from solver.problem import Measure
from solver.salvage import salvage
from solver.solution import Activity, Cost, Kind, Route, Solution, cost
from solver.tours import COUNT, JOB, START, TOTAL, matrices, put, route_of, timed, tours_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from solver.arrays import Instance, Longs
    from solver.problem import Problem
    from solver.tours import Tours

_Offer = tuple[int, ...]
"""A row of `offers`: changes of the tiers, start, harm, pickup and delivery position."""


@dataclass(frozen=True, slots=True)
class Insertion:
    """
    A job in the route of a vehicle, not yet part of any solution.

    ``route`` is the whole new route, ``arrival_start`` when the delivery starts, in seconds, and
    ``cost`` that of the whole solution after. ``delayed`` has each job whose delivery starts later
    and by how many seconds; ``harm`` are the seconds by which other promised jobs become later than
    due, or later still.
    """

    job: int
    vehicle: int
    route: Route
    arrival_start: int
    cost: Cost
    delayed: tuple[tuple[int, int], ...]
    harm: int


def best_insertions(problem: Problem, solution: Solution, job: int) -> tuple[Insertion, ...]:
    """
    Returns the cheapest legal insertion of an unassigned job for each vehicle, cheapest first.

    Vehicles that cannot take the job are left out; empty when it fits nowhere. Raises ValueError
    for an unknown job and for one that is in a route.
    """
    ins, tours = _begin(problem, solution, job)
    offers = [(min(places_of(ins, tours, v, job), default=None), v) for v in _vehicles(problem)]
    ranked = sorted((offer, v) for offer, v in offers if offer is not None)
    return _insertions(problem, ins, tours, solution, job, ranked)


def earliest_insertions(problem: Problem, solution: Solution, job: int) -> tuple[Insertion, ...]:
    """
    Returns for each vehicle when it could start the delivery, the earliest start first.

    Of each vehicle the earliest insertion that makes no other promise late: none of the other
    promised jobs is late by it, or later than it was. Where every insertion harms one, the cheapest
    of that vehicle. Vehicles that cannot take the job are left out. Raises ValueError like
    :func:`best_insertions`.
    """
    ins, tours = _begin(problem, solution, job)
    return _insertions(problem, ins, tours, solution, job, _earliest(problem, ins, tours, job))


def earliest_insertion(problem: Problem, solution: Solution, job: int) -> Insertion | None:
    """
    Returns the earliest of :func:`earliest_insertions` that makes no other promise late.

    Where every insertion into every route harms one, the cheapest is returned; None when the job
    fits nowhere. Raises ValueError like :func:`best_insertions`.
    """
    ins, tours = _begin(problem, solution, job)
    found = _earliest(problem, ins, tours, job)
    if not found:
        return None
    harm = len(problem.tiers) + 1
    chosen = next((choice for choice in found if choice[0][harm] == 0), min(found))
    return _insertions(problem, ins, tours, solution, job, [chosen])[0]


def insert(problem: Problem, solution: Solution, jobs: Iterable[int]) -> Solution:
    """
    Returns the solution with unassigned jobs inserted where they are cheapest.

    Promised jobs go first; among them the one that loses most if its best vehicle is taken
    (regret), then the one due earliest. Jobs that fit nowhere stay unassigned, and so does one
    whose every place costs more than leaving it out, as a minor job that would make a promised one
    late. Raises ValueError for an unknown job and for one that is in a route.
    """
    wanted = sorted(set(jobs))
    _check_insertable(problem, solution, wanted)
    if not wanted:
        return solution
    ins = arrays(problem)
    tours = tours_of(ins, solution.routes, len(problem.vehicles))
    left = np.ones(len(wanted), dtype=np.uint8)
    numbers = np.array(wanted, dtype=np.int32)
    given = (*matrices(ins), *timed(tours), ins.weights, ins.missing, ins.allowed)
    longest = int(tours.head[:-1, COUNT].max(initial=0)) + 2 * len(wanted)
    found, rows, room = room_for(ins, longest)
    offers = np.empty((len(wanted), len(problem.vehicles), len(ins.weights) + EXTRA), np.int64)
    fits = np.zeros((len(wanted), len(problem.vehicles)), dtype=np.uint8)
    fill(*given, numbers, left, found, rows, offers, fits, room)
    routes = tuple(route_of(ins, tours.code[v, : tours.head[v, 0]]) for v in _vehicles(problem))
    out = {j for j, still in zip(wanted, left.tolist(), strict=True) if still}
    return Solution(routes, (solution.unassigned - set(wanted)) | out)


def complete(problem: Problem, routes: Sequence[Route]) -> Solution:
    """
    Returns a legal solution from any routes, however broken, with every missing job inserted.

    What is legal keeps its order and its vehicle; the rest, and all that is absent, is inserted
    where it is cheapest or else left unassigned.
    """
    kept = salvage(problem, routes)
    served = {activity.job for route in kept for activity in route}
    missing = frozenset(range(len(problem.jobs))) - served
    return insert(problem, Solution(kept, missing), missing)


def places_of(ins: Instance, tours: Tours, v: int, j: int) -> list[_Offer]:
    """Returns every place of job ``j`` in the route of vehicle ``v``, which is in slot ``v``."""
    if not ins.allowed[j, v]:
        return []
    found, offers, room = room_for(ins, int(tours.head[v, COUNT]))
    given = (*matrices(ins), *timed(tours), ins.weights)
    rows = list_places(*given, v, v, j, found, offers, room)
    return [tuple(row) for row in offers[:rows].tolist()]


def room_for(ins: Instance, elements: int) -> tuple[Longs, Longs, Longs]:
    """Returns room for places, offers and intermediate results of routes so long."""
    # A pickup before or in each element or the end, a delivery behind it.
    places = (elements + 2) ** 2
    return (
        np.empty((places, 11), dtype=np.int64),
        np.empty((places, len(ins.weights) + EXTRA), dtype=np.int64),
        np.empty((5, max(16, len(ins.weights))), dtype=np.int64),
    )


def with_job(problem: Problem, route: Route, j: int, pickup_at: int, delivery_at: int) -> Route:
    """Returns the route with a job inserted at positions of the route as it is."""
    delivery = Activity(j, Kind.DELIVERY)
    if problem.jobs[j].pickup is None:
        return (*route[:delivery_at], delivery, *route[delivery_at:])
    between = route[pickup_at:delivery_at]
    pickup = Activity(j, Kind.PICKUP)
    return (*route[:pickup_at], pickup, *between, delivery, *route[delivery_at:])


def _vehicles(problem: Problem) -> range:
    return range(len(problem.vehicles))


def _check_insertable(problem: Problem, solution: Solution, jobs: Sequence[int]) -> None:
    served = {activity.job for route in solution.routes for activity in route}
    for j in jobs:
        if not 0 <= j < len(problem.jobs):
            raise ValueError(f"Expected a job below {len(problem.jobs)}, got {j}.")
        if j in served:
            raise ValueError(f"Job {problem.jobs[j].name!r} is in a route already.")
    if len(solution.routes) != len(problem.vehicles):
        have, want = len(solution.routes), len(problem.vehicles)
        raise ValueError(f"Expected {want} routes, one per vehicle, got {have}.")


def _begin(problem: Problem, solution: Solution, j: int) -> tuple[Instance, Tours]:
    """Returns the routes timed, one spare slot behind them, for a job that may be inserted."""
    _check_insertable(problem, solution, [j])
    ins = arrays(problem)
    return ins, tours_of(ins, solution.routes, len(problem.vehicles) + 1)


def _earliest(problem: Problem, ins: Instance, tours: Tours, j: int) -> list[tuple[_Offer, int]]:
    """Returns the offer of each vehicle that `earliest_insertions` describes, and the vehicle."""
    start, harm = len(problem.tiers), len(problem.tiers) + 1
    found: list[tuple[_Offer, int]] = []
    for v in _vehicles(problem):
        offers = places_of(ins, tours, v, j)
        harmless = [offer for offer in offers if offer[harm] == 0]
        if harmless:
            found.append((min(harmless, key=lambda offer: (offer[start], offer)), v))
        elif offers:
            found.append((min(offers), v))
    return sorted(found, key=lambda choice: (choice[0][start], choice))


def _base(problem: Problem, ins: Instance, tours: Tours, solution: Solution, j: int) -> Longs:
    """Returns the cost of a solution with job ``j`` left out, by tiers."""
    totals = tours.head[: len(problem.vehicles), TOTAL : TOTAL + ins.weights.shape[1]].sum(axis=0)
    left = sorted(solution.unassigned | {j})
    return np.asarray(ins.weights @ totals + ins.missing[left].sum(axis=0))


def _insertions(
    problem: Problem,
    ins: Instance,
    tours: Tours,
    solution: Solution,
    j: int,
    choices: Sequence[tuple[_Offer, int]],
) -> tuple[Insertion, ...]:
    """Returns offers for job ``j``, each of a vehicle, worked out."""
    base = _base(problem, ins, tours, solution, j)
    return tuple(_insertion(problem, ins, tours, solution, j, base, v, o) for o, v in choices)


def _insertion(
    problem: Problem,
    ins: Instance,
    tours: Tours,
    solution: Solution,
    j: int,
    base: Longs,
    v: int,
    offer: _Offer,
) -> Insertion:
    """Returns an offer worked out: the route, the cost after it, and who waits longer."""
    places = len(problem.tiers)
    route = with_job(problem, solution.routes[v], j, offer[places + 2], offer[places + 3])
    spare = len(problem.vehicles)
    put(ins, tours, spare, v, route)
    before, after = _starts(tours, v), _starts(tours, spare)
    delayed = tuple((k, after[k] - start) for k, start in before.items() if after[k] > start)
    whole: Cost = tuple((base - ins.missing[j] + offer[:places]).tolist())
    if any(measure is Measure.DISTANCE for tier in problem.tiers for measure, _ in tier):
        # The kernels know no metres.
        routes = (*solution.routes[:v], route, *solution.routes[v + 1 :])
        whole = cost(problem, Solution(routes, solution.unassigned - {j}))
    return Insertion(j, v, route, offer[places], whole, delayed, harm=offer[places + 1])


def _starts(tours: Tours, slot: int) -> dict[int, int]:
    """Returns the start of each delivery of a route by job, in seconds."""
    elements = tours.element[slot, : tours.head[slot, COUNT]]
    drops = elements[elements[:, JOB] >= 0]
    return dict(zip(drops[:, JOB].tolist(), drops[:, START].tolist(), strict=True))
