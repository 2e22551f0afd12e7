"""Answers in VROOM's format: times, sums, initial plans; and VROOM's own word on them."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.peer_env import Skipped
from benchmarks.vroom_format import meet
from benchmarks.vroom_peer import vroom_python
from benchmarks.vroom_wrong import JOB, VEHICLE, M, request
from solver import vroom_reasons
from solver.vroom import answer, faults
from tests.test_vroom_input import job, vehicle


def route(told: dict[str, Any]) -> dict[str, Any]:
    (only,) = told["routes"]
    return dict(only)


def test_an_answer_has_the_keys_of_vroom_in_its_order() -> None:
    told = answer(request(vehicles=[{**VEHICLE, "end_index": 0, "description": "Aino"}]), seconds=0)
    assert list(told) == ["code", "summary", "unassigned", "routes"]
    assert set(told["summary"].pop("computing_times")) == {"loading", "solving", "routing"}
    assert told["summary"] == {
        "cost": 120,
        "routes": 1,
        "unassigned": 0,
        "setup": 0,
        "service": 0,
        "duration": 120,
        "waiting_time": 0,
        "priority": 0,
        "violations": [],
    }
    assert list(route(told)) == [
        "vehicle",
        "cost",
        "description",
        "setup",
        "service",
        "duration",
        "waiting_time",
        "priority",
        "steps",
        "violations",
    ]
    assert route(told)["steps"][1] == {
        "type": "job",
        "location_index": 1,
        "id": 1,
        "setup": 0,
        "service": 0,
        "waiting_time": 0,
        "job": 1,
        "arrival": 60,
        "duration": 60,
        "violations": [],
    }


def test_a_vehicle_leaves_as_late_as_it_may() -> None:
    # 60 s of riding to a window that opens at 760 s.
    told = answer(job(time_windows=[[760, 900]]), seconds=0)
    assert [step["arrival"] for step in route(told)["steps"]] == [700, 760, 760]
    assert route(told)["waiting_time"] == 0


def test_days_are_counted_as_given() -> None:
    told = answer(job(time_windows=[[1_700_000_000, 1_700_000_100]]), seconds=0)
    assert [step["arrival"] for step in route(told)["steps"]] == [1_699_999_940] + 2 * [1700000000]


def test_a_break_interrupts_a_ride() -> None:
    rest = {"id": 5, "time_windows": [[30, 40]], "service": 100}
    given = request(
        matrix=None,
        matrices={"car": {"durations": M, "distances": [[10 * m for m in row] for row in M]}},
        vehicles=[{**VEHICLE, "time_window": [0, 900], "breaks": [rest]}],
    )
    steps = route(answer(given, seconds=0))["steps"]
    told = [(s["type"], s["arrival"], s["duration"], s["distance"]) for s in steps]
    # 30 of 60 s and 300 of 600 m are behind it then; the rest follows after 130 s.
    assert told == [
        ("start", 0, 0, 0),
        ("break", 30, 30, 300),
        ("job", 160, 60, 600),
        ("end", 160, 60, 600),
    ]


def test_costs_are_those_of_the_vehicle() -> None:
    costs = {"fixed": 3, "per_hour": 100, "per_task_hour": 7, "per_km": 3}
    given = request(
        matrix=None,
        matrices={"car": {"durations": M, "distances": [[10 * m for m in row] for row in M]}},
        vehicles=[{**VEHICLE, "end_index": 0, "costs": costs}],
        jobs=[{**JOB, "service": 11}, {"id": 2, "location_index": 2}],
    )
    # 3 + 240 s × 100 / 3 600 + 11 s × 7 / 3 600 + 2.4 km × 3 = 16.9, rounded down.
    assert answer(given, seconds=0)["summary"]["cost"] == 16


def test_custom_costs_are_taken_as_they_are() -> None:
    costs = [[10 * m for m in row] for row in M]
    given = request(matrix=None, matrices={"car": {"durations": M, "costs": costs}})
    assert answer(given, seconds=0)["summary"]["cost"] == 600


def test_a_speed_factor_divides_rides() -> None:
    told = answer(vehicle(speed_factor=2), seconds=0)
    assert route(told)["duration"] == 30


def test_priorities_come_before_the_number_of_tasks() -> None:
    # One of three may be served: the dearest.
    jobs = [{"id": i, "location_index": 1, "priority": p} for i, p in ((1, 10), (2, 90), (3, 0))]
    told = answer(request(vehicles=[{**VEHICLE, "max_tasks": 1}], jobs=jobs), seconds=0)
    assert told["summary"]["priority"] == 90
    assert sorted(task["id"] for task in told["unassigned"]) == [1, 3]


def test_a_matrix_may_say_that_a_place_is_some_way_from_itself() -> None:
    given = request(
        matrix=[[7, 60], [60, 5]], jobs=[{"id": 1, "location_index": 1}, {**JOB, "id": 2}]
    )
    assert answer(given, seconds=0)["summary"]["duration"] == 65


def test_a_vehicle_without_a_start_begins_at_its_first_task() -> None:
    given = request(vehicles=[{"id": 1, "end_index": 0}], jobs=[{**JOB, "setup": 20}])
    steps = route(answer(given, seconds=0))["steps"]
    # Setup is paid there; then 60 s to the end.
    assert [(s["location_index"], s["arrival"]) for s in steps] == [(1, 0), (1, 0), (0, 80)]


def test_goods_are_on_board_as_the_format_says() -> None:
    given = request(
        vehicles=[{**VEHICLE, "capacity": [4]}],
        jobs=[{**JOB, "delivery": [2], "pickup": [3]}],
    )
    told = answer(given, seconds=0)
    assert [step["load"] for step in route(told)["steps"]] == [[2], [3], [3]]
    assert (told["summary"]["delivery"], told["summary"]["pickup"]) == ([2], [3])


def test_what_is_unassigned_has_a_reason() -> None:
    told = answer(job(skills=[7], description="Lobby"), seconds=0)
    assert told["unassigned"] == [
        {
            "id": 1,
            "location_index": 1,
            "type": "job",
            "description": "Lobby",
            "x_reason": "No vehicle has the skills.",
        }
    ]
    told = answer(job(time_windows=[[0, 59]]), seconds=0)
    assert "even alone" in told["unassigned"][0]["x_reason"]
    two = request(vehicles=[{**VEHICLE, "max_tasks": 1}], jobs=[JOB, {**JOB, "id": 2}])
    assert "better used" in answer(two, seconds=0)["unassigned"][0]["x_reason"]


def nearest(told: dict[str, Any]) -> str:
    """Returns what the reason of the only unassigned task says of the nearest vehicle."""
    (task,) = told["unassigned"]
    return str(task["x_reason"]).partition("Nearest: ")[2]


def test_a_reason_names_the_vehicle_that_is_nearest_to_serving_the_task() -> None:
    # 120 s there and back: 20 s too long for the first, 1 s for the second.
    vehicles = [{**VEHICLE, "id": i, "end_index": 0, "max_travel_time": t} for i, t in NEAR]
    told = answer(request(vehicles=vehicles), seconds=0)
    assert nearest(told) == "max_travel_time of vehicle 9 is 1 s short."


NEAR = ((5, 100), (9, 119))


def test_a_reason_counts_in_the_seconds_of_the_request() -> None:
    # At half the speed the window, days from now, is 120 - 59 s too early.
    now = 1_700_000_000
    windows = {"time_windows": [[now, now + 59]]}
    vehicles = [{**VEHICLE, "speed_factor": 0.5, "time_window": [now, now + 900]}]
    told = answer(request(vehicles=vehicles, jobs=[{**JOB, **windows}]), seconds=0)
    assert nearest(told) == "time windows of tasks on vehicle 1 end 61 s too early."


def test_a_reason_names_every_limit_that_must_give_way() -> None:
    vehicles = [{**VEHICLE, "end_index": 0, "max_travel_time": 100, "capacity": [1]}]
    told = answer(request(vehicles=vehicles, jobs=[{**JOB, "delivery": [3]}]), seconds=0)
    assert nearest(told) == "the capacity of vehicle 1 is 2 short; travel must give way too."


def test_reasons_of_many_tasks_are_found_for_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vroom_reasons, "MOST_TRIALS", 1)
    vehicles = [{**VEHICLE, "max_tasks": 0}]
    told = answer(request(vehicles=vehicles, jobs=[JOB, {**JOB, "id": 2}]), seconds=0)
    assert ["Nearest" in task["x_reason"] for task in told["unassigned"]] == [True, False]


def test_an_initial_plan_is_kept_where_nothing_is_better() -> None:
    far = {"id": 2, "location_index": 2}
    plan = [{"type": "job", "id": 2}, {"type": "job", "id": 1}]
    given = request(vehicles=[{**VEHICLE, "end_index": 0, "steps": plan}], jobs=[JOB, far])
    told = answer(given, seconds=0)
    # Both ways round take 240 s.
    assert [step.get("id") for step in route(told)["steps"]] == [None, 2, 1, None]
    assert "x_dropped" not in told


def test_an_infeasible_initial_plan_is_mended_and_what_was_dropped_named() -> None:
    plan = [{"type": "start"}, {"type": "job", "id": 1}, {"type": "job", "id": 2}]
    jobs = [{**JOB, "delivery": [1]}, {"id": 2, "location_index": 2, "delivery": [1]}]
    given = request(vehicles=[{**VEHICLE, "capacity": [1], "steps": plan}], jobs=jobs)
    told = answer(given, seconds=0)
    assert told["x_dropped"] == [{"vehicle": 1, "type": "job", "id": 2}]
    assert [task["id"] for task in told["unassigned"]] == [2]


def test_half_a_shipment_in_a_plan_is_dropped() -> None:
    pair = {"pickup": {"id": 7, "location_index": 1}, "delivery": {"id": 8, "location_index": 2}}
    plan = [{"type": "pickup", "id": 7}, {"type": "job", "id": 1}]
    given = request(vehicles=[{**VEHICLE, "steps": plan}], shipments=[pair])
    told = answer(given, seconds=0)
    assert told["x_dropped"] == [{"vehicle": 1, "type": "pickup", "id": 7}]
    assert told["summary"]["unassigned"] == 0


def test_a_check_finds_what_an_answer_breaks() -> None:
    given = job(time_windows=[[60, 100]])
    told = answer(given, seconds=0)
    assert faults(given, told) == ()
    assert faults(job(time_windows=[[0, 59]]), told) == (
        "The delivery of job 'job 1' starts at 60 s, 1 s after its window ends at 59 s.",
    )
    dearer = {**told, "summary": {**told["summary"], "cost": 99}}
    assert faults(given, dearer) == ("The summary says cost 99, it is 60.",)
    stranger = {**told, "routes": [{**route(told), "vehicle": 9}]}
    assert "Vehicle 9 is not in the problem" in faults(given, stranger)[0]


def test_a_budget_of_nothing_still_gives_an_answer() -> None:
    assert answer(request(), seconds=0)["summary"]["routes"] == 1


def test_vroom_finds_nothing_wrong_with_us_nor_we_with_vroom() -> None:
    try:
        python = vroom_python()
    except Skipped as why:
        pytest.skip(str(why))
    for meeting in meet(python, range(10), seconds=0.1):
        assert (meeting.by_vroom, meeting.by_us) == ((), ()), meeting.seed
