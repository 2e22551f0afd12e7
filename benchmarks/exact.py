"""
The exact lane on snapshots of a shift: how often it proves its answer in time, and that CP-SAT
agrees.

Every answer is judged by ``violations``; an answer that is illegal or dearer than its start, or a
price other than CP-SAT's, ends the benchmark with an error.
"""

from __future__ import annotations

from time import perf_counter, process_time
from typing import TYPE_CHECKING

from benchmarks.machine import machine, percentiles
from benchmarks.urgent_worlds import CAPACITY, NUM_COURIERS, urgent_snapshot
from solver.assignment import by_subsets
from solver.assignment_cp import by_cp_sat
from solver.bundle_columns import enumerate_columns
from solver.bundle_prices import prices_of
from solver.bundles import exact as solve_exactly
from solver.bundles import waiting
from solver.check import violations
from solver.solution import cost

if TYPE_CHECKING:
    from solver.problem import Problem
    from solver.solution import Solution

_BUDGET_S = 0.1
_AMPLE_S = 60.0
_SIZES = range(2, 13)
_SEEDS = range(20)
_NUM_COMPARED = 200


def exact() -> str:
    """Returns the figures as text: per number of waiting drops, in all, and against CP-SAT."""
    lines = [
        machine(),
        f"Exact lane, {NUM_COURIERS} couriers of capacity {CAPACITY}, urgent drops waiting as in"
        f" the first column, 1-3 drops aboard two thirds of the couriers,"
        f" {NUM_COURIERS // 3} standard drops; seeds {_SEEDS[0]}-{_SEEDS[-1]} each,"
        f" budget {1000 * _BUDGET_S:.0f} ms, 1 core",
        "waiting  proven  cheaper than the start  elapsed",
    ]
    solve_exactly(*urgent_snapshot(0, 2), _AMPLE_S)
    all_ms: list[float] = []
    all_cpu_ms: list[float] = []
    all_proven = 0
    for size in _SIZES:
        runs = [_run(*urgent_snapshot(seed, size)) for seed in _SEEDS]
        elapsed, cpu = [run[2] for run in runs], [run[3] for run in runs]
        proven = sum(run[0] for run in runs)
        cheaper = sum(run[1] for run in runs)
        all_ms += elapsed
        all_cpu_ms += cpu
        all_proven += proven
        lines.append(
            f"{size:7d}  {proven:2d}/{len(runs)}  {cheaper:2d}/{len(runs)}"
            f"  {percentiles(elapsed, unit='ms')}"
        )
    lines += [
        f"in all: {100 * all_proven / len(all_ms):.1f} % proven within"
        f" {1000 * _BUDGET_S:.0f} ms; elapsed {percentiles(all_ms, unit='ms')}",
        f"processor time to the proof, without a limit: {percentiles(all_cpu_ms, unit='ms')}",
        _compared(),
    ]
    return "\n".join(lines) + "\n"


def _run(problem: Problem, start: Solution) -> tuple[bool, bool, float, float]:
    """
    Returns whether an answer is proven, and whether it is cheaper than its start.

    Then its elapsed ms within the budget, and the processor ms of a proof without a limit.
    """
    worked = process_time()
    solve_exactly(problem, start, _AMPLE_S)
    cpu = 1000 * (process_time() - worked)
    began = perf_counter()
    found = solve_exactly(problem, start, _BUDGET_S)
    elapsed = 1000 * (perf_counter() - began)
    broken = violations(problem, found.solution)
    before, after = cost(problem, start), cost(problem, found.solution)
    if broken or after > before:
        raise RuntimeError(f"Expected a legal answer up to {before}, got {after}: {broken}.")
    return found.optimal, after < before, elapsed, cpu


def _compared() -> str:
    """Returns on how many snapshots CP-SAT proves the price of the subsets, and their times."""
    ours, theirs, equal = [], [], 0
    for case in range(_NUM_COMPARED):
        problem, start = urgent_snapshot(10_000 + case, _SIZES[case % len(_SIZES)])
        prices = prices_of(problem)
        if prices is None:
            raise RuntimeError(f"Expected prices that fit, seed {10_000 + case} has none.")
        free = waiting(problem)
        columns = enumerate_columns(problem, prices, start, free, perf_counter() + _AMPLE_S)
        began = process_time()
        picks = by_subsets(columns.columns, columns.sums(), columns.left, columns.most)
        ours.append(1000 * (process_time() - began))
        began = process_time()
        other, proven = by_cp_sat(
            prices, columns.columns, columns.left_out, columns.kept, perf_counter() + _AMPLE_S
        )
        theirs.append(1000 * (process_time() - began))
        if picks is None or not proven or columns.price(picks) != columns.price(other):
            raise RuntimeError(f"Seed {10_000 + case}: {picks} and {other} (proven: {proven}).")
        equal += 1
    return (
        f"assignment equal to CP-SAT's proven one in {equal} of {_NUM_COMPARED} other snapshots"
        f" (seeds from 10000); processor time by subsets {percentiles(ours, unit='ms')}\n"
        f"by CP-SAT {percentiles(theirs, unit='ms')}"
    )
