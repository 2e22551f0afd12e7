"""
Grubhub's meal-delivery instances, played by our dispatcher with click-to-door as the objective.

``python -m benchmarks mdrp`` plays what is missing of the instances at hand and rules below.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.machine import machine
from benchmarks.mdrp_cells import played
from scenarios.mdrp_log import Pickup, broken_rules, served
from scenarios.mdrp_world import MealPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.mdrp_cells import Played

DATA = Path(__file__).parents[2] / "shared/data/mdrp"

AIM = 30.9
"""Minutes of mean click-to-door over the eight instances."""

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
who knows all orders in advance (B. Yildiz, M. Savelsbergh (2019), *Provably high-quality solutions
for the meal delivery routing problem*, Transportation Science 53(5), 1372-1388,
https://doi.org/10.1287/trsc.2018.0887), both from the tables there.
"""

RULES = {"ours": MealPolicy()}
"""The rules compared, ours first."""

_HEAD = (
    "| instance | orders | undelivered | click-to-door | Reyes | hindsight | p90 | ready-to-door |"
    " ready-to-pickup | orders per bundle | decision p50 ms | p99 ms |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|"
)


def mdrp() -> str:
    """Returns the figures of the instances, and plays what is missing."""
    head = machine()
    folders = [DATA / name for name in BARS]
    if not all(folder.is_dir() for folder in folders):
        return f"{head}\nSkipped: the instances are not at hand.\n"
    days = {
        title: {folder.name: played(folder, rule) for folder in folders}
        for title, rule in RULES.items()
    }
    return report(head, days)


def report(head: str, days: Mapping[str, Mapping[str, Played]]) -> str:
    """Returns the tables of some days, by rule and instance; the first rule is ours."""
    ours = next(iter(days.values()))
    rows = [_row(name, day) for name, day in ours.items()]
    bars = np.mean([BARS[name] for name in ours], axis=0)
    mean = np.mean([click_to_door(day) for day in ours.values()])
    total = f"| mean | | {sum(map(_left, ours.values()))} | {mean:.2f} | {bars[0]:.2f} | {bars[1]:.2f} |"
    verdict = "reached" if mean <= AIM else "NOT reached"
    return "\n".join(
        [
            head,
            _about(),
            "",
            _HEAD,
            *rows,
            total + " |" * 6,
            "",
            f"Aim: mean click-to-door at most {AIM} min: {mean:.2f}, {verdict}",
            f"Aim: undelivered 0: {sum(map(_left, ours.values()))}",
            f"Rules of the instances broken: {sum(len(_faults(day)) for day in ours.values())}",
            "",
            *_rules(days),
            "",
        ]
    )


def click_to_door(day: Played) -> float:
    """Returns the mean minutes from placing an order to its hand-over."""
    return float(np.mean([meal.click_to_door_s for meal in _served(day)])) / 60


def _row(name: str, day: Played) -> str:
    meals = _served(day)
    minutes = np.array(
        [(m.click_to_door_s, m.ready_to_door_s, m.ready_to_pickup_s) for m in meals]
    ).reshape(-1, 3) / 60.0
    door, from_ready, to_pickup = minutes.mean(axis=0)
    bars = BARS.get(name)
    reyes, hindsight = ("", "") if bars is None else (f"{bar:.2f}" for bar in bars)
    p50, p99 = 1000 * np.percentile(day.day.decisions_s, (50, 99))
    return (
        f"| {name} | {len(day.meals.orders)} | {_left(day)} | {door:.2f} | {reyes} | {hindsight} |"
        f" {np.percentile(minutes[:, 0], 90):.1f} | {from_ready:.2f} | {to_pickup:.2f} |"
        f" {len(meals) / max(1, _pickups(day)):.3f} | {p50:.0f} | {p99:.0f} |"
    )


def _rules(days: Mapping[str, Mapping[str, Played]]) -> list[str]:
    """Returns one line for each rule, over all instances."""
    lines = [
        "| rule | figures | click-to-door | ready-to-pickup | orders per bundle | undelivered |"
        " decision p50 ms |",
        "|---|---|---|---|---|---|---|",
    ]
    for title, by_instance in days.items():
        played_days = list(by_instance.values())
        waits = np.mean([np.mean([m.ready_to_pickup_s for m in _served(d)]) for d in played_days])
        bundles = sum(len(_served(d)) for d in played_days) / max(1, sum(map(_pickups, played_days)))
        p50 = 1000 * np.median(np.concatenate([d.day.decisions_s for d in played_days]))
        lines.append(
            f"| {title} | {RULES[title].figures()} | {np.mean([*map(click_to_door, played_days)]):.2f} |"
            f" {waits / 60:.2f} | {bundles:.3f} | {sum(map(_left, played_days))} | {p50:.0f} |"
        )
    return lines


def _about() -> str:
    return ABOUT


def _served(day: Played) -> Sequence[Served]:
    return served(day.meals, day.day.deeds)


def _left(day: Played) -> int:
    return len(day.meals.orders) - len(_served(day))


def _pickups(day: Played) -> int:
    return sum(isinstance(deed, Pickup) for deed in day.day.deeds)


def _faults(day: Played) -> tuple[str, ...]:
    return broken_rules(day.meals, day.day.deeds)
