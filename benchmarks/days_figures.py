"""
A day, or several together, in figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.calibration_score import Point, score
from scenarios.metrics import percentile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.days_record import Day


@dataclass(frozen=True, slots=True)
class Figures:
    """
    What days came to; shares in per cent, of urgent orders where nothing else is said.

    ``kept`` is of those promised, ``at_usual`` the share promised the usual time and ``in_usual``
    the share that came within it, both of all placed, those whose customer ``left`` among them.
    ``late_p95_s`` is of all promised, 0 for those in time. ``course`` is the share of standard
    orders on course for their date, ``brought`` the share brought that very day. ``minutes`` are
    those a courier is busy for each order brought, ``waiting`` the share of their time at the
    counter, ``ms_p50`` and ``ms_p99`` of all decisions, ``answer_p99`` of answers to customers.
    ``churn`` is the share of planned drops that changed courier at an event, ``flips`` counts next
    stops that became another one, for a hundred events. ``foreseen`` is the mean chance told,
    ``ece`` the expected calibration error of the chances, in points (None: nothing was foreseen).
    """

    days: int
    placed: int
    promised: int
    left: int
    kept: float
    at_usual: float
    in_usual: float
    late_p95_s: int
    course: float
    brought: float
    minutes: float
    utilisation: float
    waiting: float
    ms_p50: float
    ms_p99: float
    answer_p99: float
    churn: float
    flips: float
    foreseen: float | None
    ece: float | None
    refused: int
    faults: int


def figures(days: Sequence[Day]) -> Figures:
    """Returns what days came to together. Raises ValueError for none."""
    if not days:
        raise ValueError("Expected days to sum up, got none.")
    urgent = [order for day in days for order in day.urgent]
    standard = [order for day in days for order in day.standard]
    promised = [order for order in urgent if not order.left]
    brought = [order for order in (*promised, *standard) if order.took_s is not None]
    decisions = [decision for day in days for decision in day.decisions]
    busy_s, duty_s = sum(day.busy_s for day in days), max(1, sum(day.duty_s for day in days))
    ms = [d.ms for d in decisions]
    answers = [d.answer_ms for d in decisions if d.answer_ms]
    foreseen, ece = calibration(days)
    return Figures(
        days=len(days),
        placed=len(urgent),
        promised=len(promised),
        left=len(urgent) - len(promised),
        kept=share(sum(order.is_kept for order in promised), len(promised)),
        at_usual=share(sum(order.promise_s <= order.usual_s for order in promised), len(urgent)),
        in_usual=share(sum(order.is_usual for order in urgent), len(urgent)),
        late_p95_s=round(percentile([order.late_s for order in promised], 95)),
        course=share(sum(order.on_course for order in standard), len(standard)),
        brought=share(sum(order.took_s is not None for order in standard), len(standard)),
        minutes=busy_s / 60 / max(1, len(brought)),
        utilisation=busy_s / duty_s,
        waiting=sum(day.waiting_s for day in days) / duty_s,
        ms_p50=percentile(ms, 50),
        ms_p99=percentile(ms, 99),
        answer_p99=percentile(answers, 99),
        churn=share(sum(d.moved for d in decisions), sum(d.drops for d in decisions)),
        flips=100 * sum(d.flipped for d in decisions) / max(1, len(decisions)),
        foreseen=foreseen,
        ece=ece,
        refused=sum(day.refused for day in days),
        faults=sum(len(day.faults) for day in days),
    )


def share(part: int, whole: int) -> float:
    """Returns a part in per cent of the whole; all of nothing is 100."""
    return 100 * part / whole if whole else 100.0


def calibration(days: Sequence[Day]) -> tuple[float | None, float | None]:
    """Returns the mean chance foreseen in per cent and the calibration error in points."""
    points = [
        Point(order.chance, order.is_kept, day)
        for day, played in enumerate(days)
        for order in played.urgent
        if order.chance is not None and not order.left
    ]
    if not points:
        return None, None
    found = score(points)
    return 100 * found.foreseen, 100 * found.ece
