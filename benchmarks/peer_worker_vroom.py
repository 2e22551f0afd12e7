"""
A plain problem in VROOM 1.15 (pyvroom), as its ``docs/API.md`` has it.

Pairs are shipments, goods on board are deliveries of jobs, who may serve what are skills, a start
is the ``steps`` of vehicles, what must be served has priority 100. Exploration level 5 and the
budget as ``-l`` is what its author advises where time is given (issue 594); the construction is
not interrupted by it, so short budgets are exceeded.
"""

from __future__ import annotations

import time
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.peer_worker import (
    DELIVERY,
    PICKUP,
    allowed,
    amounts,
    dimensions,
    latest,
    limits,
)

if TYPE_CHECKING:
    from benchmarks.peer_worker import Plain, Routes

MUST = 100
"""The highest priority."""

LEVEL = 5


def load() -> None:
    """Imports the solver."""
    import_module("vroom")


def answer(request: Plain, end: float) -> tuple[Routes, str]:
    """Returns the routes found by ``end``, or later, and a note on a start that was refused."""
    vroom = import_module("vroom")
    level = request.get("options", {}).get("level", LEVEL)
    initial, note = request["initial"], ""
    try:
        found = _solved(_input(vroom, request["problem"], initial), level, end)
    except RuntimeError as reason:
        if initial is None:
            raise
        note = f"start refused: {reason}"
        found = _solved(_input(vroom, request["problem"], None), level, end)
    return _routes(found, len(request["problem"]["vehicles"])), note


def _solved(model: Any, level: int, end: float) -> Plain:
    left = end - time.perf_counter()
    # Even with nothing left it constructs routes, which take their time.
    limit = timedelta(milliseconds=max(1, round(left * 1000)))
    found: Plain = model.solve(level, nb_threads=1, timeout=limit).to_dict()
    return found


def _input(vroom: Any, problem: Plain, initial: Routes | None) -> Any:
    model = vroom.Input()
    model.set_durations_matrix("car", np.asarray(problem["durations"], dtype=np.uint32))
    if problem["costs"] is not None:
        model.set_costs_matrix("car", np.asarray(problem["costs"], dtype=np.uint32))
    skills = _skills(problem)
    for v, vehicle in enumerate(problem["vehicles"]):
        steps = [] if initial is None else _steps(vroom, problem, initial[v])
        model.add_vehicle(
            vroom.Vehicle(
                v,
                start=vehicle["start"],
                end=vehicle["end"],
                capacity=limits(problem, vehicle),
                skills={skill for who, skill in skills.items() if v in who},
                time_window=vroom.TimeWindow(vehicle["early"], vehicle["late"]),
                steps=steps,
            )
        )
    for j, job in enumerate(problem["jobs"]):
        _add(vroom, model, problem, j, job, skills)
    return model


def _skills(problem: Plain) -> dict[tuple[int, ...], int]:
    """Returns a skill for each set of vehicles that may serve some job."""
    sets = dict.fromkeys(who for job in problem["jobs"] if (who := allowed(job)) is not None)
    return {who: skill for skill, who in enumerate(sets, 1)}


def _add(
    vroom: Any, model: Any, problem: Plain, j: int, job: Plain, skills: dict[tuple[int, ...], int]
) -> None:
    who = allowed(job)
    most = max((other["prize"] or 0 for other in problem["jobs"]), default=0)
    priority = MUST if job["prize"] is None else round((MUST - 1) * job["prize"] / max(1, most))
    rest = {"skills": set() if who is None else {skills[who]}, "priority": priority}
    load = vroom.Amount(amounts(problem, job))
    times = {
        half: {
            "location": int(job[half]["location"]),
            "default_service": int(job[half]["service"]),
            "time_windows": [vroom.TimeWindow(int(job[half]["early"]), latest(job[half]))],
        }
        for half in (PICKUP, DELIVERY)
        if job[half] is not None
    }
    if job["pickup"] is None:
        # Jobs without a delivery may not have an empty one where vehicles have a capacity.
        goods = {"delivery": load} if dimensions(problem) else {}
        model.add_job(vroom.Job(j, **times[DELIVERY], **goods, **rest))
        return
    pickup = vroom.ShipmentStep(j, **times[PICKUP])
    model.add_shipment(pickup, vroom.ShipmentStep(j, **times[DELIVERY]), load, **rest)


def _steps(vroom: Any, problem: Plain, route: list[tuple[int, str]]) -> list[Any]:
    steps = []
    for j, half in route:
        if problem["jobs"][j]["pickup"] is None:
            steps.append(vroom.VehicleStepSingle(j))
        elif half == PICKUP:
            steps.append(vroom.VehicleStepPickup(j))
        else:
            steps.append(vroom.VehicleStepDelivery(j))
    return steps


def _routes(found: Plain, vehicles: int) -> Routes:
    routes: Routes = [[] for _ in range(vehicles)]
    for route in found["routes"]:
        routes[route["vehicle"]] = [
            (step["id"], PICKUP if step["type"] == "pickup" else DELIVERY)
            for step in route["steps"]
            if step["type"] in ("job", "pickup", "delivery")
        ]
    return routes
