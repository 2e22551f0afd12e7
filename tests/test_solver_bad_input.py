"""Contradictions are refused with the value and its place; empty problems are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from solver.check import violations
from solver.plain import complete
from solver.problem import Break, Job, Problem, Profile, Task, TimeWindow, Vehicle
from solver.search import Bound, search
from solver.solution import Solution
from solver.solve import ENGINES, Engine, SolveParams, solve
from tests.worlds import B, D, P, on_a_line, route_of

JOB, VEHICLE = Job("a", delivery=Task(1)), Vehicle("v", start=0)


def build(**changes: Any) -> Problem:
    given = {"vehicles": (VEHICLE,), "jobs": (JOB,), "durations": on_a_line(3), **changes}
    return Problem(**given)


@pytest.mark.parametrize("name", ["durations", "distances", "costs"])
@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        (np.zeros((3, 2)), "Expected square"),
        (np.array([[0, -1, 1], [1, 0, 1], [1, 1, 0]]), "got -1"),
        (np.array([[0, np.nan, 1], [1, 0, 1], [1, 1, 0]]), "got NaN"),
        (np.array([[0, 2**31, 1], [1, 0, 1], [1, 1, 0]]), "got 2147483648"),
    ],
)
def test_a_matrix_that_is_none_is_refused(name: str, matrix: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words) as told:
        build(**{name: matrix})
    assert name in str(told.value)


def test_matrices_of_several_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"distances of shape \(3, 3\), got \(2, 2\)"):
        build(distances=on_a_line(2))
    with pytest.raises(ValueError, match="Expected 3 locations in profile 1, got 2"):
        build(more_profiles=(Profile(on_a_line(2)),))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"jobs": (JOB, JOB)}, "job names once, got 'a' 2 times"),
        ({"vehicles": (VEHICLE, VEHICLE)}, "vehicle names once, got 'v' 2 times"),
        (
            {"vehicles": (Vehicle("v", start=0, capacity=(1, 2)),)},
            "Expected 2 amounts in the load of job 'a', got 1",
        ),
        (
            {"jobs": (Job("a", delivery=Task(1), collected=(1, 2)),)},
            "Expected 2 amounts in the load of job 'a', got 1",
        ),
        ({"jobs": (Job("a", delivery=Task(9)),)}, "location below 3 for job 'a', got 9"),
        ({"vehicles": (Vehicle("v", start=0, profile=1),)}, "profile below 1"),
        ({"jobs": (Job("a", delivery=Task(1, by_vehicle=((1, 1),) * 2)),)}, "for 1, got 2"),
    ],
)
def test_parts_that_contradict_each_other_are_refused(changes: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        build(**changes)


def test_windows_that_are_empty_or_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="got 5 and 4"):
        TimeWindow(5, 4)
    with pytest.raises(ValueError, match="expected a window"):
        Break("b", ())
    touching = (TimeWindow(0, 5), TimeWindow(5, 9))
    with pytest.raises(ValueError, match="sorted and disjoint"):
        Break("b", touching)
    with pytest.raises(ValueError, match="sorted and disjoint"):
        Task(1, touching[0], later_windows=touching[1:])


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"vehicles": ()}, Solution((), frozenset({0}))),
        ({"jobs": ()}, Solution(((),))),
        ({"vehicles": (), "jobs": ()}, Solution(())),
    ],
)
def test_no_vehicles_or_no_jobs_are_no_error(changes: Any, wanted: Solution) -> None:
    problem = build(**changes)
    assert complete(problem, ()) == wanted
    assert violations(problem, wanted) == ()
    found, note = search(problem, wanted, Bound(None, 5), seed=0)
    assert (found, note[:16]) == ((), "There is nothing")


SETUP = Job("a", delivery=Task(1, setup_duration=5))
"""A job that the lanes of ruin and recreate without setup do not know."""


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("params", [{"seconds": 0.02}, {"iterations": 5}, {"seconds": 0}])
@pytest.mark.parametrize("job", [JOB, SETUP])
def test_no_vehicles_or_no_jobs_are_solved(
    engine: Engine, params: dict[str, Any], job: Job
) -> None:
    asked = SolveParams(**params, engine=engine)
    assert solve(build(vehicles=(), jobs=(job,)), asked).solution == Solution((), frozenset({0}))
    assert solve(build(jobs=()), asked).solution == Solution(((),))
    assert solve(build(vehicles=(), jobs=()), asked).solution == Solution(())


@pytest.mark.parametrize("job", [JOB, SETUP])
@pytest.mark.parametrize("limit", ["seconds", "iterations"])
def test_a_budget_of_nothing_inserts_and_does_not_search(job: Job, limit: str) -> None:
    params = SolveParams(seconds=0) if limit == "seconds" else SolveParams(iterations=0)
    told = solve(build(jobs=(job,)), params)
    assert told.solution == Solution((route_of((0, D)),))
    assert (told.note, told.moves, told.improved) == ("The budget is 0.", 0, False)


@pytest.mark.parametrize("setup", [0, 5])
def test_an_infeasible_start_is_mended_and_what_it_lost_is_named(setup: int) -> None:
    jobs = tuple(Job(name, delivery=Task(1, setup_duration=setup)) for name in "abc")
    problem = build(vehicles=(Vehicle("v", start=0, max_tasks=2),), jobs=jobs)
    # The third is one too many; there is no second vehicle, no pickup, no break and no job 7.
    broken = Solution((route_of((0, D), (1, D), (2, D), (0, P), (3, B), (7, D)), route_of((2, D))))
    told = solve(problem, SolveParams(iterations=3), broken)
    assert violations(problem, told.solution) == ()
    assert len(told.solution.unassigned) == 1
    assert told.solution.unassigned <= told.changes


@pytest.mark.parametrize("setup", [0, 5])
def test_a_matrix_of_the_longest_rides_that_are_allowed_is_solved(setup: int) -> None:
    far = 2**30
    jobs = (Job("a", delivery=Task(1, setup_duration=setup)),)
    problem = build(jobs=jobs, durations=np.array([[0, far], [far, 0]]))
    assert violations(problem, solve(problem, SolveParams(iterations=3)).solution) == ()
