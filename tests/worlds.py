"""Random dispatch problems for property tests, and small builders for examples."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import strategies as st

from solver.problem import (
    FOREVER,
    MINOR,
    PROMISED,
    VROOM_TIERS,
    Break,
    Job,
    Problem,
    Profile,
    Task,
    TimeWindow,
    Vehicle,
)
from solver.solution import Activity, Kind, Route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

P, D, B = Kind.PICKUP, Kind.DELIVERY, Kind.BREAK


def route_of(*activities: tuple[int, Kind]) -> Route:
    """Returns a route from pairs of job and half."""
    return tuple(Activity(job, kind) for job, kind in activities)


def on_a_line(num_locations: int, step: int = 60) -> NDArray[np.int64]:
    """Returns the durations between locations in a row, ``step`` seconds from one to the next."""
    places = np.arange(num_locations) * step
    return np.asarray(np.abs(places[:, None] - places[None, :]), dtype=np.int64)


def a_problem(
    jobs: Sequence[Job],
    vehicles: Sequence[Vehicle] = (Vehicle("v0", start=0, end=0),),
    num_locations: int = 6,
) -> Problem:
    """Returns a problem on a line of locations 60 s apart; one vehicle at location 0 by default."""
    return Problem(tuple(vehicles), tuple(jobs), on_a_line(num_locations))


@st.composite
def problems(draw: st.DrawFn, max_jobs: int = 12, max_vehicles: int = 5) -> Problem:
    """Draws a dispatch problem: sizes shrink, the rest follows from one seed."""
    num_vehicles = draw(st.integers(1, max_vehicles))
    num_jobs = draw(st.integers(0, max_jobs))
    tight = draw(st.booleans())
    return random_problem(random.Random(draw(st.integers(0, 2**32))), num_vehicles, num_jobs, tight)


def random_problem(rng: random.Random, num_vehicles: int, num_jobs: int, tight: bool) -> Problem:
    """Returns a random problem; tight ones have short windows, small capacities and early ends."""
    num_locations = rng.randint(2, 12)
    durations = _random_durations(rng, num_locations)
    stores = rng.sample(range(num_locations), min(num_locations, rng.choice((1, 1, 2))))
    vehicles = tuple(
        _random_vehicle(rng, v, num_locations, stores, tight) for v in range(num_vehicles)
    )
    jobs = tuple(
        _random_job(rng, j, num_locations, num_vehicles, stores, tight) for j in range(num_jobs)
    )
    return Problem(vehicles, jobs, durations)


def _random_durations(rng: random.Random, num_locations: int) -> NDArray[np.int64]:
    """Returns durations of places in a plane, now and then ones that no map could have."""
    if rng.random() < 0.2:
        drawn = [[rng.randint(0, 600) for _ in range(num_locations)] for _ in range(num_locations)]
        durations = np.array(drawn)
    else:
        places = np.array(
            [[rng.randint(0, 600), rng.randint(0, 600)] for _ in range(num_locations)]
        )
        durations = np.abs(places[:, None] - places[None, :]).sum(axis=2)
        durations = durations + np.array([rng.choice((0, 90)) for _ in range(num_locations)])
    np.fill_diagonal(durations, 0)
    return durations


def _random_vehicle(
    rng: random.Random, v: int, num_locations: int, stores: list[int], tight: bool
) -> Vehicle:
    early = rng.choice((0, rng.randint(0, 600)))
    late = early + rng.randint(0, 4000) if rng.random() < (0.6 if tight else 0.2) else FOREVER
    return Vehicle(
        name=f"v{v}",
        start=rng.randrange(num_locations),
        end=rng.choice((None, stores[0], rng.randrange(num_locations))),
        capacity=(rng.randint(0, 6) if tight else rng.choice((4, 8, FOREVER)),),
        shift=TimeWindow(early, late),
        next_location=rng.choice((None, stores[0], rng.randrange(num_locations))),
    )


def _random_job(
    rng: random.Random,
    j: int,
    num_locations: int,
    num_vehicles: int,
    stores: list[int],
    tight: bool,
) -> Job:
    windowed = 0.5 if tight else 0.1
    some = frozenset(rng.sample(range(num_vehicles), rng.randint(1, num_vehicles)))
    pickup = carrier = None
    vehicles = rng.choice((None, None, some))
    if rng.random() < 0.7:
        late = rng.randint(600, 3000) if rng.random() < windowed else FOREVER
        ready = TimeWindow(rng.choice((0, rng.randint(0, 600))), late)
        pickup = Task(rng.choice(stores), ready, rng.choice((0, 30, 60)))
    elif rng.random() < 0.8:
        carrier = rng.randrange(num_vehicles)
        vehicles = frozenset((carrier,))
    early = rng.choice((0, 0, rng.randint(0, 900)))
    late = early + rng.randint(0, 2400) if rng.random() < windowed else FOREVER
    due = rng.choice((None, rng.randint(-300, 2000), rng.randint(600, 2000)))
    delivery = Task(
        rng.randrange(num_locations), TimeWindow(early, late), rng.choice((0, 60, 150)), due
    )
    return Job(
        name=f"j{j}",
        delivery=delivery,
        pickup=pickup,
        load=(rng.choice((0, 1, 1, 2, 3)),),
        vehicles=vehicles,
        rank=rng.choice((PROMISED, PROMISED, MINOR)),
        planned=rng.choice((None, rng.randrange(num_vehicles))),
        carrier=carrier,
    )


@st.composite
def rich_problems(draw: st.DrawFn, max_jobs: int = 8, max_vehicles: int = 3) -> Problem:
    """Draws a problem that may have every feature there is."""
    num_vehicles = draw(st.integers(1, max_vehicles))
    num_jobs = draw(st.integers(0, max_jobs))
    return rich_problem(random.Random(draw(st.integers(0, 2**32))), num_vehicles, num_jobs)


def rich_problem(rng: random.Random, num_vehicles: int, num_jobs: int) -> Problem:
    """Returns a random problem, each feature in about one of two."""
    plain = random_problem(rng, num_vehicles, num_jobs, rng.random() < 0.5)
    n, dimensions = len(plain.durations), rng.choice((0, 1, 2))
    profiles = [_random_profile(rng, n) for _ in range(rng.randint(0, 2))]
    first = _random_profile(rng, n)
    traits = {
        trait
        for trait in ("windows", "setup", "by_vehicle", "limits", "rest")
        if rng.random() < 0.5
    }
    return replace(
        plain,
        jobs=tuple(_richer_job(rng, j, plain, dimensions, traits) for j in plain.jobs),
        vehicles=tuple(
            _richer_vehicle(rng, v, len(profiles), dimensions, traits) for v in plain.vehicles
        ),
        tiers=rng.choice((plain.tiers, VROOM_TIERS)),
        distances=first.distances,
        costs=first.costs,
        more_profiles=tuple(profiles),
        joint_loading=rng.random() < 0.5,
    )


def _random_profile(rng: random.Random, n: int) -> Profile:
    durations = _random_durations(rng, n)
    distances = rng.choice((None, 3 * durations, _random_durations(rng, n)))
    return Profile(durations, distances, rng.choice((None, 2 * durations)))


def _richer_vehicle(
    rng: random.Random, vehicle: Vehicle, profiles: int, dimensions: int, traits: set[str]
) -> Vehicle:
    least = 300 if vehicle.shift.late < FOREVER else 0
    limited = "limits" in traits
    breaks = _random_breaks(rng, dimensions) if "rest" in traits else ()
    return replace(
        vehicle,
        profile=rng.randint(0, profiles),
        capacity=tuple(rng.randint(2, 8) for _ in range(dimensions)) if rng.random() < 0.8 else (),
        fixed_cost=rng.choice((0, 500)),
        task_cost=rng.choice((0, 2)),
        max_tasks=rng.choice((None, rng.randint(0, 6))),
        max_travel=rng.randint(least, 4000) if limited and rng.random() < 0.6 else None,
        max_distance=rng.randint(0, 9000) if limited and rng.random() < 0.6 else None,
        breaks=breaks,
    )


def _random_breaks(rng: random.Random, dimensions: int) -> tuple[Break, ...]:
    return tuple(
        Break(
            f"b{b}",
            _random_windows(rng, rng.randint(0, 2000), rng.choice((1, 1, 2))),
            rng.choice((0, 60, 300)),
            tuple(rng.randint(0, 8) for _ in range(dimensions)) if rng.random() < 0.3 else (),
        )
        for b in range(rng.choice((0, 1, 1, 2)))
    )


def _random_windows(rng: random.Random, early: int, count: int) -> tuple[TimeWindow, ...]:
    """Returns sorted and disjoint windows, each some minutes long."""
    windows = []
    for _ in range(count):
        late = early + rng.randint(0, 1500)
        windows.append(TimeWindow(early, late))
        early = late + rng.randint(1, 900)
    return tuple(windows)


def _richer_job(
    rng: random.Random, job: Job, plain: Problem, dimensions: int, traits: set[str]
) -> Job:
    def amounts(likely: float) -> tuple[int, ...]:
        if rng.random() >= likely:
            return ()
        return tuple(rng.randint(0, 3) for _ in range(dimensions))

    pickup = None if job.pickup is None else _richer_task(rng, job.pickup, plain, traits)
    return replace(
        job,
        delivery=_richer_task(rng, job.delivery, plain, traits),
        pickup=pickup,
        load=amounts(0.9),
        collected=amounts(0.4),
        prize=rng.choice((0, 0, 10, 100)),
    )


def _richer_task(rng: random.Random, task: Task, plain: Problem, traits: set[str]) -> Task:
    richer = task
    if "windows" in traits and rng.random() < 0.4:
        first, *later = _random_windows(rng, task.window.early, rng.choice((1, 2, 3)))
        richer = replace(richer, window=first, later_windows=tuple(later))
    if "setup" in traits:
        richer = replace(richer, setup_duration=rng.choice((0, 45, 300)))
    if "by_vehicle" in traits and rng.random() < 0.5:
        times = tuple((rng.choice((0, 20)), rng.randint(0, 200)) for _ in plain.vehicles)
        richer = replace(richer, by_vehicle=times)
    return richer
