"""Coordinates that people mistyped: out of range, or longitude before latitude."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dispatch.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dispatch.city import City
    from dispatch.geo import Point

MARGIN = 0.5
"""Degrees around a city within which a place is taken for one that is meant to be there."""


def latitude_fault(lat: float) -> str:
    """Returns what is wrong with a latitude, empty if nothing is."""
    if -90 <= lat <= 90:
        return ""
    order = "; it comes first, before the longitude" if -180 <= lat <= 180 else ""
    return f"{lat:g} is no latitude: give degrees from -90 to 90{order}"


def longitude_fault(lon: float) -> str:
    """Returns what is wrong with a longitude, empty if nothing is."""
    return "" if -180 <= lon <= 180 else f"{lon:g} is no longitude: give degrees from -180 to 180"


def check_order(city: City, points: Mapping[str, Point]) -> None:
    """
    Raises InvalidRequest for a point far from the city that would be at it with its latitude and
    longitude swapped; the points go by where they were given.
    """
    bounds = city.bounds
    for at, (lat, lon) in points.items():
        if _is_at(bounds, lon, lat) and not _is_at(bounds, lat, lon):
            raise InvalidRequest(
                f"Latitude {lat:g} and longitude {lon:g} are far from {city.name}; swapped they "
                "are at it.",
                at=at,
                cure=f"Give the latitude first: {lon:g}, {lat:g}.",
                code="swapped-coordinates",
                value=f"{lat:g},{lon:g}",
            )


def _is_at(bounds: tuple[float, float, float, float], lat: float, lon: float) -> bool:
    south, west, north, east = bounds
    return south - MARGIN <= lat <= north + MARGIN and west - MARGIN <= lon <= east + MARGIN
