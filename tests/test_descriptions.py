"""Buildings as site managers describe them: what they mean, and what is wrong with them."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from dispatch.city import City, load_city
from dispatch.city_files import load_map
from dispatch.describing import check_file, describe
from dispatch.descriptions import check_description, read_descriptions
from dispatch.errors import CityError
from dispatch.handovers import handover, week_of
from tests.small_maps import SmallMap, at

EXAMPLE = Path(__file__).parents[1] / "scenarios/data/example-building.toml"

NOON, MONDAY, SUNDAY = 12 * 3600, 0, 6

TOWER = """
building = "b_1"
floors = "-1-9"
hours = {mo-fr = "08:00-18:00"}
[check_in]
seconds = 40
[[entrance]]
id = "front"
at = [%f, %f]
walk_m = 13
[[lifts]]
floors = "0-9"
cars = 2
speed_m_s = 1.75
dwell_s = 10
wait_s = {day = 20, lunch = 200}
[[stairs]]
floors = "-1-9"
[[department]]
name = "Law"
floor = 8
walk_m = 26
hours = {mo-fr = "09:00-17:00"}
[department.access]
badge = "slow"
badge_s = 12
escort_s = 50
[[department.desk]]
name = "8-1"
walk_m = 13
[[department]]
name = "Safe"
floor = -1
[department.access]
badge = "refused"
""" % at(100, 0)  # noqa: UP031


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A city of one street and a house at 100 m of which the map knows its nine levels."""
    street = SmallMap()
    street.way((0, 0), (100, 0), (600, 0), highway="primary")
    street.building(100, 0, building__levels="9")
    street.report(tmp_path)
    return tmp_path / "city"


def described(folder: Path, text: str = TOWER, name: str = "tower.toml") -> City:
    (folder / "buildings.d").mkdir(exist_ok=True)
    (folder / "buildings.d" / name).write_text(text, "utf-8")
    return load_city(folder)


def legs(city: City, floor: int, desk: str, band: str) -> list[tuple[str, int]]:
    way = city.way(city.street_place(*at(100, 0)), city.place("b_1", floor, desk), band)
    return [(leg.kind, leg.duration_s) for leg in way.inside]


def test_what_is_described_is_what_a_way_is_made_of(folder: Path) -> None:
    city = described(folder)
    assert legs(city, 8, "Law/8-1", "day") == [
        ("leave", 20),
        ("park", 60),
        ("check_in", 40),
        # 13 m at 1.3 m/s.
        ("walk", 10),
        # Wait 20; 8 x 3.5 m at 1.75 m/s are 16; a stop of 10 s every fifth floor 16; last stop 10.
        ("lift", 62),
        # 26 m to the department.
        ("walk", 20),
        ("badge", 12),
        ("escort", 50),
        ("walk", 10),
    ]


def test_at_lunch_the_described_wait_sends_couriers_up_the_stairs(folder: Path) -> None:
    # The lift takes 242 s, eight floors of 14.505 s on foot 116.04.
    assert legs(described(folder), 8, "Law/8-1", "lunch")[4] == ("stairs", 117)
    # Nobody says the wait at peak: the default of 45 s, for two lifts of the three (ten floors
    # at one per four) that are usual x 1.5 = 67.5; 67.5 + 16 + 16 + 10 = 109.5.
    assert legs(described(folder), 8, "Law/8-1", "peak")[4] == ("lift", 110)


def test_a_badge_is_waited_for_on_the_way_in_only(folder: Path) -> None:
    city = described(folder)
    desk, hall = city.place("b_1", 8, "Law/8-1"), city.place("b_1", 8)
    table = city.travel_times((desk, hall), "day")
    # Out: 10 s to the department's door, 30 across the floor. In: 30 + 12 + 50 + 10.
    assert table.tolist() == [[0, 40], [102, 0]]
    other = city.place("b_1", 8, "Law/8-9")
    assert city.travel_times((desk, other), "day").tolist() == [[0, 30], [30, 0]]


def test_a_desk_behind_a_door_that_couriers_never_pass_is_served_at_reception(
    folder: Path,
) -> None:
    city = described(folder)
    safe = city.place("b_1", -1, "Safe/x")
    # Set off 20, park 60, and 10 s from the door to reception; no check-in.
    assert [s for _, s in legs(city, -1, "Safe/x", "day")] == [20, 60, 10]
    found = handover(city.insides, safe, MONDAY, NOON)
    assert (found.place.floor, found.place.desk, found.reason) == (0, "reception", "refused")
    # Two drops left at reception are no check-in and no walk beyond the counter apart.
    law = city.place("b_1", 8, "Law/8-1")
    assert city.travel_times((safe, law), "day")[0, 1] == 10 + 40 + 10 + 62 + 20 + 12 + 50 + 10


def test_a_closed_desk_is_served_at_reception_while_that_is_open(folder: Path) -> None:
    city = described(folder)
    law = city.place("b_1", 8, "Law/8-1")
    hours = str(week_of(city.insides, law))
    assert hours == "Mo-Fr 09:00-17:00; Sa-Su closed"
    assert handover(city.insides, law, MONDAY, NOON).place == law
    early = handover(city.insides, law, MONDAY, 8 * 3600 + 60)
    assert (early.place.desk, early.reason) == ("reception", "closed")
    # At seven the building is closed, on Sunday all day: nobody is at reception either.
    assert handover(city.insides, law, MONDAY, 7 * 3600).place == law
    assert handover(city.insides, law, SUNDAY, NOON).place == law


def test_of_two_entrances_the_quickest_from_the_parking_is_used(folder: Path) -> None:
    near = 'building = "b_1"\nfloors = "0-1"\nparking = [%f, %f]\n' % at(100, 0)  # noqa: UP031
    near += '[[stairs]]\nfloors = "0-1"\n'
    for name, (east, north), walk in (("a", (100, 0), 65), ("b", (119.5, 0), 13)):
        lat, lon = at(east, north)
        near += f'[[entrance]]\nid = "{name}"\nat = [{lat:.7f}, {lon:.7f}]\nwalk_m = {walk}\n'
    city = described(folder, near)
    way = city.way(city.street_place(*at(100, 0)), city.place("b_1", 0), "day")
    # By a: 65 m inside are 50 s. By b: 19.5 m along the wall,
    # 25.4 m to walk, are 20 s, and 10 inside.
    assert way.entrance == "b"
    assert [leg.duration_s for leg in way.inside] == [20, 60, 20, 45, 10 + 25]


def test_the_city_shows_the_described_building(folder: Path) -> None:
    building = described(folder, 'name = "Tower"' + TOWER).buildings["b_1"]
    assert (building.name, building.floors) == ("Tower", tuple(range(-1, 10)))
    assert (building.lifts, building.lifts_assumed, building.levels_assumed) == (2, False, False)
    assert (building.opens, building.closes) == (8 * 3600, 18 * 3600)


def test_the_example_is_sound_and_the_same_in_json(tmp_path: Path) -> None:
    helsinki = load_map(EXAMPLE.parent / "helsinki")
    assert check_file(EXAMPLE, helsinki) == ()
    copy = tmp_path / "example.json"
    copy.write_text(json.dumps(tomllib.loads(EXAMPLE.read_text("utf-8"))), "utf-8")
    toml, same = check_description(EXAMPLE)[0], check_description(copy)[0]
    assert toml is not None
    assert same is not None
    assert toml.interior.departments[0].desks == same.interior.departments[0].desks
    assert len(toml.interior.lifts) == 2


def test_a_floor_that_nothing_reaches_is_refused_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "tower.toml"
    path.write_text(
        'building = "b_1"\nfloors = "-1-5"\n'
        '[[stairs]]\nfloors = "0-2"\n[[lifts]]\nfloors = "4-5"\n',
        "utf-8",
    )
    faults = check_description(path)[1]
    # The lift joins 4 and 5 with each other only.
    assert [fault.value for fault in faults] == [-1, 3, 4, 5]
    assert str(faults[0]).startswith(
        "tower.toml.floors: Floor -1 is reached by no lift and no stairs. Add -1"
    )
    assert faults[0].code == "unreachable-floor"


@pytest.mark.parametrize(
    ("text", "at_", "what", "cure"),
    [
        ('floors = "0-1"', "building", "named, in one way", "building ="),
        ('building = "b_1"', "floors", "missing", "-2-12"),
        ('building = "b_1"\nfloors = "0-1"\nlifs = 2', "lifs", "no such entry", "lifts"),
        ('building = "b_1"\nfloors = "zero"', "floors", "'zero'", "0-12"),
        ('building = "b_1"\nfloors = true', "floors", "True", "0-12"),
        (
            'building = "b_1"\nfloors = 0\nhours = {mon-dag = "08:00-09:00"}',
            "hours",
            "mon-dag",
            "mo-fr",
        ),
        ('building = "b_1"\nfloors = 0\nhours = {mo = "8-9"}', "hours", "'8-9'", "08:00"),
        ('building = "b_1"\nfloors = 0\nhours = {mo = "18:00-08:00"}', "hours", "ascending", ""),
        ("at = [24.9, 160.0, 3]\nfloors = 0", "at", "not a place", "latitude"),
        (
            'building = "b_1"\nfloors = "0-1"\n[[lifts]]\nfloors = "0-1"\ncars = 0',
            "lifts[0].cars",
            "0",
            "1 to 50",
        ),
        (
            'building = "b_1"\nfloors = "0-1"\n[[lifts]]\nfloors = "0-2"\n',
            "lifts[0]",
            "Floor 2 is not",
            "0-1",
        ),
        ('building = "b_1"\nfloors = 0\n[[lifts]]\ncars = 1', "lifts[0].floors", "missing", "0-12"),
        (
            'building = "b_1"\nfloors = 0\n[access]\nbadge = "maybe"',
            "access.badge",
            "maybe",
            "slow",
        ),
        (
            'building = "b_1"\nfloors = 0\n[[department]]\nname = "A"\nfloor = 7',
            "department[0]",
            "Floor 7 is not",
            "add 7",
        ),
        (
            'building = "b_1"\nfloors = 0\n[[entrance]]\nfloor = 0',
            "entrance[0].at",
            "missing",
            "e_12",
        ),
    ],
)
def test_a_fault_says_what_where_and_how_to_mend_it(
    tmp_path: Path, text: str, at_: str, what: str, cure: str
) -> None:
    path = tmp_path / "x.toml"
    path.write_text(text, "utf-8")
    faults = check_description(path)[1]
    found = {fault.at.removeprefix("x.toml."): fault for fault in faults}
    assert at_ in found
    assert what in found[at_].what
    assert cure in found[at_].cure
    assert found[at_].cure


def test_places_may_be_given_in_the_datum_of_chinese_maps(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    text = "floors = 0\nat = [31.17530398, 121.53154186]\n[[entrance]]\n"
    text += "at = [31.17530398, 121.53154186]\n"
    for datum, lat, lon in (("gcj02", 31.1774276, 121.5272106), ("wgs84", 31.175304, 121.531542)):
        path.write_text(f'datum = "{datum}"\n{text}', "utf-8")
        found, faults = check_description(path)
        assert faults == ()
        assert found is not None
        # The published pair of Shanghai in tests/test_datum.py.
        assert found.at == pytest.approx((lat, lon), abs=1e-6)
        assert found.doors[0].at == found.at
    path.write_text(f'datum = "mars"\n{text}', "utf-8")
    (fault,) = check_description(path)[1]
    assert fault.at == "x.toml.datum"
    assert fault.cure == "Give one of wgs84, gcj02, bd09."


def test_a_place_with_longitude_first_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("floors = 0\nat = [121.5, 31.2]", "utf-8")
    (fault,) = check_description(path)[1]
    assert "121.5 is no latitude" in fault.what
    assert "it comes first" in fault.what


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text('building = 3\nfloors = "a"\n[check_in]\nseconds = -1\n', "utf-8")
    assert [fault.at for fault in check_description(path)[1]] == [
        "x.toml.building",
        "x.toml.building",
        "x.toml.floors",
        "x.toml.check_in.seconds",
    ]


@pytest.mark.parametrize(("name", "text"), [("x.toml", "a = "), ("x.json", "[1]"), ("x.json", "{")])
def test_a_file_that_is_neither_toml_nor_json_is_refused(
    tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    description, faults = check_description(tmp_path / name)
    assert description is None
    assert "cannot be read" in faults[0].what
    assert "cannot be read" in check_description(tmp_path / "none.toml")[1][0].what


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('building = "b_9"\nfloors = 0', "no building b_9"),
        ("at = [60.5, 25.0]\nfloors = 0", "no building at"),
        ('building = "b_1"\nfloors = 0\nparking = [25.0, 60.0]', "from the middle of b_1"),
        ('building = "b_1"\nfloors = 0\n[[entrance]]\nid = "e_7"', "no entrance e_7"),
    ],
)
def test_a_description_has_to_fit_its_city(folder: Path, text: str, what: str) -> None:
    path = folder / "x.toml"
    path.write_text(text, "utf-8")
    assert check_file(path) == ()
    (fault,) = check_file(path, load_map(folder))
    assert what in fault.what
    assert fault.cure
    with pytest.raises(CityError, match=what):
        described(folder, text)


def test_a_building_described_twice_is_refused(folder: Path) -> None:
    described(folder, 'building = "b_1"\nfloors = 0', "a.toml")
    with pytest.raises(CityError, match=r"described in a\.toml already"):
        described(folder, 'building = "b_1"\nfloors = 0', "b.toml")
    descriptions = read_descriptions(folder / "buildings.d")
    assert len(descriptions) == 2
    with pytest.raises(CityError):
        describe(load_map(folder), descriptions)
