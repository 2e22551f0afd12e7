"""
The immutable instance of a routing problem: what is to be served, by whom, at which price.

All times are integer seconds from the moment of planning, which is second 0. A ``due`` in the past
is negative. The solver knows nothing of orders, couriers or clocks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from solver.consistency import check_parts, checked

FOREVER = 2**30
"""A time that never comes: 34 years in seconds, small enough to be added to itself in 32 bits."""

PROMISED = 0
"""Rank of a job whose lateness breaks a promise; every other rank is minor."""

MINOR = 1
"""Rank of a job whose lateness is unpleasant but breaks no urgent promise."""


class Measure(StrEnum):
    """What can be counted in a solution; see :func:`solver.solution.measures`."""

    PRIZE = "prize"
    LEFT_TASKS = "left_tasks"
    UNASSIGNED = "unassigned"
    LATE = "late"
    LATENESS = "lateness"
    UNASSIGNED_MINOR = "unassigned_minor"
    LATE_MINOR = "late_minor"
    BUSY = "busy"
    COMPLETION = "completion"
    MOVED = "moved"
    DIVERTED = "diverted"
    EXPENSE = "expense"
    USED = "used"
    TRAVEL = "travel"
    DISTANCE = "distance"


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
A zone weighs them otherwise, see `dispatch.objective`.
"""

VROOM_TIERS: tuple[Tier, ...] = (
    ((Measure.PRIZE, 1),),
    ((Measure.LEFT_TASKS, 1),),
    ((Measure.EXPENSE, 1),),
    ((Measure.USED, 1),),
    ((Measure.TRAVEL, 1),),
    ((Measure.DISTANCE, 1),),
)
"""The objective of VROOM 1.15 (`solution_indicators.h`): priorities first, then tasks and cost."""

TRAVEL_TIERS: tuple[Tier, ...] = (((Measure.UNASSIGNED, 1),), ((Measure.TRAVEL, 1),))
"""The objective of the field's instances: serve everybody, then ride as little as possible."""


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

    ``location`` is a row of ``Problem.durations``. Service starts within ``window`` or one of the
    ``later_windows``, which are sorted and disjoint. ``due`` bounds the start softly: a later start
    is late by the difference; None means never late. ``setup_duration`` comes before the service,
    within the same stay, where the vehicle was at another location before. ``by_vehicle`` has
    (setup, service) in seconds for each vehicle; empty: the same for all.
    """

    location: int
    window: TimeWindow = TimeWindow()
    service_duration: int = 0
    due: int | None = None
    setup_duration: int = 0
    later_windows: tuple[TimeWindow, ...] = ()
    by_vehicle: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if self.service_duration < 0:
            raise ValueError(f"Expected service_duration >= 0, got {self.service_duration}.")
        if self.setup_duration < 0:
            raise ValueError(f"Expected setup_duration >= 0, got {self.setup_duration}.")
        for times in self.by_vehicle:
            if min(times) < 0:
                raise ValueError(f"Expected setup and service >= 0 by vehicle, got {times}.")
        for one, other in pairwise(self.windows):
            if one.late >= other.early:
                raise ValueError(f"Expected sorted and disjoint windows, got {one} and {other}.")

    @property
    def windows(self) -> tuple[TimeWindow, ...]:
        """Returns all windows of the start of service, in order of time."""
        return (self.window, *self.later_windows)

    def service_on(self, vehicle: int) -> int:
        """Returns the service duration for the vehicle of this index, in seconds."""
        return self.by_vehicle[vehicle][1] if self.by_vehicle else self.service_duration

    def setup_on(self, vehicle: int) -> int:
        """Returns the setup duration for the vehicle of this index, in seconds."""
        return self.by_vehicle[vehicle][0] if self.by_vehicle else self.setup_duration

    def earliest_start(self, arrival: int) -> int:
        """Returns when service starts after an arrival; the last window may be over by then."""
        if not self.later_windows and arrival >= self.window.early:
            return arrival
        for window in self.windows:
            if arrival <= window.late:
                return max(arrival, window.early)
        return arrival


@dataclass(frozen=True, slots=True)
class Job:
    """
    A pickup and its delivery, or a delivery of goods that are on board from the start.

    ``pickup`` None means on board from the start of whichever vehicle serves the job: of its
    ``carrier`` where one has the goods already, which weigh on it until delivered, also when the
    job is left unassigned. ``load`` has one amount per dimension of the capacity; ``collected`` is
    taken on board at the delivery and stays there to the end of the route (empty: nothing).
    ``vehicles`` are the indices allowed (None: all). ``planned`` is the vehicle that a published
    plan gives the job to (None: no plan holds it); another one counts as ``MOVED``. ``prize`` is
    what the job is worth in ``PRIZE``.
    """

    name: str
    delivery: Task
    pickup: Task | None = None
    load: tuple[int, ...] = (1,)
    vehicles: frozenset[int] | None = None
    rank: int = PROMISED
    planned: int | None = None
    carrier: int | None = None
    collected: tuple[int, ...] = ()
    prize: int = 0

    def __post_init__(self) -> None:
        if any(amount < 0 for amount in (*self.load, *self.collected)):
            raise ValueError(f"Job {self.name!r}: expected loads >= 0, got {self.load}.")
        if self.pickup is not None and self.pickup.due is not None:
            raise ValueError(f"Job {self.name!r}: a pickup has no due, got {self.pickup.due}.")
        if self.carrier is not None and self.pickup is not None:
            raise ValueError(f"Job {self.name!r}: goods on board have no pickup.")
        if self.carrier is not None and self.vehicles != frozenset((self.carrier,)):
            raise ValueError(
                f"Job {self.name!r}: only vehicle {self.carrier}, which has the goods on board, may"
                f" deliver them, got {self.vehicles}."
            )
        if self.prize < 0:
            raise ValueError(f"Job {self.name!r}: expected prize >= 0, got {self.prize}.")

    def allows(self, vehicle: int) -> bool:
        """Returns whether the vehicle of this index may serve the job."""
        return self.vehicles is None or vehicle in self.vehicles


@dataclass(frozen=True, slots=True)
class Break:
    """
    A rest that a used vehicle takes within one of its windows, wherever it is then.

    ``windows`` bound its start, ``duration`` is in seconds, ``max_load`` what may be on board
    meanwhile, one amount per dimension (empty: anything).
    """

    name: str
    windows: tuple[TimeWindow, ...]
    duration: int = 0
    max_load: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.duration < 0:
            raise ValueError(f"Break {self.name!r}: expected duration >= 0, got {self.duration}.")
        if not self.windows:
            raise ValueError(f"Break {self.name!r}: expected a window, got none.")
        for one, other in pairwise(self.windows):
            if one.late >= other.early:
                raise ValueError(
                    f"Break {self.name!r}: expected sorted and disjoint windows,"
                    f" got {one} and {other}."
                )


@dataclass(frozen=True, slots=True)
class Vehicle:
    """
    Who serves: from ``start`` at ``shift.early`` to ``end`` at ``shift.late`` at the latest.

    ``end`` None is an open route. A route without activities still rides to ``end`` and is busy
    with it, but is never bound by ``shift.late``, is not used and costs no expense. ``capacity``
    has one amount per dimension (empty: no limit). ``next_location`` is where a published plan
    sends the vehicle next; a route whose first activity is elsewhere, or that has none, counts as
    ``DIVERTED`` (None: the plan sends it nowhere). ``profile`` says which matrices it rides by.
    ``fixed_cost`` is the expense of using it, ``task_cost`` that of a second of setup or service.
    The most tasks, seconds of riding and metres of its route are bounded where not None. All of
    ``breaks`` must be in its route, if it has any activity.
    """

    name: str
    start: int
    end: int | None = None
    capacity: tuple[int, ...] = ()
    shift: TimeWindow = TimeWindow()
    next_location: int | None = None
    profile: int = 0
    fixed_cost: int = 0
    task_cost: int = 0
    max_tasks: int | None = None
    max_travel: int | None = None
    max_distance: int | None = None
    breaks: tuple[Break, ...] = ()

    def __post_init__(self) -> None:
        if any(amount < 0 for amount in self.capacity):
            raise ValueError(f"Vehicle {self.name!r}: expected capacity >= 0, got {self.capacity}.")
        for limit in (self.max_tasks, self.max_travel, self.max_distance):
            if limit is not None and limit < 0:
                raise ValueError(f"Vehicle {self.name!r}: expected limits >= 0, got {limit}.")


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """
    What vehicles of one kind need from each location to each other one, arrays (n, n).

    ``durations`` in seconds; ``distances`` in metres (None: all 0); ``costs`` the expense of a ride
    in any unit (None: its seconds). All are made read-only; see `Problem` for what is refused.
    """

    durations: NDArray[np.int64]
    distances: NDArray[np.int64] | None = None
    costs: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        durations = checked("durations", self.durations)
        object.__setattr__(self, "durations", durations)
        for name in ("distances", "costs"):
            given = getattr(self, name)
            if given is not None:
                array = checked(name, given)
                if array.shape != durations.shape:
                    raise ValueError(
                        f"Expected {name} of shape {durations.shape}, got {array.shape}."
                    )
                object.__setattr__(self, name, array)


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """
    Vehicles, jobs, the seconds between locations, and the tiers by which solutions are compared.

    ``durations`` is an integer array (n, n), row to column, with a zero diagonal, made read-only;
    vehicles of profile 0 ride by it, and by ``distances`` and ``costs`` as `Profile` has them.
    ``more_profiles`` are numbered from 1. ``joint_loading`` says whether consecutive pickups at one
    location start together, once the last of their goods is ready. Raises ValueError where the
    parts contradict each other, with the value and its place.
    """

    vehicles: tuple[Vehicle, ...]
    jobs: tuple[Job, ...]
    durations: NDArray[np.int64]
    tiers: tuple[Tier, ...] = field(default=DISPATCH_TIERS)
    distances: NDArray[np.int64] | None = None
    costs: NDArray[np.int64] | None = None
    more_profiles: tuple[Profile, ...] = ()
    joint_loading: bool = True

    def __post_init__(self) -> None:
        first = Profile(self.durations, self.distances, self.costs)
        object.__setattr__(self, "durations", first.durations)
        object.__setattr__(self, "distances", first.distances)
        object.__setattr__(self, "costs", first.costs)
        check_parts(self)

    def durations_of(self, vehicle: int) -> NDArray[np.int64]:
        """Returns the seconds (n, n) that the vehicle of this index needs."""
        profile = self.vehicles[vehicle].profile
        return self.durations if profile == 0 else self.more_profiles[profile - 1].durations

    def distances_of(self, vehicle: int) -> NDArray[np.int64] | None:
        """Returns the metres (n, n) that the vehicle of this index rides, None: not known."""
        profile = self.vehicles[vehicle].profile
        return self.distances if profile == 0 else self.more_profiles[profile - 1].distances

    def costs_of(self, vehicle: int) -> NDArray[np.int64]:
        """Returns the expense (n, n) of rides of the vehicle of this index."""
        profile = self.vehicles[vehicle].profile
        costs = self.costs if profile == 0 else self.more_profiles[profile - 1].costs
        return self.durations_of(vehicle) if costs is None else costs

    @property
    def dimensions(self) -> int:
        """Returns how many amounts a load has."""
        most = 0
        for job in self.jobs:
            most = max(most, len(job.load), len(job.collected))
        for vehicle in self.vehicles:
            most = max(most, len(vehicle.capacity), *(len(b.max_load) for b in vehicle.breaks))
        return most
