"""Scenario files: what they say, and what is said of those that cannot be."""

from __future__ import annotations

from datetime import date, time
from typing import TYPE_CHECKING

import pytest

from dispatch.errors import InvalidRequest
from scenarios.scenario import Burst, Family, Profile, Scenario, read_scenario

if TYPE_CHECKING:
    from pathlib import Path


def told(folder: Path, text: str) -> Scenario:
    file = folder / "day.toml"
    file.write_text(text, encoding="utf-8")
    return read_scenario(file)


def fault(folder: Path, text: str) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as found:
        told(folder, text)
    return found.value


def test_an_empty_file_is_the_usual_day(tmp_path: Path) -> None:
    assert told(tmp_path, "") == Scenario()


def test_every_kind_of_value_is_read(tmp_path: Path) -> None:
    text = """
    name = "Wet"
    date = 2026-11-25
    start = 10:30:00
    minutes = 90
    urgent_per_hour = 20
    profile = "flat"
    family = "weather"
    [[burst]]
    after_min = 30
    building = "b_1"
    """
    assert told(tmp_path, text) == Scenario(
        name="Wet",
        date=date(2026, 11, 25),
        start=time(10, 30),
        minutes=90,
        urgent_per_hour=20.0,
        profile=Profile.FLAT,
        family=Family.WEATHER,
        bursts=(Burst(30, building="b_1"),),
    )


def test_a_day_may_have_an_end_instead_of_a_length(tmp_path: Path) -> None:
    assert told(tmp_path, 'start = "08:30"\nend = "17:00"').minutes == 510
    # Days start at nine where nothing is said.
    assert told(tmp_path, "end = 17:00:00").minutes == 480


@pytest.mark.parametrize(
    ("text", "at", "what", "cure", "value"),
    [
        ("courier = 3", "courier", "There is no key 'courier'.", "Did you mean 'couriers'?", 3),
        ("couriers = 0", "couriers", "A world without couriers brings nothing.", "Give 1 to", 0),
        ("couriers = -2", "couriers", "couriers is -2.", "Give 1 to 500.", -2),
        ("minutes = 0", "minutes", "A day that ends before it starts", "Give 1 to 1440.", 0),
        (
            'start = "09:00"\nend = "09:00"',
            "end",
            "The day ends at 09:00, and it starts at 09:00.",
            "Give an end after the start.",
            "09:00",
        ),
        ('minutes = 60\nend = "18:00"', "end", "has minutes and an end", "one of them", "18:00"),
        ("rain = 1.1", "rain", "rain is 1.1.", "Give 0 to 1.", 1.1),
        ("cancelled = -0.1", "cancelled", "cancelled is -0.1.", "Give 0 to 1.", -0.1),
        ("travel_noise = nan", "travel_noise", "travel_noise is nan.", "Give 0 to 1.", None),
        ("urgent_per_hour = -1", "urgent_per_hour", "is -1.0.", "Give 0 to 2000.", -1.0),
        ('couriers = "five"', "couriers", "couriers is 'five'.", "Give a whole number.", "five"),
        ("couriers = true", "couriers", "couriers is True.", "Give a whole number.", True),
        ("couriers = 2.5", "couriers", "couriers is 2.5.", "Give a whole number.", 2.5),
        ("rain = true", "rain", "rain is True.", "Give a number.", True),
        ("name = 3", "name", "name is 3.", "Give a text in quotes.", 3),
        ('name = " "', "name", "The name is empty.", "Give a name.", " "),
        ('profile = "odd"', "profile", "profile is 'odd'.", 'Give "office" or "flat".', "odd"),
        ("family = [1]", "family", "family is [1].", 'Give "lognormal" or "weather".', [1]),
        ('date = "soon"', "date", "date is 'soon'.", "a date like 2026-11-24", "soon"),
        ("start = 9", "start", "start is '9'.", 'a time like "09:00"', 9),
        (
            "couriers = 3\ndropping_out = 2\ncoming_late = 2",
            "dropping_out",
            "Of 3 couriers 4 drop out or come late.",
            "Give fewer of them",
            2,
        ),
        ("burst = 3", "burst", "burst is 3.", "[[burst]]", 3),
        ("[[burst]]\norders = 3", "burst.after_min", "A burst has no after_min.", "Say how", None),
        ("[[burst]]\nafter = 3", "burst.after", "no key 'after'", "'after_min'?", 3),
        ("[[burst]]\nafter_min = 3\norders = 0", "burst.orders", "orders is 0.", "Give 1 to", 0),
        ("minutes = 60\n[[burst]]\nafter_min = 60", "burst.after_min", "60 min", "0 to 59.", 60),
    ],
)
def test_what_is_wrong_is_named_with_its_place_cure_and_value(
    tmp_path: Path, text: str, at: str, what: str, cure: str, value: object
) -> None:
    found = fault(tmp_path, text)
    assert found.at == f"{tmp_path / 'day.toml'}: {at}"
    assert what in found.what
    assert cure in found.cure
    # Not a number is not equal to itself.
    assert found.value == value or found.value != found.value


def test_a_key_like_no_other_is_answered_with_all_there_are(tmp_path: Path) -> None:
    cure = fault(tmp_path, "zzz = 1").cure
    assert cure.startswith("Choose from announced_min, burst, cancelled")


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"couriers = = 3", "This is not TOML"), (b"name = '\xff'", "The file is not UTF-8.")],
)
def test_what_is_no_toml_file_is_told(tmp_path: Path, content: bytes, what: str) -> None:
    file = tmp_path / "day.toml"
    file.write_bytes(content)
    with pytest.raises(InvalidRequest, match=what) as found:
        read_scenario(file)
    assert found.value.at == str(file)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="cannot be read: No such file"):
        read_scenario(tmp_path / "none.toml")


def test_the_bounds_of_a_day_are_its_bounds() -> None:
    assert Scenario(minutes=1440, couriers=1, rain=1.0, cancelled=0.0).minutes == 1440
    with pytest.raises(InvalidRequest, match="minutes is 1441"):
        Scenario(minutes=1441)


def test_a_day_starts_by_the_clock_of_its_zone() -> None:
    # 09:00 on 24 November is 07:00 UTC in Helsinki and 01:00 UTC in Shanghai.
    helsinki, shanghai = (Scenario().starts_at(f) for f in ("Europe/Helsinki", "Asia/Shanghai"))
    assert helsinki - shanghai == 6 * 3600
    assert helsinki == 1_795_503_600
