"""
The whole service in one thread on a virtual clock, and all that can happen to it, from a seed.

Phones, dispatchers and screens use the real application; messages are lost, late, doubled, cut;
the process is killed, stopped, paused, left behind by another; the disk fills or fails; searches
answer late. What must always hold is checked after each commit, each restart, each event heard. As
FoundationDB (Zhou et al. 2021, https://doi.org/10.1145/3448016.3457559) and TigerBeetle test.

``python -m benchmarks.simulator --seeds N --first S --steps K`` plays long runs.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

from benchmarks.machine import machine
from benchmarks.simulator_faults import Violation
from benchmarks.simulator_world import played

if TYPE_CHECKING:
    from collections.abc import Sequence

SEEDS, STEPS = 230, 2500
"""Runs of a proof, and the steps of each before it settles: a million steps with settling."""

FAULTS = (
    *("lost", "doubled", "half", "offline", "asleep", "pause", "usurped", "disk", "search lost"),
    "hook refused",
)
"""Kinds of lines that are faults, besides crashes."""


def simulator(seeds: int = SEEDS, first: int = 1, steps: int = STEPS) -> str:
    """
    Returns what so many runs came to; raises Violation, with the end of its journal, for the first
    in which something does not hold.
    """
    counts: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    total, began, virtual = 0, time.process_time(), 0.0
    for seed in range(first, first + seeds):
        journal = played(seed, steps)
        total += journal.steps
        counts += journal.counts
        answers += Counter(line.split()[3] for line in journal.lines if " answered " in line)
        virtual += journal.loop.time()
        seconds = time.process_time() - began
        sys.stderr.write(f"seed {seed}: {journal.steps} steps; {total} in {seconds:.0f} s\n")
    seconds = time.process_time() - began
    crashes = {kind: n for kind, n in sorted(counts.items()) if kind.startswith("crash")}
    return "\n".join(
        (
            machine(),
            f"seeds {first} to {first + seeds - 1}: {total} steps in {virtual / 3600:.0f} virtual "
            f"hours, 0 violations; {seconds:.0f} s of processor time, {total / seconds:.0f} "
            "steps/s",
            f"{counts['request']} requests; answered: {_told(answers)}; "
            f"{counts['unanswered']} unanswered in time and sent again",
            f"{counts['commit']} commits, {counts['event']} events, {counts['plan']} plans, "
            f"{counts['searched']} searches, {counts['tap']} taps; events heard: "
            f"{counts['heard']} by streams, {counts['hooked']} by webhooks",
            f"{sum(crashes.values())} crashes: {_told(crashes)}; {counts['stopped']} clean stops, "
            f"{counts['start failed']} starts that failed on a bad disk",
            f"faults: {_told({kind: counts[kind] for kind in FAULTS})}",
            "",
        )
    )


def _told(counts: Counter[str] | dict[str, int]) -> str:
    return ", ".join(f"{kind} {n}" for kind, n in sorted(counts.items())) or "none"


def main(words: Sequence[str]) -> int:
    """Plays the runs that the words say, and prints what they came to; 1 where one failed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.simulator",
        description="Simulates the whole service and its troubles; a seed repeats a run.",
    )
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many runs")
    parser.add_argument("--first", type=int, default=1, help="the seed of the first")
    parser.add_argument("--steps", type=int, default=STEPS, help="steps of each before it settles")
    parser.add_argument("--journal", action="store_true", help="print the lines of the first only")
    given = parser.parse_args(words)
    try:
        if given.journal:
            sys.stdout.write("\n".join(played(given.first, given.steps).lines) + "\n")
        else:
            sys.stdout.write(simulator(given.seeds, given.first, given.steps))
    except Violation as violation:
        sys.stdout.write(f"{violation}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
