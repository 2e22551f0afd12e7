"""Requests in VROOM's format that are wrong: its texts and codes, seen in VROOM 1.15.2."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.peer_env import Skipped
from benchmarks.vroom_peer import ask_all, vroom_python
from benchmarks.vroom_wrong import JOB, PAIR, VEHICLE, M, request
from solver.vroom import answer


def job(**more: Any) -> dict[str, Any]:
    return request(jobs=[{**JOB, **more}])


def vehicle(**more: Any) -> dict[str, Any]:
    return request(vehicles=[{**VEHICLE, **more}])


def shipment(**more: Any) -> dict[str, Any]:
    return request(shipments=[{**PAIR, **more}])


def matrices(**kinds: Any) -> dict[str, Any]:
    return request(matrix=None, matrices={"car": kinds})


def steps(*told: tuple[str, int | None]) -> dict[str, Any]:
    entries = [{"type": kind} | ({} if of is None else {"id": of}) for kind, of in told]
    return request(vehicles=[{**VEHICLE, "steps": entries}], shipments=[PAIR])


WRONG: list[tuple[Any, str]] = [
    ([], "Input root is not an object."),
    ({}, "Invalid vehicles."),
    (request(vehicles=1), "Invalid vehicles."),
    (request(vehicles=[]), "No vehicle defined."),
    (request(vehicles=[1]), "Invalid vehicle."),
    (request(jobs=[]), "No task defined."),
    (request(jobs=None), "No task defined."),
    (request(jobs=1), "Invalid jobs."),
    (request(jobs=[1]), "Invalid job."),
    (request(shipments=1), "Invalid shipments."),
    (request(shipments=[1]), "Invalid shipment."),
    (request(shipments=[{"delivery": PAIR["delivery"]}]), "Missing pickup for shipment."),
    (request(shipments=[{"pickup": PAIR["pickup"]}]), "Missing delivery for shipment."),
    (request(jobs=[JOB, JOB]), "Duplicate job id: 1."),
    (
        request(shipments=[PAIR, {**PAIR, "delivery": {**JOB, "id": 2}}]),
        "Duplicate pickup id: 1.",
    ),
    (
        request(shipments=[PAIR, {**PAIR, "pickup": {**JOB, "id": 2}}]),
        "Duplicate delivery id: 1.",
    ),
    (job(id="1"), "Invalid or missing id for job."),
    (job(id=2**64), "Invalid or missing id for job."),
    (job(service=300.0), "Invalid service duration."),
    (job(service=-1), "Invalid service duration."),
    (job(service=True), "Invalid service duration."),
    (job(setup=2**32), "Invalid setup duration."),
    (job(priority=-1), "Invalid priority value."),
    (job(priority=101), "Invalid priority value for job 1."),
    (job(skills=1), "Invalid skills object."),
    (job(skills=[-1]), "Invalid skill value."),
    (job(time_windows={}), "Invalid time_windows array for job 1."),
    (job(time_windows=[]), "Empty time windows for job 1."),
    (job(time_windows=[[1]]), "Invalid time-window."),
    (job(time_windows=[[2, 1]]), "Invalid time window: [2, 1]"),
    (
        job(time_windows=[[1, 2], [2, 3]]),
        "Unsorted or overlapping time-windows for job 1.",
    ),
    (job(delivery=1), "Invalid delivery array."),
    (job(pickup=[-1]), "Invalid pickup value."),
    (job(delivery=[1]), "Inconsistent delivery length: 1 instead of 0."),
    (job(service_per_type=[]), "Invalid service_per_type for job 1."),
    (job(setup_per_type={"": 1}), "Empty type in setup_per_type for job 1."),
    (job(setup_per_type={"a": -1}), "Invalid value in setup_per_type for job 1."),
    (job(location=[1]), "Invalid location array."),
    (job(description=1), "Invalid description value."),
    (job(location_index="x"), "Invalid location_index for job 1."),
    (job(location_index=9), "location_index exceeding durations matrix size for car profile."),
    (request(jobs=[{"id": 1}]), "Invalid location for job 1."),
    (request(jobs=[{"id": 1, "location": [1, 2]}]), "Missing location index."),
    (shipment(priority=101), "Invalid priority value for pickup 1."),
    (shipment(amount=[1]), "Inconsistent delivery length: 1 instead of 0."),
    (vehicle(id=-1), "Invalid or missing id for vehicle."),
    (vehicle(start_index=-1), "Invalid start_index for vehicle 1."),
    (vehicle(end_index="x"), "Invalid end_index for vehicle 1."),
    (vehicle(end=[1, 2]), "Missing start_index or end_index."),
    (request(vehicles=[{"id": 1}]), "No start or end specified for vehicle 1."),
    (request(vehicles=[{"id": 1, "start": [1, 2]}]), "Missing location index."),
    (vehicle(profile=1), "Invalid profile value."),
    (vehicle(profile="bike"), "Missing coordinates for routing engine."),
    (vehicle(capacity=1), "Invalid capacity array."),
    (vehicle(capacity=[-1]), "Invalid capacity value."),
    (
        request(vehicles=[VEHICLE, {**VEHICLE, "capacity": [3]}]),
        "Inconsistent delivery length: 1 instead of 0.",
    ),
    (
        request(vehicles=[{**VEHICLE, "capacity": [3, 3]}], jobs=[{**JOB, "delivery": [1]}]),
        "Inconsistent delivery length: 1 instead of 2.",
    ),
    (vehicle(costs=[]), "Invalid costs for vehicle 1."),
    (vehicle(costs={"per_hour": "a"}), "Invalid per_hour cost for vehicle 1."),
    (vehicle(costs={"per_km": 2}), "Missing coordinates for routing engine."),
    (vehicle(speed_factor="x"), "Invalid speed_factor value."),
    (vehicle(speed_factor=0), "Invalid speed factor: 0"),
    (vehicle(speed_factor=6), "Invalid speed factor: 6"),
    (vehicle(time_window=[1]), "Invalid time-window."),
    (vehicle(max_tasks=-1), "Invalid max_tasks value."),
    (vehicle(max_travel_time=1.5), "Invalid max_travel_time value."),
    (vehicle(max_distance="x"), "Invalid max_distance value."),
    (vehicle(breaks=1), "Invalid breaks for vehicle 1."),
    (vehicle(breaks=[1]), "Invalid break."),
    (vehicle(breaks=[{}]), "Invalid or missing id for break."),
    (vehicle(breaks=[{"id": 1}, {"id": 1}]), "Duplicate break id: 1."),
    (vehicle(breaks=[{"id": 1, "time_windows": []}]), "Empty time windows for break 1."),
    (
        vehicle(breaks=[{"id": 1, "max_load": [1]}]),
        "Inconsistent break max_load size for break 1.",
    ),
    (vehicle(steps=1), "Invalid steps for vehicle 1."),
    (vehicle(steps=[{"id": 1}]), "Invalid type in steps for vehicle 1."),
    (vehicle(steps=[{"type": "job"}]), "Invalid id in steps for vehicle 1."),
    (vehicle(steps=[{"type": "x", "id": 1}]), "Invalid type in steps for vehicle 1."),
    (
        vehicle(steps=[{"type": "job", "id": 1, "service_at": -1}]),
        "Invalid service_at value.",
    ),
    (steps(("job", 99)), "Invalid job id 99 for vehicle 1."),
    (steps(("break", 1)), "Invalid break id 1 for vehicle 1."),
    (steps(("job", 1), ("start", None)), "Unexpected start in input steps for vehicle 1."),
    (steps(("end", None), ("job", 1)), "Unexpected end in input steps for vehicle 1."),
    (steps(("job", 1), ("job", 1)), "Duplicate job id 1 in input steps for vehicle 1."),
    (request(matrix=1), "Invalid matrix."),
    (request(matrix=[]), "Empty durations matrix for car profile."),
    (request(matrix=[[0, 1]]), "Unexpected matrix line length."),
    (request(matrix=[[0, 1], [1]]), "Unexpected matrix line length."),
    (request(matrix=[[0, -1], [1, 0]]), "Invalid matrix entry."),
    (request(matrix=[[0, 1.5], [1, 0]]), "Invalid matrix entry."),
    (request(matrix=[[0, "a"], [1, 0]]), "Invalid matrix entry."),
    (request(matrix=[[0, None], [1, 0]]), "Invalid matrix entry."),
    (request(matrix=[[0, 2**32], [1, 0]]), "Invalid matrix entry."),
    (request(matrices=[]), "Unexpected matrices value."),
    (matrices(), "Unexpected location index while no custom matrices provided."),
    (matrices(durations=M, costs=[]), "Empty costs matrix for car profile."),
    (
        matrices(durations=M, costs=[[0]]),
        "location_index exceeding costs matrix size for car profile.",
    ),
    (
        matrices(distances=M),
        "Custom matrix provided for distances but not for durations for car profile.",
    ),
    (
        {**matrices(durations=M, costs=M), "vehicles": [{**VEHICLE, "costs": {"per_hour": 5}}]},
        "Custom costs are incompatible with using a per_hour value.",
    ),
]


@pytest.mark.parametrize(("given", "text"), WRONG)
def test_what_is_wrong_gets_vrooms_text(given: Any, text: str) -> None:
    assert answer(given, seconds=0) == {"code": 2, "error": text}


def test_these_are_the_texts_of_vroom_itself() -> None:
    try:
        python = vroom_python()
    except Skipped as why:
        pytest.skip(str(why))
    answers = ask_all(python, [given for given, _ in WRONG])
    for (given, text), told in zip(WRONG, answers, strict=True):
        assert told == {"code": 2, "error": text}, given


def test_a_matrix_entry_that_is_no_number_is_refused() -> None:
    given = request(matrix=[[0, float("nan")], [1, 0]])
    assert answer(given, seconds=0) == {"code": 2, "error": "Invalid matrix entry."}


def test_without_matrices_there_is_no_routing_engine() -> None:
    given = {
        "vehicles": [{"id": 1, "start": [24.9, 60.2], "profile": "driving"}],
        "jobs": [{"id": 1, "location": [24.8, 60.1]}],
    }
    told = answer(given, seconds=0)
    assert told == {"code": 3, "error": "Failed to connect to 0.0.0.0:5000"}


def test_null_means_absent_and_unknown_keys_mean_nothing() -> None:
    given = job(time_windows=None, service=None, skills=None, colour="red")
    given["vehicles"] = [{**VEHICLE, "end_index": None, "capacity": None, "breaks": None}]
    assert answer(given, seconds=0)["summary"]["unassigned"] == 0


def test_the_same_vehicle_id_may_stand_twice() -> None:
    told = answer(request(vehicles=[{**VEHICLE, "max_tasks": 1}] * 2, shipments=None), seconds=0)
    assert told["summary"]["unassigned"] == 0


def test_one_id_may_name_a_job_a_pickup_and_a_delivery() -> None:
    assert answer(request(shipments=[PAIR]), seconds=0)["summary"]["unassigned"] == 0
