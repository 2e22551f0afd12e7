"""From a route as OSRM tells it to pieces road by road."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from dispatch.streets import Piece, StreetRoute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dispatch.geo import Point

CIRCLES = frozenset({"roundabout", "rotary"})
"""Manoeuvres whose step is the way around a roundabout, up to its exit."""

PUSHING = "pushing bike"
"""OSRM's mode of those who get off their bike."""


def route_of(route: Any, epoch: int) -> StreetRoute:
    """
    Returns a route of OSRM's answer, asked for with its steps and geometries in GeoJSON.

    Raises KeyError, IndexError, TypeError or ValueError where it is none.
    """
    steps = [step for leg in route["legs"] for step in leg["steps"]]
    line: list[Point] = []
    pieces: list[Piece] = []
    for step, after in pairwise(steps):
        points = [(float(lat), float(lon)) for lon, lat in step["geometry"]["coordinates"]]
        begin = max(0, len(line) - 1)
        line += points if not line or line[-1] != points[0] else points[1:]
        before = pieces[-1].end_heading if pieces else None
        pieces += _pieces(step, after, before, begin)
    if not line:
        line = [(float(lat), float(lon)) for lon, lat in steps[-1]["geometry"]["coordinates"]]
    return StreetRoute(
        seconds=float(route["duration"]),
        metres=float(route["distance"]),
        line=tuple(line),
        pieces=tuple(pieces),
        epoch=epoch,
    )


def _pieces(step: Any, after: Any, before: float | None, begin: int) -> Iterator[Piece]:
    """
    Yields the pieces of a step: one, or as many as the exits of the roundabout it is.

    So the exits can be counted by the pieces, as on our own roads.
    """
    heading = float(step["maneuver"]["bearing_after"])
    is_circle = step["maneuver"]["type"] in CIRCLES
    parts = max(1, int(step["maneuver"].get("exit", 1))) if is_circle else 1
    piece = Piece(
        name=str(step.get("name") or step.get("ref") or ""),
        kind="",
        pushed=step.get("mode") == PUSHING,
        around=is_circle,
        metres=float(step["distance"]) / parts,
        seconds=float(step["duration"]) / parts,
        heading=heading,
        end_heading=float(after["maneuver"]["bearing_before"]),
        angle=0.0 if before is None else 180 - (180 - (heading - before)) % 360,
        arms=len(step["intersections"][0]["bearings"]),
        begin=begin,
    )
    yield piece
    for _ in range(parts - 1):
        yield replace(piece, arms=3, angle=0.0, heading=piece.end_heading)
