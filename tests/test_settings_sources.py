"""Settings from the environment, over those of a file, under those of the command line."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from api.cli import main
from api.settings import Settings, read_settings
from api.settings_sources import OTHERS, PREFIX, variables_of
from dispatch.errors import InvalidRequest

if TYPE_CHECKING:
    from pathlib import Path

STORE = '[{ id = "st_9", name = "By the sea", lat = 60.1699, lon = 24.9415 }]'


def written(folder: Path, text: str) -> Path:
    path = folder / "dispatch.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_variable_wins_over_the_file_and_an_option_over_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "port = 1\nseed = 1\nworkers = 1")
    monkeypatch.setenv("DISPATCH_PORT", "2")
    monkeypatch.setenv("DISPATCH_SEED", "2")
    settings = read_settings(path, port=3)
    assert (settings.port, settings.seed, settings.workers) == (3, 2, 1)


def test_every_kind_of_setting_can_be_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {
        "CITY": "somewhere",
        "SEARCH_SECONDS": "0.5",
        "WEBHOOKS_ALLOW_LOOPBACK": "true",
        "CLOCK_START": "2026-11-23T09:00:00+02:00",
        "LOG_FORMAT": "json",
        "STORE": STORE,
    }
    for name, value in variables.items():
        monkeypatch.setenv(f"DISPATCH_{name}", value)
    settings = read_settings(None)
    assert str(settings.city) == "somewhere"
    assert settings.search_seconds == 0.5
    assert settings.webhooks_allow_loopback
    assert settings.clock_start is not None
    assert settings.log_format == "json"
    assert list(settings.stores()) == ["st_9"]


def test_figures_of_the_policy_are_laid_over_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "[policy]\nhandover_s = 90\nquote_buffer = 0.1")
    monkeypatch.setenv("DISPATCH_POLICY__HANDOVER_S", "75")
    monkeypatch.setenv("DISPATCH_POLICY__RESERVE_SHARE", "0.25")
    policy = read_settings(path).policy_values()
    assert (policy.handover_s, policy.quote_buffer, policy.reserve_share) == (75, 0.1, 0.25)


def test_the_file_can_be_named_by_a_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "port = 1")
    monkeypatch.setenv("DISPATCH_CONFIG", str(path))
    assert read_settings(None).port == 1
    other = tmp_path / "other.toml"
    other.write_text("port = 2")
    assert read_settings(other).port == 2


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("DISPATCH_PORCH", "1", "DISPATCH_PORCH names no setting; did you mean DISPATCH_PORT?"),
        ("DISPATCH_QQQ", "1", r"DISPATCH_QQQ names no setting\."),
        ("DISPATCH_STORE__ID", "st_1", "DISPATCH_STORE__ID names no setting"),
        # As Kubernetes makes it for a service that is called dispatch.
        ("DISPATCH_PORT", "tcp://10.0.0.1:80", "settings: DISPATCH_PORT: .*valid integer"),
        ("DISPATCH_POLICY__HANDOVER", "1", "DISPATCH_POLICY: .*handover_s"),
        ("DISPATCH_STORE", "st_1", "DISPATCH_STORE is not TOML"),
        ("DISPATCH_STORE", "[{}]", "DISPATCH_STORE.0.id: Field required"),
    ],
)
def test_what_variables_may_not_say(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, message: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidRequest, match=message):
        read_settings(None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("porch = 1", "porch: .*did you mean port?"),
        ("[[store]]\nid = 'st_1'\nname = 'x'\nlatt = 1\nlon = 1", "store.0.latt: .*mean lat?"),
        ("[[calendar]]\ncountri = 'FI'", "calendar.0.countri: .*mean country?"),
        (
            "[[service]]\nname = 'x'\nclock = { kind = 'wall', secnds = 5 }",
            "service.0.clock.wall.secnds: .*mean seconds?",
        ),
        ("qqqq = 1", r"qqqq: Extra inputs are not permitted\."),
    ],
)
def test_a_key_that_is_none_is_told_with_the_one_that_was_meant(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(InvalidRequest, match=message):
        read_settings(written(tmp_path, text))


def test_a_file_is_not_blamed_for_a_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPATCH_PORT", "x")
    with pytest.raises(InvalidRequest) as told:
        read_settings(written(tmp_path, "seed = 1"))
    assert "dispatch.toml" not in str(told.value)


def test_variables_that_are_none_of_the_settings_are_left_alone() -> None:
    environ = dict.fromkeys([*OTHERS, "PATH", "DISPATCHED", "dispatch_port"], "x")
    assert variables_of(environ, Settings.model_fields) == {}
    names = {name.removeprefix(PREFIX).lower() for name in OTHERS}
    assert not names & Settings.model_fields.keys()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("shed_after_s = 20", "refuse_after_s: .*10.0 is less than shed_after_s, which is 20.0"),
        ("refuse_all_after_s = 9.9", "refuse_all_after_s: .*less than refuse_after_s"),
        ("shed_after_s = 0", "shed_after_s: .*greater than 0"),
        ("log_format = 'xml'", "log_format: .*json"),
    ],
)
def test_what_is_given_up_first_has_the_lowest_bound(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(InvalidRequest, match=message):
        read_settings(written(tmp_path, text))
    same = "shed_after_s = 5\nrefuse_after_s = 5\nrefuse_all_after_s = 5"
    assert read_settings(written(tmp_path, same)).refuse_all_after_s == 5


@pytest.fixture
def checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> object:
    """Checks settings by the command, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(text: str) -> tuple[int, list[str]]:
        words = ["dispatch", "config", "check", "--json", "--config", str(written(tmp_path, text))]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as ended:
            main()
        ((_, faults),) = json.loads(capsys.readouterr().out).items()
        return int(ended.value.code or 0), [f"{each['at']}: {each['what']}" for each in faults]

    return run


def test_settings_that_a_service_starts_with_are_sound(checked: object) -> None:
    assert callable(checked)
    assert checked("port = 0") == (0, [])


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("porch = 1", "dispatch.toml: porch"),
        ("city = '.'", ": "),
        ("[[store]]\nid = 'st_1'\nname = 'x'\nlat = 61\nlon = 25", "store[0]: "),
        ("db = 'sqlite:///nowhere/dispatch.db'", "db: The folder of the database, "),
        ("[[calendar]]\nfile = 'nowhere.toml'", "nowhere.toml: "),
    ],
)
def test_what_a_service_would_not_start_with_is_told(checked: object, text: str, at: str) -> None:
    assert callable(checked)
    code, faults = checked(text)
    assert code == 2
    assert len(faults) == 1
    assert at in faults[0]


def test_no_password_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISPATCH_DB", "postgresql://me:secret@localhost/zone")
    monkeypatch.setattr(sys, "argv", ["dispatch", "config", "show"])
    with pytest.raises(SystemExit):
        main()
    shown = capsys.readouterr().out
    assert 'db = "postgresql://me@localhost/zone"' in shown
    assert "secret" not in shown
