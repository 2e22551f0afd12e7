"""
A courier's route as the phone shows it, and a way in its parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dispatch.orders import StopKind
from dispatch.street_bands import split_band

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dispatch.city import City
    from dispatch.places import Place

Line = tuple[tuple[float, float], ...]
"""(lon, lat) pairs, the order of GeoJSON."""


@dataclass(frozen=True, slots=True)
class RouteStop:
    """
    A stop as the phone shows it; instants in Unix seconds, durations seconds, metres.

    ``travel_s`` is the whole way there; of it, ``leaving_s`` pass before riding off and
    ``entering_s`` after getting off the bike. ``line`` is empty where nobody rides.
    """

    id: str
    kind: StopKind
    drops: tuple[str, ...]
    arrival: int
    start: int
    departure: int
    travel_s: int
    leaving_s: int = 0
    entering_s: int = 0
    distance_m: int = 0
    line: Line = ()

    @property
    def service_s(self) -> int:
        """The time at the place, waiting for goods or a door not counted."""
        return self.departure - self.start


def read_route(body: Mapping[str, Any], now: int) -> tuple[RouteStop, ...]:
    """
    Returns the stops of ``GET /v1/couriers/{id}/route``.

    A stop without a ``way`` takes from the end of the stop before it, or from ``now``.
    """
    stops: list[RouteStop] = []
    for raw in body["stops"]:
        before = stops[-1].departure if stops else now
        stops.append(_read_stop(raw, before))
    return tuple(stops)


def _read_stop(raw: Mapping[str, Any], before: int) -> RouteStop:
    way = raw.get("way") or {}
    arrival = read_instant(raw["arrival"])
    points = (way.get("line") or {}).get("coordinates", ())
    leaving, entering = _split(way.get("inside", ()))
    return RouteStop(
        id=raw["id"],
        kind=StopKind(raw["kind"]),
        drops=tuple(raw["drops"]),
        arrival=arrival,
        start=read_instant(raw["start"]),
        departure=read_instant(raw["departure"]),
        travel_s=int(way.get("duration_s", max(0, arrival - before))),
        leaving_s=leaving,
        entering_s=entering,
        distance_m=int(way.get("distance_m", 0)),
        line=tuple((float(lon), float(lat)) for lon, lat in points),
    )


def _split(inside: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """Returns the seconds before the ride and after it; the bike is parked right after it."""
    kinds = [leg["kind"] for leg in inside]
    parked = kinds.index("park") if "park" in kinds else len(kinds)
    seconds = [int(leg["duration_s"]) for leg in inside]
    return sum(seconds[:parked]), sum(seconds[parked:])


def read_instant(text: str) -> int:
    """Returns Unix seconds of an RFC 3339 instant. Raises ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"Expected an instant with an offset, got {text!r}.")
    return int(moment.timestamp())


def way_in_parts(city: City, a: Place, b: Place, band: str) -> tuple[int, int, int]:
    """Returns the seconds of a way, and of it those of leaving and of entering."""
    whole = int(city.travel_times((a, b), band)[0, 1])
    if a.building is not None and a.building == b.building:
        return whole, 0, whole
    leave, _ = city.insides.off_the_bike((a, b), split_band(band)[0])
    ride = int(city.ride_times((a, b), band)[0, 1])
    leaving = min(int(leave[0]), whole)
    return whole, leaving, max(0, whole - leaving - ride)
