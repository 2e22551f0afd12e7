"""Why a job is left out or late, in exact numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from solver.explain import explain
from solver.insertion import best_insertions, complete
from solver.problem import FOREVER, Job, Problem, Task, TimeWindow, Vehicle
from solver.solution import Solution
from tests.worlds import D, P, a_problem, problems, route_of


def _only(problem: Problem, job: int = 0) -> tuple[str, int, str]:
    (obstacle,) = explain(problem, complete(problem, ()), job)
    return obstacle.kind, obstacle.short_by, obstacle.unit


def test_a_vehicle_that_may_not_serve_the_job_is_named() -> None:
    job = Job("a", delivery=Task(1, TimeWindow(0, 59)), vehicles=frozenset({1}))
    vehicles = [Vehicle("v", start=0), Vehicle("w", start=0)]
    first, second = explain(a_problem([job], vehicles), Solution(((), ()), frozenset({0})), 0)
    assert (first.vehicle, first.kind) == (0, "vehicle_not_allowed")
    assert (second.vehicle, second.kind) == (1, "window")


def test_a_job_too_heavy_is_short_of_units() -> None:
    job = Job("a", pickup=Task(0), delivery=Task(1), load=(7,))
    problem = a_problem([job], [Vehicle("v", start=0, capacity=(5,))])
    assert _only(problem) == ("capacity", 2, "units")


def test_a_desk_that_closes_too_early_is_short_of_seconds() -> None:
    # The desk is 120 s away.
    problem = a_problem([Job("a", delivery=Task(2, TimeWindow(0, 85)))])
    assert _only(problem) == ("window", 35, "s")


def test_a_shift_that_ends_too_early_is_short_of_seconds() -> None:
    # 2 × 120 s of riding.
    vehicle = Vehicle("v", start=0, end=0, shift=TimeWindow(0, 200))
    assert _only(a_problem([Job("a", delivery=Task(2))], [vehicle])) == ("shift", 40, "s")


def test_the_window_of_another_job_can_be_in_the_way() -> None:
    # The other desk, 120 s away, closes at 130; the new one is on the way and takes 45 s.
    other = Job("other", delivery=Task(2, TimeWindow(0, 130)))
    new = Job("new", delivery=Task(1, TimeWindow(0, 60), service_duration=45))
    problem = a_problem([other, new])
    (obstacle,) = explain(problem, Solution((route_of((0, D)),), frozenset({1})), 1)
    # 60 + 45 + 60 s to the other desk.
    assert (obstacle.kind, obstacle.short_by) == ("window", 35)
    assert "job 'other' starts at 165 s, 35 s after its window" in obstacle.text


def test_two_limits_at_once_are_both_named() -> None:
    job = Job("a", delivery=Task(2, TimeWindow(0, 100)))
    vehicle = Vehicle("v", start=0, end=0, shift=TimeWindow(0, 200))
    (obstacle,) = explain(a_problem([job], [vehicle]), Solution(((),), frozenset({0})), 0)
    # The window is 20 s short even with a longer shift, which is needed too.
    assert (obstacle.kind, obstacle.short_by) == ("window", 20)
    assert "shift must give way too" in obstacle.relaxation


def test_a_late_job_is_late_by_what_it_misses_its_due() -> None:
    problem = a_problem([Job("a", delivery=Task(2, due=100))])
    assert _only(problem) == ("late", 20, "s")


def test_a_job_that_only_another_promise_could_make_room_for_is_late() -> None:
    # One after the other at 60 s steps in opposite directions: the second comes 180 s after start.
    vehicle = Vehicle("v", start=1)
    jobs = [Job("a", delivery=Task(0, due=60)), Job("b", delivery=Task(2, due=100))]
    problem = a_problem(jobs, [vehicle])
    (obstacle,) = explain(problem, Solution((route_of((0, D), (1, D)),)), 1)
    # b at 180 is 80 s late; before a it makes a 120 s late.
    assert (obstacle.kind, obstacle.short_by) == ("late", 80)


def test_a_vehicle_that_could_serve_in_time_has_no_obstacle() -> None:
    problem = a_problem([Job("a", pickup=Task(0), delivery=Task(2, due=120))])
    assert explain(problem, Solution(((),), frozenset({0})), 0) == ()
    assert explain(problem, Solution((route_of((0, P), (0, D)),)), 0) == ()


def test_an_unknown_job_cannot_be_explained() -> None:
    with pytest.raises(ValueError, match="below 0"):
        explain(a_problem([]), Solution(((),)), 0)


@settings(max_examples=24, deadline=None, derandomize=True)
@given(problems())
def test_giving_way_by_the_missing_amount_lets_the_job_in_and_one_less_does_not(
    problem: Problem,
) -> None:
    solution = complete(problem, ())
    for j in sorted(solution.unassigned)[:2]:
        obstacles = explain(problem, solution, j)
        assert {o.vehicle for o in obstacles} == set(range(len(problem.vehicles)))
        for o in obstacles:
            if o.kind in ("capacity", "shift") and "alone" not in o.relaxation:
                assert o.text
                for less, fits in ((0, True), (1, False)):
                    relaxed = _relaxed(problem, o.vehicle, o.kind, o.short_by - less)
                    found = best_insertions(relaxed, solution, j)
                    assert any(x.vehicle == o.vehicle for x in found) == fits


def _relaxed(problem: Problem, v: int, kind: str, by: int) -> Problem:
    vehicle = problem.vehicles[v]
    if kind == "capacity":
        vehicle = replace(vehicle, capacity=(vehicle.capacity[0] + by,))
    else:
        shift = TimeWindow(vehicle.shift.early, vehicle.shift.late + by)
        vehicle = replace(vehicle, shift=shift)
    return replace(problem, vehicles=(*problem.vehicles[:v], vehicle, *problem.vehicles[v + 1 :]))


def test_a_window_that_opens_at_the_end_of_time_is_explained_all_the_same() -> None:
    never = Task(1, TimeWindow(FOREVER, FOREVER))
    vehicle = Vehicle("v", 0, 0, shift=TimeWindow(0, 1000))
    problem = Problem((vehicle,), (Job("j", never),), np.array([[0, 60], [60, 0]]))
    (obstacle,) = explain(problem, Solution(((),), frozenset({0})), 0)
    # Back 60 s after the window opens, 1000 s of which the shift has.
    assert (obstacle.kind, obstacle.short_by) == ("shift", FOREVER + 60 - 1000)
