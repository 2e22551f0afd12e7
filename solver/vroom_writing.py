"""
A solution as VROOM writes it: routes with steps, sums, and what is unassigned.

A vehicle sets out as late as it may without being later at its end, as VROOM has it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from solver.feasible import is_timely
from solver.resting import without_breaks
from solver.solution import Kind, schedule
from solver.vroom_costs import COST_UNITS, expense_factors
from solver.vroom_diary import steps_of

if TYPE_CHECKING:
    from solver.problem import Problem
    from solver.solution import Route, Solution
    from solver.vroom_entries import VehicleEntry
    from solver.vroom_errors import Entry
    from solver.vroom_reading import Request

_SUMS = ("setup", "service", "duration", "waiting_time", "priority")


def write(request: Request, solution: Solution) -> Entry:
    """Returns the answer to a request but for its computing times."""
    used = [v for v, route in enumerate(solution.routes) if without_breaks(route)]
    routes = [_route(request, v, solution.routes[v]) for v in used]
    unassigned = [
        _unassigned(request, j, position)
        for j in sorted(solution.unassigned)
        for position in range(len(request.missions[j].tasks))
    ]
    summary: Entry = {
        "cost": sum(route["cost"] for route in routes),
        "routes": len(routes),
        "unassigned": len(unassigned),
    }
    if request.amounts:
        for key in ("delivery", "amount", "pickup"):
            columns = zip(*(route[key] for route in routes), strict=True)
            summary[key] = [sum(c) for c in columns] or [0] * request.amounts
    for key in _SUMS:
        summary[key] = sum(route[key] for route in routes)
    if _has_distances(request):
        summary["distance"] = sum(route["distance"] for route in routes)
    summary["violations"] = []
    return {"code": 0, "summary": summary, "unassigned": unassigned, "routes": routes}


def _has_distances(request: Request) -> bool:
    return all(matrices.distances is not None for matrices in request.matrices.values())


def _unassigned(request: Request, j: int, position: int) -> Entry:
    task = request.missions[j].tasks[position]
    told: Entry = {"id": task.id}
    if task.location is not None:
        told["location"] = task.location
    told |= {"location_index": task.index, "type": task.kind}
    if task.description is not None:
        told["description"] = task.description
    return told


def _route(request: Request, v: int, route: Route) -> Entry:
    of, problem = request.vehicles[v], request.problem
    leave = latest_leave(problem, v, route)
    steps = steps_of(request, v, route, leave)
    told: Entry = {"vehicle": of.id, "cost": _cost(request, v, route, steps)}
    if of.description is not None:
        told["description"] = of.description
    missions = [request.missions[a.job] for a in route if a.kind is Kind.DELIVERY]
    if request.amounts:
        told["delivery"] = _columns([m.delivery for m in missions], request.amounts)
        told["amount"] = told["delivery"]
        told["pickup"] = _columns([m.pickup for m in missions], request.amounts)
    told |= {
        "setup": sum(step["setup"] for step in steps),
        "service": sum(step["service"] for step in steps),
        "duration": steps[-1]["duration"],
        "waiting_time": sum(step["waiting_time"] for step in steps),
        "priority": sum(m.priority * len(m.tasks) for m in missions),
    }
    if _has_distances(request):
        told["distance"] = steps[-1]["distance"]
    else:
        for step in steps:
            step.pop("distance")
    told |= {"steps": steps, "violations": []}
    return told


def _columns(amounts: list[tuple[int, ...]], length: int) -> list[int]:
    return [sum(column) for column in zip(*amounts, strict=True)] or [0] * length


def latest_leave(problem: Problem, v: int, route: Route) -> int:
    """Returns the latest second of setting out by which a legal route still ends as soon."""
    soonest = problem.vehicles[v].shift.early
    end = schedule(problem, v, route).end
    latest = end
    # The end never comes sooner by setting out later, so halving finds the last such second.
    while soonest < latest:
        middle = (soonest + latest + 1) // 2
        keeps = schedule(problem, v, route, middle).end == end
        if keeps and is_timely(problem, v, route, middle):
            soonest = middle
        else:
            latest = middle - 1
    return soonest


def _cost(request: Request, v: int, route: Route, steps: list[Entry]) -> int:
    """Returns the cost of a route in the units of the request, exactly counted, rounded down."""
    of: VehicleEntry = request.vehicles[v]
    given = request.matrices[of.profile]
    per_second, per_metre, per_cost = expense_factors(of, given)
    indices = [of.start_index]
    for activity in without_breaks(route):
        tasks = request.missions[activity.job].tasks
        indices.append(tasks[0 if activity.kind is Kind.PICKUP else -1].index)
    indices.append(of.end_index)
    total = of.costs["fixed"] * COST_UNITS
    places = [index for index in indices if index is not None]
    for leg in pairwise(places):
        total += int(given.durations[leg]) * per_second
        total += 0 if given.distances is None else int(given.distances[leg]) * per_metre
        total += 0 if given.costs is None else int(given.costs[leg]) * per_cost
    at_work: int = sum(step["setup"] + step["service"] for step in steps)
    return (total + of.costs["per_task_hour"] * 100 * at_work) // COST_UNITS
