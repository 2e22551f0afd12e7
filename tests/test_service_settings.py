"""Services and calendars in the settings."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from api.calendar_settings import spans_of
from api.config_commands import settings_as_toml
from api.settings import Settings, read_settings
from dispatch.errors import InvalidRequest
from dispatch.promises import (
    SHIPPED,
    BusinessTime,
    CalendarDays,
    Service,
    Start,
    WallClock,
    WorkingDays,
)

if TYPE_CHECKING:
    from pathlib import Path

OWN = """
[[service]]
name = "two-hour"
clock = { kind = "wall", seconds = 7200 }
urgent = true
negotiable = true

[[service]]
name = "half-day"
clock = { kind = "business", seconds = 14400 }
cut_off = "16:00"
calendar = "office"

[[service]]
name = "standard"
clock = { kind = "working_days", days = 2, until = "24:00" }

[[service]]
name = "survey"
clock = { kind = "calendar_days", days = 7 }
starts = "goods_arrived"
answer_s = 90

[[calendar]]
name = "office"
country = "CN"
hours = ["09:00-12:00", "13:00-18:00"]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "dispatch.toml"
    path.write_text(text, encoding="utf-8")
    return path


def a_service(rest: str) -> str:
    return f'[[service]]\nname = "x"\n{rest}'


def test_without_any_the_shipped_services_are_offered() -> None:
    assert tuple(Settings().services().values()) == SHIPPED


def test_services_add_to_those_shipped_or_replace_them(tmp_path: Path) -> None:
    services = read_settings(written(tmp_path, OWN)).services()
    assert list(services) == ["urgent", "standard", "special", "two-hour", "half-day", "survey"]
    assert services["two-hour"] == Service("two-hour", WallClock(7200), True, True)
    assert services["half-day"] == Service(
        "half-day", BusinessTime(14400), False, False, cut_off=16 * 3600, calendar="office"
    )
    assert services["standard"].clock == WorkingDays(2, at_close=False)
    assert services["survey"] == Service(
        "survey", CalendarDays(7), False, False, starts=Start.GOODS_ARRIVED, answer_s=90
    )
    assert services["urgent"] == SHIPPED[0]


def test_the_hours_of_a_calendar_are_those_said_or_nine_to_five(tmp_path: Path) -> None:
    (said,) = read_settings(written(tmp_path, OWN)).calendar
    (unsaid,) = read_settings(written(tmp_path, "[[calendar]]")).calendar
    assert spans_of(said.hours) == ((9 * 3600, 12 * 3600), (13 * 3600, 18 * 3600))
    assert spans_of(unsaid.hours) == ((9 * 3600, 17 * 3600),)


@pytest.mark.parametrize("text", [OWN, ""])
def test_services_and_calendars_that_are_shown_read_back_the_same(
    tmp_path: Path, text: str
) -> None:
    settings = read_settings(written(tmp_path, text))
    shown = settings_as_toml(settings)
    again = read_settings(written(tmp_path, shown))
    assert again.services() == settings.services()
    assert again.calendar == settings.calendar
    assert "urgent" in [service["name"] for service in tomllib.loads(shown)["service"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (a_service(""), r"service\.0\.clock: Field required"),
        (a_service("clock = 'wall'"), r"service\.0\.clock: "),
        (a_service("clock = { kind = 'lunar' }"), "clock: .*'wall', 'business'"),
        (a_service("clock = { kind = 'wall' }"), r"clock\.wall\.seconds: Field required"),
        (a_service("clock = { kind = 'wall', seconds = 0 }"), "seconds: .*equal to 1"),
        (a_service("clock = { kind = 'wall', seconds = 31536001 }"), "seconds: .*31536000"),
        (a_service("clock = { kind = 'wall', days = 1 }"), "days: Extra inputs"),
        (a_service("clock = { kind = 'working_days', days = -1 }"), "days: .*equal to 0"),
        (a_service("clock = { kind = 'working_days', days = 1, until = 'noon' }"), "24:00"),
        (
            a_service("clock = { kind = 'working_days', days = 1 }\ncut_off = '24:00'"),
            "cut_off: .*'24:00' is no time of a day",
        ),
        (
            a_service("clock = { kind = 'working_days', days = 1 }\ncut_off = 16:00:00"),
            "'16:00:00' is no time of a day.*quotes",
        ),
        (
            a_service("clock = { kind = 'wall', seconds = 60 }\ncut_off = '16:00'"),
            "kind wall runs through the night",
        ),
        (
            a_service("clock = { kind = 'wall', seconds = 60 }\ncalendar = 'fi'"),
            "kind wall needs no calendar",
        ),
        (a_service("clock = { kind = 'wall', seconds = 60 }\nanswer_s = 0"), "answer_s"),
        (a_service("clock = { kind = 'wall', seconds = 60 }\nstarts = 'later'"), "starts"),
        ("[[service]]\nname = 'Two Hours'", r"service\.0\.name: .*pattern"),
        (a_service("clock = { kind = 'wall', seconds = 60 }\n") * 2, "x is there twice"),
        ("[[calendar]]\nhours = ['9-5']", "hours: .*'9-5' are no hours"),
        ("[[calendar]]\nhours = ['09:00-12:00', '11:00-17:00']", "overlap"),
        (
            "[[store]]\nid = 'st_1'\nname = 'x'\nlat = 1\nlon = 1\nhours = ['8']",
            r"store\.0\.hours: .*'8' are no hours",
        ),
        ("[[calendar]]\ncountry = 'Finland'", "country: .*pattern"),
    ],
)
def test_what_services_and_calendars_may_not_say(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        read_settings(written(tmp_path, text))
