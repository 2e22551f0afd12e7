"""The judge: by hand, and against a brute-force oracle on every mutation of legal solutions."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.check import violations
from solver.insertion import complete
from solver.problem import FOREVER, Job, Problem, Task, TimeWindow, Vehicle
from solver.solution import Activity, Solution
from tests.worlds import D, P, a_problem, problems, random_problem, route_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from solver.solution import Route


def is_legal(problem: Problem, solution: Solution) -> bool:
    """The oracle: legal by the words of the contract, as plainly as they can be written."""
    if len(solution.routes) != len(problem.vehicles):
        return False
    everything = [(a.job, a.kind) for route in solution.routes for a in route]
    expected = []
    for j, job in enumerate(problem.jobs):
        if j not in solution.unassigned:
            expected += [(j, D)] if job.pickup is None else [(j, D), (j, P)]
    if sorted(everything) != sorted(expected) or solution.unassigned - set(
        range(len(problem.jobs))
    ):
        return False
    return all(_is_legal_route(problem, v, route) for v, route in enumerate(solution.routes))


def _is_legal_route(problem: Problem, v: int, route: Route) -> bool:
    jobs, vehicle = problem.jobs, problem.vehicles[v]
    for i, activity in enumerate(route):
        job = jobs[activity.job]
        if job.vehicles is not None and v not in job.vehicles:
            return False
        if activity.kind is D and job.pickup and Activity(activity.job, P) not in route[:i]:
            return False
    return _keeps_capacity(problem, v, route) and _ends_at(problem, v, route) <= (
        vehicle.shift.late if route else 10**18
    )


def _keeps_capacity(problem: Problem, v: int, route: Route) -> bool:
    jobs, capacity = problem.jobs, min((*problem.vehicles[v].capacity, FOREVER))
    own = [j for j, job in enumerate(jobs) if job.carrier == v]
    served = [a.job for a in route]
    other = [j for j in served if jobs[j].pickup is None and j not in own]
    if (
        sum(jobs[j].load[0] for j in other)
        and sum(jobs[j].load[0] for j in [*own, *other]) > capacity
    ):
        return False
    for i, activity in enumerate(route):
        if activity.kind is P:
            gone = {a.job for a in route[:i] if a.kind is D}
            taken = {a.job for a in route[: i + 1] if a.kind is P}
            if sum(jobs[j].load[0] for j in {*own, *other, *taken} - gone) > capacity:
                return False
    return True


def _ends_at(problem: Problem, v: int, route: Route) -> float:
    """The end of a route in seconds, infinite where a window is missed."""
    vehicle = problem.vehicles[v]
    now, here = vehicle.shift.early, vehicle.start
    numbered = list(enumerate(route))
    # A delivery is a stop of its own; pickups at one place in a row are one.
    for _, group in groupby(
        numbered, lambda x: (x[1].task(problem).location,) if x[1].kind is P else x[0]
    ):
        tasks = [activity.task(problem) for _, activity in group]
        now += int(problem.durations[here, tasks[0].location])
        now = max(now, max(task.window.early for task in tasks))
        for task in tasks:
            if now > task.window.late:
                return float("inf")
            now += task.service_duration
        here = tasks[0].location
    return now + (0 if vehicle.end is None else int(problem.durations[here, vehicle.end]))


def mutations(
    problem: Problem, solution: Solution, rng: random.Random
) -> Iterator[tuple[Problem, Solution]]:
    """Yields the solution with one thing changed, or the problem with one limit changed."""
    routes = [list(route) for route in solution.routes]
    spots = [(v, i) for v, route in enumerate(routes) for i in range(len(route))]
    for spot in spots:
        yield problem, _changed(solution, rng, spot, rng.choice(spots))
    for j in range(len(problem.jobs)):
        yield problem, replace(solution, unassigned=solution.unassigned ^ {j})
        yield _restricted(problem, j, rng), solution
        yield _tightened(problem, j, rng), solution
        yield problem, _moved_whole(problem, solution, j, rng)
    for v, vehicle in enumerate(problem.vehicles):
        lower = replace(vehicle, capacity=(rng.randint(0, 3),))
        shift = replace(vehicle, shift=TimeWindow(vehicle.shift.early, vehicle.shift.early + 900))
        for other in (lower, shift):
            vehicles = (*problem.vehicles[:v], other, *problem.vehicles[v + 1 :])
            yield replace(problem, vehicles=vehicles), solution
    yield problem, replace(solution, routes=(*solution.routes, ()))
    yield problem, replace(solution, routes=solution.routes[1:])
    yield problem, replace(solution, unassigned=solution.unassigned | {len(problem.jobs)})


def _changed(
    solution: Solution, rng: random.Random, spot: tuple[int, int], other: tuple[int, int]
) -> Solution:
    """Swaps two activities, moves one, drops one or doubles one."""
    routes = [list(route) for route in solution.routes]
    (v, i), (w, k) = spot, other
    how = rng.randrange(5)
    if how == 0:
        routes[v][i], routes[w][k] = routes[w][k], routes[v][i]
    elif how == 1:
        routes[rng.randrange(len(routes))].insert(0, routes[v].pop(i))
    elif how == 2:
        routes[w].insert(min(k, len(routes[w])), routes[v].pop(i))
    elif how == 3:
        routes[v].pop(i)
    else:
        routes[w].insert(k, routes[v][i])
    return replace(solution, routes=tuple(tuple(route) for route in routes))


def _restricted(problem: Problem, j: int, rng: random.Random) -> Problem:
    """Allows one vehicle only; it is the judge's business that goods on board then weigh on it."""
    v, job = rng.randrange(len(problem.vehicles)), problem.jobs[j]
    carrier = v if job.carrier is not None else None
    return _with_job(problem, j, replace(job, vehicles=frozenset((v,)), carrier=carrier))


def _tightened(problem: Problem, j: int, rng: random.Random) -> Problem:
    job = problem.jobs[j]
    later = rng.randint(0, 1200)
    if job.pickup is not None and rng.random() < 0.5:
        return _with_job(problem, j, replace(job, pickup=_closed(job.pickup, later)))
    return _with_job(problem, j, replace(job, delivery=_closed(job.delivery, later)))


def _closed(task: Task, later: int) -> Task:
    """Returns the task with a window that ends this many seconds after it begins."""
    return replace(task, window=TimeWindow(task.window.early, task.window.early + later))


def _with_job(problem: Problem, j: int, job: Job) -> Problem:
    return replace(problem, jobs=(*problem.jobs[:j], job, *problem.jobs[j + 1 :]))


def _moved_whole(problem: Problem, solution: Solution, j: int, rng: random.Random) -> Solution:
    """Moves both halves of a job to the end of a random route."""
    routes = [tuple(a for a in route if a.job != j) for route in solution.routes]
    halves = [(j, D)] if problem.jobs[j].pickup is None else [(j, P), (j, D)]
    v = rng.randrange(len(routes))
    routes[v] += route_of(*halves)
    return Solution(tuple(routes), solution.unassigned - {j})


@settings(max_examples=300, deadline=None, derandomize=True)
@given(problems(), st.integers(0, 2**32))
def test_every_illegal_mutation_is_caught_and_no_legal_one_is_flagged(
    problem: Problem, seed: int
) -> None:
    solution = complete(problem, ())
    assert is_legal(problem, solution)
    assert violations(problem, solution) == ()
    for world, mutant in mutations(problem, solution, random.Random(seed)):
        found = violations(world, mutant)
        assert (found == ()) == is_legal(world, mutant), found


def test_mutations_are_worth_trying() -> None:
    # Without both verdicts in number the property above would prove little.
    verdicts = []
    for seed in range(40):
        rng = random.Random(seed)
        problem = random_problem(rng, 3, 8, tight=seed % 2 == 0)
        solution = complete(problem, ())
        verdicts += [is_legal(*mutant) for mutant in mutations(problem, solution, rng)]
    assert 0.1 < sum(verdicts) / len(verdicts) < 0.9


PAIR = Job("a", pickup=Task(1), delivery=Task(2))


def test_pickup_before_delivery_is_legal() -> None:
    assert violations(a_problem([PAIR]), Solution((route_of((0, P), (0, D)),))) == ()


@pytest.mark.parametrize(
    ("route", "words"),
    [
        (route_of((0, D), (0, P)), "before its pickup"),
        (route_of((0, P)), "0 deliveries"),
        (route_of((0, D)), "0 pickups"),
        (route_of((0, P), (0, P), (0, D)), "2 pickups"),
        (route_of((0, P), (0, D), (0, D)), "2 deliveries"),
        (route_of((0, P), (0, D), (7, D)), "index 7 is unknown"),
        ((), "0 deliveries"),
    ],
)
def test_a_route_that_does_not_serve_its_job_once_is_caught(route: Route, words: str) -> None:
    assert any(words in text for text in violations(a_problem([PAIR]), Solution((route,))))


def test_a_job_is_either_unassigned_or_served() -> None:
    served = Solution((route_of((0, P), (0, D)),), frozenset({0}))
    assert "unassigned and 2 times in routes" in violations(a_problem([PAIR]), served)[0]
    assert violations(a_problem([PAIR]), Solution(((),), frozenset({0}))) == ()


def test_service_may_start_with_its_window_but_not_a_second_later() -> None:
    # Location 2 is 120 s away.
    for late, legal in ((120, True), (119, False)):
        job = Job("a", delivery=Task(2, TimeWindow(0, late)))
        found = violations(a_problem([job]), Solution((route_of((0, D)),)))
        assert (found == ()) is legal
    assert found == (
        "The delivery of job 'a' starts at 120 s, 1 s after its window ends at 119 s.",
    )


def test_a_route_may_end_with_the_shift_but_not_a_second_later() -> None:
    # There and back again: 2 × 120 s.
    job = Job("a", delivery=Task(2))
    for late, legal in ((240, True), (239, False)):
        vehicle = Vehicle("v", start=0, end=0, shift=TimeWindow(0, late))
        found = violations(a_problem([job], [vehicle]), Solution((route_of((0, D)),)))
        assert (found == ()) is legal
    assert found == ("Vehicle 'v' ends at 240 s, 1 s after its shift ends at 239 s.",)


def test_an_empty_route_is_not_bound_by_the_shift() -> None:
    vehicle = Vehicle("v", start=0, end=5, shift=TimeWindow(0, 1))
    assert violations(a_problem([], [vehicle]), Solution(((),))) == ()


def test_load_may_reach_the_capacity_but_not_exceed_it() -> None:
    jobs = [replace(PAIR, name=name, load=(2,)) for name in "ab"]
    both = Solution((route_of((0, P), (1, P), (0, D), (1, D)),))
    for capacity, legal in ((4, True), (3, False)):
        vehicle = Vehicle("v", start=0, capacity=(capacity,))
        found = violations(a_problem(jobs, [vehicle]), both)
        assert (found == ()) is legal
    assert found == ("Vehicle 'v' carries 4 units after the pickup of job 'b', capacity 3.",)


def test_a_vehicle_overloaded_from_the_start_may_deliver_but_not_pick_up_more() -> None:
    # 3 units on board of a vehicle whose capacity is now 2.
    on_board = Job("b", delivery=Task(1), load=(3,), vehicles=frozenset({0}), carrier=0)
    problem = a_problem([PAIR, on_board], [Vehicle("v", start=0, capacity=(2,))])
    deliver_first = route_of((1, D), (0, P), (0, D))
    pick_first = route_of((0, P), (1, D), (0, D))
    assert violations(problem, Solution((deliver_first,))) == ()
    assert "carries 4 units" in violations(problem, Solution((pick_first,)))[0]


def test_goods_on_board_weigh_though_their_job_is_unassigned() -> None:
    on_board = Job("b", delivery=Task(1), load=(2,), vehicles=frozenset({0}), carrier=0)
    problem = a_problem([PAIR, on_board], [Vehicle("v", start=0, capacity=(2,))])
    alone = Solution((route_of((0, P), (0, D)),), frozenset({1}))
    assert "carries 3 units" in violations(problem, alone)[0]


def test_goods_that_any_vehicle_may_carry_must_fit_at_the_start() -> None:
    jobs = [Job(name, delivery=Task(1), load=(2,)) for name in "ab"]
    both = Solution((route_of((0, D), (1, D)),))
    for capacity, legal in ((4, True), (3, False)):
        vehicle = Vehicle("v", start=0, capacity=(capacity,))
        assert (violations(a_problem(jobs, [vehicle]), both) == ()) is legal


def test_a_due_time_is_never_a_violation() -> None:
    late = Job("a", delivery=Task(2, due=-500))
    assert violations(a_problem([late]), Solution((route_of((0, D)),))) == ()
