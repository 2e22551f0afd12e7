"""Working days, business time and local time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.calendar_compile import compile_calendar
from dispatch.calendar_files import CalendarFile, calendar_of
from dispatch.calendars import (
    Calendar,
    add_business,
    closing_of,
    day_of,
    instant_of,
    is_provisional,
    is_working,
    local,
    measure,
    midnight_after,
    open_spans,
    second_of_day,
    working_day,
)
from dispatch.errors import InvalidRequest

SHANGHAI = "Asia/Shanghai"
HELSINKI = "Europe/Helsinki"
CAIRO = "Africa/Cairo"
FIVE = 17 * 3600
HOUR = 3600

CHINA = compile_calendar("cn", [2026], SHANGHAI)
"""Monday to Friday and make-up days, 09:00 to 12:00 and 13:00 to 18:00."""
FINLAND = compile_calendar("fi", range(2025, 2029), HELSINKI)
ROUND_THE_CLOCK = calendar_of(CalendarFile(years=(2026,), hours=((0, 86_400),)), "always", HELSINKI)


def instant(text: str, timezone: str = HELSINKI) -> int:
    """Returns the Unix second of a local time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone)).timestamp())


def shanghai(text: str) -> int:
    """Returns the Unix second of a time in China."""
    return instant(text, SHANGHAI)


@pytest.mark.parametrize(
    ("day", "following"),
    [
        ("2026-09-30", "2026-10-08"),  # National Day, 1 to 7 October
        ("2026-10-09", "2026-10-10"),  # a Saturday that is worked
        ("2026-10-10", "2026-10-12"),
        ("2026-02-13", "2026-02-14"),  # a Saturday that is worked
        ("2026-02-14", "2026-02-24"),  # Spring Festival, 15 to 23 February
        ("2026-04-30", "2026-05-06"),
        ("2026-09-18", "2026-09-20"),  # a Sunday that is worked
        ("2026-09-24", "2026-09-28"),
        ("2026-12-31", "2027-01-04"),
    ],
)
def test_the_next_working_day_in_china_minds_holidays_and_make_up_days(
    day: str, following: str
) -> None:
    found = working_day(CHINA, date.fromisoformat(day), 1)
    assert found.isoformat() == following
    assert is_provisional(CHINA, found) == (following >= "2027")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-09-30T16:30", "2026-10-08T11:30"),  # 1.5 h before the holiday, 2.5 h after
        ("2026-10-09T17:00", "2026-10-10T12:00"),  # 1 h on Friday, 3 h on Saturday
        ("2026-10-12T10:00", "2026-10-12T15:00"),  # 2 h, lunch, 2 h
        ("2026-10-12T20:00", "2026-10-13T14:00"),  # after hours
    ],
)
def test_four_business_hours_leave_out_nights_lunch_and_holidays(start: str, end: str) -> None:
    assert add_business(CHINA, shanghai(start), 4 * HOUR) == shanghai(end)
    assert measure(CHINA, shanghai(start), shanghai(end)) == 4 * HOUR


def test_the_working_weekends_of_2026_are_those_of_the_notice() -> None:
    # Notice of the State Council for 2026.
    days = [date(2026, 1, 1) + timedelta(days=i) for i in range(365)]
    worked = [f"{day:%m-%d}" for day in days if day.weekday() >= 5 and is_working(CHINA, day)]
    assert worked == ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]


def test_2026_is_published_to_its_last_day_and_2027_provisional_from_its_first() -> None:
    assert not is_provisional(CHINA, date(2026, 12, 31))
    assert is_provisional(CHINA, date(2027, 1, 1))


def test_no_working_day_further_is_the_day_itself_or_the_first_that_is_worked() -> None:
    assert working_day(CHINA, date(2026, 10, 10), 0) == date(2026, 10, 10)
    assert working_day(CHINA, date(2026, 10, 11), 0) == date(2026, 10, 12)


def test_no_business_seconds_further_is_the_instant_itself_by_day_and_by_night() -> None:
    night = shanghai("2026-10-12 23:00")
    assert add_business(CHINA, night, 0) == night
    assert measure(CHINA, night, night) == 0


def test_the_second_of_closing_is_the_last_of_the_day() -> None:
    close = shanghai("2026-10-12 18:00")
    assert add_business(CHINA, close - 1, 1) == close
    assert add_business(CHINA, close - 1, 2) == shanghai("2026-10-13 09:00:01")
    assert closing_of(CHINA, date(2026, 10, 12)) == close
    assert midnight_after(CHINA, date(2026, 10, 12)) == shanghai("2026-10-13 00:00")


def test_a_day_outside_the_table_is_an_error_not_a_guess() -> None:
    assert not is_working(CHINA, date(2028, 12, 31))
    for day in (date(2029, 1, 1), date(2023, 12, 31)):
        with pytest.raises(InvalidRequest, match="covers 2024-01-01 to 2028-12-31") as told:
            is_working(CHINA, day)
        assert told.value.code == "calendar-ends"
        assert told.value.value == day.isoformat()
        assert told.value.cure
    with pytest.raises(InvalidRequest, match="2029-01-01 is not in the calendar"):
        add_business(CHINA, shanghai("2028-12-29 17:59:59"), 2)


def test_business_seconds_are_never_taken_back() -> None:
    with pytest.raises(ValueError, match="at least 0"):
        add_business(CHINA, shanghai("2026-10-12 10:00"), -1)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_on_which_clocks_change_is_as_long_as_it_is(day: str, hours: int) -> None:
    ((opens, closes),) = open_spans(ROUND_THE_CLOCK, date.fromisoformat(day))
    assert closes - opens == hours * HOUR


def test_business_time_over_a_change_of_clocks_is_the_same_on_the_wall() -> None:
    # Friday 15:00 has three hours left, Monday 09:00 gives the fourth; clocks go on on Sunday.
    start, end = instant("2026-03-27 15:00"), instant("2026-03-30 10:00")
    assert add_business(FINLAND, start, 4 * HOUR) == end
    # 67 h on the wall, 66 h in truth.
    assert end - start == 66 * HOUR


def test_hours_that_clocks_skip_or_show_twice_neither_overlap_nor_run_backwards() -> None:
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    # Clocks go from 03:00 to 04:00: all that is skipped is one instant.
    skipped = {instant_of(spring, second, HELSINKI) for second in (10_800, 12_345, 14_400)}
    assert skipped == {instant("2026-03-29 04:00")}
    assert instant_of(spring, 10_799, HELSINKI) == instant("2026-03-29 04:00") - 1
    # They show 03:00 to 04:00 twice: the first is meant, two hours before they show 04:00.
    assert instant("2026-10-25 04:00") - instant_of(autumn, 10_800, HELSINKI) == 2 * HOUR


@given(
    st.sampled_from([date(2026, 3, 29), date(2026, 10, 25), date(2026, 4, 24), date(2026, 10, 30)]),
    st.sampled_from((HELSINKI, CAIRO, "Australia/Lord_Howe", SHANGHAI)),
    st.lists(st.integers(0, 86_400), min_size=2, max_size=12),
)
def test_the_instants_of_a_day_ascend_with_its_seconds(
    day: date, timezone: str, seconds: list[int]
) -> None:
    found = [instant_of(day, second, timezone) for second in sorted(seconds)]
    assert found == sorted(found)


INSTANTS = st.integers(instant("2025-03-01 00:00"), instant("2027-10-31 00:00"))
CALENDARS = st.sampled_from([CHINA, FINLAND])


@given(CALENDARS, INSTANTS, st.integers(0, 200 * HOUR))
def test_what_is_added_is_what_is_measured(calendar: Calendar, start: int, seconds: int) -> None:
    assert measure(calendar, start, add_business(calendar, start, seconds)) == seconds


@given(CALENDARS, INSTANTS, st.integers(1, 200 * HOUR))
def test_added_time_ends_at_the_first_second_that_will_do(
    calendar: Calendar, start: int, seconds: int
) -> None:
    end = add_business(calendar, start, seconds)
    assert measure(calendar, start, end - 1) == seconds - 1


@given(CALENDARS, INSTANTS, INSTANTS, st.integers(0, 90 * HOUR), st.integers(0, 90 * HOUR))
def test_a_later_start_or_more_time_never_ends_earlier(
    calendar: Calendar, one: int, other: int, less: int, more: int
) -> None:
    early, late = sorted((one, other))
    few, many = sorted((less, more))
    assert add_business(calendar, early, few) <= add_business(calendar, late, few)
    assert add_business(calendar, early, few) <= add_business(calendar, early, many)


@given(CALENDARS, INSTANTS, st.integers(0, 90 * HOUR), st.integers(0, 90 * HOUR))
def test_time_added_twice_is_time_added_once(
    calendar: Calendar, start: int, one: int, other: int
) -> None:
    between = add_business(calendar, start, one)
    assert add_business(calendar, between, other) == add_business(calendar, start, one + other)


@cache
def weekdays(timezone: str, close: int) -> Calendar:
    """Returns Monday to Friday from 09:00 on, without holidays."""
    table = CalendarFile(years=tuple(range(1970, 2101)), rest_days=(5, 6))
    return calendar_of(table, "weekdays", timezone, ((9 * HOUR, close),))


def next_end(placed: int, timezone: str, close: int) -> int:
    """Returns when the working day after an order closes."""
    calendar = weekdays(timezone, close)
    return closing_of(calendar, working_day(calendar, day_of(calendar, placed), 1))


@pytest.mark.parametrize(
    ("placed", "due"),
    [
        ("2026-11-23 10:00", "2026-11-24 17:00"),  # Monday
        ("2026-11-26 23:59:59", "2026-11-27 17:00"),  # Thursday, the last second
        ("2026-11-27 00:00", "2026-11-30 17:00"),  # Friday, the first
        ("2026-11-28 12:00", "2026-11-30 17:00"),  # Saturday
        ("2026-11-29 23:59:59", "2026-11-30 17:00"),  # Sunday, the last second
        ("2026-11-30 00:00", "2026-12-01 17:00"),  # Monday, the first
    ],
)
def test_a_standard_order_is_due_at_the_end_of_the_next_working_day(placed: str, due: str) -> None:
    assert next_end(instant(placed), HELSINKI, FIVE) == instant(due)


def test_an_hour_lost_or_won_on_the_way_leaves_the_local_end_of_the_day() -> None:
    spring = next_end(instant("2026-03-27 10:00"), HELSINKI, FIVE)
    autumn = next_end(instant("2026-10-23 10:00"), HELSINKI, FIVE)
    # Friday 10:00 to Monday 17:00 is 79 h on the wall; clocks go forward on 29 March, back on
    # 25 October.
    assert spring - instant("2026-03-27 10:00") == 78 * 3600
    assert autumn - instant("2026-10-23 10:00") == 80 * 3600


def test_a_working_day_without_a_midnight_ends_like_any_other() -> None:
    # In Egypt clocks go from 0:00 to 1:00 on Friday 24 April 2026.
    placed = instant("2026-04-23 12:00", CAIRO)
    assert next_end(placed, CAIRO, FIVE) == instant("2026-04-24 17:00", CAIRO)


def test_the_business_closes_to_the_second() -> None:
    due = next_end(instant("2026-11-23 10:00"), HELSINKI, 16 * 3600 + 31 * 60 + 7)
    assert due == instant("2026-11-24 16:31:07")


def test_seconds_of_the_day_are_those_on_the_wall() -> None:
    assert second_of_day(instant("2026-11-23 10:00:05"), HELSINKI) == 36_005
    # Two hours after midnight the clock shows four: one is skipped at three.
    assert second_of_day(instant("2026-03-29 04:00"), HELSINKI) == 4 * 3600


@given(st.integers(0, 4_000_000_000), st.sampled_from((HELSINKI, CAIRO, "Asia/Shanghai", "UTC")))
def test_the_end_is_on_a_later_working_day_at_closing_time(placed: int, timezone: str) -> None:
    due = local(next_end(placed, timezone, FIVE), timezone)
    assert due.weekday() < 5
    assert (due.hour, due.minute, due.second) == (17, 0, 0)
    assert 1 <= (due.date() - local(placed, timezone).date()).days <= 3
