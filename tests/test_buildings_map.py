"""What a map tells of the inside of buildings: storeys, lifts by floor, cellars, hours."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from benchmarks import indoor as benchmark
from dispatch.city import City, load_city
from dispatch.facts import building_facts
from dispatch.handovers import week_of
from dispatch.osm import build_city
from dispatch.storeys import Storeys, read_storeys
from tests.small_maps import SmallMap

if TYPE_CHECKING:
    from dispatch.places import Building

MAPS = Path(__file__).parents[2] / "shared/data/osm"


@cache
def imported(name: str) -> City:
    if not (MAPS / name).exists():
        pytest.skip(f"{name} is not beside the project")
    with TemporaryDirectory() as folder:
        build_city(MAPS / name, Path(folder) / "city", name=name, timezone="UTC")
        return load_city(Path(folder) / "city")


@pytest.mark.parametrize(
    ("tags", "storeys"),
    [
        ({"building:levels": "9"}, Storeys(9, False)),
        ({"building:levels": "2.5"}, Storeys(2, False)),
        (
            {"building:levels": "5", "building:levels:underground": "2"},
            Storeys(5, False, -2, False),
        ),
        ({"min_level": "-1", "max_level": "4"}, Storeys(5, False, -1, False)),
        ({"building:levels": "4", "min_level": "1"}, Storeys(4, False, 0, False)),
        ({"building:levels": "6", "building:min_level": "4"}, Storeys(6, False, missing=(1, 2, 3))),
        (
            {"building:levels": "15", "non_existent_levels": "4;13"},
            Storeys(15, False, missing=(4, 13)),
        ),
        ({"height": "21 m"}, Storeys(6, True)),
        ({"building": "kiosk"}, Storeys(1, True)),
        ({}, Storeys(7, True)),
        ({"building:levels": "many"}, Storeys(7, True)),
        ({"building:levels": "9999"}, Storeys(201, False)),
    ],
)
def test_storeys_are_read_from_the_tags(tags: dict[str, str], storeys: Storeys) -> None:
    assert read_storeys({"building": "yes"} | tags, usual=7) == storeys


def test_floors_drawn_inside_tell_the_levels_where_no_tag_does() -> None:
    assert read_storeys({"building": "yes"}, 7, {0, 1, 2}) == Storeys(3, False)
    assert read_storeys({"building": "yes"}, 7, {1}) == Storeys(7, True)


def house(tmp_path: Path, levels: str, *lifts: str | None) -> Building:
    """Returns a house on a street with lifts on these levels."""
    street = SmallMap()
    street.way((0, 0), (400, 0), highway="primary")
    street.building(100, 10, building__levels=levels)
    for i, level in enumerate(lifts):
        street.point((105 + i, 20), highway="elevator", **({"level": level} if level else {}))
    return street.city(tmp_path).buildings["b_1"]


@pytest.mark.parametrize(
    ("levels", "lifts", "cars", "is_assumed", "floors"),
    [
        # None drawn: one per four levels.
        ("9", (), 3, True, ()),
        ("9", (None, None), 2, False, ()),
        ("9", ("0-8",), 1, False, (tuple(range(9)),)),
        # A lift up to the podium: the usual three are assumed beside it.
        ("9", ("0;1",), 4, True, ((0, 1),)),
        # A lift down to the railway is not a lift of the building.
        ("9", ("-6;0",), 3, True, ()),
        ("2", ("0,1",), 1, False, ((0, 1),)),
    ],
)
def test_lifts_serve_the_floors_the_map_gives_them(
    tmp_path: Path,
    levels: str,
    lifts: tuple[str | None, ...],
    cars: int,
    is_assumed: bool,
    floors: tuple[tuple[int, ...], ...],
) -> None:
    building = house(tmp_path, levels, *lifts)
    assert (building.lifts, building.lifts_assumed) == (cars, is_assumed)
    assert building.lift_floors == floors


def test_the_beijing_campus_has_its_departments_entrances_and_levels() -> None:
    city = imported("beijing_buct.osm")
    assert {office.name for office in city.offices.values()} == {
        "信息科学与技术学院",
        "会议中心",
        "档案馆",
        "化工学院",
        "生命科学学院",
        "信息中心",
        "一站式服务大厅",
        "就业办公室",
    }
    assert sum(len(building.entrances) for building in city.buildings.values()) == 25
    known = {
        office.name: office.floor for office in city.offices.values() if not office.floor_assumed
    }
    assert known == {"就业办公室": 3}


def test_a_tower_of_the_campus_has_lifts_for_even_and_for_odd_floors() -> None:
    city = imported("beijing_buct.osm")
    tower = next(b for b in city.buildings.values() if b.name == "科技大厦")
    # A stairwell goes down to -2; rooms are drawn up to floor 10.
    assert (tower.lowest, tower.levels, tower.levels_assumed) == (-2, 11, False)
    assert (tower.lifts, tower.lifts_assumed) == (2, False)
    assert tower.lift_floors == ((0, 2, 4, 6, 8, 10), (1, 3, 5, 7, 9))
    store = city.street_place(*(tower.lat, tower.lon))
    kinds = [leg.kind for leg in city.way(store, city.place(tower.id, 9), "day").inside]
    # The odd lift begins on floor 1: one up on foot, or the even one and one floor of stairs.
    assert "lift" in kinds
    assert "stairs" in kinds


def test_the_hours_of_campus_offices_are_those_of_the_map() -> None:
    pytest.importorskip("opening_hours")
    city = imported("beijing_buct.osm")
    hours = {office.name: str(office.hours) for office in city.offices.values() if office.hours}
    assert hours["信息中心"] == "Mo-Th 09:00-16:00; Fr 09:00-11:30; Sa-Su closed"
    assert len(hours) == 3
    office = next(office for office in city.offices.values() if office.name == "信息中心")
    desk = city.place(office.building, office.floor, office.name)
    # Within the hours that are assumed of the building: 7:00 to 20:00.
    assert str(week_of(city.insides, desk, office.hours)) == hours["信息中心"]


def test_moorgate_is_imported_with_its_podium_lifts() -> None:
    city = imported("london_moorgate.osm.pbf")
    towers = [b for b in city.buildings.values() if b.lift_floors == ((0, 1),) and b.levels == 20]
    # 5 Aldermanbury Square and Moor House: five usual lifts and the one to the podium.
    assert {(tower.lifts, tower.lifts_assumed) for tower in towers} == {(6, True)}
    assert len(towers) == 2


def test_what_is_assumed_of_a_building_is_said(tmp_path: Path) -> None:
    street = SmallMap()
    street.way((0, 0), (400, 0), highway="primary")
    street.building(100, 10, building__levels="9")
    street.point((105, 20), highway="elevator")
    street.building(200, 10)
    city = street.city(tmp_path)
    known = {fact.name: fact.assumed for fact in building_facts(city.insides, "b_1")}
    assert known == {
        "floors": False,
        "entrance": True,
        "lifts": False,
        "stairs": True,
        "check_in": True,
        "hours": True,
    }
    facts = {fact.name: fact for fact in building_facts(city.insides, "b_1")}
    assert facts["floors"].source == "map: building:levels"
    assert facts["lifts"].value == "1 at 0-8"
    assert "UW Urban Freight Lab" in facts["check_in"].source
    assert all(fact.assumed for fact in building_facts(city.insides, "b_2"))


def test_door_to_desk_times_of_helsinki_are_plausible() -> None:
    city = load_city(benchmark.HELSINKI)
    desks = benchmark.random_desks(city, 50)
    day, lunch = (benchmark.door_to_desk(city, band, desks) for band in ("day", "lunch"))
    # Nobody is quicker than to the ground floor: park 60, check in 45, walk 40.
    assert day.p10 >= 145
    assert day.p10 <= day.median <= day.p90 <= day.longest
    assert day.longest <= lunch.longest
    # The lift costs 90 s more at lunch, so that more of them climb.
    assert lunch.by_stairs >= day.by_stairs


def test_a_tower_of_62_floors_takes_minutes_not_an_hour() -> None:
    # One drop at the top and back is half of the 20 min of a visit with several drops.
    assert 5 * 60 < benchmark.tower(62, "day") < 10 * 60


def test_the_hours_of_a_shop_are_not_those_of_the_house_it_is_drawn_as(tmp_path: Path) -> None:
    pytest.importorskip("opening_hours")
    street = SmallMap()
    street.way((0, 0), (400, 0), highway="primary")
    street.building(100, 10, opening_hours="Mo-Fr 08:30-15:00", amenity="bank")
    street.building(200, 10, opening_hours="Mo-Fr 06:00-22:00; Sa 09:00-12:00")
    bank, offices = street.city(tmp_path).buildings.values()
    assert (bank.hours, bank.opens, bank.closes) == (None, 7 * 3600, 20 * 3600)
    assert str(offices.hours) == "Mo-Fr 06:00-22:00; Sa 09:00-12:00; Su closed"
    assert (offices.opens, offices.closes) == (6 * 3600, 22 * 3600)
    # Written and read again.
    assert load_city(tmp_path / "city").buildings["b_2"] == offices
