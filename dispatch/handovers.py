"""Where and when goods can be handed over: at the desk, or at reception instead."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dispatch.hours import Week, every_day
from dispatch.interiors import RECEPTION, Badge
from dispatch.places import Place

if TYPE_CHECKING:
    from dispatch.insides import Insides
    from dispatch.interiors import Interior


@dataclass(frozen=True, slots=True)
class Handover:
    """
    Where goods for a desk are handed over at a moment.

    ``reason`` is empty at the desk itself, ``closed`` where the desk or its building takes
    nothing then, ``refused`` where couriers may not pass to it.
    """

    place: Place
    reason: str = ""


def week_of(insides: Insides, place: Place, own: Week | None = None) -> Week:
    """
    Returns when a desk takes deliveries: its department's hours and delivery window, and the
    building's; where nobody said the building's hours, the assumed ones, every day.

    ``own`` are hours known of the desk itself, such as those of an office on the map. Raises
    CityError as `Insides.check_floor` does, ValueError for a place on the street.
    """
    if place.building is None:
        raise ValueError(f"Expected a place in a building, got {place}.")
    building = insides.check_floor(place.building, place.floor)
    interior = insides.interior(place.building)
    week = interior.hours or building.hours or every_day(building.opens, building.closes)
    department = interior.department(place.floor, place.desk)
    limits = [own, interior.access.hours]
    if department is not None:
        limits += [department.hours, department.access.hours]
    for limit in limits:
        week = week if limit is None else week.overlap(limit)
    return week


def handover(
    insides: Insides, place: Place, weekday: int, second: int, own: Week | None = None
) -> Handover:
    """
    Returns where goods for a desk are handed over at a second of a local day, Monday 0.

    A desk that is closed stays the place where reception is closed too, or takes no goods:
    then somebody has to wait. Raises as `week_of` does.
    """
    is_open = week_of(insides, place, own).is_open(weekday, second)
    interior = insides.interior(str(place.building))
    instead = replace(place, floor=interior.reception.floor, desk=RECEPTION)
    if instead == place:
        return Handover(place)
    if is_refused(interior, place):
        return Handover(instead, "refused")
    if not is_open and _takes_goods(interior, weekday, second):
        return Handover(instead, "closed")
    return Handover(place)


def reception_of(insides: Insides, place: Place, weekday: int, second: int) -> Place | None:
    """
    Returns where reception takes goods for a desk at a second of a local day, Monday 0.

    None where it does not then, or the desk is there itself. Raises as `week_of` does.
    """
    interior = insides.interior(str(place.building))
    instead = replace(place, floor=interior.reception.floor, desk=RECEPTION)
    if instead == place or not week_of(insides, instead).is_open(weekday, second):
        return None
    return instead if _takes_goods(interior, weekday, second) else None


def _takes_goods(interior: Interior, weekday: int, second: int) -> bool:
    """Returns whether reception takes goods then: it does so at all, and somebody is there."""
    hours = interior.reception.hours or interior.hours
    staffed = hours is None or hours.is_open(weekday, second)
    return interior.reception.takes_goods and staffed


def is_refused(interior: Interior, place: Place) -> bool:
    """Returns whether couriers may not go to a desk, so that reception takes its goods."""
    department = interior.department(place.floor, place.desk)
    doors = [interior.access] if department is None else [interior.access, department.access]
    return any(access.badge is Badge.REFUSED for access in doors)
