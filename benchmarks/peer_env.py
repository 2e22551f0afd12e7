"""
The environment that OSRM and Valhalla run in: a newer Python with their wheels.

Made once, under the folder that ``DISPATCH_PEERS`` names or in the user's cache. Whatever
cannot be had is a reason to skip, never a failure.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

VERSIONS = ("osrm-bindings==26.10.0", "pyvalhalla==3.9.1")
"""The peers as compared with; they have wheels for Python 3.12 and newer only."""

PYTHONS = ("python3.12", "python3.13")

SCRIPT = Path(__file__).with_name("road_peers.py")


class Skipped(Exception):
    """A peer that cannot be measured here, and why."""


def peers_folder() -> Path:
    """Returns where the peers' environment is, or shall be."""
    told = os.environ.get("DISPATCH_PEERS")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(told) if told else cache / "dispatch-peers"


def peers_python() -> Path:
    """Returns the interpreter of the peers' environment, made if need be. Raises Skipped."""
    env = peers_folder() / "env"
    python = env / "bin" / "python"
    if not _has_peers(python):
        base = _newer_python()
        _run([base, "-m", "venv", str(env)])
        options = ["-q", "--disable-pip-version-check", "--only-binary", ":all:"]
        _run([str(python), "-m", "pip", "install", *options, *VERSIONS])
    return python


def ask(python: Path, task: str, request: dict[str, Any], *, limit_s: float) -> Any:
    """
    Returns what `road_peers` found for a task.

    Raises Skipped with the reason where it fails or takes longer than its limit.
    """
    file = Path(request["folder"]) / "request.json"
    file.write_text(json.dumps(request), encoding="utf-8")
    done = _run([str(python), str(SCRIPT), task, str(file)], limit_s)
    return json.loads(done.strip().rpartition("\n")[2])


def _newer_python() -> str:
    for name in (sys.executable, *PYTHONS):
        found = shutil.which(name)
        if found and _is_new(found):
            return found
    raise Skipped(f"no Python 3.12 or newer found as {' or '.join(PYTHONS)}")


def _is_new(python: str) -> bool:
    check = "import sys; sys.exit(sys.version_info < (3, 12))"
    return subprocess.run([python, "-c", check], check=False, capture_output=True).returncode == 0


def _has_peers(python: Path) -> bool:
    check = (
        "from importlib.metadata import version as v; print(v('osrm-bindings'), v('pyvalhalla'))"
    )
    if not python.exists():
        return False
    done = subprocess.run([str(python), "-c", check], check=False, capture_output=True, text=True)
    return done.stdout.split() == [name.partition("==")[2] for name in VERSIONS]


def _run(command: list[str], limit_s: float = 900) -> str:
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=limit_s)
    except subprocess.TimeoutExpired:
        raise Skipped(f"took longer than {limit_s:.0f} s") from None
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise Skipped(f"{Path(command[1]).name} failed: {last[-1][:200]}")
    return done.stdout
