"""
Plain OR-Tools as its own samples use it, for a plain problem of `peer_worker`.

``vrptw``, ``vrp_pickup_delivery`` and ``vrp_capacity`` of ``ortools/routing/samples`` put together:
Python callbacks, PATH_CHEAPEST_ARC, then GUIDED_LOCAL_SEARCH to the time limit ("ortools"). The
same with registered matrices and vectors is "ortools-matrix". This is what a user would write
first, so it shares nothing with our own use of OR-Tools under ``solver``. It takes no seed.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from benchmarks.peer_worker import (
    DELIVERY,
    PICKUP,
    NoAnswer,
    allowed,
    amounts,
    dimensions,
    latest,
    limits,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.peer_worker import Plain, Routes

Task = tuple[int, str]


def load() -> None:
    """Does nothing: this module has imported the solver."""


def answer(request: Plain, end: float) -> tuple[Routes, str]:
    """Returns the routes found by ``end``, and a note on a start that was refused."""
    model = _Model(request["problem"], matrices=request["solver"] == "ortools-matrix")
    return model.solve(end, request["initial"])


def _milliseconds(end: float) -> int:
    """Returns the time left; raises NoAnswer where it is over."""
    left = int((end - time.perf_counter()) * 1000)
    if left <= 0:
        raise NoAnswer("the budget was over before the model was built")
    return left


class _Model:
    """The routing model of a plain problem: nodes are tasks, then starts, then ends."""

    def __init__(self, problem: Plain, *, matrices: bool) -> None:
        self._problem, self._matrices = problem, matrices
        self._vehicles = problem["vehicles"]
        self._tasks: list[Task] = [
            (j, half)
            for j, job in enumerate(problem["jobs"])
            for half in (PICKUP, DELIVERY)
            if job[half] is not None
        ]
        self._node = {task: i for i, task in enumerate(self._tasks)}
        n, m = len(self._tasks), len(self._vehicles)
        starts, ends = list(range(n, n + m)), list(range(n + m, n + 2 * m))
        self._manager = pywrapcp.RoutingIndexManager(n + 2 * m, m, starts, ends)
        self._model = pywrapcp.RoutingModel(self._manager)
        self._service = np.zeros(n + 2 * m, dtype=np.int64)
        for i, (j, half) in enumerate(self._tasks):
            self._service[i] = problem["jobs"][j][half]["service"]
        self._rides()
        self._times()
        self._loads()
        self._jobs()

    def _table(self, matrix: NDArray[np.int64]) -> NDArray[np.int64]:
        """Returns a matrix by node; riding to an open end costs nothing."""
        jobs = self._problem["jobs"]
        places = [jobs[j][half]["location"] for j, half in self._tasks]
        places += [vehicle["start"] for vehicle in self._vehicles]
        places += [vehicle["end"] or 0 for vehicle in self._vehicles]
        table = np.array(np.asarray(matrix)[np.ix_(places, places)], dtype=np.int64)
        first_end = len(places) - len(self._vehicles)
        for v, vehicle in enumerate(self._vehicles):
            if vehicle["end"] is None:
                table[:, first_end + v] = 0
        return table

    def _transit(self, table: NDArray[np.int64]) -> int:
        values = table.tolist()
        if self._matrices:
            return int(self._model.RegisterTransitMatrix(values))
        node = self._manager.IndexToNode
        return int(self._model.RegisterTransitCallback(lambda a, b: values[node(a)][node(b)]))

    def _demand(self, values: list[int]) -> int:
        if self._matrices:
            return int(self._model.RegisterUnaryTransitVector(values))
        node = self._manager.IndexToNode
        return int(self._model.RegisterUnaryTransitCallback(lambda a: values[node(a)]))

    def _rides(self) -> None:
        costs = self._problem["costs"]
        table = self._table(self._problem["durations"] if costs is None else costs)
        self._model.SetArcCostEvaluatorOfAllVehicles(self._transit(table))

    def _times(self) -> None:
        table = self._table(self._problem["durations"]) + self._service[:, None]
        horizon = max((int(vehicle["late"]) for vehicle in self._vehicles), default=0)
        transit = self._transit(table)
        self._model.AddDimension(transit, horizon, horizon, False, "Time")
        self._time = self._model.GetDimensionOrDie("Time")
        for i, (j, half) in enumerate(self._tasks):
            task = self._problem["jobs"][j][half]
            index = self._manager.NodeToIndex(i)
            late = min(latest(task), horizon)
            if task["early"] > late:
                raise NoAnswer(f"job {j}: no vehicle is at work when its {half} may start")
            self._time.CumulVar(index).SetRange(int(task["early"]), late)
        for v, vehicle in enumerate(self._vehicles):
            span = int(vehicle["early"]), int(vehicle["late"])
            for index in (self._model.Start(v), self._model.End(v)):
                self._time.CumulVar(index).SetRange(*span)
                self._model.AddVariableMinimizedByFinalizer(self._time.CumulVar(index))

    def _loads(self) -> None:
        """Adds a dimension per amount: demands from 0 as in the sample, or what is on board."""
        jobs = self._problem["jobs"]
        on_board = [job["pickup"] is None for job in jobs]
        are_deliveries = all(on_board)
        for k in range(dimensions(self._problem)):
            values = [0] * (len(self._tasks) + 2 * len(self._vehicles))
            for i, (j, half) in enumerate(self._tasks):
                amount = amounts(self._problem, jobs[j])[k]
                values[i] = amount if half == PICKUP or are_deliveries else -amount
            capacity = [limits(self._problem, vehicle)[k] for vehicle in self._vehicles]
            is_empty_at_start = are_deliveries or not any(on_board)
            self._model.AddDimensionWithVehicleCapacity(
                self._demand(values), 0, capacity, is_empty_at_start, f"Load {k}"
            )

    def _jobs(self) -> None:
        for j, job in enumerate(self._problem["jobs"]):
            nodes = [self._node[j, half] for half in (PICKUP, DELIVERY) if job[half] is not None]
            indices = [self._manager.NodeToIndex(node) for node in nodes]
            if len(indices) == 2:
                self._pair(*indices)
            who = allowed(job)
            for index in indices:
                if who is not None:
                    self._model.VehicleVar(index).SetValues([-1, *who])
                if job["prize"] is not None:
                    self._model.AddDisjunction([index], int(job["prize"]))

    def _pair(self, pickup: int, delivery: int) -> None:
        solver = self._model.solver()
        self._model.AddPickupAndDelivery(pickup, delivery)
        solver.Add(self._model.VehicleVar(pickup) == self._model.VehicleVar(delivery))
        solver.Add(self._time.CumulVar(pickup) <= self._time.CumulVar(delivery))

    def solve(self, end: float, initial: Routes | None) -> tuple[Routes, str]:
        """Returns routes and a note; raises NoAnswer where the search finds nothing in time."""
        parameters = pywrapcp.DefaultRoutingSearchParameters()
        parameters.first_solution_strategy = (
            routing_enums_pb2.FirstSolutionStrategy.PATH_CHEAPEST_ARC
        )
        parameters.local_search_metaheuristic = (
            routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        )
        parameters.time_limit.FromMilliseconds(_milliseconds(end))
        self._model.CloseModelWithParameters(parameters)
        start, note = None, ""
        if initial is not None:
            nodes = [[self._node[j, half] for j, half in route] for route in initial]
            indices = [[self._manager.NodeToIndex(i) for i in route] for route in nodes]
            start = self._model.ReadAssignmentFromRoutes(indices, True)
            note = "" if start is not None else "start refused"
        parameters.time_limit.FromMilliseconds(_milliseconds(end))
        if start is None:
            found = self._model.SolveWithParameters(parameters)
        else:
            found = self._model.SolveFromAssignmentWithParameters(start, parameters)
        if found is None:
            raise NoAnswer("no solution found in time")
        return [self._route(found, v) for v in range(len(self._vehicles))], note

    def _route(self, found: Any, v: int) -> list[Task]:
        route = []
        index = found.Value(self._model.NextVar(self._model.Start(v)))
        while not self._model.IsEnd(index):
            route.append(self._tasks[self._manager.IndexToNode(index)])
            index = found.Value(self._model.NextVar(index))
        return route
