"""
Charts of a day: how soon urgent orders were on the desk, and what was left of promises meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from dispatch.promises import URGENT_S
from scenarios.charts import INK, KEPT, LATE, SOFT, mark_time
from scenarios.verdict import urgent_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from scenarios.log import ShiftLog
    from scenarios.slack import Slack

USUAL_MIN = URGENT_S / 60

LONGEST_MIN = 60
"""The curve ends here; what takes longer is below the top at its end."""

PROMISED = "#0b6fb8"


def draw_curve(log: ShiftLog) -> Figure:
    """
    Returns which share of urgent orders was handed over by so many minutes after it was placed.

    Two lines are of all that were placed, customers who left included: what was promised by then,
    and what was handed over.
    """
    figure = Figure(figsize=(10, 4.2), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    placed = urgent_of(log)
    stayed = [order for order in placed if not log.has_left(order)]
    ended = [at - o.placed_at for o in stayed if (at := log.closed_at(o)) is not None]
    promised = [order.promise_s for order in stayed]
    _draw_steps(axes, promised, len(placed), PROMISED, "promised by then", ls=(0, (4, 2)))
    _draw_steps(axes, ended, len(placed), KEPT, "handed over by then")
    axes.axvline(USUAL_MIN, color=INK, lw=1, ls=(0, (1, 2)))
    share = sum(each <= URGENT_S for each in ended) / len(placed) if placed else 0
    axes.plot(USUAL_MIN, 100 * share, "o", ms=6, color=KEPT, mec="white", zorder=5)
    axes.annotate(
        f"{100 * share:.0f} % within {USUAL_MIN:.0f} min",
        (USUAL_MIN, 100 * share),
        xytext=(-8, 8),
        textcoords="offset points",
        ha="right",
        fontsize=9,
        color=INK,
    )
    axes.set(xlim=(0, LONGEST_MIN), ylim=(0, 102))
    axes.set_xticks([0, 10, USUAL_MIN, 30, 40, 50, LONGEST_MIN])
    axes.set_xlabel("minutes since the order was placed")
    axes.set_ylabel("% of urgent orders placed")
    _tidy(axes)
    figure.legend(loc="outside upper center", ncols=2, fontsize=8.5, frameon=False)
    return figure


def _draw_steps(
    axes: Axes,
    seconds: Sequence[int],
    of: int,
    colour: str,
    label: str,
    ls: str | tuple[int, tuple[int, int]] = "-",
) -> None:
    minutes = [0.0, *(each / 60 for each in sorted(seconds)), float(LONGEST_MIN)]
    shares = [100 * n / max(of, 1) for n in range(len(seconds) + 1)]
    # The last share lasts to the edge, or from a longer time back to nowhere.
    minutes[-1] = max(minutes)
    axes.step(minutes, [*shares, shares[-1]], where="post", color=colour, lw=2, ls=ls, label=label)


def draw_slack(seen: Sequence[Slack], log: ShiftLog, zone: ZoneInfo) -> Figure:
    """Returns over the day what the plan left of urgent promises, and how many drops were open."""
    figure = Figure(figsize=(10, 4.6), dpi=150, layout="constrained")
    above, below = figure.subplots(2, sharex=True, height_ratios=(3, 1))
    at = [each.at for each in seen]
    least, middle = (_minutes(s) for s in ([e.least_s for e in seen], [e.median_s for e in seen]))
    above.plot(at, middle, color=PROMISED, lw=1.4, label="median of open urgent drops")
    above.plot(at, least, color=KEPT, lw=1.4, label="least of them")
    above.fill_between(at, least, 0, where=least < 0, color=LATE, alpha=0.35, lw=0, label="late")
    above.axhline(0, color=INK, lw=1)
    above.set_ylabel("minutes left in the plan")
    below.fill_between(at, [each.open for each in seen], step="post", color=SOFT, lw=0)
    below.set_ylim(bottom=0)
    below.yaxis.get_major_locator().set_params(integer=True)
    below.set_ylabel("open")
    for axes in (above, below):
        mark_time(axes, log, zone, max(log.finished, log.end))
    above.tick_params(labelbottom=False)
    figure.legend(loc="outside upper center", ncols=3, fontsize=8.5, frameon=False)
    return figure


def _minutes(seconds: Sequence[int | None]) -> NDArray[np.float64]:
    """Returns seconds as minutes; where there are none the line has a gap."""
    return np.array([np.nan if each is None else each / 60 for each in seconds])


def _tidy(axes: Axes) -> None:
    axes.grid(color="#e4e1da", lw=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, labelsize=8.5, length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
