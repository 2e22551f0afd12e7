"""
The runs of the static benchmark: one solver on one instance with one budget and seed each.

A run is a small file in the cache, made once: it is found again by the digest of the instance, the
version of the solver (our own: of the files under ``solver/``), the processor, budget and seed, so
that the benchmark may be run in pieces and only what has changed is run again.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.kept import keep
from benchmarks.machine import processor
from benchmarks.peer_env import Skipped, peers_folder
from benchmarks.plain_problem import read_back
from benchmarks.solver_env import VERSIONS, Peer
from solver.check import violations
from solver.solution import cost
from solver.solve import SolveParams, solve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.static_sets import Case
    from solver.problem import Problem
    from solver.solution import Solution

ROOT = Path(__file__).parents[1]

TITLES = {
    "ours": "ours",
    "pyvrp": "PyVRP",
    "vroom": "VROOM -x 5",
    "vroom-0": "VROOM -x 0",
    "vrp-cli": "vrp-cli",
    "ortools": "OR-Tools sample",
    "ortools-matrix": "OR-Tools matrix",
}
"""What a solver is called in tables."""

OVERTIME = 1.2
"""Times its budget from which on a run is shown but not counted as beaten."""

DISTURBED = 0.85
"""Processor seconds per second below which something else had the core."""

WARM_UP_S = 0.3


@dataclass(frozen=True, slots=True)
class Run:
    """
    What a run came to: seconds it took, and the distance where it is legal and complete.

    ``flaw`` says in a few words why there is no distance; it is empty where there is one.
    """

    distance: int | None
    flaw: str
    elapsed: float
    cpu: float
    load: float
    note: str = ""

    @property
    def is_disturbed(self) -> bool:
        """Returns whether something else had the core for a while."""
        return self.cpu < DISTURBED * self.elapsed


class Runner:
    """Runs solvers one at a time on one core, each started when it is first asked."""

    def __init__(self, stack: ExitStack, core: int) -> None:
        self._stack, self._core = stack, core
        self._peers: dict[str, Peer] = {}
        self._is_warm = False
        self.skipped: dict[str, str] = {}

    def run(self, solver: str, case: Case, seconds: float, seed: int) -> Run | None:
        """Returns the run of a solver, None where it cannot be had (see ``skipped``)."""
        if solver in self.skipped:
            return None
        load = os.getloadavg()[0]
        if solver == "ours":
            return self._ours(case, seconds, seed, load)
        name, _, level = solver.partition("-") if solver.startswith("vroom") else (solver, "", "")
        try:
            peer = self._peer(solver, name, case)
        except Skipped as reason:
            self.skipped[solver] = str(reason)
            return None
        options = {"level": int(level)} if level else None
        found = peer.ask(case.plain, seconds=seconds, seed=seed, options=options)
        if found["routes"] is None:
            return Run(None, found["error"], found["elapsed"], found["cpu"], load, found["note"])
        solution = read_back(case.problem, found["routes"])
        distance, flaw = judged(case.problem, solution)
        return Run(distance, flaw, found["elapsed"], found["cpu"], load, found["note"])

    def _peer(self, solver: str, name: str, case: Case) -> Peer:
        if solver not in self._peers:
            peer = self._stack.enter_context(Peer(name, core=self._core))
            peer.ask(case.plain, seconds=WARM_UP_S)
            self._peers[solver] = peer
        return self._peers[solver]

    def _ours(self, case: Case, seconds: float, seed: int, load: float) -> Run:
        with _on_core(self._core):
            if not self._is_warm:
                self._is_warm = True
                with suppress(Exception):
                    solve(case.problem, our_params(WARM_UP_S, 0))
            began, cpu = time.perf_counter(), time.process_time()
            distance, flaw = None, ""
            try:
                solution = solve(case.problem, our_params(seconds, seed)).solution
            except Exception as reason:  # shown like a peer's, and a missed aim
                solution, flaw = None, f"{type(reason).__name__}: {reason}"
            elapsed, cpu = time.perf_counter() - began, time.process_time() - cpu
        if solution is not None:
            distance, flaw = judged(case.problem, solution)
        return Run(distance, flaw, elapsed, cpu, load)


def our_params(seconds: float, seed: int) -> SolveParams:
    """Returns the parameters of our own solver, all lanes together where it has several."""
    given: dict[str, Any] = {"seconds": seconds, "seed": seed}
    if "engine" in {item.name for item in fields(SolveParams)}:
        given["engine"] = "portfolio"
    return SolveParams(**given)


def judged(problem: Problem, solution: Solution) -> tuple[int | None, str]:
    """Returns the distance of a legal and complete solution, or None and what is wrong."""
    broken = violations(problem, solution)
    if broken:
        return None, f"illegal: {broken[0]}"
    if solution.unassigned:
        return None, f"{len(solution.unassigned)} left out"
    return cost(problem, solution)[-1], ""


@contextmanager
def _on_core(core: int) -> Iterator[None]:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@cache
def version(solver: str) -> str:
    """Returns what a solver's runs are told apart by: its version and how it is asked."""
    if solver == "ours":
        return _digest(sorted((ROOT / "solver").rglob("*.py")), "")
    name = "peer_ortools" if solver.startswith("ortools") else f"peer_worker_{solver[:5]}*"
    files = [*sorted((ROOT / "benchmarks").glob(f"{name.replace('-', '_')}.py"))]
    files.append(ROOT / "benchmarks/peer_worker.py")
    return _digest(files, " ".join(VERSIONS))


def _digest(files: list[Path], more: str) -> str:
    total = hashlib.sha256((more + processor()).encode())
    for file in files:
        total.update(file.read_bytes())
    return total.hexdigest()[:12]


def cell(solver: str, case: Case, seconds: float, seed: int) -> Path:
    """Returns the file of a run."""
    folder = peers_folder() / "static" / f"{case.set_name}-{case.name}-{case.digest}"
    return folder / f"{solver}-{version(solver)}-{seconds:g}s-{seed}.json"


def stored(file: Path) -> Run | None:
    """Returns the run in a file, None where there is none or it was cut short."""
    try:
        return Run(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, json.JSONDecodeError, TypeError):
        return None


def store(file: Path, run: Run) -> None:
    """Writes a run, whole or not at all."""
    keep(file, json.dumps(asdict(run)))
