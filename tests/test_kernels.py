"""The compiled lane on problems with all that it knows: as the judge and brute force have it."""

from __future__ import annotations

import ast
import random
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from solver import compile as compiling
from solver.arrays import MOVED, ROUTE_MEASURES, arrays
from solver.check import violations
from solver.features import declined
from solver.insertion import best_insertions, complete, insert, places_of, with_job
from solver.problem import (
    DISPATCH_TIERS,
    PROMISED,
    TRAVEL_TIERS,
    VROOM_TIERS,
    Job,
    Measure,
    Problem,
    Task,
    Vehicle,
)
from solver.ruin import surrogate
from solver.solution import Activity, Solution, cost, load_stops, measures, schedule
from solver.strings import DELIVERY_AT, PLACE_PRICE, _cheapest
from solver.tours import LEGAL, TOTAL, matrices, timed, tours_of
from tests.test_solver_insertion import every_insertion, with_route
from tests.worlds import D, P, a_problem, problems, rich_problem, route_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solver.arrays import Instance, Longs
    from solver.solution import Route
    from solver.tours import Tours

SEEDS = st.integers(0, 2**32)
SETTINGS = settings(max_examples=100, deadline=None, derandomize=True)


def compiled_problem(rng: random.Random, num_vehicles: int, num_jobs: int) -> Problem:
    """Returns a random problem with every feature that the compiled lane knows, and no other."""

    def plain(task: Task | None) -> Task | None:
        return task and replace(task, setup_duration=0, later_windows=(), by_vehicle=())

    def plain_job(job: Job) -> Job:
        delivery = plain(job.delivery)
        assert delivery is not None
        return replace(job, delivery=delivery, pickup=plain(job.pickup))

    rich = rich_problem(rng, num_vehicles, num_jobs)
    return replace(
        rich,
        jobs=tuple(plain_job(job) for job in rich.jobs),
        vehicles=tuple(
            replace(vehicle, max_travel=None, max_distance=None, breaks=())
            for vehicle in rich.vehicles
        ),
        tiers=rng.choice((DISPATCH_TIERS, VROOM_TIERS, TRAVEL_TIERS)),
    )


@st.composite
def rich_compiled(draw: st.DrawFn, max_jobs: int = 8, max_vehicles: int = 3) -> Problem:
    """Draws a problem that has what the compiled lane knows, beyond dispatch."""
    num_vehicles = draw(st.integers(1, max_vehicles))
    num_jobs = draw(st.integers(0, max_jobs))
    return compiled_problem(random.Random(draw(SEEDS)), num_vehicles, num_jobs)


ANY_PROBLEM = problems(max_jobs=8, max_vehicles=3) | rich_compiled()


def without_metres(problem: Problem) -> Problem:
    """Returns the problem with tiers that do not count metres, which the kernels do not know."""
    tiers = tuple(
        tuple(priced for priced in tier if priced[0] is not Measure.DISTANCE)
        for tier in problem.tiers
    )
    return replace(problem, tiers=tiers)


def random_routes(problem: Problem, rng: random.Random, likely: float) -> tuple[Route, ...]:
    """Returns routes of whole jobs that their vehicles may serve, in any order, often illegal."""
    routes: list[list[Activity]] = [[] for _ in problem.vehicles]
    for j in rng.sample(range(len(problem.jobs)), len(problem.jobs)):
        job = problem.jobs[j]
        v = rng.choice([v for v in range(len(routes)) if job.allows(v)])
        if rng.random() >= likely:
            continue
        at = rng.randint(0, len(routes[v]))
        routes[v].insert(at, Activity(j, D))
        if job.pickup is not None:
            routes[v].insert(rng.randint(0, at), Activity(j, P))
    return tuple(tuple(route) for route in routes)


def solution_of(problem: Problem, routes: Sequence[Route]) -> Solution:
    """Returns the solution with these routes and all other jobs left out."""
    served = {activity.job for route in routes for activity in route}
    return Solution(tuple(routes), frozenset(range(len(problem.jobs))) - served)


def alone(problem: Problem, routes: Sequence[Route], v: int) -> Solution:
    """Returns the solution with the route of one vehicle only."""
    return solution_of(problem, [route if w == v else () for w, route in enumerate(routes)])


def totals_of(problem: Problem, solution: Solution) -> Longs:
    """Returns the measures of all routes as the kernels have them, in their order."""
    ins = arrays(problem)
    head = tours_of(ins, solution.routes, len(problem.vehicles)).head
    totals: Longs = head[: len(problem.vehicles), TOTAL : TOTAL + len(ROUTE_MEASURES)].sum(axis=0)
    return totals


def test_the_generator_has_what_the_lane_knows_and_nothing_else() -> None:
    drawn = [compiled_problem(random.Random(seed), 2, 5) for seed in range(60)]
    assert all(declined(problem) == () for problem in drawn)
    assert {problem.dimensions for problem in drawn} == {0, 1, 2}
    assert {problem.joint_loading for problem in drawn} == {False, True}
    assert {problem.tiers for problem in drawn} == {DISPATCH_TIERS, VROOM_TIERS, TRAVEL_TIERS}
    assert any(any(job.collected) for problem in drawn for job in problem.jobs)
    vehicles = [vehicle for problem in drawn for vehicle in problem.vehicles]
    assert any(vehicle.profile for vehicle in vehicles)
    assert any(vehicle.fixed_cost and vehicle.task_cost for vehicle in vehicles)
    assert any(vehicle.max_tasks is not None for vehicle in vehicles)


@settings(SETTINGS)
@given(ANY_PROBLEM, SEEDS)
def test_the_measures_of_routes_equal_those_of_the_solution(problem: Problem, seed: int) -> None:
    routes = random_routes(problem, random.Random(seed), likely=0.8)
    for v in range(len(problem.vehicles)):
        solution = alone(problem, routes, v)
        expected = measures(problem, solution)
        # The kernels measure routes, so jobs left out are no change to them.
        left = sum(problem.jobs[j].planned is not None for j in solution.unassigned)
        found = totals_of(problem, solution)
        found[MOVED] += left
        assert found.tolist() == [expected[measure] for measure in ROUTE_MEASURES]


@settings(SETTINGS)
@given(ANY_PROBLEM, SEEDS)
def test_tiers_price_routes_and_jobs_left_out_as_the_cost_does(problem: Problem, seed: int) -> None:
    problem = without_metres(problem)
    solution = solution_of(problem, random_routes(problem, random.Random(seed), likely=0.8))
    ins = arrays(problem)
    left = ins.missing[sorted(solution.unassigned)].sum(axis=0)
    priced = ins.weights @ totals_of(problem, solution) + left
    assert tuple(priced.tolist()) == cost(problem, solution)


@settings(SETTINGS)
@given(ANY_PROBLEM, SEEDS)
def test_a_route_is_legal_where_the_judge_finds_nothing(problem: Problem, seed: int) -> None:
    rng = random.Random(seed)
    routes = random_routes(problem, rng, likely=rng.choice((0.3, 0.6, 1.0)))
    legal = tours_of(arrays(problem), routes, len(routes)).head[:, LEGAL]
    for v in range(len(routes)):
        assert bool(legal[v]) == (violations(problem, alone(problem, routes, v)) == ())


def _shape(problem: Problem, route: Route) -> tuple[frozenset[Activity], ...]:
    """Returns what tells routes apart: the order of load stops and deliveries, not within stops."""
    inside = {at for first, after in load_stops(problem, route) for at in range(first, after)}
    stops = [(first, frozenset(route[first:after])) for first, after in load_stops(problem, route)]
    drops = [(at, frozenset((a,))) for at, a in enumerate(route) if at not in inside]
    return tuple(activities for _, activities in sorted(stops + drops, key=lambda pair: pair[0]))


def _harm(problem: Problem, v: int, old: Route, new: Route, j: int) -> int:
    """By how much promised jobs other than ``j`` are later than due, and than they were before."""
    before, after = (
        {
            x.activity.job: x.start
            for x in schedule(problem, v, route).visits
            if x.activity.kind is D
        }
        for route in (old, new)
    )
    return sum(
        max(0, after[k] - max(due, start))
        for k, start in before.items()
        if problem.jobs[k].rank == PROMISED
        if (due := problem.jobs[k].delivery.due) is not None
    )


@settings(SETTINGS, max_examples=200)
@given(ANY_PROBLEM, SEEDS)
def test_the_places_of_a_job_are_all_there_are_each_at_its_price(
    problem: Problem, seed: int
) -> None:
    assume(problem.jobs)
    rng, problem = random.Random(seed), without_metres(problem)
    j = rng.randrange(len(problem.jobs))
    drawn = random_routes(problem, rng, likely=rng.choice((0.2, 0.5)))
    for routes in (complete(problem, ()).routes, complete(problem, drawn).routes, drawn):
        base = tuple(tuple(a for a in route if a.job != j) for route in routes)
        ins = arrays(problem)
        tours = tours_of(ins, base, len(base))
        for v in range(len(base)):
            _check_places(problem, base, v, j, places_of(ins, tours, v, j))


def _check_places(
    problem: Problem, routes: Sequence[Route], v: int, j: int, offers: list[tuple[int, ...]]
) -> None:
    base, places = alone(problem, routes, v), len(problem.tiers)
    if violations(problem, base):
        assert offers == []
        return
    before, shapes = cost(problem, base), set()
    for *change, start, harm, pickup_at, delivery_at in offers:
        route = with_job(problem, routes[v], j, pickup_at, delivery_at)
        after = with_route(base, v, route, j)
        assert violations(problem, after) == ()
        gone = arrays(problem).missing[j].tolist()
        expected = [a - b + m for a, b, m in zip(cost(problem, after), before, gone, strict=True)]
        assert change == expected
        assert len(change) == places
        visits = {visit.activity: visit.start for visit in schedule(problem, v, route).visits}
        assert start == visits[Activity(j, D)]
        assert harm == _harm(problem, v, routes[v], route, j)
        shapes.add(_shape(problem, route))
    tried = [
        route
        for route in every_insertion(problem, routes[v], j)
        if not violations(problem, with_route(base, v, route, j))
    ]
    assert shapes == {_shape(problem, route) for route in tried}
    assert len(shapes) == len(offers)


def _has_shortcuts(problem: Problem) -> bool:
    """Whether some ride takes longer, or costs more, than a detour."""
    vehicles = range(len(problem.vehicles))
    rides = [problem.durations_of(v) for v in vehicles] + [problem.costs_of(v) for v in vehicles]
    return any(bool((m[:, :, None] + m[None] < m[:, None]).any()) for m in rides)


@settings(SETTINGS, max_examples=160)
@given(ANY_PROBLEM, SEEDS)
def test_the_cheapest_place_in_one_number_is_the_least_of_all(problem: Problem, seed: int) -> None:
    assume(problem.jobs and not _has_shortcuts(problem))
    # A long detour that leads a vehicle back to its planned next place can be overlooked.
    nowhere = [replace(vehicle, next_location=None) for vehicle in problem.vehicles]
    problem, rng = replace(problem, vehicles=tuple(nowhere)), random.Random(seed)
    j = rng.randrange(len(problem.jobs))
    drawn = random_routes(problem, rng, likely=0.4)
    routes = rng.choice((drawn, complete(problem, drawn).routes))
    base = tuple(tuple(a for a in route if a.job != j) for route in routes)
    ins = arrays(problem)
    tours, (weights, _) = tours_of(ins, base, len(base)), surrogate(problem, ins)
    in_one = replace(ins, weights=weights[None])
    for v in range(len(base)):
        least = min((price for price, *_ in places_of(in_one, tours, v, j)), default=None)
        assert _cheapest_price(ins, tours, weights, v, j) == least
        if least is not None:
            # Places are passed over by what the best before them costs: here, one elsewhere.
            assert _cheapest_price(ins, tours, weights, v, j, least + 1) == least
            assert _cheapest_price(ins, tours, weights, v, j, least) is None


def _cheapest_price(
    ins: Instance, tours: Tours, weights: Longs, v: int, j: int, limit: int = 2**60
) -> int | None:
    """
    Returns what ruin and recreate believes to be the least price in a route, None: no place.

    It looks for one that is less than ``limit`` only.
    """
    jobs, vehicles = ins.allowed.shape
    offer = np.zeros((jobs, vehicles, 4), dtype=np.int64)
    allowed = ins.allowed.copy()
    allowed[:, np.arange(vehicles) != v] = 0
    rest: tuple[Any, ...] = (
        *(allowed, weights, np.full(jobs, limit)),
        *(np.arange(vehicles, dtype=np.int32), np.full(jobs, -1, dtype=np.int32)),
        *(np.zeros((jobs, 0), dtype=np.int32), offer, np.ones(1, dtype=np.uint64), j, 1),
        *(np.full(2 * vehicles, -1), np.zeros(4, dtype=np.int64)),
        np.zeros((0, 11), dtype=np.int64),
    )
    _cheapest(*matrices(ins), *timed(tours), *rest)
    has_place = allowed[j, v] and offer[j, v, DELIVERY_AT] >= 0
    return int(offer[j, v, PLACE_PRICE]) if has_place else None


@settings(SETTINGS, max_examples=60)
@given(rich_compiled(max_jobs=6), SEEDS)
def test_jobs_are_inserted_in_the_order_of_their_regret(problem: Problem, seed: int) -> None:
    problem = without_metres(problem)
    drawn = random_routes(problem, random.Random(seed), likely=0.3)
    base = solution_of(problem, complete(problem, drawn).routes)
    half = base.unassigned | {j for j in range(len(problem.jobs)) if (seed >> j) & 1}
    kept = tuple(tuple(a for a in route if a.job not in half) for route in base.routes)
    base = solution_of(problem, kept)
    assume(violations(problem, base) == ())
    assert insert(problem, base, half) == _by_regret(problem, base, half)


def _by_regret(problem: Problem, solution: Solution, jobs: frozenset[int]) -> Solution:
    """Inserts as `insert` says it does, one job after the other, by its offers alone."""
    left = sorted(jobs)
    while True:
        now = cost(problem, solution)
        choices = []
        for j in left:
            found = [x for x in best_insertions(problem, solution, j) if x.cost < now]
            if not found:
                continue
            job, due = problem.jobs[j], problem.jobs[j].delivery.due
            # Without another vehicle the job would be left out, at the cost of now.
            second = found[1].cost if len(found) > 1 else now
            lost = [b - a for a, b in zip(found[0].cost, second, strict=True)]
            urgent = (job.rank == PROMISED, lost, -(2**40 if due is None else due), -j)
            choices.append((urgent, found[0]))
        if not choices:
            return solution
        _, chosen = max(choices, key=lambda choice: choice[0])
        solution = with_route(solution, chosen.vehicle, chosen.route, chosen.job)
        left.remove(chosen.job)


@settings(SETTINGS)
@given(rich_compiled(), SEEDS)
def test_any_routes_of_whole_jobs_complete_to_a_legal_solution(problem: Problem, seed: int) -> None:
    drawn = random_routes(problem, random.Random(seed), likely=0.8)
    assert violations(problem, complete(problem, drawn)) == ()


def _with_goods_on_board(
    capacity: tuple[int, ...],
    load: tuple[int, ...],
    collected: tuple[int, ...],
    other: tuple[int, ...],
) -> Problem:
    """A vehicle with the goods of one job on board, and another job that loads at the start."""
    held = Job("held", Task(1), load=load, collected=collected, carrier=0, vehicles=frozenset({0}))
    return a_problem([held, Job("other", Task(2), load=other)], [Vehicle("v", 0, None, capacity)])


def test_goods_on_board_may_be_none_at_all() -> None:
    problem = _with_goods_on_board((1,), (), (), (1,))
    assert complete(problem, ()).unassigned == frozenset()


@pytest.mark.parametrize(("collected", "left"), [(3, frozenset()), (4, {0})])
def test_what_is_collected_takes_the_room_of_what_is_delivered(
    collected: int, left: frozenset[int]
) -> None:
    # 3 units go out, so there is room for 3.
    problem = _with_goods_on_board((3,), (3,), (collected,), (0,))
    assert complete(problem, ()).unassigned == left


@pytest.mark.parametrize(("capacity", "left"), [((3, 7), frozenset()), ((2, 7), {1})])
def test_a_vehicle_overfull_in_one_amount_loads_none_of_another(
    capacity: tuple[int, ...], left: frozenset[int]
) -> None:
    problem = _with_goods_on_board(capacity, (3, 0), (), (0, 1))
    for routes in ((), (route_of((0, D), (1, D)),)):
        solution = complete(problem, routes)
        assert violations(problem, solution) == ()
        assert solution.unassigned == left


def _modules_with_kernels() -> dict[str, list[str]]:
    """Returns the functions compiled with a signature, by module, as the sources have them."""
    found: dict[str, list[str]] = {}
    for file in sorted(Path(compiling.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                calls = [d.func for d in node.decorator_list if isinstance(d, ast.Call)]
                names = {func.id for func in calls if isinstance(func, ast.Name)}
                if names & {"kernel", "njit"}:
                    found.setdefault(f"solver.{file.stem}", []).append(node.name)
    return found


def test_every_loop_of_numba_is_compiled_ahead() -> None:
    modules = _modules_with_kernels()
    assert set(modules) == set(compiling.KERNELS)
    compiling.compile_all()
    # One signature each, given in the module: nothing is left to compile for other types.
    for module, names in modules.items():
        for name in names:
            kernel = getattr(import_module(module), name)
            assert len(kernel.signatures) == 1, name
            assert not kernel._can_compile, name  # noqa: SLF001
