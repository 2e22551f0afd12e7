"""The OR-Tools lane on what it alone carries: what it finds is legal, and better by true cost."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from solver.check import violations
from solver.plain import complete
from solver.problem import (
    VROOM_TIERS,
    Break,
    Job,
    Measure,
    Problem,
    Profile,
    Task,
    TimeWindow,
    Vehicle,
)
from solver.search import Bound, search
from solver.solution import Solution, cost, measures
from solver.weights import weights_of
from tests.worlds import D, a_problem, on_a_line, rich_problem, rich_problems, route_of


@settings(max_examples=60, deadline=None, derandomize=True)
@given(rich_problems())
def test_the_model_reads_back_every_legal_start(problem: Problem) -> None:
    _, note = search(problem, complete(problem, ()), Bound(None, 20), seed=0)
    assert "read" not in note


def best(problem: Problem, start: Solution) -> Solution:
    """The best legal find of the lane, or the start."""
    found, note = search(problem, start, Bound(None, 400), seed=0)
    assert note == ""
    legal = [solution for solution in found if not violations(problem, solution)]
    return min([start, *legal], key=lambda solution: cost(problem, solution))


def crossed(*vehicles: Vehicle, **more: Any) -> tuple[Problem, Solution]:
    """Two vehicles that serve what lies at the door of the other, by VROOM's objective."""
    left, right = vehicles or (Vehicle("left", 0, 0), Vehicle("right", 5, 5))
    jobs = (Job("near right", delivery=Task(4)), Job("near left", delivery=Task(1)))
    given: dict[str, Any] = {"durations": on_a_line(6), "tiers": VROOM_TIERS, **more}
    return Problem((left, right), jobs, **given), Solution((route_of((0, D)), route_of((1, D))))


REST = Break("b", (TimeWindow(10, 50), TimeWindow(400, 500)), 100)

VARIANTS = {
    "breaks": crossed(Vehicle("left", 0, 0, breaks=(REST,)), Vehicle("right", 5, 5)),
    "limits": crossed(
        Vehicle("left", 0, 0, max_travel=480, max_tasks=1), Vehicle("right", 5, 5, max_distance=480)
    ),
    "distances": crossed(distances=on_a_line(6)),
    "profiles": crossed(
        Vehicle("left", 0, 0, profile=1, task_cost=2),
        Vehicle("right", 5, 5, fixed_cost=7),
        more_profiles=(Profile(2 * on_a_line(6), costs=3 * on_a_line(6)),),
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_it_uncrosses_two_vehicles(name: str) -> None:
    problem, start = VARIANTS[name]
    found = best(problem, start)
    assert violations(problem, found) == ()
    assert cost(problem, found) < cost(problem, start)
    assert {a.job for a in found.routes[1]} >= {0}


def test_tasks_with_setups_windows_and_times_of_their_own_are_timed_aright() -> None:
    problem, start = crossed()
    first, second = problem.jobs
    windows = (TimeWindow(0, 70), TimeWindow(300, 400))
    task = Task(4, windows[0], 5, setup_duration=30, later_windows=(windows[1],))
    jobs = (
        replace(first, delivery=task),
        replace(second, delivery=replace(second.delivery, by_vehicle=((5, 10), (50, 100)))),
    )
    problem = replace(problem, jobs=jobs)
    # From the left its window at location 4 is over after 240 s: the next opens at 300 s.
    assert violations(problem, start) == ()
    assert best(problem, start) == Solution((route_of((1, D)), route_of((0, D))))


def test_goods_collected_cannot_be_delivered() -> None:
    # Two units must be on board at the start for b, whatever a gives on the way.
    jobs = (
        Job("a", delivery=Task(1), load=(0,), collected=(2,), prize=1),
        Job("b", delivery=Task(2), load=(2,), prize=1),
    )
    problem = Problem((Vehicle("v", 0, capacity=(2,)),), jobs, on_a_line(6), VROOM_TIERS)
    found, _ = search(problem, Solution(((),), frozenset({0, 1})), Bound(None, 200), seed=0)
    assert Solution((route_of((0, D), (1, D)),)) not in found
    assert found[0] == Solution((route_of((1, D), (0, D)),))


def test_a_dearer_job_is_worth_more_than_two() -> None:
    jobs = tuple(Job(f"{i}", delivery=Task(i + 1), prize=p) for i, p in enumerate((3, 3, 9)))
    vehicle = Vehicle("v", 0, max_tasks=2)
    problem = Problem((vehicle,), jobs, on_a_line(6), VROOM_TIERS)
    start = Solution((route_of((0, D), (1, D)),), frozenset({2}))
    assert measures(problem, best(problem, start))[Measure.PRIZE] == 3


def test_each_tier_outweighs_all_of_those_after_it() -> None:
    problem, _ = crossed(distances=on_a_line(6))
    weights = weights_of(problem)
    # At most 2 tasks and 2 vehicles, 4 legs of 300 s and as many metres.
    assert weights[Measure.DISTANCE] == 1
    assert weights[Measure.TRAVEL] > 4 * 300
    assert weights[Measure.USED] > 4 * 300 * weights[Measure.TRAVEL]
    assert weights[Measure.LEFT_TASKS] > 4 * 300 * weights[Measure.EXPENSE]


def test_tiers_that_have_no_room_are_left_to_the_true_cost() -> None:
    far = on_a_line(6, step=10_000_000)
    problem, _ = crossed(distances=far, durations=far)
    weights = weights_of(problem)
    assert weights[Measure.DISTANCE] == 0
    assert weights[Measure.LEFT_TASKS] > 4 * 50_000_000 * weights[Measure.EXPENSE] > 0


def test_without_new_features_nothing_is_counted_twice() -> None:
    problem = a_problem([Job("a", delivery=Task(1))])
    assert best(problem, Solution((route_of((0, D)),))) == Solution((route_of((0, D)),))


def test_a_search_by_steps_ends_though_breaks_take_long_to_be_timed() -> None:
    # Drawn: reading this start without a limit of time did not end within 40 s.
    rng = random.Random(81)
    problem = rich_problem(rng, rng.randint(1, 3), rng.randint(1, 6))
    start = complete(problem, ())
    candidates, _ = search(problem, start, Bound(None, 100), 0)
    assert all(len(found.routes) == len(problem.vehicles) for found in candidates)
