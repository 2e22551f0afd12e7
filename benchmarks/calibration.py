"""
Are chances what they say? Thousands of promises in simulated days, foreseen and lived through.

One world is of another family than the predictor assumes, one is as it assumes.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.calibration_days import ZONE, Quoted, Size, play_day
from benchmarks.calibration_picture import draw
from benchmarks.calibration_score import Point, score
from benchmarks.machine import machine
from dispatch.assumed import HOUR_SHARE
from dispatch.observed import Observed
from dispatch.observed_hours import hour_share
from dispatch.spread import Spread
from scenarios.luck import AsAssumed, Weather

if TYPE_CHECKING:
    from benchmarks.calibration_score import Score
    from scenarios.luck import Luck

RESULTS = Path(__file__).parent / "results"

DAYS = 16
"""Of each world: with 24 urgent orders an hour and eight hours a day, 3 072 quotes."""

SEED = 5

SPREAD = tuple((k + 0.5) / 10 for k in range(10))
"""The chances at whose times a promise is looked at besides its own: one in each decile."""

LEAST_IN_DECILE = 1000

FOREIGN, MATCHED = "another family", "as assumed"

PLANNED, DAY, FIXED = "routes as planned", "as the day went on", "share of the hour not learned"


@dataclass(frozen=True, slots=True)
class World:
    """The quotes of each day of a world, and what taps showed in the end."""

    days: tuple[tuple[Quoted, ...], ...]
    observed: Mapping[str, Observed] = field(default_factory=dict)


def calibration(days: int = DAYS, size: Size | None = None, results: Path = RESULTS) -> str:
    """Returns the reliability of the chances of both worlds as text, and leaves the diagram."""
    began = time.perf_counter()
    lines = [machine(), *_setting(days, size or Size())]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        asked = {name: pool.submit(live, name, days, size or Size()) for name in (FOREIGN, MATCHED)}
        worlds = {name: found.result() for name, found in asked.items()}
    scores = {name: scores_of(world) for name, world in worlds.items()}
    for name, world in worlds.items():
        share = hour_share(world.observed)
        lines.append(f"\nworld: {name}; share of an hour, learned in the end: {share:.2f}")
        for what, found in scores[name].items():
            lines += table(what, found)
    results.mkdir(exist_ok=True)
    wanted = ("promised times spread, " + PLANNED, "promised times spread, " + DAY)
    pictured = {w: {n: s for n, s in found.items() if n in wanted} for w, found in scores.items()}
    draw(pictured, results / "calibration.png")
    lines.append(f"\ntook {time.perf_counter() - began:.0f} s, the two worlds side by side")
    return "\n".join(lines) + "\n"


def _setting(days: int, size: Size) -> list[str]:
    return [
        f"{days} days of {size.hours} h in each world, {size.couriers} couriers, "
        f"{size.urgent_per_hour:g} urgent and {size.standard_per_hour:g} standard orders an hour; "
        f"insertion only, no search; seed {SEED}; spreads learned from day to day",
        "another family: gamma legs, rain and paces that last, queues at lifts, people to be "
        "fetched; as assumed: log-normal, half of the variance common to a courier's hour",
        "a point is a promise and a moment: whether all of the order is handed over by then, and "
        "the chance of it foreseen when it was placed",
        "at the time promised: one point a promise; promised times spread: ten, at the times "
        "foreseen with 5, 15, .. 95 %, which are not independent of each other",
        f"{PLANNED}: the courier's route of that moment is driven to its end, what was under way "
        f"as it really went on; {DAY}: when it was really handed over, other orders put in before "
        "or taken out, the couriers' 3 s of reaction at each stop included",
        f"{FIXED}: as before the share was learned, {HOUR_SHARE:g} for ever",
    ]


def live(name: str, days: int, size: Size) -> World:
    """Returns a world, day by day."""
    observed: Mapping[str, Observed] = {}
    played = []
    for number in range(days):
        quoted, observed = play_day(number, luck_of(name), 100 * SEED + number, size, observed)
        played.append(tuple(quoted))
    return World(tuple(played), observed)


def luck_of(name: str) -> Luck:
    """Returns the luck of a world by its name."""
    if name == FOREIGN:
        return Weather(SEED, ZONE.key)
    return AsAssumed(Spread(), SEED, ZONE.key)


def scores_of(world: World) -> dict[str, Score]:
    """Returns the reliability of a world's chances, by what is counted."""
    return {
        f"{times}, {how}": score(points(world, how, spread=spread))
        for times, spread in (("at the time promised", False), ("promised times spread", True))
        for how in (PLANNED, FIXED, DAY)
    }


def points(world: World, how: str, *, spread: bool) -> list[Point]:
    """Returns the points of all promises: at the time promised, or spread over all chances."""
    found = []
    for day, quotes in enumerate(world.days):
        for quote in quotes:
            foreseen = quote.fixed if how == FIXED else quote.foreseen
            times = [foreseen.at(chance) for chance in SPREAD] if spread else [quote.due_at]
            end = quote.real if how == DAY else quote.planned
            found += [
                Point(foreseen.chance(at), end is not None and end <= at, day) for at in times
            ]
    return found


def table(what: str, found: Score) -> list[str]:
    """Returns a score as lines."""
    full = [d for d in found.deciles if d.num >= LEAST_IN_DECILE]
    worst = max((abs(d.foreseen - d.happened) for d in full), default=float("nan"))
    head = (
        f"{what}: {found.num} points, foreseen {100 * found.foreseen:.1f} %, "
        f"came true {100 * found.happened:.1f} %; expected calibration error "
        f"{100 * found.ece:.1f} points, Brier {found.brier:.4f}; {len(full)} deciles with "
        f"{LEAST_IN_DECILE} or more, the worst off by {100 * worst:.1f}"
    )
    rows = [
        f"    foreseen {100 * d.foreseen:5.1f} %  came true {100 * d.happened:5.1f} % "
        f"± {100 * d.error:.1f}  ({d.num})"
        for d in found.deciles
    ]
    return [head, *rows]
