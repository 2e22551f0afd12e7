"""
The real service as a process of its own, for the demo: started, waited for, always ended.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from api.demo_client import Refused
from api.settings_sources import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

START_S = 60
"""Longest wait for the service to be ready; its first start loads the city and warms workers."""

STOP_S = 10
"""Longest wait for it to end by itself before it is killed."""


@contextmanager
def running_service(folder: Path, settings: Mapping[str, Any]) -> Iterator[str]:
    """
    Yields the address of a service with these settings, whose files are in ``folder``.

    Raises Refused, with the end of its log, where it does not start.
    """
    config, ready, log = folder / "dispatch.toml", folder / "ready", folder / "service.log"
    config.write_text(
        "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()),
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "api.cli", "serve"]
    command += ["--config", str(config), "--ready-file", str(ready)]
    # Settings of a service that people use are none of the demo's.
    environment = {k: v for k, v in os.environ.items() if not k.startswith(PREFIX)}
    with log.open("wb") as out:
        # The command is made here, of this interpreter and files in a folder of our own. In a
        # session of its own, Ctrl-C reaches the demo alone, which then ends the service.
        service = subprocess.Popen(  # noqa: S603
            command, stdout=out, stderr=out, start_new_session=True, env=environment
        )
    try:
        with _sigterm_as_exit():
            yield _wait_for(service, ready, log)
    finally:
        _end(service)


@contextmanager
def _sigterm_as_exit() -> Iterator[None]:
    """Lets SIGTERM unwind the demo like Ctrl-C does, so that the service is ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _wait_for(service: subprocess.Popen[bytes], ready: Path, log: Path) -> str:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and service.poll() is None:
        if ready.exists() and (told := ready.read_text(encoding="utf-8")).endswith("}"):
            return str(json.loads(told)["url"])
        time.sleep(0.05)
    tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    state = "did not become ready" if service.poll() is None else "ended at once"
    raise Refused(f"The service {state}. The end of its log:\n{tail}")


def _end(service: subprocess.Popen[bytes]) -> None:
    if service.poll() is not None:
        return
    service.terminate()
    try:
        service.wait(STOP_S)
    except subprocess.TimeoutExpired:
        service.kill()
        service.wait()
