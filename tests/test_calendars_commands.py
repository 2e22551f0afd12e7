"""The commands around calendars, run as users run them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.cli import main
from dispatch.calendar_compile import shipped_path

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def calendar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command, run in an empty folder; its exit code, what it said, and what went wrong."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dispatch", "calendar", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return run


def test_a_year_is_shown_with_what_is_known_of_it(calendar: Command) -> None:
    code, told, _ = calendar("show", "cn", "--year", "2026")
    assert code == 0
    assert "cn-3ca0b3ebe656, Asia/Shanghai" in told
    assert "published" in told
    assert "Make-up day for 2026-10-07" in told
    assert "2027" not in told


def test_2027_is_shown_as_provisional(calendar: Command) -> None:
    _, told, _ = calendar("show", "cn", "--year", "2027")
    assert "PROVISIONAL" in told
    code, text, _ = calendar("show", "CN", "--json")
    shown = json.loads(text)
    assert code == 0
    assert shown["provisional_from"] == "2027-01-01"
    assert {y["year"]: y["provisional"] for y in shown["years"]} == {
        2024: False,
        2025: False,
        2026: False,
        2027: True,
        2028: True,
    }


def test_the_working_days_of_2026_add_up(calendar: Command) -> None:
    _, text, _ = calendar("show", "cn", "--year", "2026", "--json")
    (year,) = json.loads(text)["years"]
    # 365 days, 104 of them at weekends; 19 holidays fall on weekdays, 6 weekend days are worked.
    weekdays = [h for h in year["holidays"] if h["weekday"] not in ("Sa", "Su")]
    assert len(weekdays) == 19
    assert len(year["make_up_days"]) == 6
    assert year["working_days"] == 365 - 104 - 19 + 6


def test_a_country_without_a_table_is_compiled_for_the_year_asked(calendar: Command) -> None:
    code, text, _ = calendar("show", "fi", "--year", "2031", "--json")
    shown = json.loads(text)
    assert code == 0
    assert shown["timezone"] == "Europe/Helsinki"
    assert [y["year"] for y in shown["years"]] == [2031]
    assert shown["years"][0]["holidays"][0] == {
        "day": "2031-01-01",
        "weekday": "We",
        "name": "New Year's Day",
    }


def test_a_suppliers_changes_are_shown(calendar: Command) -> None:
    Path("my.toml").write_text('[working_days]\n2027-01-03 = "Stocktaking"\n')
    _, told, _ = calendar("show", "cn", "--year", "2027", "--file", "my.toml")
    assert "Stocktaking" in told
    assert "cn-3ca0b3ebe656" not in told


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("show", "xx"), "There are no holidays of 'XX'"),
        (("show", "cn", "--timezone", "Asia/Peking"), "is no time zone"),
        (("show", "cn", "--file", "none.toml"), "cannot be read"),
        (("show", "cn", "--year", "2200"), "known for 1950 to 2100"),
        (("compile", "cn", "2028", "2024"), "No years"),
        (("compile", "cn", "2026", "2026", "-o", "none/cn.toml"), "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(
    calendar: Command, arguments: tuple[str, ...], what: str
) -> None:
    code, _, wrong = calendar(*arguments)
    assert code == 2
    assert what in wrong
    assert "Traceback" not in wrong


def test_compiling_gives_the_shipped_table(calendar: Command) -> None:
    shipped = shipped_path("cn").read_text()
    assert calendar("compile", "cn", "2024", "2028") == (0, shipped, "")
    assert calendar("compile", "cn", "2024", "2028", "-o", "cn.toml") == (0, "", "")
    assert Path("cn.toml").read_text() == shipped


def test_sound_files_are_sound_and_faulty_ones_told_entry_by_entry(calendar: Command) -> None:
    Path("good.toml").write_text('hours = ["09:00-17:00"]\n')
    Path("bad.toml").write_text("yeers = 1\nrest_days = 2\n")
    code, told, _ = calendar("check", "good.toml", "bad.toml")
    assert code == 2
    assert told.splitlines()[:2] == ["good.toml: sound", "bad.toml: 2 faults"]
    assert "Did you mean years?" in told
    code, text, _ = calendar("check", "bad.toml", "--json")
    assert [fault["at"] for fault in json.loads(text)["bad.toml"]] == [
        "bad.toml: yeers",
        "bad.toml: rest_days",
    ]


def test_a_file_is_checked_against_the_table_of_its_country(calendar: Command) -> None:
    Path("gap.toml").write_text("years = [2031]\n")
    assert calendar("check", "gap.toml")[0] == 0
    code, told, _ = calendar("check", "gap.toml", "--country", "cn")
    assert code == 2
    assert "gap.toml: years" in told
    assert "[2029, 2030] are missing" in told
    Path("gap.toml").write_text('country = "CN"\nyears = [2031]\n')
    assert calendar("check", "gap.toml")[0] == 2
