"""
A VROOM request as a problem.

Times count from ``origin`` in units of a second, or of a hundredth where a speed factor asks for it
as VROOM itself counts. A vehicle without a start begins at a place that is no distance from any.
Expense is counted in VROOM's own unit of 1/360 000, divided by what all its parts have in common.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING, Any

import numpy as np

from solver.problem import (
    FOREVER,
    VROOM_TIERS,
    Break,
    Job,
    Problem,
    Profile,
    Task,
    TimeWindow,
    Vehicle,
)
from solver.vroom_entries import Mission, VehicleEntry, read_job, read_shipment, read_vehicle
from solver.vroom_errors import MOST_NUMBER, VroomError, entry
from solver.vroom_matrices import Matrices, read_matrices

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from solver.vroom_entries import TaskEntry
    from solver.vroom_errors import Windows

COST_UNITS = 360_000
"""VROOM counts costs in 1/360 000: hundredths of a second of 3 600 an hour."""

_HUNDREDTHS = 100

_LONG = 2**20
"""Seconds before the first window, 12 days, from which on vehicles without a window may ride."""


@dataclass(frozen=True, slots=True)
class Request:
    """
    A request in checked entries, and the problem that it is.

    ``unit`` is the number of time units in a second, ``origin`` the second that the problem calls
    0. Jobs of the problem stand in the order of ``missions``.
    """

    vehicles: tuple[VehicleEntry, ...]
    missions: tuple[Mission, ...]
    matrices: dict[str, Matrices]
    problem: Problem
    unit: int
    origin: int
    amounts: int


def read(root: object) -> Request:
    """Returns a request; raises VroomError with VROOM's text and code for what is wrong."""
    if not isinstance(root, dict):
        raise VroomError("Input root is not an object.")
    matrices_given = root.get("matrices", {})
    if not isinstance(matrices_given, dict) and matrices_given is not None:
        raise VroomError("Unexpected matrices value.")
    of = entry(root, "request")
    vehicles, amounts = _vehicles(of)
    missions = _missions(of, amounts)
    matrices = read_matrices(of, vehicles, missions)
    unit = _HUNDREDTHS if any(speed_factor(v) != _HUNDREDTHS for v in vehicles) else 1
    clock = _Clock(unit, _origin(vehicles, missions, unit))
    problem = _Drawing(vehicles, missions, matrices, clock, amounts).problem()
    return Request(vehicles, missions, matrices, problem, unit, clock.origin, amounts)


def _vehicles(of: dict[str, Any]) -> tuple[tuple[VehicleEntry, ...], int]:
    values = of.get("vehicles")
    if not isinstance(values, list):
        raise VroomError("Invalid vehicles.")
    if not values:
        raise VroomError("No vehicle defined.")
    capacity = values[0].get("capacity") if isinstance(values[0], dict) else None
    amounts = len(capacity) if isinstance(capacity, list) else 0
    return tuple(read_vehicle(value, amounts) for value in values), amounts


def _missions(of: dict[str, Any], amounts: int) -> tuple[Mission, ...]:
    found: list[Mission] = []
    kinds: tuple[tuple[str, Callable[[object, int], Mission]], ...] = (
        ("jobs", read_job),
        ("shipments", read_shipment),
    )
    seen: set[tuple[str, int]] = set()
    for key, read_one in kinds:
        values = of.get(key, [])
        if not isinstance(values, list):
            raise VroomError(f"Invalid {key}.")
        for value in values:
            mission = read_one(value, amounts)
            for task in mission.tasks:
                if (task.kind, task.id) in seen:
                    raise VroomError(f"Duplicate {task.kind} id: {task.id}.")
                seen.add((task.kind, task.id))
            found.append(mission)
    if not found:
        raise VroomError("No task defined.")
    return tuple(found)


def speed_factor(vehicle: VehicleEntry) -> int:
    """Returns by how many hundredths VROOM multiplies the seconds of a vehicle's rides."""
    return round(_HUNDREDTHS / vehicle.speed)


def _origin(vehicles: Sequence[VehicleEntry], missions: Sequence[Mission], unit: int) -> int:
    """Returns the second to count from: 0, or shortly before the windows where that is far off."""
    starts = [w[0] for m in missions for task in m.tasks for w in task.windows]
    starts += [w[0] for v in vehicles for rest in v.breaks for w in rest.windows]
    starts += [v.window[0] for v in vehicles if v.window is not None]
    later = [start for start in starts if start]
    if not later or max(later) * unit < FOREVER // 2:
        return 0
    return max(0, min(later) - _LONG)


@dataclass(frozen=True, slots=True)
class _Clock:
    """Seconds of a request as times of a problem."""

    unit: int
    origin: int

    def time(self, second: int) -> int:
        """Returns a second of the request, at the latest `FOREVER`."""
        if second == MOST_NUMBER:
            return FOREVER
        return max(0, min(FOREVER, (second - self.origin) * self.unit))

    def window(self, window: tuple[int, int]) -> TimeWindow:
        """Returns a time window of the request."""
        return TimeWindow(self.time(window[0]), self.time(window[1]))

    def windows(self, windows: Windows) -> tuple[TimeWindow, ...]:
        """Returns those windows that are not all over before the origin; the first if all are."""
        kept = [w for w in windows if w[1] >= self.origin] or [windows[0]]
        return tuple(self.window(window) for window in kept)


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What a problem is made from."""

    vehicles: tuple[VehicleEntry, ...]
    missions: tuple[Mission, ...]
    matrices: dict[str, Matrices]
    clock: _Clock
    amounts: int

    def problem(self) -> Problem:
        """Returns the problem of the request."""
        places = _Places(self)
        divisor = _divisor(self)
        kinds = list(dict.fromkeys(_profile_key(self, v) for v in self.vehicles))
        profiles = [self._profile(kind, places, divisor) for kind in kinds]
        vehicles = tuple(
            self._vehicle(v, places, kinds.index(_profile_key(self, vehicle)), divisor)
            for v, vehicle in enumerate(self.vehicles)
        )
        jobs = tuple(self._job(j, places) for j in range(len(self.missions)))
        first, *others = profiles
        return Problem(
            vehicles,
            jobs,
            first.durations,
            VROOM_TIERS,
            first.distances,
            first.costs,
            tuple(others),
            joint_loading=False,
        )

    def _profile(self, kind: tuple[str, int, int, int, int], places: _Places, by: int) -> Profile:
        name, factor, per_second, per_metre, per_cost = kind
        given = self.matrices[name]
        seconds = places.between(given.durations)
        metres = None if given.distances is None else places.between(given.distances)
        expense = seconds * per_second
        if metres is not None:
            expense += metres * per_metre
        if given.costs is not None:
            expense = places.between(given.costs) * per_cost
        times = seconds if self.clock.unit == 1 else seconds * factor
        return Profile(
            np.minimum(times, FOREVER),
            None if metres is None else np.minimum(metres, FOREVER),
            np.minimum(expense // by, FOREVER),
        )

    def _vehicle(self, v: int, places: _Places, profile: int, divisor: int) -> Vehicle:
        of, unit = self.vehicles[v], self.clock.unit
        per_task = of.costs["per_task_hour"] * (_HUNDREDTHS // unit)
        resting = sum(rest.service for rest in of.breaks)
        same = [other.id for other in self.vehicles[:v]].count(of.id)
        matrix = self.matrices[of.profile].distances
        return Vehicle(
            name=f"{of.id}" if not same else f"{of.id} ({same + 1})",
            start=places.starts[v],
            end=places.ends[v],
            capacity=of.capacity,
            shift=TimeWindow() if of.window is None else self.clock.window(of.window),
            profile=profile,
            # VROOM prices a break as it does work; all of them are taken where any task is.
            fixed_cost=(of.costs["fixed"] * COST_UNITS + per_task * unit * resting) // divisor,
            task_cost=per_task // divisor,
            max_tasks=of.max_tasks,
            max_travel=None if of.max_travel is None else of.max_travel * unit,
            # As VROOM does: without distances nothing bounds them.
            max_distance=None if matrix is None else of.max_distance,
            breaks=tuple(
                Break(
                    f"{rest.id}",
                    self.clock.windows(rest.windows),
                    rest.service * unit,
                    rest.max_load or (),
                )
                for rest in of.breaks
            ),
        )

    def _job(self, j: int, places: _Places) -> Job:
        of = self.missions[j]
        tasks = [self._task(task, places.tasks[task.kind, task.id]) for task in of.tasks]
        able = frozenset(v for v, entry in enumerate(self.vehicles) if of.skills <= entry.skills)
        vehicles = None if len(able) == len(self.vehicles) else able
        names = " to ".join(f"{task.kind} {task.id}" for task in of.tasks)
        if len(tasks) == 1:
            return Job(
                names,
                tasks[0],
                load=of.delivery,
                collected=of.pickup,
                vehicles=vehicles,
                prize=of.priority,
            )
        pickup, delivery = tasks
        # VROOM counts the priority of a shipment with both of its tasks.
        prize = 2 * of.priority
        return Job(names, delivery, pickup, of.delivery, vehicles=vehicles, prize=prize)

    def _task(self, of: TaskEntry, location: int) -> Task:
        unit = self.clock.unit
        first, *later = self.clock.windows(of.windows)
        kinds = of.setup_per_type.keys() | of.service_per_type.keys()
        by_vehicle: tuple[tuple[int, int], ...] = ()
        if any(vehicle.kind in kinds for vehicle in self.vehicles):
            by_vehicle = tuple(
                (of.setup_on(v.kind) * unit, of.service_on(v.kind) * unit) for v in self.vehicles
            )
        return Task(
            location=location,
            window=first,
            service_duration=of.service * unit,
            setup_duration=of.setup * unit,
            later_windows=tuple(later),
            by_vehicle=by_vehicle,
        )


def expense_factors(vehicle: VehicleEntry, matrices: Matrices) -> tuple[int, int, int]:
    """Returns what a second, a metre and a unit of a costs matrix cost, in 1/360 000."""
    if matrices.costs is not None:
        return 0, 0, COST_UNITS
    per_second = round(vehicle.costs["per_hour"] * _HUNDREDTHS / vehicle.speed)
    return per_second, COST_UNITS // 1000 * vehicle.costs["per_km"], 0


def _profile_key(drawing: _Drawing, vehicle: VehicleEntry) -> tuple[str, int, int, int, int]:
    factors = expense_factors(vehicle, drawing.matrices[vehicle.profile])
    return vehicle.profile, speed_factor(vehicle), *factors


def _divisor(drawing: _Drawing) -> int:
    """Returns what all costs have in common, or more where rides would cost too much."""
    common, dearest = 0, 0
    for vehicle in drawing.vehicles:
        matrices = drawing.matrices[vehicle.profile]
        per_second, per_metre, per_cost = expense_factors(vehicle, matrices)
        per_task = vehicle.costs["per_task_hour"] * (_HUNDREDTHS // drawing.clock.unit)
        fixed = vehicle.costs["fixed"] * COST_UNITS
        common = gcd(common, per_second, per_metre, per_cost, per_task, fixed)
        ride = int(matrices.durations.max()) * per_second
        ride += 0 if matrices.distances is None else int(matrices.distances.max()) * per_metre
        ride += 0 if matrices.costs is None else int(matrices.costs.max()) * per_cost
        dearest = max(dearest, ride)
    return max(1, common, -(-dearest // FOREVER))


class _Places:
    """
    The locations of a problem: indices of the matrices that are used, each once.

    Where a matrix says that an index is some way from itself, everything has a location of its own,
    and setup is paid at each.
    """

    def __init__(self, drawing: _Drawing) -> None:
        tasks = [task for mission in drawing.missions for task in mission.tasks]
        ends = [(v.start_index, v.end_index) for v in drawing.vehicles]
        used = {task.index for task in tasks} | {index for pair in ends for index in pair}
        rows = sorted(index for index in used if index is not None)
        apart = any(m.durations[rows, rows].any() for m in drawing.matrices.values())
        self._rows: list[int] = []
        self._apart = apart
        self._known: dict[int, int] = {}
        self.tasks = {(task.kind, task.id): self._add(task.index) for task in tasks}
        self.ends = [None if end is None else self._add(end) for _, end in ends]
        starts = [None if start is None else self._add(start) for start, _ in ends]
        nowhere = len(self._rows)
        self._has_nowhere = None in starts
        self.starts = [nowhere if start is None else start for start in starts]

    def _add(self, index: int | None) -> int:
        assert index is not None
        if self._apart or index not in self._known:
            self._known[index] = len(self._rows)
            self._rows.append(index)
        return self._known[index]

    def between(self, matrix: NDArray[np.int64]) -> NDArray[np.int64]:
        """Returns the part of a matrix between the locations."""
        part = matrix[np.ix_(self._rows, self._rows)].copy()
        np.fill_diagonal(part, 0)
        return np.pad(part, (0, 1)) if self._has_nowhere else part
