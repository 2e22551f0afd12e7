"""
What runs on frozen problems come to: medians, spread, wins, and whether the aims are reached.

Costs are compared tier by tier. Where the tiers above the last are equal, the last is compared in
percent; where they are not, no percentage says anything, and the gap is infinite.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.snapshots_cells import DISTURBED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.snapshots_runs import Run
    from solver.solution import Cost

TIE = 0.1
"""Percent of the last tier within which two solutions are as good as each other."""

OVER = 1.2
"""A solver that takes this many times its budget is shown, but not counted as beaten."""

WINS_AIMED_AT = 0.8

Cell = tuple[str, int, float, str]
"""Part, open drops, seconds of budget, solver."""

Runs = dict[str, tuple["Run", ...]]
"""Runs of one cell by the name of the problem, one per seed."""


@dataclass(frozen=True, slots=True)
class Duel:
    """Ours against one peer on the problems of one size: by problem, medians over the seeds."""

    wins: int
    ties: int
    losses: int
    overdue: int
    typical: float

    @property
    def holds(self) -> bool:
        """Whether ours is not worse in the median of the problems."""
        return self.typical <= 0

    @property
    def share(self) -> float | None:
        """The share of wins and ties among the problems that count, None where none does."""
        counted = self.wins + self.ties + self.losses
        return (self.wins + self.ties) / counted if counted else None


def gap(cost: Cost, other: Cost) -> float:
    """Returns by how many percent a cost is above another, infinite where upper tiers differ."""
    if cost[:-1] != other[:-1]:
        return float("inf") if cost > other else -float("inf")
    return 100 * (cost[-1] - other[-1]) / max(1, abs(other[-1]))


def median_cost(runs: Sequence[Run]) -> Cost:
    """Returns the median cost of the seeds, the worse of the middle two for an even number."""
    return sorted(run.cost for run in runs)[len(runs) // 2]


def duel(ours: Runs, theirs: Runs, seconds: float) -> Duel:
    """Returns how ours did against a peer that had the same budget, problem by problem."""
    gaps = {name: gap(median_cost(ours[name]), median_cost(theirs[name])) for name in theirs}
    overdue = {name for name, runs in theirs.items() if _elapsed(runs) > OVER * seconds}
    counted = [g for name, g in gaps.items() if name not in overdue or g > TIE]
    return Duel(
        wins=sum(g < -TIE for g in counted),
        ties=sum(abs(g) <= TIE for g in counted),
        losses=sum(g > TIE for g in counted),
        overdue=len(overdue),
        typical=median(gaps.values()),
    )


def _elapsed(runs: Sequence[Run]) -> float:
    return median(run.elapsed for run in runs)


def best_costs(cells: Mapping[Cell, Runs]) -> dict[tuple[str, str], Cost]:
    """Returns the best cost that anybody found, by part and name of the problem."""
    best: dict[tuple[str, str], Cost] = {}
    for (part, *_), runs in cells.items():
        for name, several in runs.items():
            found = min(run.cost for run in several)
            best[part, name] = min(best.get((part, name), found), found)
    return best


def tables(cells: Mapping[Cell, Runs], ours: str = "ours") -> list[str]:
    """Returns the lines of the report, by part, size and budget."""
    best = best_costs(cells)
    lines: list[str] = []
    for part, size, seconds in dict.fromkeys(cell[:3] for cell in cells):
        here = {c[3]: runs for c, runs in cells.items() if c[:3] == (part, size, seconds)}
        count = len(next(iter(here.values())))
        lines.append(f"{part}, {size} open drops, {seconds * 1000:.0f} ms, {count} problems")
        lines.append(HEAD)
        lines += [
            _row(solver, runs, {name: best[part, name] for name in runs}, seconds)
            for solver, runs in here.items()
        ]
        lines += [
            f"  ours against {solver}: {_verdict(duel(here[ours], runs, seconds))}"
            for solver, runs in here.items()
            if solver != ours and ours in here
        ]
    return lines


HEAD = (
    "  solver      gap % q1/median/q3      seeds %  p50 ms  most ms  over  busy  lost  broke  "
    "fail  held  upper tiers, mean"
)
LEGEND = """\
gap: by how much the last tier of the median seed is above the best found by anybody, quartiles of \
the problems, "tier" where an upper tier is worse; seeds: the worst above the best in the last \
tier, median of the problems; over: runs that took > 20 % more than the budget; busy: runs whose \
process had less than 85 % of the core (its children are not seen), repeated once; lost: jobs \
that answers left out, before they were re-inserted; broke: answers that broke a limit; fail: no \
answer, the plan stays; held: promised jobs late only because a load stop starts as a whole\
"""


def _row(solver: str, runs: Runs, best: Mapping[str, Cost], seconds: float) -> str:
    every = [run for several in runs.values() for run in several]
    gaps = sorted(gap(median_cost(several), best[name]) for name, several in runs.items())
    told = "/".join(
        "tier" if g == float("inf") else f"{g:.2f}"
        for g in (gaps[len(gaps) * quarter // 4] for quarter in (1, 2, 3))
    )
    spread = median(_spread(several) for several in runs.values())
    elapsed = sorted(run.elapsed * 1000 for run in every)
    over = sum(run.elapsed > OVER * seconds for run in every)
    busy = sum(run.cpu < DISTURBED * run.elapsed for run in every)
    lost, broke = sum(run.lost for run in every), sum(run.illegal for run in every)
    fail = sum(bool(run.error) for run in every)
    held = sum(run.held_up for run in every)
    upper = [sum(run.cost[t] for run in every) / len(every) for t in range(len(every[0].cost) - 1)]
    return (
        f"  {solver:<10}  {told:<22}  {spread:>7.2f}  {elapsed[len(elapsed) // 2]:>6.0f}  "
        f"{elapsed[-1]:>7.0f}  {over:>4}  {busy:>4}  {lost:>4}  {broke:>5}  {fail:>4}  {held:>4}  "
        + " ".join(f"{value:.2f}" for value in upper)
    )


def _spread(runs: Sequence[Run]) -> float:
    """Returns by how many percent the worst seed is above the best in the last tier."""
    last = [run.cost[-1] for run in runs]
    return 100 * (max(last) - min(last)) / max(1, abs(min(last)))


def _verdict(found: Duel) -> str:
    median_says = "yes" if found.holds else "no"
    share = "nothing to count"
    if found.share is not None:
        reached = "reached" if found.share >= WINS_AIMED_AT else "missed"
        share = f"{100 * found.share:.0f} % won or tied, 80 %: {reached}"
    late = f", {found.overdue} over the budget" if found.overdue else ""
    typical = f"{found.typical:+.2f} %" if abs(found.typical) < 1e9 else "upper tiers"
    return (
        f"won {found.wins}, tied {found.ties}, lost {found.losses}{late}; not worse in the median: "
        f"{median_says} ({typical}); {share}"
    )


def summary(cells: Mapping[Cell, Runs], ours: str = "ours") -> list[str]:
    """Returns one line per peer: in how many cells the two aims are reached."""
    lines = []
    for peer in dict.fromkeys(cell[3] for cell in cells if cell[3] != ours):
        duels = [
            duel(cells[(*cell[:3], ours)], runs, cell[2])
            for cell, runs in cells.items()
            if cell[3] == peer and (*cell[:3], ours) in cells
        ]
        held = sum(found.holds for found in duels)
        shares = [found.share for found in duels if found.share is not None]
        won = sum(share >= WINS_AIMED_AT for share in shares)
        lines.append(
            f"against {peer}: not worse in the median in {held} of {len(duels)} cells, "
            f"80 % won or tied in {won} of {len(shares)} that count"
        )
    return lines
