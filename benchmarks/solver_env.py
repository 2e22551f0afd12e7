"""
The environment that PyVRP, VROOM and vrp-cli run in, and the processes that ask them.

Made once, by the running Python, under the folder that ``DISPATCH_PEERS`` names or in the user's
cache. Whatever cannot be had is a reason to skip, never a failure. Plain OR-Tools runs under our
own interpreter, which has it, and in a process of its own all the same.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from benchmarks.peer_env import Skipped, peers_folder
from benchmarks.peer_worker import receive, send

if TYPE_CHECKING:
    from types import TracebackType

    from benchmarks.peer_worker import Plain

__all__ = ["VERSIONS", "Peer", "Skipped", "solvers_python"]

VERSIONS = ("pyvrp==0.14.1", "pyvroom==1.15.2", "vrp-cli==1.22.1", "numpy==2.4.6")
"""The peers as compared with."""

ROOT = Path(__file__).parents[1]

OURS = frozenset(("ortools", "ortools-matrix"))
"""Solvers that run under our own interpreter."""

START_LIMIT_S = 60.0
"""Seconds for an interpreter to import a solver."""

PATIENCE = 30.0
"""Seconds and factor of its budget that a peer may take before its process is ended."""


def solvers_folder() -> Path:
    """Returns where the environment is, or shall be."""
    return peers_folder() / "solvers"


def solvers_python() -> Path:
    """Returns the interpreter of the solvers' environment, made if need be. Raises Skipped."""
    env = solvers_folder()
    python = env / "bin" / "python"
    if not has_solvers(python):
        _run([sys.executable, "-m", "venv", "--clear", str(env)])
        options = ["-q", "--disable-pip-version-check", "--only-binary", ":all:"]
        _run([str(python), "-m", "pip", "install", *options, *VERSIONS])
    return python


def has_solvers(python: Path) -> bool:
    """Returns whether an interpreter is there and has the solvers in the versions wanted."""
    if not python.exists():
        return False
    names = [name.partition("==")[0] for name in VERSIONS]
    check = f"from importlib.metadata import version as v; print(*map(v, {names}))"
    done = subprocess.run([str(python), "-c", check], check=False, capture_output=True, text=True)
    return done.stdout.split() == [name.partition("==")[2] for name in VERSIONS]


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=900)
    except (OSError, subprocess.TimeoutExpired) as reason:
        raise Skipped(f"{' '.join(command[1:4])} failed: {reason}") from None
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise Skipped(f"{' '.join(command[1:4])} failed: {last[-1][:200]}")


class Peer:
    """
    One solver in a process of its own, which serves requests until closed.

    ``core`` is the one core it may use (None: any). Starting raises Skipped with the reason. An
    answer that takes `PATIENCE` times longer than its budget ends the process; the next request
    starts another one.
    """

    def __init__(self, solver: str, *, core: int | None = None) -> None:
        self.solver = solver
        self._core = core
        self._python = Path(sys.executable) if solver in OURS else solvers_python()
        self._process = self._started()

    def __enter__(self) -> Peer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def ask(
        self,
        problem: Plain,
        *,
        seconds: float,
        seed: int = 0,
        initial: list[list[tuple[int, str]]] | None = None,
        options: dict[str, int] | None = None,
    ) -> Plain:
        """Returns the answer to a request, both as in the docstring of `peer_worker`."""
        if self._process.poll() is not None:
            self._process = self._started()
        request = {
            "solver": self.solver,
            "problem": problem,
            "seconds": seconds,
            "seed": seed,
            "initial": initial,
            "options": options or {},
        }
        limit = PATIENCE * (1.0 + seconds)
        try:
            send(_pipe(self._process.stdin), request)
            found = self._received(limit)
        except BrokenPipeError:
            found = None
        if found is None:
            self.close()
            error = f"ended, or no answer in {limit:.0f} s"
            silent = {"elapsed": float("inf"), "cpu": 0.0, "note": ""}
            return {"routes": None, "error": error, **silent}
        return found

    def close(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            _pipe(pipe).close()

    def _started(self) -> subprocess.Popen[bytes]:
        one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        command = [str(self._python), "-m", "benchmarks.peer_worker", self.solver]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **one_thread, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        if self._core is not None:
            os.sched_setaffinity(self._process.pid, {self._core})
        hello = self._received(START_LIMIT_S)
        if hello is None or not hello["ready"]:
            self.close()
            reason = "its process did not start" if hello is None else hello["error"]
            raise Skipped(f"{self.solver}: {reason}")
        return self._process

    def _received(self, limit: float) -> Plain | None:
        pipe = _pipe(self._process.stdout)
        ready, _, _ = select.select([pipe], [], [], limit)
        return receive(pipe) if ready else None


def _pipe(stream: object) -> BinaryIO:
    assert stream is not None
    return stream  # type: ignore[return-value]
