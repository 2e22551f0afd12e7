"""VROOM itself, as a process of its own: to solve a request, or to look at our routes."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.peer_env import Skipped, peers_folder

_MAIN = "import sys, vroom; vroom.main(['vroom', *sys.argv[1:]])"
_LIMIT_S = 120


def vroom_python() -> Path:
    """Returns the interpreter that has pyvroom. Raises Skipped where there is none."""
    python = peers_folder() / "solvers" / "bin" / "python"
    if not python.exists():
        raise Skipped(f"no Python with pyvroom at {python}")
    check = [str(python), "-c", "import vroom"]
    done = subprocess.run(check, check=False, capture_output=True, text=True)
    if done.returncode:
        raise Skipped(f"{python} has no pyvroom")
    return python


def ask_vroom(
    python: Path, request: object, *, plan: bool = False, seconds: float | None = None
) -> dict[str, Any]:
    """
    Returns VROOM's answer to a request on one thread.

    ``plan`` asks for plan mode: the vehicles' steps are followed and what they violate is said.
    Without ``seconds`` it ends by itself. Raises Skipped where VROOM breaks down.
    """
    text = request if isinstance(request, str) else json.dumps(request)
    handle, name = tempfile.mkstemp(suffix=".json")
    os.close(handle)
    file = Path(name)
    file.write_text(text, encoding="utf-8")
    options = ["-i", name, "-t", "1", "-x", "5"]
    options += ["-c"] if plan else []
    options += [] if seconds is None else ["-l", str(seconds)]
    try:
        done = subprocess.run(
            [str(python), "-c", _MAIN, *options],
            check=False,
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
        )
        answer: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError) as error:
        raise Skipped(f"VROOM gave no answer: {error}") from None
    finally:
        file.unlink()
    return answer


def planned(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """Returns the request with the routes of an answer as its vehicles' steps."""
    steps = {route["vehicle"]: route["steps"] for route in answer["routes"]}
    vehicles = []
    for vehicle in request["vehicles"]:
        told = [
            {key: step[key] for key in ("type", "id") if key in step}
            for step in steps.get(vehicle["id"], [])
        ]
        vehicles.append({**vehicle, "steps": told})
    return {**request, "vehicles": vehicles}
