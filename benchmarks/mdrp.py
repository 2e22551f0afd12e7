"""
Grubhub's meal-delivery instances, played by our dispatcher with click-to-door as the objective.

``python -m benchmarks mdrp`` plays what is missing of the instances by the rules below.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.machine import machine
from benchmarks.mdrp_cells import played
from benchmarks.mdrp_tables import BARS, by_instance, by_rule, figures, verdicts
from scenarios.mdrp_policy import MealPolicy

DATA = Path(__file__).parents[2] / "shared/data/mdrp"

RULES = {
    "ours": MealPolicy(),
    "insertion only": MealPolicy(iterations=0),
    "riding free": MealPolicy(riding=0),
    "riding dearer": MealPolicy(riding=40),
    "ours, seed 2": MealPolicy(seed=2),
}
"""The rules compared, ours first."""

ABOUT = """\
Played by the dispatcher in this process at every event: an order placed, a courier made known, at
a stop, or due to leave. Times and rules are those of the instances, checked again from what
couriers did. A search has so many iterations of ruin and recreate, so a day repeats itself; `ours`
knows what was placed by then, hindsight all orders of the day. Minutes, means over orders; p90 of
click-to-door; a bundle is picked up together; a decision is what happened taken in, planned and
searched for, in ms of a processor. Reyes and hindsight as published, see benchmarks/mdrp_tables.py.
"""


def mdrp() -> str:
    """Returns the figures of the instances, and plays what is missing."""
    head = machine()
    folders = [DATA / name for name in BARS]
    if not all(folder.is_dir() for folder in folders):
        return f"{head}\nSkipped: the instances are not at hand.\n"
    found = {
        title: {folder.name: figures(*played(folder, rule)) for folder in folders}
        for title, rule in RULES.items()
    }
    ours = found[next(iter(RULES))]
    rules = {title: (_told(RULES[title]), tuple(rows.values())) for title, rows in found.items()}
    return "\n".join(
        [head, ABOUT, *by_instance(ours), "", *verdicts(ours), "", *by_rule(rules), ""]
    )


def _told(rule: MealPolicy) -> str:
    """Returns the figures of a rule in words."""
    search = f"{rule.iterations} iterations, seed {rule.seed}" if rule.iterations else "no search"
    known = f"couriers known {rule.known_s // 60} min before they log on"
    early = f", leave {rule.early_s} s early" if rule.early_s else ""
    return f"{search}, riding {rule.riding} %, {known}{early}"
