"""
What a service promises to an order that is placed now, and what a corrected calendar does to it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from dispatch.calendar_files import CalendarFile, calendar_of
from dispatch.errors import InvalidRequest
from dispatch.events import PromiseRecalculated
from dispatch.promise_clocks import Facts, due_of, promise_of, started_at
from dispatch.promise_due import falls_provisional, needs_calendar
from dispatch.promises import Promise, Start

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dispatch.calendars import Calendar, Hours
    from dispatch.orders import Drop, Order
    from dispatch.promises import Service
    from dispatch.state import State

    Calendars = Mapping[str, Calendar]

OFFICE_HOURS: Hours = ((9 * 3600, 17 * 3600),)
"""When a working day is worked where nobody says otherwise: 09:00 to 17:00."""

WEEKDAYS = "weekdays"
"""The name of the calendar that knows no holidays."""


@cache
def weekdays(timezone: str) -> Mapping[str, Calendar]:
    """
    Returns the calendars of a zone that was given none: Monday to Friday in office hours.

    It covers the years 2000 to 2099 and knows no holidays.
    """
    table = CalendarFile(years=tuple(range(2000, 2100)), rest_days=(5, 6))
    return {WEEKDAYS: calendar_of(table, WEEKDAYS, timezone, OFFICE_HOURS)}


def calendar_named(name: str, calendars: Calendars) -> Calendar | None:
    """
    Returns the calendar of a name, the zone's first for an empty one, None where it has none.

    Raises InvalidRequest for a name nobody declared.
    """
    if not name:
        return next(iter(calendars.values()), None)
    if name not in calendars:
        raise InvalidRequest(
            f"There is no calendar {name!r}.",
            at="calendar",
            cure=f"Choose from {', '.join(calendars)}, or declare it as a [[calendar]]."
            if calendars
            else "Declare it in the settings as a [[calendar]].",
            code="unknown-calendar",
            value=name,
        )
    return calendars[name]


def calendar_pinned(promise: Promise, calendars: Calendars) -> Calendar | None:
    """Returns the calendar a promise is counted by, None where it needs none or it is not here."""
    if not needs_calendar(promise):
        return None
    return next((c for c in calendars.values() if c.version == promise.calendar), None)


def promised(service: Service, now: int, calendars: Calendars) -> tuple[Promise, int | None, int]:
    """
    Returns the promise of a service, its deadline, and the seconds promised.

    The deadline is None where the clock starts later. Raises InvalidRequest where the clock needs a
    calendar and there is none, or the calendar ends too early.
    """
    calendar = calendar_named(service.calendar, calendars)
    promise = promise_of(service, calendar, now)
    end = due_of(promise, now, (), calendar)
    assert end is not None, "A clock that started and never stood still has an end."
    return promise, end if service.starts is Start.PLACED else None, end - now


def facts_of(order: Order, drops: Sequence[Drop]) -> Facts:
    """Returns what happened to an order that its clocks count; ``drops`` are its own."""
    closed_at = None
    if order.cancelled_at is None and not any(drop.status.is_open for drop in drops):
        closed_at = max(drop.closed_at or order.placed_at for drop in drops)
    return Facts(
        placed_at=order.placed_at,
        goods_arrived_at=order.goods_arrived_at,
        answered_at=order.answered_at,
        pauses=order.pauses,
        closed_at=closed_at,
        cancelled_at=order.cancelled_at,
    )


def deadline_of(order: Order, calendar: Calendar | None) -> int | None:
    """Returns when an open order is due, counted from what happened; None: its clock stands."""
    start = started_at(order.promise, Facts(order.placed_at, order.goods_arrived_at))
    return due_of(order.promise, start, order.pauses, calendar)


def recalculated(state: State, calendars: Calendars, now: int) -> Iterator[PromiseRecalculated]:
    """
    Yields an event for each open promise whose calendar has another version now.

    Promises of the wall clock have no calendar, closed and breached ones stay as they were.
    """
    for name in dict.fromkeys(drop.order for drop in state.open_drops()):
        order = state.orders[name]
        if order.breached_at is not None or not needs_calendar(order.promise):
            continue
        calendar = _calendar_of_now(order, state, calendars)
        if calendar is None or calendar.version == order.promise.calendar:
            continue
        before, version = order.promise.calendar, calendar.version
        anew = replace(order, promise=replace(order.promise, calendar=version))
        deadline = deadline_of(anew, calendar)
        yield PromiseRecalculated(
            at=now,
            order=name,
            before=order.deadline,
            deadline=deadline,
            calendar=version,
            reason=f"It is counted by {version}, no longer by {before or 'no calendar'}.",
            provisional=deadline is not None
            and falls_provisional(anew.promise, deadline, calendar),
        )


def _calendar_of_now(order: Order, state: State, calendars: Calendars) -> Calendar | None:
    """Returns the calendar of the pinned name, else of the service, else the zone's first."""
    name = order.promise.calendar.rpartition("-")[0]
    if name not in calendars:
        service = state.services.get(order.service)
        name = service.calendar if service is not None and service.calendar in calendars else ""
    return calendar_named(name, calendars)
