"""
A VROOM request as a problem.

Times count from ``origin`` in units of a second, or of a hundredth where a speed factor asks for it
as VROOM itself counts. A vehicle without a start begins at a place that is no distance from any.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from solver.problem import Problem
from solver.vroom_costs import HUNDREDTHS, speed_factor
from solver.vroom_drawing import Drawing
from solver.vroom_entries import Mission, VehicleEntry, read_job, read_shipment, read_vehicle
from solver.vroom_errors import VroomError, entry
from solver.vroom_matrices import Matrices, read_matrices
from solver.vroom_places import Clock, origin_of

if TYPE_CHECKING:
    from collections.abc import Callable


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
    unit = HUNDREDTHS if any(speed_factor(v) != HUNDREDTHS for v in vehicles) else 1
    clock = Clock(unit, origin_of(vehicles, missions, unit))
    problem = Drawing(vehicles, missions, matrices, clock, amounts).problem()
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
