"""Insertion equals brute force; whatever it is given, what comes out is legal."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from solver.check import violations
from solver.insertion import (
    best_insertions,
    complete,
    earliest_insertion,
    earliest_insertions,
    insert,
)
from solver.problem import Job, Problem, Task, TimeWindow, Vehicle
from solver.solution import Activity, Solution, cost, load_stops, schedule
from tests.worlds import D, P, a_problem, problems, route_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from solver.solution import Route

SETTINGS = settings(deadline=None, derandomize=True)


def _splits(problem: Problem, route: Route, at: int, place: int | None) -> bool:
    """Whether something at ``place`` put in here falls into a load stop of another place."""
    return any(
        first < at < last and route[first].task(problem).location != place
        for first, last in load_stops(problem, route)
    )


def every_insertion(problem: Problem, route: Route, j: int) -> Iterator[Route]:
    """Yields the route with job ``j`` at every place that leaves load stops whole."""
    pickup = problem.jobs[j].pickup
    for k in range(len(route) + 1):
        if _splits(problem, route, k, None):
            continue
        delivered = (*route[:k], Activity(j, D), *route[k:])
        if pickup is None:
            yield delivered
            continue
        for i in range(k + 1):
            if not _splits(problem, route, i, pickup.location):
                yield (*delivered[:i], Activity(j, P), *delivered[i:])


def with_route(solution: Solution, v: int, route: Route, j: int) -> Solution:
    """Returns the solution with one route exchanged and one job no longer left out."""
    routes = (*solution.routes[:v], route, *solution.routes[v + 1 :])
    return Solution(routes, solution.unassigned - {j})


def _without_one(problem: Problem, seed: int) -> tuple[Solution, int]:
    """Returns a legal solution and a job that it leaves out, though it may fit."""
    assume(problem.jobs)
    solution = complete(problem, ())
    j = seed % len(problem.jobs)
    routes = tuple(tuple(a for a in route if a.job != j) for route in solution.routes)
    base = Solution(routes, solution.unassigned | {j})
    # Where rides break the triangle inequality, a route may need its detour.
    assume(violations(problem, base) == ())
    return base, j


@settings(SETTINGS, max_examples=140)
@given(problems(), st.integers(0, 2**32))
def test_the_best_insertions_equal_brute_force(problem: Problem, seed: int) -> None:
    base, j = _without_one(problem, seed)
    found = {insertion.vehicle: insertion for insertion in best_insertions(problem, base, j)}
    for v, route in enumerate(base.routes):
        tried = [with_route(base, v, new, j) for new in every_insertion(problem, route, j)]
        legal = [solution for solution in tried if not violations(problem, solution)]
        assert (v in found) == bool(legal)
        if legal:
            made = with_route(base, v, found[v].route, j)
            assert made in legal
            assert found[v].cost == cost(problem, made)
            assert found[v].cost == min(cost(problem, solution) for solution in legal)
    costs = [insertion.cost for insertion in found.values()]
    assert costs == sorted(costs)


@settings(SETTINGS, max_examples=60)
@given(problems(), st.integers(0, 2**32))
def test_the_earliest_harmless_insertion_equals_brute_force(problem: Problem, seed: int) -> None:
    base, j = _without_one(problem, seed)
    found = earliest_insertion(problem, base, j)
    starts = []
    for v, route in enumerate(base.routes):
        for new in every_insertion(problem, route, j):
            made = with_route(base, v, new, j)
            if not violations(problem, made) and not _harm(problem, v, route, new, j):
                starts.append(_starts(problem, v, new)[j])
    assert (found is None) == (not best_insertions(problem, base, j))
    if found is not None and starts:
        assert found.arrival_start == min(starts)
    elif found is not None:
        assert found == best_insertions(problem, base, j)[0]


def _starts(problem: Problem, v: int, route: Route) -> dict[int, int]:
    visits = schedule(problem, v, route).visits
    return {visit.activity.job: visit.start for visit in visits if visit.activity.kind is D}


def _harm(problem: Problem, v: int, old: Route, new: Route, j: int) -> int:
    """By how much promised jobs other than ``j`` are later than due, and than they were before."""
    before, after = _starts(problem, v, old), _starts(problem, v, new)
    return sum(
        max(0, start - max(due, before[k]))
        for k, start in after.items()
        if k != j and problem.jobs[k].rank == 0
        if (due := problem.jobs[k].delivery.due) is not None
    )


@settings(SETTINGS, max_examples=60)
@given(problems(), st.integers(0, 2**32))
def test_the_earliest_insertion_of_each_vehicle_equals_brute_force(
    problem: Problem, seed: int
) -> None:
    base, j = _without_one(problem, seed)
    found = earliest_insertions(problem, base, j)
    cheapest = {insertion.vehicle: insertion for insertion in best_insertions(problem, base, j)}
    assert {insertion.vehicle for insertion in found} == cheapest.keys()
    for insertion in found:
        v, route = insertion.vehicle, base.routes[insertion.vehicle]
        assert insertion.harm == _harm(problem, v, route, insertion.route, j)
        assert insertion.cost == cost(problem, with_route(base, v, insertion.route, j))
        harmless = [
            _starts(problem, v, new)[j]
            for new in every_insertion(problem, route, j)
            if not violations(problem, with_route(base, v, new, j))
            if not _harm(problem, v, route, new, j)
        ]
        if harmless:
            assert (insertion.arrival_start, insertion.harm) == (min(harmless), 0)
        else:
            assert insertion == cheapest[v]
    starts = [insertion.arrival_start for insertion in found]
    assert starts == sorted(starts)


@settings(SETTINGS, max_examples=60)
@given(problems(), st.integers(0, 2**32))
def test_any_routes_complete_to_a_legal_solution(problem: Problem, seed: int) -> None:
    rng = random.Random(seed)
    routes = tuple(
        route_of(*((rng.randint(-1, len(problem.jobs)), rng.choice((P, D))) for _ in range(8)))
        for _ in range(rng.randint(0, len(problem.vehicles) + 1))
    )
    assert violations(problem, complete(problem, routes)) == ()


@settings(SETTINGS, max_examples=20)
@given(problems())
def test_a_complete_solution_stays_as_it_is(problem: Problem) -> None:
    solution = complete(problem, ())
    assert complete(problem, solution.routes) == solution


@settings(SETTINGS, max_examples=20)
@given(problems())
def test_what_is_left_out_fits_nowhere_or_would_cost_more_than_it_is_worth(
    problem: Problem,
) -> None:
    solution = complete(problem, ())
    for j in solution.unassigned:
        offers = best_insertions(problem, solution, j)
        assert all(offer.cost >= cost(problem, solution) for offer in offers)


def test_a_pickup_joins_the_load_stop_of_its_place() -> None:
    jobs = [Job(name, pickup=Task(1), delivery=Task(place)) for name, place in (("a", 2), ("b", 3))]
    solution = complete(a_problem(jobs), (route_of((0, P), (0, D)),))
    assert load_stops(a_problem(jobs), solution.routes[0]) == ((0, 2),)


def test_a_pickup_whose_window_closes_goes_to_the_front_of_its_load_stop() -> None:
    # The other pickup takes 50 s, so that behind it this one would start at 110, not by 60.
    first = Job("a", pickup=Task(1, service_duration=50), delivery=Task(2))
    hasty = Job("b", pickup=Task(1, TimeWindow(late=60)), delivery=Task(3))
    solution = complete(a_problem([first, hasty]), (route_of((0, P), (0, D)),))
    assert solution.routes[0][0] == Activity(1, P)


def test_a_job_is_kept_on_time_by_a_trip_of_its_own() -> None:
    # Waiting for goods that are ready at 900 would make the first job late, due at 300.
    first = Job("a", pickup=Task(1), delivery=Task(2, due=300))
    later = Job("b", pickup=Task(1, TimeWindow(900)), delivery=Task(2))
    solution = complete(a_problem([first, later]), (route_of((0, P), (0, D)),))
    assert solution.routes[0] == route_of((0, P), (0, D), (1, P), (1, D))


def test_an_insertion_names_whom_it_delays_and_by_how_much() -> None:
    old = Job("old", delivery=Task(4))
    new = Job("new", delivery=Task(2, service_duration=45))
    problem = a_problem([old, new])
    base = Solution((route_of((0, D)),), frozenset({1}))
    (found,) = best_insertions(problem, base, 1)
    # On the way: no detour, 45 s of service, and completion at 165 instead of after 480 s.
    assert found.route == route_of((1, D), (0, D))
    assert found.arrival_start == 120
    assert found.delayed == ((0, 45),)


def test_a_quote_does_not_make_another_promise_late() -> None:
    # On the way, the new job would delay the old one by 45 s beyond its due; so it goes after it.
    old = Job("old", delivery=Task(4, due=240))
    new = Job("new", delivery=Task(2, service_duration=45))
    problem = a_problem([old, new])
    found = earliest_insertion(problem, Solution((route_of((0, D)),), frozenset({1})), 1)
    assert found is not None
    # 240 s to the old job and 120 s back.
    assert (found.arrival_start, found.delayed) == (360, ())


def test_a_quote_says_for_each_vehicle_the_start_and_the_harm() -> None:
    # Behind the old job, v would be back at 360 s, too late for the new one. Before it, the new one
    # starts at 120 s and the old one at 285 s, 45 s after its due. w comes from location 5.
    vehicles = [Vehicle("v", start=0), Vehicle("w", start=5)]
    old = Job("old", delivery=Task(4, due=240))
    new = Job("new", delivery=Task(2, TimeWindow(0, 300), service_duration=45))
    problem = a_problem([old, new], vehicles)
    found = earliest_insertions(problem, Solution((route_of((0, D)), ()), frozenset({1})), 1)
    assert [(x.vehicle, x.arrival_start, x.harm, x.delayed) for x in found] == [
        (0, 120, 45, ((0, 45),)),
        (1, 180, 0, ()),
    ]
    # The answer to one quote harms nobody, though it starts later.
    earliest = earliest_insertion(problem, Solution((route_of((0, D)), ()), frozenset({1})), 1)
    assert earliest == found[1]


def test_the_job_with_the_fewest_vehicles_to_choose_from_goes_first() -> None:
    vehicles = [Vehicle(name, start=0, capacity=(1,)) for name in "vw"]
    free = Job("free", delivery=Task(1, due=60))
    bound = Job("bound", delivery=Task(1, due=60), vehicles=frozenset({0, 1}))
    only = Job("only", delivery=Task(1, due=60), vehicles=frozenset({0}), pickup=Task(0))
    problem = a_problem([free, bound, only], vehicles)
    nothing = Solution(((), ()), frozenset({0, 1, 2}))
    assert violations(problem, insert(problem, nothing, (0, 1, 2))) == ()
    assert Activity(2, D) in insert(problem, nothing, (0, 1, 2)).routes[0]


def test_a_job_that_fits_nowhere_stays_unassigned() -> None:
    # The desk is 60 s away, one second more than its window allows.
    late = Job("late", pickup=Task(0), delivery=Task(1, TimeWindow(0, 59)))
    assert complete(a_problem([late]), ()).unassigned == {0}


@pytest.mark.parametrize("j", [-1, 1, 0])
def test_a_job_that_is_unknown_or_served_cannot_be_inserted(j: int) -> None:
    problem = a_problem([Job("a", delivery=Task(1))])
    served = Solution((route_of((0, D)),))
    with pytest.raises(ValueError, match=r"below 1|in a route"):
        best_insertions(problem, served, j)
    with pytest.raises(ValueError, match=r"below 1|in a route"):
        earliest_insertions(problem, served, j)


def test_completing_keeps_the_order_of_what_is_legal() -> None:
    jobs = [Job(name, delivery=Task(place)) for name, place in (("a", 3), ("b", 1), ("c", 2))]
    broken = route_of((0, D), (9, D), (1, D), (0, D), (1, P))
    kept = [a.job for a in complete(a_problem(jobs), (broken,)).routes[0] if a.job != 2]
    assert kept == [0, 1]
