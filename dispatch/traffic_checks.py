"""
What can be wrong with a report of traffic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatch.errors import InvalidRequest
from dispatch.live import AreaSpeed, SegmentSpeed

if TYPE_CHECKING:
    from dispatch.live import LiveStreets, SegKey

SLOWEST_KMH, FASTEST_KMH = 1.0, 200.0
"""Speeds between 0 and the first, or above the second, are taken for a mistake."""


@dataclass(frozen=True, slots=True)
class TrafficRequest:
    """What somebody reports; ``until`` None: until it is ended."""

    segments: tuple[SegmentSpeed, ...] = ()
    areas: tuple[AreaSpeed, ...] = ()
    until: int | None = None
    note: str = ""


def check(request: TrafficRequest, now: int) -> None:
    """Raises InvalidRequest for what is wrong with a report whatever the city is."""
    if not request.segments and not request.areas:
        raise InvalidRequest(
            "The report names nothing.",
            at="segments",
            cure="Give `segments`, `areas` or both.",
            code="empty-traffic",
        )
    if request.until is not None and request.until <= now:
        raise InvalidRequest(
            "The report would be over already.",
            at="until",
            cure="Give a moment to come, or none.",
            code="traffic-over",
            value=request.until,
        )
    named: tuple[tuple[str, tuple[SegmentSpeed | AreaSpeed, ...]], ...] = (
        ("segments", request.segments),
        ("areas", request.areas),
    )
    for name, parts in named:
        for i, part in enumerate(parts):
            if part.kmh != 0 and not SLOWEST_KMH <= part.kmh <= FASTEST_KMH:
                raise InvalidRequest(
                    f"{part.kmh:g} km/h is no speed.",
                    at=f"{name}[{i}].kmh",
                    cure=f"Give {SLOWEST_KMH:g} to {FASTEST_KMH:g} km/h, or 0 to close it.",
                    code="bad-speed",
                    value=part.kmh,
                )


def check_consistent(live: LiveStreets, request: TrafficRequest) -> None:
    """Raises InvalidRequest for an area without roads and for two speeds of one segment."""
    told: dict[SegKey, tuple[float, str]] = {}
    for i, part in enumerate(request.areas):
        inside = live.segments_in(part.area)
        if not inside:
            raise _no_roads(live, part, f"areas[{i}]")
        for key in inside:
            _tell(told, key, part.kmh, f"areas[{i}]")
    for i, segment in enumerate(request.segments):
        _tell(told, (segment.a, segment.b), segment.kmh, f"segments[{i}]")


def _tell(told: dict[SegKey, tuple[float, str]], key: SegKey, kmh: float, at: str) -> None:
    known, where = told.setdefault(key, (kmh, at))
    if known != kmh:
        raise InvalidRequest(
            f"The segment {key} would have {kmh:g} km/h, but {known:g} km/h by {where}.",
            at=at,
            cure="Give one speed for a segment, or two reports: the latest holds.",
            code="contradictory-speeds",
            value=list(key),
        )


def _no_roads(live: LiveStreets, part: AreaSpeed, at: str) -> InvalidRequest:
    slip = " Its lon and lat look swapped." if live.segments_in(part.area.swapped()) else ""
    return InvalidRequest(
        f"No road of the city has the middle of a segment in the area.{slip}",
        at=f"{at}.area",
        cure="Give an area of the city in WGS-84, positions as [lon, lat].",
        code="empty-area",
    )
