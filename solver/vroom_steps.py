"""Routes given as steps: an initial plan in a request, or the routes of an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from solver.solution import Activity, Kind, Solution
from solver.vroom_errors import MOST_NUMBER, Entry, VroomError, entry, is_number

if TYPE_CHECKING:
    from solver.solution import Route
    from solver.vroom_entries import VehicleEntry
    from solver.vroom_reading import Request

_MOST_ID = 2**64 - 1
_KINDS = {"job": Kind.DELIVERY, "pickup": Kind.PICKUP, "delivery": Kind.DELIVERY}
_SERVICE = ("service_at", "service_after", "service_before")


def planned_routes(request: Request) -> tuple[Route, ...]:
    """Returns the routes that the vehicles' steps say; raises VroomError for steps of nothing."""
    index = _index(request)
    seen: set[tuple[str, int]] = set()
    return tuple(_planned(vehicle, index, seen) for vehicle in request.vehicles)


def _planned(
    vehicle: VehicleEntry, index: dict[tuple[str, int], Activity], seen: set[tuple[str, int]]
) -> Route:
    route = []
    last = len(vehicle.steps) - 1
    breaks = {rest.id: b for b, rest in enumerate(vehicle.breaks)}
    for at, value in enumerate(vehicle.steps):
        if not isinstance(value, dict):
            raise VroomError(f"Invalid steps for vehicle {vehicle.id}.")
        step = entry(value, "step")
        kind = _kind(step, vehicle.id)
        for key in _SERVICE:
            if key in step and not is_number(step[key], MOST_NUMBER):
                raise VroomError(f"Invalid {key} value.")
        if kind in ("start", "end"):
            if at != (0 if kind == "start" else last):
                raise VroomError(f"Unexpected {kind} in input steps for vehicle {vehicle.id}.")
            continue
        name = step["id"]
        known = name in breaks if kind == "break" else (kind, name) in index
        if not known:
            raise VroomError(f"Invalid {kind} id {name} for vehicle {vehicle.id}.")
        mark = (f"break of {vehicle.id}" if kind == "break" else kind, name)
        if mark in seen:
            raise VroomError(f"Duplicate {kind} id {name} in input steps for vehicle {vehicle.id}.")
        seen.add(mark)
        is_break = kind == "break"
        route.append(Activity(breaks[name], Kind.BREAK) if is_break else index[kind, name])
    return tuple(route)


def _kind(step: Entry, vehicle: int) -> str:
    kind = step.get("type")
    if not isinstance(kind, str):
        raise VroomError(f"Invalid type in steps for vehicle {vehicle}.")
    if kind not in ("start", "end") and not is_number(step.get("id"), _MOST_ID):
        raise VroomError(f"Invalid id in steps for vehicle {vehicle}.")
    if kind not in ("start", "end", "break", *_KINDS):
        raise VroomError(f"Invalid type in steps for vehicle {vehicle}.")
    return kind


def _index(request: Request) -> dict[tuple[str, int], Activity]:
    """Returns the activity of each task, by kind and id."""
    return {
        (task.kind, task.id): Activity(j, _KINDS[task.kind])
        for j, mission in enumerate(request.missions)
        for task in mission.tasks
    }


def dropped_steps(request: Request, planned: tuple[Route, ...], kept: Solution) -> list[Entry]:
    """Returns the tasks of a plan that its vehicle could not keep."""
    return [
        {
            "vehicle": request.vehicles[v].id,
            "type": task.kind,
            "id": task.id,
        }
        for v, route in enumerate(planned)
        for activity in route
        if activity.kind is not Kind.BREAK and activity not in kept.routes[v]
        for task in request.missions[activity.job].tasks
        if len(request.missions[activity.job].tasks) == 1 or task.kind == activity.kind.value
    ]


def answered_solution(request: Request, answer: Entry) -> tuple[Solution, tuple[str, ...]]:
    """Returns the solution that an answer says, and in words what in it the request lacks."""
    index, found = _index(request), []
    routes: list[Route] = [()] * len(request.vehicles)
    for told in _list_of(answer, "routes"):
        name = told.get("vehicle")
        free = [v for v, of in enumerate(request.vehicles) if of.id == name and not routes[v]]
        if not free:
            found.append(f"Vehicle {name!r} is not in the problem, or has several routes.")
            continue
        breaks = {rest.id: b for b, rest in enumerate(request.vehicles[free[0]].breaks)}
        route = []
        for step in _list_of(told, "steps"):
            kind, of = step.get("type"), step.get("id")
            if kind in ("start", "end"):
                continue
            if kind == "break" and of in breaks:
                route.append(Activity(breaks[of], Kind.BREAK))
            elif (str(kind), of or 0) in index:
                route.append(index[str(kind), of or 0])
            else:
                found.append(
                    f"Vehicle {name!r} has a step that is not in the problem: {kind} {of}."
                )
        routes[free[0]] = tuple(route)
    left = set()
    for task in _list_of(answer, "unassigned"):
        activity = index.get((str(task.get("type", "job")), task.get("id", -1)))
        if activity is None:
            found.append(f"Unassigned is a task not in the problem: {task.get('id')}.")
        else:
            left.add(activity.job)
    return Solution(tuple(routes), frozenset(left)), tuple(found)


def _list_of(of: Entry, key: str) -> list[Entry]:
    values: Any = of.get(key, [])
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise VroomError(f"Invalid {key}.")
    return values
