"""
A zone on a real database in which everything happens in every order, watched after each step.

The state machine of `tests/test_adopt_machine.py`, played from seeds for as long as wanted: orders,
taps twice and in disorder, dispatchers, traffic, searches whose answers come late, crashes before
and after a commit, a program of an old epoch. After each step I1 to I9 must hold.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks.machine import machine

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS = 20_000
EACH = 100
"""Steps of a zone from one seed: a shift of some hours."""

FIRST_SEED = 1_000


def adopting(steps: int = STEPS, seed: int = FIRST_SEED) -> str:
    """Returns what was played in so many steps as text; raises AssertionError where it broke."""
    # Its zones are those of the tests, which are in the same folder as this package.
    from tests.adopt_play import play

    lines = [machine()]
    logging.getLogger("dispatch").setLevel(logging.ERROR)
    done: Counter[str] = Counter()
    began, zones = time.perf_counter(), -(-steps // EACH)
    columns = (BarColumn(24), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("the first zone", total=steps)
        tell: Callable[[int], None] = lambda n: progress.update(  # noqa: E731
            task, completed=n, description=f"{n:,} of {steps:,} steps"
        )
        for zone in range(zones):
            some = min(EACH, steps - zone * EACH)
            done += play(seed + zone, some)
            tell(zone * EACH + some)
    seconds = time.perf_counter() - began
    entries, adopted = done.pop("entries"), done.pop("adopted")
    rules = ", ".join(f"{name} {n:,}" for name, n in sorted(done.items()))
    lines += [
        f"{sum(done.values()):,} steps in {zones:,} zones of {EACH} steps, seeds {seed} to "
        f"{seed + zones - 1}, {seconds:.0f} s ({1000 * seconds / steps:.1f} ms a step)",
        f"{entries:,} entries written; {adopted:,} of {done['adopt']:,} answers of searches "
        f"adopted; {done['crash'] + done['superseded']:,} restarts",
        f"times each rule was played: {rules}",
        "after every step I1 to I9 held, the log was whole and folded to the state",
    ]
    return "\n".join(lines) + "\n"
