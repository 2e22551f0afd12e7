"""
A real service on one of the stores, clients who load it, and what is needed to trouble it.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from benchmarks.crash_checks import Follower
from benchmarks.crash_clients import Load
from benchmarks.demand import START, add_couriers, desks
from benchmarks.fault_proxy import FaultProxy
from benchmarks.service_forked import ForkedService

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.postgres_server import PostgresServer
    from benchmarks.service import Service

ZONE = "helsinki"

COURIERS = 6

DISK_MB = 64
"""The size of a disk that can be filled, PostgreSQL's empty database included."""


def why_no_disk() -> str:
    """Returns why no small disk can be had here, empty where one can."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return "only root can mount a small disk"
    with tempfile.TemporaryDirectory() as name:
        command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", name]
        tried = subprocess.run(command, capture_output=True, check=False)
        if tried.returncode == 0:
            subprocess.run(["umount", name], check=True)
    return "" if tried.returncode == 0 else "no disk may be mounted here"


@contextmanager
def small_disk() -> Iterator[Path]:
    """Yields the folder of a disk of `DISK_MB`, in memory."""
    folder = Path(tempfile.mkdtemp(prefix="dispatch-disk-"))
    options = f"size={DISK_MB}m,mode=0777"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


class Scene:
    """
    A service under load, to be troubled; ``server`` None is SQLite.

    ``on_small_disk`` puts its database on a disk of its own, ``by_line`` its connections to the
    server through ``line``; clients always come by ``way``. ``program`` is what its processes are.
    Mutable: whatever happens to it.
    """

    def __init__(
        self,
        server: PostgresServer | None,
        seed: int,
        *,
        program: type[Service] = ForkedService,
        workers: int = 0,
        on_small_disk: bool = False,
        by_line: bool = False,
    ) -> None:
        self.server, self.rng = server, random.Random(seed)
        self._seed, self._program, self._workers = seed, program, workers
        self._on_small_disk, self._by_line = on_small_disk, by_line
        self._ends = ExitStack()
        self._services: list[Service] = []

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self._ends.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def _open(self) -> None:
        self.folder = Path(self._ends.enter_context(tempfile.TemporaryDirectory()))
        self.disk = self._ends.enter_context(small_disk()) if self._on_small_disk else self.folder
        self.url = self._url = self._database()
        self.line = FaultProxy(0)
        self._ends.callback(self.line.close)
        if self._by_line and self.server is not None:
            self.line.server_port = self.server.port
            self._url = self.server.url(self.database, self.line.port)
        self._ends.callback(self._stop)
        self.service = self.another()
        self.way = FaultProxy(0, self._seed)
        self._ends.callback(self.way.close)
        self.start()
        self.known = desks(self.service)
        couriers = add_couriers(self.service, COURIERS)
        self.load = Load(f"http://127.0.0.1:{self.way.port}", self.known, couriers, self._seed)
        self._ends.callback(self.load.end)
        self.follower = Follower(self.url, ZONE)
        self.load.start()

    @property
    def database(self) -> str:
        """The name of its database on the server."""
        return f"crash_{self._seed}"

    def _database(self) -> str:
        if self.server is None:
            return f"sqlite:///{self.disk / 'dispatch.db'}"
        name = self.database
        self.server.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self._ends.callback(self.server.run, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self.server.create(name)
        if self._on_small_disk:
            self.server.run(f"CREATE TABLESPACE small LOCATION '{self.server.owned(self.disk)}'")
            self._ends.callback(self.server.run, "DROP TABLESPACE small")
            self._ends.callback(self.server.run, f'DROP DATABASE "{name}" WITH (FORCE)')
            self.server.run(f'ALTER DATABASE "{name}" SET TABLESPACE small')
        return self.server.url(name)

    def another(self) -> Service:
        """Returns one more process of the service, which is not started."""
        folder = self.folder / str(len(self._services))
        folder.mkdir()
        settings: dict[str, Any] = {"clock": "manual", "clock_start": START, "db": self._url}
        settings |= {"workers": self._workers, "search_seconds": 0.05}
        self._services.append(self._program(folder, settings))
        return self._services[-1]

    def start(self) -> float:
        """Starts the service, to which all clients go from now on; returns its seconds."""
        seconds = self.service.start()
        self.way.server_port = int(self.service.http.base_url.port or 0)
        return seconds

    def look(self) -> None:
        """Checks all that must hold, while nobody asks."""
        with self.load.held():
            self.follower.follow(self.load.told)
            self.follower.restarted(self.service, self.load.told)

    def _stop(self) -> None:
        for service in self._services:
            service.stop()
