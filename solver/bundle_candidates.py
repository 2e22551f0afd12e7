"""One vehicle of the exact lane before its bundles: its fixed rest, priced and bounded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from solver.bundle_arrays import Trip, trip_of
from solver.bundle_kernels import closure, least_prices, prefixes, tails
from solver.bundle_prices import Pair, plus

if TYPE_CHECKING:
    from solver.bundle_jobs import FreeJobs
    from solver.bundle_prices import Prices
    from solver.problem import Problem
    from solver.solution import Route

Array = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One vehicle before its bundles: its fixed rest, bounds, and the prices of two columns."""

    trip: Trip
    prefix: Array
    tail: Array
    shortest: Array
    riding: Array
    least: Pair
    job_prices: Array
    kept_mask: int
    kept_price: Pair
    rest_price: Pair | None


def candidate_of(
    problem: Problem, prices: Prices, jobs: FreeJobs, v: int, route: Route
) -> Candidate:
    places = {j: i for i, j in enumerate(jobs.free)}
    rest = tuple(a for a in route if a.job not in places)
    trip = trip_of(problem, prices, v, rest, jobs.free, jobs.stores)
    n, rates = len(jobs.free), jobs.rates
    prefix = prefixes(n, trip.travel, trip.arc, trip.table, trip.fixed, rates, trip.begin)
    rest_price = _whole_price(prices, trip, prefix)
    kept_price = rest_price
    if len(rest) < len(route):
        whole = trip_of(problem, prices, v, route, (), ())
        ridden = prefixes(0, whole.travel, whole.arc, whole.table, whole.fixed, rates, trip.begin)
        kept_price = _whole_price(prices, whole, ridden)
    assert kept_price is not None, "The start is legal."
    shortest = closure(trip.travel)
    riding = np.array(prices.of(busy=1, travel=1), dtype=np.int64)
    sure = riding if rest else np.array(prices.of(busy=1), dtype=np.int64)
    tail = tails(n, shortest, trip.table, trip.fixed, rates, sure, trip.begin)
    least = least_prices(n, shortest, trip.table, trip.fixed, jobs.pickups, rates, trip.begin)
    prefix[:, 1:3] += np.array(trip.used)
    prefix[1:, 1:3] += np.array(trip.set_out)
    used = trip.used if rest else (0, 0)
    whole_tail = plus((int(tail[-1, 0]), int(tail[-1, 1])), used)
    mask = sum({1 << places[a.job] for a in route if a.job in places})
    return Candidate(
        trip, prefix, tail, shortest, riding, whole_tail, least, mask, kept_price, rest_price
    )


def _whole_price(prices: Prices, trip: Trip, prefix: Array) -> Pair | None:
    """Returns the price of the elements alone; None where they are not in time."""
    end = len(trip.travel) - 1
    if not trip.elements:
        ride = int(trip.travel[end - 1, end])
        return plus(prices.of(busy=ride), trip.set_out)
    at = len(trip.table) - 1
    if prefix[-1, 0] < 0 or prefix[-1, 0] + trip.travel[at, end] > trip.latest:
        return None
    ridden = (int(prefix[-1, 1] + trip.arc[at, end, 0]), int(prefix[-1, 2] + trip.arc[at, end, 1]))
    return plus(ridden, trip.used, trip.set_out)
