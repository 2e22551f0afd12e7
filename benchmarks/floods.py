"""
Whether places held for quotes are kept while others order, and what that costs the others.

Simulated floods, each from a seed: couriers at work and open drops, a quote with ``reserve``, then
a burst of other orders within its validity, and its own order in the last second. Each is played
once more without the place held, from the same moment on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.floods_play import Played, draw_flood, play
from benchmarks.helsinki import embedded_city
from benchmarks.machine import machine

if TYPE_CHECKING:
    from collections.abc import Sequence

FLOODS = 500
FIRST_SEED = 1

PHYSICAL = {
    "break": "as the courier who was to bring it took a break",
    "tap": "after a courier's tap: who left, arrived or was done is not where it was planned",
    "time": "as time went by: couriers with work who did not set off, or a slower band of the day",
}
"""What may take a place that is held; orders of others may not."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What came of one flood with the place held, and without."""

    seed: int
    held: Played
    free: Played


def floods(number: int = FLOODS) -> str:
    """Returns the figures of so many floods as text."""
    lines = [machine()]
    city = embedded_city()
    desks = sorted(city.offices)
    pairs = [
        Pair(seed, *play(draw_flood(seed, desks), city))
        for seed in range(FIRST_SEED, FIRST_SEED + number)
    ]
    lines.append(
        f"{number} floods in this process, seeds {FIRST_SEED} to {FIRST_SEED + number - 1}: "
        "4 to 15 couriers, 0 to 60 open drops, 0 to 5 minutes of work, a quote with reserve, "
        "3 to 20 other orders within its 60 s, its order in the last second; seven of ten couriers "
        "tap just as planned, the others not at all; in one of five the courier who was to bring "
        "what was quoted takes a break meanwhile; no search"
    )
    return "\n".join([*lines, *kept_lines(pairs), *cost_lines(pairs)]) + "\n"


def kept_lines(pairs: Sequence[Pair]) -> list[str]:
    """Returns how many quotes were kept, with their places held and without, and why not."""
    held = [pair for pair in pairs if pair.held.held]
    kept = [pair for pair in held if pair.held.kept]
    lapsed = [pair for pair in held if pair.held.lapse and not pair.held.kept]
    physical = [pair for pair in lapsed if pair.held.after in PHYSICAL]
    failed = [pair for pair in held if pair not in kept and pair not in physical]
    left = len(held) - len(physical)
    usual = sum(pair.held.feasible for pair in held)
    lines = [
        f"places held: {len(held)} of {len(pairs)} quotes, {usual} for the usual time and "
        f"{len(held) - usual} for a longer one",
        f"kept in planned times: {len(kept)} of {left} ({_percent(len(kept), left)}) without "
        f"physical reason, {len(kept)} of {len(held)} in all",
        f"without the place held the same quotes were kept: {sum(p.free.kept for p in held)} of "
        f"{len(held)}",
    ]
    causes = Counter((p.held.lapse, p.held.after) for p in physical)
    lines += [f"lapsed ({lapse}): {n} {PHYSICAL[after]}" for (lapse, after), n in causes.items()]
    again = sum(bool(pair.held.lapse) for pair in kept)
    lines.append(f"lapsed and kept all the same: {again}")
    lines += [
        f"FAILED: seed {pair.seed}, {pair.held.lapse or 'no event'} {pair.held.after}"
        for pair in failed
    ]
    return lines


def cost_lines(pairs: Sequence[Pair]) -> list[str]:
    """Returns what holding cost: promises of the burst that were longer, and couriers' time."""
    held = [pair for pair in pairs if pair.held.held]
    both = [
        (with_it, without)
        for pair in held
        for with_it, without in zip(pair.held.promises, pair.free.promises, strict=True)
    ]
    if not both:
        return ["what it cost: nothing was held"]
    longer = [a - b for a, b in both if a > b]
    shorter = [b - a for a, b in both if a < b]
    work = [pair.held.work_s - pair.free.work_s for pair in held]
    served = [w for w, pair in zip(work, held, strict=True) if pair.free.kept and pair.held.kept]
    return [
        f"orders of the bursts: {len(both)}, of them {len(longer)} "
        f"({_percent(len(longer), len(both))}) promised a longer time than without the place held, "
        f"by {_mean(longer) / 60:.1f} minutes on average, {len(shorter)} "
        f"({_percent(len(shorter), len(both))}) a shorter one, by {_mean(shorter) / 60:.1f}; over "
        f"all {(sum(longer) - sum(shorter)) / len(both):+.0f} s an order",
        f"couriers' time until all is done: {_mean(work):+.0f} s a flood on average, "
        f"{_mean(served):+.0f} s where the quote was kept either way",
    ]


def _mean(figures: Sequence[int]) -> float:
    return sum(figures) / len(figures) if figures else 0.0


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "none"
