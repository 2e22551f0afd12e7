"""What the static benchmark says: gaps, their spread, real times, and whether aims are met."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import mean, median
from typing import TYPE_CHECKING

from benchmarks.static_cells import OVERTIME, TITLES, Run
from benchmarks.static_sets import SETS

if TYPE_CHECKING:
    from collections.abc import Sequence

CLOSE = 0.5
"""Points of gap within which we shall be of PyVRP at 2 and 10 s."""

VROOMS = ("vroom", "vroom-0")


@dataclass(frozen=True, slots=True)
class Figure:
    """
    The runs of a solver on one instance with one budget, one for each seed.

    ``gap`` is the median in per cent over the legal and complete ones (None: there is none),
    ``spread`` the worst less the best of them.
    """

    gap: float | None
    spread: float
    runs: tuple[Run, ...]
    seconds: float

    @property
    def is_over(self) -> bool:
        """Returns whether the solver took more than its budget and a fifth, in the median."""
        return median(run.elapsed for run in self.runs) > OVERTIME * self.seconds

    @property
    def counts(self) -> bool:
        """Returns whether it may be counted as beaten, or as one that beats."""
        return self.gap is not None and not self.is_over


def figure(runs: Sequence[Run], reference: int, seconds: float) -> Figure:
    """Returns the figure of some runs against a reference distance."""
    gaps = [100 * (run.distance / reference - 1) for run in runs if run.distance is not None]
    if not gaps:
        return Figure(None, 0.0, tuple(runs), seconds)
    return Figure(median(gaps), max(gaps) - min(gaps), tuple(runs), seconds)


Figures = dict[str, dict[str, Figure]]
"""By solver, then by instance: the figures of one set with one budget."""


def summary(set_name: str, by_budget: dict[float, Figures]) -> str:
    """Returns the table of one set: a row for each solver and budget."""
    head = (
        f"{'':7}{'':17}{'median':>8}{'mean':>8}{'worst':>8}{'spread':>8}{'legal':>9}"
        f"{'elapsed p50':>13}{'largest':>9}"
    )
    lines = [f"{SETS[set_name].title}: gap to the reference in %", head]
    for seconds, figures in sorted(by_budget.items()):
        for solver in SETS[set_name].solvers:
            if found := list(figures.get(solver, {}).values()):
                lines.append(f"{seconds:>4g} s  {TITLES[solver]:<17}{_row(found)}")
    return "\n".join(lines)


def _row(found: Sequence[Figure]) -> str:
    gaps = [item.gap for item in found if item.gap is not None]
    runs = [run for item in found for run in item.runs]
    legal = f"{sum(run.distance is not None for run in runs)}/{len(runs)}"
    took = [run.elapsed for run in runs]
    times = f"{median(took):>11.2f} s{max(took):>7.2f} s"
    over = sum(item.is_over for item in found)
    mark = f"  over its budget on {over} of {len(found)}" if over else ""
    if not gaps:
        return f"{'-':>8}{'-':>8}{'-':>8}{'-':>8}{legal:>9}{times}{mark}"
    spread = median(item.spread for item in found if item.gap is not None)
    figures = (median(gaps), mean(gaps), max(gaps), spread)
    return f"{''.join(f'{value:>8.2f}' for value in figures)}{legal:>9}{times}{mark}"


def by_instance(set_name: str, seconds: float, figures: Figures) -> str:
    """Returns the median gaps of each instance; "!" is over the budget, "-" has no legal answer."""
    solvers = [name for name in SETS[set_name].solvers if figures.get(name)]
    lines = [
        f"{SETS[set_name].title}, {seconds:g} s",
        f"{'':12}" + "".join(f"{TITLES[name]:>17}" for name in solvers),
    ]
    for case in SETS[set_name].names:
        row = [figures[name].get(case) for name in solvers]
        if any(row):
            lines.append(f"{case:<12}" + "".join(f"{_text(item):>17}" for item in row))
    return "\n".join(lines)


def _text(item: Figure | None) -> str:
    if item is None:
        return ""
    over = "!" if item.is_over else ""
    return f"-{over}" if item.gap is None else f"{item.gap:.2f}{over}"


def verdicts(set_name: str, by_budget: dict[float, Figures]) -> list[str]:
    """Returns a line for each aim that there are figures for."""
    lines = []
    for seconds, figures in sorted(by_budget.items()):
        if "ours" not in figures:
            continue
        where = f"{SETS[set_name].title}, {seconds:g} s"
        slack = 0.0 if seconds < 1 else CLOSE
        lines += _verdict(where, figures, ("pyvrp",), "PyVRP", slack)
        lines += _verdict(where, figures, VROOMS, "VROOM, the better of its levels", 0.0)
        lines += _verdict(where, figures, ("vrp-cli",), "vrp-cli", 0.0)
    return lines


def _verdict(
    where: str, figures: Figures, peers: tuple[str, ...], title: str, slack: float
) -> list[str]:
    """Compares the means over instances of our median gaps and a peer's, where it has one."""
    ours = figures["ours"]
    theirs = {case: _best(figures, peers, case) for case in ours}
    asked = [case for case in ours if any(case in figures.get(peer, {}) for peer in peers)]
    if not asked:
        return []
    flawed = [
        case
        for case in asked
        if not ours[case].counts or any(run.distance is None for run in ours[case].runs)
    ]
    if flawed:
        missing = f"ours has no legal answer, or none in time, on {', '.join(flawed)}"
        return [f"{where}, against {title}: {missing}: MISSED"]
    common = {case: gap for case in asked if (gap := theirs[case]) is not None}
    lost = len(asked) - len(common)
    rest = f"; {lost} over its budget or without a legal answer not counted" if lost else ""
    if not common:
        return [f"{where}: {title} has nothing that counts ({lost} of {len(asked)} instances)"]
    mine = mean(gap for case in common if (gap := ours[case].gap) is not None)
    other = mean(common.values())
    aim = f"at most {slack:g} points more" if slack else "no more"
    met = "MET" if mine <= other + slack else "MISSED"
    count = f"{len(common)} of {len(asked)} instances"
    return [f"{where}: {mine:.2f} %, {title} {other:.2f} % ({count}{rest}), aim {aim}: {met}"]


def _best(figures: Figures, peers: tuple[str, ...], case: str) -> float | None:
    gaps = [
        item.gap
        for peer in peers
        if (item := figures.get(peer, {}).get(case)) is not None
        and item.counts
        and item.gap is not None
    ]
    return min(gaps, default=None)
