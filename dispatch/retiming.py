"""
When couriers really come: fixed routes timed with the band of the day at each arrival.

A problem has one matrix, that of the band it is planned with. A plan is published with the times
that its routes take in the bands they are driven in: a leg takes what it takes in the band in which
it ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dispatch.band_times import band_during
from dispatch.city import City
from dispatch.places import Place
from solver.problem import FOREVER
from solver.solution import Timetable, Visit, load_stops

if TYPE_CHECKING:
    from collections.abc import Callable

    from dispatch.model import Model
    from solver.problem import Problem
    from solver.solution import Route

CUT_OFF_S = FOREVER
"""Stands for the seconds where there is no way: longer than every shift."""


@dataclass(frozen=True, slots=True, eq=False)
class Travel:
    """
    The seconds between some places, band by band, each asked of the city once.

    To be used while the city's travel epoch is the one it was made in.
    """

    city: City
    places: tuple[Place, ...]
    known: dict[str, NDArray[np.int64]] = field(default_factory=dict)

    def seconds(self, band: str) -> NDArray[np.int64]:
        """Returns the seconds from place to place in a band, CUT_OFF_S without a way: (n, n)."""
        if band not in self.known:
            times = self.city.travel_times(self.places, band, CUT_OFF_S)
            self.known[band] = times.astype(np.int64)
        return self.known[band]

    def arrival(self, a: int, b: int, departs_at: int) -> tuple[int, str]:
        """
        Returns when who leaves place ``a`` arrives at ``b``, and the band of that moment.

        Without a way it is CUT_OFF_S later. Moments are Unix seconds.
        """
        return arrival(departs_at, self.city.timezone, lambda band: int(self.seconds(band)[a, b]))


def arrival(departs_at: int, timezone: str, takes: Callable[[str], int]) -> tuple[int, str]:
    """
    Returns when a way ends that takes so many seconds in each band, and the band of that moment.

    Who would arrive after the end of a band by its time, and before the beginning of the next by
    that of the next, arrives as that begins. So nobody arrives earlier by leaving later (the
    non-passing property: S. Ichoua, M. Gendreau, J.-Y. Potvin (2003), *Vehicle dispatching with
    time-dependent travel times*, European Journal of Operational Research 144(2), 379-396,
    https://doi.org/10.1016/S0377-2217(02)00147-9).
    """
    since = departs_at
    while True:
        band, until = band_during(since, timezone)
        seconds = takes(band)
        at = max(since, departs_at + seconds)
        if at < until or seconds >= CUT_OFF_S:
            return at, band
        since = until


# The same routes are timed for the quote, for other promises and for the plan: most do not change.
@lru_cache(maxsize=256)
def retimed(model: Model, vehicle: int, route: Route) -> Timetable:
    """
    Returns the earliest times of a route with the band at each arrival, in seconds from planning.

    Waiting, services and load stops are those of `solver.solution.schedule`. Hard limits are not
    looked at: the judge did, with the matrix of the problem.
    """
    problem, now = model.problem, model.now
    here, clock = problem.vehicles[vehicle].start, problem.vehicles[vehicle].shift.early
    visits: list[Visit] = []
    for activity, early in zip(route, _ready(problem, route), strict=True):
        task = activity.task(problem)
        arrives = model.travel.arrival(here, task.location, now + clock)[0] - now
        start = max(arrives, early)
        here, clock = task.location, start + task.service_duration
        visits.append(Visit(activity, arrives, start, clock))
    end = problem.vehicles[vehicle].end
    back = clock if end is None else model.travel.arrival(here, end, now + clock)[0] - now
    return Timetable(tuple(visits), back)


def _ready(problem: Problem, route: Route) -> list[int]:
    """Returns the earliest start of each activity: what is loaded together starts together."""
    ready = [activity.task(problem).window.early for activity in route]
    for first, last in load_stops(problem, route):
        ready[first:last] = [max(ready[first:last])] * (last - first)
    return ready
