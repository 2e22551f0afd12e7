"""What an operator is given: unit, Containerfile, alert rules, and word to a supervisor."""

from __future__ import annotations

import asyncio
import re
import shlex
import shutil
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from typer.testing import CliRunner

from api import supervisor
from api.cli import app as command_line
from api.settings import Settings
from api.settings_sources import OTHERS, variables_of
from tests.api_world import service

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "api" / "operations"
UNIT = (FOLDER / "dispatch.service").read_text(encoding="utf-8")
CONTAINERFILE = (FOLDER / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
ALERTS = yaml.safe_load((FOLDER / "alerts.yml").read_text(encoding="utf-8"))
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]


def unit(key: str) -> list[str]:
    """Returns the values of a key of the unit."""
    return re.findall(rf"^{key}=(.*)$", UNIT, re.MULTILINE)


def assert_is_a_command(line: str) -> None:
    """Asserts that words are a command of the program, with options that it has."""
    words = shlex.split(line)
    options = [word for word in words if word.startswith("--")]
    commands = [word for word in words if re.fullmatch("[a-z-]+", word) and word not in options]
    told = CliRunner().invoke(command_line, [*commands, "--help"])
    assert told.exit_code == 0, (line, told.output)
    assert all(option in told.output for option in options), line


def test_the_commands_of_the_unit_exist() -> None:
    lines = [*unit("ExecStartPre"), *unit("ExecStart")]
    assert len(lines) == 2
    for line in lines:
        program, _, words = line.partition(" ")
        assert program == "/opt/dispatch/.venv/bin/dispatch"
        assert_is_a_command(words)


def test_the_unit_lets_the_service_write_only_where_it_keeps_its_things() -> None:
    assert unit("ProtectSystem") == ["strict"]
    assert unit("StateDirectory") == ["dispatch"]
    assert unit("WorkingDirectory") == ["/var/lib/dispatch"]
    assert unit("Environment") == ["NUMBA_CACHE_DIR=/var/cache/dispatch"]
    assert unit("CacheDirectory") == ["dispatch"]
    assert unit("KillSignal") == ["SIGTERM"]
    assert not unit("MemoryDenyWriteExecute")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    file = tmp_path / "dispatch.service"
    # The program is elsewhere on this machine, and that it is there is asked too.
    text = UNIT.replace("/opt/dispatch/.venv/bin/dispatch", "/bin/true")
    file.write_text(text.replace("/opt/dispatch/README.md", "/bin/true"), encoding="utf-8")
    command = ["systemd-analyze", "verify", "--man=no", str(file)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    said = [line for line in told.stderr.splitlines() if "dispatch.service" in line]
    assert said == []


def test_what_the_containerfile_copies_is_there() -> None:
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", CONTAINERFILE, re.MULTILINE)
    sources = [word for line in copied for word in line.split()]
    assert {"requirements.lock", "solver", "dispatch", "api"} <= set(sources)
    for source in sources:
        assert (ROOT / source).exists(), source


def test_the_modules_that_the_containerfile_runs_are_there() -> None:
    modules = re.findall(r"python -m (\S+)", CONTAINERFILE)
    assert [m for m in modules if m != "venv"] == ["solver.compile", "dispatch.compile"]
    for module in ("solver.compile", "dispatch.compile"):
        assert (ROOT / f"{module.replace('.', '/')}.py").exists()


def test_the_container_runs_as_nobody_in_particular_and_asks_whether_it_lives() -> None:
    assert re.findall(r"^USER (\S+)$", CONTAINERFILE, re.MULTILINE) == ["10001:10001"]
    (entry,) = re.findall(r'^ENTRYPOINT \["(.*)"\]$', CONTAINERFILE, re.MULTILINE)
    (words,) = re.findall(r'^CMD \["(.*)"\]$', CONTAINERFILE, re.MULTILINE)
    assert entry == "/opt/dispatch/.venv/bin/dispatch"
    assert_is_a_command(words)
    assert f"http://127.0.0.1:{Settings().port}/livez" in CONTAINERFILE
    assert f"EXPOSE {Settings().port}\n" in CONTAINERFILE


def test_the_variables_of_the_containerfile_are_settings() -> None:
    environ = dict(re.findall(r"(DISPATCH_\w+)=(\S+)", CONTAINERFILE))
    assert environ
    told = variables_of(environ, Settings.model_fields)
    assert len(told) == len(environ.keys() - OTHERS)
    Settings.model_validate(told)


def test_the_alerts_name_figures_that_there_are(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        # The first figures of requests are those of the request before.
        client.get("/livez")
        shown = client.get("/metrics").text
    there = set(re.findall(r"^([a-z_]+)(?:\{| )", shown, re.MULTILINE))
    assert len(RULES) >= 10
    for rule in RULES:
        named = set(re.findall(r"\b(?:dispatch|process)_[a-z_]+\b", rule["expr"]))
        assert named <= there, rule["alert"]
        assert named or rule["alert"] == "DispatchDown"


def test_the_alerts_name_labels_and_outcomes_that_there_are(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        client.get("/livez")
        shown = client.get("/metrics").text
    for rule in RULES:
        for figure, label, wanted in re.findall(
            r'(dispatch_\w+)\{(\w+)=~?"([^"]+)"\}', rule["expr"]
        ):
            assert re.search(rf"^{figure}\{{[^}}]*{label}=", shown, re.MULTILINE), rule["alert"]
            if label == "outcome":
                for word in wanted.split("|"):
                    assert f'outcome="{word}"' in shown


def test_every_alert_says_what_is_wrong_and_how_bad_that_is() -> None:
    for rule in RULES:
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"].endswith(".")
        opened = [rule["expr"].count(sign) for sign in "([{"]
        assert opened == [rule["expr"].count(sign) for sign in ")]}"]
    assert len({rule["alert"] for rule in RULES}) == len(RULES)


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A supervisor that hears what it is told."""
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(path)
        ear.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        yield ear


def test_a_supervisor_hears_that_the_service_lives_and_ends(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "20000")
    assert supervisor.beat_s() == 0.01

    async def run() -> list[bytes]:
        with supervisor.supervised():
            supervisor.tell(supervisor.READY)
            loop = asyncio.get_running_loop()
            return [await loop.run_in_executor(None, systemd.recv, 100) for _ in range(3)]

    assert asyncio.run(run()) == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
    rest = [systemd.recv(100)]
    while rest[-1] != b"STOPPING=1":
        rest.append(systemd.recv(100))
    assert set(rest[:-1]) <= {b"WATCHDOG=1"}


def test_a_supervisor_that_does_not_listen_holds_nothing_up(systemd: socket.socket) -> None:
    # More than its queue takes: none of them waits.
    for _ in range(1000):
        supervisor.tell(supervisor.ALIVE)
    assert systemd.recv(100) == b"WATCHDOG=1"


def test_without_a_supervisor_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    supervisor.tell(supervisor.READY)
    assert supervisor.beat_s() is None
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere/notify")
    supervisor.tell(supervisor.READY)


def test_a_name_in_no_file_system_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(b"\0dispatch-test")
        ear.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", "@dispatch-test")
        supervisor.tell(supervisor.READY)
        assert ear.recv(100) == b"READY=1"
