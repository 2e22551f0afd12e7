"""
A plain problem in the pragmatic format of vrp-cli 1.22, solved by its Python module.

Pairs are jobs with a pickup and a delivery, goods on board are deliveries (on the vehicle from its
start), who may serve what are skills. It takes whole seconds only, so anything below 1 s is run
for 1 s; it takes no seed and, from Python, no start. Prizes are not used: it serves as many jobs as
it can, then as cheaply.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.peer_worker import DELIVERY, PICKUP, allowed, amounts, latest, limits

if TYPE_CHECKING:
    from benchmarks.peer_worker import Plain, Routes


def load() -> None:
    """Imports the solver."""
    import_module("vrp_cli")


def answer(request: Plain, end: float) -> tuple[Routes, str]:
    """Returns the routes found in the whole seconds of the budget, and a note."""
    problem = request["problem"]
    model, matrix = json.dumps(_model(problem)), json.dumps(_matrix(problem))
    # What is left after the model may be just short of the whole seconds asked for.
    seconds = max(1, round(end - time.perf_counter()))
    config = {
        "termination": {"maxTime": seconds, "maxGenerations": 10**9},
        "environment": {
            "parallelism": {"numThreadPools": 1, "threadsPerPool": 1},
            "logging": {"enabled": False},
        },
        "telemetry": {
            "progress": {
                "enabled": False,
                "logBest": 100,
                "logPopulation": 1000,
                "dumpPopulation": False,
            }
        },
    }
    solver = import_module("vrp_cli")
    found = solver.solve_pragmatic(problem=model, matrices=[matrix], config=json.dumps(config))
    note = "" if request["initial"] is None else "it takes no start"
    return _routes(json.loads(found), len(problem["vehicles"])), note


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _model(problem: Plain) -> Plain:
    return {
        "plan": {"jobs": [_job(problem, j, job) for j, job in enumerate(problem["jobs"])]},
        "fleet": {
            "vehicles": _types(problem),
            "profiles": [{"name": "car"}],
        },
        "objectives": [[{"type": "minimize-unassigned"}], [{"type": "minimize-cost"}]],
    }


def _matrix(problem: Plain) -> Plain:
    durations = np.asarray(problem["durations"])
    costs = durations if problem["costs"] is None else np.asarray(problem["costs"])
    flat = {"travelTimes": durations.ravel().tolist(), "distances": costs.ravel().tolist()}
    return {"profile": "car", **flat}


def _job(problem: Plain, j: int, job: Plain) -> Plain:
    halves = {
        plural: [
            {
                "places": [
                    {
                        "location": {"index": int(job[half]["location"])},
                        "duration": float(job[half]["service"]),
                        "times": [[_time(int(job[half]["early"])), _time(latest(job[half]))]],
                    }
                ],
                "demand": amounts(problem, job) or [0],
            }
        ]
        for half, plural in ((PICKUP, "pickups"), (DELIVERY, "deliveries"))
        if job[half] is not None
    }
    who = allowed(job)
    return {"id": str(j), **halves} | ({} if who is None else {"skills": {"allOf": [_skill(who)]}})


def _skill(who: tuple[int, ...]) -> str:
    return "of " + ",".join(map(str, who))


def _types(problem: Plain) -> list[Plain]:
    """Returns the vehicle types: equal vehicles are one type."""
    sets = {who for job in problem["jobs"] if (who := allowed(job)) is not None}
    types: dict[str, Plain] = {}
    for v, vehicle in enumerate(problem["vehicles"]):
        made = {
            "profile": {"matrix": "car"},
            "costs": {"fixed": 0.0, "distance": 1.0, "time": 0.0},
            "shifts": [_shift(vehicle)],
            "capacity": limits(problem, vehicle) or [1],
            "skills": sorted(_skill(who) for who in sets if v in who),
        }
        alike = types.setdefault(json.dumps(made), {"typeId": str(v), "vehicleIds": [], **made})
        alike["vehicleIds"].append(str(v))
    return list(types.values())


def _shift(vehicle: Plain) -> Plain:
    """Returns the one shift of a vehicle; an open one has no end that could be bound."""
    first, last = {"index": int(vehicle["start"])}, vehicle["end"]
    shift = {"start": {"earliest": _time(int(vehicle["early"])), "location": first}}
    if last is not None:
        shift["end"] = {"latest": _time(int(vehicle["late"])), "location": {"index": int(last)}}
    return shift


def _routes(found: Plain, vehicles: int) -> Routes:
    routes: Routes = [[] for _ in range(vehicles)]
    for tour in found["tours"]:
        routes[int(tour["vehicleId"])] = [
            (int(activity["jobId"]), activity["type"])
            for stop in tour["stops"]
            for activity in stop["activities"]
            if activity["type"] in (PICKUP, DELIVERY)
        ]
    return routes
