"""
Frozen dispatch problems and the file they are kept in: compressed JSON, the same bytes each time.

Locations are rows of one table of durations that all problems of the file share, so that a problem
is little more than its jobs.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from solver.problem import Job, Problem, Task, TimeWindow, Vehicle
from solver.solution import Activity, Kind, Route, Solution

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

FILE = Path(__file__).parent / "data" / "snapshots.json.gz"
"""The snapshots that all figures are of."""


@dataclass(frozen=True, slots=True, eq=False)
class Frozen:
    """
    The problem of one moment in which an urgent order came.

    ``initial`` is what is left of the published plan: everybody's routes, without job ``new`` of
    the order. ``reference`` has routes for the same jobs as if all goods were still at the store,
    and only says which deliveries can be in time together; see `snapshots_common`. ``places`` has
    the row of the shared table for each location of the problem; ``size`` counts the open drops.
    """

    name: str
    size: int
    problem: Problem
    initial: Solution
    new: int
    reference: tuple[Route, ...]
    places: tuple[int, ...]


def write(path: Path, frozen: Sequence[Frozen], table: NDArray[np.int64]) -> None:
    """Writes problems with the table (n, n) of seconds that their ``places`` are rows of."""
    body = {"table": table.tolist(), "snapshots": [_as_json(snapshot) for snapshot in frozen]}
    path.parent.mkdir(parents=True, exist_ok=True)
    # No time and no name in the header: the same problems are the same bytes.
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(json.dumps(body, separators=(",", ":")).encode())


def read(path: Path = FILE) -> tuple[Frozen, ...]:
    """Returns the problems of a file in their order; raises FileNotFoundError with the cure."""
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: make it with python -m benchmarks.freeze.")
    body = json.loads(gzip.decompress(path.read_bytes()))
    table = np.array(body["table"], dtype=np.int64)
    return tuple(_from_json(raw, table) for raw in body["snapshots"])


def digest(path: Path = FILE) -> str:
    """Returns what tells one file of problems from another."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def shared_table(path: Path = FILE) -> NDArray[np.int64]:
    """Returns the table of seconds (n, n) of a file."""
    return np.array(json.loads(gzip.decompress(path.read_bytes()))["table"], dtype=np.int64)


def _as_json(frozen: Frozen) -> dict[str, Any]:
    return {
        "name": frozen.name,
        "size": frozen.size,
        "places": frozen.places,
        "vehicles": [
            [v.name, v.start, v.end, v.capacity, v.shift.early, v.shift.late, v.next_location]
            for v in frozen.problem.vehicles
        ],
        "jobs": [_job_as_json(job) for job in frozen.problem.jobs],
        "initial": routes_as_json(frozen.initial.routes),
        "new": frozen.new,
        "reference": routes_as_json(frozen.reference),
    }


def _job_as_json(job: Job) -> list[Any]:
    tasks = [None if task is None else _task_as_json(task) for task in (job.pickup, job.delivery)]
    vehicles = None if job.vehicles is None else sorted(job.vehicles)
    return [job.name, *tasks, job.load, vehicles, job.rank, job.planned, job.carrier]


def _task_as_json(task: Task) -> list[int | None]:
    window = task.window
    return [task.location, window.early, window.late, task.service_duration, task.due]


def routes_as_json(routes: Iterable[Route]) -> list[list[int]]:
    """Returns routes as numbers: a pickup is its job's index, a delivery ``-1 - index``."""
    return [[a.job if a.kind is Kind.PICKUP else -1 - a.job for a in route] for route in routes]


def _from_json(raw: dict[str, Any], table: NDArray[np.int64]) -> Frozen:
    vehicles = tuple(
        Vehicle(name, start, end, tuple(capacity), TimeWindow(early, late), ahead)
        for name, start, end, capacity, early, late, ahead in raw["vehicles"]
    )
    jobs = tuple(_job_from_json(*told) for told in raw["jobs"])
    places = tuple(raw["places"])
    problem = Problem(vehicles, jobs, table[np.ix_(places, places)])
    routes = routes_from_json(raw["initial"])
    left = frozenset(range(len(jobs))) - {a.job for route in routes for a in route}
    return Frozen(
        name=raw["name"],
        size=raw["size"],
        problem=problem,
        initial=Solution(routes, left),
        new=raw["new"],
        reference=routes_from_json(raw["reference"]),
        places=places,
    )


def _job_from_json(
    name: str,
    pickup: Sequence[Any] | None,
    delivery: Sequence[Any],
    load: Sequence[int],
    vehicles: Iterable[int] | None,
    rank: int,
    planned: int | None,
    carrier: int | None,
) -> Job:
    return Job(
        name=name,
        delivery=_task(*delivery),
        pickup=None if pickup is None else _task(*pickup),
        load=tuple(load),
        vehicles=None if vehicles is None else frozenset(vehicles),
        rank=rank,
        planned=planned,
        carrier=carrier,
    )


def _task(location: int, early: int, late: int, service: int, due: int | None) -> Task:
    return Task(location, TimeWindow(early, late), service, due)


def routes_from_json(raw: Iterable[Iterable[int]]) -> tuple[Route, ...]:
    """Returns the routes that `routes_as_json` made numbers of."""
    return tuple(
        tuple(
            Activity(number, Kind.PICKUP) if number >= 0 else Activity(-1 - number, Kind.DELIVERY)
            for number in route
        )
        for route in raw
    )
