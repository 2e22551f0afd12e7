"""
The lanes of the search one by one, growth to a thousand open drops, and memory that stays flat.

All on the frozen problems of `snapshots`, by our solver alone; see `lane_growth` for the growth.
"""

from __future__ import annotations

import argparse
import sys
import time
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.freeze_files import digest, read
from benchmarks.lane_growth import GROWTH_SIZES, REFERENCE_S, endurance, growth
from benchmarks.machine import machine
from benchmarks.snapshots_cells import measured
from benchmarks.snapshots_questions import FULL, PARTS, question
from benchmarks.snapshots_report import LEGEND, gap, median_cost, tables
from benchmarks.snapshots_runs import Ours, engines, on_one_core

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.snapshots_report import Cell, Runs

SIZES = (20, 60, 150, 300)
BUDGETS = (0.05, 0.2, 1.0)
SEEDS = 5

NEAR = 0.5
"""Percent within which the OR-Tools lane is as good as the best: there it is the default."""

SOLVES = 5000


def lanes(
    sizes: Sequence[int] = SIZES,
    budgets: Sequence[float] = BUDGETS,
    seeds: int = SEEDS,
    most: int | None = None,
    parts: Sequence[str] = (FULL,),
    growth_sizes: Sequence[int] = GROWTH_SIZES,
    reference_s: float = REFERENCE_S,
    solves: int = SOLVES,
    tell: Callable[[str], None] = lambda line: None,
) -> str:
    """Returns the figures as text; ``most`` bounds the problems of a size (None: all)."""
    began = time.perf_counter()
    lines = [machine(), f"Snapshots {digest()}, {seeds} seeds, one core", LEGEND, ""]
    with on_one_core():
        lines += _ablation(sizes, budgets, seeds, most, parts, tell)
        lines += ["", *growth(growth_sizes, reference_s, tell)]
        lines += ["", *endurance(solves)]
    lines.append(f"measured in {time.perf_counter() - began:.0f} s, what was known included")
    return "\n".join(lines) + "\n"


def _ablation(
    sizes: Sequence[int],
    budgets: Sequence[float],
    seeds: int,
    most: int | None,
    parts: Sequence[str],
    tell: Callable[[str], None],
) -> list[str]:
    contestants = [Ours(engine) for engine in engines()] or [Ours()]
    frozen, problems = read(), digest()
    cells: dict[Cell, Runs] = {}
    for part in parts:
        for size in sizes:
            for one in [f for f in frozen if f.size == size][:most]:
                asked = question(one, part)
                for seconds in budgets:
                    for contestant in contestants:
                        runs = measured(contestant, asked, seconds, range(seeds), problems)
                        cell = (part, size, seconds, contestant.name)
                        cells.setdefault(cell, {})[one.name] = runs
            tell(f"lanes {part} {size}")
    cells = dict(sorted(cells.items(), key=lambda item: item[0][:3]))
    if not engines():
        return ["There is one lane only.", *tables(cells)]
    return [*tables(cells), *near(cells)]


def near(cells: dict[Cell, Runs]) -> list[str]:
    """
    Returns for each size and budget whether OR-Tools alone is near the whole portfolio.

    Near is who is within 0.5 % of the last tier in the median problem, and who is worse in an upper
    tier, as by a promise more that is late, in no more problems than better.
    """
    lines = []
    for part, size, seconds in dict.fromkeys(cell[:3] for cell in cells):
        alone = cells[part, size, seconds, "ortools"]
        whole = cells[part, size, seconds, "portfolio"]
        pairs = [(median_cost(alone[name]), median_cost(whole[name])) for name in alone]
        typical = median(gap(one, other) for one, other in pairs)
        told = f"{typical:+.2f} %" if abs(typical) < float("inf") else "upper tiers"
        worse = sum(one[:-1] > other[:-1] for one, other in pairs)
        better = sum(one[:-1] < other[:-1] for one, other in pairs)
        verdict = "within" if typical <= NEAR and worse <= better else "not within"
        lines.append(
            f"ortools alone, {part} {size}, {seconds * 1000:.0f} ms: {told} from the portfolio "
            f"in the median, in an upper tier worse in {worse} and better in {better} of "
            f"{len(pairs)} problems: {verdict} {NEAR} %"
        )
    return lines


def main(arguments: list[str]) -> None:
    """Prints the figures of the parts named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lanes")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--budgets", type=float, nargs="*", default=BUDGETS)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--most", type=int, help="problems of each size")
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=(FULL,))
    parser.add_argument("--growth", type=int, nargs="*", default=GROWTH_SIZES)
    parser.add_argument("--reference-seconds", type=float, default=REFERENCE_S)
    parser.add_argument("--solves", type=int, default=SOLVES)
    told = parser.parse_args(arguments)
    text = lanes(
        told.sizes,
        told.budgets,
        told.seeds,
        told.most,
        told.parts,
        told.growth,
        told.reference_seconds,
        told.solves,
        tell=lambda line: print(line, file=sys.stderr, flush=True),  # noqa: T201
    )
    sys.stdout.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
