"""What a service promises to an order placed now, and what a corrected calendar does to it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from dispatch.calendar_files import CalendarFile, calendar_of
from dispatch.clocks import pause_order, resume_order
from dispatch.errors import InvalidRequest
from dispatch.promises import SPECIAL, STANDARD, Service, WorkingDays
from dispatch.promising import OFFICE_HOURS, promised, recalculated, weekdays
from tests.little_city import HOUR, NOW, LittleZone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dispatch.calendars import Calendar

DAY = 24 * HOUR

TUESDAY_FIVE = NOW + DAY + 7 * HOUR
"""The close of business on the working day after Monday ten o'clock."""


def calendars(*holidays: date, name: str = "office") -> Mapping[str, Calendar]:
    """Returns a zone's calendars: weekdays in 2026 without these days."""
    named = tuple((day, "Day off") for day in holidays)
    table = CalendarFile(years=(2026,), rest_days=(5, 6), holidays=named)
    return {name: calendar_of(table, name, "Europe/Helsinki", OFFICE_HOURS)}


def standard_zone() -> LittleZone:
    zone = LittleZone()
    zone.dispatcher.calendars = calendars()
    zone.standard(3)
    return zone


def corrected(zone: LittleZone, *holidays: date, name: str = "office") -> list[int | None]:
    """Lets the calendar be corrected; returns the new deadlines told of."""
    zone.dispatcher.calendars = calendars(*holidays, name=name)
    events = tuple(recalculated(zone.state, zone.dispatcher.calendars, zone.now))
    zone.dispatcher.record(zone.now, *events)
    return [event.deadline for event in events]


def test_a_promise_names_the_version_it_is_counted_by() -> None:
    own = calendars()
    service = LittleZone().state.services[STANDARD]
    promise, deadline, promise_s = promised(service, NOW, own)
    assert promise.calendar == own["office"].version
    assert (deadline, promise_s) == (TUESDAY_FIVE, TUESDAY_FIVE - NOW)


def test_a_clock_that_starts_later_has_a_time_but_no_deadline_yet() -> None:
    service = LittleZone().state.services[SPECIAL]
    promise, deadline, promise_s = promised(service, NOW, {})
    assert (promise.calendar, deadline, promise_s) == ("", None, 1320)


def test_a_zone_without_calendars_knows_weekdays_in_office_hours() -> None:
    service = LittleZone().state.services[STANDARD]
    # 31 days later it is Christmas Eve, a Thursday: Friday, a holiday, counts as any other.
    _, deadline, _ = promised(service, NOW + 31 * DAY, weekdays("Europe/Helsinki"))
    assert deadline == TUESDAY_FIVE + 31 * DAY


@pytest.mark.parametrize(
    ("service", "code"),
    [
        (Service("x", WorkingDays(1), False, False), "no-calendar"),
        (Service("x", WorkingDays(1), False, False, calendar="there"), "unknown-calendar"),
    ],
)
def test_a_clock_without_its_calendar_promises_nothing(service: Service, code: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        promised(service, NOW, {})
    assert error.value.code == code


def test_a_corrected_calendar_moves_what_is_open_and_only_once() -> None:
    zone = standard_zone()
    assert corrected(zone) == []
    zone.urgent(3)
    tuesday = date(2026, 11, 24)
    assert corrected(zone, tuesday) == [TUESDAY_FIVE + DAY]
    assert zone.state.orders["o_1"].deadline == TUESDAY_FIVE + DAY
    assert corrected(zone, tuesday) == []
    # Another day off on the other side of the year is another version, and moves nothing.
    assert corrected(zone, tuesday, date(2026, 1, 1)) == [TUESDAY_FIVE + DAY]


def test_a_breach_stays_whatever_calendars_say_later() -> None:
    zone = standard_zone()
    zone.now = TUESDAY_FIVE + 1
    zone.dispatcher.notice(zone.now)
    assert zone.state.orders["o_1"].breached_at == zone.now
    assert corrected(zone, date(2026, 11, 24)) == []


def test_a_paused_promise_is_pinned_anew_and_runs_by_the_new_calendar() -> None:
    zone = standard_zone()
    zone.now += HOUR
    pause_order(zone.dispatcher, "o_1", "later", zone.now)
    assert corrected(zone, date(2026, 11, 24)) == [None]
    zone.now += HOUR
    # Wednesday at five, and the hour of business in which it stood still: Thursday at ten.
    deadline = resume_order(zone.dispatcher, "o_1", zone.now).deadline
    assert deadline == TUESDAY_FIVE + 2 * DAY - 7 * HOUR


def test_a_promise_that_is_put_off_into_an_unpublished_year_is_provisional() -> None:
    zone = LittleZone()
    new_year = date(2027, 1, 1)
    table = CalendarFile(years=(2026, 2027), rest_days=(5, 6), provisional_from=new_year)
    zone.dispatcher.calendars = {"c": calendar_of(table, "c", "Europe/Helsinki", OFFICE_HOURS)}
    # A Wednesday, 37 days later: due on New Year's Eve.
    zone.now += 37 * DAY
    zone.standard(3)
    order = zone.state.orders["o_1"]
    assert (order.deadline, order.promise.provisional) == (TUESDAY_FIVE + 37 * DAY, False)
    pause_order(zone.dispatcher, "o_1", "later", zone.now)
    zone.now += HOUR
    order = resume_order(zone.dispatcher, "o_1", zone.now)
    assert (order.deadline, order.promise.provisional) == (TUESDAY_FIVE + 38 * DAY - 7 * HOUR, True)


def test_a_promise_whose_calendar_is_gone_is_counted_by_the_usual_one() -> None:
    zone = standard_zone()
    assert corrected(zone, date(2026, 11, 24), name="other") == [TUESDAY_FIVE + DAY]
    pinned = zone.state.orders["o_1"].promise.calendar
    assert pinned == zone.dispatcher.calendars["other"].version
