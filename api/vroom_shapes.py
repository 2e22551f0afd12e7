"""
The lines of routes in an answer in VROOM's format: encoded polylines, and metres where told so.

Polylines have five decimals and the latitude first, as OSRM's and so VROOM's have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import polyline

from api.vroom_places import Place
from solver.vroom_errors import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

PRECISION = 5
"""Decimals of a degree in a polyline."""


@dataclass(frozen=True, slots=True)
class Line:
    """A way between two places: its (lat, lon) points, and its metres."""

    points: tuple[tuple[float, float], ...]
    metres: float


AskLines = Callable[[str, "Sequence[tuple[Place, Place]]"], "Sequence[Line]"]
"""Tells the ways of a profile's name between pairs of places."""


def draw(answer: Entry, profiles: dict[int, str], ask: AskLines) -> None:
    """
    Puts ``geometry`` into the routes of an answer, and ``distance`` where nobody told it.

    ``profiles`` are those of the vehicles by id. Every step but breaks must have its ``location``.
    """
    for route in answer["routes"]:
        stops = [step for step in route["steps"] if step["type"] != "break"]
        places = [(float(s["location"][0]), float(s["location"][1])) for s in stops]
        lines = ask(profiles[route["vehicle"]], list(pairwise(places)))
        points = [(places[0][1], places[0][0])]
        for line in lines:
            points += line.points
        # Where two ways meet their point is there twice.
        kept = [points[0], *(b for a, b in pairwise(points) if a != b)]
        route["geometry"] = polyline.encode(kept, PRECISION)
        if "distance" not in route:
            _measure(route, [line.metres for line in lines])
    if "distance" not in answer["summary"]:
        total = sum(route["distance"] for route in answer["routes"])
        answer["summary"]["distance"] = total


def _measure(route: Entry, legs: list[float]) -> None:
    """Puts the metres of the legs into steps and route; a break has its share of its leg."""
    seen, ridden, last = 0, 0.0, 0
    for i, step in enumerate(route["steps"]):
        if step["type"] == "break":
            after = next(s for s in route["steps"][i:] if s["type"] != "break")
            whole = after["duration"] - last
            share = (step["duration"] - last) / whole if whole else 0.0
            # As many legs are behind it as stops but one; this is the next.
            step["distance"] = round(ridden + share * legs[seen - 1])
            continue
        ridden += legs[seen - 1] if seen else 0
        step["distance"] = round(ridden)
        seen, last = seen + 1, step["duration"]
    route["distance"] = round(ridden)
