"""
The immutable instance of a routing problem: what is to be served, by whom, at which price.

All times are integer seconds from the moment of planning, which is second 0. A ``due`` in the past
is negative. The solver knows nothing of orders, couriers or clocks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

FOREVER = 2**30
"""A time that never comes: 34 years in seconds, small enough to be added to itself in 32 bits."""

PROMISED = 0
"""Rank of a job whose lateness breaks a promise; every other rank is minor."""

MINOR = 1
"""Rank of a job whose lateness is unpleasant but breaks no urgent promise."""


class Measure(StrEnum):
    """What can be counted in a solution; see :func:`solver.solution.measures`."""

    UNASSIGNED = "unassigned"
    LATE = "late"
    LATENESS = "lateness"
    UNASSIGNED_MINOR = "unassigned_minor"
    LATE_MINOR = "late_minor"
    BUSY = "busy"
    COMPLETION = "completion"
    MOVED = "moved"
    DIVERTED = "diverted"


Tier = tuple[tuple[Measure, int], ...]
"""One place of the cost tuple: a weighted sum of measures."""

DISPATCH_TIERS: tuple[Tier, ...] = (
    ((Measure.UNASSIGNED, 1),),
    ((Measure.LATE, 1),),
    ((Measure.LATENESS, 1),),
    ((Measure.UNASSIGNED_MINOR, 1),),
    ((Measure.LATE_MINOR, 1),),
    (
        (Measure.BUSY, 1),
        (Measure.COMPLETION, 1),
        (Measure.MOVED, 60),
        (Measure.DIVERTED, 180),
    ),
)
"""The objective of a dispatcher, most important first: promises, then standard work, then time.

The last tier is in seconds: travel and service of all vehicles, completion times of promised jobs,
60 s for each job that changes vehicle and 180 s for each vehicle whose next stop changes.
"""


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """The hard limits of the start of service, both ends included, in seconds."""

    early: int = 0
    late: int = FOREVER

    def __post_init__(self) -> None:
        if not 0 <= self.early <= self.late:
            raise ValueError(f"Expected 0 <= early <= late, got {self.early} and {self.late}.")


@dataclass(frozen=True, slots=True)
class Task:
    """
    One thing to do at one location.

    ``location`` is a row of ``Problem.durations``. ``due`` bounds the start of service softly: a
    later start is late by the difference; None means never late.
    """

    location: int
    window: TimeWindow = TimeWindow()
    service_duration: int = 0
    due: int | None = None

    def __post_init__(self) -> None:
        if self.service_duration < 0:
            raise ValueError(f"Expected service_duration >= 0, got {self.service_duration}.")


@dataclass(frozen=True, slots=True)
class Job:
    """
    A pickup and its delivery, or a delivery of goods that are on board from the start.

    ``pickup`` None means on board from the start of whichever vehicle serves the job. ``vehicles``
    are the indices allowed (None: all); goods on board of exactly one vehicle weigh on it until
    delivered, also when the job is left unassigned. ``planned`` is the vehicle that a published
    plan gives the job to (None: no plan holds it); another one counts as ``MOVED``.
    """

    name: str
    delivery: Task
    pickup: Task | None = None
    load: int = 1
    vehicles: frozenset[int] | None = None
    rank: int = PROMISED
    planned: int | None = None

    def __post_init__(self) -> None:
        if self.load < 0:
            raise ValueError(f"Job {self.name!r}: expected load >= 0, got {self.load}.")
        if self.pickup is not None and self.pickup.due is not None:
            raise ValueError(f"Job {self.name!r}: a pickup has no due, got {self.pickup.due}.")

    def allows(self, vehicle: int) -> bool:
        """Returns whether the vehicle of this index may serve the job."""
        return self.vehicles is None or vehicle in self.vehicles

    @property
    def carrier(self) -> int | None:
        """The one vehicle that has the goods on board, None where that is open."""
        if self.pickup is None and self.vehicles is not None and len(self.vehicles) == 1:
            return next(iter(self.vehicles))
        return None


@dataclass(frozen=True, slots=True)
class Vehicle:
    """
    Who serves: from ``start`` at ``shift.early`` to ``end`` at ``shift.late`` at the latest.

    ``end`` None is an open route. A route without activities still rides to ``end`` and pays for
    it, but is never bound by ``shift.late``. ``next_location`` is where a published plan sends the
    vehicle next; a route whose first activity is elsewhere, or that has none, counts as
    ``DIVERTED`` (None: the plan sends it nowhere).
    """

    name: str
    start: int
    end: int | None = None
    capacity: int = FOREVER
    shift: TimeWindow = TimeWindow()
    next_location: int | None = None

    def __post_init__(self) -> None:
        if self.capacity < 0:
            raise ValueError(f"Vehicle {self.name!r}: expected capacity >= 0, got {self.capacity}.")


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """
    Vehicles, jobs, the seconds between locations, and the tiers by which solutions are compared.

    ``durations`` is an integer array (n, n), row to column, with a zero diagonal, made read-only.
    Raises ValueError where the parts contradict each other, with the value and its place.
    """

    vehicles: tuple[Vehicle, ...]
    jobs: tuple[Job, ...]
    durations: NDArray[np.int64]
    tiers: tuple[Tier, ...] = field(default=DISPATCH_TIERS)

    def __post_init__(self) -> None:
        object.__setattr__(self, "durations", _checked(self.durations))
        n = len(self.durations)
        for vehicle in self.vehicles:
            for location in (vehicle.start, vehicle.end, vehicle.next_location):
                if location is not None:
                    _check_location(f"vehicle {vehicle.name!r}", location, n)
        for job in self.jobs:
            _check_job(job, n, len(self.vehicles))
        _check_unique("job", [job.name for job in self.jobs])
        _check_unique("vehicle", [vehicle.name for vehicle in self.vehicles])


def _checked(durations: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns the durations as a read-only array of 64-bit integers."""
    given = np.asarray(durations)
    if given.ndim != 2 or given.shape[0] != given.shape[1]:
        raise ValueError(f"Expected square durations, got shape {given.shape}.")
    if not np.isfinite(given).all():
        raise ValueError("Expected finite durations, got NaN or infinity.")
    array = np.array(given, dtype=np.int64)
    if len(array) and (array.min() < 0 or array.diagonal().any()):
        raise ValueError(
            f"Expected durations >= 0 and a zero diagonal, got {array.min()} at least."
        )
    if len(array) and array.max() > FOREVER:
        raise ValueError(f"Expected durations <= {FOREVER}, got {array.max()}.")
    array.setflags(write=False)
    return array


def _check_location(owner: str, location: int, n: int) -> None:
    if not 0 <= location < n:
        raise ValueError(f"Expected a location below {n} for {owner}, got {location}.")


def _check_job(job: Job, n: int, vehicles: int) -> None:
    for task in (job.pickup, job.delivery):
        if task is not None:
            _check_location(f"job {job.name!r}", task.location, n)
    named = [] if job.vehicles is None else list(job.vehicles)
    for vehicle in named if job.planned is None else [*named, job.planned]:
        if not 0 <= vehicle < vehicles:
            raise ValueError(f"Job {job.name!r} names vehicle {vehicle} of {vehicles}.")


def _check_unique(kind: str, names: list[str]) -> None:
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"Expected {kind} names once, got {twice!r} {names.count(twice)} times.")
