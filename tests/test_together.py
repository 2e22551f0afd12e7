"""Several lanes at once: legal, repeatable by steps, and those behind go on from the best."""

from __future__ import annotations

import threading
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings

from solver.annealing import Lane, begun, go_on, take_over
from solver.arrays import arrays
from solver.check import violations
from solver.insertion import complete
from solver.problem import Job, Problem, Task, Vehicle
from solver.ruin import ruin_and_recreate, state_of
from solver.search import Bound
from solver.solution import Solution, cost
from solver.strings import ABSENT, PRICE
from solver.together import ROUNDS, exchange, leader_of, rounds_of, together
from solver.tours import SIZE, TOTAL, tours_of
from solver.tours import route_of as coded_route
from tests.test_kernels import ANY_PROBLEM, SEEDS, solution_of, without_metres
from tests.worlds import D, a_problem, route_of

if TYPE_CHECKING:
    from collections.abc import Sequence

SETTINGS = settings(max_examples=60, deadline=None, derandomize=True)


@settings(SETTINGS)
@given(ANY_PROBLEM, SEEDS)
def test_several_lanes_repeat_themselves_and_are_never_worse_than_their_start(
    problem: Problem, seed: int
) -> None:
    problem = without_metres(problem)
    start = complete(problem, ())
    once = ruin_and_recreate(problem, start, Bound(None, 40), seed, lanes=3)
    again = ruin_and_recreate(replace(problem), start, Bound(None, 40), seed, lanes=3)
    assert once == again
    assert violations(problem, once.solution) == ()
    assert cost(problem, once.solution) <= cost(problem, start)
    assert once.moves == (3 * 40 if problem.jobs else 0)


def lanes_from(problem: Problem, start: Solution, seeds: Sequence[int]) -> list[Lane]:
    """Returns lanes at a start, one for each seed."""
    ins = arrays(problem)
    slots = 2 * len(problem.vehicles) + 1
    some = [tours_of(ins, start.routes, slots) for _ in seeds]
    return [
        begun(ins, tours, state_of(problem, ins, tours, start, seed))
        for tours, seed in zip(some, seeds, strict=True)
    ]


@settings(SETTINGS)
@given(ANY_PROBLEM, SEEDS)
def test_a_lane_that_takes_over_knows_where_it_is(problem: Problem, seed: int) -> None:
    assume(problem.jobs)
    problem = without_metres(problem)
    one, other = lanes_from(problem, complete(problem, ()), (seed, seed + 1))
    for lane, steps in ((one, 60), (other, 20)):
        go_on(lane, Bound(None, steps), Bound(None, 100))
    take_over(other, one.state)
    state, ins = other.state, arrays(problem)
    routes = [
        coded_route(ins, other.tours.code[s, : other.tours.head[s, SIZE]]) for s in state.slot
    ]
    now, left = solution_of(problem, routes), state.absent[: state.counts[ABSENT]]
    assert tuple(state.cost.tolist()) == cost(problem, now) == one.best
    assert sorted(left.tolist()) == sorted(now.unassigned)
    on = {activity.job: v for v, route in enumerate(routes) for activity in route}
    assert state.where.tolist() == [on.get(j, -1) for j in range(len(problem.jobs))]
    anew = tours_of(ins, routes, len(routes)).head[: len(routes), TOTAL:]
    totals = anew[:, : len(state.weights)].sum(axis=0)
    assert state.counts[PRICE] == state.weights @ totals + state.missing[left].sum()
    assert other.best <= one.best
    go_on(other, Bound(None, 60), Bound(None, 100))
    assert other.best <= one.best


def crossed() -> tuple[Problem, Solution]:
    """Two vehicles that serve what lies at the door of the other."""
    vehicles = [Vehicle("left", start=0, end=0), Vehicle("right", start=5, end=5)]
    jobs = [Job("near right", delivery=Task(4)), Job("near left", delivery=Task(1))]
    return a_problem(jobs, vehicles), Solution((route_of((0, D)), route_of((1, D))))


def test_in_an_exchange_those_behind_get_what_the_best_has_found() -> None:
    problem, start = crossed()
    behind, ahead, far = lanes_from(problem, start, (1, 2, 3))
    go_on(ahead, Bound(None, 50), Bound(None, 50))
    # As in the engines' tests: 960 s of riding and 480 of completions, uncrossed 240 and 120.
    assert (behind.best[-1], ahead.best[-1]) == (1440, 360)
    assert leader_of([behind, ahead, far]) is ahead
    exchange([behind, ahead, far])
    assert behind.best == ahead.best == far.best
    # Of equals the first leads, whoever comes in first.
    assert leader_of([behind, ahead, far]) is behind


def test_what_fails_in_one_lane_is_raised_when_all_have_ended() -> None:
    problem, start = crossed()
    before = threading.active_count()

    def make(seed: int) -> Lane:
        if seed:
            raise MemoryError("no room for another lane")
        return lanes_from(problem, start, (0,))[0]

    with pytest.raises(MemoryError, match="no room"):
        together(make, (0, 1), Bound(None, 10))
    assert threading.active_count() == before


def test_lanes_are_joined_when_the_search_ends() -> None:
    problem, start = crossed()
    before, began = threading.active_count(), perf_counter()
    found = ruin_and_recreate(problem, start, Bound(began + 0.1, None), seed=0, lanes=2)
    assert threading.active_count() == before
    assert cost(problem, found.solution)[-1] == 360
    # Generous, for machines under load.
    assert 0.09 < perf_counter() - began < 0.1 + 0.25


def test_where_the_clock_leaves_little_lanes_meet_less_often() -> None:
    assert rounds_of(Bound(None, 5)) == ROUNDS
    now = perf_counter()
    assert rounds_of(Bound(now + 60, None)) == ROUNDS
    # 20 ms a part at least: some 4 parts in 95 ms, one in 5 ms.
    assert rounds_of(Bound(now + 0.095, None)) <= 4
    assert rounds_of(Bound(now + 0.005, None)) == 1
