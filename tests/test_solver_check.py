"""The judge: by hand, and against a brute-force oracle on every mutation of legal solutions."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver import plain
from solver.check import violations
from solver.problem import Break, Job, Problem, Profile, Task, TimeWindow, Vehicle
from solver.solution import Activity, Solution
from tests.worlds import (
    B,
    D,
    P,
    a_problem,
    on_a_line,
    problems,
    random_problem,
    rich_problem,
    rich_problems,
    route_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from solver.solution import Route


def is_legal(problem: Problem, solution: Solution) -> bool:
    """The oracle: legal by the words of the contract, as plainly as they can be written."""
    if len(solution.routes) != len(problem.vehicles):
        return False
    everything = [(a.job, a.kind) for route in solution.routes for a in route if a.kind is not B]
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
    taken = sorted(a.job for a in route if a.kind is B)
    if route and taken != list(range(len(vehicle.breaks))):
        return False
    for i, activity in enumerate(route):
        if activity.kind is B:
            continue
        job = jobs[activity.job]
        if job.vehicles is not None and v not in job.vehicles:
            return False
        if activity.kind is D and job.pickup and Activity(activity.job, P) not in route[:i]:
            return False
    return (
        all(_keeps_capacity(problem, v, route, d) for d in range(problem.dimensions))
        and _keeps_limits(problem, v, [a.task(problem) for a in route if a.kind is not B])
        and _ends_at(problem, v, route) <= (vehicle.shift.late if route else 10**18)
    )


def _keeps_limits(problem: Problem, v: int, tasks: list[Task]) -> bool:
    vehicle = problem.vehicles[v]
    if not tasks:
        return True
    stops = [vehicle.start] + [task.location for task in tasks]
    stops += [] if vehicle.end is None else [vehicle.end]
    by, metres = problem.durations_of(v), problem.distances_of(v)
    ridden = sum(by[a][b] for a, b in pairwise(stops))
    far = 0 if metres is None else sum(metres[a][b] for a, b in pairwise(stops))
    return (
        (vehicle.max_tasks is None or len(tasks) <= vehicle.max_tasks)
        and (vehicle.max_travel is None or ridden <= vehicle.max_travel)
        and (vehicle.max_distance is None or far <= vehicle.max_distance)
    )


def _amount(amounts: tuple[int, ...], d: int) -> int:
    return amounts[d] if amounts else 0


def _keeps_capacity(problem: Problem, v: int, route: Route, d: int) -> bool:
    """The limits of one dimension: what is on board is counted anew at every activity."""
    jobs, vehicle = problem.jobs, problem.vehicles[v]
    capacity = _amount(vehicle.capacity, d) if vehicle.capacity else 10**18
    own = {j for j, job in enumerate(jobs) if job.carrier == v}
    other = {a.job for a in route if a.kind is D and jobs[a.job].pickup is None} - own

    def on_board(after: int) -> int:
        done = route[:after]
        gone = {a.job for a in done if a.kind is D}
        taken = {a.job for a in done if a.kind is P}
        goods = sum(_amount(jobs[j].load, d) for j in (own | other | taken) - gone)
        return goods + sum(_amount(jobs[j].collected, d) for j in gone)

    if any(any(jobs[j].load) for j in other) and on_board(0) > capacity:
        return False
    for i, activity in enumerate(route):
        if activity.kind is B:
            most = vehicle.breaks[activity.job].max_load
            if most and on_board(i) > most[d]:
                return False
            continue
        takes = activity.kind is P or any(jobs[activity.job].collected)
        if takes and on_board(i + 1) > capacity:
            return False
    return True


def _ends_at(problem: Problem, v: int, route: Route) -> float:
    """The end of a route in seconds, infinite where a window is missed."""
    vehicle, rides = problem.vehicles[v], problem.durations_of(v)
    now, here, left = vehicle.shift.early, vehicle.start, None
    for group in _together(problem, route):
        if group[0].kind is B:
            rest = vehicle.breaks[group[0].job]
            begin = next((max(now, w.early) for w in rest.windows if now <= w.late), None)
            if begin is None:
                return float("inf")
            # Where the vehicle rides to is seen by what follows the break.
            left = (0 if left is None else left) + begin - now
            now = begin + rest.duration
            continue
        tasks = [activity.task(problem) for activity in group]
        there = tasks[0].location
        now += max(0, int(rides[here, there]) - (left or 0))
        soon = [now] + [w.early for task in tasks for w in task.windows if w.early > now]
        fit = [s for s in soon if all(_is_open(task, s) for task in tasks)]
        if not fit:
            return float("inf")
        now = min(fit)
        for i, task in enumerate(tasks):
            if not _is_open(task, now):
                return float("inf")
            setup, service = (task.setup_duration, task.service_duration)
            setup, service = task.by_vehicle[v] if task.by_vehicle else (setup, service)
            now += service + (setup if i == 0 and there != here else 0)
        here, left = there, None
    home = 0 if vehicle.end is None else int(rides[here, vehicle.end])
    return now + max(0, home - (left or 0))


def _is_open(task: Task, second: int) -> bool:
    return any(w.early <= second <= w.late for w in (task.window, *task.later_windows))


def _together(problem: Problem, route: Route) -> list[list[Activity]]:
    """Activities in groups: pickups at one place in a row are one where loading is joint."""

    def key(numbered: tuple[int, Activity]) -> tuple[str, int]:
        i, activity = numbered
        joint = activity.kind is P and problem.joint_loading
        return ("at", activity.task(problem).location) if joint else ("alone", i)

    return [[a for _, a in group] for _, group in groupby(enumerate(route), key)]


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
        lower = replace(
            vehicle, capacity=tuple(rng.randint(0, 3) for _ in range(problem.dimensions))
        )
        shift = replace(vehicle, shift=TimeWindow(vehicle.shift.early, vehicle.shift.early + 900))
        for other in (lower, shift):
            vehicles = (*problem.vehicles[:v], other, *problem.vehicles[v + 1 :])
            yield replace(problem, vehicles=vehicles), solution
        yield from _without_rest(problem, solution, v, rng)
        for other in _narrowed(vehicle, problem.dimensions, rng):
            vehicles = (*problem.vehicles[:v], other, *problem.vehicles[v + 1 :])
            yield replace(problem, vehicles=vehicles), solution
    yield problem, replace(solution, routes=(*solution.routes, ()))
    yield problem, replace(solution, routes=solution.routes[1:])
    yield problem, replace(solution, unassigned=solution.unassigned | {len(problem.jobs)})


def _narrowed(vehicle: Vehicle, dimensions: int, rng: random.Random) -> Iterator[Vehicle]:
    """Yields the vehicle with one limit changed, or with breaks that are due at other times."""
    yield replace(vehicle, max_tasks=rng.randint(0, 5))
    yield replace(vehicle, max_travel=rng.randint(0, 2500))
    yield replace(vehicle, max_distance=rng.randint(0, 6000))
    if vehicle.breaks:
        rest = rng.choice(vehicle.breaks)
        begin = rng.randint(0, 3000)
        most = tuple(rng.randint(0, 3) for _ in range(dimensions))
        for other in (
            replace(rest, windows=(TimeWindow(begin, begin + 300),)),
            replace(rest, duration=rest.duration + 400),
            replace(rest, max_load=most),
        ):
            yield replace(vehicle, breaks=tuple(other if b is rest else b for b in vehicle.breaks))
    yield replace(vehicle, breaks=(*vehicle.breaks, Break("more", (TimeWindow(),))))


def _without_rest(
    problem: Problem, solution: Solution, v: int, rng: random.Random
) -> Iterator[tuple[Problem, Solution]]:
    """Yields the solution with a break more, one less, and one elsewhere in the route."""
    route = solution.routes[v]
    rests = [i for i, activity in enumerate(route) if activity.kind is B]
    changed = [(*route, Activity(0, B)), (Activity(rng.randint(0, 2), B), *route)]
    if rests:
        i = rng.choice(rests)
        rest, others = route[i], (*route[:i], *route[i + 1 :])
        changed.append(others)
        changed += [(*others[:k], rest, *others[k:]) for k in range(len(others) + 1)]
    for other in changed:
        routes = (*solution.routes[:v], other, *solution.routes[v + 1 :])
        yield problem, replace(solution, routes=routes)


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
    """Returns the task with one window that ends this many seconds after it begins."""
    window = TimeWindow(task.window.early, task.window.early + later)
    return replace(task, window=window, later_windows=())


def _with_job(problem: Problem, j: int, job: Job) -> Problem:
    return replace(problem, jobs=(*problem.jobs[:j], job, *problem.jobs[j + 1 :]))


def _moved_whole(problem: Problem, solution: Solution, j: int, rng: random.Random) -> Solution:
    """Moves both halves of a job to the end of a random route."""
    routes = [tuple(a for a in route if a.job != j) for route in solution.routes]
    halves = [(j, D)] if problem.jobs[j].pickup is None else [(j, P), (j, D)]
    v = rng.randrange(len(routes))
    routes[v] += route_of(*halves)
    return Solution(tuple(routes), solution.unassigned - {j})


@settings(max_examples=120, deadline=None, derandomize=True)
@given(problems(), st.integers(0, 2**32))
def test_every_illegal_mutation_is_caught_and_no_legal_one_is_flagged(
    problem: Problem, seed: int
) -> None:
    solution = plain.complete(problem, ())
    assert is_legal(problem, solution)
    assert violations(problem, solution) == ()
    for world, mutant in mutations(problem, solution, random.Random(seed)):
        found = violations(world, mutant)
        assert (found == ()) == is_legal(world, mutant), found


@settings(max_examples=120, deadline=None, derandomize=True)
@given(rich_problems(), st.integers(0, 2**32))
def test_the_judge_knows_every_feature(problem: Problem, seed: int) -> None:
    solution = plain.complete(problem, ())
    assert is_legal(problem, solution)
    assert violations(problem, solution) == ()
    for world, mutant in mutations(problem, solution, random.Random(seed)):
        found = violations(world, mutant)
        assert (found == ()) == is_legal(world, mutant), found


def test_mutations_are_worth_trying() -> None:
    # Without both verdicts in number the properties above would prove little.
    verdicts: dict[bool, list[bool]] = {True: [], False: []}
    for seed in range(40):
        for is_rich in (True, False):
            rng = random.Random(seed)
            if is_rich:
                problem = rich_problem(rng, 3, 8)
            else:
                problem = random_problem(rng, 3, 8, tight=seed % 2 == 0)
            solution = plain.complete(problem, ())
            mutants = mutations(problem, solution, rng)
            verdicts[is_rich] += [is_legal(*mutant) for mutant in mutants]
    assert all(0.1 < sum(found) / len(found) < 0.9 for found in verdicts.values())


def _rest_at(early: int, late: int, duration: int = 0) -> Vehicle:
    return Vehicle("v", start=0, end=0, breaks=(Break("b", (TimeWindow(early, late),), duration),))


def test_a_break_is_taken_once_by_a_vehicle_that_is_used() -> None:
    problem = a_problem([Job("a", delivery=Task(1))], [_rest_at(0, 600)])
    for route, words in (
        (route_of((0, D)), "takes break 'b' 0 times"),
        (route_of((0, B), (0, D), (0, B)), "takes break 'b' 2 times"),
        (route_of((0, B), (1, B), (0, D)), "Break index 1 is unknown"),
    ):
        assert words in violations(problem, Solution((route,)))[0]
    assert violations(problem, Solution((route_of((0, B), (0, D)),))) == ()
    assert violations(problem, Solution(((),), frozenset({0}))) == ()


def test_a_break_may_start_with_the_end_of_its_window_but_not_a_second_later() -> None:
    # It comes after a ride of 60 s.
    for late, found in (
        (60, ()),
        (59, ("Break 'b' starts at 60 s, 1 s after its window ends at 59 s.",)),
    ):
        problem = a_problem([Job("a", delivery=Task(1))], [_rest_at(0, late)])
        assert violations(problem, Solution((route_of((0, D), (0, B)),))) == found


def test_riding_goes_on_until_a_break_starts() -> None:
    # 50 of 120 s are ridden when the break starts; after it 70 s are left: 50 + 100 + 70 = 220.
    for late, legal in ((220, True), (219, False)):
        job = Job("a", delivery=Task(2, TimeWindow(0, late)))
        problem = a_problem([job], [_rest_at(50, 50, duration=100)])
        found = violations(problem, Solution((route_of((0, B), (0, D)),)))
        assert (found == ()) is legal


def test_a_break_asks_for_little_on_board() -> None:
    rest = Break("b", (TimeWindow(),), max_load=(1,))
    problem = a_problem([replace(PAIR, load=(2,))], [Vehicle("v", start=0, breaks=(rest,))])
    assert violations(problem, Solution((route_of((0, B), (0, P), (0, D)),))) == ()
    assert violations(problem, Solution((route_of((0, P), (0, B), (0, D)),))) == (
        "Vehicle 'v' carries 2 units in break 'b', at most 1.",
    )


def test_service_may_start_in_any_window_but_not_between_them() -> None:
    # Location 2 is 120 s away.
    for windows, found in (
        (((0, 60), (110, 130)), ()),
        (((0, 60), (300, 400)), ()),
        (
            ((0, 60), (70, 119)),
            ("The delivery of job 'a' starts at 120 s, 1 s after its window ends at 119 s.",),
        ),
    ):
        first, second = (TimeWindow(*window) for window in windows)
        job = Job("a", delivery=Task(2, first, later_windows=(second,)))
        assert violations(a_problem([job]), Solution((route_of((0, D)),))) == found


def test_setup_is_paid_once_at_each_place() -> None:
    # 60 s there, 30 of setup once, 2 × 10 of service, 60 home.
    task = Task(1, service_duration=10, setup_duration=30)
    jobs = [Job(name, delivery=task) for name in "ab"]
    for late, legal in ((170, True), (169, False)):
        vehicle = Vehicle("v", start=0, end=0, shift=TimeWindow(0, late))
        found = violations(a_problem(jobs, [vehicle]), Solution((route_of((0, D), (1, D)),)))
        assert (found == ()) is legal


def test_each_vehicle_takes_its_own_time() -> None:
    task = Task(1, service_duration=10, by_vehicle=((0, 500), (30, 5)))
    vehicles = [Vehicle(n, start=0, end=0, shift=TimeWindow(0, 155)) for n in "vw"]
    problem = a_problem([Job("a", delivery=task)], vehicles)
    # 60 + 30 + 5 + 60 = 155 for the second.
    assert violations(problem, Solution(((), route_of((0, D))))) == ()
    assert "ends at 620 s" in violations(problem, Solution((route_of((0, D)), ())))[0]


def test_a_vehicle_rides_by_its_own_matrices() -> None:
    slow = Profile(2 * on_a_line(6), distances=on_a_line(6))
    vehicle = Vehicle("v", start=0, end=0, profile=1, max_travel=240, max_distance=120)
    problem = Problem((vehicle,), (PAIR,), on_a_line(6), more_profiles=(slow,))
    # To location 2 and back: 4 legs of 120 s and 60 m.
    assert violations(problem, Solution((route_of((0, P), (0, D)),))) == (
        "Vehicle 'v' rides 480 s, at most 240 s.",
        "Vehicle 'v' rides 240 m, at most 120 m.",
    )


def test_tasks_may_reach_their_limit_but_not_exceed_it() -> None:
    for most, found in ((2, ()), (1, ("Vehicle 'v' has 2 tasks, at most 1.",))):
        problem = a_problem([PAIR], [Vehicle("v", start=0, max_tasks=most)])
        assert violations(problem, Solution((route_of((0, P), (0, D)),))) == found


def test_goods_collected_stay_on_board() -> None:
    jobs = [
        Job("a", delivery=Task(1), load=(0, 1), collected=(2, 0)),
        Job("b", delivery=Task(2), load=(1, 0), collected=(0, 0)),
    ]
    for capacity, found in (
        ((3, 1), ()),
        (
            (2, 1),
            ("Vehicle 'v' carries [3, 0] units after the delivery of job 'a', capacity [2, 1].",),
        ),
    ):
        problem = a_problem(jobs, [Vehicle("v", start=0, capacity=capacity)])
        assert violations(problem, Solution((route_of((0, D), (1, D)),))) == found
        assert violations(problem, Solution((route_of((1, D), (0, D)),))) == ()


def test_pickups_at_one_place_are_timed_one_by_one_where_loading_is_not_joint() -> None:
    jobs = [
        Job("a", pickup=Task(1, TimeWindow(0, 100)), delivery=Task(1)),
        Job("b", pickup=Task(1, TimeWindow(200)), delivery=Task(1)),
    ]
    route = route_of((0, P), (1, P), (0, D), (1, D))
    joint = a_problem(jobs)
    assert "starts at 200 s, 100 s after" in violations(joint, Solution((route,)))[0]
    assert violations(replace(joint, joint_loading=False), Solution((route,))) == ()


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
