"""
The whole way from one place to another, leg by leg, with where each figure is known from.

For whoever doubts a promise: what is a fact of the map or of a description, and what is a
default that a site manager could mend.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatch.coordinates import check_order
from dispatch.datum import Datum, to_wgs84
from dispatch.errors import CityError
from dispatch.explained_ride import ride_legs
from dispatch.floors import parse_floors
from dispatch.handovers import is_refused
from dispatch.indoor_figures import Figure
from dispatch.street_bands import band_at, split_band

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dispatch.city import City
    from dispatch.indoor_legs import TracedLeg
    from dispatch.places import DirectoryDesk, Place

TEXTS = {
    "leave": "unlock the bike and set off",
    "park": "park the bike",
    "check_in": "check in at the lobby",
    "badge": "wait to be let in",
    "escort": "wait for somebody who shows the way",
    "walk": "walk",
    "lift": "lift",
    "stairs": "stairs",
    "reception": "couriers may not pass: the goods are left at reception",
}
"""What the courier does, by the kind of leg."""


@dataclass(frozen=True, slots=True)
class Leg:
    """
    A part of a way: what is done, the whole seconds it is planned with, what they are made of.

    The seconds of ``figures`` add up to ``duration_s`` before it was rounded. Where a figure
    is ``assumed`` its source says on what grounds.
    """

    kind: str
    text: str
    duration_s: int
    figures: tuple[Figure, ...]
    from_floor: int | None = None
    to_floor: int | None = None


def explain_way(city: City, a: Place, b: Place, at: int, weekday: int = 0) -> tuple[Leg, ...]:
    """
    Returns the legs of a way that begins at a second of the local day, Monday 0; they add up
    to the seconds of `City.travel_times` in that moment's band.

    Raises CityError as `City.travel_times` does.
    """
    band = band_at(at, weekday)
    lifts, _ = split_band(band)
    way = city.way(a, b, band)
    if a.building is not None and a.building == b.building:
        return (*map(_leg, city.insides.trace_between(a, b, lifts)), *_refusal(city, b))
    if (a.lat, a.lon, a.building) == (b.lat, b.lon, b.building):
        return ()
    leaving = tuple(map(_leg, city.insides.trace_leave(a, lifts)))
    entering = tuple(map(_leg, city.insides.trace_enter(b, lifts)))
    riding = way.duration_s - sum(leg.duration_s for leg in (*leaving, *entering))
    pieces = city.pieces(a, b, band)
    street = [
        Leg(leg.kind, leg.text, leg.duration_s, (leg.figure,))
        for leg in ride_legs(pieces, riding, city.profile)
    ]
    return (*leaving, *street, *entering, *_refusal(city, b))


def read_place(
    city: City,
    text: str,
    desks: Mapping[str, DirectoryDesk] | None = None,
    datum: Datum = Datum.WGS84,
) -> Place:
    """
    Returns the place that a text names: the id of a desk, ``building/floor``, with department
    and desk after it if wanted (``b_12/4/Accounting/4-117``), or ``lat,lon``.

    ``desks`` is the customers' directory, asked before the map's offices; ``datum`` is what
    coordinates are counted in. Raises CityError where the text names nothing, InvalidRequest
    where its coordinates are swapped.
    """
    text = text.strip()
    if desks and text in desks:
        desk = desks[text]
        return city.place(desk.building, desk.floor, desk.name)
    if text in city.offices:
        office = city.offices[text]
        return city.place(office.building, office.floor, office.name)
    building, slash, rest = text.partition("/")
    try:
        if slash:
            floor, _, name = rest.partition("/")
            (level,) = parse_floors(floor)
            return city.place(building, level, name)
        lat, lon = map(float, text.split(","))
    except ValueError as error:
        raise CityError(
            f"{text!r} names no place in {city.name}.",
            at="place",
            cure="Give the id of a desk (k_17), a building and floor (b_12/4), or a latitude "
            "and longitude (60.1693,24.9402).",
            code="unknown-place",
            value=text,
        ) from error
    lat, lon = to_wgs84((lat, lon), datum)
    check_order(city, {"place": (lat, lon)})
    return city.street_place(lat, lon)


def _leg(traced: TracedLeg) -> Leg:
    leg = traced.leg
    return Leg(
        kind=leg.kind,
        text=TEXTS[leg.kind],
        duration_s=leg.duration_s,
        figures=traced.figures,
        from_floor=leg.from_floor,
        to_floor=leg.to_floor,
    )


def _refusal(city: City, place: Place) -> tuple[Leg, ...]:
    """Returns a leg of no seconds that says why the way ends at reception, if it does."""
    if place.building is None:
        return ()
    interior = city.insides.interior(place.building)
    if not is_refused(interior, place):
        return ()
    department = interior.department(place.floor, place.desk)
    access = interior.access if department is None else department.access
    figure = Figure("badge", 0, f"{access.source or interior.access.source}.badge")
    return (Leg("reception", TEXTS["reception"], 0, (figure,)),)
