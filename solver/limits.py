"""The limits of vehicles in the OR-Tools model: loads, tasks, riding, metres and breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from solver.problem import FOREVER
from solver.solution import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solver.legs import Legs
    from solver.problem import Problem, Vehicle
    from solver.solution import Activity


def add_capacity(problem: Problem, routing: Any, nodes: Sequence[Activity]) -> None:
    """Adds loads, dimension by dimension; a vehicle that starts overloaded may deliver that."""
    for d in range(problem.dimensions):
        _add_loads(problem, routing, nodes, d)


def _add_loads(problem: Problem, routing: Any, nodes: Sequence[Activity], d: int) -> None:
    jobs, num_vehicles = problem.jobs, len(problem.vehicles)
    ends = [0] * 2 * num_vehicles
    loads, given = [], []
    for activity in nodes:
        job = jobs[activity.job]
        amount = job.load[d] if job.load else 0
        is_pickup = activity.kind is Kind.PICKUP
        collected = job.collected[d] if job.collected and not is_pickup else 0
        loads.append(amount if is_pickup else collected - amount)
        is_open = job.pickup is None and job.carrier is None
        given.append(-amount if is_open else 0)
    bound = [
        sum(job.load[d] for job in jobs if job.carrier == v and job.load)
        for v in range(num_vehicles)
    ]
    rooms = [
        max(vehicle.capacity[d] if vehicle.capacity else FOREVER, bound[v])
        for v, vehicle in enumerate(problem.vehicles)
    ]
    name = f"load {d}"
    transit = routing.RegisterUnaryTransitVector(loads + ends)
    routing.AddDimensionWithVehicleCapacity(transit, 0, rooms, False, name)
    load = routing.GetDimensionOrDie(name)
    for v, room in enumerate(rooms):
        load.CumulVar(routing.Start(v)).SetRange(bound[v], room if any(given) else bound[v])
    if any(given) and any(any(job.collected) for job in jobs):
        _add_given(routing, load, given + ends, bound, d)


def _add_given(routing: Any, load: Any, given: list[int], bound: list[int], d: int) -> None:
    """Forbids to deliver what was collected: all that is delivered is on board at the start."""
    name = f"given {d}"
    transit = routing.RegisterUnaryTransitVector(given)
    routing.AddDimension(transit, 0, FOREVER, False, name)
    left = routing.GetDimensionOrDie(name)
    for v, amount in enumerate(bound):
        left.CumulVar(routing.End(v)).SetValue(0)
        at_start = load.CumulVar(routing.Start(v))
        routing.solver().Add(at_start == left.CumulVar(routing.Start(v)) + amount)


def add_limits(problem: Problem, routing: Any, legs: Legs) -> None:
    """Adds the most tasks, seconds of riding and metres of each route, where any is bounded."""
    vehicles = problem.vehicles
    if any(vehicle.max_tasks is not None for vehicle in vehicles):
        ends = [0] * 2 * len(vehicles)
        transit = routing.RegisterUnaryTransitVector([1] * legs.num_tasks + ends)
        most = [FOREVER if v.max_tasks is None else v.max_tasks for v in vehicles]
        routing.AddDimensionWithVehicleCapacity(transit, 0, most, True, "tasks")
    for name, limits, matrices in (
        ("travel", [v.max_travel for v in vehicles], problem.durations_of),
        ("distance", [v.max_distance for v in vehicles], problem.distances_of),
    ):
        if all(limit is None for limit in limits):
            continue
        transits, rooms = [], []
        known: dict[int, int] = {}
        for v, vehicle in enumerate(vehicles):
            matrix = matrices(v)
            if vehicle.profile not in known:
                rows = legs.between(problem.durations * 0 if matrix is None else matrix).tolist()
                known[vehicle.profile] = routing.RegisterTransitMatrix(rows)
            transits.append(known[vehicle.profile])
            # An unused vehicle may ride home further than that.
            home = 0
            if matrix is not None and vehicle.end is not None:
                home = int(matrix[vehicle.start, vehicle.end])
            limit = limits[v]
            rooms.append(FOREVER if limit is None else max(limit, home))
        routing.AddDimensionWithVehicleTransitAndCapacity(transits, 0, rooms, True, name)


def add_breaks(problem: Problem, routing: Any, legs: Legs) -> None:
    """Adds the breaks of vehicles to the dimension of time: within a ride, or between visits."""
    if not any(vehicle.breaks for vehicle in problem.vehicles):
        return
    solver, time = routing.solver(), routing.GetDimensionOrDie("time")
    for v, vehicle in enumerate(problem.vehicles):
        intervals = []
        # The model wants them of unused vehicles too: who cannot take all has none in it.
        for b, rest in enumerate(vehicle.breaks if _can_rest(vehicle) else ()):
            first, last = rest.windows[0].early, rest.windows[-1].late
            interval = solver.FixedDurationIntervalVar(
                first, last, rest.duration, False, f"break {v} {b}"
            )
            for one, other in zip(rest.windows, rest.windows[1:], strict=False):
                interval.StartExpr().Var().RemoveInterval(one.late + 1, other.early - 1)
            intervals.append(interval)
        time.SetBreakIntervalsOfVehicle(intervals, v, legs.visits(v))


def _can_rest(vehicle: Vehicle) -> bool:
    """Returns whether a vehicle can take all its breaks, one after another, with nothing to do."""
    now = vehicle.shift.early
    for rest in sorted(
        vehicle.breaks, key=lambda rest: (rest.windows[0].early, rest.windows[0].late)
    ):
        opened = [max(now, window.early) for window in rest.windows if now <= window.late]
        if not opened:
            return False
        now = min(opened) + rest.duration
    return True
