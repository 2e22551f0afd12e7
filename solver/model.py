"""
The OR-Tools routing model of a problem.

One node per task and one start and one end per vehicle, so that every vehicle sets out where and
when it is free. Durations are registered as matrices, never as Python callbacks. Trips back to a
store need no reload nodes: every job has a pickup node of its own there. What the model cannot say
(all pickups of a load stop start together; how many jobs are late; setup at a place shared with
others; the load in a break) it relaxes, and the judge and the true cost decide afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from ortools.constraint_solver import pywrapcp

from solver.dimensions import add_changes, add_time
from solver.legs import Legs
from solver.limits import add_breaks, add_capacity, add_limits
from solver.problem import PROMISED, Measure
from solver.solution import Activity, Kind
from solver.weights import weights_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from solver.problem import Problem
    from solver.solution import Solution


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
    legs = Legs(problem, tuple(nodes))
    _add_arc_costs(problem, routing, nodes, legs, weights)
    add_time(problem, routing, indices, legs, start, weights)
    add_breaks(problem, routing, legs)
    add_limits(problem, routing, legs)
    add_capacity(problem, routing, nodes)
    add_changes(problem, routing, nodes, weights)
    _add_jobs(problem, routing, indices, weights)
    return Model(routing, indices, {index: activity for activity, index in indices.items()})


def _activities(problem: Problem, j: int) -> list[Activity]:
    delivery = Activity(j, Kind.DELIVERY)
    return [delivery] if problem.jobs[j].pickup is None else [Activity(j, Kind.PICKUP), delivery]


def _add_arc_costs(
    problem: Problem,
    routing: Any,
    nodes: Sequence[Activity],
    legs: Legs,
    weights: dict[Measure, int],
) -> None:
    """Prices rides and services, and setting out for another place than the plan says."""
    places = np.array([activity.task(problem).location for activity in nodes], dtype=np.int64)
    # Riding home without a job costs what riding home costs, but no expense.
    counts_empty = bool(weights[Measure.BUSY] or weights[Measure.DIVERTED])
    evaluators: dict[tuple[int, int, int], int] = {}
    for v, vehicle in enumerate(problem.vehicles):
        routing.SetVehicleUsedWhenEmpty(counts_empty, v)
        fixed = weights[Measure.USED] + weights[Measure.EXPENSE] * vehicle.fixed_cost
        routing.SetFixedCostOfVehicle(fixed, v)
        key = (*legs.kind(v), vehicle.task_cost)
        if key not in evaluators:
            costs = _arc_costs(problem, legs, v, weights)
            for other, of in enumerate(problem.vehicles):
                if of.next_location is not None:
                    elsewhere = np.ones(len(costs), dtype=bool)
                    elsewhere[: len(nodes)] = places != of.next_location
                    costs[len(nodes) + other, elsewhere] += weights[Measure.DIVERTED]
            evaluators[key] = routing.RegisterTransitMatrix(costs.tolist())
        routing.SetArcCostEvaluatorOfVehicle(evaluators[key], v)


def _arc_costs(
    problem: Problem, legs: Legs, v: int, weights: dict[Measure, int]
) -> NDArray[np.int64]:
    """Returns what each leg costs a vehicle: rides, setup and services in all their measures."""
    rides, distances = problem.durations_of(v), problem.distances_of(v)
    work = legs.work(v)
    costs = legs.between(rides) * (weights[Measure.BUSY] + weights[Measure.TRAVEL])
    costs += legs.between(problem.costs_of(v)) * weights[Measure.EXPENSE]
    at_work = weights[Measure.BUSY] + weights[Measure.EXPENSE] * problem.vehicles[v].task_cost
    costs += work * at_work
    if distances is not None and weights[Measure.DISTANCE]:
        costs += legs.between(distances) * weights[Measure.DISTANCE]
    return costs


def _add_jobs(
    problem: Problem, routing: Any, indices: dict[Activity, int], weights: dict[Measure, int]
) -> None:
    """Pairs the halves of jobs, restricts their vehicles, and prices leaving them out."""
    solver = routing.solver()
    for activity, index in indices.items():
        job = problem.jobs[activity.job]
        missing = Measure.UNASSIGNED if job.rank == PROMISED else Measure.UNASSIGNED_MINOR
        price = weights[missing] + weights[Measure.LEFT_TASKS]
        # Both halves of a pair are left out together; what a job is worth counts once.
        is_half = activity.kind is Kind.DELIVERY and job.pickup is not None
        price += 0 if is_half else weights[Measure.PRIZE] * job.prize
        # One disjunction per node: one over both halves would mean at most one of them.
        routing.AddDisjunction([index], price)
        if job.vehicles is not None:
            routing.VehicleVar(index).SetValues([-1, *sorted(job.vehicles)])
        if activity.kind is Kind.PICKUP:
            delivery = indices[Activity(activity.job, Kind.DELIVERY)]
            routing.AddPickupAndDelivery(index, delivery)
            solver.Add(routing.VehicleVar(index) == routing.VehicleVar(delivery))
