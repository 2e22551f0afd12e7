"""The matrices of a VROOM request: checked, and as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from solver.vroom_errors import MOST_NUMBER, ROUTING, VroomError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from solver.vroom_entries import Mission, VehicleEntry
    from solver.vroom_errors import Entry

_KEYS = ("durations", "distances", "costs")

_NO_SERVER = "Failed to connect to 0.0.0.0:5000"
"""What VROOM says where its routing engine is not there; here there is none."""


@dataclass(frozen=True, slots=True)
class Matrices:
    """The matrices of one profile, None where not given; seconds, metres and costs, as given."""

    durations: NDArray[np.int64]
    distances: NDArray[np.int64] | None
    costs: NDArray[np.int64] | None


def read_matrices(
    root: Entry, vehicles: Sequence[VehicleEntry], missions: Sequence[Mission]
) -> dict[str, Matrices]:
    """Returns the matrices of every profile that a vehicle has; raises VroomError."""
    given = _given(root)
    if not given:
        if any(index is not None for index in _indices(vehicles, missions)):
            raise VroomError("Unexpected location index while no custom matrices provided.")
        raise VroomError(_NO_SERVER, ROUTING)
    _check_indices(vehicles, missions)
    most = max(index for index in _indices(vehicles, missions) if index is not None)
    found: dict[str, Matrices] = {}
    for vehicle in vehicles:
        arrays = given.get(vehicle.profile, {})
        _check_known(vehicle, arrays, has_places=_has_places(vehicles, missions))
        for key in _KEYS:
            if key in arrays and len(arrays[key]) <= most:
                is_needed = key != "distances" or vehicle.costs["per_km"] or vehicle.max_distance
                if is_needed:
                    raise VroomError(
                        f"location_index exceeding {key} matrix size for {vehicle.profile} profile."
                    )
                arrays = {name: array for name, array in arrays.items() if name != key}
        found[vehicle.profile] = Matrices(*(arrays.get(key) for key in _KEYS))  # type: ignore[arg-type]
    return found


def _check_known(
    vehicle: VehicleEntry, arrays: dict[str, NDArray[np.int64]], *, has_places: bool
) -> None:
    if "costs" in arrays and vehicle.costs["per_hour"] != 3600:
        raise VroomError("Custom costs are incompatible with using a per_hour value.")
    if "distances" in arrays and "durations" not in arrays:
        raise VroomError(
            "Custom matrix provided for distances but not for durations for"
            f" {vehicle.profile} profile."
        )
    if "durations" not in arrays or (vehicle.costs["per_km"] and "distances" not in arrays):
        if has_places:
            raise VroomError(_NO_SERVER, ROUTING)
        raise VroomError("Missing coordinates for routing engine.")


def _given(root: Entry) -> dict[str, dict[str, NDArray[np.int64]]]:
    """Returns every matrix of the request by profile and kind."""
    profiles = root.get("matrices")
    if profiles is None:
        durations = root.get("matrix")
        profiles = {} if durations is None else {"car": {"durations": durations}}
    if not isinstance(profiles, dict):
        raise VroomError("Unexpected matrices value.")
    found: dict[str, dict[str, NDArray[np.int64]]] = {}
    for profile, kinds in profiles.items():
        for key in _KEYS:
            rows = kinds.get(key) if isinstance(kinds, dict) else None
            if rows is not None:
                found.setdefault(profile, {})[key] = _array(rows, key, profile)
    return found


def _array(rows: object, key: str, profile: str) -> NDArray[np.int64]:
    if not isinstance(rows, list):
        raise VroomError("Invalid matrix.")
    if not rows:
        raise VroomError(f"Empty {key} matrix for {profile} profile.")
    if any(not isinstance(row, list) or len(row) != len(rows) for row in rows):
        raise VroomError("Unexpected matrix line length.")
    # Far quicker than to look at each entry: 1.0, null and text each make another type.
    try:
        array = np.array(rows)
    except (OverflowError, ValueError):
        raise VroomError("Invalid matrix entry.") from None
    if array.dtype.kind not in "iu" or array.min() < 0 or array.max() > MOST_NUMBER:
        raise VroomError("Invalid matrix entry.")
    return array.astype(np.int64)


def _indices(vehicles: Iterable[VehicleEntry], missions: Iterable[Mission]) -> list[int | None]:
    tasks = [task.index for mission in missions for task in mission.tasks]
    return tasks + [i for v in vehicles for i in (v.start_index, v.end_index)]


def _check_indices(vehicles: Sequence[VehicleEntry], missions: Sequence[Mission]) -> None:
    """With matrices every place must be an index."""
    for vehicle in vehicles:
        starts = (vehicle.start_index, vehicle.end_index)
        if all(index is None for index in starts):
            raise VroomError("Missing location index.")
        places = ((vehicle.start, starts[0]), (vehicle.end, starts[1]))
        if any(place is not None and index is None for place, index in places):
            raise VroomError("Missing start_index or end_index.")
    if any(task.index is None for mission in missions for task in mission.tasks):
        raise VroomError("Missing location index.")


def _has_places(vehicles: Sequence[VehicleEntry], missions: Sequence[Mission]) -> bool:
    """Returns whether every place has coordinates too, which a routing engine could use."""
    tasks = all(task.location is not None for mission in missions for task in mission.tasks)
    return tasks and all(
        (v.start is not None or v.start_index is None)
        and (v.end is not None or v.end_index is None)
        for v in vehicles
    )
