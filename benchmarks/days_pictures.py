"""
Days as pictures: what each policy keeps in worlds of each size.

Drawn with matplotlib's figures alone, no window and no global state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from benchmarks.days_compare import in_usual
from benchmarks.days_figures import figures, share

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from benchmarks.days_record import Day
    from benchmarks.days_tables import Played


def draw_sizes(by_size: Mapping[str, Played], path: Path) -> None:
    """Writes a PNG: of all placed in 22 min, and of promised kept, by size and policy."""
    figure = Figure(figsize=(11, 8), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    _bars(upper, by_size, in_usual)
    upper.set(ylabel="within 22 min, % of all placed", ylim=(0, 100))
    upper.legend(loc="upper right", ncols=4, fontsize=8, frameon=False)
    _bars(lower, by_size, kept)
    lower.set(ylabel="kept, % of promised", ylim=(0, 100))
    lower.set_xlabel("urgent orders an hour x couriers; a dot is a day")
    figure.savefig(path, dpi=110)


def draw_settings(played: Mapping[str, Sequence[Day]], title: str, path: Path) -> None:
    """Writes a PNG with a point for each setting: promises kept against orders in 22 min."""
    figure = Figure(figsize=(8, 7), layout="constrained")
    axis = figure.subplots()
    for name, days in played.items():
        found = figures(days)
        axis.plot(found.in_usual, found.kept, "o", ms=5)
        axis.annotate(name, (found.in_usual, found.kept), (4, 4), textcoords="offset points")
    axis.set(title=title, xlabel="within 22 min, % of all placed", ylabel="kept, % of promised")
    figure.savefig(path, dpi=110)


def kept(day: Day) -> float:
    """Returns the share of a day's promises that were kept, per cent."""
    promised = [order for order in day.urgent if not order.left]
    return share(sum(order.is_kept for order in promised), len(promised))


def _bars(axis: Axes, by_size: Mapping[str, Played], value: Callable[[Day], float]) -> None:
    names = list(dict.fromkeys(name for played in by_size.values() for name in played))
    width = 0.8 / max(1, len(names))
    for k, name in enumerate(names):
        known = [
            (x + (k + 0.5) * width - 0.4, [value(day) for day in played[name].values()])
            for x, played in enumerate(by_size.values())
            if played.get(name)
        ]
        means = [sum(values) / len(values) for _, values in known]
        bars = axis.bar([x for x, _ in known], means, width, label=name, alpha=0.7)
        dots = [(x, y) for x, values in known for y in values]
        color = bars.patches[0].get_facecolor() if bars.patches else None
        xs, ys = [x for x, _ in dots], [y for _, y in dots]
        axis.scatter(xs, ys, s=8, color=color, edgecolors="0.2", linewidths=0.4)
    axis.set_xticks(range(len(by_size)), list(by_size))
