"""
What days came to, as text: a table per size, all sizes pooled, differences and aims.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.days_compare import LEAST_DAYS, difference
from benchmarks.days_figures import figures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.days_compare import Difference
    from benchmarks.days_figures import Figures
    from benchmarks.days_record import Day

    Played = Mapping[str, Mapping[str, Day]]
    """The days at hand by policy, and by the name of their world."""

COLUMNS = (
    ("kept", "of promised kept %"),
    ("at 22", "promised at the usual 22 min %"),
    ("in 22", "kept within 22 min, of all placed %"),
    ("p95 late", "95th percentile of lateness, s"),
    ("std", "standard on course for their date %"),
    ("today", "standard brought the same day %"),
    ("min/ord", "courier minutes per order brought"),
    ("util", "utilisation: the way, loading and handing over, of the couriers' time"),
    ("wait", "waiting for goods at the counter, of the couriers' time"),
    ("p50 ms", "decisions, median"),
    ("p99 ms", "decisions, 99th percentile"),
    ("churn", "planned drops that change courier at an event %"),
    ("flips", "next stops that become another, for 100 events"),
    ("ECE", "calibration error of the chance told with a promise, points"),
)
"""The heads of columns and what they mean."""

WIDTH = 8


def legend() -> str:
    """Returns what the columns mean."""
    return "\n".join(f"{head:>{WIDTH}}  {what}" for head, what in COLUMNS)


def table(title: str, rows: Mapping[str, Figures]) -> str:
    """Returns figures as a table with a row for each name."""
    first = max((len(name) for name in rows), default=0)
    head = " ".join(f"{head:>{WIDTH}}" for head, _ in COLUMNS)
    lines = [title, f"{'':{first}} days {head}"]
    for name, found in rows.items():
        cells = " ".join(f"{value:>{WIDTH}}" for value in _values(found))
        lines.append(f"{name:{first}} {found.days:>4} {cells}{_remarks(found)}")
    return "\n".join(lines)


def _values(found: Figures) -> list[str]:
    ece = "-" if found.ece is None else f"{found.ece:.1f}"
    return [
        f"{found.kept:.1f}",
        f"{found.at_usual:.1f}",
        f"{found.in_usual:.1f}",
        f"{found.late_p95_s}",
        f"{found.course:.1f}",
        f"{found.brought:.1f}",
        f"{found.minutes:.1f}",
        f"{found.utilisation:.2f}",
        f"{found.waiting:.2f}",
        f"{found.ms_p50:.0f}",
        f"{found.ms_p99:.0f}",
        f"{found.churn:.1f}",
        f"{found.flips:.1f}",
        ece,
    ]


def _remarks(found: Figures) -> str:
    remarks = [f"{found.left} customers left"] * (found.left > 0)
    remarks += [f"no answer {found.refused} times"] * (found.refused > 0)
    remarks += [f"{found.faults} faults"] * (found.faults > 0)
    return f"  {'; '.join(remarks)}" if remarks else ""


def rows(played: Played) -> dict[str, Figures]:
    """Returns the figures of each policy that has days."""
    return {name: figures(list(days.values())) for name, days in played.items() if days}


def pooled(by_size: Mapping[str, Played]) -> dict[str, dict[str, Day]]:
    """Returns all days of a policy together, named by size and world."""
    together: dict[str, dict[str, Day]] = {}
    for size, played in by_size.items():
        for name, days in played.items():
            for world, day in days.items():
                together.setdefault(name, {})[f"{size}/{world}"] = day
    return together


def paired(ours: Mapping[str, Day], theirs: Mapping[str, Day]) -> Difference | None:
    """Returns the difference on the days that both have, None where there is none."""
    common = [world for world in ours if world in theirs]
    if not common:
        return None
    return difference([ours[w] for w in common], [theirs[w] for w in common])


def comparison(title: str, ours: str, played: Played) -> str:
    """Returns how one policy does against each other one on the same days."""
    lines = [title]
    for name, days in played.items():
        found = None if name == ours else paired(played.get(ours, {}), days)
        if found is not None:
            lines.append(f"  against {name:12} {said(found)}")
    return "\n".join(lines)


def said(found: Difference) -> str:
    """Returns a difference in words."""
    if found.days < LEAST_DAYS:
        return f"{found.mean:+6.1f} points on {found.days} days, too few to prove anything"
    verdict = "no significant difference"
    if found.is_above or found.is_below:
        verdict = f"significantly {'above' if found.is_above else 'below'}"
    p = "" if found.p is None else f", Wilcoxon p = {found.p:.3f}"
    return (
        f"{found.mean:+6.1f} points [{found.low:+.1f}, {found.high:+.1f}] on {found.days} days{p}: "
        f"{verdict}"
    )


def listing(title: str, notes: Sequence[str]) -> str:
    """Returns lines under a title."""
    return "\n".join([title, *(f"  {note}" for note in notes)])
