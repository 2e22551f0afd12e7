"""The exact lane: proven answers equal brute force, and whatever it answers is legal."""

from __future__ import annotations

import random
from dataclasses import replace
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given, settings

from solver import assignment_cp, bundles
from solver.assignment import by_subsets
from solver.bundle_columns import enumerate_columns
from solver.bundle_prices import prices_of
from solver.bundles import MOST_BY_SUBSETS, MOST_JOBS, MOST_STORES, exact, waiting
from solver.check import violations
from solver.insertion import complete
from solver.problem import (
    FOREVER,
    MINOR,
    PROMISED,
    Break,
    Job,
    Problem,
    Task,
    TimeWindow,
    Vehicle,
)
from solver.solution import Kind, Solution, cost
from tests.trip_oracle import best_cost
from tests.worlds import D, P, a_problem, on_a_line, problems, random_problem, route_of

AMPLE_S = 60.0


def _urgent(name: str, location: int, due: int | None = None, **more: object) -> Job:
    return Job(name, Task(location, due=due), Task(0), **more)  # type: ignore[arg-type]


def test_two_urgent_jobs_on_opposite_sides_go_to_two_vehicles() -> None:
    # The store is at 0 and both ways take 60 s a step: on one route the second desk is late.
    rides = on_a_line(3)
    rides[1:, 1:] = [[0, 120], [120, 0]]
    rides[0] = rides[:, 0] = [0, 60, 60]
    vehicles = (Vehicle("one", 0), Vehicle("other", 0))
    problem = Problem(vehicles, (_urgent("left", 1, 60), _urgent("right", 2, 60)), rides)
    together = Solution((route_of((0, P), (1, P), (0, D), (1, D)), ()))
    # 60 + 120 s of riding and completions at 60 and 180 s, the second one 120 s late.
    assert cost(problem, together) == (0, 1, 120, 0, 0, 180 + 240)
    found = exact(problem, together, AMPLE_S)
    assert found.optimal
    assert found.note == ""
    assert found.bound == cost(problem, found.solution) == (0, 0, 0, 0, 0, 120 + 120)


def test_a_load_joins_the_fixed_load_stop_at_its_store() -> None:
    # On the way to desk 2 the vehicle passes desk 1: one load stop, one way of 120 s.
    jobs = [replace(_urgent("standard", 2), rank=MINOR), _urgent("urgent", 1)]
    problem = a_problem(jobs, [Vehicle("v", 0)])
    start = Solution((route_of((0, P), (0, D)),), frozenset({1}))
    found = exact(problem, start, AMPLE_S)
    assert found.solution.routes == (route_of((0, P), (1, P), (1, D), (0, D)),)
    assert found.bound == (0, 0, 0, 0, 0, 120 + 60)


def test_a_load_waits_until_the_last_of_its_goods_is_ready() -> None:
    # Ready at 0 and 500: one trip leaves at 500 and ends at 560, 620; two trips are not looked at.
    early, late = _urgent("early", 1), _urgent("late", 2)
    late = replace(late, pickup=Task(0, TimeWindow(500)))
    problem = a_problem([early, late], [Vehicle("v", 0)])
    start = Solution(((),), frozenset({0, 1}))
    assert exact(problem, start, AMPLE_S).bound == (0, 0, 0, 0, 0, 120 + 560 + 620)


def test_a_start_of_two_trips_is_kept_where_it_is_cheaper() -> None:
    # Ready at 0 and 500 again: 60 s out and back, then 500 + 120 s. One trip costs 180 s of
    # completions more, less 120 s of riding.
    early, late = _urgent("early", 1), _urgent("late", 2)
    late = replace(late, pickup=Task(0, TimeWindow(500)))
    problem = a_problem([early, late], [Vehicle("v", 0)])
    start = Solution((route_of((0, P), (0, D), (1, P), (1, D)),))
    assert cost(problem, start) == (0, 0, 0, 0, 0, 240 + 60 + 620)
    found = exact(problem, start, AMPLE_S)
    assert found.optimal
    assert found.solution is start


@pytest.mark.parametrize(("capacity", "left"), [(2, 0), (1, 1)])
def test_a_bundle_fits_the_vehicle(capacity: int, left: int) -> None:
    problem = a_problem([_urgent("a", 1), _urgent("b", 2)], [Vehicle("v", 0, capacity=(capacity,))])
    found = exact(problem, Solution(((),), frozenset({0, 1})), AMPLE_S)
    assert len(found.solution.unassigned) == left
    assert found.optimal


@pytest.mark.parametrize(("late", "left"), [(120, 0), (119, 1)])
def test_a_bundle_ends_within_the_shift(late: int, left: int) -> None:
    # Desk 1 and home take 120 s.
    problem = a_problem([_urgent("a", 1)], [Vehicle("v", 0, 0, shift=TimeWindow(0, late))])
    found = exact(problem, Solution(((),), frozenset({0})), AMPLE_S)
    assert len(found.solution.unassigned) == left


@pytest.mark.parametrize(("most", "left"), [(4, 0), (3, 1)])
def test_a_trip_has_no_more_tasks_than_the_vehicle_may_have(most: int, left: int) -> None:
    problem = a_problem([_urgent("a", 1), _urgent("b", 2)], [Vehicle("v", 0, max_tasks=most)])
    found = exact(problem, Solution(((),), frozenset({0, 1})), AMPLE_S)
    assert len(found.solution.unassigned) == left


def test_stores_are_visited_in_the_best_order() -> None:
    # From 3 by store 2 and store 0 to desk 1: 60 + 120 + 60 s; the other order takes 360 s.
    jobs = [Job("a", Task(1), Task(0)), Job("b", Task(1), Task(2))]
    problem = a_problem(jobs, [Vehicle("v", 3)])
    found = exact(problem, Solution(((),), frozenset({0, 1})), AMPLE_S)
    assert [a.job for a in found.solution.routes[0][:2]] == [1, 0]
    assert found.bound == (0, 0, 0, 0, 0, 240 + 240 + 240)


@pytest.mark.parametrize("seed", range(200))
def test_a_proven_answer_costs_what_brute_force_finds(seed: int) -> None:
    rng = random.Random(seed)
    problem = random_problem(rng, rng.randint(1, 3), rng.randint(1, 6), tight=seed % 2 == 0)
    start = complete(problem, ())
    if seed % 3 == 0:
        # A poor start: nothing that waits is planned yet.
        waits = frozenset(j for j, job in enumerate(problem.jobs) if job.rank == PROMISED)
        routes = tuple(tuple(a for a in r if a.job not in waits) for r in start.routes)
        bare = Solution(routes, start.unassigned | waits)
        start = bare if not violations(problem, bare) else start
    found = exact(problem, start, AMPLE_S)
    assert found.optimal
    assert found.bound == cost(problem, found.solution) == best_cost(problem, start)


@settings(max_examples=48, deadline=None, derandomize=True)
@given(problems())
def test_an_answer_is_legal_never_worse_and_leaves_the_rest_alone(problem: Problem) -> None:
    start = complete(problem, ())
    found = exact(problem, start, AMPLE_S)
    assert violations(problem, found.solution) == ()
    assert cost(problem, found.solution) <= cost(problem, start)
    free = {j for j, job in enumerate(problem.jobs) if job.rank == PROMISED and job.pickup}
    for before, after in zip(start.routes, found.solution.routes, strict=True):
        assert [a for a in before if a.job not in free] == [a for a in after if a.job not in free]
    assert found.solution.unassigned - free == start.unassigned - free


@settings(max_examples=24, deadline=None, derandomize=True)
@given(problems())
def test_no_budget_gives_a_legal_answer_that_is_not_called_optimal(problem: Problem) -> None:
    start = complete(problem, ())
    found = exact(problem, start, 0.0)
    assert violations(problem, found.solution) == ()
    assert cost(problem, found.solution) <= cost(problem, start)
    assert found.optimal == (found.note == "")
    assert (found.bound is None) != found.optimal


def _crowd(count: int) -> tuple[Problem, Solution]:
    vehicles = [Vehicle(f"v{v}", 0, capacity=(2,)) for v in range(5)]
    jobs = [_urgent(f"j{j}", 1 + j % 5, due=100 + 20 * j) for j in range(count)]
    problem = a_problem(jobs, vehicles)
    return problem, complete(problem, ())


@pytest.mark.parametrize("count", [MOST_BY_SUBSETS, MOST_BY_SUBSETS + 1])
def test_cp_sat_assigns_from_thirteen_jobs_where_time_is_short(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So slow that the subsets of a single vehicle would take longer than the budget.
    monkeypatch.setattr(bundles, "SUBSETS_PER_SECOND", 1)
    asked = []
    answer = assignment_cp.by_cp_sat

    def counted(*given: Any) -> tuple[tuple[int, ...], bool]:
        asked.append(given)
        return answer(*given)

    monkeypatch.setattr(assignment_cp, "by_cp_sat", counted)
    problem, start = _crowd(count)
    found = exact(problem, start, AMPLE_S)
    assert found.optimal
    assert found.bound == cost(problem, found.solution)
    assert len(asked) == (count > MOST_BY_SUBSETS)


@pytest.mark.parametrize("seed", range(200))
def test_subsets_and_cp_sat_assign_at_the_same_price(seed: int) -> None:
    rng = random.Random(1000 + seed)
    problem = random_problem(rng, rng.randint(1, 5), rng.randint(1, 12), tight=seed % 2 == 0)
    start = complete(problem, ())
    prices, free = prices_of(problem), waiting(problem)
    if prices is None or not free:
        return
    found = enumerate_columns(problem, prices, start, free, perf_counter() + AMPLE_S)
    assert found.note == ""
    by_sat, proven = assignment_cp.by_cp_sat(
        prices, found.columns, found.left_out, found.kept, perf_counter() + AMPLE_S
    )
    assert proven
    picks = by_subsets(found.columns, found.sums(), found.left, found.most)
    assert picks is not None
    assert found.price(picks) == found.price(by_sat)


@pytest.mark.parametrize(("count", "note"), [(MOST_JOBS, ""), (MOST_JOBS + 1, "19 urgent jobs")])
def test_more_jobs_than_can_be_enumerated_are_declined(count: int, note: str) -> None:
    found = exact(*_crowd(count), AMPLE_S)
    assert found.optimal == (note == "")
    assert found.note.startswith(note)


@pytest.mark.parametrize(("count", "optimal"), [(MOST_STORES, True), (MOST_STORES + 1, False)])
def test_more_stores_than_can_be_ordered_are_declined(count: int, optimal: bool) -> None:
    jobs = [Job(f"j{j}", Task(5), Task(j)) for j in range(count)]
    problem = a_problem(jobs, [Vehicle("v", 0)])
    assert exact(problem, complete(problem, ()), AMPLE_S).optimal == optimal


ONE = _urgent("one", 1)


@pytest.mark.parametrize(
    ("problem", "word"),
    [
        (replace(a_problem([ONE]), joint_loading=False), "one by one"),
        (a_problem([replace(ONE, collected=(1,))]), "collected"),
        (
            a_problem(
                [replace(ONE, delivery=Task(1, TimeWindow(0, 9), later_windows=(TimeWindow(20),)))]
            ),
            "windows",
        ),
        (a_problem([replace(ONE, delivery=Task(1, setup_duration=5))]), "setup"),
        (a_problem([replace(ONE, delivery=Task(1, by_vehicle=((0, 5),)))]), "by vehicle"),
        (a_problem([ONE], [Vehicle("v", 0, breaks=(Break("b", (TimeWindow(),)),))]), "breaks"),
        (a_problem([ONE], [Vehicle("v", 0, max_travel=FOREVER)]), "rides"),
        (a_problem([ONE], [Vehicle("v", 0, max_distance=FOREVER)]), "rides"),
    ],
)
def test_what_the_lane_lacks_is_declined_by_name(problem: Problem, word: str) -> None:
    start = Solution(((),), frozenset({0}))
    found = exact(problem, start, AMPLE_S)
    assert not found.optimal
    assert found.solution is start
    assert word in found.note


def test_an_illegal_start_is_declined() -> None:
    problem = a_problem([ONE])
    start = Solution((route_of((0, D)),))
    assert exact(problem, start, AMPLE_S).note.startswith("The start is illegal: ")


def test_a_price_that_does_not_fit_is_declined() -> None:
    # 2^30 s to an office out of reach, in three tiers of seconds: more than two words.
    rides = on_a_line(3)
    rides[0, 2] = 2**30
    jobs = tuple(_urgent(f"j{j}", 1) for j in range(200))
    jobs = tuple(replace(job, rank=MINOR) for job in jobs[1:]) + jobs[:1]
    problem = Problem((Vehicle("v", 0),), jobs, rides)
    found = exact(problem, Solution(((),), frozenset(range(200))), AMPLE_S)
    assert not found.optimal
    assert "64-bit" in found.note


def test_without_urgent_jobs_that_wait_the_start_is_the_answer() -> None:
    problem = a_problem([replace(ONE, rank=MINOR)])
    start = complete(problem, ())
    found = exact(problem, start, 0.0)
    assert found.optimal
    assert found.solution is start
    assert {a.kind for a in found.solution.routes[0]} == {Kind.PICKUP, Kind.DELIVERY}


def test_a_problem_without_vehicles_has_its_start_as_the_best() -> None:
    problem = Problem((), (ONE,), on_a_line(2))
    found = exact(problem, Solution((), frozenset({0})), AMPLE_S)
    assert found.optimal
    assert found.bound == (1, 0, 0, 0, 0, 0)


def test_a_budget_of_zero_gives_the_start_and_says_so() -> None:
    problem = a_problem([ONE])
    start = Solution(((),), frozenset({0}))
    found = exact(problem, start, 0.0)
    assert found.solution is start
    assert "budget" in found.note
