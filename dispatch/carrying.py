"""
What survives from plan to plan: the tasks of couriers in order, by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatch.orders import StopKind
from dispatch.reach import gap
from solver.solution import Activity, Kind, Route

if TYPE_CHECKING:
    from dispatch.model import Model
    from dispatch.plan import CourierRoute, Plan
    from solver.problem import Problem

Sequences = Mapping[str, Sequence[tuple[str, Kind]]]
"""Per courier the tasks of a plan in order, by job name: what survives from problem to problem."""


@dataclass(frozen=True, slots=True)
class Found:
    """A plan found for a quote, in which its order's drops have these names."""

    sequences: Sequences
    drops: tuple[str, ...]


def return_job(courier: str) -> str:
    """Returns the name of the job that brings a courier's returning goods to its store."""
    return f"return:{courier}"


def carry_over(sequences: Sequences, model: Model) -> tuple[Route, ...]:
    """
    Returns what is left of older sequences in a newer problem, one route per vehicle.

    Tasks of jobs that are over, cut off or not planned now are left out; goods that came on board
    since lose their pickup. The routes may be illegal there: ``complete`` mends them.
    """
    problem = model.problem
    index = {job.name: j for j, job in enumerate(problem.jobs)}
    return tuple(
        tuple(
            Activity(index[name], kind)
            for name, kind in sequences.get(vehicle.name, ())
            if name in index
            and not (kind is Kind.PICKUP and problem.jobs[index[name]].pickup is None)
            and gap(problem, v, index[name]) is None
        )
        for v, vehicle in enumerate(problem.vehicles)
    )


def sequences_of_plan(plan: Plan) -> Sequences:
    """Returns the tasks of a published plan, places held among them, per courier."""
    return {route.courier: _sequence(route) for route in plan.whole_routes()}


def renamed(sequences: Sequences, names: Mapping[str, str]) -> Sequences:
    """Returns the sequences with other names for some jobs: who takes over a place held."""
    return {
        courier: tuple((names.get(name, name), kind) for name, kind in tasks)
        for courier, tasks in sequences.items()
    }


def _sequence(route: CourierRoute) -> tuple[tuple[str, Kind], ...]:
    tasks: list[tuple[str, Kind]] = []
    for stop in route.stops:
        if stop.kind is StopKind.LOAD:
            tasks += [(drop, Kind.PICKUP) for drop in stop.drops]
        elif stop.kind is StopKind.DELIVER:
            tasks += [(drop, Kind.DELIVERY) for drop in stop.drops]
        elif stop.drops:
            tasks.append((return_job(route.courier), Kind.DELIVERY))
    return tuple(tasks)


def sequences_of_solution(problem: Problem, routes: Sequence[Route]) -> Sequences:
    """Returns the tasks of a solver's routes, per courier."""
    return {
        vehicle.name: tuple((problem.jobs[a.job].name, a.kind) for a in route)
        for vehicle, route in zip(problem.vehicles, routes, strict=True)
    }
