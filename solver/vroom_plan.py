"""
VROOM's plan mode: routes exactly as their steps say, with what they violate.

Where each violation is told is VROOM's (`choose_ETA.cpp`, and probes of VROOM 1.15): see
`solver.vroom_plan_diary`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from solver.vroom_costs import COST_UNITS, HUNDREDTHS, expense_factors, speed_factor
from solver.vroom_errors import MOST_NUMBER, VroomError, entry
from solver.vroom_plan_diary import Diary, Stop, told_of
from solver.vroom_plan_timing import Stage, starts_of
from solver.vroom_reading import read
from solver.vroom_steps import planned_routes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from solver.vroom_entries import Mission, TaskEntry, VehicleEntry
    from solver.vroom_errors import Entry, Windows
    from solver.vroom_reading import Request

_SUMS = ("cost", "setup", "service", "duration", "waiting_time", "priority")

NOT_PLANNED = "It is in no vehicle's steps."
"""Why a task is unassigned in plan mode."""


def planned_answer(root: object) -> Entry:
    """
    Returns the answer of plan mode but for its computing times.

    A vehicle without steps has no route. Raises VroomError for a request that cannot be read, and
    for a route whose ``service_at``, ``service_after`` and ``service_before`` cannot be kept.
    """
    request = read(root)
    planned_routes(request)
    tasks = {(task.kind, task.id): (m, task) for m in request.missions for task in m.tasks}
    routes, seen = [], set()
    for vehicle in request.vehicles:
        if vehicle.steps:
            stops = tuple(_stops(vehicle, tasks))
            seen |= {(stop.task.kind, stop.task.id) for stop in stops if stop.task is not None}
            routes.append(_route(request, vehicle, stops))
    unassigned = [_left(task) for key, (_, task) in tasks.items() if key not in seen]
    summary: Entry = {"cost": 0, "routes": len(routes), "unassigned": len(unassigned)}
    if request.amounts:
        for key in ("delivery", "amount", "pickup"):
            columns = zip(*(route[key] for route in routes), strict=True)
            summary[key] = [sum(column) for column in columns] or [0] * request.amounts
    summary |= {key: sum(route[key] for route in routes) for key in _SUMS}
    if has_metres(request):
        summary["distance"] = sum(route["distance"] for route in routes)
    summary["violations"] = told_of([v for route in routes for v in route["violations"]])
    return {"code": 0, "summary": summary, "unassigned": unassigned, "routes": routes}


def has_metres(request: Request) -> bool:
    """Returns whether distances are known of every vehicle, and so are told."""
    return all(matrices.distances is not None for matrices in request.matrices.values())


def _left(task: TaskEntry) -> Entry:
    told: Entry = {"id": task.id}
    if task.location is not None:
        told["location"] = task.location
    told |= {"location_index": task.index, "type": task.kind}
    if task.description is not None:
        told["description"] = task.description
    return told | {"x_reason": NOT_PLANNED}


def _stops(
    vehicle: VehicleEntry, tasks: dict[tuple[str, int], tuple[Mission, TaskEntry]]
) -> Iterator[Stop]:
    """Yields the stops of a vehicle, start and end included whether they are told or not."""
    rests = {rest.id: rest for rest in vehicle.breaks}
    steps = [entry(value, "step") for value in vehicle.steps]
    if steps[0]["type"] != "start":
        steps.insert(0, {"type": "start"})
    if steps[-1]["type"] != "end":
        steps.append({"type": "end"})
    here = vehicle.start_index
    for step in steps:
        kind, bounds = step["type"], _bounds(step)
        if kind in ("start", "end"):
            index = vehicle.start_index if kind == "start" else vehicle.end_index
            yield Stop(kind, index=index, least=bounds[0], most=bounds[1])
        elif kind == "break":
            yield Stop(kind, rest=rests[step["id"]], least=bounds[0], most=bounds[1])
        else:
            mission, task = tasks[kind, step["id"]]
            setup = 0 if task.index == here else task.setup_on(vehicle.kind)
            here = task.index
            yield Stop(kind, task.index, mission, task, None, setup, *bounds)


def _bounds(step: Entry) -> tuple[int, int | None]:
    """Returns the earliest and the latest second at which a step may start."""
    if (at := step.get("service_at")) is not None:
        least = max(at, step.get("service_after", at))
        return least, min(at, step.get("service_before", at))
    return step.get("service_after", 0), step.get("service_before")


def _route(request: Request, vehicle: VehicleEntry, stops: Sequence[Stop]) -> Entry:
    given, unit = request.matrices[vehicle.profile], request.unit
    per_second = 1 if unit == 1 else speed_factor(vehicle)
    rides = [0] * len(stops)
    metres = [0] * len(stops)
    places = [(i, stop.index) for i, stop in enumerate(stops) if stop.index is not None]
    for (_, a), (i, b) in pairwise(places):
        rides[i] = int(given.durations[a, b]) * per_second
        metres[i] = 0 if given.distances is None else int(given.distances[a, b])
    stages = [_stage(vehicle, stop, ride, unit) for stop, ride in zip(stops, rides, strict=True)]
    starts = starts_of(stages)
    if starts is None:
        raise VroomError(f"Infeasible route for vehicle {vehicle.id}.")
    told = Diary(request, vehicle, stops, stages, starts, metres).route()
    told["cost"] = _cost(request, vehicle, [place for _, place in places], told)
    if not has_metres(request):
        for one in (told, *told["steps"]):
            one.pop("distance")
    return told


def _stage(vehicle: VehicleEntry, stop: Stop, ride: int, unit: int) -> Stage:
    windows: tuple[tuple[int | None, int | None], ...] = ()
    if stop.kind in ("start", "end"):
        if vehicle.window is not None:
            early, late = (second * unit for second in vehicle.window)
            windows = ((early, None),) if stop.kind == "start" else ((None, late),)
    else:
        windows = tuple((a * unit, b * unit) for a, b in _soft(stop.windows))
    return Stage(
        windows=windows,
        action=(stop.setup + stop.service(vehicle.kind)) * unit,
        ride=ride,
        is_break=stop.rest is not None,
        least=stop.least * unit,
        most=None if stop.most is None else stop.most * unit,
    )


def _soft(windows: Windows) -> Windows:
    """Returns windows that can be missed: not the one that is always open."""
    return () if windows == ((0, MOST_NUMBER),) else windows


def _cost(request: Request, vehicle: VehicleEntry, places: Sequence[int], told: Entry) -> int:
    """Returns the cost of a route as the format counts it, rounded down."""
    given = request.matrices[vehicle.profile]
    per_second, per_metre, per_cost = expense_factors(vehicle, given)
    total = vehicle.costs["fixed"] * COST_UNITS
    if not per_metre and not per_cost:
        # Where time alone costs, it is the time as told: after speed factors were rounded.
        total += told["duration"] * vehicle.costs["per_hour"] * HUNDREDTHS
    else:
        for leg in pairwise(places):
            total += int(given.durations[leg]) * per_second
            total += 0 if given.distances is None else int(given.distances[leg]) * per_metre
            total += 0 if given.costs is None else int(given.costs[leg]) * per_cost
    at_work = told["setup"] + told["service"]
    return int((total + vehicle.costs["per_task_hour"] * HUNDREDTHS * at_work) // COST_UNITS)
