"""
The calendars of a zone as it opens, and what is not yet published in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from api.settings import Settings
from dispatch.calendars import Calendar, day_of, local
from dispatch.city import City
from dispatch.errors import InvalidRequest
from dispatch.promising import promised
from dispatch.state import State

AHEAD = timedelta(days=2 * 365)
"""How far ahead a calendar reaches at least, from when the zone opens."""

LAST = date(2100, 12, 31)
"""But no farther than this: no table of holidays does."""

PUBLISHED = timedelta(days=60)
"""How far ahead a calendar shall be published; before that somebody is warned."""


def open_calendars(settings: Settings, city: City, state: State, now: int) -> dict[str, Calendar]:
    """
    Returns the calendars of the settings by name, the usual one first.

    They reach from the oldest open order to two years ahead. Raises InvalidRequest for calendars
    that cannot be made, and for a service whose clock has none, or one nobody declared.
    """
    placed = [state.orders[drop.order].placed_at for drop in state.open_drops()]
    first = local(min([now, *placed]), city.timezone).date()
    last = min(LAST, local(now, city.timezone).date() + AHEAD)
    found: dict[str, Calendar] = {}
    for i, declared in enumerate(settings.calendar):
        calendar = declared.compile(city.country, city.timezone, first, last)
        if calendar.name in found:
            raise InvalidRequest(
                f"There are two calendars {calendar.name!r}.",
                at=f"calendar.{i}.name",
                cure="Give each a name of its own.",
                code="calendar-twice",
                value=calendar.name,
            )
        found[calendar.name] = calendar
    for service in settings.services().values():
        try:
            promised(service, now, found)
        except InvalidRequest as error:
            error.at = f"service {service.name}: {error.at}"
            raise
    return found


def unpublished(calendars: Mapping[str, Calendar], now: int) -> Iterator[str]:
    """Yields a sentence for each calendar that is not published for the next sixty days."""
    for calendar in calendars.values():
        until = day_of(calendar, now) + PUBLISHED
        if calendar.provisional_from is not None and calendar.provisional_from <= until:
            yield (
                f"The calendar {calendar.name} is not yet published from "
                f"{calendar.provisional_from} on: promises due then are provisional."
            )
        if calendar.last < until:
            yield f"The calendar {calendar.name} ends on {calendar.last}: restart the service."
