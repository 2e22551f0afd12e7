"""
The entries of a VROOM request, checked one by one: jobs, shipments and vehicles.

Nothing is converted here but absent keys to their defaults; times are the request's seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from solver.vroom_errors import (
    Entry,
    VroomError,
    Windows,
    amounts_of,
    coordinates_of,
    entry,
    id_of,
    is_number,
    number,
    of_length,
    skills_of,
    text_of,
    window_of,
    windows_of,
)

_MOST_PRIORITY = 100
_FASTEST = 5


@dataclass(frozen=True, slots=True)
class TaskEntry:
    """A job or half of a shipment; ``kind`` is job, pickup or delivery."""

    kind: str
    id: int
    index: int | None
    location: list[float] | None
    description: str | None
    setup: int
    service: int
    setup_per_type: dict[str, int]
    service_per_type: dict[str, int]
    windows: Windows

    def setup_on(self, kind: str) -> int:
        """Returns the setup time for vehicles of a type."""
        return self.setup_per_type.get(kind, self.setup)

    def service_on(self, kind: str) -> int:
        """Returns the service time for vehicles of a type."""
        return self.service_per_type.get(kind, self.service)


@dataclass(frozen=True, slots=True)
class Mission:
    """A job with what it brings and takes, or a shipment: its two tasks and one amount."""

    tasks: tuple[TaskEntry, ...]
    delivery: tuple[int, ...]
    pickup: tuple[int, ...]
    skills: frozenset[int]
    priority: int


@dataclass(frozen=True, slots=True)
class BreakEntry:
    """A break of a vehicle; ``max_load`` None: anything may be on board."""

    id: int
    description: str | None
    windows: Windows
    service: int
    max_load: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class VehicleEntry:
    """A vehicle; ``speed`` is its factor, ``steps`` its steps as given, costs per 3600 s or km."""

    id: int
    profile: str
    kind: str
    description: str | None
    start_index: int | None
    end_index: int | None
    start: list[float] | None
    end: list[float] | None
    capacity: tuple[int, ...]
    skills: frozenset[int]
    window: tuple[int, int] | None
    breaks: tuple[BreakEntry, ...]
    costs: dict[str, int]
    speed: float
    max_tasks: int | None
    max_travel: int | None
    max_distance: int | None
    steps: list[Any]


def read_vehicle(value: object, amounts: int) -> VehicleEntry:
    """Returns a vehicle whose vectors have this many amounts; raises VroomError."""
    of = entry(value, "vehicle")
    name = id_of(of, "vehicle")
    places = _ends(of, name)
    description = text_of(of, "description")
    profile, kind = text_of(of, "profile", "car"), text_of(of, "type", "")
    capacity = amounts_of(of, "capacity")
    window = window_of(of["time_window"]) if "time_window" in of else None
    steps = of.get("steps", [])
    if not isinstance(steps, list):
        raise VroomError(f"Invalid steps for vehicle {name}.")
    return VehicleEntry(
        id=name,
        profile=profile or "",
        kind=kind or "",
        description=description,
        start_index=places[0],
        end_index=places[1],
        start=coordinates_of(of, "start"),
        end=coordinates_of(of, "end"),
        capacity=of_length(() if capacity is None else capacity, amounts),
        skills=skills_of(of),
        window=window,
        breaks=_breaks(of, name, amounts),
        costs=_costs(of, name),
        speed=_speed(of),
        max_tasks=number(of, "max_tasks", None, "Invalid max_tasks value."),
        max_travel=number(of, "max_travel_time", None, "Invalid max_travel_time value."),
        max_distance=number(of, "max_distance", None, "Invalid max_distance value."),
        steps=steps,
    )


def _ends(of: Entry, name: int) -> list[int | None]:
    found = []
    for key in ("start", "end"):
        coordinates_of(of, key)
        text = f"Invalid {key}_index for vehicle {name}."
        found.append(number(of, f"{key}_index", None, text))
    if not any(key in of for key in ("start", "end", "start_index", "end_index")):
        raise VroomError(f"No start or end specified for vehicle {name}.")
    return found


def _costs(of: Entry, name: int) -> dict[str, int]:
    given = of.get("costs", {})
    if not isinstance(given, dict):
        raise VroomError(f"Invalid costs for vehicle {name}.")
    costs = entry(given, "costs")
    defaults = {"fixed": 0, "per_hour": 3600, "per_task_hour": 0, "per_km": 0}
    return {
        key: number(costs, key, default, f"Invalid {key} cost for vehicle {name}.")
        for key, default in defaults.items()
    }


def _speed(of: Entry) -> float:
    speed = of.get("speed_factor", 1)
    if not isinstance(speed, int | float) or isinstance(speed, bool):
        raise VroomError("Invalid speed_factor value.")
    if not 0 < speed <= _FASTEST:
        raise VroomError(f"Invalid speed factor: {speed:g}")
    return float(speed)


def _breaks(of: Entry, name: int, amounts: int) -> tuple[BreakEntry, ...]:
    values = of.get("breaks", [])
    if not isinstance(values, list):
        raise VroomError(f"Invalid breaks for vehicle {name}.")
    found: dict[int, BreakEntry] = {}
    for value in values:
        one = entry(value, "break")
        at = id_of(one, "break")
        if at in found:
            raise VroomError(f"Duplicate break id: {at}.")
        most = amounts_of(one, "max_load")
        if most is not None and len(most) != amounts:
            raise VroomError(f"Inconsistent break max_load size for break {at}.")
        service = number(one, "service", 0, "Invalid service duration.")
        windows = windows_of(one, f"break {at}")
        found[at] = BreakEntry(at, text_of(one, "description"), windows, service, most)
    return tuple(sorted(found.values(), key=lambda rest: rest.windows[0]))


def read_job(value: object, amounts: int) -> Mission:
    """Returns a job whose vectors have this many amounts; raises VroomError."""
    of = entry(value, "job")
    task = _task(of, "job")
    delivery, pickup = amounts_of(of, "delivery"), amounts_of(of, "pickup")
    if delivery is None and pickup is None:
        delivery = amounts_of(of, "amount")
    goods = of_length(delivery, amounts), of_length(pickup, amounts)
    return Mission((task,), *goods, skills_of(of), _priority(of, f"job {task.id}"))


def read_shipment(value: object, amounts: int) -> Mission:
    """Returns a shipment whose vectors have this many amounts; raises VroomError."""
    of = entry(value, "shipment")
    halves = []
    for kind in ("pickup", "delivery"):
        if not isinstance(of.get(kind), dict):
            raise VroomError(f"Missing {kind} for shipment.")
        halves.append(_task(entry(of[kind], kind), kind))
    amount = of_length(amounts_of(of, "amount"), amounts)
    priority = _priority(of, f"pickup {halves[0].id}")
    return Mission(tuple(halves), amount, amount, skills_of(of), priority)


def _priority(of: Entry, owner: str) -> int:
    priority: int = number(of, "priority", 0, "Invalid priority value.")
    if priority > _MOST_PRIORITY:
        raise VroomError(f"Invalid priority value for {owner}.")
    return priority


def _task(of: Entry, kind: str) -> TaskEntry:
    name = id_of(of, kind)
    owner = f"{kind} {name}"
    location = coordinates_of(of, "location")
    index = number(of, "location_index", None, f"Invalid location_index for {owner}.")
    if location is None and index is None:
        raise VroomError(f"Invalid location for {owner}.")
    return TaskEntry(
        kind=kind,
        id=name,
        index=index,
        location=location,
        description=text_of(of, "description"),
        setup=number(of, "setup", 0, "Invalid setup duration."),
        service=number(of, "service", 0, "Invalid service duration."),
        setup_per_type=_per_type(of, "setup_per_type", owner),
        service_per_type=_per_type(of, "service_per_type", owner),
        windows=windows_of(of, owner),
    )


def _per_type(of: Entry, key: str, owner: str) -> dict[str, int]:
    values = of.get(key, {})
    if not isinstance(values, dict):
        raise VroomError(f"Invalid {key} for {owner}.")
    if "" in values:
        raise VroomError(f"Empty type in {key} for {owner}.")
    if not all(is_number(value) for value in values.values()):
        raise VroomError(f"Invalid value in {key} for {owner}.")
    return values
