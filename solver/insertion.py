"""
Cheapest insertion into partial routes: the instant answer, the quote and the start of every search.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from solver.positions import positions, with_job
from solver.problem import PROMISED
from solver.salvage import salvage
from solver.solution import Cost, Route, Solution
from solver.tables import NEVER, as_cost, left_out_price, tables
from solver.track import make_track

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from solver.positions import Position
    from solver.problem import Problem
    from solver.track import Track


@dataclass(frozen=True, slots=True)
class Insertion:
    """
    A job in the route of a vehicle, not yet part of any solution.

    ``route`` is the whole new route, ``arrival_start`` when the delivery starts, in seconds, and
    ``cost`` that of the whole solution after. ``delayed`` has each job whose delivery starts later
    and by how many seconds.
    """

    job: int
    vehicle: int
    route: Route
    arrival_start: int
    cost: Cost
    delayed: tuple[tuple[int, int], ...]


def best_insertions(problem: Problem, solution: Solution, job: int) -> tuple[Insertion, ...]:
    """
    Returns the cheapest legal insertion of an unassigned job for each vehicle, cheapest first.

    Vehicles that cannot take the job are left out; empty when it fits nowhere. Raises ValueError
    for an unknown job and for one that is in a route.
    """
    tracks = _tracks(problem, solution, job)
    offers = [(cheapest(problem, track, job), track.vehicle) for track in tracks]
    ranked = sorted((position, v) for position, v in offers if position is not None)
    base = _base_price(problem, solution, tracks, job)
    return tuple(_insertion(problem, tracks, job, base, v, p) for p, v in ranked)


def earliest_insertion(problem: Problem, solution: Solution, job: int) -> Insertion | None:
    """
    Returns the insertion with the earliest start of delivery that makes no other promise late.

    None of the other promised jobs is late by it, or later than it was. Where every insertion harms
    one, the cheapest is returned; None when the job fits nowhere. Raises ValueError like
    :func:`best_insertions`.
    """
    tracks = _tracks(problem, solution, job)
    found = [(p, t.vehicle) for t in tracks for p in positions(problem, t, job)]
    if not found:
        return None
    harmless = [(p, v) for p, v in found if p.harm == 0]
    position, v = min(harmless, key=lambda pair: (pair[0].start, pair)) if harmless else min(found)
    base = _base_price(problem, solution, tracks, job)
    return _insertion(problem, tracks, job, base, v, position)


def insert(problem: Problem, solution: Solution, jobs: Iterable[int]) -> Solution:
    """
    Returns the solution with unassigned jobs inserted where they are cheapest.

    Promised jobs go first; among them the one that loses most if its best vehicle is taken
    (regret), then the one due earliest. Jobs that fit nowhere stay unassigned, and so does one
    whose every place costs more than leaving it out, as a minor job that would make a promised one
    late. Raises ValueError for an unknown job and for one that is in a route.
    """
    left = set(jobs)
    for j in left:
        _check_insertable(problem, solution, j)
    tracks = [make_track(problem, v, route) for v, route in enumerate(solution.routes)]
    offers = {j: [_worthwhile(problem, track, j) for track in tracks] for j in sorted(left)}
    while fitting := [j for j in offers if any(offers[j])]:
        j = min(fitting, key=lambda j: _urgency(problem, j, offers[j]))
        position, v = min((p, v) for v, p in enumerate(offers.pop(j)) if p is not None)
        tracks[v] = make_track(problem, v, with_job(problem, tracks[v].route, j, position))
        for other, offered in offers.items():
            offered[v] = _worthwhile(problem, tracks[v], other)
    routes = tuple(track.route for track in tracks)
    return Solution(routes, (solution.unassigned - left) | set(offers))


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


def cheapest(problem: Problem, track: Track, j: int) -> Position | None:
    """Returns the cheapest way to insert job ``j`` into the route of a track, None if none fits."""
    return min(positions(problem, track, j), default=None)


def _worthwhile(problem: Problem, track: Track, j: int) -> Position | None:
    """Returns the cheapest way to insert a job that is cheaper than leaving it out."""
    position = cheapest(problem, track, j)
    return position if position is not None and position.price < 0 else None


def _urgency(problem: Problem, j: int, offered: list[Position | None]) -> tuple[int, int, int, int]:
    """Returns what is least for the job to insert next: rank, negative regret, due, index."""
    prices = sorted(position.price for position in offered if position is not None)
    # A job with one vehicle left loses more than any price: all tiers lie below this.
    only = 1 << 64 * (len(problem.tiers) + 1)
    regret = prices[1] - prices[0] if len(prices) > 1 else only
    due = problem.jobs[j].delivery.due
    return problem.jobs[j].rank != PROMISED, -regret, NEVER if due is None else due, j


def _check_insertable(problem: Problem, solution: Solution, j: int) -> None:
    if not 0 <= j < len(problem.jobs):
        raise ValueError(f"Expected a job below {len(problem.jobs)}, got {j}.")
    if any(activity.job == j for route in solution.routes for activity in route):
        raise ValueError(f"Job {problem.jobs[j].name!r} is in a route already.")
    if len(solution.routes) != len(problem.vehicles):
        have, want = len(solution.routes), len(problem.vehicles)
        raise ValueError(f"Expected {want} routes, one per vehicle, got {have}.")


def _tracks(problem: Problem, solution: Solution, j: int) -> list[Track]:
    """Returns the tracks of all routes, for a job that may be inserted into them."""
    _check_insertable(problem, solution, j)
    return [make_track(problem, v, route) for v, route in enumerate(solution.routes)]


def _base_price(problem: Problem, solution: Solution, tracks: list[Track], j: int) -> int:
    """Returns the price of a solution with job ``j`` left out."""
    table = tables(problem)
    left_out = (left_out_price(table, problem.jobs[k]) for k in solution.unassigned | {j})
    return sum(track.price for track in tracks) + sum(left_out)


def _insertion(
    problem: Problem, tracks: list[Track], j: int, base: int, v: int, position: Position
) -> Insertion:
    """Returns a position worked out: the route, the cost after it, and who waits longer."""
    route = with_job(problem, tracks[v].route, j, position)
    before = _starts(tracks[v])
    after = _starts(make_track(problem, v, route))
    delayed = tuple((k, after[k] - start) for k, start in before.items() if after[k] > start)
    cost = as_cost(base + position.price, len(problem.tiers))
    return Insertion(j, v, route, position.start, cost, delayed)


def _starts(track: Track) -> dict[int, int]:
    """Returns the start of each delivery of a route by job, in seconds."""
    route = track.route
    return {route[x.at].job: x.start for x in track.elements if x.drop is not None}
