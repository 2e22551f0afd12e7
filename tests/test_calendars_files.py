"""Tables of holidays: the shipped one, those of other countries, a supplier's changes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.calendar_compile import (
    compile_calendar,
    compile_table,
    shipped_path,
    shipped_table,
    table_text,
)
from dispatch.calendar_files import USUAL_HOURS, CalendarFile, calendar_of, overlay
from dispatch.calendar_reading import check_calendar, read_calendar_file
from dispatch.calendars import hours_of, is_provisional, is_working
from dispatch.errors import InvalidRequest

SHANGHAI = "Asia/Shanghai"
ROOT = Path(__file__).parents[1]
TABLE = shipped_table("cn")
assert TABLE is not None
CHINA = TABLE
NINE, NOON, SIX = 9 * 3600, 12 * 3600, 18 * 3600


def read(text: str) -> CalendarFile:
    """Returns what text says that has no fault."""
    found, faults = check_calendar(text, "my.toml")
    assert faults == ()
    return found


def only_fault(text: str) -> InvalidRequest:
    """Returns the one fault of a text; it says where and how to mend it."""
    _, (fault,) = check_calendar(text, "my.toml")
    assert fault.code == "bad-calendar"
    assert fault.at.startswith("my.toml")
    assert fault.cure
    return fault


def test_the_shipped_table_is_the_one_that_was_checked() -> None:
    # Checked day by day against a second source for 2024 to 2026 when it was compiled. A new
    # table needs that again, and a line in CHANGELOG.md.
    digest = hashlib.sha256(shipped_path("cn").read_bytes()).hexdigest()
    assert digest == "2e525c1c14799d94d3a3b31decfd519f90144390f76ca10dad723101df83463e"


def test_the_shipped_calendar_keeps_its_version() -> None:
    # Promises on disk name it.
    assert compile_calendar("cn", [2026], SHANGHAI).version == "cn-3ca0b3ebe656"


def test_the_locked_package_compiles_the_shipped_table_to_the_byte() -> None:
    locked = re.search(r"^holidays==(\S+)", (ROOT / "requirements.lock").read_text(), re.M)
    assert locked is not None
    assert locked[1] == version("holidays")
    text = table_text(compile_table("cn", range(2024, 2029)))
    assert text.encode() == shipped_path("cn").read_bytes()


def test_a_table_reads_back_as_it_was_written() -> None:
    assert read(table_text(CHINA)) == CHINA
    odd = replace(CHINA, holidays=((date(2026, 5, 4), 'A "day" \\ of\trest'),))
    assert read(table_text(odd)) == odd


def test_a_year_without_published_make_up_days_is_provisional() -> None:
    assert CHINA.provisional_from == date(2027, 1, 1)
    assert compile_table("cn", range(2024, 2027)).provisional_from is None
    assert compile_table("cn", range(2028, 2030)).provisional_from == date(2028, 1, 1)


def test_a_country_that_moves_no_days_by_decree_is_never_provisional() -> None:
    assert compile_table("fi", range(2026, 2030)).provisional_from is None


def test_helsinki_rests_on_the_holidays_of_finland() -> None:
    finland = compile_calendar("fi", range(2026, 2028), "Europe/Helsinki")
    # Independence Day 2027 is a Monday, Midsummer Eve 2026 is Friday 19 June.
    assert not is_working(finland, date(2027, 12, 6))
    assert not is_working(finland, date(2026, 6, 19))
    assert is_working(finland, date(2026, 6, 18))
    assert finland.name == "fi"


def test_a_country_rests_on_the_days_it_rests_on() -> None:
    israel = compile_calendar("il", [2026], "Asia/Jerusalem")
    # Friday and Sunday, 9 and 11 January 2026.
    assert not is_working(israel, date(2026, 1, 9))
    assert is_working(israel, date(2026, 1, 11))


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    # Epiphany, Tuesday 6 January 2026, is kept in Bavaria and not in Berlin.
    assert not is_working(compile_calendar("de-by", [2026], "Europe/Berlin"), date(2026, 1, 6))
    assert is_working(compile_calendar("de-be", [2026], "Europe/Berlin"), date(2026, 1, 6))


@pytest.mark.parametrize(
    ("country", "what", "cure"),
    [
        ("xx", "no holidays of 'XX'", "ISO 3166"),
        ("", "no holidays of ''", "ISO 3166"),
        ("../cn", "no holidays of '../CN'", "ISO 3166"),
        ("de-byy", "DE has no part 'BYY'", "Did you mean DE-BY?"),
        ("fi-qq", "FI has no part 'QQ'", "Leave it out: FI."),
    ],
)
def test_an_unknown_country_is_told(country: str, what: str, cure: str) -> None:
    with pytest.raises(InvalidRequest, match=re.escape(what)) as told:
        compile_calendar(country, [2026], "UTC")
    assert cure in told.value.cure


def test_years_the_package_does_not_know_are_told_not_left_empty() -> None:
    with pytest.raises(InvalidRequest, match="are known for 1950 to 2100 only"):
        compile_table("cn", [2026, 2101])
    with pytest.raises(InvalidRequest, match="No years"):
        compile_table("cn", [])


def test_an_unknown_time_zone_is_told() -> None:
    for name in ("Asia/Peking", "../etc/passwd", ""):
        with pytest.raises(InvalidRequest, match="is no time zone"):
            calendar_of(CHINA, "cn", name)


def test_a_supplier_changes_hours_days_and_what_is_published() -> None:
    changes = read(
        """
        country = "CN"
        hours = ["13:00-18:00", "09:00-12:00"]
        provisional_from = 2028-01-01
        [week]
        Sa = ["10:00-14:00"]
        Mo = []
        [holidays]
        2026-11-24 = "Founder's day"
        [working_days]
        2027-02-08 = "Make-up day"
        2026-11-29 = "Stocktaking"
        [hours_of_day]
        2026-11-25 = ["09:00-12:00"]
        """
    )
    mine = compile_calendar("cn", [2026], SHANGHAI, changes=changes, name="mine")
    days = {day: hours_of(mine, date(2026, 11, day)) for day in range(23, 30)}
    assert days == {
        23: (),
        24: (),
        25: ((NINE, NOON),),
        26: USUAL_HOURS,
        27: USUAL_HOURS,
        28: ((10 * 3600, 14 * 3600),),
        # A Sunday has no hours of its own: the usual ones.
        29: USUAL_HOURS,
    }
    assert is_working(mine, date(2027, 2, 8))
    assert not is_provisional(mine, date(2027, 12, 31))
    assert is_provisional(mine, date(2028, 1, 1))
    assert mine.version.startswith("mine-")
    assert mine.named[-1].name == "National Day (observed)"


def test_a_version_changes_with_all_that_moves_a_promise_and_with_nothing_else() -> None:
    plain = calendar_of(CHINA, "cn", SHANGHAI)
    renamed = replace(CHINA, holidays=tuple((day, "Rest") for day, _ in CHINA.holidays))
    assert calendar_of(renamed, "cn", SHANGHAI).version == plain.version
    others = [
        calendar_of(CHINA, "cn", "Asia/Urumqi"),
        calendar_of(CHINA, "cn", SHANGHAI, ((NINE, SIX),)),
        calendar_of(replace(CHINA, provisional_from=None), "cn", SHANGHAI),
        calendar_of(replace(CHINA, holidays=CHINA.holidays[:-1]), "cn", SHANGHAI),
        calendar_of(replace(CHINA, years=CHINA.years[:-1]), "cn", SHANGHAI),
    ]
    assert len({calendar.version for calendar in [plain, *others]}) == 6


def test_a_table_can_be_published_to_its_end() -> None:
    changes = read("provisional_from = 2029-01-01")
    assert compile_calendar("cn", [2026], SHANGHAI, changes=changes).provisional_from is None


def test_a_file_can_add_years_that_follow() -> None:
    changes = read('years = [2029]\n[holidays]\n2029-01-01 = "New Year"')
    calendar = compile_calendar("cn", [2026], SHANGHAI, changes=changes)
    assert calendar.last == date(2029, 12, 31)
    assert not is_working(calendar, date(2029, 1, 1))
    assert is_provisional(calendar, date(2029, 1, 2))


@pytest.mark.parametrize(
    ("text", "what", "at"),
    [
        ("years = [2030]", "[2029] are missing", "years"),
        ('[holidays]\n2029-01-01 = "x"', "2029-01-01 is not covered", "holidays.2029-01-01"),
        ('[working_days]\n2023-12-31 = "x"', "2024 to 2028", "working_days.2023-12-31"),
        ("provisional_from = 2029-01-02", "is not covered", "provisional_from"),
        ("provisional_from = 2023-12-31", "is not covered", "provisional_from"),
        ('country = "FI"', "The file is for FI, the table for CN.", "country"),
    ],
)
def test_what_does_not_fit_the_table_is_told(text: str, what: str, at: str) -> None:
    with pytest.raises(InvalidRequest, match=re.escape(what)) as told:
        overlay(CHINA, read(text))
    assert told.value.at == at
    assert told.value.cure


def test_hours_of_a_day_of_rest_are_told() -> None:
    changes = read('[hours_of_day]\n2026-10-01 = ["09:00-12:00"]')
    with pytest.raises(InvalidRequest, match="2026-10-01 has hours, but is not worked"):
        compile_calendar("cn", [2026], SHANGHAI, changes=changes)
    both = replace(changes, working_days=((date(2026, 10, 1), "On duty"),))
    mine = compile_calendar("cn", [2026], SHANGHAI, changes=both)
    assert hours_of(mine, date(2026, 10, 1)) == ((NINE, NOON),)


@pytest.mark.parametrize(
    ("text", "what", "at"),
    [
        ("hollidays = 3", "no such entry as 'hollidays'", "hollidays"),
        ("country = 1", "Expected a text, got 1", "country"),
        ("years = [2027, 2029]", "leave a gap: [2028]", "years"),
        ("years = []", "Expected years", "years"),
        ("years = [true]", "Expected years", "years"),
        ('provisional_from = "2027-01-01"', "Expected a day", "provisional_from"),
        ("provisional_from = 2027-01-01T00:00:00", "Expected a day", "provisional_from"),
        ('rest_days = ["Sat"]', "'Sat' is no day of the week", "rest_days"),
        ("rest_days = []", "Expected days", "rest_days"),
        ("hours = []", "working day without hours", "hours"),
        ('hours = "9-5"', "Expected hours", "hours"),
        ('hours = ["9-5"]', "'9-5' are no hours", "hours"),
        ('hours = ["09:00-24:01"]', "are no hours", "hours"),
        ('hours = ["09:60-12:00"]', "are no hours", "hours"),
        ('hours = ["12:00-12:00"]', "are no hours", "hours"),
        ('hours = ["09:00-12:01", "12:00-13:00"]', "09:00-12:01 and 12:00-13:00 overlap", "hours"),
        ('[week]\nXa = ["09:00-12:00"]', "'Xa' is no day of the week", "week"),
        ("week = 1", "Expected a table", "week"),
        ('[holidays]\n2027-02-30 = "x"', "'2027-02-30' is no day", "holidays"),
        ('[holidays]\n20270201 = "x"', "'20270201' is no day", "holidays"),
        ('[holidays]\n2027-02-05 = ""', "Expected a text", "holidays.2027-02-05"),
        ("[hours_of_day]\n2027-02-05 = []", "is not worked", "hours_of_day.2027-02-05"),
        (
            '[holidays]\n2027-02-05 = "x"\n[working_days]\n2027-02-05 = "y"',
            "2027-02-05 is a holiday too",
            "working_days.2027-02-05",
        ),
        ('rest_days = ["Sa"]\n[week]\nSa = ["09:00-12:00"]', "Sa has hours", "week.Sa"),
    ],
)
def test_a_faulty_entry_is_told_with_its_place(text: str, what: str, at: str) -> None:
    fault = only_fault(text)
    assert what in fault.what
    assert fault.at == f"my.toml: {at}"
    assert fault.value is not None


def test_a_day_named_twice_is_told() -> None:
    assert "no TOML" in only_fault('[holidays]\n2027-02-05 = "x"\n2027-02-05 = "y"').what


def test_hours_that_touch_do_not_overlap_and_midnight_is_an_end() -> None:
    assert read('hours = ["12:00-24:00", "09:00-12:00"]').hours == ((NINE, NOON), (NOON, 86_400))


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_text('hours = ["a", "b"]\nyeers = 1\n')
    assert len(check_calendar(path.read_text(), "my.toml")[1]) == 3
    with pytest.raises(InvalidRequest, match=r"'yeers'|are no hours"):
        read_calendar_file(path)


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="No such file"):
        read_calendar_file(tmp_path / "none.toml")
    (tmp_path / "odd.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidRequest, match="not UTF-8"):
        read_calendar_file(tmp_path / "odd.toml")


@given(st.text(alphabet='[]="0123456789-:,abc \n', max_size=60))
def test_whatever_is_in_a_file_gives_faults_or_a_calendar_file(text: str) -> None:
    found, faults = check_calendar(text, "my.toml")
    assert isinstance(found, CalendarFile)
    assert all(fault.cure for fault in faults)
