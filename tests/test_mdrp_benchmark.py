"""The benchmark of the meal-delivery instances: what is kept, and what its tables say."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from benchmarks import mdrp, mdrp_cells
from benchmarks.mdrp_cells import cell, played
from benchmarks.mdrp_tables import AIM, BARS, Figures, by_instance, by_rule, figures, verdicts
from scenarios.mdrp_log import Dropoff, Move, Pickup
from scenarios.mdrp_policy import MealPolicy
from scenarios.mdrp_world import Day
from tests.mdrp_worlds import C1, meals, write

if TYPE_CHECKING:
    from pathlib import Path

    from scenarios.mdrp import Meals

RULE = MealPolicy(iterations=5)

GOOD = (
    Move(16 * 60, "c1", "c1", "r1"),
    Pickup(20 * 60, "c1", ("o1",)),
    Move(22 * 60, "c1", "r1", "o1"),
    Dropoff(29 * 60, "c1", "o1"),
)
"""A day of the instance that ``write`` makes, see test_mdrp_log."""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def row(click_to_door: float = 30.0, undelivered: int = 0, broken: int = 0) -> Figures:
    return Figures(10, undelivered, click_to_door, 40, 12, 1, 1, broken, 5, 9)


def test_a_day_is_played_once_and_then_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path)
    first = played(folder, RULE)

    def again(found: Meals, rule: MealPolicy) -> Day:
        raise AssertionError("played twice")

    monkeypatch.setattr(mdrp_cells, "play", again)
    assert played(folder, RULE) == first
    assert first[1].deeds == GOOD


def test_another_rule_or_instance_is_another_day(tmp_path: Path) -> None:
    first = cell(write(tmp_path), RULE)
    assert cell(tmp_path, MealPolicy(iterations=6)) != first
    assert cell(write(tmp_path, couriers=[(*C1[:4], 61)]), RULE) != first


def test_the_figures_of_a_day_are_minutes(tmp_path: Path) -> None:
    found = figures(meals(tmp_path), Day(GOOD, (0.005, 0.005)))
    # Placed in minute 10, ready and picked up in 20, at the door in 29.
    assert (found.click_to_door, found.p90) == (19, 19)
    assert (found.ready_to_door, found.ready_to_pickup) == (9, 0)
    assert (found.undelivered, found.broken, found.per_bundle) == (0, 0, 1)
    assert found.p50_ms == pytest.approx(5)


def test_a_day_without_deliveries_has_no_times(tmp_path: Path) -> None:
    found = figures(meals(tmp_path), Day((), ()))
    assert (found.orders, found.undelivered, found.per_bundle) == (1, 1, 0)
    assert math.isnan(found.click_to_door)


def test_broken_rules_are_counted(tmp_path: Path) -> None:
    assert figures(meals(tmp_path), Day(GOOD[1:], ())).broken > 0


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ({"a": row(AIM), "b": row(AIM)}, [True, True, True]),
        ({"a": row(AIM), "b": row(AIM + 0.1)}, [False, True, True]),
        ({"a": row(), "b": row(undelivered=1)}, [True, False, True]),
        ({"a": row(), "b": row(broken=1)}, [True, True, False]),
    ],
)
def test_aims_are_of_the_mean_and_of_every_order(
    rows: dict[str, Figures], kept: list[bool]
) -> None:
    assert [line.startswith("reached") for line in verdicts(rows)] == kept


def test_the_mean_counts_each_instance_once_beside_what_is_published() -> None:
    # (30 + 32) / 2; Reyes (31.19 + 33.71) / 2, hindsight (29.81 + 32.45) / 2.
    first, second = "0o50t100s1p100", "0r50t75s1p125"
    last = by_instance({first: row(30), second: row(32)})[-1]
    assert last.startswith("| mean | 20 | 0 | 31.00 | 32.45 | 31.13 |")


def test_a_rule_has_one_line() -> None:
    lines = by_rule({"ours": ("300 iterations", [row(30, undelivered=1), row(31, undelivered=2)])})
    assert lines[-1].startswith("| ours | 300 iterations | 30.50 | 40.0 | 1.00 | 1.000 | 3 |")


def test_without_the_instances_the_benchmark_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mdrp, "DATA", tmp_path / "none")
    assert mdrp.mdrp().endswith("Skipped: the instances are not at hand.\n")


def test_the_report_has_every_instance_and_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = next(iter(BARS))
    (tmp_path / name).mkdir()
    write(tmp_path / name)
    monkeypatch.setattr(mdrp, "DATA", tmp_path)
    monkeypatch.setattr(mdrp, "BARS", {name: BARS[name]})
    monkeypatch.setattr(mdrp, "RULES", {"ours": RULE, "plain": MealPolicy(iterations=0)})
    text = mdrp.mdrp()
    assert f"| {name} | 1 | 0 | 19.00 | 31.19 | 29.81 |" in text
    assert "| plain | no search, riding 10 %, couriers known 60 min before they log on |" in text
