"""Working days and local time."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.calendars import local, next_working_day_end, second_of_day

HELSINKI = "Europe/Helsinki"
CAIRO = "Africa/Cairo"
FIVE = 17 * 3600


def instant(text: str, timezone: str = HELSINKI) -> int:
    """Returns the Unix second of a local time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone)).timestamp())


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
    assert next_working_day_end(instant(placed), HELSINKI, FIVE) == instant(due)


def test_an_hour_lost_or_won_on_the_way_leaves_the_local_end_of_the_day() -> None:
    spring = next_working_day_end(instant("2026-03-27 10:00"), HELSINKI, FIVE)
    autumn = next_working_day_end(instant("2026-10-23 10:00"), HELSINKI, FIVE)
    # Friday 10:00 to Monday 17:00 is 79 h on the wall; clocks go forward on 29 March, back on
    # 25 October.
    assert spring - instant("2026-03-27 10:00") == 78 * 3600
    assert autumn - instant("2026-10-23 10:00") == 80 * 3600


def test_a_working_day_without_a_midnight_ends_like_any_other() -> None:
    # In Egypt clocks go from 0:00 to 1:00 on Friday 24 April 2026.
    placed = instant("2026-04-23 12:00", CAIRO)
    assert next_working_day_end(placed, CAIRO, FIVE) == instant("2026-04-24 17:00", CAIRO)


def test_the_business_closes_to_the_second() -> None:
    due = next_working_day_end(instant("2026-11-23 10:00"), HELSINKI, 16 * 3600 + 31 * 60 + 7)
    assert due == instant("2026-11-24 16:31:07")


def test_seconds_of_the_day_are_those_on_the_wall() -> None:
    assert second_of_day(instant("2026-11-23 10:00:05"), HELSINKI) == 36_005
    # Two hours after midnight the clock shows four: one is skipped at three.
    assert second_of_day(instant("2026-03-29 04:00"), HELSINKI) == 4 * 3600


@given(st.integers(0, 4_000_000_000), st.sampled_from((HELSINKI, CAIRO, "Asia/Shanghai", "UTC")))
def test_the_end_is_on_a_later_working_day_at_closing_time(placed: int, timezone: str) -> None:
    due = local(next_working_day_end(placed, timezone, FIVE), timezone)
    assert due.weekday() < 5
    assert (due.hour, due.minute, due.second) == (17, 0, 0)
    assert 1 <= (due.date() - local(placed, timezone).date()).days <= 3
