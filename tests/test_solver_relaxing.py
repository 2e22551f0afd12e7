"""What a relaxation says really lets a job in, and one less does not: all places, the judge."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from hypothesis import given, settings

from solver.check import violations
from solver.explain import Obstacle, explain
from solver.plain import complete
from solver.problem import FOREVER, Break, Job, Problem, Task, TimeWindow, Vehicle
from solver.resting import without_breaks
from solver.solution import Activity, Route, Solution
from tests.worlds import B, D, P, a_problem, rich_problems, route_of

if TYPE_CHECKING:
    from collections.abc import Iterator

V = Vehicle("v", start=0, end=0)


def only(vehicle: Vehicle, job: Job, *others: Job) -> Obstacle:
    """Returns the obstacle of a job on the only vehicle, which serves the others in order."""
    problem = a_problem([job, *others], [vehicle])
    breaks = tuple(Activity(b, B) for b in range(len(vehicle.breaks))) if others else ()
    route = tuple(Activity(j, D) for j in range(1, len(others) + 1))
    (found,) = explain(problem, Solution((breaks + route,), frozenset({0})), 0)
    return found


def test_too_many_tasks_are_short_of_tasks() -> None:
    pair = Job("a", pickup=Task(0), delivery=Task(1))
    found = only(replace(V, max_tasks=2), pair, Job("b", delivery=Task(2)))
    assert (found.kind, found.short_by, found.unit) == ("max_tasks", 1, "tasks")
    assert found.text == "Vehicle 'v' has 3 tasks, at most 2."
    assert found.relaxation == "Let vehicle 'v' do 1 tasks more."


def test_a_limit_of_riding_is_short_of_seconds() -> None:
    # 2 × 120 s there and back.
    found = only(replace(V, max_travel=200), Job("a", delivery=Task(2)))
    assert (found.kind, found.short_by, found.unit) == ("travel", 40, "s")
    assert found.text == "Vehicle 'v' rides 240 s, at most 200 s."


def test_a_limit_of_distance_is_short_of_metres() -> None:
    problem = a_problem([Job("a", delivery=Task(2))], [replace(V, max_distance=1000)])
    problem = replace(problem, distances=10 * problem.durations)
    (found,) = explain(problem, Solution(((),), frozenset({0})), 0)
    # 2 × 1 200 m.
    assert (found.kind, found.short_by, found.unit) == ("distance", 1400, "m")


def test_a_break_that_may_not_wait_is_short_of_seconds() -> None:
    # With the goods on board there is no rest; at 60 s, without them, it is 5 s too late.
    rest = Break("b", (TimeWindow(50, 55),), 30, max_load=(2,))
    found = only(replace(V, breaks=(rest,)), Job("a", Task(1), load=(5,)))
    assert (found.kind, found.short_by, found.unit) == ("break", 5, "s")
    assert found.text == "Break 'b' starts at 60 s, 5 s after its window ends at 55 s."


def test_too_much_on_board_in_a_break_is_short_of_units() -> None:
    # What is brought is as much as what is taken: five all the way.
    rest = Break("b", (TimeWindow(50, 55),), 30, max_load=(2,))
    job = Job("a", Task(1), load=(5,), collected=(5,))
    found = only(replace(V, breaks=(rest,), capacity=(9,)), job)
    assert (found.kind, found.short_by, found.unit) == ("break_load", 3, "units")
    assert found.text == "Vehicle 'v' carries 5 units in break 'b', at most 2."


def test_a_later_window_counts() -> None:
    # 120 s away: after the first window and in time for the second.
    late = Task(2, TimeWindow(0, 50), later_windows=(TimeWindow(100, 110),))
    assert only(V, Job("a", late)).short_by == 10
    problem = a_problem([Job("a", replace(late, later_windows=(TimeWindow(130, 140),)))], [V])
    assert explain(problem, Solution(((),), frozenset({0})), 0) == ()


def test_setup_and_the_times_of_the_vehicle_count() -> None:
    # 60 s there, 20 + 30 s of work, 60 s back.
    shift = replace(V, shift=TimeWindow(0, 150))
    assert only(shift, Job("a", Task(1, by_vehicle=((20, 30),)))).short_by == 20
    assert only(shift, Job("a", Task(1, setup_duration=40))).short_by == 10


@settings(max_examples=60, deadline=None, derandomize=True)
@given(rich_problems(max_jobs=5, max_vehicles=2))
def test_giving_way_by_what_is_missing_lets_the_job_in_and_one_less_does_not(
    problem: Problem,
) -> None:
    solution = complete(problem, ())
    for j in sorted(solution.unassigned):
        found = {obstacle.vehicle: obstacle for obstacle in explain(problem, solution, j)}
        for v in range(len(problem.vehicles)):
            if v not in found or found[v].kind == "late":
                assert _fits(problem, solution, j, v), (j, v)
            elif found[v].kind == "vehicle_not_allowed":
                assert not problem.jobs[j].allows(v)
            elif found[v].short_by < FOREVER:
                assert found[v].text
                for less, wanted in ((0, True), (1, False)):
                    relaxed = _relaxed(problem, found[v], less)
                    assert _fits(relaxed, solution, j, v) == wanted, (j, found[v], less)


def _fits(problem: Problem, solution: Solution, j: int, v: int) -> bool:
    """Whether the judge accepts the job in any place of a route, breaks in any places."""
    tasks = without_breaks(solution.routes[v])
    for longer in _insertions(problem, tasks, j):
        for route in _all_rests(problem, v, longer):
            routes = (*solution.routes[:v], route, *solution.routes[v + 1 :])
            told = violations(problem, Solution(routes, solution.unassigned - {j}))
            if not told:
                return True
    return False


def _insertions(problem: Problem, tasks: Route, j: int) -> Iterator[Route]:
    if problem.jobs[j].pickup is None:
        for at in range(len(tasks) + 1):
            yield (*tasks[:at], Activity(j, D), *tasks[at:])
        return
    for at in range(len(tasks) + 1):
        for after in range(at, len(tasks) + 1):
            pair = (Activity(j, P), *tasks[at:after], Activity(j, D))
            yield (*tasks[:at], *pair, *tasks[after:])


def _all_rests(problem: Problem, v: int, tasks: Route) -> Iterator[Route]:
    breaks = problem.vehicles[v].breaks
    order = sorted(
        range(len(breaks)), key=lambda b: (breaks[b].windows[0].early, breaks[b].windows[0].late, b)
    )
    slots = range(len(tasks) + len(breaks))
    for places in combinations(slots, len(breaks)):
        rest, task = iter(order), iter(tasks)
        yield tuple(Activity(next(rest), B) if i in places else next(task) for i in slots)


def _relaxed(problem: Problem, obstacle: Obstacle, less: int) -> Problem:
    """Returns the problem with the limits of an obstacle relaxed, its own by so much less."""
    by = {**dict.fromkeys(obstacle.too, FOREVER), obstacle.kind: obstacle.short_by - less}
    vehicle = _freer(problem.vehicles[obstacle.vehicle], by)
    vehicles = list(problem.vehicles)
    vehicles[obstacle.vehicle] = vehicle
    more = by.get("window", 0)
    jobs = [
        replace(
            job,
            pickup=None if job.pickup is None else _longer_open(job.pickup, more),
            delivery=_longer_open(job.delivery, more),
        )
        for job in problem.jobs
    ]
    return replace(problem, vehicles=tuple(vehicles), jobs=tuple(jobs))


def _freer(vehicle: Vehicle, by: dict[str, int]) -> Vehicle:
    def more(limit: int | None, kind: str) -> int | None:
        return None if limit is None else limit + by.get(kind, 0)

    breaks = [
        replace(
            rest,
            windows=_longer(rest.windows, by.get("break", 0)),
            max_load=tuple(amount + by.get("break_load", 0) for amount in rest.max_load),
        )
        for rest in vehicle.breaks
    ]
    return replace(
        vehicle,
        capacity=tuple(amount + by.get("capacity", 0) for amount in vehicle.capacity),
        shift=TimeWindow(vehicle.shift.early, vehicle.shift.late + by.get("shift", 0)),
        max_tasks=more(vehicle.max_tasks, "max_tasks"),
        max_travel=more(vehicle.max_travel, "travel"),
        max_distance=more(vehicle.max_distance, "distance"),
        breaks=tuple(breaks),
    )


def _longer_open(task: Task, more: int) -> Task:
    first, *later = _longer(task.windows, more)
    return replace(task, window=first, later_windows=tuple(later))


def _longer(windows: tuple[TimeWindow, ...], more: int) -> tuple[TimeWindow, ...]:
    """Returns windows that end later, each second of any of them in one of those returned."""
    found = [windows[0].early, windows[0].late + more]
    for window in windows[1:]:
        if window.early <= found[-1]:
            found[-1] = window.late + more
        else:
            found += [window.early, window.late + more]
    return tuple(TimeWindow(a, b) for a, b in zip(found[::2], found[1::2], strict=True))


def test_the_route_of_others_is_explained_with_its_breaks() -> None:
    # Break 0 and job 0 share an index; the job is late where it is, and may be nowhere sooner.
    rest = Break("b", (TimeWindow(0, 10),), 100)
    problem = a_problem([Job("a", Task(2, due=200))], [replace(V, breaks=(rest,))])
    (found,) = explain(problem, Solution((route_of((0, B), (0, D)),)), 0)
    # 100 s of rest and 120 s of riding.
    assert (found.kind, found.short_by) == ("late", 20)
