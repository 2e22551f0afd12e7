"""
The part of a frozen problem that every peer can express by itself: shipments with hard windows.

All goods wait at the store, nobody is bound to a courier, and the cost is the seconds ridden. A
deadline becomes the latest start of the delivery; where the reference routes are later, their start
and some minutes more. Those routes are hence a solution that serves everybody.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from solver.problem import PROMISED, TRAVEL_TIERS, Job, Problem, Task, TimeWindow
from solver.solution import Activity, Kind, Route, Solution, delivery_starts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.freeze_files import Frozen


GRACE_S = 900
"""
Seconds after the reference's start of a delivery that cannot be in time.

Goods that were on board are far from the store: about half of all deliveries are widened. Bound to
the very second they would leave nobody a move.
"""


def unbound(problem: Problem, new: int) -> Problem:
    """
    Returns a dispatch problem with what is on board moved back to the store, and nobody bound.

    The counter is where job ``new`` is picked up. Due times and tiers stay as they are.
    """
    pickup = problem.jobs[new].pickup
    assert pickup is not None, "A new order waits at its store."
    counter = replace(pickup, window=TimeWindow())
    jobs = tuple(
        replace(job, pickup=job.pickup or counter, vehicles=None, planned=None, carrier=None)
        for job in problem.jobs
    )
    vehicles = tuple(replace(vehicle, next_location=None) for vehicle in problem.vehicles)
    return replace(problem, vehicles=vehicles, jobs=jobs)


def unbound_routes(problem: Problem, routes: Sequence[Route]) -> tuple[Route, ...]:
    """Returns routes of a dispatch problem for the unbound one: what was on board is loaded."""
    aboard = {j for j, job in enumerate(problem.jobs) if job.pickup is None}
    return tuple(
        (*(Activity(a.job, Kind.PICKUP) for a in route if a.job in aboard), *route)
        for route in routes
    )


def common_problem(frozen: Frozen) -> Problem:
    """Returns the problem with hard windows that the reference routes of a frozen one keep."""
    soft = unbound(frozen.problem, frozen.new)
    starts = delivery_starts(soft, frozen.reference)
    jobs = tuple(_with_hard_window(job, starts[j]) for j, job in enumerate(soft.jobs))
    return replace(soft, jobs=jobs, tiers=TRAVEL_TIERS, joint_loading=False)


def common_start(frozen: Frozen) -> Solution:
    """Returns the reference routes without the newcomer: the published plan of this part."""
    routes = tuple(tuple(a for a in r if a.job != frozen.new) for r in frozen.reference)
    return Solution(routes, frozenset((frozen.new,)))


def _with_hard_window(job: Job, start: int) -> Job:
    """A load stop that starts as one is never earlier than pickups one by one: the start holds."""
    task = job.delivery
    late = task.due if task.due is not None and start <= task.due else start + GRACE_S
    window = TimeWindow(task.window.early, min(task.window.late, late))
    delivery = Task(task.location, window, task.service_duration)
    return replace(job, delivery=delivery, rank=PROMISED)
