"""
What may go wrong in a simulated world, how often, and the journal of what happened in it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from benchmarks.simulator_loop import VirtualLoop

if TYPE_CHECKING:
    import random


@dataclass(frozen=True, slots=True)
class Faults:
    """
    How often what goes wrong: the first are chances of a message, the others the seconds between
    two on average, 0 for never.
    """

    lose: float = 0.0
    double: float = 0.0
    cut: float = 0.0
    late: float = 0.0
    crash_s: float = 0.0
    crash_commits: float = 0.0
    stop_s: float = 0.0
    pause_s: float = 0.0
    usurp_s: float = 0.0
    disk_s: float = 0.0
    search_lost: float = 0.0
    offline_s: float = 0.0
    asleep_s: float = 0.0
    wrong_tap: float = 0.0
    hook_fails: float = 0.0


CALM = Faults()
"""Nothing goes wrong any more."""

HARD = Faults(
    lose=0.05,
    double=0.05,
    cut=0.03,
    late=0.05,
    crash_s=1500.0,
    crash_commits=0.004,
    stop_s=6000.0,
    pause_s=3000.0,
    usurp_s=8000.0,
    disk_s=2500.0,
    search_lost=0.05,
    offline_s=1200.0,
    asleep_s=2400.0,
    wrong_tap=0.05,
    hook_fails=0.1,
)
"""Everything goes wrong now and then."""


def drawn(rng: random.Random) -> Faults:
    """
    Returns the faults of a run: each kind is left out once in three, and as often thrice as common.

    Runs that know fewer kinds go farther into those they know (Groce et al. 2012, *Swarm Testing*,
    https://doi.org/10.1145/2338965.2336763).
    """
    changes = {}
    for name in HARD.__dataclass_fields__:
        usual, draw = getattr(HARD, name), rng.random()
        often = 1 / 3 if name.endswith("_s") else 3.0
        changes[name] = 0.0 if draw < 1 / 3 else usual * often if draw < 2 / 3 else usual
    return replace(HARD, **changes)


class Violation(AssertionError):
    """Something that must always hold does not."""


@dataclass
class Journal:
    """
    All that happened, one line each, hence mutable; ``counts`` are lines by kind.

    ``violation`` is the first thing that did not hold.
    """

    loop: VirtualLoop
    lines: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    violation: str = ""

    @property
    def steps(self) -> int:
        """How many steps the world made: each is a line."""
        return len(self.lines)

    def note(self, kind: str, text: str = "") -> None:
        """Writes a line."""
        self.counts[kind] += 1
        self.lines.append(f"{self.loop.time():.3f} {kind} {text}".rstrip())

    def violated(self, name: str, text: str) -> None:
        """Writes down that something does not hold, by its name; the first counts."""
        self.note("violation", f"{name}: {text}")
        self.violation = self.violation or f"{name}: {text}"

    def check(self, name: str, holds: bool, text: str) -> None:
        """Writes down that something does not hold, unless it does."""
        if not holds:
            self.violated(name, text)
