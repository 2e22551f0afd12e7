"""The lane that knows every feature: its kernels against the plain lane, its search against all."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from time import perf_counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from solver import plain
from solver.broad import complete, has_place, insert, knows, recombine
from solver.check import violations
from solver.problem import DISPATCH_TIERS, VROOM_TIERS, Break, Job, Problem, Task, Vehicle
from solver.resting import with_breaks, without_breaks
from solver.search import Bound
from solver.solution import Activity, Cost, Kind, Solution, cost
from solver.solve import SolveParams, solve
from tests.worlds import D, P, a_problem, rich_problems, route_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from solver.solution import Route


def known(problem: Problem) -> Problem:
    """Returns a problem with the objective and the load stops that the lane knows."""
    return replace(problem, tiers=VROOM_TIERS, joint_loading=False)


def test_it_knows_the_objective_of_vroom_and_no_load_stops() -> None:
    problem = known(a_problem([Job("a", pickup=Task(0), delivery=Task(1))]))
    assert knows(problem)
    assert not knows(replace(problem, tiers=DISPATCH_TIERS))
    assert not knows(replace(problem, joint_loading=True))
    assert knows(replace(problem, joint_loading=True, jobs=(Job("a", delivery=Task(1)),)))
    assert not knows(replace(problem, jobs=()))
    assert not knows(replace(problem, vehicles=()))


@settings(max_examples=80, deadline=None, derandomize=True)
@given(rich_problems())
def test_a_job_has_a_place_where_plain_insertion_finds_one(problem: Problem) -> None:
    problem = known(problem)
    if not knows(problem):
        return
    solution = plain.complete(problem, ())
    for j in range(len(problem.jobs)):
        for v in range(len(problem.vehicles)):
            route = tuple(a for a in without_breaks(solution.routes[v]) if a.job != j)
            if with_breaks(problem, v, route) is not None:
                found = next(plain.places_of(problem, v, route, j), None)
                assert has_place(problem, v, route, j) == (found is not None), (j, v)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(rich_problems())
def test_what_it_completes_is_legal_and_leaves_out_only_what_fits_nowhere(problem: Problem) -> None:
    for some in (problem, known(problem)):
        found = insert(some, complete(some, ()))
        assert violations(some, found) == ()
        for j in found.unassigned:
            for v, route in enumerate(found.routes):
                assert next(plain.places_of(some, v, route, j), None) is None


@settings(max_examples=24, deadline=None, derandomize=True)
@given(rich_problems())
def test_a_search_is_legal_never_worse_and_the_same_again(problem: Problem) -> None:
    problem = known(problem)
    if not knows(problem):
        return
    start = plain.complete(problem, ())
    found, moves = recombine(problem, start, Bound(None, 30), seed=3)
    assert moves == 30
    assert violations(problem, found) == ()
    assert cost(problem, found)[:3] <= cost(problem, start)[:3]
    assert recombine(problem, start, Bound(None, 30), seed=3)[0] == found


@settings(max_examples=24, deadline=None, derandomize=True)
@given(rich_problems(max_jobs=3, max_vehicles=2))
def test_a_search_of_few_jobs_finds_the_best(problem: Problem) -> None:
    problem = known(problem)
    if not knows(problem):
        return
    found, _ = recombine(problem, plain.complete(problem, ()), Bound(None, 400), seed=0)
    assert cost(problem, found)[:3] == min(_all_costs(problem))[:3]


def _all_costs(problem: Problem) -> Iterator[Cost]:
    """Yields the cost of every legal solution, one for each choice of vehicles and orders."""
    halves = [
        Activity(j, kind)
        for j, job in enumerate(problem.jobs)
        for kind in ((D,) if job.pickup is None else (P, D))
    ]
    for size in range(len(halves) + 1):
        for order in permutations(halves, size):
            for cut in range(size + 1) if len(problem.vehicles) == 2 else (size,):
                tasks = (order[:cut], order[cut:])[: len(problem.vehicles)]
                if all(_is_whole(problem, route) for route in tasks):
                    routes = [with_breaks(problem, v, route) for v, route in enumerate(tasks)]
                    if None not in routes:
                        served = {a.job for a in order}
                        left = frozenset(range(len(problem.jobs))) - served
                        yield cost(problem, Solution(tuple(r or () for r in routes), left))


def _is_whole(problem: Problem, route: Route) -> bool:
    """Whether a route has both halves of its jobs, the pickup first."""
    place = {activity: at for at, activity in enumerate(route)}
    for activity in route:
        pickup = Activity(activity.job, Kind.PICKUP)
        delivery = Activity(activity.job, Kind.DELIVERY)
        if delivery not in place:
            return False
        if problem.jobs[activity.job].pickup is None:
            continue
        if pickup not in place or place[pickup] > place[delivery]:
            return False
    return True


def test_a_vehicle_that_costs_is_left_at_home() -> None:
    # One by one each job is nearer to the dear vehicle; only both together leave it at home.
    jobs = [Job("a", delivery=Task(4)), Job("b", delivery=Task(5))]
    vehicles = [Vehicle("near", 4, 4, fixed_cost=700), Vehicle("far", 0, 0)]
    problem = known(a_problem(jobs, vehicles))
    start = Solution((route_of((0, D), (1, D)), ()))
    found, _ = recombine(problem, start, Bound(None, 200), seed=0)
    # 600 s of riding, not 700 and 120 s.
    assert cost(problem, found)[2] == 600


def test_the_deadline_is_kept() -> None:
    jobs = [Job(f"{i}", delivery=Task(i % 6, setup_duration=9)) for i in range(40)]
    problem = known(a_problem(jobs, [Vehicle("v", 0, 0), Vehicle("w", 0, 0)]))
    assert complete(problem, (), perf_counter()).unassigned == frozenset(range(40))
    start = complete(problem, ())
    _, moves = recombine(problem, start, Bound(perf_counter(), None), seed=0)
    assert moves == 0


@pytest.mark.parametrize("engine", ["ortools", "sisr", "portfolio"])
def test_every_engine_serves_such_a_problem(engine: str) -> None:
    rest = Break("b", (Task(0).window,), 60)
    jobs = [Job(f"{i}", delivery=Task(place)) for i, place in enumerate((5, 1, 4, 2))]
    problem = known(a_problem(jobs, [Vehicle("v", 0, 0, breaks=(rest,))]))
    start = Solution((tuple(Activity(j, D) for j in range(4)),))
    told = solve(problem, SolveParams(iterations=50, engine=engine), start)  # type: ignore[arg-type]
    assert violations(problem, told.solution) == ()
    # Out to the last and back.
    assert told.cost[2] == 600
    assert ("Ruin and recreate alone" in told.note) == (engine == "sisr")


def test_nothing_that_fits_is_left_out_of_what_the_plain_lane_searches() -> None:
    # Load stops that start together are known to the plain lane only.
    jobs = [Job(f"{i}", pickup=Task(0), delivery=Task(i, setup_duration=5)) for i in (1, 2)]
    problem = a_problem(jobs)
    assert not knows(problem)
    assert solve(problem, SolveParams(iterations=1)).solution.unassigned == frozenset()
