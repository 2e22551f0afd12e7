"""Rules that protect promises: lost ones, short waits, buffers left."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.policy import Policy
from dispatch.protecting import (
    earliest_start,
    planned_by,
    savable_first,
    with_buffers_left,
    with_short_waits,
)
from solver.check import violations
from solver.insertion import earliest_insertions
from solver.problem import MINOR, PROMISED, Job, Problem, Task, TimeWindow, Vehicle
from solver.solution import Solution, schedule
from tests.little_city import NOW, LittleZone, a_drop
from tests.worlds import D, P, a_problem, problems, route_of


def a_job(name: str = "j0", to: int = 3, *, ready: int = 0, due: int | None = None) -> Job:
    """Returns a promised job from the store at location 0, loaded in 10 s."""
    return Job(name, Task(to, due=due), Task(0, TimeWindow(ready), 10))


@pytest.mark.parametrize(("due", "rank"), [(190, PROMISED), (189, MINOR)])
def test_a_promise_that_nobody_can_keep_any_more_weighs_as_minor_work(due: int, rank: int) -> None:
    # 10 s to load and three places of 60 s.
    (job,) = savable_first(a_problem([a_job(due=due)]), 3600).jobs
    assert (job.rank, job.delivery.due) == (rank, due if rank == PROMISED else None)


def test_a_promise_is_lost_only_if_the_nearest_vehicle_is_too_late() -> None:
    # v0 has 120 s to the store first.
    vehicles = (Vehicle("v0", start=2, end=0), Vehicle("v1", start=0, end=0))
    problem = a_problem([a_job(due=190)], vehicles)
    assert savable_first(problem, 3600) is problem
    barred = replace(problem, jobs=(replace(problem.jobs[0], vehicles=frozenset({0})),))
    assert savable_first(barred, 3600).jobs[0].rank == MINOR


@pytest.mark.parametrize(("due", "rank"), [(-599, MINOR), (-600, PROMISED)])
def test_a_lost_promise_weighs_again_when_it_is_old(due: int, rank: int) -> None:
    assert savable_first(a_problem([a_job(due=due)]), 600).jobs[0].rank == rank


def test_goods_on_board_and_those_nobody_may_take_are_left_alone() -> None:
    aboard = Job("j0", Task(3, due=-5), vehicles=frozenset({0}), carrier=0)
    problem = a_problem([aboard, replace(a_job("j1", due=-5), vehicles=frozenset())])
    assert savable_first(problem, 3600) is problem
    with pytest.raises(ValueError, match="'j0' is on board"):
        earliest_start(problem, aboard)


@given(problems())
def test_no_job_can_start_before_its_earliest_start(problem: Problem) -> None:
    nothing = Solution(((),) * len(problem.vehicles), frozenset(range(len(problem.jobs))))
    for j, job in enumerate(problem.jobs):
        for insertion in earliest_insertions(problem, nothing, j) if job.pickup else ():
            earliest = earliest_start(problem, job)
            assert earliest is not None
            assert insertion.arrival_start >= earliest


@given(problems(), st.integers(1, 600))
def test_only_lost_promises_change_their_weight(problem: Problem, most_s: int) -> None:
    for before, after in zip(problem.jobs, savable_first(problem, most_s).jobs, strict=True):
        if after != before:
            earliest, due = earliest_start(problem, before), before.delivery.due
            assert earliest is not None
            assert due is not None
            assert earliest > due > -most_s
            assert after == replace(before, rank=MINOR, delivery=replace(before.delivery, due=None))


HOUSES = {"a": "b_1", "b": "b_2", "c": "b_1"}
TOGETHER = route_of((0, P), (1, P), (0, D), (1, D))


def waits(other: str, ready: int, most_s: int) -> bool:
    """Returns whether the goods of a, ready at 100, may wait for another's, ready at ``ready``."""
    problem = a_problem([a_job("a", 1, ready=100), a_job(other, 2, ready=ready)])
    bounded = with_short_waits(problem, {0: {"a"}}, HOUSES, most_s)
    return not violations(bounded, Solution((TOGETHER,)))


# The two are loaded one after the other, 10 s each: of those the bound leaves the time.
@pytest.mark.parametrize(("ready", "waited"), [(110, True), (111, False)])
def test_goods_wait_for_none_to_another_building(ready: int, waited: bool) -> None:
    assert waits("b", ready, 240) == waited


@pytest.mark.parametrize(("ready", "waited"), [(340, True), (341, False)])
def test_goods_wait_a_little_for_those_to_their_building(ready: int, waited: bool) -> None:
    assert waits("c", ready, 240) == waited


def test_two_trips_are_always_allowed() -> None:
    problem = a_problem([a_job("a", 1, ready=100), a_job("b", 2, ready=999)])
    bounded = with_short_waits(problem, {0: {"a"}}, HOUSES, 1)
    one_by_one = route_of((0, P), (0, D), (1, P), (1, D))
    assert violations(bounded, Solution((one_by_one,))) == ()


def test_goods_wait_as_long_as_was_planned() -> None:
    problem = a_problem([a_job("a", 1, ready=100), a_job("b", 2, ready=999)])
    bounded = with_short_waits(problem, {0: {"a", "b"}}, HOUSES, 1)
    assert violations(bounded, Solution((TOGETHER,))) == ()


def test_minor_goods_alone_may_wait_for_anything() -> None:
    problem = a_problem([replace(a_job("a", 1), rank=MINOR), a_job("b", 2, ready=999)])
    assert with_short_waits(problem, {0: {"a"}}, HOUSES, 1).jobs == problem.jobs


@given(st.lists(st.integers(0, 900), min_size=1, max_size=5), st.integers(0, 900))
def test_what_is_planned_can_still_be_loaded(ready: list[int], early: int) -> None:
    jobs = [a_job(f"j{j}", ready=at) for j, at in enumerate(ready)]
    vehicle = Vehicle("v0", start=2, end=0, shift=TimeWindow(early))
    names = {job.name for job in jobs}
    problem = with_short_waits(a_problem(jobs, [vehicle]), {0: names}, dict.fromkeys(names, "b"), 1)
    route = route_of(*((j, P) for j in range(len(jobs))), *((j, D) for j in range(len(jobs))))
    assert violations(problem, Solution((route,))) == ()


@pytest.mark.parametrize(("end", "due"), [(100, 100), (101, 120)])
def test_a_promise_is_due_before_its_buffer_where_it_has_it(end: int, due: int) -> None:
    # A fifth of 100 s is 20.
    problem = with_buffers_left(a_problem([a_job(due=120)]), {"j0": end}, 0.2)
    assert problem.jobs[0].delivery.due == due


def test_what_is_not_planned_or_on_board_keeps_its_due() -> None:
    aboard = Job("j1", Task(3, due=600), vehicles=frozenset({0}), carrier=0)
    jobs = (a_job(due=600), aboard)
    assert with_buffers_left(a_problem(jobs), {"j1": 60}, 0.2).jobs == jobs


@given(problems(), st.floats(0, 2))
def test_a_plan_on_time_stays_on_time_with_its_buffers(problem: Problem, share: float) -> None:
    nothing = tuple(route_of((j, P), (j, D)) for j, job in enumerate(problem.jobs) if job.pickup)
    for route in nothing:
        j = route[0].job
        visit = schedule(problem, 0, route).visits[-1]
        tight = with_buffers_left(problem, {problem.jobs[j].name: visit.departure}, share)
        was, now = problem.jobs[j].delivery.due, tight.jobs[j].delivery.due
        if was is None or visit.start > was:
            assert now == was
        else:
            assert now is not None
            assert visit.start <= now <= was


def test_a_savable_promise_goes_before_a_lost_one() -> None:
    def first(lost_wait_s: int) -> str:
        zone = LittleZone(
            1, policy=Policy(quote_room_s=0, quote_search_s=0, lost_wait_s=lost_wait_s)
        )
        lost = zone.urgent(10)
        # Due in 320 s, and at the very least 15 + 645 + 60 s from here.
        zone.wait(1000)
        savable = zone.urgent(3, on_infeasible="accept_late", ready_at=NOW)
        drops = [stop.drops[0] for stop in zone.stops("c_1") if stop.id.count("-") == 0]
        return "lost" if drops.index(lost) < drops.index(savable) else "savable"

    # On the way back it would still be in time: 30 to load, 645 + 60 there, 420 + 45 + 60 make
    # 1260 of 1320 s.
    assert first(0) == "lost"
    assert first(3600) == "savable"


def test_who_was_told_a_longer_time_is_planned_for_the_usual_one_while_it_can_be_had() -> None:
    zone = LittleZone(1, policy=Policy(quote_search_s=0, quote_confidence=0, quote_room_s=0))
    # 15 s to load, 645 to b_10 and 60: 720. The other comes after 645 s back, the same way again.
    zone.urgent(10)
    order = zone.order(a_drop(9, floor=5), ready_at=zone.now + 800, on_infeasible="requote")
    assert order.requoted
    usual = zone.now + 1320
    for ends, by in ((usual, usual), (usual + 1, order.deadline), (None, order.deadline)):
        assert planned_by(order, zone.state.services, ends, Policy()) == by
        assert planned_by(order, zone.state.services, ends, Policy(aim_usual=0)) == order.deadline


def test_who_was_told_the_usual_time_is_planned_for_that() -> None:
    zone = LittleZone(1)
    order = zone.order(a_drop(1), ready_at=zone.now)
    assert (
        planned_by(order, zone.state.services, None, Policy()) == order.deadline == zone.now + 1320
    )


def test_a_promise_of_days_is_planned_for_its_day() -> None:
    zone = LittleZone(1)
    order = replace(zone.order(a_drop(1), service="standard", ready_at=None), requoted=True)
    assert planned_by(order, zone.state.services, zone.now, Policy()) == order.deadline
