"""
The OR-Tools routing model of a problem.

One node per task and one start and one end per vehicle, so that every vehicle sets out where and
when it is free. Durations are registered as matrices, never as Python callbacks. Trips back to a
store need no reload nodes: every job has a pickup node of its own there. What the model cannot say
(all pickups of a load stop start together; how many jobs are late) it relaxes, and the judge and
the true cost decide afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from ortools.constraint_solver import pywrapcp

from solver.dimensions import add_capacity, add_changes, add_time
from solver.problem import PROMISED, Measure
from solver.solution import Activity, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from solver.problem import Problem
    from solver.solution import Solution

_TIER_SCALE = 1000
"""
By how much a tier outweighs the next one in the single number that OR-Tools minimises.

Six tiers of it leave room for some thousand jobs in 64 bits; exact comparison is done outside.
"""


@dataclass(frozen=True, slots=True)
class Model:
    """
    A routing model with its nodes: task ``nodes`` first, then all starts, then all ends.

    ``routing`` is not yet closed. ``indices`` maps each activity to its OR-Tools index and
    ``activities`` the other way round.
    """

    routing: Any
    indices: dict[Activity, int]
    activities: dict[int, Activity]


def build_model(problem: Problem, start: Solution, order: Sequence[int]) -> Model:
    """
    Returns the model of a problem, with limits under which no on-time job of ``start`` gets late.

    ``order`` is a permutation of the jobs: the order of their nodes, which steers the search.
    """
    nodes = [activity for j in order for activity in _activities(problem, j)]
    num_vehicles = len(problem.vehicles)
    starts = range(len(nodes), len(nodes) + num_vehicles)
    ends = range(len(nodes) + num_vehicles, len(nodes) + 2 * num_vehicles)
    manager = pywrapcp.RoutingIndexManager(
        len(nodes) + 2 * num_vehicles, num_vehicles, list(starts), list(ends)
    )
    parameters = pywrapcp.DefaultRoutingModelParameters()
    parameters.solver_parameters.store_names = False
    routing = pywrapcp.RoutingModel(manager, parameters)
    indices = {activity: manager.NodeToIndex(node) for node, activity in enumerate(nodes)}
    weights = weights_of(problem)
    durations = _durations(problem, nodes)
    _add_arc_costs(problem, routing, nodes, durations, weights)
    add_time(problem, routing, indices, durations, start, weights)
    add_capacity(problem, routing, nodes)
    add_changes(problem, routing, nodes, weights)
    _add_jobs(problem, routing, indices, weights)
    return Model(routing, indices, {index: activity for activity, index in indices.items()})


def weights_of(problem: Problem) -> dict[Measure, int]:
    """Returns the price of one unit of each measure in the one number that OR-Tools minimises."""
    weights = dict.fromkeys(Measure, 0)
    for place, tier in enumerate(reversed(problem.tiers)):
        for measure, weight in tier:
            weights[measure] += weight * _TIER_SCALE ** min(place, 5)
    return weights


def _activities(problem: Problem, j: int) -> list[Activity]:
    delivery = Activity(j, Kind.DELIVERY)
    return [delivery] if problem.jobs[j].pickup is None else [Activity(j, Kind.PICKUP), delivery]


def _durations(problem: Problem, nodes: Sequence[Activity]) -> NDArray[np.int64]:
    """Returns seconds from the start of service at each node to the arrival at each other one."""
    vehicles = problem.vehicles
    nowhere = len(problem.durations)
    # One more location, to which every ride takes 0 s: the end of open routes.
    rides = np.pad(problem.durations, (0, 1))
    tasks = [activity.task(problem) for activity in nodes]
    places = [task.location for task in tasks] + [vehicle.start for vehicle in vehicles]
    places += [nowhere if vehicle.end is None else vehicle.end for vehicle in vehicles]
    services = np.zeros(len(places), dtype=np.int64)
    services[: len(tasks)] = [task.service_duration for task in tasks]
    return np.asarray(rides[np.ix_(places, places)] + services[:, None])


def _add_arc_costs(
    problem: Problem,
    routing: Any,
    nodes: Sequence[Activity],
    durations: NDArray[np.int64],
    weights: dict[Measure, int],
) -> None:
    """Prices rides and services, and setting out for another place than the plan says."""
    costs = durations * weights[Measure.BUSY]
    places = np.array([activity.task(problem).location for activity in nodes], dtype=np.int64)
    for v, vehicle in enumerate(problem.vehicles):
        if vehicle.next_location is not None:
            elsewhere = np.ones(len(durations), dtype=bool)
            elsewhere[: len(nodes)] = places != vehicle.next_location
            costs[len(nodes) + v, elsewhere] += weights[Measure.DIVERTED]
        # Riding home without a job costs what riding home costs.
        routing.SetVehicleUsedWhenEmpty(True, v)
    routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitMatrix(costs.tolist()))


def _add_jobs(
    problem: Problem, routing: Any, indices: dict[Activity, int], weights: dict[Measure, int]
) -> None:
    """Pairs the halves of jobs, restricts their vehicles, and prices leaving them out."""
    solver = routing.solver()
    for activity, index in indices.items():
        job = problem.jobs[activity.job]
        missing = Measure.UNASSIGNED if job.rank == PROMISED else Measure.UNASSIGNED_MINOR
        # One disjunction per node: one over both halves would mean at most one of them.
        routing.AddDisjunction([index], weights[missing])
        if job.vehicles is not None:
            routing.VehicleVar(index).SetValues([-1, *sorted(job.vehicles)])
        if activity.kind is Kind.PICKUP:
            delivery = indices[Activity(activity.job, Kind.DELIVERY)]
            routing.AddPickupAndDelivery(index, delivery)
            solver.Add(routing.VehicleVar(index) == routing.VehicleVar(delivery))
