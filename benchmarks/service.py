"""
A real service as a process of its own, that a proof can talk to and kill.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import httpx2

if TYPE_CHECKING:
    from collections.abc import Mapping

START_S = 60
"""Longest wait for a service to be ready."""


class Process(Protocol):
    """What is needed of a process: `subprocess.Popen` has it."""

    @property
    def pid(self) -> int:
        """Its number."""
        ...

    def poll(self) -> int | None:
        """Returns its status, None while it runs."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Returns its status once it has ended; raises TimeoutExpired."""
        ...

    def kill(self) -> None:
        """Ends it at once."""
        ...

    def terminate(self) -> None:
        """Asks it to end."""
        ...


class Service:
    """
    One process of the service with its files in a folder; may be killed and started again.

    Mutable because that is what it is for. Raises RuntimeError, with the end of its log, where it
    does not start.
    """

    patience_s = START_S

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        self._folder = folder
        self._config = folder / "dispatch.toml"
        defaults = {"db": f"sqlite:///{folder / 'dispatch.db'}", "port": 0}
        lines = [f"{k} = {json.dumps(v)}\n" for k, v in {**defaults, **settings}.items()]
        self._config.write_text("".join(lines), encoding="utf-8")
        self._process: Process | None = None
        self.http = httpx2.Client()

    def start(self) -> float:
        """Returns the seconds until the service answers."""
        began = time.monotonic()
        ready, log = self._folder / "ready", self._folder / "service.log"
        ready.unlink(missing_ok=True)
        words = ("serve", "--config", str(self._config), "--ready-file", str(ready))
        self._process = self.launched(words, log)
        while not (ready.exists() and ready.read_text(encoding="utf-8").strip()):
            if self._process.poll() is not None or time.monotonic() - began > self.patience_s:
                raise RuntimeError(f"The service did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.01)
        url = json.loads(ready.read_text(encoding="utf-8"))["url"]
        self.http.close()
        self.http = httpx2.Client(base_url=url, timeout=60, trust_env=False)
        return time.monotonic() - began

    def launched(self, words: tuple[str, ...], log: Path) -> Process:
        """Returns a process that runs a command of the program, as users start it."""
        with log.open("ab") as out:
            # The command is made here, of this interpreter and files in a folder of our own.
            return subprocess.Popen(
                [sys.executable, "-m", "api.cli", *words], stdout=out, stderr=out
            )

    def signal(self, number: int) -> None:
        """Sends the process a signal, SIGSTOP say."""
        assert self._process is not None
        os.kill(self._process.pid, number)

    def kill(self) -> None:
        """Ends the process at once, as a power switch would end the program."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def terminate(self) -> None:
        """Asks the process to end."""
        assert self._process is not None
        self._process.terminate()

    def wait(self) -> None:
        """Returns when the process has ended by itself; raises RuntimeError where it failed."""
        assert self._process is not None
        if (status := self._process.wait(15)) != 0:
            raise RuntimeError(f"The service ended with status {status}.")

    def resident_kb(self) -> int:
        """Returns the kilobytes of memory that the process has, from Linux's /proc."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        return int(status.partition("VmRSS:")[2].split()[0])

    def peak_mb(self) -> int:
        """Returns the most memory that the process had so far, MiB."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        return int(status.split("VmHWM:")[1].split()[0]) >> 10

    def stop(self) -> None:
        """Ends the process the polite way."""
        self.http.close()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def busy_ms(self) -> float:
        """
        Returns the milliseconds that its threads were on a processor so far; 0 where none tells.

        Search workers are processes of their own and not in it. From Linux's schedstat, see
        https://docs.kernel.org/scheduler/sched-stats.html.
        """
        assert self._process is not None
        threads = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        return sum(int(stat.read_text(encoding="utf-8").split()[0]) for stat in threads) / 1e6

    def memory_mb(self) -> float:
        """Returns the megabytes that the service itself has in memory, without its workers."""
        assert self._process is not None
        pages = Path(f"/proc/{self._process.pid}/statm").read_text(encoding="utf-8").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Returns the body of a 2xx answer; raises RuntimeError for any other."""
        answer = self.http.request(method, path, json=body)
        if not answer.is_success:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json() if answer.content else None
