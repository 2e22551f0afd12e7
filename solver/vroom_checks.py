"""
What VROOM refuses in a request beyond single values: breaks that exclude each other, costs and
times too great to be added, geometry without coordinates; and what is no place on Earth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.vroom_costs import COST_UNITS, HUNDREDTHS
from solver.vroom_errors import MOST_NUMBER, VroomError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from solver.vroom_entries import VehicleEntry
    from solver.vroom_errors import Entry
    from solver.vroom_reading import Request

_TOO_HIGH = "Too high cost values, stopping to avoid overflowing."

_MOST = 2**62
"""Half of what 64 bits hold: sums of costs and times stay within it."""

_SLOWEST = 0.001
"""Speed factors below this, of which VROOM says nothing, make every ride endless."""


def check_speeds(root: Entry) -> None:
    """Raises VroomError for speed factors so small that no time can be told."""
    vehicles = root.get("vehicles")
    for vehicle in vehicles if isinstance(vehicles, list) else ():
        speed = vehicle.get("speed_factor") if isinstance(vehicle, dict) else None
        if isinstance(speed, float) and 0 < speed < _SLOWEST:
            raise VroomError(f"Invalid speed factor: {speed:g}")


def check_costs(root: Entry) -> None:
    """Raises VroomError where costs or times of a route could overflow; looks at bounds only."""
    ride = max((_greatest(rows) for rows in _matrices(root)), default=0)
    tasks = list(_tasks(root))
    at_work = sum(_greatest_of(task, ("setup", "service")) for task in tasks)
    for vehicle in _entries(root.get("vehicles")):
        costs = vehicle.get("costs")
        costs = costs if isinstance(costs, dict) else {}
        speed = vehicle.get("speed_factor")
        factor = HUNDREDTHS / speed if isinstance(speed, float | int) and speed > 0 else HUNDREDTHS
        rests = sum(_greatest_of(rest, ("service",)) for rest in _entries(vehicle.get("breaks")))
        per_hour = _number_of(costs, "per_hour", 3600)
        ridden = (len(tasks) + 1) * ride
        total = _number_of(costs, "fixed", 0) * COST_UNITS
        total += ridden * round(factor) * max(per_hour, HUNDREDTHS)
        total += ridden * COST_UNITS // 1000 * max(1000, _number_of(costs, "per_km", 0))
        total += (at_work + rests) * HUNDREDTHS * max(1, _number_of(costs, "per_task_hour", 0))
        if total > _MOST:
            raise VroomError(_TOO_HIGH)


def _entries(values: object) -> Iterator[Entry]:
    for value in values if isinstance(values, list) else ():
        if isinstance(value, dict):
            yield value


def _tasks(root: Entry) -> Iterator[Entry]:
    yield from _entries(root.get("jobs"))
    for shipment in _entries(root.get("shipments")):
        yield from _entries([shipment.get("pickup"), shipment.get("delivery")])


def _matrices(root: Entry) -> Iterator[object]:
    yield root.get("matrix")
    profiles = root.get("matrices")
    for kinds in profiles.values() if isinstance(profiles, dict) else ():
        if isinstance(kinds, dict):
            yield from (kinds.get(key) for key in ("durations", "distances", "costs"))


def _greatest(rows: object) -> int:
    """Returns the greatest entry of a matrix, 0 for what is none."""
    if not isinstance(rows, list):
        return 0
    most = 0
    for row in rows:
        if isinstance(row, list) and row:
            try:
                most = max(most, *row) if len(row) > 1 else max(most, row[0])
            except TypeError:
                return 0
    return most if isinstance(most, int) else 0


def _number_of(of: Entry, key: str, default: int) -> int:
    value = of.get(key)
    return value if isinstance(value, int) and 0 <= value <= MOST_NUMBER else default


def _greatest_of(task: Entry, keys: tuple[str, ...]) -> int:
    total = 0
    for key in keys:
        by_type = task.get(f"{key}_per_type")
        others = by_type.values() if isinstance(by_type, dict) else ()
        found = [_number_of(task, key, 0), *(v for v in others if isinstance(v, int))]
        total += max(found)
    return total


def check_breaks(request: Request) -> None:
    """Raises VroomError for a vehicle that cannot take its breaks even if it did nothing else."""
    for vehicle in request.vehicles:
        if vehicle.breaks and not _can_rest(vehicle):
            raise VroomError(f"Inconsistent breaks for vehicle {vehicle.id}.")


def _can_rest(vehicle: VehicleEntry) -> bool:
    now, end = vehicle.window or (0, MOST_NUMBER)
    for rest in vehicle.breaks:
        opened = next((window for window in rest.windows if now <= window[1]), None)
        if opened is None:
            return False
        now = max(now, opened[0]) + rest.service
    return now <= end


def check_coordinates(root: Entry) -> None:
    """Raises VroomError for coordinates that are no place on Earth; they are numbers already."""
    named = [
        (f"{key} for vehicle {vehicle.get('id')}", vehicle.get(key))
        for vehicle in _entries(root.get("vehicles"))
        for key in ("start", "end")
    ]
    named += [
        (f"location for task {task.get('id')}", task.get("location")) for task in _tasks(root)
    ]
    for what, place in named:
        if place is not None and not (abs(place[0]) <= 180 and abs(place[1]) <= 90):
            raise VroomError(
                f"Invalid {what}: {place[:2]} is no longitude from -180 to 180 and latitude from"
                " -90 to 90."
            )


def check_geometry(request: Request) -> None:
    """Raises VroomError where a way is to be drawn and somewhere there are no coordinates."""
    tasks = [task.location for mission in request.missions for task in mission.tasks]
    ends = [
        place
        for v in request.vehicles
        for place, index in ((v.start, v.start_index), (v.end, v.end_index))
        if index is not None
    ]
    if any(place is None for place in (*tasks, *ends)):
        raise VroomError("Route geometry request with missing coordinates.")
