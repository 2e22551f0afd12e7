"""What the static benchmark runs, and running what is missing of it."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.static_cells import TITLES, Runner, cell, store, stored
from benchmarks.static_sets import SETS, Case, cases

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SEEDS = 5
"""Seeds of each solver but the far ones, from 1."""

FAR = ("vrp-cli", "ortools", "ortools-matrix")
"""Peers that one seed is enough for, unless told: the notes of the first measurements."""

MOST_SEEDS = 20
"""Seeds that reports look for."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run; empty: everything of its kind. ``seeds`` are by solver."""

    sets: tuple[str, ...] = tuple(SETS)
    names: tuple[str, ...] = ()
    solvers: tuple[str, ...] = tuple(TITLES)
    budgets: tuple[float, ...] = (0.5, 2.0)
    seeds: int | None = None
    core: int = 0
    is_again: bool = False

    def seeds_of(self, solver: str) -> range:
        """Returns the seeds of a solver."""
        count = self.seeds or (1 if solver in FAR else SEEDS)
        return range(1, count + 1)


def cases_of(plan: Plan) -> list[Case]:
    """Returns the instances of a plan; raises Skipped where they are not at hand."""
    return [case for name in plan.sets for case in cases(name, plan.names)]


def run(plan: Plan, chosen: Sequence[Case]) -> dict[str, str]:
    """Runs what is missing of a plan, one solver at a time; returns who was skipped, and why."""
    missing = [
        item
        for item in _wanted(plan, chosen)
        if (before := stored(cell(*item))) is None or (plan.is_again and before.is_disturbed)
    ]
    with ExitStack() as stack:
        runner = Runner(stack, plan.core)
        for i, (solver, case, seconds, seed) in enumerate(missing, 1):
            _say(f"\r{i} of {len(missing)}: {case.key}, {TITLES[solver]}, {seconds:g} s  ")
            found = runner.run(solver, case, seconds, seed)
            if found is not None:
                store(cell(solver, case, seconds, seed), found)
        if missing:
            _say("\n")
        return runner.skipped


def _wanted(plan: Plan, chosen: Sequence[Case]) -> Iterator[tuple[str, Case, float, int]]:
    """Yields runs so that solvers alternate: a disturbance strikes all of them alike."""
    for seconds in plan.budgets:
        for seed in range(1, MOST_SEEDS + 1):
            for case in chosen:
                for solver in SETS[case.set_name].solvers:
                    if solver in plan.solvers and seed in plan.seeds_of(solver):
                        yield solver, case, seconds, seed


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
