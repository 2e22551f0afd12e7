"""
Peers on frozen problems: a question in their plain terms, their answer as routes of ours.

They start from the same plan as ours, the newcomer inserted in it already while their clock does
not run. They minimise the seconds ridden and know no lateness: every promised delivery has a hard
end, its due time, or its start in that plan where that is later. Standard deliveries have none.
Goods on board, pins, ready times, openings and shifts are told as they are.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import solver_env
from benchmarks.snapshots_runs import Answer, sources
from benchmarks.solver_env import Peer
from solver.solution import Activity, Kind

if TYPE_CHECKING:
    from types import TracebackType

    from benchmarks.snapshots_questions import Question
    from solver.problem import Problem, Task
    from solver.solution import Route

PEERS = ("pyvrp", "vroom", "vrp-cli", "ortools")

LEAST_SECONDS = {"vrp-cli": 1.0}
"""Budgets below which a peer cannot be asked: vrp-cli counts in whole seconds."""


class Theirs:
    """
    A peer in a process of its own on one core, which is ended by leaving the context.

    ``name`` is as `peer_worker` has it. Raises Skipped where it cannot be had.
    """

    def __init__(self, name: str, core: int) -> None:
        self.name = name
        self.least_seconds = LEAST_SECONDS.get(name, 0.0)
        # Our insertion is in what they start from and in how an answer is mended.
        folder = Path(solver_env.__file__).parent
        self.version = sources(*sorted(folder.glob("peer_*.py")))
        self._peer = Peer(name, core=core)

    def __enter__(self) -> Theirs:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._peer.close()

    def answer(self, question: Question, seconds: float, seed: int) -> Answer:
        """Returns its answer."""
        told = self._peer.ask(
            plain_problem(question.problem, question.dues),
            seconds=seconds,
            seed=seed,
            initial=[plain_route(route) for route in question.complete_start.routes],
        )
        if told["routes"] is None:
            return Answer(None, told["elapsed"], told["error"] or "no routes")
        routes = tuple(_route(raw) for raw in told["routes"])
        return Answer(routes, told["elapsed"], told["error"] or "")


def plain_problem(problem: Problem, dues: tuple[int | None, ...]) -> dict[str, Any]:
    """Returns a problem in the terms of `peer_worker`, with hard ends of deliveries."""
    return {
        "durations": problem.durations,
        "costs": None,
        "vehicles": [
            {
                "start": vehicle.start,
                "end": vehicle.end,
                "capacity": list(vehicle.capacity),
                "early": vehicle.shift.early,
                "late": vehicle.shift.late,
                "profile": 0,
            }
            for vehicle in problem.vehicles
        ],
        "jobs": [
            {
                "pickup": None if job.pickup is None else _plain_task(job.pickup),
                "delivery": _plain_task(job.delivery) | {"due": due},
                "load": list(job.load),
                "vehicles": None if job.vehicles is None else sorted(job.vehicles),
                "carrier": job.carrier,
                "prize": None,
            }
            for job, due in zip(problem.jobs, dues, strict=True)
        ],
    }


def _plain_task(task: Task) -> dict[str, int | None]:
    return {
        "location": task.location,
        "early": task.window.early,
        "late": task.window.late,
        "service": task.service_duration,
    }


def plain_route(route: Route) -> list[tuple[int, str]]:
    """Returns a route in the terms of `peer_worker`."""
    return [(activity.job, activity.kind.value) for activity in route]


def _route(raw: list[tuple[int, str]]) -> Route:
    return tuple(Activity(job, Kind(kind)) for job, kind in raw)
