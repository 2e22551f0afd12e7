"""
A plain problem in PyVRP 0.14, in the encodings of its documentation.

Pairs are shipments. Where all pickups are at the one depot of the fleet they are clients with
release times and vehicles that reload there, several trips a route (``notebooks`` "multi-trip"
and `pyvrp.read` of MTVRPTWR instances). Goods on board are the deliveries of clients, on board from
the start of a route. Who may serve what is a profile whose distances to the other places are
prohibitive (``notebooks/profiles`` and ``VEHICLES_ALLOWED_CLIENTS`` in `pyvrp.read`).
"""

from __future__ import annotations

import time
from collections import defaultdict
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.peer_worker import DELIVERY, PICKUP, allowed, amounts, latest, limits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.peer_worker import Plain, Routes


def load() -> None:
    """Imports the solver."""
    import_module("pyvrp")


def answer(request: Plain, end: float) -> tuple[Routes, str]:
    """Returns the routes of the best solution found by ``end``, and a note; both may be bad."""
    pyvrp = import_module("pyvrp")
    model = _Model(request["problem"])
    start, note = None, ""
    if request["initial"] is not None:
        try:
            start = model.start(request["initial"])
        except (RuntimeError, ValueError) as reason:
            note = f"start refused: {reason}"
    found = pyvrp.solve(
        model.data,
        # Its own MaxRuntime starts counting after the model and the first solution.
        lambda best: time.perf_counter() >= end,
        seed=request["seed"],
        collect_stats=False,
        display=False,
        initial_solution=start,
    )
    if not found.is_feasible():
        note = f"{note}; infeasible by its own account".lstrip("; ")
    return model.routes(found.best), note


class _Model:
    """The data of PyVRP, and what its clients, shipments and vehicle types are of ours."""

    def __init__(self, problem: Plain) -> None:
        self._api = import_module("pyvrp")
        self._problem = problem
        self._jobs = problem["jobs"]
        self._reloads = _is_multi_trip(problem)
        self._places: list[int] = list(range(len(problem["durations"])))
        self._split: dict[tuple[int, tuple[int, ...]], int] = {}
        self._owners: list[tuple[int, ...] | None] = [None] * len(self._places)
        self._clients: list[int] = []
        self._shipments: list[int] = []
        self._depots: dict[int | None, int] = {}
        clients, shipments = self._demand()
        types = self._types()
        locations = [self._api.Location(0, 0) for _ in range(len(self._places) + 1)]
        depots = [
            self._api.Depot(len(self._places) if place is None else place) for place in self._depots
        ]
        durations, distances = self._matrices()
        self.data = self._api.ProblemData(
            locations, clients, depots, types, distances, durations, [], shipments
        )

    def _demand(self) -> tuple[list[Any], list[Any]]:
        clients, shipments = [], []
        for j, job in enumerate(self._jobs):
            if job["pickup"] is None or self._reloads:
                self._clients.append(j)
                clients.append(self._client(job))
            else:
                self._shipments.append(j)
                shipments.append(self._shipment(job))
        return clients, shipments

    def _client(self, job: Plain) -> Any:
        task = job["delivery"]
        return self._api.Client(
            self._place(job, DELIVERY),
            delivery=amounts(self._problem, job),
            service_duration=int(task["service"]),
            tw_early=int(task["early"]),
            tw_late=latest(task),
            release_time=int(job["pickup"]["early"]) if job["pickup"] else 0,
            prize=int(job["prize"] or 0),
            required=job["prize"] is None,
        )

    def _shipment(self, job: Plain) -> Any:
        given: dict[str, int] = {}
        for half in (PICKUP, DELIVERY):
            given |= {
                f"{half}_location": self._place(job, half),
                f"{half}_tw_early": int(job[half]["early"]),
                f"{half}_tw_late": latest(job[half]),
                f"{half}_service_duration": int(job[half]["service"]),
            }
        return self._api.Shipment(
            **given,
            amount=amounts(self._problem, job),
            prize=int(job["prize"] or 0),
            required=job["prize"] is None,
        )

    def _place(self, job: Plain, half: str) -> int:
        """Returns a location; one of its own for each set of vehicles that may go there."""
        location, vehicles = job[half]["location"], allowed(job)
        if vehicles is None:
            return int(location)
        if (location, vehicles) not in self._split:
            self._split[location, vehicles] = len(self._places)
            self._places.append(location)
            self._owners.append(vehicles)
        return self._split[location, vehicles]

    def _types(self) -> list[Any]:
        """Returns the vehicle types: equal vehicles are one type with several available."""
        alike: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        for v, vehicle in enumerate(self._problem["vehicles"]):
            closed = tuple(i for i, who in enumerate(self._owners) if who and v not in who)
            capacity = tuple(limits(self._problem, vehicle))
            span = (int(vehicle["early"]), int(vehicle["late"]))
            alike[vehicle["start"], vehicle["end"], capacity, span, closed].append(v)
        self._closed = list(dict.fromkeys(key[4] for key in alike))
        self._vehicles = list(alike.values())
        self._type_of = {v: t for t, members in enumerate(self._vehicles) for v in members}
        return [
            self._api.VehicleType(
                len(members),
                list(capacity),
                self._depot(first),
                self._depot(last),
                tw_early=span[0],
                tw_late=span[1],
                profile=self._closed.index(closed),
                reload_depots=[self._depot(first)] if self._reloads else [],
            )
            for (first, last, capacity, span, closed), members in alike.items()
        ]

    def _depot(self, location: int | None) -> int:
        return self._depots.setdefault(location, len(self._depots))

    def _matrices(self) -> tuple[list[NDArray[np.int64]], list[NDArray[np.int64]]]:
        """Returns durations and distances of each profile; the last place is nowhere, at 0."""
        too_far = import_module("pyvrp.constants").MAX_VALUE
        durations = self._widened(self._problem["durations"])
        costs = self._problem["costs"]
        base = durations if costs is None else self._widened(costs)
        distances = []
        for closed in self._closed:
            profile = base.copy() if closed else base
            profile[list(closed), :] = too_far
            profile[:, list(closed)] = too_far
            np.fill_diagonal(profile, 0)
            distances.append(profile)
        return [durations] * len(distances), distances

    def _widened(self, matrix: NDArray[np.int64]) -> NDArray[np.int64]:
        split = np.asarray(matrix, dtype=np.int64)[np.ix_(self._places, self._places)]
        return np.pad(split, ((0, 1), (0, 1)))

    def start(self, routes: Routes) -> Any:
        """Returns a solution of PyVRP; raises what PyVRP raises where it cannot be one."""
        client = {j: i for i, j in enumerate(self._clients)}
        shipment = {j: i for i, j in enumerate(self._shipments)}
        kinds, make = self._api.ActivityType, self._api.Activity
        made = []
        for v, route in enumerate(routes):
            steps: list[Any] = []
            is_away = False
            for j, half in route:
                if j in shipment:
                    kind = kinds.PICKUP if half == PICKUP else kinds.DELIVERY
                    steps.append(make(kind, shipment[j]))
                elif half == DELIVERY:
                    steps.append(make(kinds.CLIENT, client[j]))
                    is_away = True
                elif is_away:
                    depot = self._depots[self._problem["vehicles"][v]["start"]]
                    steps.append(make(kinds.DEPOT, depot))
                    is_away = False
            if steps:
                made.append(self._api.Route(self.data, steps, self._type_of[v]))
        return self._api.Solution(self.data, made)

    def routes(self, solution: Any) -> Routes:
        """Returns the routes of a solution of PyVRP."""
        free = [list(members) for members in self._vehicles]
        routes: Routes = [[] for _ in self._problem["vehicles"]]
        for route in solution.routes():
            routes[free[route.vehicle_type()].pop(0)] = self._steps(route)
        return routes

    def _steps(self, route: Any) -> list[tuple[int, str]]:
        steps: list[tuple[int, str]] = []
        trip: list[int] = []
        for activity in route:
            if activity.is_client():
                trip.append(self._clients[activity.idx])
                if not self._reloads:
                    steps.append((trip[-1], DELIVERY))
            elif activity.is_depot() and self._reloads:
                steps += [(j, PICKUP) for j in trip] + [(j, DELIVERY) for j in trip]
                trip = []
            elif activity.is_pickup():
                steps.append((self._shipments[activity.idx], PICKUP))
            elif activity.is_delivery():
                steps.append((self._shipments[activity.idx], DELIVERY))
        return steps


def _is_multi_trip(problem: Plain) -> bool:
    """Returns whether every job is loaded, without service, where all vehicles start and end."""
    ends = {(vehicle["start"], vehicle["end"]) for vehicle in problem["vehicles"]}
    pickups = [job["pickup"] for job in problem["jobs"]]
    if len(ends) != 1 or not pickups or any(task is None for task in pickups):
        return False
    ((start, end),) = ends
    closing = max(vehicle["late"] for vehicle in problem["vehicles"])
    return start == end and all(
        task["location"] == start and not task["service"] and task["late"] >= closing
        for task in pickups
    )
