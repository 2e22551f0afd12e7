"""The search: legal, never worse than its start, repeatable, and within its budget."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from solver.check import violations
from solver.insertion import complete
from solver.problem import Job, Measure, Problem, Task, TimeWindow, Vehicle
from solver.search import Bound, search
from solver.solution import Solution, cost
from solver.solve import MOST_LANES, SolveParams, solve
from tests.worlds import D, P, a_problem, problems, route_of

FEW = SolveParams(iterations=2)


@settings(max_examples=48, deadline=None, derandomize=True)
@given(problems())
def test_a_search_is_legal_and_never_worse_than_its_start(problem: Problem) -> None:
    start = complete(problem, ())
    result = solve(problem, FEW, start)
    assert violations(problem, result.solution) == ()
    assert result.initial_cost == cost(problem, start)
    assert result.cost == cost(problem, result.solution)
    assert result.improved == (result.cost < result.initial_cost)
    assert result.cost <= result.initial_cost


@settings(max_examples=16, deadline=None, derandomize=True)
@given(problems())
def test_a_search_by_iterations_repeats_itself(problem: Problem) -> None:
    params = SolveParams(iterations=3, seed=7)
    once, again = solve(problem, params), solve(problem, params)
    assert replace(once, seconds=0.0) == replace(again, seconds=0.0)


@settings(max_examples=24, deadline=None, derandomize=True)
@given(problems())
def test_the_model_reads_back_every_legal_start(problem: Problem) -> None:
    start = complete(problem, ())
    _, note = search(problem, start, Bound(None, 20), seed=0)
    assert "read" not in note


def _crossed() -> tuple[Problem, Solution]:
    """Two vehicles that serve what lies at the door of the other."""
    vehicles = [Vehicle("left", start=0, end=0), Vehicle("right", start=5, end=5)]
    jobs = [Job("near right", delivery=Task(4)), Job("near left", delivery=Task(1))]
    return a_problem(jobs, vehicles), Solution((route_of((0, D)), route_of((1, D))))


def test_ortools_finds_an_improvement() -> None:
    problem, start = _crossed()
    found, note = search(problem, start, Bound(None, 500), seed=0)
    assert note == ""
    # Each vehicle 60 s there and 60 s back, completed after 60 s: 4 × 60 + 2 × 60.
    assert cost(problem, found[0])[-1] == 360


def test_ortools_prices_changes_as_the_tiers_do() -> None:
    problem, start = _crossed()
    # Moving both jobs saves 4 × 180 s of riding and 2 × 180 of completion, 1 080 in all; as many
    # changes at 60 and 180 s each cost 480.
    planned = [replace(job, planned=v) for v, job in enumerate(problem.jobs)]
    vehicles = [
        replace(vehicle, next_location=place)
        for vehicle, place in zip(problem.vehicles, (4, 1), strict=True)
    ]
    cheap = replace(problem, jobs=tuple(planned), vehicles=tuple(vehicles))
    found, _ = search(cheap, start, Bound(None, 500), seed=0)
    assert cost(cheap, found[0])[-1] == 360 + 480
    tiers = (((Measure.UNASSIGNED, 1),), ((Measure.BUSY, 1), (Measure.MOVED, 1000)))
    dear = replace(cheap, tiers=tiers)
    found, _ = search(dear, start, Bound(None, 500), seed=0)
    assert all(solution == start for solution in found)


def test_a_start_that_is_broken_is_mended_first() -> None:
    problem, _ = _crossed()
    broken = Solution((route_of((0, P), (0, D), (0, D)),))
    result = solve(problem, FEW, broken)
    assert violations(problem, result.solution) == ()
    assert result.solution.unassigned == frozenset()


def test_a_budget_of_nothing_returns_the_start() -> None:
    problem, start = _crossed()
    for params in (SolveParams(seconds=0), SolveParams(iterations=0)):
        result = solve(problem, params, start)
        assert result.solution == start
        assert result.note == "The budget is 0."


@pytest.mark.parametrize("seconds", [0.05, 0.3])
def test_a_budget_in_seconds_is_kept(seconds: float) -> None:
    jobs = [Job(f"j{j}", pickup=Task(0), delivery=Task(j % 5 + 1, due=900)) for j in range(20)]
    vehicles = [Vehicle(f"v{v}", start=0, end=0, capacity=(4,)) for v in range(5)]
    result = solve(a_problem(jobs, vehicles), SolveParams(seconds=seconds))
    # Generous, for machines under load; the figures are printed by the benchmarks.
    assert result.seconds < seconds + 0.25


def test_a_problem_without_vehicles_or_jobs_is_left_alone() -> None:
    nobody = Problem((), (Job("a", delivery=Task(0)),), a_problem([]).durations)
    assert solve(nobody, FEW).solution == Solution((), frozenset({0}))
    assert solve(a_problem([]), FEW).solution == Solution(((),))


def test_an_impossible_job_does_not_stop_the_search_for_the_others() -> None:
    problem, start = _crossed()
    never = Job("never", pickup=Task(1, TimeWindow(500)), delivery=Task(1, TimeWindow(0, 10)))
    problem = replace(problem, jobs=(*problem.jobs, never))
    result = solve(problem, SolveParams(iterations=5), Solution(start.routes, frozenset({2})))
    assert result.improved
    assert result.note == ""


def test_results_and_problems_travel_between_processes() -> None:
    problem, start = _crossed()
    result = solve(problem, FEW, start)
    assert pickle.loads(pickle.dumps(result)) == result  # noqa: S301
    assert solve(pickle.loads(pickle.dumps(problem)), FEW, start).solution == result.solution  # noqa: S301


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"seconds": -0.1},
        {"seconds": float("nan")},
        {"iterations": -1},
        {"iterations": 1, "seed": -1},
        {"iterations": 1, "engine": "gurobi"},
        {"iterations": 1, "lanes": 0},
        {"iterations": 1, "lanes": MOST_LANES + 1},
    ],
)
def test_params_that_make_no_sense_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Expected"):
        SolveParams(**params)
