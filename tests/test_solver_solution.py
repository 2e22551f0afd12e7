"""Times, load stops and prices of given routes, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from solver.problem import MINOR, Job, Measure, Problem, Task, TimeWindow, Vehicle
from solver.solution import Solution, cost, load_stops, measures, schedule
from tests.worlds import D, P, a_problem, on_a_line, route_of


def test_service_waits_for_its_window_and_takes_its_time() -> None:
    job = Job("a", delivery=Task(2, TimeWindow(early=200), service_duration=30))
    (visit,) = schedule(a_problem([job]), 0, route_of((0, D))).visits
    # 120 s of travel, then 80 s of waiting.
    assert (visit.arrival, visit.start, visit.departure) == (120, 200, 230)


def test_a_route_starts_when_the_vehicle_is_free_and_ends_at_its_end() -> None:
    vehicle = Vehicle("v", start=1, end=3, shift=TimeWindow(100))
    job = Job("a", delivery=Task(2, service_duration=10))
    # 100 + 60 of travel + 10 of service + 60 of travel.
    assert schedule(a_problem([job], [vehicle]), 0, route_of((0, D))).end == 230


def test_an_open_route_ends_with_its_last_service() -> None:
    problem = a_problem([Job("a", delivery=Task(2))], [Vehicle("v", start=0)])
    assert schedule(problem, 0, route_of((0, D))).end == 120


def _two_pickups(second_place: int) -> Problem:
    early = Job("a", pickup=Task(1, TimeWindow(100), 20), delivery=Task(3))
    later = Job("b", pickup=Task(second_place, TimeWindow(300), 20), delivery=Task(4))
    return a_problem([early, later])


def test_pickups_of_one_load_stop_start_once_the_last_goods_are_ready() -> None:
    problem = _two_pickups(second_place=1)
    route = route_of((0, P), (1, P), (0, D), (1, D))
    assert load_stops(problem, route) == ((0, 2),)
    # Goods are ready at 100 and 300: both wait for 300, then load one after another.
    starts = [visit.start for visit in schedule(problem, 0, route).visits]
    assert starts == [300, 320, 340 + 120, 340 + 180]


def test_pickups_at_two_places_are_two_load_stops() -> None:
    problem = _two_pickups(second_place=2)
    route = route_of((0, P), (1, P), (0, D), (1, D))
    assert load_stops(problem, route) == ((0, 1), (1, 2))
    assert schedule(problem, 0, route).visits[0].start == 100


def test_a_delivery_between_two_pickups_parts_the_load_stops() -> None:
    problem = _two_pickups(second_place=1)
    route = route_of((0, P), (0, D), (1, P), (1, D))
    assert load_stops(problem, route) == ((0, 1), (2, 3))
    assert schedule(problem, 0, route).visits[0].start == 100


def test_lateness_counts_from_the_due_and_not_at_it() -> None:
    # The desk is 120 s away.
    for due, late, seconds in ((120, 0, 0), (119, 1, 1), (-30, 1, 150)):
        problem = a_problem([Job("a", delivery=Task(2, due=due))])
        found = measures(problem, Solution((route_of((0, D)),)))
        assert (found[Measure.LATE], found[Measure.LATENESS]) == (late, seconds)


def test_cost_lists_the_tiers_in_their_order() -> None:
    jobs = [
        Job("late", delivery=Task(1, service_duration=10, due=50)),
        Job("minor", delivery=Task(2, due=100), rank=MINOR, planned=1),
        Job("left", delivery=Task(3), planned=0),
        Job("minor left", delivery=Task(3), rank=MINOR),
    ]
    vehicles = [Vehicle("v", start=0, end=0, next_location=2), Vehicle("w", start=0)]
    solution = Solution((route_of((0, D), (1, D)), ()), frozenset({2, 3}))
    # late: starts at 60, 10 s late, completed at 70. minor: starts at 130, 30 s late.
    # Busy 4 × 60 + 10; moved: minor (on v, planned on w) and left; v goes to 1 instead of 2.
    seconds = 250 + 70 + 2 * 60 + 180
    assert cost(a_problem(jobs, vehicles), solution) == (1, 1, 10, 1, 1, seconds)


def test_waiting_is_not_work() -> None:
    job = Job("a", delivery=Task(2, TimeWindow(early=200)), rank=MINOR)
    found = measures(a_problem([job]), Solution((route_of((0, D)),)))
    assert found[Measure.BUSY] == 240


def test_a_vehicle_without_jobs_rides_to_its_end_and_counts_as_diverted() -> None:
    problem = a_problem([], [Vehicle("v", start=0, end=3, next_location=2)])
    found = measures(problem, Solution(((),)))
    assert (found[Measure.BUSY], found[Measure.DIVERTED]) == (180, 1)


@pytest.mark.parametrize(
    ("durations", "words"),
    [
        (np.zeros((2, 3)), "square"),
        (np.array([[0, -1], [1, 0]]), ">= 0"),
        (np.array([[0, 1], [1, 5]]), "zero diagonal"),
        (np.array([[0, np.nan], [1, 0]]), "finite"),
    ],
)
def test_durations_that_make_no_sense_are_refused(durations: np.ndarray, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Problem((Vehicle("v", start=0),), (), durations)


def test_durations_cannot_be_changed_afterwards() -> None:
    problem = Problem((), (), on_a_line(2))
    with pytest.raises(ValueError, match="read-only"):
        problem.durations[0, 1] = 7
