"""Days in central Shanghai: synthetic offices beside real roads, and what is told of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from benchmarks import days, days_cells, days_shanghai
from benchmarks.days_cells import Cell, made_of, store
from benchmarks.days_lists import AS_USUAL, DECIDERS, ELSEWHERE, SHANGHAI, SIZES, Size
from benchmarks.days_play import play, scenario_of
from benchmarks.days_record import Day, Told
from benchmarks.days_report import Piece
from benchmarks.days_shanghai import (
    APART_M,
    BUILDINGS,
    FROM_ROAD_M,
    HALF_M,
    LEVELS,
    MAP,
    OFFICES,
    RADIUS_M,
    STORE,
    TIMEZONE,
    shanghai,
    synthetic_map,
)
from benchmarks.days_zone import Decision
from benchmarks.solver_env import Skipped
from dispatch.geo import area, contains, distance
from dispatch.policy import Policy
from dispatch.promises import URGENT
from scenarios.day import draw_day
from scenarios.in_process import desks_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from benchmarks.days_play import Ground

MAX_SNAP_M = 0.2
"""Coordinates are rounded to a tenth of a metre."""


@pytest.fixture(scope="module")
def ground() -> Ground:
    if not MAP.is_file():
        pytest.skip(f"{MAP.name} is not at hand")
    return shanghai()


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield
    # It may have been asked about another map.
    made_of.cache_clear()


def test_the_same_seed_gives_the_same_city_and_another_seed_another(ground: Ground) -> None:
    again, other = synthetic_map(MAP), synthetic_map(MAP, seed=2)
    assert dict(again.buildings) == dict(ground.city.buildings)
    assert dict(again.offices) == dict(ground.city.offices)
    assert dict(other.buildings) != dict(again.buildings)


def test_every_desk_is_reached_from_the_store_and_back(ground: Ground) -> None:
    city = ground.city
    here = city.street_place(STORE.lat, STORE.lon)
    desks = [city.place(o.building, o.floor, o.name) for o in city.offices.values()]
    # Without a cut off a way that does not exist is an error.
    times = city.travel_times((here, *desks), "lunch")
    assert len(desks) == OFFICES
    assert times[0, 1:].min() > 0
    # An order is promised in 22 minutes: the farthest desk can be reached within it.
    assert times[0, 1:].max() < 22 * 60
    assert times[1:, 0].max() < 22 * 60


def test_offices_are_on_floors_of_their_building_above_the_lobby(ground: Ground) -> None:
    buildings, offices = ground.city.buildings, ground.city.offices
    assert all(0 < o.floor < buildings[o.building].levels for o in offices.values())
    # At most one a floor.
    assert len({(o.building, o.floor) for o in offices.values()}) == OFFICES


def test_buildings_are_towers_with_lifts_and_all_that_is_said_of_them_is_assumed(
    ground: Ground,
) -> None:
    buildings = list(ground.city.buildings.values())
    least, most = LEVELS
    assert len(buildings) == BUILDINGS
    assert all(least <= b.levels <= most and b.levels_assumed for b in buildings)
    assert all(b.lifts >= 1 and b.lifts_assumed for b in buildings)
    assert "synthetic" in ground.city.attribution


def test_buildings_stand_beside_roads_apart_and_not_too_far(ground: Ground) -> None:
    middles = [(b.lat, b.lon) for b in ground.city.buildings.values()]
    assert max(distance(m, (STORE.lat, STORE.lon)) for m in middles) <= RADIUS_M + MAX_SNAP_M
    gaps = [distance(a, b) for i, a in enumerate(middles) for b in middles[:i]]
    assert min(gaps) >= APART_M
    for building in ground.city.buildings.values():
        door = ground.city.place(building.id, 0)
        assert contains(building.outline, (building.lat, building.lon))
        assert area(building.outline) == pytest.approx((2 * HALF_M) ** 2, rel=0.02)
        to_door = distance((building.lat, building.lon), (door.lat, door.lon))
        assert to_door == pytest.approx(HALF_M, abs=MAX_SNAP_M)


def test_doors_face_the_road(ground: Ground) -> None:
    nearest, farthest = FROM_ROAD_M
    doors = [ground.city.place(key, 0) for key in ground.city.buildings]
    snaps = ground.city.streets.snap([(door.lat, door.lon) for door in doors])
    gaps = [snap.gap for snap in snaps if snap is not None]
    assert len(gaps) == BUILDINGS
    assert min(gaps) >= nearest - HALF_M - MAX_SNAP_M
    assert max(gaps) <= farthest - HALF_M + MAX_SNAP_M


def test_all_offices_order_and_the_day_begins_by_the_clock_of_shanghai(ground: Ground) -> None:
    scenario = scenario_of(SIZES["14x4"], AS_USUAL, 3.0)
    assert {desk.id for desk in desks_of(ground.city, scenario.desks)} == set(ground.city.offices)
    # 10:00 in Shanghai, eight hours before Greenwich all year.
    start = datetime(2026, 11, 24, 2, tzinfo=UTC).timestamp()
    assert scenario.starts_at(TIMEZONE) == scenario.starts_at(ground.city.timezone) == start
    orders = draw_day(scenario, ground.city, 1)
    assert start <= orders[0].at
    assert orders[-1].at < start + 3 * 3600


def test_two_couriers_play_twenty_minutes(ground: Ground) -> None:
    scenario = scenario_of(Size(12, 2, SHANGHAI), AS_USUAL, 1 / 3)
    policy = Policy(quote_search_s=0)
    found = {
        name: play(scenario, DECIDERS[name], policy, 1, seconds=0, iterations=20, ground=ground)
        for name in ("unquoted", "ours")
    }
    for day in found.values():
        # Twelve an hour for twenty minutes; nobody calls off, see `draw_day` for this seed.
        assert len(day.urgent) == 4
        assert day.faults == ()
        assert all(order.took_s is not None for order in day.urgent)
    numbers = [[order.number for order in day.orders] for day in found.values()]
    assert numbers[0] == numbers[1]


def test_without_its_map_every_cell_is_skipped_with_the_reason(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(days_shanghai, "MAP", tmp_path / "nowhere.osm.pbf")
    shanghai.cache_clear()
    with pytest.raises(Skipped, match=r"the map nowhere\.osm\.pbf is not at hand"):
        shanghai()
    words = ["--shanghai", "--policies", "fifo", "ours", "--days", "1", "--out", str(tmp_path)]
    assert days.main(words) == 0
    told = capsys.readouterr().out
    assert "no days are at hand" in told
    assert "skipped fifo, ours: the map nowhere.osm.pbf is not at hand" in told


def of_100(kept: int) -> Day:
    """Returns a day in which so many of a hundred orders came in time."""
    orders = [
        Told(k, URGENT, 1320, 1320, 1000 if k < kept else 2000, False, None, on_course=True)
        for k in range(100)
    ]
    return Day(tuple(orders), (Decision("order", 50.0, 4.0, 10, 0, 0),), busy_s=1800, duty_s=3600)


def test_cells_are_told_apart_by_city_and_those_of_the_usual_one_are_as_before() -> None:
    usual = Cell("ours", SIZES["14x4"], 1)
    abroad = replace(usual, size=ELSEWHERE["shanghai 14x4"])
    assert abroad.file.name.startswith("shanghai-14x4-1-ours-")
    assert usual.key == '[[14, 4], "10:00:00", 3.0, 0.05, [{}, {}, 0]]'
    assert SHANGHAI in abroad.key


def test_a_city_is_another_one_with_another_map(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = set()
    for content in (None, b"one", b"two"):
        path = tmp_path / f"{content!r}.osm.pbf"
        if content is not None:
            path.write_bytes(content)
        monkeypatch.setattr(days_shanghai, "MAP", path)
        made_of.cache_clear()
        digests.add(made_of(SHANGHAI))
    assert len(digests) == 3
    assert made_of("") == ()


def test_the_report_has_a_section_of_its_own_that_says_what_is_synthetic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 5):
        store(Cell("ours", SIZES["14x4"], number), of_100(90))
        for policy, kept in (("ours", 80), ("fifo", 60)):
            store(Cell(policy, ELSEWHERE["shanghai 14x4"], number), of_100(kept + number % 2))
    monkeypatch.setattr(days, "run", lambda cells, tell: {})
    usual, _, abroad = days.days(tmp_path).partition("\n\ncentral Shanghai")
    assert "Helsinki, one store" in usual
    assert "shanghai" not in usual
    assert "80 SYNTHETIC buildings" in abroad
    assert "shanghai 14x4: urgent orders an hour x couriers" in abroad
    assert "against fifo          +20.0 points [+20.0, +20.0] on 4 days" in abroad
    assert (tmp_path / "days.png").stat().st_size > 1000
    assert (tmp_path / "days_shanghai.png").stat().st_size > 1000


def test_both_cells_of_shanghai_are_played_where_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played: list[Cell] = []

    def run(cells: Sequence[Cell], tell: Callable[[str], None]) -> dict[str, str]:
        played.extend(cells)
        return {}

    monkeypatch.setattr(days, "run", run)
    assert days.main(["--shanghai", "--days", "1", "--out", str(tmp_path)]) == 0
    assert {cell.size.name for cell in played} == {"shanghai 14x4", "shanghai 20x5"}
    assert {cell.policy for cell in played} == set(Piece().policies)
    assert days_cells.GROUNDS[SHANGHAI] is shanghai
    assert (tmp_path / "days_shanghai.txt").is_file()
