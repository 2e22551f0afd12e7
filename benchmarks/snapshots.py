"""
Frozen dispatch problems, solved by ours and by what a user would pick instead, at equal budgets.

``python -m benchmarks snapshots`` makes everything; ``python -m benchmarks.snapshots --help`` names
the parts that can be made alone. What was measured once is not measured again.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.freeze_files import digest, read
from benchmarks.machine import machine
from benchmarks.snapshots_cells import measured
from benchmarks.snapshots_peers import PEERS, Theirs
from benchmarks.snapshots_questions import PARTS, question
from benchmarks.snapshots_report import LEGEND, summary, tables
from benchmarks.snapshots_runs import Ours, on_one_core
from benchmarks.solver_env import VERSIONS, Skipped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.freeze_files import Frozen
    from benchmarks.snapshots_report import Cell, Runs
    from benchmarks.snapshots_runs import Contestant

HOW = """\
(A) common: shipments from the store with hard windows that all can meet, nobody pinned, cost = \
seconds ridden.
(B) full: the dispatch problem; peers get hard ends (due, or the start in the plan where later), \
goods on board, pins, ready times.
All start from the published plan; peers get it with the newcomer inserted, outside their budget. \
Every answer is judged, mended by our insertion where it broke a limit or lost a job, re-timed and \
priced by ours. One core a solver, one at a time; ours includes building. A problem counts by the \
median of its seeds; a tie is within 0.1 % with equal upper tiers; a peer's median over the budget \
by > 20 % is not counted as beaten."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Which cells are measured; ``most`` bounds the problems of a size (None: all)."""

    sizes: tuple[int, ...] = (20, 60, 150, 300)
    budgets: tuple[float, ...] = (0.05, 0.2, 1.0)
    seeds: int = 5
    parts: tuple[str, ...] = PARTS
    peers: tuple[str, ...] = PEERS
    most: int | None = None


def snapshots(extent: Extent | None = None, tell: Callable[[str], None] | None = None) -> str:
    """Returns the report of an extent as text; ``tell`` hears how far it is."""
    extent = extent or Extent()
    tell = tell or (lambda line: None)
    began = time.perf_counter()
    frozen = _chosen(read(), extent)
    cells: dict[Cell, Runs] = {}
    skipped: list[str] = []
    with on_one_core(), ExitStack() as stack:
        contestants: list[Contestant] = [Ours()]
        for name in extent.peers:
            try:
                contestants.append(stack.enter_context(Theirs(name, max(os.sched_getaffinity(0)))))
            except Skipped as reason:
                skipped.append(f"{name} is not in it: {reason}")
        _warm_up(contestants, frozen[0])
        for part in extent.parts:
            for size in extent.sizes:
                several = [f for f in frozen if f.size == size]
                cells |= _measured(part, size, several, contestants, extent)
                tell(f"{part} {size}: {time.perf_counter() - began:.0f} s")
    lines = [machine(), f"Peers: {', '.join(VERSIONS)}; plain OR-Tools as in its own samples"]
    lines += [f"Snapshots {digest()}, {extent.seeds} seeds", HOW, LEGEND, *skipped, ""]
    lines += [*tables(cells), "", *summary(cells)]
    lines.append(f"measured in {time.perf_counter() - began:.0f} s, what was known included")
    return "\n".join(lines) + "\n"


def _chosen(frozen: Sequence[Frozen], extent: Extent) -> list[Frozen]:
    chosen = []
    for size in extent.sizes:
        chosen += [f for f in frozen if f.size == size][: extent.most]
    return chosen


def _warm_up(contestants: Sequence[Contestant], frozen: Frozen) -> None:
    """Lets everybody load what it loads at its first question."""
    for contestant in contestants:
        contestant.answer(question(frozen, PARTS[0]), max(0.05, contestant.least_seconds), 0)


def _measured(
    part: str,
    size: int,
    several: Sequence[Frozen],
    contestants: Sequence[Contestant],
    extent: Extent,
) -> dict[Cell, Runs]:
    """Returns the runs of one part and size; solvers take turns, so that all share the noise."""
    cells: dict[Cell, Runs] = {}
    seeds, problems = range(extent.seeds), digest()
    for frozen in several:
        asked = question(frozen, part)
        for seconds in extent.budgets:
            for contestant in contestants:
                if seconds >= contestant.least_seconds:
                    runs = measured(contestant, asked, seconds, seeds, problems)
                    cell = (part, size, seconds, contestant.name)
                    cells.setdefault(cell, {})[frozen.name] = runs
    return dict(sorted(cells.items(), key=lambda item: item[0][:3]))


def main(arguments: list[str]) -> None:
    """Prints the report of the parts named."""
    whole = Extent()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.snapshots")
    parser.add_argument("--sizes", type=int, nargs="*", default=whole.sizes)
    parser.add_argument("--budgets", type=float, nargs="*", default=whole.budgets)
    parser.add_argument("--seeds", type=int, default=whole.seeds)
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=whole.parts)
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=whole.peers)
    parser.add_argument("--most", type=int, help="problems of each size")
    told = parser.parse_args(arguments)
    extent = Extent(
        tuple(told.sizes),
        tuple(told.budgets),
        told.seeds,
        tuple(told.parts),
        tuple(told.peers),
        told.most,
    )
    sys.stdout.write(snapshots(extent, lambda line: print(line, file=sys.stderr, flush=True)))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
