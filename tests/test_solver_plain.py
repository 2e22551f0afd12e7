"""Plain insertion: legal whatever the features, and complete where it can be."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from time import perf_counter

from hypothesis import given, settings

from solver.check import violations
from solver.features import declined
from solver.plain import complete, kept
from solver.problem import Break, Job, Problem, Task, TimeWindow, Vehicle
from solver.resting import with_breaks, without_breaks
from solver.solution import Activity, Route, Solution
from tests.worlds import B, D, P, a_problem, rich_problems, route_of


@settings(max_examples=60, deadline=None, derandomize=True)
@given(rich_problems())
def test_whatever_the_features_the_answer_is_legal(problem: Problem) -> None:
    assert violations(problem, complete(problem, ())) == ()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(rich_problems())
def test_what_is_legal_is_kept_as_it_is(problem: Problem) -> None:
    solution = complete(problem, ())
    again = kept(problem, solution.routes)
    assert [without_breaks(r) for r in again.routes] == [without_breaks(r) for r in solution.routes]
    assert violations(problem, again) == ()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(rich_problems(max_jobs=5, max_vehicles=2))
def test_breaks_find_a_place_where_there_is_one(problem: Problem) -> None:
    for v, route in enumerate(complete(problem, ()).routes):
        tasks = without_breaks(route)
        for some in (tasks, tasks[::-1]):
            alone = Solution(
                tuple(some if w == v else () for w in range(len(problem.vehicles))),
            )
            wanted = any(not _broken(problem, v, longer) for longer in _all_rests(problem, v, some))
            found = with_breaks(problem, v, some)
            assert (found is not None) == wanted or not some, alone
            assert found is None or not _broken(problem, v, found)


def _broken(problem: Problem, v: int, route: Route) -> bool:
    """Whether the judge finds more wrong with a route than that jobs are not served once."""
    routes = tuple(route if w == v else () for w in range(len(problem.vehicles)))
    served = {a.job for a in route if a.kind is not B}
    left = frozenset(range(len(problem.jobs))) - served
    # Pickup after delivery is no matter of breaks.
    texts = violations(problem, Solution(routes, left))
    return any("before its pickup" not in text for text in texts)


def _all_rests(problem: Problem, v: int, tasks: Route) -> list[Route]:
    breaks = problem.vehicles[v].breaks
    order = sorted(range(len(breaks)), key=lambda b: (breaks[b].windows[0].early, b))
    slots = range(len(tasks) + len(breaks))
    found = []
    for places in combinations(slots, len(breaks)):
        rest, task = iter(order), iter(tasks)
        found.append(tuple(Activity(next(rest), B) if i in places else next(task) for i in slots))
    return found


def test_the_most_valuable_goes_first_and_the_rest_is_left() -> None:
    jobs = [Job("a", delivery=Task(1)), Job("b", delivery=Task(2), prize=5)]
    problem = a_problem(jobs, [Vehicle("v", start=0, max_tasks=1)])
    assert complete(problem, ()) == Solution((route_of((1, D)),), frozenset({0}))


def test_an_impossible_job_stays_unassigned() -> None:
    never = Job("never", delivery=Task(5, TimeWindow(0, 10)))
    found = complete(a_problem([never, Job("a", delivery=Task(1))]), ())
    assert found == Solution((route_of((1, D)),), frozenset({0}))


def test_a_break_is_put_where_the_route_ends_first() -> None:
    # At 60 s the break waits for nothing; before, it would wait on the way; after, be too late.
    rest = Break("b", (TimeWindow(60, 100),), 30)
    jobs = [Job("a", delivery=Task(1)), Job("b", delivery=Task(3))]
    problem = a_problem(jobs, [Vehicle("v", start=0, breaks=(rest,))])
    assert with_breaks(problem, 0, route_of((0, D), (1, D))) == route_of((0, B), (0, D), (1, D))


def test_what_cannot_be_kept_of_a_plan_is_dropped() -> None:
    jobs = [Job(name, pickup=Task(1), delivery=Task(2)) for name in "abc"]
    problem = a_problem(jobs, [Vehicle("v", start=0, capacity=(1,)), Vehicle("w", start=0)])
    together = route_of((0, P), (1, P), (0, D), (1, D), (2, P), (9, D))
    again = route_of((0, P), (0, D))
    # b does not fit beside a; c is halved; 9 does not exist; the second route has a once more.
    found = kept(problem, (together, again, again))
    assert found == Solution((route_of((0, P), (0, D)), ()), frozenset({1, 2}))


def test_after_the_deadline_nothing_more_is_inserted() -> None:
    problem = a_problem([Job("a", delivery=Task(1))])
    assert complete(problem, (), perf_counter()) == Solution(((),), frozenset({0}))


def test_each_feature_that_the_compiled_lane_lacks_is_named() -> None:
    problem = a_problem([Job("a", delivery=Task(1))])
    assert declined(problem) == ()
    vehicle, job = problem.vehicles[0], problem.jobs[0]
    for changed, name in (
        (replace(vehicle, max_travel=1), "a limit of riding"),
        (replace(vehicle, max_distance=1), "a limit of distance"),
        (replace(vehicle, breaks=(Break("b", (TimeWindow(),)),)), "breaks"),
    ):
        assert declined(replace(problem, vehicles=(changed,))) == (name,)
    window = TimeWindow(0, 5)
    for task, names in (
        (Task(1, setup_duration=1), ("setup durations",)),
        (Task(1, window, later_windows=(TimeWindow(9),)), ("several windows",)),
        (Task(1, by_vehicle=((0, 1),)), ("times by vehicle",)),
        (Task(1, by_vehicle=((1, 1),)), ("setup durations", "times by vehicle")),
    ):
        assert declined(replace(problem, jobs=(replace(job, delivery=task),))) == names
