"""
What the OR-Tools model counts along a route: time, and jobs that change their vehicle.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from solver.problem import FOREVER, PROMISED, Measure
from solver.solution import Activity, Kind, delivery_starts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solver.legs import Legs
    from solver.problem import Job, Problem
    from solver.solution import Solution


def add_time(
    problem: Problem,
    routing: Any,
    indices: dict[Activity, int],
    legs: Legs,
    start: Solution,
    weights: dict[Measure, int],
) -> None:
    """Adds the times of services: bounded by windows and dues, priced when late or completed."""
    known: dict[tuple[int, int], int] = {}
    for v in range(len(problem.vehicles)):
        if legs.kind(v) not in known:
            seconds = legs.between(problem.durations_of(v)) + legs.work(v)
            known[legs.kind(v)] = routing.RegisterTransitMatrix(seconds.tolist())
    transits = [known[legs.kind(v)] for v in range(len(problem.vehicles))]
    routing.AddDimensionWithVehicleTransits(transits, FOREVER, 2 * FOREVER, False, "time")
    time = routing.GetDimensionOrDie("time")
    for v, vehicle in enumerate(problem.vehicles):
        time.CumulVar(routing.Start(v)).SetValue(vehicle.shift.early)
        rides = problem.durations_of(v)
        # A vehicle without jobs may come home after its shift: the judge looks at the others.
        home = 0 if vehicle.end is None else int(rides[vehicle.start, vehicle.end])
        time.CumulVar(routing.End(v)).SetMax(max(vehicle.shift.late, vehicle.shift.early + home))
    planned = delivery_starts(problem, start.routes)
    for node, (activity, index) in enumerate(indices.items()):
        task = activity.task(problem)
        # With a setup on the way here the time is that of its end: the window moves along.
        setup = legs.shared_setup(node)
        late = task.windows[-1].late + setup
        if activity.kind is Kind.DELIVERY:
            job = problem.jobs[activity.job]
            late = min(late, setup + _latest_start(job, planned.get(activity.job), weights))
            _price_start(time, index, job, late - setup, weights)
        time.CumulVar(index).SetRange(task.window.early, late)
        closed = [
            (one.late + setup + 1, other.early - 1)
            for one, other in pairwise(task.windows)
            if one.late + setup + 1 < other.early
        ]
        if closed:
            # Taking them out of the domain takes each second by itself: 30 ms for an hour in 1/100.
            starts, ends = [first for first, _ in closed], [last for _, last in closed]
            solver = routing.solver()
            solver.Add(solver.NotMemberCt(time.CumulVar(index), starts, ends))


def _latest_start(job: Job, planned: int | None, weights: dict[Measure, int]) -> int:
    """
    Returns the limit that keeps a job on time if it is, and no later than planned if it is late.

    A job not yet planned is not limited: to serve it late beats to leave it out.
    """
    promised = (Measure.LATE, Measure.LATENESS) if job.rank == PROMISED else (Measure.LATE_MINOR,)
    if job.delivery.due is None or planned is None or not any(weights[name] for name in promised):
        return FOREVER
    return max(job.delivery.due, planned)


def _price_start(time: Any, index: int, job: Job, late: int, weights: dict[Measure, int]) -> None:
    """Prices the start of a delivery: by lateness where it may be late, else by completion."""
    if job.rank != PROMISED:
        return
    # A dimension holds one slope per node; lateness outweighs completion by far.
    due = job.delivery.due
    if due is not None and due < late and weights[Measure.LATENESS]:
        time.SetCumulVarSoftUpperBound(index, max(0, due), weights[Measure.LATENESS])
    elif weights[Measure.COMPLETION]:
        time.SetCumulVarSoftUpperBound(index, 0, weights[Measure.COMPLETION])


def add_changes(
    problem: Problem, routing: Any, nodes: Sequence[Activity], weights: dict[Measure, int]
) -> None:
    """Prices jobs on another vehicle than planned: a dimension counts them along each route."""
    planned = [problem.jobs[a.job].planned if a.kind is Kind.DELIVERY else None for a in nodes]
    if not weights[Measure.MOVED] or not any(v is not None for v in planned):
        return
    num_vehicles = len(problem.vehicles)
    ends = [0] * 2 * num_vehicles
    transits = [
        routing.RegisterUnaryTransitVector([int(p is not None and p != v) for p in planned] + ends)
        for v in range(num_vehicles)
    ]
    routing.AddDimensionWithVehicleTransits(transits, 0, len(nodes), True, "moved")
    moved = routing.GetDimensionOrDie("moved")
    for v in range(num_vehicles):
        moved.SetSpanCostCoefficientForVehicle(weights[Measure.MOVED], v)
