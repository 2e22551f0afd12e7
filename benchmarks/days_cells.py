"""
The cells of the comparison: one policy in one world, played once and kept in the user's cache.

A cell is found again by what it is of and by a digest of the program that played it, its comments
and docstrings aside: the comparison can be run in pieces, and is played anew where it may differ.
"""

from __future__ import annotations

import ast
import hashlib
import json
from dataclasses import dataclass
from datetime import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import days_shanghai, kept
from benchmarks.days_lists import AS_USUAL, DECIDERS, HOURS, SHANGHAI, START, Setting, Size
from benchmarks.days_play import helsinki, play, policy_of, scenario_of
from benchmarks.days_record import as_json, from_json
from benchmarks.days_zone import SECONDS
from benchmarks.machine import processor
from benchmarks.solver_env import VERSIONS, Skipped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.days_play import Ground
    from benchmarks.days_record import Day
    from dispatch.policy import Policy
    from scenarios.scenario import Scenario

ROOT = Path(__file__).parents[1]

PLAYED_BY = (
    "solver/**/*.py",
    "dispatch/**/*.py",
    "scenarios/*.py",
    "benchmarks/days_fifo.py",
    "benchmarks/days_hindsight.py",
    "benchmarks/days_part.py",
    "benchmarks/days_play.py",
    "benchmarks/days_policies.py",
    "benchmarks/days_zone.py",
    "benchmarks/peer_worker*.py",
    "benchmarks/plain_problem.py",
    "benchmarks/snapshots_questions.py",
)
"""What a day's course depends on, beside the data files of the package and `made_of` a city."""

GROUNDS: Mapping[str, Callable[[], Ground]] = {"": helsinki, SHANGHAI: days_shanghai.shanghai}
"""The cities that days are played in."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One policy, size, setting and world; ``day`` is the seed of the world."""

    policy: str
    size: Size
    day: int
    setting: Setting = AS_USUAL
    start: time = START
    hours: float = HOURS
    seconds: float = SECONDS

    @property
    def key(self) -> str:
        """Returns all that tells it from other cells, as text."""
        setting = self.setting
        varied = (dict(setting.figures), dict(setting.world), setting.couriers)
        size = (self.size.urgent_per_hour, self.size.couriers)
        told = (size, self.start, self.hours, self.seconds, varied, *made_of(self.size.city))
        return json.dumps(told, sort_keys=True, default=str)

    @property
    def file(self) -> Path:
        """Returns where it is kept."""
        which = hashlib.sha256(self.key.encode()).hexdigest()[:8]
        name = f"{self.size.name.replace(' ', '-')}-{self.day}-{self.policy}-{which}.json"
        return kept.cache() / "days" / program() / name

    @property
    def scenario(self) -> Scenario:
        """Returns the kind of day it is. Raises InvalidRequest for one that makes no sense."""
        leaving = DECIDERS[self.policy].leaving
        return scenario_of(self.size, self.setting, self.hours, leaving, self.start)

    @property
    def policy_figures(self) -> Policy:
        """Returns the figures that our planning goes by. Raises InvalidRequest."""
        return policy_of(self.setting, self.seconds)

    def play(self) -> Day:
        """Returns its day, played now. Raises Skipped where a solver or a map cannot be had."""
        return play(
            self.scenario,
            DECIDERS[self.policy],
            self.policy_figures,
            self.day,
            seconds=self.seconds,
            ground=GROUNDS[self.size.city](),
        )


@cache
def program() -> str:
    """Returns a digest of the program that plays days, of the peers and of the processor."""
    total = hashlib.sha256(f"{VERSIONS} {processor()}".encode())
    for pattern in PLAYED_BY:
        for file in sorted(ROOT.glob(pattern)):
            total.update(meaning(file.read_text(encoding="utf-8")).encode())
    return total.hexdigest()[:12]


@cache
def made_of(city: str) -> tuple[str, ...]:
    """Returns a digest of a city that is made here, and of its map; none for the package's own."""
    if city != SHANGHAI:
        return ()
    source = Path(days_shanghai.__file__).read_text(encoding="utf-8")
    total = hashlib.sha256(meaning(source).encode())
    if days_shanghai.MAP.is_file():
        total.update(days_shanghai.MAP.read_bytes())
    return (city, total.hexdigest()[:12])


def meaning(source: str) -> str:
    """Returns what differs where a program does: not its comments, docstrings and line breaks."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            node.body = [item for item in node.body if not _is_text(item)] or [ast.Pass()]
    return ast.dump(tree)


def _is_text(item: ast.stmt) -> bool:
    if not isinstance(item, ast.Expr) or not isinstance(item.value, ast.Constant):
        return False
    return isinstance(item.value.value, str)


def stored(cell: Cell) -> Day | None:
    """Returns the day of a cell, None where it was not played, or the file was cut short."""
    try:
        return from_json(cell.file.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def store(cell: Cell, day: Day) -> None:
    """Writes the day of a cell, whole or not at all."""
    kept.keep(cell.file, as_json(day))


def run(cells: Sequence[Cell], tell: Callable[[str], None]) -> dict[str, str]:
    """
    Plays the cells that are missing; returns why policies were skipped, where they were.

    ``tell`` hears of each cell as it is played.
    """
    skipped: dict[str, str] = {}
    missing = [cell for cell in cells if stored(cell) is None]
    for number, cell in enumerate(missing, start=1):
        if cell.policy in skipped:
            continue
        try:
            day = cell.play()
        except Skipped as reason:
            skipped[cell.policy] = str(reason)
            continue
        store(cell, day)
        tell(
            f"{number}/{len(missing)} {cell.size.name} world {cell.day} {cell.policy}, "
            f"{cell.setting.name}: {day.wall_s:.0f} s"
        )
    return skipped
