"""VROOM itself, as a process of its own: to solve a request, or to look at our routes."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.peer_env import Skipped, peers_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

# VROOM ends its process after an answer, and importing it takes long: each in a copy of one.
_MAIN = """
import json, os, sys, vroom
options, *files = sys.argv[1:]
for file in files:
    child = os.fork()
    if not child:
        vroom.main(["vroom", *json.loads(options), "-i", file, "-o", file + ".answer"])
        os._exit(0)
    os.waitpid(child, 0)
"""
_LIMIT_S = 120
_WEEK = [0, 604_800]


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


def ask_all(
    python: Path,
    requests: Sequence[object],
    *,
    plan: bool = False,
    seconds: float | None = None,
) -> list[dict[str, Any]]:
    """
    Returns VROOM's answers to requests, one after another on one thread.

    ``plan`` asks for plan mode: the vehicles' steps are followed and what they violate is said.
    Without ``seconds`` it ends by itself. Raises Skipped where VROOM breaks down.
    """
    options = ["-t", "1", "-x", "5"]
    options += ["-c"] if plan else []
    options += [] if seconds is None else ["-l", str(seconds)]
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{i}.json" for i in range(len(requests))]
        for file, request in zip(files, requests, strict=True):
            file.write_text(json.dumps(request), encoding="utf-8")
        command = [str(python), "-c", _MAIN, json.dumps(options), *map(str, files)]
        limit = _LIMIT_S + len(requests) * (seconds or 1)
        try:
            done = subprocess.run(command, check=False, capture_output=True, timeout=limit)
            return [json.loads(Path(f"{f}.answer").read_text(encoding="utf-8")) for f in files]
        except subprocess.TimeoutExpired:
            raise Skipped(f"VROOM took longer than {limit:.0f} s") from None
        except (OSError, json.JSONDecodeError) as error:
            raise Skipped(f"VROOM gave no answer: {error}; {done.stderr[-200:]!r}") from None


def planned(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """
    Returns the request with the routes of an answer as its vehicles' steps.

    A vehicle without a time window is given a week: without one VROOM's plan mode guesses when it
    may set out, too late for some routes that VROOM itself finds legal.
    """
    steps = {route["vehicle"]: route["steps"] for route in answer["routes"]}
    vehicles = []
    for vehicle in request["vehicles"]:
        told = [
            {key: step[key] for key in ("type", "id") if key in step}
            for step in steps.get(vehicle["id"], [])
        ]
        vehicles.append({"time_window": _WEEK, **vehicle, "steps": told})
    return {**request, "vehicles": vehicles}
