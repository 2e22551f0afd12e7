"""
Days of the meal-delivery instances, played once each and kept in the user's cache.

A file is one instance played by one rule: it is found again by the digests of the instance and of
the program, the rule and the processor, so that a run that was cut short goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.kept import cache, keep
from benchmarks.machine import processor
from scenarios.mdrp import COLUMNS, Meals, read_meals
from scenarios.mdrp_log import Dropoff, Move, Pickup
from scenarios.mdrp_world import Day, play

if TYPE_CHECKING:
    from scenarios.mdrp_log import Deed
    from scenarios.mdrp_policy import MealPolicy

ROOT = Path(__file__).parents[1]

PLAYED_BY = ("solver/*.py", "dispatch/*.py", "scenarios/mdrp*.py")
"""The files that a day depends on."""


def played(folder: Path, rule: MealPolicy) -> tuple[Meals, Day]:
    """Returns the instance in a folder and its day, from the cache where it was played before."""
    meals = read_meals(folder)
    file = cell(folder, rule)
    if file.exists():
        return meals, _day(json.loads(file.read_text(encoding="utf-8")))
    day = play(meals, rule)
    keep(file, json.dumps(_told(day)))
    return meals, day


def cell(folder: Path, rule: MealPolicy) -> Path:
    """Returns the file of an instance and a rule in the cache."""
    total = hashlib.sha256((repr(rule) + processor()).encode())
    files = [folder / name for name in COLUMNS]
    files += [file for pattern in PLAYED_BY for file in sorted(ROOT.glob(pattern))]
    for file in files:
        total.update(file.read_bytes())
    return cache() / "mdrp" / f"{folder.name}-{total.hexdigest()[:12]}.json"


_KINDS = {kind.__name__: kind for kind in (Move, Pickup, Dropoff)}


def _told(day: Day) -> dict[str, Any]:
    deeds = [[type(deed).__name__, *asdict(deed).values()] for deed in day.deeds]
    return {"deeds": deeds, "decisions_s": day.decisions_s}


def _day(told: dict[str, Any]) -> Day:
    return Day(tuple(map(_deed, told["deeds"])), tuple(told["decisions_s"]))


def _deed(told: list[Any]) -> Deed:
    kind, at, courier, *rest = told
    if kind == "Pickup":
        return Pickup(at, courier, tuple(rest[0]))
    deed: Deed = _KINDS[kind](at, courier, *rest)
    return deed
