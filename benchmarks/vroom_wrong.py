"""
Forty requests that are wrong, with VROOM's code and text for each, as VROOM 1.15.2 gave them.

What vroom-express refuses before VROOM sees it, and whole numbers written with a point, which it
mends, are not among them.
"""

from __future__ import annotations

from typing import Any

M = [[0, 60, 120], [60, 0, 60], [120, 60, 0]]
JOB = {"id": 1, "location_index": 1}
PAIR = {"pickup": {"id": 1, "location_index": 1}, "delivery": {"id": 1, "location_index": 2}}
VEHICLE = {"id": 1, "start_index": 0}


def request(**changes: Any) -> dict[str, Any]:
    """Returns a sound request with other entries; None takes one away."""
    base = {"vehicles": [VEHICLE], "jobs": [JOB], "matrix": M, **changes}
    return {key: value for key, value in base.items() if value is not None}


def _job(**more: Any) -> dict[str, Any]:
    return request(jobs=[{**JOB, **more}])


def _vehicle(**more: Any) -> dict[str, Any]:
    return request(vehicles=[{**VEHICLE, **more}])


def _steps(*told: tuple[str, int]) -> dict[str, Any]:
    steps = [{"type": kind, "id": of} for kind, of in told]
    return _vehicle(steps=steps)


def _rests(*breaks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return _vehicle(breaks=list(breaks), **more)


WRONG: tuple[tuple[dict[str, Any], int, str], ...] = (
    (request(vehicles=1), 2, "Invalid vehicles."),
    (request(vehicles=[]), 2, "No vehicle defined."),
    (request(vehicles=["van"]), 2, "Invalid vehicle."),
    (request(jobs=[]), 2, "No task defined."),
    (request(jobs={"id": 1}), 2, "Invalid jobs."),
    (request(shipments=[7]), 2, "Invalid shipment."),
    (request(shipments=[{"pickup": JOB}]), 2, "Missing delivery for shipment."),
    (request(jobs=[JOB, JOB]), 2, "Duplicate job id: 1."),
    (request(shipments=[PAIR, PAIR]), 2, "Duplicate pickup id: 1."),
    (_job(id="one"), 2, "Invalid or missing id for job."),
    (_job(service=-5), 2, "Invalid service duration."),
    (_job(setup=1.5), 2, "Invalid setup duration."),
    (_job(priority=101), 2, "Invalid priority value for job 1."),
    (_job(skills=["cold"]), 2, "Invalid skill value."),
    (_job(time_windows=[]), 2, "Empty time windows for job 1."),
    (_job(time_windows=[[9]]), 2, "Invalid time-window."),
    (_job(time_windows=[[9, 8]]), 2, "Invalid time window: [9, 8]"),
    (
        _job(time_windows=[[5, 9], [1, 6]]),
        2,
        "Unsorted or overlapping time-windows for job 1.",
    ),
    (_job(delivery=[1]), 2, "Inconsistent delivery length: 1 instead of 0."),
    (_job(pickup=["a"]), 2, "Invalid pickup value."),
    (_job(service_per_type={"": 1}), 2, "Empty type in service_per_type for job 1."),
    (_job(location_index=7), 2, "location_index exceeding durations matrix size for car profile."),
    (request(jobs=[{"id": 1}]), 2, "Invalid location for job 1."),
    (request(jobs=[{"id": 1, "location": [24.9, 60.2]}]), 2, "Missing location index."),
    (request(matrix=None), 2, "Unexpected location index while no custom matrices provided."),
    (_vehicle(id=-3), 2, "Invalid or missing id for vehicle."),
    (request(vehicles=[{"id": 4}]), 2, "No start or end specified for vehicle 4."),
    (_vehicle(profile="bike"), 2, "Missing coordinates for routing engine."),
    (_vehicle(capacity=5), 2, "Invalid capacity array."),
    (_vehicle(costs={"fixed": -1}), 2, "Invalid fixed cost for vehicle 1."),
    (_vehicle(speed_factor=5.5), 2, "Invalid speed factor: 5.5"),
    (_vehicle(max_tasks=2.5), 2, "Invalid max_tasks value."),
    (_rests({"id": 1}, {"id": 1}), 2, "Duplicate break id: 1."),
    (
        _rests({"id": 1, "time_windows": [[900, 950]]}, time_window=[0, 800]),
        2,
        "Inconsistent breaks for vehicle 1.",
    ),
    (_rests({"id": 1, "max_load": [1]}), 2, "Inconsistent break max_load size for break 1."),
    (_steps(("job", 99)), 2, "Invalid job id 99 for vehicle 1."),
    (_steps(("job", 1), ("job", 1)), 2, "Duplicate job id 1 in input steps for vehicle 1."),
    (_steps(("tea", 1)), 2, "Invalid type in steps for vehicle 1."),
    (request(matrix=[[0, 1], [1]]), 2, "Unexpected matrix line length."),
    (
        request(
            matrix=None,
            matrices={"car": {"durations": M, "costs": M}},
            vehicles=[{**VEHICLE, "costs": {"per_hour": 5}}],
        ),
        2,
        "Custom costs are incompatible with using a per_hour value.",
    ),
)
