"""
A request in VROOM's format as it comes over HTTP: its JSON, its options, and how large it is.

The contract is that of vroom-express (VROOM-Project/vroom-express, `src/index.js`), which reads the
body with JavaScript's rules: 300.0 is the whole number 300.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from solver.vroom_errors import Entry, VroomError

OK, INTERNAL, INPUT, ROUTING, TOO_LARGE = range(5)
"""VROOM's codes; the last one is vroom-express's."""

STATUS = {OK: 200, INTERNAL: 500, INPUT: 400, ROUTING: 500, TOO_LARGE: 413}
"""The HTTP status of each code."""

NO_REQUEST = (
    "Invalid JSON object in request, please add vehicles and jobs or shipments to the object body"
)
"""What vroom-express says of a body that is not JSON, or lacks what every request has."""

DEEPEST_SEARCH = 5
"""The exploration level that takes all of the usual time; VROOM's highest, and the default."""

_AT_LEAST_S, _PER_TASK_S = 0.1, 0.02
"""The usual time of a search: nobody waits a second for five tasks."""

_MOST_WHOLE = 1e21
"""From here on JavaScript writes a whole number with an exponent, which is no whole number."""


@dataclass(frozen=True, slots=True)
class Caps:
    """
    What a request may ask for at most: tasks (a shipment has two), vehicles, seconds of search.

    ``usual_seconds`` is what a large request gets that names no limit itself.
    """

    locations: int = 1000
    vehicles: int = 200
    usual_seconds: float = 1.0
    most_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Options:
    """What ``options`` asks for: geometry, plan mode, and the seconds of the search."""

    geometry: bool
    plan: bool
    seconds: float


def parsed(body: bytes) -> Entry:
    """Returns the request in a body; raises VroomError where vroom-express refuses it."""
    try:
        text = body.decode("utf-8-sig")
        root = json.loads(text, parse_float=_number, parse_constant=_refused)
        # Half of a surrogate pair can be escaped in JSON, and nowhere be written again.
        if "\\u" in text:
            json.dumps(root, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise VroomError("The surrogate pair in string is invalid.") from None
    except (ValueError, RecursionError):
        raise VroomError(NO_REQUEST) from None
    if (
        not isinstance(root, dict)
        or "vehicles" not in root
        or not {"jobs", "shipments"} & set(root)
    ):
        raise VroomError(NO_REQUEST)
    return root


def _number(text: str) -> float | int:
    value = float(text)
    return int(value) if abs(value) < _MOST_WHOLE and value.is_integer() else value


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is not JSON.")


def size_of(root: Entry) -> int:
    """Returns how many tasks a request has; a shipment has two."""
    return _length(root.get("jobs")) + 2 * _length(root.get("shipments"))


def check_size(root: Entry, caps: Caps) -> None:
    """Raises VroomError with code 4 for more tasks or vehicles than a request may have."""
    locations = size_of(root)
    for number, most, what in (
        (locations, caps.locations, "locations"),
        (_length(root["vehicles"]), caps.vehicles, "vehicles"),
    ):
        if number > most:
            text = f"Too many {what} ( {number} ) in query, maximum is set to {most}"
            raise VroomError(text, TOO_LARGE)


def _length(values: object) -> int:
    return len(values) if isinstance(values, list) else 0


def options_of(root: Entry, caps: Caps) -> Options:
    """
    Returns what a request asks for; options of a wrong type are passed over, as vroom-express does.

    ``l`` are seconds, cut to the most allowed. Without it large requests get the usual time, small
    ones less, and an exploration level ``x`` below 5 its share of it. ``t`` is passed over: every
    request has one core.
    """
    told = root.get("options")
    given: Mapping[str, Any] = told if isinstance(told, dict) else {}
    limit = given.get("l")
    if _is_number(limit):
        seconds = limit
    else:
        level = given.get("x")
        depth: float = level if _is_number(level) else DEEPEST_SEARCH
        share = (min(max(depth, 0), DEEPEST_SEARCH) + 1) / (DEEPEST_SEARCH + 1)
        seconds = min(caps.usual_seconds, _AT_LEAST_S + _PER_TASK_S * size_of(root)) * share
    return Options(
        geometry=bool(given.get("g")),
        plan=bool(given.get("c")),
        seconds=max(0.0, float(min(seconds, caps.most_seconds))),
    )


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def for_openrouteservice(root: Entry) -> Entry:
    """
    Returns a request as VROOM would have it whose top-level ``matrix`` is meant for every vehicle.

    To VROOM it is that of the profile ``car``; openrouteservice's clients say ``driving-car``.
    """
    if root.get("matrix") is None or root.get("matrices") is not None:
        return root
    vehicles = root["vehicles"] if isinstance(root["vehicles"], list) else []
    named = {v.get("profile") for v in vehicles if isinstance(v, dict)}
    profiles = {"car", *(name for name in named if isinstance(name, str))}
    durations = {profile: {"durations": root["matrix"]} for profile in sorted(profiles)}
    return {key: value for key, value in root.items() if key != "matrix"} | {"matrices": durations}
