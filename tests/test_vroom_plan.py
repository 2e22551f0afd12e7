"""Plan mode: when the steps of a given route happen, and what it violates; and VROOM's word."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.peer_env import Skipped
from benchmarks.vroom_fuzz import plan
from benchmarks.vroom_peer import ask_all, vroom_python
from benchmarks.vroom_worlds import random_request
from benchmarks.vroom_wrong import JOB, PAIR, VEHICLE, request
from solver.vroom_errors import VroomError
from solver.vroom_plan import NOT_PLANNED, planned_answer
from solver.vroom_plan_timing import Stage, gaps_of, starts_of


def planned(*steps: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The one route of a vehicle with these steps; changes that are vehicle's are its own."""
    of = {key: changes.pop(key) for key in tuple(changes) if key not in ("jobs", "shipments")}
    given = request(vehicles=[{**VEHICLE, **of, "steps": list(steps)}], **changes)
    (route,) = planned_answer(given)["routes"]
    return dict(route)


def a_job(of: int = 1, **more: Any) -> dict[str, Any]:
    return {"type": "job", "id": of, **more}


def causes(route: dict[str, Any]) -> list[list[str]]:
    return [[violation["cause"] for violation in step["violations"]] for step in route["steps"]]


def test_a_route_is_as_its_steps_say_and_what_is_in_none_is_unassigned() -> None:
    far, left = {"id": 2, "location_index": 2}, {"id": 3, "location_index": 1}
    given = request(
        vehicles=[{**VEHICLE, "steps": [a_job(2), a_job(1)]}, {**VEHICLE, "id": 2}],
        jobs=[JOB, far, left],
    )
    told = planned_answer(given)
    (route,) = told["routes"]
    # 120 s to the far one, 60 s back to the other.
    assert [(s["type"], s.get("id"), s["arrival"]) for s in route["steps"]] == [
        ("start", None, 0),
        ("job", 2, 120),
        ("job", 1, 180),
        ("end", None, 180),
    ]
    assert told["unassigned"] == [
        {"id": 3, "location_index": 1, "type": "job", "x_reason": NOT_PLANNED}
    ]
    assert told["summary"]["violations"] == []


def test_a_start_that_is_too_late_is_a_delay_told_everywhere() -> None:
    # 60 s of riding from a shift that begins at 0, to a window that closes at 50.
    route = planned(a_job(), jobs=[{**JOB, "time_windows": [[10, 50]]}], time_window=[0, 900])
    late = [{"duration": 10, "cause": "delay"}]
    assert route["violations"] == late
    # As early at the start as late at the task would be as bad; the earliest is told.
    assert sum(v["duration"] for s in route["steps"] for v in s["violations"]) == 10


def test_of_two_windows_the_one_is_taken_that_costs_least() -> None:
    windows = {"time_windows": [[0, 55], [100, 200]]}
    route = planned(a_job(), jobs=[{**JOB, **windows}], time_window=[0, 900])
    assert route["violations"] == []
    assert route["steps"][1]["arrival"] + route["steps"][1]["waiting_time"] == 100


def test_a_vehicle_sets_out_as_late_as_it_may_without_longer_span() -> None:
    route = planned(a_job(), jobs=[{**JOB, "time_windows": [[700, 800]]}], time_window=[0, 900])
    assert [step["arrival"] for step in route["steps"]] == [640, 700, 700]


def test_bounds_of_service_are_hard() -> None:
    assert planned(a_job(service_at=500))["steps"][1]["arrival"] == 500
    assert planned(a_job(service_after=70))["steps"][1]["arrival"] == 70
    assert planned(a_job(service_before=60))["steps"][1]["arrival"] == 60
    for bounds in ({"service_before": 59}, {"service_at": 80, "service_before": 79}):
        with pytest.raises(VroomError, match=r"^Infeasible route for vehicle 1\.$"):
            planned(a_job(**bounds))


def test_a_break_interrupts_a_ride_and_a_missing_one_is_told_of_the_route() -> None:
    rest = {"id": 5, "time_windows": [[30, 40]], "service": 100}
    route = planned(
        {"type": "break", "id": 5}, a_job(), breaks=[rest, {"id": 6}], time_window=[0, 900]
    )
    told = [(s["type"], s["arrival"], s["duration"]) for s in route["steps"]]
    assert told == [("start", 0, 0), ("break", 30, 30), ("job", 160, 60), ("end", 160, 60)]
    assert route["violations"] == [{"cause": "missing_break"}]


def test_load_is_told_at_every_stop_that_has_too_much_on_board() -> None:
    jobs = [{**JOB, "delivery": [2]}, {"id": 2, "location_index": 2, "delivery": [2]}]
    route = planned(a_job(1), a_job(2), jobs=jobs, capacity=[3])
    # 4 of 3 at the start, 2 after the first task.
    assert causes(route) == [["load"], [], [], []]
    assert [step["load"] for step in route["steps"]] == [[4], [2], [0], [0]]


def test_limits_of_a_route_are_told_from_where_they_are_passed() -> None:
    jobs = [JOB, {"id": 2, "location_index": 2}]
    route = planned(a_job(1), a_job(2), jobs=jobs, max_tasks=1, max_travel_time=100, end_index=0)
    # 60, 120 and 240 s ridden.
    assert causes(route) == [[], [], ["max_tasks", "max_travel_time"], ["max_travel_time"]]


def test_a_break_with_too_much_on_board_is_told() -> None:
    rests = [{"id": 5, "max_load": [1]}]
    steps = ({"type": "break", "id": 5}, a_job())
    route = planned(*steps, jobs=[{**JOB, "delivery": [2]}], capacity=[2], breaks=rests)
    assert causes(route) == [[], ["max_load"], [], []]


def test_halves_in_the_wrong_order_and_alone_are_told() -> None:
    pickup, delivery = {"type": "pickup", "id": 1}, {"type": "delivery", "id": 1}
    assert causes(planned(pickup, delivery, shipments=[PAIR])) == [[], [], [], []]
    wrong = [[], ["precedence"], ["precedence"], []]
    assert causes(planned(delivery, pickup, shipments=[PAIR])) == wrong
    assert causes(planned(pickup, shipments=[PAIR])) == [[], ["precedence"], []]
    assert causes(planned(delivery, shipments=[PAIR])) == [[], ["precedence"], []]


def test_a_skill_that_the_vehicle_lacks_is_told() -> None:
    assert causes(planned(a_job(), jobs=[{**JOB, "skills": [4]}])) == [[], ["skills"], []]


def test_cost_is_that_of_the_route() -> None:
    route = planned(a_job(), end_index=0, costs={"fixed": 3, "per_hour": 100})
    # 3 + 120 s × 100 / 3 600 = 6.3, rounded down.
    assert route["cost"] == 6


SMALL = st.integers(0, 6)


@st.composite
def stages(draw: st.DrawFn) -> list[Stage]:
    """Up to four stages, with windows and breaks, within a few units of time."""
    found = [Stage(windows=((draw(SMALL), None),) if draw(st.booleans()) else ())]
    for _ in range(draw(st.integers(1, 2))):
        times = sorted(draw(st.sets(SMALL, min_size=4, max_size=4)))
        windows = ((times[0], times[1]), (times[2], times[3]))[: draw(st.integers(0, 2))]
        is_break = draw(st.booleans())
        ride = 0 if is_break else draw(st.integers(0, 2))
        found.append(Stage(windows, draw(st.integers(0, 2)), ride, is_break))
    closes = ((None, draw(SMALL)),) if draw(st.booleans()) else ()
    return [*found, Stage(closes, ride=draw(st.integers(0, 2)))]


def missed(stage: Stage, start: int) -> int:
    """By how much a start misses the nearest window."""
    found = []
    for early, late in stage.windows:
        before = 0 if early is None else max(0, early - start)
        found.append(before + (0 if late is None else max(0, start - late)))
    return min(found, default=0)


def key(stages: list[Stage], starts: tuple[int, ...]) -> tuple[int, int, int]:
    wrong = sum(missed(stage, start) for stage, start in zip(stages, starts, strict=True))
    return wrong, starts[-1] - starts[0], sum(starts)


@given(stages())
def test_no_times_are_better_than_those_found(known: list[Stage]) -> None:
    starts = starts_of(known)
    assert starts is not None
    gaps = gaps_of(known)
    assert all(starts[b] - starts[a] >= least for a, b, least in gaps)
    # Nobody needs to set out after the last window, nor to wait for longer than until then.
    assert key(known, starts) == min(key(known, tried) for tried in every_way(known))


def every_way(known: list[Stage]) -> list[tuple[int, ...]]:
    """All legal times with a start and waits of up to six."""
    found: list[tuple[int, ...]] = [(at,) for at in range(7)]
    for i in range(1, len(known)):
        gaps = [(a, least) for a, b, least in gaps_of(known) if b == i]
        waits = range(7) if i < len(known) - 1 else (0,)
        found = [
            (*times, max(times[a] + least for a, least in gaps) + wait)
            for times in found
            for wait in waits
        ]
    return found


def durations(told: dict[str, Any]) -> int:
    return sum(violation.get("duration", 0) for violation in told["summary"]["violations"])


def named(told: dict[str, Any]) -> set[str]:
    found = {violation["cause"] for violation in told["summary"]["violations"]}
    # Which of the two a miss is, where both are as long, is the solver's choice.
    return found - {"delay", "lead_time"}


def test_vroom_tells_the_same_violations_and_never_less_time() -> None:
    try:
        python = vroom_python()
    except Skipped as why:
        pytest.skip(str(why))
    given = [random_request(seed, 12) for seed in range(25)]
    for seed, one in enumerate(given):
        plan(one, random.Random(seed))
    refused = []
    for one, theirs in zip(given, ask_all(python, given, plan=True), strict=True):
        try:
            ours = planned_answer(one)
        except VroomError as error:
            refused.append((error.as_answer(), theirs))
            continue
        assert named(ours) == named(theirs)
        # Where speed factors are, both cut hundredths of a second off, step by step.
        cut = 2 * len(one["vehicles"]) if "speed_factor" in one["vehicles"][0] else 0
        assert durations(ours) <= durations(theirs) + cut
        for our, their in zip(ours["routes"], theirs["routes"], strict=True):
            assert our["duration"] - their["duration"] in range(-2, 3)
            for a, b in zip(our["steps"], their["steps"], strict=True):
                assert a.keys() == b.keys()
                assert a.get("load") == b.get("load")
    assert all(ours == theirs for ours, theirs in refused)
