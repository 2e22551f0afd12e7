"""Snapshots of a shift with urgent drops waiting at one store, drawn from a seed."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from solver.insertion import complete
from solver.problem import MINOR, PROMISED, Job, Problem, Task, TimeWindow, Vehicle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from solver.solution import Solution

NUM_COURIERS = 15
CAPACITY = 6
_RADIUS_M = 1800
_SPEED_M_PER_S = 4.5
_LOADING_S, _HANDOVER_S = 30, 120
_PROMISE_S = 22 * 60
_DAY_S = 6 * 3600


def urgent_snapshot(
    seed: int, num_waiting: int, num_couriers: int = NUM_COURIERS
) -> tuple[Problem, Solution]:
    """
    Returns a snapshot and its published plan with the newest urgent drop inserted.

    A third of the couriers stands at the store (location 0), the others are out with one to three
    drops on board and may get a standard drop; ``num_waiting`` urgent drops were placed in the last
    ten minutes and are ready within five. Rides are straight lines at 4.5 m/s, 1.3 times as long.
    """
    rng = random.Random(seed)
    spots = [(0.0, 0.0)]
    vehicles = tuple(_courier(rng, v, spots) for v in range(num_couriers))
    jobs = [job for v in range(num_couriers) for job in _aboard(rng, v, vehicles[v], spots)]
    jobs += [_standard(rng, i, spots) for i in range(num_couriers // 3)]
    jobs += [_urgent(rng, i, spots) for i in range(num_waiting)]
    problem = Problem(vehicles, tuple(jobs), _durations(spots))
    return _published(problem)


def _spot(rng: random.Random, spots: list[tuple[float, float]]) -> int:
    angle, radius = rng.uniform(0, 2 * np.pi), _RADIUS_M * rng.random() ** 0.5
    spots.append((radius * float(np.cos(angle)), radius * float(np.sin(angle))))
    return len(spots) - 1


def _courier(rng: random.Random, v: int, spots: list[tuple[float, float]]) -> Vehicle:
    is_out = rng.random() < 2 / 3
    start = _spot(rng, spots) if is_out else 0
    early = rng.randint(0, 240) if is_out else 0
    shift = TimeWindow(early, rng.randint(2 * 3600, _DAY_S))
    return Vehicle(f"courier {v}", start, 0, (CAPACITY,), shift)


def _aboard(
    rng: random.Random, v: int, courier: Vehicle, spots: list[tuple[float, float]]
) -> list[Job]:
    count = rng.randint(1, 3) if courier.start else 0
    return [
        Job(
            f"aboard {v}.{i}",
            Task(_spot(rng, spots), service_duration=_HANDOVER_S, due=rng.randint(600, 1300)),
            vehicles=frozenset({v}),
            rank=PROMISED if rng.random() < 0.7 else MINOR,
            carrier=v,
        )
        for i in range(count)
    ]


def _standard(rng: random.Random, i: int, spots: list[tuple[float, float]]) -> Job:
    due = rng.randint(3600, _DAY_S)
    delivery = Task(_spot(rng, spots), service_duration=_HANDOVER_S, due=due)
    pickup = Task(0, service_duration=_LOADING_S)
    return Job(f"standard {i}", delivery, pickup, rank=MINOR)


def _urgent(rng: random.Random, i: int, spots: list[tuple[float, float]]) -> Job:
    age = rng.randint(0, 600)
    due = _PROMISE_S - age - _HANDOVER_S
    delivery = Task(_spot(rng, spots), service_duration=_HANDOVER_S, due=due)
    ready = TimeWindow(max(0, rng.randint(120, 420) - age))
    load = (rng.choice((1, 1, 1, 2)),)
    return Job(f"urgent {i}", delivery, Task(0, ready, _LOADING_S), load)


def _durations(spots: list[tuple[float, float]]) -> NDArray[np.int64]:
    places = np.array(spots)
    metres = 1.3 * np.linalg.norm(places[:, None] - places[None, :], axis=2)
    return np.asarray(np.rint(metres / _SPEED_M_PER_S), dtype=np.int64)


def _published(problem: Problem) -> tuple[Problem, Solution]:
    """Returns the problem with a plan of all drops but the newest published, and that one added."""
    newest = len(problem.jobs) - 1
    older = replace(problem, jobs=problem.jobs[:newest])
    plan = complete(older, ())
    planned = {a.job: v for v, route in enumerate(plan.routes) for a in route}
    jobs = tuple(replace(job, planned=planned.get(j)) for j, job in enumerate(problem.jobs))
    vehicles = tuple(
        replace(vehicle, next_location=route[0].task(problem).location if route else None)
        for vehicle, route in zip(problem.vehicles, plan.routes, strict=True)
    )
    published = replace(problem, jobs=jobs, vehicles=vehicles)
    return published, complete(published, plan.routes)
