"""
Ruin and insert: takes a few related jobs out and puts them back where they are cheapest.

It knows the true cost, which the OR-Tools model only approaches.

References
----------
G. Schrimpf, J. Schneider, H. Stamm-Wilbrandt, G. Dueck (2000). Record breaking optimization results
using the ruin and recreate principle. Journal of Computational Physics 159(2), 139-171.
https://doi.org/10.1006/jcph.1999.6413

J. Christiaens, G. Vanden Berghe (2020). Slack induction by string removals for vehicle routing
problems. Transportation Science 54(2), 417-433. https://doi.org/10.1287/trsc.2019.0914
"""

from __future__ import annotations

import heapq
import random
from functools import lru_cache
from typing import TYPE_CHECKING

from solver.insertion import cheapest
from solver.positions import with_job
from solver.solution import Solution
from solver.tables import left_out_price, tables
from solver.track import make_track

if TYPE_CHECKING:
    from collections.abc import Callable

    from solver.positions import Position
    from solver.problem import Problem
    from solver.search import Bound
    from solver.track import Track

_MOST_REMOVED = 6
"""How many jobs one move takes out at most."""

_BLINK = 0.02
"""Chance of overlooking a route during insertion, as in Christiaens and Vanden Berghe."""


def ruin_and_insert(problem: Problem, start: Solution, bound: Bound, seed: int) -> Solution:
    """Returns a legal solution at most as costly as ``start``; a step is one move tried."""
    rng = random.Random(seed)

    # Tracks that a move leaves alone stay the same objects, and so do their offers.
    @lru_cache(maxsize=50_000)
    def offer(track: Track, j: int) -> Position | None:
        return cheapest(problem, track, j)

    tracks = [make_track(problem, v, route) for v, route in enumerate(start.routes)]
    missing = set(start.unassigned)
    price = _price(problem, tracks, missing)
    step = 0
    while problem.jobs and not bound.reached(step):
        step += 1
        removed = _related(problem, tracks, rng) | missing
        tried = _without(problem, tracks, removed)
        left = _put_back(problem, tried, removed, offer, rng, bound)
        tried_price = _price(problem, tried, left)
        if tried_price <= price and all(track.is_legal for track in tried):
            tracks, missing, price = tried, left, tried_price
    return Solution(tuple(track.route for track in tracks), frozenset(missing))


def _price(problem: Problem, tracks: list[Track], missing: set[int]) -> int:
    table = tables(problem)
    left_out = sum(left_out_price(table, problem.jobs[j]) for j in missing)
    return sum(track.price for track in tracks) + left_out


def _related(problem: Problem, tracks: list[Track], rng: random.Random) -> set[int]:
    """Returns some jobs near to each other, in delivery or in one route."""
    size = rng.randint(1, min(_MOST_REMOVED, len(problem.jobs)))
    seed = rng.randrange(len(problem.jobs))
    if rng.random() < 0.5:
        for track in tracks:
            jobs = list(dict.fromkeys(activity.job for activity in track.route))
            if seed in jobs:
                first = max(0, jobs.index(seed) - rng.randrange(size))
                return {seed, *jobs[first : first + size]}
    table = tables(problem)
    ride = table.durations[table.drops[seed].location]
    ways = ((ride[drop.location], j) for j, drop in enumerate(table.drops))
    return {j for _, j in heapq.nsmallest(size, ways)}


def _without(problem: Problem, tracks: list[Track], removed: set[int]) -> list[Track]:
    """Returns the tracks without some jobs; those that have none of them are the same objects."""
    routes = [tuple(a for a in track.route if a.job not in removed) for track in tracks]
    return [
        track if len(route) == len(track.route) else make_track(problem, track.vehicle, route)
        for track, route in zip(tracks, routes, strict=True)
    ]


def _put_back(
    problem: Problem,
    tracks: list[Track],
    removed: set[int],
    offer: Callable[[Track, int], Position | None],
    rng: random.Random,
    bound: Bound,
) -> set[int]:
    """Inserts jobs into ``tracks`` one by one where they are cheapest; returns those left out."""
    order = sorted(removed)
    rng.shuffle(order)
    if rng.random() < 0.5:
        order.sort(key=lambda j: tables(problem).drops[j].due)
    left: set[int] = set()
    for j in order:
        offered = [
            (position, v)
            for v, track in enumerate(tracks)
            if rng.random() >= _BLINK and (position := offer(track, j)) is not None
        ]
        if not offered or bound.reached(-1):
            left.add(j)
            continue
        position, v = min(offered)
        tracks[v] = make_track(problem, v, with_job(problem, tracks[v].route, j, position))
    return left
