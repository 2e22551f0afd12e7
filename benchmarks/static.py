"""
The instances of the field: our solver and its peers on equal budgets, one core each.

``python -m benchmarks static`` runs what is missing of 0.5 and 2 s with five seeds (vrp-cli and the
OR-Tools samples, far behind: one) and says what all runs at hand come to. That takes 50 minutes
where nothing is at hand, 10 where only our solver has changed. ``python -m benchmarks.static`` has
options to run other sets, solvers, budgets and seeds, piece by piece: 10 s take 40 minutes a seed.
``--reference`` makes the long runs that gaps are measured against.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from benchmarks.machine import machine
from benchmarks.peer_env import Skipped
from benchmarks.solver_env import VERSIONS
from benchmarks.static_cells import TITLES, Run, cell, stored
from benchmarks.static_reference import (
    LEAST_SECONDS,
    read_references,
    reference_of,
    update_references,
)
from benchmarks.static_runs import MOST_SEEDS, SEEDS, Plan, cases_of, run
from benchmarks.static_sets import SETS, Case
from benchmarks.static_tables import Figures, by_instance, figure, summary, verdicts

if TYPE_CHECKING:
    from collections.abc import Sequence

_ABOUT = "Runs a piece of the static benchmark and prints what all runs at hand come to."

BUDGETS = (0.5, 2.0, 10.0)
"""Seconds that reports have columns for."""


def static() -> str:
    """Returns the figures of the static instances, and runs what is missing of the short ones."""
    plan = Plan()
    try:
        chosen = cases_of(plan)
    except Skipped as reason:
        return f"{machine()}\nSkipped: {reason}.\n"
    head = machine()
    skipped = run(plan, chosen)
    return report(head, chosen, skipped)


def report(head: str, chosen: Sequence[Case], skipped: dict[str, str]) -> str:
    """Returns tables and verdicts of all runs at hand of some instances."""
    references = read_references()
    tables, details, aims, unkept = [], [], [], []
    everything: list[Run] = []
    for set_name in dict.fromkeys(case.set_name for case in chosen):
        by_budget: dict[float, Figures] = {}
        for case in (case for case in chosen if case.set_name == set_name):
            runs = _at_hand(case)
            everything += [item for found in runs.values() for item in found]
            reference, is_kept = reference_of(case, references, everything_of(runs))
            if reference is None:
                continue
            unkept += [] if is_kept else [case.key]
            for (solver, seconds), found in runs.items():
                by_solver = by_budget.setdefault(seconds, {}).setdefault(solver, {})
                by_solver[case.name] = figure(found, reference, seconds)
        if by_budget:
            tables.append(summary(set_name, by_budget))
            details += [by_instance(set_name, s, by_budget[s]) for s in sorted(by_budget)]
            aims += verdicts(set_name, by_budget)
    notes = _notes(everything, unkept, skipped)
    return "\n".join(
        [f"{head}\n{notes}\n", *(f"{table}\n" for table in (*tables, *details)), "Aims", *aims, ""]
    )


def _at_hand(case: Case) -> dict[tuple[str, float], list[Run]]:
    runs = {}
    for solver in SETS[case.set_name].solvers:
        for seconds in BUDGETS:
            files = [cell(solver, case, seconds, seed) for seed in range(1, MOST_SEEDS + 1)]
            if found := [item for file in files if (item := stored(file)) is not None]:
                runs[solver, seconds] = found
    return runs


def everything_of(runs: dict[tuple[str, float], list[Run]]) -> list[Run]:
    """Returns all runs of an instance."""
    return [item for found in runs.values() for item in found]


def _notes(runs: Sequence[Run], unkept: Sequence[str], skipped: dict[str, str]) -> str:
    disturbed = sum(item.is_disturbed for item in runs)
    load = max((item.load for item in runs), default=0.0)
    lines = [
        f"Peers: {', '.join(VERSIONS)}; OR-Tools as in its samples, in a process of its own",
        "One core, one thread, one solver at a time; budgets hold building the model; x 10, cut"
        " off; every answer judged and priced by us",
        "median, mean, worst: over instances, of the medians of their seeds; spread: worst less"
        " best seed, median over instances",
        f"{len(runs)} runs, {disturbed} of them with less than 85 % of the core; load before a run"
        f" at most {load:.1f}",
    ]
    if unkept:
        lines.append(f"No reference of {LEAST_SECONDS:g} s yet, best at hand: {', '.join(unkept)}")
    lines += [f"Skipped {TITLES[name]}: {reason}" for name, reason in skipped.items()]
    return "\n".join(lines)


def main(words: Sequence[str]) -> int:
    """Runs a piece, prints its report; with ``--reference`` updates the references instead."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.static", description=_ABOUT)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--names", nargs="+", default=[], help="instances, all if not said")
    parser.add_argument("--solvers", nargs="+", choices=TITLES, default=list(TITLES))
    parser.add_argument("--budgets", nargs="+", type=float, default=[0.5, 2.0])
    parser.add_argument("--seeds", type=int, help=f"seeds of each, else {SEEDS} (1 of the far)")
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--again", action="store_true", help="run again what was disturbed")
    parser.add_argument("--report", action="store_true", help="run nothing")
    parser.add_argument(
        "--reference",
        type=float,
        nargs="?",
        const=LEAST_SECONDS,
        metavar="SECONDS",
        help="one long run of each (PyVRP, VROOM and ours if not said), then update references",
    )
    given = parser.parse_args(words)
    if given.reference is not None and given.reference < LEAST_SECONDS:
        parser.error(f"a reference takes {LEAST_SECONDS:g} s at least, got {given.reference:g}")
    plan = Plan(
        sets=tuple(given.sets),
        names=tuple(given.names),
        solvers=tuple(given.solvers),
        budgets=tuple(given.budgets),
        seeds=given.seeds,
        core=given.core,
        is_again=given.again,
    )
    return _reference(plan, given.reference) if given.reference else _piece(plan, given.report)


def _piece(plan: Plan, is_report: bool) -> int:
    chosen = cases_of(plan)
    head = machine()
    skipped = {} if is_report else run(plan, chosen)
    sys.stdout.write(report(head, chosen, skipped))
    return 0


def _reference(plan: Plan, seconds: float) -> int:
    solvers = plan.solvers
    if solvers == tuple(TITLES):
        solvers = ("pyvrp", "vroom", "ours")
    chosen = cases_of(plan)
    long = Plan(plan.sets, plan.names, solvers, (seconds,), plan.seeds or 1, plan.core)
    for name, reason in run(long, chosen).items():
        sys.stdout.write(f"Skipped {TITLES[name]}: {reason}\n")
    for change in update_references(chosen):
        sys.stdout.write(f"{change}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
