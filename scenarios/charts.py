"""
Charts of a shift: who did what when, and what was left of each promise.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from dispatch.orders import StopKind
from dispatch.promises import URGENT

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from matplotlib.axes import Axes

    from scenarios.couriers import Leg
    from scenarios.log import ShiftLog

INK, SOFT = "#22303c", "#8a949c"
KEPT, LATE = "#0f8a62", "#c8321f"

ACTIVITIES = {
    "riding to a stop": "#0b6fb8",
    "riding back": "#9cc3e0",
    "inside buildings": "#6fb7a0",
    "handing over": "#d1541b",
    "loading": "#4b5560",
    "waiting for goods": "#dcd8cf",
    "on a break": "#f2e3b3",
    "gone home": "#efeae0",
}
"""What couriers do, and its colour in the timeline."""

STEPS_S = (900, 1800, 3600, 2 * 3600, 4 * 3600)
"""Seconds from one mark of the time axis to the next."""

Span = tuple[str, int, int]
"""An activity, and from when to when in Unix seconds."""


def spans(leg: Leg, until: int) -> list[Span]:
    """Returns what a courier did for one stop, nothing of it after ``until``."""
    ride = "riding back" if leg.kind is StopKind.RETURN else "riding to a stop"
    work = "loading" if leg.kind is StopKind.LOAD else "handing over"
    began = until if leg.began is None else leg.began
    ended = until if leg.ended is None else leg.ended
    parts: list[Span] = [
        ("inside buildings", leg.departed, leg.riding),
        (ride, leg.riding, leg.parked),
        ("inside buildings", leg.parked, leg.arrived),
        ("waiting for goods", leg.arrived, began),
        (work, began, ended),
    ]
    return [(what, a, min(b, until)) for what, a, b in parts if min(b, until) > a]


def draw_timeline(log: ShiftLog, zone: ZoneInfo) -> Figure:
    """Returns one row for each courier with what they did when."""
    figure = Figure(figsize=(10, 1.5 + 0.5 * len(log.couriers)), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    rows = {courier: row for row, courier in enumerate(log.couriers)}
    bars = [(leg.courier, span) for leg in log.legs for span in spans(leg, log.finished)]
    bars += [
        (courier, ("on a break" if b < log.end else "gone home", a, b))
        for courier, a, b in log.pauses
    ]
    for what, colour in ACTIVITIES.items():
        mine = [(courier, a, b) for courier, (name, a, b) in bars if name == what]
        axes.barh(
            [rows[courier] for courier, _, _ in mine],
            [b - a for _, a, b in mine],
            left=[a for _, a, _ in mine],
            height=0.62,
            color=colour,
            linewidth=0,
        )
    axes.set_yticks(list(rows.values()), list(log.couriers.values()))
    axes.invert_yaxis()
    mark_time(axes, log, zone, max(log.finished, log.end))
    used = {name for _, (name, _, _) in bars}
    legend = [
        Patch(color=colour, label=what) for what, colour in ACTIVITIES.items() if what in used
    ]
    figure.legend(handles=legend, loc="outside upper center", ncols=8, fontsize=7.5, frameon=False)
    return figure


def draw_promises(log: ShiftLog, zone: ZoneInfo) -> Figure:
    """Returns the minutes that were left of each urgent promise when its last drop ended."""
    figure = Figure(figsize=(10, 3.4), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    ended = [
        (order.placed_at, slack / 60, order.requoted)
        for order in log.of(URGENT)
        if not log.is_cancelled(order) and (slack := log.slack(order)) is not None
    ]
    for at, left, requoted in ended:
        colour = LATE if left < 0 else KEPT
        axes.vlines(at, 0, left, color=colour, lw=1.6, alpha=0.55)
        axes.plot(at, left, "D" if requoted else "o", ms=5.5, color=colour, mec="white")
    axes.axhline(0, color=INK, lw=1)
    axes.set_ylabel("minutes left of the promise")
    axes.set_xlabel("order placed at")
    # No order is placed after the end of demand.
    mark_time(axes, log, zone, log.end + 120)
    legend = [
        Line2D([], [], ls="", marker="o", color=KEPT, label="promised in 22 minutes"),
        Line2D([], [], ls="", marker="D", color=KEPT, label="longer time promised"),
        Line2D([], [], ls="", marker="o", color=LATE, label="late"),
    ]
    figure.legend(handles=legend, loc="outside upper center", ncols=3, fontsize=8, frameon=False)
    return figure


def mark_time(axes: Axes, log: ShiftLog, zone: ZoneInfo, last: int) -> None:
    """Sets the time axis up to ``last``, and marks the end of demand."""
    last = max(last, log.start + 60)
    axes.set_xlim(log.start, last)
    axes.axvline(log.end, color=SOFT, lw=1, ls=(0, (4, 3)))
    # Ten marks at most, at full quarters, halves or hours.
    step = next((s for s in STEPS_S if (last - log.start) / s <= 10), STEPS_S[-1])
    ticks = range(-(-log.start // step) * step, last + 1, step)
    labels = [datetime.fromtimestamp(tick, tz=zone).strftime("%H:%M") for tick in ticks]
    axes.set_xticks(list(ticks), labels)
    axes.grid(axis="x", color="#e4e1da", lw=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, labelsize=8.5, length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
