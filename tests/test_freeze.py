"""Frozen problems: moments of simulated peaks, the same each time, with a start that is legal."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks import freeze
from benchmarks.freeze import keep
from benchmarks.freeze_files import Frozen, read, shared_table
from benchmarks.freeze_merged import merged
from benchmarks.freeze_moments import Moment, Peak, play
from benchmarks.helsinki import embedded_city
from benchmarks.lane_growth import peak_of
from benchmarks.snapshots_common import common_problem, common_start
from scenarios.in_process import desks_of
from solver.check import violations
from solver.problem import MINOR, PROMISED
from solver.solution import Kind, Solution

if TYPE_CHECKING:
    from pathlib import Path

SMALL = Peak(open_drops=8, couriers=3, iterations=5, shifts=1, moments=2)


@pytest.fixture(scope="module")
def moments() -> list[Moment]:
    return play(SMALL, 1)


@pytest.fixture(scope="module")
def file(moments: list[Moment], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("frozen") / "snapshots.json.gz"
    keep(path, moments)
    return path


@pytest.fixture(scope="module")
def frozen(file: Path) -> tuple[Frozen, ...]:
    return read(file)


def test_the_same_shift_gives_the_same_bytes(file: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.json.gz"
    keep(again, play(SMALL, 1))
    assert again.read_bytes() == file.read_bytes()


def test_a_shift_that_was_played_before_is_not_played_again(
    moments: list[Moment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plays: list[int] = []

    def play_and_count(peak: Peak, shift: int) -> list[Moment]:
        plays.append(shift)
        return moments

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(freeze, "play", play_and_count)
    names = [f.name for f, _, _ in freeze.played(SMALL, 1)]
    assert [f.name for f, _, _ in freeze.played(SMALL, 1)] == names
    assert plays == [1]
    freeze.played(SMALL, 2)
    assert plays == [1, 2]


def test_what_is_read_is_what_was_frozen(moments: list[Moment], frozen: tuple[Frozen, ...]) -> None:
    for (was, _, _), found in zip(moments, frozen, strict=True):
        assert found.problem.vehicles == was.problem.vehicles
        assert found.problem.jobs == was.problem.jobs
        assert np.array_equal(found.problem.durations, was.problem.durations)
        assert (found.initial, found.new, found.name) == (was.initial, was.new, was.name)
        assert found.reference == was.reference


def test_a_moment_has_as_many_open_drops_and_couriers_as_asked(frozen: tuple[Frozen, ...]) -> None:
    assert [f.size for f in frozen] == [SMALL.open_drops] * SMALL.moments
    assert {len(f.problem.jobs) for f in frozen} == {SMALL.open_drops}
    assert {len(f.problem.vehicles) for f in frozen} == {SMALL.couriers}


def test_the_published_plan_is_legal_and_lacks_the_new_urgent_order_alone(
    frozen: tuple[Frozen, ...],
) -> None:
    for one in frozen:
        assert violations(one.problem, one.initial) == ()
        assert one.initial.unassigned == frozenset((one.new,))
        newcomer = one.problem.jobs[one.new]
        assert (newcomer.rank, newcomer.planned) == (PROMISED, None)
        assert newcomer.pickup is not None


def test_moments_show_couriers_under_way(frozen: tuple[Frozen, ...]) -> None:
    vehicles = [v for one in frozen for v in one.problem.vehicles]
    jobs = [job for one in frozen for job in one.problem.jobs]
    assert any(v.shift.early > 0 for v in vehicles)
    assert any(v.next_location is not None for v in vehicles)
    assert any(job.carrier is not None for job in jobs)
    assert {job.rank for job in jobs} == {PROMISED, MINOR}
    assert any(job.planned is not None for job in jobs)


def test_the_common_part_binds_nobody_and_the_reference_keeps_its_hard_windows(
    frozen: tuple[Frozen, ...],
) -> None:
    for one in frozen:
        problem = common_problem(one)
        assert all(job.pickup and job.vehicles is None for job in problem.jobs)
        assert all(job.delivery.due is None for job in problem.jobs)
        assert violations(problem, Solution(one.reference)) == ()
        assert common_start(one).unassigned == frozenset((one.new,))


def test_a_deadline_is_a_hard_window_and_is_widened_only_where_the_reference_is_later(
    frozen: tuple[Frozen, ...],
) -> None:
    one = frozen[0]
    # Everybody was due in the first second: the reference alone says what can be met, and met it is
    # exactly. With all the time in the world nothing is widened.
    for due, widened in ((0, True), (10**6, False)):
        jobs = tuple(replace(j, delivery=replace(j.delivery, due=due)) for j in one.problem.jobs)
        changed = replace(one, problem=replace(one.problem, jobs=jobs))
        lates = [job.delivery.window.late for job in common_problem(changed).jobs]
        opens = [job.delivery.window.late for job in one.problem.jobs]
        bounds = [min(due, late) for late in opens]
        assert all((late > b) is widened for late, b in zip(lates, bounds, strict=True))


def test_joined_problems_are_one_with_a_legal_start(file: Path, frozen: tuple[Frozen, ...]) -> None:
    whole = merged(frozen, shared_table(file))
    assert whole.size == 2 * SMALL.open_drops
    assert len(whole.problem.vehicles) == 2 * SMALL.couriers
    second = SMALL.open_drops + frozen[1].new
    assert whole.initial.unassigned == frozenset((frozen[0].new, second))
    assert violations(whole.problem, whole.initial) == ()
    # Each part rides as it did alone.
    alone = [legs(one) for one in frozen]
    assert legs(whole) == [*alone[0], *alone[1]]


def legs(one: Frozen) -> list[int]:
    """Returns the seconds from each vehicle's start to each delivery of its route."""
    return [
        int(one.problem.durations[vehicle.start, a.task(one.problem).location])
        for vehicle, route in zip(one.problem.vehicles, one.initial.routes, strict=True)
        for a in route
        if a.kind is Kind.DELIVERY
    ]


def test_sizes_that_do_not_add_up_are_refused(frozen: tuple[Frozen, ...]) -> None:
    assert peak_of(8, frozen).size == 8
    with pytest.raises(ValueError, match="do not add up to 9 open drops, 1 are missing"):
        peak_of(9, frozen)


def test_without_a_file_the_cure_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"python -m benchmarks\.freeze"):
        read(tmp_path / "none.json.gz")


def test_desks_are_the_offices_first_then_floors_of_other_buildings() -> None:
    city = embedded_city()
    offices = len(city.offices)
    assert {desk.id for desk in desks_of(city, offices)} == set(city.offices)
    more = desks_of(city, offices + 2)[offices:]
    assert [city.place(desk.building, int(desk.id.split("@")[0])).building for desk in more] == [
        desk.building for desk in more
    ]


def test_the_file_has_fifteen_legal_problems_of_each_size_that_all_can_serve() -> None:
    kept = read()
    assert Counter(one.size for one in kept) == {20: 15, 60: 15, 150: 15, 300: 15}
    assert len({one.name for one in kept}) == 60
    for one in kept:
        assert violations(one.problem, one.initial) == ()
        assert one.initial.unassigned == frozenset((one.new,))
        assert violations(common_problem(one), Solution(one.reference)) == ()
