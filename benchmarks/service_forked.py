"""
A real service that starts at once, since it is forked from a process that has loaded its program.

From there on it is what a user starts: it reads its settings, loads its city, opens its database.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.service import Service

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess
    from pathlib import Path

FORKS = multiprocessing.get_context("forkserver")
"""Forks children of a process that has loaded all and opened nothing."""

LOADED = ("api.cli", "api.server", "api.store_commands", "dispatch.checking")


class ForkedService(Service):
    """A service as :class:`benchmarks.service.Service`, without the seconds of loading Python."""

    def launched(self, words: tuple[str, ...], log: Path) -> Forked:
        """Returns a process that runs a command of the program."""
        FORKS.set_forkserver_preload(list(LOADED))
        process = FORKS.Process(target=run, args=(words, log), daemon=False)
        process.start()
        return Forked(process)


class Forked:
    """A forked process that looks as one of `subprocess`."""

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Returns its status, None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Returns its status once it has ended; raises TimeoutExpired."""
        self._process.join(timeout)
        status = self._process.exitcode
        if status is None:
            raise subprocess.TimeoutExpired("service", timeout or 0.0)
        return status

    def kill(self) -> None:
        """Ends it at once."""
        self._process.kill()

    def terminate(self) -> None:
        """Asks it to end."""
        self._process.terminate()


def run(words: tuple[str, ...], log: Path) -> None:
    """Runs a command of the program; what it says goes to a file."""
    from api.cli import main

    with log.open("ab") as out:
        for number in (1, 2):
            os.dup2(out.fileno(), number)
    sys.argv = ["dispatch", *words]
    main()
