"""
What befalls a service under load. Each function brings a fault on, ends it, and returns the seconds
from then until something is answered again that had to be stored.
"""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx2

from benchmarks.crash_clients import PATIENCE_S
from benchmarks.demand import order

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.crash_scene import Scene
    from benchmarks.fault_proxy import FaultProxy
    from benchmarks.service import Service

Fault = Callable[["Scene"], float]
"""Brings a fault on a scene and ends it."""

WINDOW_S = 0.8
"""Seconds for which a fault lasts that has no length of its own."""

CUT_WITHIN = 6000
"""Bytes after which a line is cut at the latest: some orders with their answers."""

PIECE_S, LINE_PIECE_S = 0.004, 0.0005
"""Seconds for each piece on a slow line of a client, and on one to the database."""


def killed(scene: Scene) -> float:
    """The service is killed: what was committed by then is what the next process begins with."""
    scene.service.kill()
    with scene.load.held():
        scene.follower.follow(scene.load.told)
        seconds = scene.start()
        scene.follower.restarted(scene.service, scene.load.told)
    return seconds


def server_stopped(scene: Scene) -> float:
    """The database server ends at once, as by ``pg_ctl stop -m immediate``, and starts again."""
    assert scene.server is not None
    scene.server.stop(signal.SIGQUIT)
    time.sleep(scene.rng.uniform(0, WINDOW_S))
    scene.server.start()
    return scene.load.answered()


def paused(scene: Scene) -> float:
    """The service stands still for longer than a phone's patience, which sends again."""
    scene.service.signal(signal.SIGSTOP)
    time.sleep(1.3 * PATIENCE_S)
    scene.service.signal(signal.SIGCONT)
    return scene.load.answered()


def usurped(scene: Scene) -> float:
    """
    The service stands still and another takes its zone, which it gives up only with its line or its
    life; with a line anew it goes on, and may write nothing.
    """
    old, scene.service = scene.service, scene.another()
    old.signal(signal.SIGSTOP)
    _refuses_to_start(scene, scene.service, "Another process uses the database")
    if scene.server is None:
        old.kill()
    else:
        _terminate_lines(scene)
    seconds = scene.start()
    scene.way.cut()
    scene.load.answered()
    if scene.server is not None:
        old.signal(signal.SIGCONT)
        _stores_nothing(scene, old)
        old.kill()
    return seconds


def cut(scene: Scene) -> float:
    """Clients are cut off in the middle of requests and answers, again and again."""
    _cut_for_a_while(scene.way, CUT_WITHIN)
    return scene.load.answered()


def slow(scene: Scene) -> float:
    """What clients send and hear comes drop by drop."""
    _slow_for_a_while(scene.way, PIECE_S)
    return scene.load.answered()


def line_cut(scene: Scene) -> float:
    """The line to the database is cut in the middle of statements and answers."""
    _cut_for_a_while(scene.line, 10 * CUT_WITHIN)
    return scene.load.answered()


def line_slow(scene: Scene) -> float:
    """What service and database tell each other comes drop by drop."""
    _slow_for_a_while(scene.line, LINE_PIECE_S)
    return scene.load.answered()


def _cut_for_a_while(line: FaultProxy, within: int) -> None:
    line.cut_within = within
    time.sleep(WINDOW_S)
    line.cut_within = 0


def _slow_for_a_while(line: FaultProxy, piece_s: float) -> None:
    line.piece_s = piece_s
    time.sleep(WINDOW_S)
    line.piece_s = 0.0


def full(scene: Scene) -> float:
    """The disk is full, until somebody makes room; nothing is answered as done meanwhile."""
    ballast = scene.disk / "ballast"
    before = scene.load.told.refused
    _fill(ballast)
    # What is written anew lies in pages that are there, for a while.
    scene.load.wait(lambda: _fill(ballast) or scene.load.told.refused > before)
    time.sleep(WINDOW_S)
    ballast.unlink()
    return scene.load.answered()


def read_only(scene: Scene) -> float:
    """A file cannot be written, which the service says and does not start; or a server refuses."""
    if scene.server is not None:
        return _server_read_only(scene)
    with scene.load.held():
        scene.service.stop()
        _remount(scene.disk, "ro")
        try:
            _refuses_to_start(scene, scene.service, "Read-only file system")
        finally:
            _remount(scene.disk, "rw")
        seconds = scene.start()
    scene.load.answered()
    return seconds


def _server_read_only(scene: Scene) -> float:
    assert scene.server is not None
    before = scene.load.told.refused
    alter = f'ALTER DATABASE "{scene.database}"'
    scene.server.run(f"{alter} SET default_transaction_read_only = on")
    _terminate_lines(scene)
    scene.load.wait(lambda: scene.load.told.refused > before)
    time.sleep(WINDOW_S)
    scene.server.run(f"{alter} RESET default_transaction_read_only")
    _terminate_lines(scene)
    return scene.load.answered()


def _terminate_lines(scene: Scene) -> None:
    assert scene.server is not None
    scene.server.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
        scene.database,
    )


def _refuses_to_start(scene: Scene, service: Service, why: str) -> None:
    """Checks that a service does not start and says why in a line, not by a traceback."""
    try:
        service.start()
    except RuntimeError as error:
        said = why in " ".join(str(error).split()) and "Traceback" not in str(error)
        scene.follower.check("a clear refusal", said, str(error))
    else:
        scene.follower.check("a clear refusal", False, f"it started, without {why!r}")


def _stores_nothing(scene: Scene, old: Service) -> None:
    """Checks that a service answers no order as placed."""
    rng = random.Random(scene.rng.random())
    for number in range(5):
        body = {**order(rng, scene.known), "external_id": f"old-{scene.rng.random()}-{number}"}
        try:
            answer = old.http.post("/v1/orders", json=body, timeout=10)
        except httpx2.TransportError:
            continue
        told = f"{answer.status_code} {answer.text[:200]}"
        scene.follower.check("an old process writes nothing", answer.status_code == 503, told)


def _fill(ballast: Path) -> bool:
    """Takes what room is left; returns False."""
    with ballast.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return False


def _remount(folder: Path, how: str) -> None:
    # A program of the system, and a folder of our own.
    subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=True)
