"""Refuses problems whose parts contradict each other, saying which value and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from solver.problem import Job, Problem, Vehicle

_MOST = 2**30
"""The largest entry of a matrix: small enough to be added to itself in 32 bits."""


def checked(name: str, given: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns a matrix as a read-only array of 64-bit integers; raises ValueError if it is none."""
    array = np.asarray(given)
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        raise ValueError(f"Expected square {name}, got shape {array.shape}.")
    if not np.isfinite(array).all():
        raise ValueError(f"Expected finite {name}, got NaN or infinity.")
    whole = np.array(array, dtype=np.int64)
    if len(whole) and (whole.min() < 0 or whole.diagonal().any()):
        raise ValueError(f"Expected {name} >= 0 and a zero diagonal, got {whole.min()} at least.")
    if len(whole) and whole.max() > _MOST:
        raise ValueError(f"Expected {name} <= {_MOST}, got {whole.max()}.")
    whole.setflags(write=False)
    return whole


def check_parts(problem: Problem) -> None:
    """Raises ValueError where vehicles, jobs and matrices of a problem contradict each other."""
    n = len(problem.durations)
    for number, profile in enumerate(problem.more_profiles, 1):
        if len(profile.durations) != n:
            have = len(profile.durations)
            raise ValueError(f"Expected {n} locations in profile {number}, got {have}.")
    for vehicle in problem.vehicles:
        _check_vehicle(vehicle, n, 1 + len(problem.more_profiles))
    for job in problem.jobs:
        _check_job(job, n, len(problem.vehicles))
    _check_unique("job", [job.name for job in problem.jobs])
    _check_unique("vehicle", [vehicle.name for vehicle in problem.vehicles])
    _check_dimensions(problem)


def _check_vehicle(vehicle: Vehicle, n: int, profiles: int) -> None:
    for location in (vehicle.start, vehicle.end, vehicle.next_location):
        if location is not None:
            _check_location(f"vehicle {vehicle.name!r}", location, n)
    if not 0 <= vehicle.profile < profiles:
        raise ValueError(
            f"Expected a profile below {profiles} for vehicle {vehicle.name!r},"
            f" got {vehicle.profile}."
        )


def _check_location(owner: str, location: int, n: int) -> None:
    if not 0 <= location < n:
        raise ValueError(f"Expected a location below {n} for {owner}, got {location}.")


def _check_job(job: Job, n: int, vehicles: int) -> None:
    for task in (job.pickup, job.delivery):
        if task is None:
            continue
        _check_location(f"job {job.name!r}", task.location, n)
        if task.by_vehicle and len(task.by_vehicle) != vehicles:
            raise ValueError(
                f"Job {job.name!r}: expected times by vehicle for {vehicles},"
                f" got {len(task.by_vehicle)}."
            )
    named = [] if job.vehicles is None else list(job.vehicles)
    for vehicle in named if job.planned is None else [*named, job.planned]:
        if not 0 <= vehicle < vehicles:
            raise ValueError(f"Job {job.name!r} names vehicle {vehicle} of {vehicles}.")


def _check_unique(kind: str, names: list[str]) -> None:
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"Expected {kind} names once, got {twice!r} {names.count(twice)} times.")


def _check_dimensions(problem: Problem) -> None:
    """Every vector of amounts has the same length; an empty one says nothing."""
    want = problem.dimensions
    vectors = [(f"the load of job {job.name!r}", job.load) for job in problem.jobs]
    vectors += [(f"the goods collected by job {j.name!r}", j.collected) for j in problem.jobs]
    vectors += [(f"the capacity of vehicle {v.name!r}", v.capacity) for v in problem.vehicles]
    for vehicle in problem.vehicles:
        vectors += [(f"the load in break {b.name!r}", b.max_load) for b in vehicle.breaks]
    for owner, amounts in vectors:
        if amounts and len(amounts) != want:
            raise ValueError(f"Expected {want} amounts in {owner}, got {len(amounts)}: {amounts}.")
