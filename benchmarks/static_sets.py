"""
The instances of the static benchmark, which lie beside the project and are never part of it.

Distance objective, coordinates and times under the DIMACS rounding (x 10, cut off), vehicles as in
the files. Solomon and Li-Lim 100: of R, C and RC with short (1) and long (2) horizon the first,
whose windows are narrow, and one whose windows are wide; Gehring-Homberger 200, Li-Lim 200 and the
trips with release times: all at hand.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.peer_env import Skipped
from benchmarks.peer_worker import Plain
from benchmarks.plain_problem import plain
from scenarios.instances_solomon import read_li_lim, read_solomon
from scenarios.instances_solutions import read_solution
from scenarios.instances_vrplib import read_vrplib
from solver.check import violations
from solver.problem import Problem
from solver.solution import cost

DATA = Path(__file__).parents[2] / "shared/data/vrp"

_PICKED = ("101", "108", "201", "208")

_PICKED_C = ("101", "104", "201", "204")


@dataclass(frozen=True, slots=True)
class Case:
    """An instance: its set and name, the problem, the same for peers, and a digest of it."""

    set_name: str
    name: str
    problem: Problem
    published: int | None
    plain: Plain = field(repr=False)
    digest: str

    @property
    def key(self) -> str:
        """Returns the name that references have it by."""
        return f"{self.set_name}/{self.name}"


@dataclass(frozen=True, slots=True)
class InstanceSet:
    """A set of instances: its title, where it is, how it is read, who is compared on it."""

    title: str
    folder: str
    suffix: str
    names: tuple[str, ...]
    read: Callable[[Path], Problem]
    solvers: tuple[str, ...]


_ALL = ("ours", "pyvrp", "vroom", "vroom-0", "vrp-cli", "ortools", "ortools-matrix")

_PAIRS = ("ours", "pyvrp", "vroom", "vroom-0")

SETS = {
    "solomon": InstanceSet(
        "Solomon 100",
        "solomon",
        ".txt",
        (
            *(f"R{n}" for n in _PICKED),
            *(f"C{n}" for n in _PICKED_C),
            *(f"RC{n}" for n in _PICKED),
        ),
        read_solomon,
        _ALL,
    ),
    "gh200": InstanceSet(
        "Gehring-Homberger 200",
        "gehring_homberger_200",
        ".txt",
        (
            *("c1_2_1", "c1_2_5", "c2_2_1", "r1_2_1", "r1_2_5", "r2_2_1"),
            *("rc1_2_1", "rc1_2_5", "rc2_2_1"),
        ),
        read_solomon,
        _ALL,
    ),
    "lilim100": InstanceSet(
        "Li-Lim 100",
        "li_lim_100",
        ".txt",
        (
            *(f"lr{n}" for n in _PICKED),
            *(f"lc{n}" for n in _PICKED_C),
            *(f"lrc{n}" for n in _PICKED),
        ),
        read_li_lim,
        _PAIRS,
    ),
    "lilim200": InstanceSet(
        "Li-Lim 200",
        "li_lim_200",
        ".txt",
        (
            *("lc1_2_1", "lc2_2_1", "lr1_2_1", "lr1_2_5", "lr2_2_1"),
            *("lrc1_2_1", "lrc1_2_5", "lrc2_2_1"),
        ),
        read_li_lim,
        _PAIRS,
    ),
    "trips": InstanceSet(
        "Several trips with release times",
        "multi_trip_release",
        ".vrp",
        ("C201R0.5", "C203R0.25", "R201R0.5", "R205R0.75", "RC201R0.25", "RC206R0.5"),
        read_vrplib,
        ("ours", "pyvrp"),
    ),
}


def cases(set_name: str, names: tuple[str, ...] = ()) -> list[Case]:
    """Returns the instances of a set, or those named of it; raises Skipped where they are not."""
    chosen = SETS[set_name]
    folder = DATA / chosen.folder
    if not folder.exists():
        raise Skipped(f"{folder} is absent")
    return [_case(set_name, name, folder) for name in chosen.names if not names or name in names]


def _case(set_name: str, name: str, folder: Path) -> Case:
    problem = SETS[set_name].read(folder / f"{name}{SETS[set_name].suffix}")
    values = plain(problem)
    digest = hashlib.sha256(pickle.dumps(values, protocol=5)).hexdigest()[:12]
    return Case(set_name, name, problem, _published(folder, name, problem), values, digest)


def _published(folder: Path, name: str, problem: Problem) -> int | None:
    """Returns the distance of the best solution that came with an instance, None: there is none."""
    files = [*folder.glob(f"{name}.best_*.txt"), *folder.glob(f"{name}.sol")]
    distances = []
    for file in files:
        solution = read_solution(file, problem)
        if not violations(problem, solution) and not solution.unassigned:
            distances.append(cost(problem, solution)[1])
    return min(distances, default=None)
