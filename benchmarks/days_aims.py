"""
What is aimed at over whole days, and whether it is met.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.days_figures import figures
from benchmarks.days_tables import paired, pooled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.days_figures import Figures
    from benchmarks.days_tables import Played

OURS, HINDSIGHT = "ours", "hindsight"

BUSY = 0.8
"""Utilisation up to which promises must be kept: above it nothing helps but another courier."""

KEPT, WORST_KEPT = 99.0, 98.0
"""Per cent of promises kept, pooled over the sizes that are not too busy, and in each of them."""

REACHED, NEAR = 95.0, 2.0
"""Where hindsight keeps so many per cent, ours is no more than so many points below it."""

CHURN = 3.0
"""Per cent of planned drops that may change courier at an event."""


def verdicts(by_size: Mapping[str, Played], online: Sequence[str]) -> list[str]:
    """
    Returns a line for each aim with what was found and ``MET`` or ``MISSED``.

    ``online`` are the policies to be above of. Sizes in which ours has no days count for nothing.
    """
    ours = {size: p[OURS] for size, p in by_size.items() if p.get(OURS)}
    if not ours:
        return ["no days of ours are at hand"]
    found = {size: figures(list(days.values())) for size, days in ours.items()}
    sizes = {size: by_size[size] for size in ours}
    lines = [*_kept(found, sizes), *_not_below(sizes, online), *_above(sizes, online)]
    return [*lines, *_near_hindsight(sizes), _churn(sizes)]


def _verdict(text: str, *, is_met: bool) -> str:
    return f"{text}: {'MET' if is_met else 'MISSED'}"


def _kept(found: Mapping[str, Figures], by_size: Mapping[str, Played]) -> Iterator[str]:
    calm = [size for size, figure in found.items() if figure.utilisation <= BUSY]
    if not calm:
        yield f"no size has a utilisation of {BUSY} or less"
        return
    together = figures([day for size in calm for day in by_size[size][OURS].values()])
    worst = min(calm, key=lambda size: found[size].kept)
    yield _verdict(
        f"promises kept, pooled over {', '.join(calm)} (utilisation at most {BUSY}): "
        f"{together.kept:.2f} %, aim {KEPT:g}",
        is_met=together.kept >= KEPT,
    )
    yield _verdict(
        f"the worst of them, {worst}: {found[worst].kept:.2f} %, aim {WORST_KEPT:g}",
        is_met=found[worst].kept >= WORST_KEPT,
    )


def _not_below(by_size: Mapping[str, Played], online: Sequence[str]) -> Iterator[str]:
    for name in online:
        found = {size: paired(p[OURS], p.get(name, {})) for size, p in by_size.items()}
        known = {size: gap for size, gap in found.items() if gap is not None}
        if known:
            below = [f"{size} {gap.mean:+.1f}" for size, gap in known.items() if gap.is_below]
            yield _verdict(
                f"of all placed in 22 min, not significantly below {name} in any of "
                f"{len(known)} sizes, below in: {', '.join(below) or 'none'}",
                is_met=not below,
            )


def _above(by_size: Mapping[str, Played], online: Sequence[str]) -> Iterator[str]:
    together = pooled(by_size)
    for name in online:
        gap = paired(together[OURS], together.get(name, {}))
        if gap is not None:
            yield _verdict(
                f"of all placed in 22 min, pooled, above {name}: {gap.mean:+.2f} points",
                is_met=gap.mean > 0,
            )


def _near_hindsight(by_size: Mapping[str, Played]) -> Iterator[str]:
    for size, played in by_size.items():
        if not played.get(HINDSIGHT):
            continue
        reached = figures(list(played[HINDSIGHT].values())).in_usual
        gap = paired(played[OURS], played[HINDSIGHT])
        if reached >= REACHED and gap is not None:
            yield _verdict(
                f"{size}: hindsight brings {reached:.1f} % in 22 min, ours {gap.mean:+.1f} points, "
                f"aim {-NEAR:g}",
                is_met=gap.mean >= -NEAR,
            )


def _churn(by_size: Mapping[str, Played]) -> str:
    found = figures(list(pooled(by_size)[OURS].values())).churn
    text = f"planned drops that change courier at an event: {found:.1f} %, aim below {CHURN:g}"
    return _verdict(text, is_met=found < CHURN)
