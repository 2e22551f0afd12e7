"""Each engine alone: legal, never worse, within its budget, honest about what it did and proved."""

from __future__ import annotations

import gc
import multiprocessing
import random
import tracemalloc
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings

from solver.broad import complete as complete_broadly
from solver.broad import knows
from solver.check import violations
from solver.features import declined
from solver.insertion import complete, insert
from solver.problem import MINOR, Break, Job, Problem, Task, TimeWindow, Vehicle
from solver.solution import Solution, cost
from solver.solve import ENGINES, SolveParams, solve
from tests.test_kernels import ANY_PROBLEM
from tests.worlds import D, P, a_problem, on_a_line, random_problem, rich_problems, route_of

if TYPE_CHECKING:
    from solver.solve import Engine

each_engine = pytest.mark.parametrize("engine", ENGINES)

STATM = Path("/proc/self/statm")
"""Where Linux tells the pages of memory that a process holds, resident ones second."""


def few(engine: Engine, iterations: int = 20, seed: int = 0) -> SolveParams:
    """Returns params for a search by steps, which gives the same result on every run."""
    return SolveParams(iterations=iterations, engine=engine, seed=seed)


def within(seconds: float, engine: Engine) -> SolveParams:
    """Returns params for a search by the clock."""
    return SolveParams(seconds=seconds, engine=engine)


@each_engine
@settings(max_examples=60, deadline=None, derandomize=True)
@given(problem=ANY_PROBLEM)
def test_each_engine_alone_is_legal_and_never_worse_than_its_start(
    engine: Engine, problem: Problem
) -> None:
    start = complete(problem, ())
    result = solve(problem, few(engine), start)
    assert violations(problem, result.solution) == ()
    assert result.cost == cost(problem, result.solution)
    assert result.initial_cost == cost(problem, start)
    assert result.cost <= result.initial_cost
    assert result.improved == (result.cost < result.initial_cost)
    assert result.bound == (result.cost if result.optimal else None)


@each_engine
@settings(max_examples=60, deadline=None, derandomize=True)
@given(problem=ANY_PROBLEM)
def test_no_engine_leaves_out_what_insertion_would_take(engine: Engine, problem: Problem) -> None:
    found = solve(problem, few(engine)).solution
    assert insert(problem, found, found.unassigned) == found


def crossed() -> tuple[Problem, Solution]:
    """Two vehicles that serve what lies at the door of the other."""
    vehicles = [Vehicle("left", start=0, end=0), Vehicle("right", start=5, end=5)]
    jobs = [Job("near right", delivery=Task(4)), Job("near left", delivery=Task(1))]
    return a_problem(jobs, vehicles), Solution((route_of((0, D)), route_of((1, D))))


@each_engine
def test_each_engine_alone_uncrosses_two_vehicles(engine: Engine) -> None:
    problem, start = crossed()
    result = solve(problem, few(engine, 100), start)
    # Before, each rides 240 s there and back: 960 s, and 480 s of completions. After, 60 s.
    assert result.initial_cost == (0, 0, 0, 0, 0, 960 + 480)
    assert result.cost == (0, 0, 0, 0, 0, 240 + 120)
    assert result.changes == {0, 1}


def test_changes_are_jobs_that_the_start_had_on_another_vehicle() -> None:
    problem, start = crossed()
    never = Job("never", delivery=Task(5, TimeWindow(0, 10)))
    stays = Job("stays", delivery=Task(0))
    new = Job("new", delivery=Task(5))
    problem = replace(problem, jobs=(*problem.jobs, never, stays, new))
    left, right = start.routes
    start = Solution((route_of((3, D), (2, D)) + left, right), frozenset({4}))
    # 0 and 1 change places, 2 cannot be served by anyone, 3 stays, and 4 was on no vehicle before.
    assert solve(problem, few("portfolio", 100), start).changes == {0, 1, 2}
    assert solve(problem, few("portfolio", 0), start).changes == {2}
    assert solve(problem, few("portfolio", 100)).changes == frozenset()


def test_a_break_is_no_change_of_the_job_with_its_number() -> None:
    problem, _ = crossed()
    left, right = problem.vehicles
    resting = replace(right, breaks=(Break("b", (TimeWindow(),)),))
    problem = replace(problem, vehicles=(left, resting))
    # Job 0 stays on the left; on the right is job 1 with break 0.
    start = complete_broadly(problem, (route_of((0, D)), route_of((1, D))))
    assert {len(route) for route in start.routes} == {1, 2}
    assert solve(problem, few("portfolio", 0), start).changes == frozenset()


def _rush(size: int) -> Problem:
    jobs = [Job(f"j{j}", pickup=Task(0), delivery=Task(j % 5 + 1, due=900)) for j in range(size)]
    return a_problem(jobs, [Vehicle(f"v{v}", start=0, end=0, capacity=(4,)) for v in range(5)])


@each_engine
@pytest.mark.parametrize("seconds", [0.02, 0.2])
def test_each_engine_keeps_its_budget(engine: Engine, seconds: float) -> None:
    problem = _rush(20)
    solve(problem, few(engine))
    began = perf_counter()
    result = solve(problem, within(seconds, engine))
    elapsed = perf_counter() - began
    # Generous, for machines under load; the figures are printed by the benchmarks.
    assert elapsed < seconds + 0.25
    assert 0 < result.seconds <= elapsed
    # What is kept in reserve to judge and price are 2 ms.
    assert result.seconds > seconds - 0.002 - 0.01


def _opposite() -> tuple[Problem, Solution]:
    """Two urgent jobs of one store on opposite sides, both waiting for one of two vehicles."""
    rides = on_a_line(3)
    rides[1:, 1:] = [[0, 120], [120, 0]]
    rides[0] = rides[:, 0] = [0, 60, 60]
    jobs = tuple(Job(name, Task(at, due=60), Task(0)) for name, at in (("left", 1), ("right", 2)))
    problem = Problem((Vehicle("one", 0), Vehicle("other", 0)), jobs, rides)
    return problem, Solution((route_of((0, P), (1, P), (0, D), (1, D)), ()))


def test_the_portfolio_proves_the_best_for_a_few_urgent_jobs() -> None:
    problem, together = _opposite()
    # One vehicle each: nobody is late; 60 s of riding and completion, twice.
    best = (0, 0, 0, 0, 0, 240)
    for params in (few("portfolio"), within(1.0, "portfolio")):
        result = solve(problem, params, together)
        assert (result.cost, result.optimal, result.bound) == (best, True, best)
    # Too short for a proof, or no lane that proves anything.
    for params in (within(0.02, "portfolio"), few("sisr"), few("ortools")):
        result = solve(problem, params, together)
        assert (result.optimal, result.bound) == (False, None)


def test_nothing_is_proven_where_no_urgent_job_waits_or_too_many_do() -> None:
    problem, together = _opposite()
    minor = replace(problem, jobs=tuple(replace(job, rank=MINOR) for job in problem.jobs))
    assert not solve(minor, few("portfolio"), together).optimal
    assert solve(_rush(3), few("portfolio")).optimal
    assert not solve(_rush(13), few("portfolio")).optimal


def test_a_note_says_why_the_model_of_record_did_not_read_the_answer() -> None:
    problem, start = crossed()
    alone, unread = "Ruin and recreate alone was asked for.", "The budget is 0."
    assert [solve(problem, few(engine), start).note for engine in ENGINES] == ["", alone, ""]
    for engine in ENGINES:
        assert solve(problem, few(engine, 0), start).note == unread
        assert solve(problem, within(0.0, engine), start).note == unread
    nothing = "There is nothing to search for without vehicles and jobs."
    assert solve(a_problem([]), few("portfolio")).note == nothing
    # 60 jobs need some 70 ms to be read, more than a fifth of the budget.
    assert solve(_rush(60), within(0.05, "portfolio")).note == (
        "The budget is too short for the OR-Tools model."
    )


@each_engine
def test_an_engine_alone_has_only_its_own_lane(engine: Engine) -> None:
    problem, start = crossed()
    assert solve(problem, few(engine, 7), start).moves == (0 if engine == "ortools" else 7)


@each_engine
@settings(max_examples=40, deadline=None, derandomize=True)
@given(problem=rich_problems(max_jobs=6))
def test_what_ruin_and_recreate_lacks_is_left_to_the_broad_lane_and_ortools(
    engine: Engine, problem: Problem
) -> None:
    assume(problem.jobs and declined(problem))
    result = solve(problem, few(engine))
    assert result.initial_cost == cost(problem, complete_broadly(problem, ()))
    assert violations(problem, result.solution) == ()
    assert result.cost <= result.initial_cost
    is_broad = knows(problem) and engine != "ortools"
    assert (result.moves > 0, result.optimal) == (is_broad, False)
    # Some legal starts with such features do not fit the model of record: the note says so.
    unread = "OR-Tools could not read the start back into its model."
    alone = "Ruin and recreate alone was asked for."
    assert result.note in ((alone,) if is_broad and engine == "sisr" else ("", unread))


@each_engine
def test_a_break_does_not_keep_ortools_from_uncrossing(engine: Engine) -> None:
    problem, start = crossed()
    left, right = problem.vehicles
    resting = replace(left, breaks=(Break("b", (TimeWindow(61, 100),), 30),))
    problem = replace(problem, vehicles=(resting, right))
    result = solve(problem, few(engine, 200), start)
    # As without the break, which is no work and begins on the way home from the door, at 61 s.
    assert result.cost == (0, 0, 0, 0, 0, 240 + 120)
    assert (result.moves, result.note) == (0, "")


@pytest.mark.skipif(not STATM.exists(), reason="only Linux tells what a process holds now")
def test_hundreds_of_solves_in_a_row_hold_no_more_memory() -> None:
    # In a process of its own, which holds nothing of other tests.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        resident, traced = pool.submit(_growth, 80, 150).result()
    # One model of OR-Tools that is kept takes 1 MB and more, one result that is kept some kB.
    assert resident < 30e6
    assert traced < 300e3


def _growth(warm: int, more: int) -> tuple[int, int]:
    """Returns by how many bytes a process and the objects in it grow while solving."""
    _solve_some(warm)
    before = _resident()
    tracemalloc.start()
    _solve_some(10)
    held = _traced()
    _solve_some(more)
    grown = _traced() - held
    tracemalloc.stop()
    return _resident() - before, grown


def _solve_some(count: int) -> None:
    rng = random.Random(count)
    for seed in range(count):
        problem = random_problem(rng, 3, 8, tight=False)
        solve(problem, few(ENGINES[seed % 3], 5, seed))


def _resident() -> int:
    gc.collect()
    return int(STATM.read_text("ascii").split()[1]) * 4096


def _traced() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
