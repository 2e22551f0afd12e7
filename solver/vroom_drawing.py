"""The problem that the entries of a VROOM request are."""

from __future__ import annotations

from dataclasses import dataclass

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
from solver.vroom_costs import (
    COST_UNITS,
    HUNDREDTHS,
    divisor_of,
    expense_factors,
    speed_factor,
)
from solver.vroom_entries import Mission, TaskEntry, VehicleEntry
from solver.vroom_matrices import Matrices
from solver.vroom_places import Clock, Places


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a problem is made from."""

    vehicles: tuple[VehicleEntry, ...]
    missions: tuple[Mission, ...]
    matrices: dict[str, Matrices]
    clock: Clock
    amounts: int

    def problem(self) -> Problem:
        """Returns the problem of the request."""
        places = Places(self.vehicles, self.missions, self.matrices.values())
        divisor = divisor_of(self.vehicles, self.matrices, self.clock.unit)
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

    def _profile(self, kind: tuple[str, int, int, int, int], places: Places, by: int) -> Profile:
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

    def _vehicle(self, v: int, places: Places, profile: int, divisor: int) -> Vehicle:
        of, unit = self.vehicles[v], self.clock.unit
        per_task = of.costs["per_task_hour"] * (HUNDREDTHS // unit)
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

    def _job(self, j: int, places: Places) -> Job:
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


def _profile_key(drawing: Drawing, vehicle: VehicleEntry) -> tuple[str, int, int, int, int]:
    factors = expense_factors(vehicle, drawing.matrices[vehicle.profile])
    return vehicle.profile, speed_factor(vehicle), *factors
