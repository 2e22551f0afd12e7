"""
Requests in VROOM's format that bring coordinates: their matrices are asked for and put in.

Places are numbered as VROOM numbers them, equal coordinates once, so that setup is paid as there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from solver.vroom_errors import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

Place = tuple[float, float]
"""Longitude and latitude in degrees, in VROOM's order."""


@dataclass(frozen=True, slots=True)
class Table:
    """
    What it takes between some places in one profile, arrays (n, n): seconds, and metres.

    ``metres`` is None where they were not asked for. ``told`` says whose times these are.
    """

    seconds: NDArray[np.int64]
    metres: NDArray[np.int64] | None
    told: Entry


AskTable = Callable[[str, "Sequence[Place]", bool], Table]
"""Tells the table of a profile's name and places, with metres or without; raises VroomError."""


@dataclass(frozen=True, slots=True)
class Filled:
    """
    A request with all its matrices, and whose times they are.

    ``is_numbered`` says that places got their numbers here: the answer does not show them.
    """

    root: Entry
    is_numbered: bool
    told: tuple[Entry, ...]


def filled(root: Entry, ask: AskTable) -> Filled:
    """Returns a request, valid but for its lack of matrices, with those that it lacks."""
    given = root.get("matrices")
    if given is None:
        given = {} if root.get("matrix") is None else {"car": {"durations": root["matrix"]}}
    is_numbered = not any(isinstance(kinds, dict) and kinds for kinds in given.values())
    copied, places = _numbered(root) if is_numbered else (root, _places_of(root))
    matrices = {name: dict(kinds) for name, kinds in given.items() if isinstance(kinds, dict)}
    told = []
    for profile, needs_metres in _profiles(root, is_numbered=is_numbered).items():
        kinds = matrices.setdefault(profile, {})
        lacks_metres = needs_metres and kinds.get("distances") is None
        if kinds.get("durations") is not None and not lacks_metres:
            continue
        table = ask(profile, list(places.values()), lacks_metres)
        told.append({"profile": profile, **table.told})
        if kinds.get("durations") is None:
            kinds["durations"] = _spread(table.seconds, list(places))
        if lacks_metres and table.metres is not None:
            kinds["distances"] = _spread(table.metres, list(places))
    without = {key: value for key, value in copied.items() if key != "matrix"}
    return Filled({**without, "matrices": matrices}, is_numbered, tuple(told))


def _profiles(root: Entry, *, is_numbered: bool) -> dict[str, bool]:
    """Returns the names of the profiles, and whether metres are needed in each."""
    found: dict[str, bool] = {}
    for vehicle in root["vehicles"]:
        costs = vehicle.get("costs") or {}
        needs = bool(costs.get("per_km"))
        # With a matrix of durations only, VROOM does not bound distances.
        needs |= is_numbered and vehicle.get("max_distance") is not None
        name = "car" if vehicle.get("profile") is None else vehicle["profile"]
        found[name] = found.get(name, False) or needs
    return found


def _sites(root: Entry) -> Iterator[tuple[Entry, str, str]]:
    """Yields where coordinates may stand: the entry, their key, and the key of their number."""
    for job in root.get("jobs") or ():
        yield job, "location", "location_index"
    for shipment in root.get("shipments") or ():
        for half in ("pickup", "delivery"):
            yield shipment[half], "location", "location_index"
    for vehicle in root["vehicles"]:
        yield vehicle, "start", "start_index"
        yield vehicle, "end", "end_index"


def _numbered(root: Entry) -> tuple[Entry, dict[int, Place]]:
    """Returns a copy of a request with numbers beside all coordinates, and the places by number."""
    numbers: dict[Place, int] = {}

    def numbered(entry: Entry, *keys: str) -> Entry:
        copied = dict(entry)
        for key in keys:
            if (at := copied.get(key)) is not None:
                number = numbers.setdefault(_place(at), len(numbers))
                copied[f"{key}_index"] = number
        return copied

    more: Entry = {"jobs": [numbered(job, "location") for job in root.get("jobs") or ()]}
    more["shipments"] = [
        {
            **shipment,
            **{half: numbered(shipment[half], "location") for half in ("pickup", "delivery")},
        }
        for shipment in root.get("shipments") or ()
    ]
    more["vehicles"] = [numbered(vehicle, "start", "end") for vehicle in root["vehicles"]]
    return {**root, **more}, {number: place for place, number in numbers.items()}


def _places_of(root: Entry) -> dict[int, Place]:
    """Returns the coordinates told for each number, the first ones where there are several."""
    found: dict[int, Place] = {}
    for entry, key, index in _sites(root):
        if entry.get(key) is not None and entry.get(index) is not None:
            found.setdefault(entry[index], _place(entry[key]))
    return found


def _place(value: Sequence[Any]) -> Place:
    return float(value[0]), float(value[1])


def _spread(table: NDArray[np.int64], numbers: list[int]) -> list[list[int]]:
    """Returns a table as a matrix with a row for each number, zeros where nothing is asked of."""
    whole = np.zeros((max(numbers) + 1,) * 2, dtype=np.int64)
    at = np.array(numbers)
    whole[at[:, None], at] = table
    rows: list[list[int]] = whole.tolist()
    return rows


def without_numbers(answer: Entry) -> Entry:
    """Returns an answer without the numbers of places, which its request did not have."""
    steps = [step for route in answer["routes"] for step in route["steps"]]
    for entry in (*steps, *answer["unassigned"]):
        entry.pop("location_index", None)
    return answer
