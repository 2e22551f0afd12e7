"""
How long the solver takes for one order, and whether a search keeps its budget.

On the frozen problems of `snapshots`; a problem is new to the solver each time, as it is in a zone,
where every order makes another one.
"""

from __future__ import annotations

import gc
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.freeze_files import read
from benchmarks.machine import percentiles
from benchmarks.snapshots_runs import on_one_core
from solver.insertion import best_insertions, insert
from solver.solve import SolveParams, solve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.freeze_files import Frozen

BUDGET_S = 0.05
GRACE_MS = 10


@dataclass(frozen=True, slots=True)
class Aim:
    """Open drops and the p99 of an insertion that is aimed at, in milliseconds."""

    open_drops: int
    p99_ms: float


AIMS = (Aim(60, 3.0), Aim(300, 15.0))


def solver_latency(
    frozen: Sequence[Frozen] | None = None,
    aims: Sequence[Aim] = AIMS,
    repeats: int = 40,
    searches: int = 20,
) -> str:
    """
    Returns the figures as text; both counts are per frozen problem, those of the file if None.

    Searches are timed at the size of the first aim.
    """
    frozen = read() if frozen is None else frozen
    lines = []
    with on_one_core(), _as_in_a_zone():
        for aim in aims:
            several = [f for f in frozen if f.size == aim.open_drops]
            for name, work in (("insertion", _insertion), ("quote", _quote)):
                figures = _timed(several, work, repeats)
                lines += [
                    f"{name} of one order, {aim.open_drops} open drops, "
                    f"{len(several[0].problem.vehicles)} couriers, {len(several)} problems, each "
                    f"new to the solver: {percentiles(figures, unit='ms')}",
                    verdict(figures, aim.p99_ms),
                ]
        several = [f for f in frozen if f.size == aims[0].open_drops]
        figures = _timed(several, _search, searches)
        lines += [
            f"solve of {BUDGET_S * 1000:.0f} ms, {aims[0].open_drops} open drops, building "
            f"included: {percentiles(figures, unit='ms')}",
            verdict(figures, BUDGET_S * 1000 + GRACE_MS),
        ]
    return "\n".join(lines) + "\n"


@contextmanager
def _as_in_a_zone() -> Iterator[None]:
    """What is here now is left alone by the garbage collector, as the service does."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _timed(
    several: Sequence[Frozen], work: Callable[[Frozen], object], repeats: int
) -> list[float]:
    """Returns milliseconds, problem by problem; the first round of all does not count."""
    for one in several:
        work(one)
    figures = []
    for _ in range(repeats):
        for one in several:
            fresh = replace(one, problem=replace(one.problem))
            began = time.perf_counter()
            work(fresh)
            figures.append((time.perf_counter() - began) * 1000)
    return figures


def _insertion(frozen: Frozen) -> object:
    return insert(frozen.problem, frozen.initial, [frozen.new])


def _quote(frozen: Frozen) -> object:
    return best_insertions(frozen.problem, frozen.initial, frozen.new)


def _search(frozen: Frozen) -> object:
    return solve(frozen.problem, SolveParams(seconds=BUDGET_S), frozen.initial)


def verdict(figures: Sequence[float], aim_ms: float) -> str:
    """Returns whether the p99 of some milliseconds is below an aim."""
    p99 = float(np.percentile(figures, 99))
    return f"  aim p99 < {aim_ms:.0f} ms: {'reached' if p99 < aim_ms else 'missed'}"
