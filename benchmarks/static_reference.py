"""
The best distance known of each instance, by whom it was found, and how long that took.

It is the best of all runs of 120 s and more, ours and the peers', and of the solution published
with the instance; kept in `FILE`, which is part of the project, so that gaps of different days
compare. An instance without a reference is measured against the best at hand, and marked.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.static_cells import TITLES, cell, stored

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.static_cells import Run
    from benchmarks.static_sets import Case

FILE = Path(__file__).with_name("static_references.json")

LEAST_SECONDS = 120.0
"""The shortest run that may set a reference."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A distance and who found it; ``seconds`` is 0 for what was published."""

    distance: int
    by: str
    seconds: float


def read_references() -> dict[str, Reference]:
    """Returns the references kept, by the key of the case."""
    if not FILE.exists():
        return {}
    entries = json.loads(FILE.read_text(encoding="utf-8"))
    return {key: Reference(**entry) for key, entry in entries.items()}


def update_references(cases: Iterable[Case]) -> list[str]:
    """Writes what is better than the references kept; returns a line for each change."""
    kept = read_references()
    changes = []
    for case in cases:
        before = kept.get(case.key)
        now = min(
            [*_found(case), *([before] if before else [])],
            key=lambda reference: (reference.distance, reference is not before),
            default=None,
        )
        if now is not None and now != before:
            was = "none" if before is None else f"{before.distance} by {before.by}"
            changes.append(f"{case.key}: {now.distance} by {now.by}, was {was}")
            kept[case.key] = now
    if changes:
        entries = {key: asdict(kept[key]) for key in sorted(kept)}
        FILE.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
    return changes


def _found(case: Case) -> list[Reference]:
    """Returns every distance that may be a reference of an instance."""
    found = [] if case.published is None else [Reference(case.published, "published", 0.0)]
    for solver, title in TITLES.items():
        # Whatever version found it, a legal distance is one.
        for file in cell(solver, case, 0, 0).parent.glob(f"{solver}-*.json"):
            seconds = _seconds(file, solver)
            run = stored(file) if seconds and seconds >= LEAST_SECONDS else None
            if run is not None and run.distance is not None and seconds:
                found.append(Reference(run.distance, title, seconds))
    return found


def _seconds(file: Path, solver: str) -> float | None:
    """Returns the budget in the name of a run's file, None where it is another solver's."""
    parts = file.stem.removeprefix(f"{solver}-").split("-")
    if len(parts) != 3 or not parts[1].endswith("s"):
        return None
    return float(parts[1][:-1])


def reference_of(
    case: Case, references: dict[str, Reference], runs: Iterable[Run]
) -> tuple[int | None, bool]:
    """Returns what gaps of an instance are measured against, and whether it is a reference kept."""
    if case.key in references:
        return references[case.key].distance, True
    at_hand = [run.distance for run in runs if run.distance is not None]
    at_hand += [] if case.published is None else [case.published]
    return min(at_hand, default=None), False
