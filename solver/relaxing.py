"""
Whether a job finds a place in the route of the only vehicle of a problem, some limits relaxed.

Every place is really tried: by a compiled insertion that knows every feature of the problem,
by plain insertion where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from solver import broad, plain
from solver.arrays import (
    CAPACITY,
    DELIVERY_LATE,
    LOAD,
    MOST_TASKS,
    PICKUP_LATE,
    SHIFT_LATE,
    arrays,
)
from solver.check import violations
from solver.features import declined
from solver.insertion import best_insertions, places_of
from solver.problem import FOREVER, PROMISED, Break, Problem, TimeWindow
from solver.resting import with_breaks
from solver.solution import Kind, Solution, cost, schedule
from solver.tours import tours_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from solver.arrays import Instance
    from solver.problem import Job, Task, Vehicle
    from solver.solution import Route

LIMITS = (
    "capacity",
    "max_tasks",
    "window",
    "shift",
    "travel",
    "distance",
    "break",
    "break_load",
)
"""The hard limits that can be relaxed, in the order in which they are tried."""

_IN_ARRAYS = frozenset(LIMITS[:4])
"""Those that the compiled insertion knows."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One vehicle, its route without a job, and the job that is to find a place in it."""

    problem: Problem
    rest: Solution
    job: int
    is_compiled: bool

    def has_place(self, relaxed: Mapping[str, int]) -> bool:
        """Returns whether the job can be inserted with limits relaxed by as much as given."""
        if self.is_compiled:
            if not relaxed.keys() <= _IN_ARRAYS:
                relaxed = {kind: by for kind, by in relaxed.items() if kind in _IN_ARRAYS}
            ins = _loosened(arrays(self.problem), relaxed)
            return bool(places_of(ins, tours_of(ins, self.rest.routes, 1), 0, self.job))
        problem, (route,) = self.loosened(relaxed), self.rest.routes
        if broad.knows(problem):
            return broad.has_place(problem, 0, route, self.job)
        return next(plain.places_of(problem, 0, route, self.job), None) is not None

    def fit(self, relaxed: Mapping[str, int]) -> Route | None:
        """Returns the cheapest route with the job and limits relaxed, if the judge agrees to it."""
        problem = self.loosened(relaxed)
        if self.is_compiled:
            routes = [found.route for found in best_insertions(problem, self.rest, self.job)]
        else:
            routes = list(plain.places_of(problem, 0, self.rest.routes[0], self.job))
        best = min(routes, key=lambda route: cost(problem, self.with_route(route)), default=None)
        if best is None or violations(problem, self.with_route(best)):
            return None
        return best

    def broken(self, route: Route) -> tuple[str, ...]:
        """Returns what a route breaks in the problem as it is, in the words of the judge."""
        return violations(self.problem, self.with_route(route))

    def with_route(self, route: Route) -> Solution:
        """Returns the solution of this route, the job assigned."""
        return Solution((route,), self.rest.unassigned - {self.job})

    def lateness(self) -> tuple[int, int]:
        """
        Returns by how much the job, and others because of it, must be late, in seconds.

        Of all places that with the least sum; there must be one.
        """
        return min(self._latenesses(), key=lambda choice: (sum(choice), choice))

    def _latenesses(self) -> Iterable[tuple[int, int]]:
        if all(job.delivery.due is None for job in self.problem.jobs):
            yield 0, 0
            return
        due = self.problem.jobs[self.job].delivery.due
        latest = FOREVER if due is None else due
        if self.is_compiled:
            ins, places = arrays(self.problem), len(self.problem.tiers)
            for offer in places_of(ins, tours_of(ins, self.rest.routes, 1), 0, self.job):
                yield max(0, offer[places] - latest), offer[places + 1]
            return
        (route,) = self.rest.routes
        before = _late_by(self.problem, with_breaks(self.problem, 0, route) or route)
        for longer in plain.places_of(self.problem, 0, route, self.job):
            after = _late_by(self.problem, longer)
            harm = sum(
                max(0, after[j] - late) for j, late in before.items() if _is_promise(self, j)
            )
            yield after[self.job], harm

    def loosened(self, by: Mapping[str, int]) -> Problem:
        """Returns the problem with limits relaxed by as many units or seconds as given."""
        if not by:
            return self.problem
        (vehicle,) = self.problem.vehicles
        more = by.get("window", 0)
        jobs = tuple(_longer_open(job, more) for job in self.problem.jobs)
        return replace(self.problem, vehicles=(_freer(vehicle, by),), jobs=jobs)


def trial(problem: Problem, rest: Solution, job: int) -> Trial:
    """Returns the trial of a job on the only vehicle of a problem, whose route lacks it."""
    return Trial(problem, rest, job, is_compiled=not declined(problem))


def _is_promise(of: Trial, j: int) -> bool:
    return of.problem.jobs[j].rank == PROMISED


def _late_by(problem: Problem, route: Route) -> dict[int, int]:
    """Returns by how many seconds each job of a route is late."""
    dues = {
        visit.activity.job: (problem.jobs[visit.activity.job].delivery.due, visit.start)
        for visit in schedule(problem, 0, route).visits
        if visit.activity.kind is Kind.DELIVERY
    }
    return {j: 0 if due is None else max(0, start - due) for j, (due, start) in dues.items()}


def _loosened(ins: Instance, by: Mapping[str, int]) -> Instance:
    """Returns the arrays with limits relaxed; `Trial.loosened` does the same to the problem."""
    job, vehicle = ins.job.copy(), ins.vehicle.copy()
    amounts = (job.shape[1] - LOAD) // 2
    job[:, [PICKUP_LATE, DELIVERY_LATE]] += by.get("window", 0)
    vehicle[:, SHIFT_LATE] += by.get("shift", 0)
    vehicle[:, MOST_TASKS] += by.get("max_tasks", 0)
    vehicle[:, CAPACITY : CAPACITY + amounts] += by.get("capacity", 0)
    return replace(ins, job=job, vehicle=vehicle)


def _freer(vehicle: Vehicle, by: Mapping[str, int]) -> Vehicle:
    """Returns the vehicle with its own limits relaxed."""
    shift = TimeWindow(vehicle.shift.early, vehicle.shift.late + by.get("shift", 0))
    more, room = by.get("break", 0), by.get("break_load", 0)
    breaks = tuple(
        Break(rest.name, _longer(rest.windows, more), rest.duration, _raised(rest.max_load, room))
        for rest in vehicle.breaks
    )
    return replace(
        vehicle,
        capacity=_raised(vehicle.capacity, by.get("capacity", 0)),
        shift=shift,
        max_tasks=_more(vehicle.max_tasks, by.get("max_tasks", 0)),
        max_travel=_more(vehicle.max_travel, by.get("travel", 0)),
        max_distance=_more(vehicle.max_distance, by.get("distance", 0)),
        breaks=breaks,
    )


def _more(limit: int | None, by: int) -> int | None:
    return None if limit is None else limit + by


def _raised(amounts: tuple[int, ...], by: int) -> tuple[int, ...]:
    return tuple(amount + by for amount in amounts)


def _longer_open(job: Job, more: int) -> Job:
    """Returns the job with windows that end ``more`` seconds later."""
    if not more:
        return job

    def longer(task: Task) -> Task:
        first, *later = _longer(task.windows, more)
        return replace(task, window=first, later_windows=tuple(later))

    pickup = None if job.pickup is None else longer(job.pickup)
    return replace(job, pickup=pickup, delivery=longer(job.delivery))


def _longer(windows: Iterable[TimeWindow], more: int) -> tuple[TimeWindow, ...]:
    """Returns windows that end ``more`` seconds later, as one where they then meet."""
    found: list[TimeWindow] = []
    for window in windows:
        late = window.late + more
        if found and window.early <= found[-1].late:
            found[-1] = TimeWindow(found[-1].early, late)
        else:
            found.append(TimeWindow(window.early, late))
    return tuple(found)
