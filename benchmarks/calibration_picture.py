"""
The reliability diagram: what came true against what was foreseen.

Drawn with matplotlib's figures alone, no window and no global state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from benchmarks.calibration_score import Score

BAND = 0.04
"""Deciles shall be within so much of the diagonal."""


def draw(scores: Mapping[str, Mapping[str, Score]], path: Path) -> None:
    """Writes a panel per world as PNG; in each a line for each way of counting, by name."""
    figure = Figure(figsize=(5.2 * len(scores), 5.4), layout="constrained")
    axes = figure.subplots(1, len(scores), squeeze=False)[0]
    for axis, (world, lines) in zip(axes, scores.items(), strict=True):
        axis.fill_between([0, 1], [-BAND, 1 - BAND], [BAND, 1 + BAND], color="0.9", lw=0)
        axis.plot([0, 1], [0, 1], color="0.5", lw=1)
        for name, found in lines.items():
            axis.errorbar(
                [d.foreseen for d in found.deciles],
                [d.happened for d in found.deciles],
                yerr=[2 * d.error for d in found.deciles],
                marker="o",
                ms=4,
                lw=1.2,
                capsize=2,
                label=f"{name}: error {100 * found.ece:.1f} points",
            )
        axis.set(title=world, xlabel="chance foreseen", ylabel="share that came true")
        axis.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
        axis.legend(loc="upper left", fontsize=8, frameon=False)
    figure.savefig(path, dpi=110)
