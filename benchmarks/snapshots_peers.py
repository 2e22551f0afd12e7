"""
Peers on frozen problems: a question in their plain terms, their answer as routes of ours.

They start from the same plan as ours, the newcomer inserted in it already while their clock does
not run. They minimise the seconds ridden and know no lateness: every promised delivery has a hard
end, its due time, or its start in that plan where that is later. Standard deliveries have none.
Goods on board, pins, ready times, openings and shifts are told as they are.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import solver_env
from benchmarks.plain_problem import plain, plain_routes, read_back
from benchmarks.snapshots_questions import content
from benchmarks.snapshots_runs import Answer
from benchmarks.solver_env import VERSIONS, Peer

if TYPE_CHECKING:
    from types import TracebackType

    from benchmarks.snapshots_questions import Question

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
        files = sorted(Path(solver_env.__file__).parent.glob("peer_*.py"))
        self._code = " ".join(VERSIONS) + "".join(f.read_text(encoding="utf-8") for f in files)
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

    def key(self, question: Question) -> str:
        """Returns what its answer depends on, beside budget and seed."""
        asked = content(question.told, question.complete_start)
        return hashlib.sha256((self._code + asked).encode()).hexdigest()[:8]

    def answer(self, question: Question, seconds: float, seed: int) -> Answer:
        """Returns its answer."""
        told = self._peer.ask(
            plain(question.told),
            seconds=seconds,
            seed=seed,
            initial=plain_routes(question.complete_start),
        )
        spent = (told["elapsed"], told["cpu"])
        if told["routes"] is None:
            return Answer(None, *spent, told["error"] or "no routes")
        routes = read_back(question.problem, told["routes"]).routes
        return Answer(routes, *spent, told["error"] or "")
