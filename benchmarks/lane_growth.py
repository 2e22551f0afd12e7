"""
From 20 to 1 000 open drops, and thousands of solves in a row: time, rate, quality and memory.

Each size is measured in a fresh process, so that its memory is its own. Peaks beyond the frozen
ones are several of these joined: a larger zone, not a denser one.
"""

from __future__ import annotations

import gc
import multiprocessing
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.freeze_files import Frozen, read, shared_table
from benchmarks.freeze_merged import merged
from benchmarks.snapshots_report import gap
from solver.insertion import insert
from solver.solve import SolveParams, solve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from solver.solve import Engine

GROWTH_SIZES = (20, 60, 150, 300, 600, 1000)
REFERENCE_S = 60.0
SHORT_S = 1.0

INSERTIONS = 20

ENGINES: tuple[Engine, Engine] = ("portfolio", "ortools")
"""Which engines a row of solves takes in turn: all lanes, and the one with the most to free."""

RATE_S = 0.5
"""Seconds of searching that a rate of moves is measured in, at least."""

POINTS = 5
"""At how many points of a row of solves its memory is told."""

_LONG_ONE, _LONGER = 25, 8
"""
Every how many solves one is longer, and how many times: with 20 ms usually, 160 ms are enough for
the exact lane and for OR-Tools at the end of a portfolio.
"""

MB = 1024


def growth(
    sizes: Sequence[int], reference_s: float, tell: Callable[[str], None] = lambda line: None
) -> list[str]:
    """Returns a line per size."""
    lines = [
        f"growth: insertion of the newcomer (least of {INSERTIONS}), moves/s of ruin and recreate, "
        f"{SHORT_S:.0f} s against {reference_s:.0f} s, largest memory of the process"
    ]
    for size in sizes:
        lines.append("  " + _line(_apart(_grown, size, reference_s)))
        tell(f"growth {size}")
    return lines


def endurance(solves: int, seconds: float = 0.02) -> list[str]:
    """Returns the memory of one process while it solves so many problems in a row."""
    resident = _apart(endured, solves, seconds, POINTS)
    told = ", ".join(f"{kb / MB:.1f}" for kb in resident)
    return [
        f"{solves} solves of {seconds * 1000:.0f} ms in a row, the portfolio and OR-Tools alone in "
        f"turn, each {_LONG_ONE}th {_LONGER} times as long, resident MB at {POINTS} points: {told}",
        flatness(resident),
    ]


def flatness(resident: Sequence[int]) -> str:
    """
    Returns by how much resident kilobytes grew from the second point on and whether that is flat.

    Flat is within 2 MB or 2 %. What comes before loads what is loaded once and fills what is kept
    for reuse.
    """
    grown = (resident[-1] - resident[1]) / MB
    flat = "flat" if grown <= max(2.0, 0.02 * resident[-1] / MB) else "not flat"
    return f"  from the second point on {grown:+.1f} MB: {flat}"


def _apart(work: Callable[..., Any], *arguments: Any) -> Any:
    """Returns what work gives in a process of its own."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(work, *arguments).result()


def peak_of(size: int, frozen: Sequence[Frozen]) -> Frozen:
    """
    Returns a problem of so many open drops: a frozen one, or the largest that fit, joined.

    Raises ValueError where they do not add up to the size.
    """
    parts: list[Frozen] = []
    left = size
    for one in sorted(frozen, key=lambda f: -f.size):
        if one.size <= left:
            parts.append(one)
            left -= one.size
    if left:
        raise ValueError(f"Frozen problems do not add up to {size} open drops, {left} are missing.")
    return parts[0] if len(parts) == 1 else merged(parts, shared_table())


def _grown(size: int, reference_s: float) -> dict[str, Any]:
    peak = peak_of(size, read())
    solve(peak.problem, SolveParams(seconds=0.05), peak.initial)
    short = solve(replace(peak.problem), SolveParams(seconds=SHORT_S), peak.initial)
    per_second = rate(peak)
    inserted = min(_inserted_s(peak) for _ in range(INSERTIONS))
    largest_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    long = solve(replace(peak.problem), SolveParams(seconds=reference_s), short.solution)
    return {
        "size": size,
        "couriers": len(peak.problem.vehicles),
        "insertion_s": inserted,
        "rate": per_second,
        "short": short.cost,
        "long": long.cost,
        "elapsed_s": short.seconds,
        "largest_kb": largest_kb,
    }


def _inserted_s(peak: Frozen) -> float:
    problem = replace(peak.problem)
    gc.collect()
    began = time.perf_counter()
    insert(problem, peak.initial, [peak.new])
    return time.perf_counter() - began


def rate(peak: Frozen) -> float:
    """Returns moves a second of ruin and recreate, the cost of building taken off."""
    built = timed(peak, 1)
    count = 32
    while (took := timed(peak, count) - built) < RATE_S:
        count *= 4
    return (count - 1) / took


def timed(peak: Frozen, moves: int) -> float:
    """Returns the seconds of the processor that ruin and recreate takes for so many moves."""
    began = time.process_time()
    # Of a portfolio bounded by steps alone, OR-Tools would take nearly all the time.
    solve(peak.problem, SolveParams(iterations=moves, engine="sisr"), peak.initial)
    return time.process_time() - began


def _line(row: dict[str, Any]) -> str:
    above = gap(row["short"], row["long"])
    told = f"{above:.2f} % above" if above < float("inf") else "worse in an upper tier"
    return (
        f"{row['size']:>5} open drops, {row['couriers']:>3} couriers: insertion "
        f"{row['insertion_s'] * 1000:.2f} ms, {row['rate']:.0f} moves/s, "
        f"{told} ({row['short']} and {row['long']}), took {row['elapsed_s'] * 1000:.0f} ms, "
        f"{row['largest_kb'] / MB:.0f} MB"
    )


def endured(solves: int, seconds: float, steps: int) -> list[int]:
    """Returns the resident kilobytes after each step of so many."""
    smallest = min(f.size for f in read())
    problems = [f for f in read() if f.size == smallest]
    found = []
    for i in range(solves):
        one = problems[i % len(problems)]
        engine = ENGINES[i % 2]
        budget = seconds * (_LONGER if i % _LONG_ONE == 0 else 1)
        solve(replace(one.problem), SolveParams(budget, seed=i, engine=engine), one.initial)
        if (i + 1) % max(1, solves // steps) == 0:
            found.append(_resident_kb())
    return found


def _resident_kb() -> int:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0])
