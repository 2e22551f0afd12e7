"""The command ``dispatch``, run as users run it."""

from __future__ import annotations

import json
import logging
import re
import signal
import socket
import subprocess
import sys
import time
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import httpx2
import pytest

from api.cli import main
from api.settings import EMBEDDED_CITY
from tests.api_world import a_courier, an_order, at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DISPATCH = (sys.executable, "-m", "api.cli")


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str


class Command(Protocol):
    """Runs the command to its end, in this process."""

    def __call__(self, *arguments: str) -> Ended: ...


@pytest.fixture
def dispatch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command, run in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["dispatch", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return Ended(int(ended.value.code or 0), told.out, told.err)

    return run


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A service that runs in a folder, and its URL."""
    config = folder / "dispatch.toml"
    if not config.exists():
        config.write_text(
            'clock = "manual"\nclock_start = 2026-11-23T10:00:00+02:00\nworkers = 1\n'
        )
    command = [*DISPATCH, "serve", "--port", "0", "--config", str(config), *arguments]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line.startswith("Listening on http://127.0.0.1:"), (folder / "log").read_text()
        yield process, line.removeprefix("Listening on ").strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_help_names_every_command_and_the_exit_codes(dispatch: Command) -> None:
    shown = dispatch("--help")
    assert shown.returncode == 0
    for command in ("serve", "demo", "city", "config", "openapi"):
        assert re.search(rf"\b{command}\b", shown.stdout)
    assert "Exit codes" in shown.stdout


def test_the_settings_in_force_are_shown(dispatch: Command) -> None:
    shown = tomllib.loads(dispatch("config", "show", "--port", "0", "--profile", "foot").stdout)
    assert (shown["port"], shown["profile"], shown["search"]) == (0, "foot", "auto")
    assert shown["policy"]["handover_s"] == 60
    assert shown["service"][0]["clock"] == {"kind": "wall", "seconds": 1320}
    as_json = json.loads(dispatch("config", "show", "--port", "0", "--json").stdout)
    assert as_json["store"][0]["id"] == "st_1"


def test_a_wrong_setting_is_told_in_a_line(tmp_path: Path, dispatch: Command) -> None:
    (tmp_path / "bad.toml").write_text("porch = 1")
    shown = dispatch("serve", "--config", "bad.toml")
    assert shown.returncode == 2
    assert "bad.toml: porch" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_only_loopback_is_served(dispatch: Command) -> None:
    shown = dispatch("serve", "--host", "0.0.0.0")  # noqa: S104
    assert shown.returncode == 2
    assert 'access = "tokens"' in " ".join(shown.stderr.split())


def test_a_routing_server_that_is_down_is_told_in_a_line(dispatch: Command) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        shown = dispatch("serve", "--port", "0", "--osrm", url, "--profile", "car")
    assert shown.returncode == 2
    assert f"dispatch: The routing server {url} does not answer: " in shown.stderr
    assert "Check that osrm-routed runs there" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_a_port_that_is_taken_is_told(dispatch: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        shown = dispatch("serve", "--port", str(port))
    assert shown.returncode == 2
    assert f"Port {port}" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_a_directory_that_is_no_city_is_told(tmp_path: Path, dispatch: Command) -> None:
    for command in (("city", "info", "."), ("serve", "--city", ".")):
        shown = dispatch(*command)
        assert shown.returncode == 2, shown.stderr
        assert "Traceback" not in shown.stderr
    assert not list(tmp_path.glob("*.db"))


@pytest.mark.parametrize("content", [None, b"", b"not a map", b"\x00\x00\x00\x0d\x0a\x09OSMHeader"])
def test_a_file_that_is_no_map_is_told(
    tmp_path: Path, dispatch: Command, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "x.osm.pbf").write_bytes(content)
    shown = dispatch("city", "build", "x.osm.pbf", "-o", "out")
    assert shown.returncode == 2, shown.stderr
    assert "x.osm.pbf" in shown.stderr
    assert "Traceback" not in shown.stderr
    assert not (tmp_path / "out").exists()


def test_what_is_in_a_city_is_shown(dispatch: Command) -> None:
    report = json.loads(dispatch("city", "info", str(EMBEDDED_CITY), "--json").stdout)
    assert report["offices"] > 200
    assert "offices" in dispatch("city", "info", str(EMBEDDED_CITY)).stdout


def test_the_openapi_document_is_printed(dispatch: Command) -> None:
    document = json.loads(dispatch("openapi").stdout)
    assert "/v1/orders" in document["paths"]


def test_the_service_starts_answers_and_stops_with_a_stream_open(tmp_path: Path) -> None:
    with serving(tmp_path, "--ready-file", "ready.json") as (process, url):
        ready = json.loads((tmp_path / "ready.json").read_text())
        assert ready == {"url": url, "pid": process.pid}
        with httpx2.Client(base_url=url, timeout=30) as client:
            assert client.post("/v1/couriers", json=a_courier()).status_code == 201
            with client.stream("GET", "/v1/stream") as stream:
                lines = stream.iter_lines()
                assert next(lines).startswith("id: helsinki:")
                order = client.post("/v1/orders", json=an_order()).json()
                client.post("/v1/clock", json={"now": at(1)})
                assert client.get("/readyz").json()["search"] == "ready"
                began = time.monotonic()
                process.send_signal(signal.SIGTERM)
                told = list(lines)
                assert process.wait(10) == 0
                assert time.monotonic() - began < 3
    assert "event: order" in told
    assert "event: bye" in told
    assert order["status"] == "planned"
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_two_services_do_not_share_a_database(tmp_path: Path, dispatch: Command) -> None:
    with serving(tmp_path):
        shown = dispatch("serve", "--port", "0")
    assert shown.returncode == 2
    assert "Another process uses the database" in shown.stderr


def children(pid: int) -> list[int]:
    """Returns the processes that a process started."""
    shown = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(word) for word in shown.stdout.split()]


def is_running(pid: int) -> bool:
    """Returns whether a process is there and no zombie."""
    shown = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return bool(shown.stdout.strip()) and not shown.stdout.startswith("Z")


@pytest.mark.slow
def test_a_service_that_is_killed_leaves_no_workers_and_loses_nothing(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, url):
        with httpx2.Client(base_url=url, timeout=30) as client:
            client.post("/v1/couriers", json=a_courier())
            client.post("/v1/orders", json=an_order())
            client.post("/v1/clock", json={"now": at(1)})
            before: Any = client.get("/v1/plan").content
        started = children(process.pid)
        assert started
        process.kill()
        process.wait()
        deadline = time.monotonic() + 20
        while any(is_running(pid) for pid in started):
            assert time.monotonic() < deadline, "workers outlive their service"
    with serving(tmp_path) as (_, url), httpx2.Client(base_url=url, timeout=30) as client:
        assert client.get("/v1/plan").content == before
        assert client.get("/v1/orders/o_1").json()["status"] == "planned"
