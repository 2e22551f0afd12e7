"""Settings: one TOML file, clear about what is wrong with it."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from api.clock import ManualClock, SystemClock
from api.config_commands import settings_as_toml
from api.settings import EMBEDDED_CITY, Settings, read_settings
from dispatch.errors import InvalidRequest
from dispatch.street_engine import SEARCHES

if TYPE_CHECKING:
    from pathlib import Path

FULL = """
zone = "espoo"
city = "data/espoo"
db = "sqlite:///espoo.db"
host = "::1"
port = 0
clock = "manual"
clock_start = 2026-11-23T09:00:00+02:00
workers = 2
search_seconds = 0.5
seed = 7

[policy]
handover_s = 90
quote_buffer = 0.1

[[store]]
id = "st_a"
name = "Leppävaara"
lat = 60.2190
lon = 24.8130
preparation_s = 180
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "dispatch.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_defaults_are_helsinki_on_loopback() -> None:
    settings = read_settings(None)
    assert settings.city == EMBEDDED_CITY
    assert settings.host == "127.0.0.1"
    assert settings.workers == max(1, (os.cpu_count() or 1) - 1)
    assert settings.policy_values().handover_s == 60
    assert list(settings.stores()) == ["st_1"]


def test_a_file_gives_everything(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, FULL))
    assert settings.zone == "espoo"
    assert settings.stores()["st_a"].preparation_s == 180
    assert settings.policy_values().handover_s == 90
    # What the file leaves out keeps its default.
    assert settings.policy_values().tick_s == 30
    assert settings.clock_start is not None
    assert settings.clock_start.isoformat() == "2026-11-23T09:00:00+02:00"


def test_what_is_given_on_the_command_line_wins(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, "port = 1\nseed = 2"), port=3, host=None)
    assert (settings.port, settings.seed, settings.host) == (3, 2, "127.0.0.1")


@pytest.mark.parametrize("text", [FULL, ""])
def test_settings_that_are_shown_read_back_the_same(tmp_path: Path, text: str) -> None:
    settings = read_settings(written(tmp_path, text))
    shown = read_settings(written(tmp_path, settings_as_toml(settings)))
    assert shown.as_json() == settings.as_json()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("porch = 1", r"dispatch\.toml: porch: Extra inputs"),
        ("port = 70000", "port: .*65535"),
        ("port = 'x'", "port: .*integer"),
        ("host = '0.0.0.0'", "host: .*other machines.*access = .tokens"),
        ("host = 'example.org'", "host: .*loopback"),
        ("db = 'mysql://x/y'", "db: .*sqlite:///.*postgresql"),
        ("clock = 'sundial'", "clock: .*system.*manual"),
        ("clock_start = 2026-11-23T09:00:00", "clock_start: .*timezone"),
        ("search_seconds = nan", "search_seconds: .*finite"),
        ("search_seconds = 0", "search_seconds: .*greater than 0"),
        ("workers = -1", "workers: .*greater than or equal to 0"),
        ("store = []", "store: .*at least 1"),
        ("[policy]\nurgency = 1", r"policy: .*policy\.urgency.*handover_s"),
        ("[policy]\nhandover_s = -1", r"policy: .*policy\.handover_s"),
        ("[policy]\nurgent_s = 1200", r"policy: .*policy\.urgent_s.*\[\[service\]\]"),
        ("[[store]]\nid = 'x'\nname = 'x'\nlat = 1\nlon = 1", "store.0.id: .*st_"),
        ("[[store]]\nid = 'st_1'\nname = 'x'\nlat = 91\nlon = 1", "store.0.lat: .*90"),
        ("profile = 'cargo'", r"profile: .*no profile 'cargo'.*ebike, bicycle, car, foot"),
        ("search = 'fast'", "search: .*auto.*cch.*dijkstra"),
        ("osrm = 'http://h:5000'\nsearch = 'cch'", "search: .*osrm.*leave one of the two out"),
        ("osrm = 'http://h:5000'\nprofile = 'a/b'", "profile: .*'a/b' is no profile"),
        ("osrm = '127.0.0.1:5000'", "osrm: .*'127.0.0.1:5000' is no address"),
        ("osrm = 'ftp://h'", "osrm: .*no address"),
        ("osrm = 'http://'", "osrm: .*no address"),
        ("osrm = 'http://h:70000'", "osrm: .*no address"),
        ("osrm = 'http://u:p@h:5000'", "osrm: .*without user, password"),
        ("osrm = 'http://h/?key=1'", "osrm: .*or query"),
        ("zone", "not TOML"),
    ],
)
def test_what_settings_may_not_say(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        read_settings(written(tmp_path, text))


def test_a_store_is_there_once(tmp_path: Path) -> None:
    store = "[[store]]\nid = 'st_1'\nname = 'x'\nlat = 1\nlon = 1\n"
    with pytest.raises(InvalidRequest, match="st_1 is there twice"):
        read_settings(written(tmp_path, store * 2))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"nowhere\.toml.*No such file"):
        read_settings(tmp_path / "nowhere.toml")


def test_shown_settings_hold_every_setting() -> None:
    shown = tomllib.loads(settings_as_toml(Settings(clock_start=None)))
    # What is not there by itself is shown where it is chosen.
    assert set(Settings.model_fields) - {"clock_start", "osrm", "map_tiles"} <= set(shown)
    tiles = "https://tile.example.org/{z}/{x}/{y}"
    chosen: dict[str, Any] = {"osrm": "http://127.0.0.1:5000", "map_tiles": tiles}
    served = tomllib.loads(settings_as_toml(Settings(**chosen)))
    assert {name: served[name] for name in chosen} == chosen


def test_the_searches_are_those_of_the_engine() -> None:
    for search in SEARCHES:
        assert read_settings(None, search=search).search == search


def test_a_servers_profile_may_have_any_name(tmp_path: Path) -> None:
    text = "osrm = 'https://[::1]:5000/routed-bike'\nprofile = 'driving'"
    settings = read_settings(written(tmp_path, text))
    assert (settings.osrm, settings.profile) == ("https://[::1]:5000/routed-bike", "driving")
    assert settings.search == "auto"


def test_a_manual_clock_moves_forward_only() -> None:
    clock = ManualClock(100)
    clock.move_to(100)
    clock.move_to(130)
    assert clock.now() == 130
    with pytest.raises(ValueError, match="130"):
        clock.move_to(129)


def test_the_system_clock_never_runs_backwards() -> None:
    told = iter([100.9, 99.0, 101.0])
    clock = SystemClock(lambda: next(told))
    assert [clock.now() for _ in range(3)] == [100, 100, 101]
