"""What parts of a search take, and what is left out where the budget is too short for it."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import pytest
from ortools.constraint_solver import pywrapcp

from solver.budget import inserting_seconds, proving_seconds, reading_seconds
from solver.problem import MINOR, Job, Problem, Task, Vehicle
from solver.search import Bound, _choose_moves, search
from solver.solution import Solution, cost
from solver.solve import SolveParams, _better, _Found, _polish_seconds, _proof_seconds
from tests.worlds import D, a_problem, route_of


def rush(jobs: int, pickups: int, vehicles: int, promised: int = 0) -> Problem:
    """Returns a problem with so many of each; the first jobs have pickups, the first are urgent."""
    some = [
        Job(f"j{j}", delivery=Task(j % 5 + 1), pickup=Task(0) if j < pickups else None)
        for j in range(jobs)
    ]
    some = [job if j < promised else replace(job, rank=MINOR) for j, job in enumerate(some)]
    return a_problem(some, [Vehicle(f"v{v}", start=0, end=0) for v in range(vehicles)])


def test_a_model_takes_longer_with_jobs_pickups_vehicles_and_their_kinds() -> None:
    # 60 + 39 + 2 × 15 = 129 nodes: 1.5 + 129 × 0.027 + 129² × 0.00016 ms = 1.5 + 3.48 + 2.66.
    problem = rush(60, 39, 15)
    assert reading_seconds(problem) == pytest.approx(7.65e-3, abs=1e-5)
    # 21 jobs without a pickup get one, or vehicles are as many more.
    assert reading_seconds(rush(60, 60, 15)) == pytest.approx(9.15e-3, abs=1e-5)
    assert reading_seconds(rush(60, 40, 25)) == pytest.approx(9.15e-3, abs=1e-5)
    # Two prices of working time: two matrices of costs, 2.66 ms more.
    dear = tuple(replace(x, task_cost=v % 2) for v, x in enumerate(problem.vehicles))
    two = replace(problem, vehicles=dear)
    assert reading_seconds(two) == pytest.approx(10.31e-3, abs=1e-5)
    # Times of their own: a matrix for each vehicle.
    task = replace(problem.jobs[0].delivery, by_vehicle=((0, 1),) * 15)
    own = replace(problem.jobs[0], delivery=task)
    several = replace(problem, jobs=(own, *problem.jobs[1:]))
    assert reading_seconds(several) == pytest.approx(4.98e-3 + 15 * 2.66e-3, abs=1e-4)


def test_a_proof_takes_longer_with_each_job_and_with_more_than_fifteen_vehicles() -> None:
    few, many = rush(20, 20, 15), rush(20, 20, 30)
    # 11 ms × 1.17², and × 1.17^12.
    assert proving_seconds(few, 2) == pytest.approx(15.06e-3, abs=1e-5)
    assert proving_seconds(few, 12) == pytest.approx(72.4e-3, abs=1e-4)
    assert proving_seconds(many, 2) == pytest.approx(2 * proving_seconds(few, 2))
    assert proving_seconds(rush(20, 20, 1), 2) == proving_seconds(few, 2)


def within(seconds: float) -> tuple[SolveParams, float]:
    """Returns params and the instant at which they end, counted from now."""
    return SolveParams(seconds=seconds), perf_counter() + seconds


def test_a_proof_depends_on_its_own_time_and_not_on_that_of_ortools() -> None:
    # Three urgent jobs need 17.6 ms: two fifths of 45 ms are enough, of 43 ms they are not. For
    # 300 jobs OR-Tools needs 39 ms, twice that is more than a fifth of 0.3 s.
    problem = rush(300, 100, 15, promised=3)
    assert _polish_seconds(problem, *within(0.3), is_compiled=True) is None
    assert _proof_seconds(problem, *within(0.3)) == pytest.approx(17.6e-3, abs=1e-4)
    assert _proof_seconds(problem, *within(0.043)) is None
    assert _proof_seconds(problem, *within(0.046)) is not None
    assert _proof_seconds(rush(300, 100, 15), *within(9.0)) is None
    assert _proof_seconds(rush(20, 20, 5, promised=13), *within(9.0)) is None


def test_ortools_gets_a_fifth_where_two_readings_fit_in() -> None:
    # 60 jobs need 7.65 ms: 76.5 ms are the least budget that has room for twice that.
    problem = rush(60, 39, 15)
    assert _polish_seconds(problem, *within(0.076), is_compiled=True) is None
    assert _polish_seconds(problem, *within(0.08), is_compiled=True) == pytest.approx(0.016, 0.1)
    alone, end = replace(within(1.0)[0], engine="ortools"), perf_counter() + 0.01
    assert _polish_seconds(problem, alone, end, is_compiled=True) == pytest.approx(0.01, 0.2)
    assert _polish_seconds(problem, alone, end - 0.005, is_compiled=True) is None


def test_moves_that_do_not_look_at_the_clock_are_left_out_where_they_take_long() -> None:
    # 40 jobs inserted anew: 24 ms, a tenth of 240 ms.
    problem = rush(40, 0, 5)
    assert inserting_seconds(problem) == pytest.approx(24e-3)
    name = "use_global_cheapest_insertion_path_lns"
    for seconds, late, told in ((0.26, 24e-3, 3), (0.23, 0.0, 2)):
        parameters = pywrapcp.DefaultRoutingSearchParameters()
        bound = Bound(perf_counter() + seconds, None)
        assert _choose_moves(problem, parameters, bound) == pytest.approx(late)
        # BOOL_TRUE is 3, BOOL_FALSE is 2.
        assert getattr(parameters.local_search_operators, name) == told
    by_steps = pywrapcp.DefaultRoutingSearchParameters()
    assert _choose_moves(problem, by_steps, Bound(None, 5)) == 0
    assert getattr(by_steps.local_search_operators, name) == 3


def crossed() -> tuple[Problem, Solution, Solution]:
    """Two vehicles that serve what lies at the door of the other, and the same uncrossed."""
    vehicles = [Vehicle("left", start=0, end=0), Vehicle("right", start=5, end=5)]
    jobs = [Job("near right", delivery=Task(4)), Job("near left", delivery=Task(1))]
    routes = route_of((0, D)), route_of((1, D))
    return a_problem(jobs, vehicles), Solution(routes), Solution(routes[::-1])


def test_a_budget_that_is_over_leaves_the_model_unread_and_says_so() -> None:
    problem, start, _ = crossed()
    found, note = search(problem, start, Bound(perf_counter() - 1, None), seed=0)
    assert (found, note) == ((), "The budget was over before the OR-Tools model was built.")


def test_after_the_deadline_one_more_solution_is_judged() -> None:
    problem, start, better = crossed()
    best = _Found(start, cost(problem, start), "")
    worse = Solution((start.routes[0], ()), frozenset({1}))
    over = Bound(perf_counter() - 1, None)
    assert _better(problem, best, [worse, better], over).solution == start
    assert _better(problem, best, [better, worse], over).solution == better
    assert _better(problem, best, [worse, better]).solution == better
