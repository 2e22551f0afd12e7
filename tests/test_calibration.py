"""Calibration: how chances are scored, and days in which they are foreseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.calibration import (
    DAY,
    MATCHED,
    PLANNED,
    SPREAD,
    World,
    luck_of,
    points,
    scores_of,
    table,
)
from benchmarks.calibration_days import Foreseen, Quoted, Size, play_day
from benchmarks.calibration_drive import Drive, PlannedLeg
from benchmarks.calibration_picture import draw
from benchmarks.calibration_score import Point, score
from dispatch.orders import StopKind
from dispatch.places import Place
from dispatch.plan import Stop
from scenarios.couriers import Leg
from scenarios.luck import Alone

if TYPE_CHECKING:
    from pathlib import Path

SURE = Alone(0.0)
STREET = Place(60.0, 25.0)


def test_the_error_is_the_mean_distance_of_deciles_by_their_points() -> None:
    # Three of a decile foreseen with 0.9, two came true; one foreseen with 0.1, it did not.
    found = score([Point(0.9, kept, day) for day, kept in enumerate((True, True, False))])
    assert found.ece == pytest.approx(0.9 - 2 / 3)
    found = score([*(Point(0.9, k, 0) for k in (True, True, False)), Point(0.1, False, 1)])
    assert found.ece == pytest.approx(3 / 4 * (0.9 - 2 / 3) + 1 / 4 * 0.1)
    # (0.01 + 0.01 + 0.81 + 0.01) / 4.
    assert found.brier == pytest.approx(0.21)
    assert [d.num for d in found.deciles] == [1, 3]


def test_the_borders_of_deciles_belong_to_the_upper_one_and_one_to_the_last() -> None:
    found = score([Point(chance, True, 0) for chance in (0.1, 0.099, 0.9, 1.0)])
    assert [d.num for d in found.deciles] == [1, 1, 2]


def test_days_that_go_wrong_together_have_a_larger_error() -> None:
    mixed = [Point(0.5, k % 2 == 0, day) for day in range(10) for k in range(20)]
    together = [Point(0.5, day % 2 == 0, day) for day in range(10) for _ in range(20)]
    assert score(mixed).deciles[0].error == pytest.approx(0, abs=1e-9)
    # Ten days, each all or nothing: 0.5 / sqrt(9).
    assert score(together).deciles[0].error == pytest.approx(0.5 / 3)
    assert np.isnan(score([Point(0.5, True, 0)]).deciles[0].error)


def test_no_points_have_no_score() -> None:
    with pytest.raises(ValueError, match="got none"):
        score([])


def test_a_chance_and_its_moment_are_each_others_inverse() -> None:
    foreseen = Foreseen(np.arange(1.0, 301.0))
    for chance in SPREAD:
        assert foreseen.chance(foreseen.at(chance)) == pytest.approx(chance)
    assert (foreseen.chance(0.5), foreseen.chance(300)) == (0, 1)


def test_points_are_of_the_time_promised_or_of_one_time_in_each_decile() -> None:
    ends = Foreseen(np.arange(1.0, 101.0))
    quote = Quoted(80, ends, ends, planned=50.0, real=None)
    world = World(((quote,),))
    assert points(world, PLANNED, spread=False) == [Point(0.8, True, 0)]
    # What was not handed over before the end is not kept.
    assert points(world, DAY, spread=False) == [Point(0.8, False, 0)]
    spread = points(world, PLANNED, spread=True)
    assert [(round(p.chance, 2), p.kept) for p in spread] == [
        (round(c, 2), c >= 0.5) for c in SPREAD
    ]


def a_stop(name: str, kind: StopKind, at: int, *, start: int | None = None) -> Stop:
    """Returns a stop reached at a second, a minute long."""
    begins = at if start is None else start
    committed = name == "s_0"
    return Stop(name, kind, STREET, (f"d_{name}",), at, begins, begins + 60, committed=committed)


def driven(*legs: PlannedLeg, ready: int = 0, known: Leg | None = None) -> dict[str, float]:
    """Returns when drops are handed over by a drive of planned times from second 1000."""
    drive = Drive("c_1", 1000, legs, {"d_s_1": ready} if ready else {})
    legs_known = {} if known is None else {("c_1", known.stop): known}
    return dict(drive.driven(SURE, legs_known, np.random.default_rng(1)))


def test_without_luck_a_drive_is_as_planned() -> None:
    load = PlannedLeg(a_stop("s_1", StopKind.LOAD, 1100), 80, 20)
    desk = PlannedLeg(a_stop("s_2", StopKind.DELIVER, 1460), 200, 100)
    # 1000 + 100 + 60 + 300 + 60; goods ready at 1150 let all come 50 s later.
    assert driven(load, desk) == {"d_s_2": 1520}
    assert driven(load, desk, ready=1150) == {"d_s_2": 1570}


def test_a_door_that_opens_later_is_waited_for() -> None:
    desk = PlannedLeg(a_stop("s_2", StopKind.DELIVER, 1100, start=1300), 80, 20)
    assert driven(desk) == {"d_s_2": 1360}


def test_a_stop_that_was_under_way_ends_as_it_really_did() -> None:
    under_way = PlannedLeg(a_stop("s_0", StopKind.DELIVER, 1100), 80, 20)
    after = PlannedLeg(a_stop("s_2", StopKind.DELIVER, 1260), 80, 20)
    real = Leg("c_1", "s_0", StopKind.DELIVER, ("d_s_0",), 900, 900, 1200, 1200, 1200, 1300)
    # The end in the world, then 100 s on the way and 60 at the desk.
    assert driven(under_way, after, known=real) == {"d_s_0": 1300, "d_s_2": 1460}


@pytest.fixture(scope="module")
def world() -> World:
    size = Size(couriers=3, urgent_per_hour=10, standard_per_hour=0, hours=1)
    quoted, observed = play_day(0, luck_of(MATCHED), 1, size, {})
    return World((tuple(quoted),), observed)


def test_a_day_foresees_every_promise_and_lives_through_it(world: World) -> None:
    (quotes,) = world.days
    assert len(quotes) == 10
    for quote in quotes:
        assert len(quote.foreseen.ends) == 300
        assert quote.real is not None
        # What happens is among what may: within half an hour of what was foreseen.
        assert quote.foreseen.ends[0] - 1800 < quote.planned < quote.foreseen.ends[-1] + 1800
    assert world.observed


def test_a_world_is_told_in_lines_and_drawn(world: World, tmp_path: Path) -> None:
    scores = scores_of(world)
    (what, found), *_ = scores.items()
    head, *rows = table(what, found)
    assert head.startswith("at the time promised, routes as planned: 10 points")
    assert len(rows) == len(found.deciles)
    draw({"a world": scores}, tmp_path / "diagram.png")
    assert (tmp_path / "diagram.png").stat().st_size > 10_000
