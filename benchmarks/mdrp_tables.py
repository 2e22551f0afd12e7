"""
What days of the meal-delivery instances come to: figures of a day, and the tables of many.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scenarios.mdrp_log import Pickup, broken_rules, served

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scenarios.mdrp import Meals
    from scenarios.mdrp_world import Day

BARS = {
    "0o50t100s1p100": (31.19, 29.81),
    "0o50t100s2p100": (29.79, 28.96),
    "0o50t75s1p100": (28.40, 27.49),
    "0o50t75s2p125": (31.19, 30.52),
    "0r50t100s1p100": (32.46, 30.76),
    "0r50t100s2p125": (35.60, 33.86),
    "0r50t75s1p125": (33.71, 32.45),
    "0r50t75s2p100": (29.03, 27.95),
}
"""
Minutes of click-to-door by instance: the rolling horizon of Reyes et al. 2018, and the optimum for
who knows all orders in advance. Both from the tables of B. Yildiz, M. Savelsbergh (2019),
*Provably high-quality solutions for the meal delivery routing problem*, Transportation Science
53(5), 1372-1388, https://doi.org/10.1287/trsc.2018.0887.
"""

AIM = 30.9
"""Minutes of mean click-to-door over the eight instances."""

_HEAD = (
    "| instance | orders | undelivered | click-to-door | Reyes | hindsight | p90 | ready-to-door |"
    " ready-to-pickup | orders per bundle | decision p50 ms | p99 ms |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|"
)

_RULES_HEAD = (
    "| rule | figures | click-to-door | p90 | ready-to-pickup | orders per bundle | undelivered |"
    " decision p50 ms |\n|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True, slots=True)
class Figures:
    """
    What a day comes to: minutes, means over the orders delivered.

    ``per_bundle`` are orders picked up together, ``broken`` is how often a rule of the instances
    was broken, ``p50_ms`` and ``p99_ms`` are of decisions.
    """

    orders: int
    undelivered: int
    click_to_door: float
    p90: float
    ready_to_door: float
    ready_to_pickup: float
    per_bundle: float
    broken: int
    p50_ms: float
    p99_ms: float


def figures(meals: Meals, day: Day) -> Figures:
    """Returns the figures of a day, worked out from what couriers did; NaN of no orders."""
    found = served(meals, day.deeds)
    times: list[tuple[float, ...]] = [
        (m.click_to_door_s, m.ready_to_door_s, m.ready_to_pickup_s) for m in found
    ]
    minutes = np.array(times or [(math.nan,) * 3], dtype=np.float64) / 60
    door, from_ready, to_pickup = minutes.mean(axis=0).tolist()
    p50, p99 = (1000 * np.percentile(day.decisions_s or [math.nan], (50, 99))).tolist()
    pickups = sum(isinstance(deed, Pickup) for deed in day.deeds)
    return Figures(
        orders=len(meals.orders),
        undelivered=len(meals.orders) - len(found),
        click_to_door=door,
        p90=float(np.percentile(minutes[:, 0], 90)),
        ready_to_door=from_ready,
        ready_to_pickup=to_pickup,
        per_bundle=len(found) / max(1, pickups),
        broken=len(broken_rules(meals, day.deeds)),
        p50_ms=p50,
        p99_ms=p99,
    )


def by_instance(found: Mapping[str, Figures]) -> list[str]:
    """Returns a line for each instance, beside what is published, and one for the mean."""
    rows = list(found.values())
    reyes, hindsight = (_mean([BARS[name][k] for name in found]) for k in (0, 1))
    return [
        _HEAD,
        *(_line(name, row.orders, row, *BARS[name]) for name, row in found.items()),
        _line("mean", sum(row.orders for row in rows), mean(rows), reyes, hindsight),
    ]


def by_rule(found: Mapping[str, tuple[str, Sequence[Figures]]]) -> list[str]:
    """Returns a line for each rule: what it is, and its means over the instances."""
    lines = [_RULES_HEAD]
    for title, (told, rows) in found.items():
        row = mean(rows)
        lines.append(
            f"| {title} | {told} | {row.click_to_door:.2f} | {row.p90:.1f} |"
            f" {row.ready_to_pickup:.2f} | {row.per_bundle:.3f} | {row.undelivered} |"
            f" {row.p50_ms:.0f} |"
        )
    return lines


def verdicts(found: Mapping[str, Figures]) -> list[str]:
    """Returns whether the aims are reached."""
    row = mean(list(found.values()))
    broken = sum(figures.broken for figures in found.values())
    return [
        f"{_verdict(row.click_to_door <= AIM)}: mean click-to-door {row.click_to_door:.2f}, aim at"
        f" most {AIM}",
        f"{_verdict(row.undelivered == 0)}: undelivered {row.undelivered}, aim 0",
        f"{_verdict(broken == 0)}: rules of the instances broken {broken} times, aim 0",
    ]


def mean(rows: Sequence[Figures]) -> Figures:
    """Returns the means over instances, each counted once; undelivered orders are added up."""
    means = {name: _mean([getattr(row, name) for row in rows]) for name in Figures.__slots__}
    sums = {
        name: sum(getattr(row, name) for row in rows)
        for name in ("orders", "undelivered", "broken")
    }
    return Figures(**(means | sums))


def _mean(numbers: Sequence[float]) -> float:
    return float(np.mean(numbers))


def _verdict(holds: bool) -> str:
    return "reached" if holds else "NOT reached"


def _line(name: str, orders: int, row: Figures, reyes: float, hindsight: float) -> str:
    return (
        f"| {name} | {orders} | {row.undelivered} | {row.click_to_door:.2f} | {reyes:.2f} |"
        f" {hindsight:.2f} | {row.p90:.1f} | {row.ready_to_door:.2f} | {row.ready_to_pickup:.2f} |"
        f" {row.per_bundle:.3f} | {row.p50_ms:.0f} | {row.p99_ms:.0f} |"
    )
