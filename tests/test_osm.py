"""Importing a city: what a map may hold, and what may be wrong with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import osmium
import pytest

from dispatch.city import load_city
from dispatch.city_files import load_map
from dispatch.errors import CityError
from dispatch.osm import CityReport, build_city, city_info
from dispatch.profiles import load_profiles
from dispatch.road_rules import CLOSED, PUSH, RIDE, lets_through, modes, speed_limits
from tests.small_maps import SmallMap, at, own_streets

CLIPPED = Path(__file__).parents[2] / "shared/data/osm/shanghai_fengxian_clipped.osm"


def a_street() -> SmallMap:
    """A street of 400 m, open both ways."""
    street = SmallMap()
    street.way((0, 0), (200, 0), (400, 0), highway="primary")
    return street


def left_out(report: CityReport) -> dict[tuple[str, str], int]:
    return {(row.what, row.why): row.count for row in report.left_out}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"highway": "primary"}, (RIDE, RIDE)),
        ({"highway": "primary_link"}, (RIDE, RIDE)),
        ({"highway": "primary", "oneway": "yes"}, (RIDE, CLOSED)),
        ({"highway": "primary", "oneway": "-1"}, (CLOSED, RIDE)),
        ({"highway": "primary", "junction": "roundabout"}, (RIDE, CLOSED)),
        ({"highway": "residential", "oneway": "yes", "oneway:bicycle": "no"}, (RIDE, RIDE)),
        ({"highway": "residential", "oneway": "yes", "cycleway": "opposite_lane"}, (RIDE, RIDE)),
        ({"highway": "residential", "oneway": "yes", "cycleway:left": "opposite"}, (RIDE, RIDE)),
        ({"highway": "cycleway", "oneway": "yes"}, (RIDE, CLOSED)),
        # On foot with the bike; what is one way for those who ride is not for people.
        ({"highway": "footway"}, (PUSH, PUSH)),
        ({"highway": "footway", "oneway": "yes"}, (PUSH, PUSH)),
        ({"highway": "footway", "bicycle": "yes"}, (RIDE, RIDE)),
        ({"highway": "footway", "bicycle": "no"}, (CLOSED, CLOSED)),
        ({"highway": "secondary", "bicycle": "use_sidepath", "oneway": "yes"}, (PUSH, PUSH)),
        ({"highway": "pedestrian", "bicycle": "dismount"}, (PUSH, PUSH)),
        ({"highway": "residential", "bicycle": "no"}, (CLOSED, CLOSED)),
        ({"highway": "service", "access": "private"}, (CLOSED, CLOSED)),
        ({"highway": "service", "access": "private", "bicycle": "yes"}, (RIDE, RIDE)),
        ({"highway": "service", "access": "destination"}, (RIDE, RIDE)),
        ({"highway": "steps"}, (CLOSED, CLOSED)),
        ({"highway": "motorway"}, (CLOSED, CLOSED)),
        ({"highway": "motorway_link"}, (CLOSED, CLOSED)),
        ({"highway": "trunk"}, (PUSH, PUSH)),
        ({"highway": "trunk", "bicycle": "yes"}, (RIDE, RIDE)),
        ({"highway": "trunk", "bicycle": "yes", "motorroad": "yes"}, (CLOSED, CLOSED)),
        ({"highway": "construction"}, (CLOSED, CLOSED)),
        ({}, (CLOSED, CLOSED)),
    ],
)
def test_a_courier_may_go_where_the_tags_let_a_bicycle(
    tags: dict[str, str], expected: tuple[int, int]
) -> None:
    assert modes(tags, load_profiles().of("ebike")) == expected


@pytest.mark.parametrize(
    ("profile", "tags", "expected"),
    [
        ("car", {"highway": "motorway"}, (RIDE, CLOSED)),
        ("car", {"highway": "footway"}, (CLOSED, CLOSED)),
        (
            "car",
            {"highway": "residential", "oneway": "yes", "oneway:bicycle": "no"},
            (RIDE, CLOSED),
        ),
        ("car", {"highway": "service", "access": "no", "motor_vehicle": "delivery"}, (RIDE, RIDE)),
        ("car", {"highway": "pedestrian"}, (CLOSED, CLOSED)),
        ("car", {"highway": "pedestrian", "motor_vehicle": "destination"}, (RIDE, RIDE)),
        ("car", {"highway": "primary", "oneway": "reversible"}, (CLOSED, CLOSED)),
        ("foot", {"highway": "steps"}, (RIDE, RIDE)),
        ("foot", {"highway": "residential", "oneway": "yes"}, (RIDE, RIDE)),
        ("foot", {"highway": "motorway"}, (CLOSED, CLOSED)),
        ("foot", {"highway": "path", "foot": "no"}, (CLOSED, CLOSED)),
    ],
)
def test_every_profile_has_its_own_roads(
    profile: str, tags: dict[str, str], expected: tuple[int, int]
) -> None:
    assert modes(tags, load_profiles().of(profile)) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"barrier": "bollard"}, "ebike bicycle foot"),
        ({"barrier": "gate"}, ""),
        ({"barrier": "gate", "bicycle": "yes", "foot": "yes"}, "ebike bicycle foot"),
        ({"barrier": "gate", "access": "private", "motor_vehicle": "yes"}, "car"),
        ({"barrier": "bollard", "bicycle": "no"}, "foot"),
        ({"barrier": "toll_booth"}, "ebike bicycle car foot"),
        ({"highway": "crossing", "bicycle": "no"}, "ebike bicycle car foot"),
    ],
)
def test_bollards_pass_bikes_and_gates_are_shut(tags: dict[str, str], expected: str) -> None:
    profiles = load_profiles().profile
    assert [name for name in profiles if lets_through(tags, profiles[name])] == expected.split()


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, (0, 0)),
        ({"maxspeed": "50"}, (50, 50)),
        ({"maxspeed": "30 mph"}, (48, 48)),
        ({"maxspeed": "50", "maxspeed:backward": "30"}, (50, 30)),
        ({"maxspeed": "GB:urban"}, (48, 48)),
        ({"maxspeed": "walk"}, (5, 5)),
        ({"maxspeed": "none"}, (112, 112)),
        ({"maxspeed": "signals"}, (0, 0)),
        ({"maxspeed": "999"}, (0, 0)),
    ],
)
def test_speed_limits_are_read_in_the_country(
    tags: dict[str, str], expected: tuple[int, int]
) -> None:
    assert speed_limits(tags, load_profiles().country_of("GB")) == expected


def test_ways_are_cut_where_they_meet(tmp_path: Path) -> None:
    street = a_street()
    street.way((200, 0), (200, 100), highway="residential", oneway="yes", oneway__bicycle="no")
    report = street.report(tmp_path)
    # Junctions: the three ends and the crossing; 400 + 100 m.
    assert (report.junctions, report.roads, report.arcs) == (4, 3, 6)
    assert report.road_km == 0.5


def test_what_cannot_be_left_again_is_no_road(tmp_path: Path) -> None:
    street = a_street()
    street.way((200, 0), (200, 100), highway="residential", oneway="yes")
    street.way((900, 900), (900, 950), highway="residential")
    report = street.report(tmp_path)
    # The one-way road into a dead end, and the island.
    why = "no way there and back from the largest connected part"
    assert left_out(report)["roads between junctions for ebike", why] == 2
    assert report.road_km == 0.4


def test_no_place_is_snapped_to_an_island_or_a_trap(tmp_path: Path) -> None:
    street = a_street()
    street.way((200, 0), (200, 140), highway="residential", oneway="yes")
    street.way((900, 900), (900, 950), highway="residential")
    city = street.city(tmp_path)
    # At the end of the trap: the street that can be left again is 140 m away.
    trapped = city.street_place(*at(200, 140))
    there = city.street_place(*at(300, 0))
    assert (city.travel_times([trapped, there], "day") > 0).sum() == 2
    with pytest.raises(CityError, match="m from the nearest road") as caught:
        city.street_place(*at(900, 925))
    assert caught.value.cure


def test_ways_clipped_by_the_edge_keep_what_is_known(tmp_path: Path) -> None:
    street = a_street()
    street.way((400, 0), (500, 0), None, None, highway="primary")
    street.way(None, (500, 0), None, highway="primary")
    report = street.report(tmp_path)
    assert report.road_km == 0.5
    assert left_out(report)["ways in part", "the file lacks points of them; the rest is in"] == 1
    assert left_out(report)["ways", "the file lacks their points"] == 1


@pytest.mark.skipif(not CLIPPED.exists(), reason=f"{CLIPPED.name} is not beside the project")
def test_a_real_extract_whose_ways_lost_their_points_is_imported(tmp_path: Path) -> None:
    report = build_city(CLIPPED, tmp_path / "city", name="Fengxian", timezone="Asia/Shanghai")
    # Of its 270 ways 168 have no points left.
    assert left_out(report)["ways", "the file lacks their points"] == 168
    assert report.roads > 200


def test_buildings_come_with_what_the_map_knows_of_them(tmp_path: Path) -> None:
    street = a_street()
    street.building(100, 10, name="Kulma", building__levels="6.5", addr__street="Katu")
    street.point((110, 15), highway="elevator")
    street.point((100, 10), entrance="main", addr__street="Katu", addr__housenumber="7")
    street.building(200, 10, tag="office", height="21 m")
    street.building(300, 10, tag="kiosk")
    city = street.city(tmp_path)
    corner, tower, kiosk = city.buildings.values()
    assert (corner.name, corner.address) == ("Kulma", "Katu 7")
    # An attic is no floor of its own; the lift is on the map.
    assert (corner.levels, corner.levels_assumed) == (6, False)
    assert (corner.lifts, corner.lifts_assumed) == (1, False)
    assert [entrance.main for entrance in corner.entrances] == [True]
    # 21 m at 3.5 m a level; one lift for every four levels.
    assert (tower.levels, tower.levels_assumed) == (6, True)
    assert (tower.lifts, tower.lifts_assumed) == (2, True)
    assert (kiosk.levels, kiosk.lifts) == (1, 0)
    assert kiosk.name == "Building 3"


def test_levels_that_are_not_known_are_the_middle_of_those_known(tmp_path: Path) -> None:
    street = a_street()
    for k, levels in enumerate(("3", "5", "8", "1")):
        tag = "kiosk" if levels == "1" else "yes"
        street.building(30 * k, 10, tag=tag, building__levels=levels)
    street.building(200, 10)
    *_, unknown = street.city(tmp_path).buildings.values()
    assert (unknown.levels, unknown.levels_assumed) == (5, True)


def test_a_building_with_a_courtyard_is_one_building(tmp_path: Path) -> None:
    street = a_street()
    outer = street.building(100, 10, size=60)
    inner = street.building(120, 30, size=20, tag="")
    street.relation([(outer, "outer"), (inner, "inner")], type="multipolygon", building="yes")
    street.point((120, 40), entrance="yes")
    city = street.city(tmp_path)
    # The ring is tagged too, and would be a second building around the same walls.
    assert len(city.buildings) == 1
    assert len(city.buildings["b_1"].entrances) == 1


def test_roofs_and_clipped_outlines_are_no_buildings(tmp_path: Path) -> None:
    street = a_street()
    street.building(100, 10, tag="roof")
    street.way((200, 10), (220, 10), (220, 30), None, building="yes")
    street.building(300, 400)
    report = street.report(tmp_path)
    assert report.buildings == 0
    reasons = left_out(report)
    assert reasons["buildings", "roofs, sheds and the like, or drawn twice"] == 1
    assert reasons["buildings", "the file lacks points of their outline"] == 1
    # Its nearest corner is 400 m from the street.
    assert reasons["buildings", "no road within 150 m"] == 1


def test_couriers_go_in_by_the_main_entrance_and_never_by_the_garage(tmp_path: Path) -> None:
    street = a_street()
    street.building(100, 10)
    street.point((100, 10), entrance="garage")
    street.point((120, 10), entrance="yes")
    street.point((120, 30), entrance="main")
    street.building(200, 10)
    street.point((220, 30), entrance="yes")
    street.building(300, 10)
    city = street.city(tmp_path)
    store = city.street_place(60.0, 25.0)
    doors = [city.way(store, city.place(key, 0), "day").entrance for key in city.buildings]
    # e_1 is the side door, e_2 the main one farther from the street; the third building has
    # no known door and is entered at its nearest corner.
    assert doors == ["e_2", "e_3", None]


def test_offices_are_put_on_their_floor_in_their_building(tmp_path: Path) -> None:
    street = a_street()
    street.building(100, 10, building__levels="4")
    street.point((110, 20), office="lawyer", name="Inside", level="2;3")
    street.point((140, 20), office="it", name="Twenty metres off", level="0-2")
    street.point((151, 20), office="it", name="Too far off")
    street.point((112, 20), office="it")
    street.point((114, 20), office="it", name="Floor not known")
    street.point((116, 20), office="it", name="Above the roof", addr__floor="6")
    street.point((118, 20), office="it", name="In the cellar", level="-1")
    report = street.report(tmp_path)
    city = load_city(tmp_path / "city")
    floors = {office.name: (office.floor, office.floor_assumed) for office in city.offices.values()}
    assert floors["Inside"] == (2, False)
    assert floors["Twenty metres off"] == (0, False)
    assert floors["Above the roof"] == (6, False)
    assert floors["In the cellar"] == (-1, False)
    assert floors["Floor not known"][1]
    # The office on floor 6 shows that there are seven levels at least, and one below ground.
    assert city.buildings["b_1"].floors == (-1, 0, 1, 2, 3, 4, 5, 6)
    assert all(-1 <= floor < 7 for floor, _ in floors.values())
    assert left_out(report)["offices", "no building within 30 m"] == 1
    assert left_out(report)["offices", "no name"] == 1


def test_the_same_map_gives_the_same_bytes(tmp_path: Path) -> None:
    street = a_street()
    street.building(100, 10, name="Talo")
    contents = []
    for _ in range(2):
        street.report(tmp_path)
        contents.append({f.name: f.read_bytes() for f in (tmp_path / "city").iterdir()})
    assert contents[0] == contents[1]
    assert sorted(contents[0]) == ["buildings.json", "city.json", "offices.json", "roads.npz"]


def test_info_says_what_the_import_said(tmp_path: Path) -> None:
    report = a_street().report(tmp_path)
    assert city_info(tmp_path / "city") == report


def build(source: Path, out: Path, timezone: str = "UTC") -> CityError:
    """Builds what cannot be built; returns why, having seen that nothing was written."""
    before = sorted(out.parent.iterdir()) if out.parent.is_dir() else None
    with pytest.raises(CityError) as caught:
        build_city(source, out, name="Test", timezone=timezone)
    assert (sorted(out.parent.iterdir()) if out.parent.is_dir() else None) == before
    assert caught.value.at
    assert caught.value.cure
    return caught.value


@pytest.mark.parametrize("content", [b"", b"not a map", b"\x00\x00\x00\x0d\x0a\x09OSMHeader"])
def test_a_file_that_is_no_pbf_is_refused(tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "map.osm.pbf"
    source.write_bytes(content)
    error = build(source, tmp_path / "city")
    assert error.code == "unreadable-map"
    assert "map.osm.pbf" in error.at


def test_a_truncated_pbf_is_refused(tmp_path: Path) -> None:
    whole = a_street().write(tmp_path / "map.osm")
    source = tmp_path / "map.osm.pbf"
    with osmium.SimpleWriter(str(source)) as writer:
        for item in osmium.FileProcessor(whole):
            writer.add(item)
    build_city(source, tmp_path / "whole", name="Test", timezone="UTC")
    source.write_bytes(source.read_bytes()[:-20])
    error = build(source, tmp_path / "city")
    assert error.code == "unreadable-map"
    assert "download it again" in error.cure


def test_a_map_that_is_not_there_or_of_no_known_kind_is_refused(tmp_path: Path) -> None:
    assert "is not a file" in build(tmp_path / "missing.osm.pbf", tmp_path / "city").what
    assert "is not a file" in build(tmp_path, tmp_path / "city").what
    table = tmp_path / "map.csv"
    table.write_text("lat,lon\n")
    assert build(table, tmp_path / "city").code == "unreadable-map"


@pytest.mark.parametrize("tags", [{"building": "yes"}, {"highway": "steps"}])
def test_a_map_without_roads_is_refused(tmp_path: Path, tags: dict[str, str]) -> None:
    roadless = SmallMap()
    roadless.way((0, 0), (20, 0), (20, 20), (0, 0), **tags)
    error = build(roadless.write(tmp_path / "map.osm"), tmp_path / "city")
    assert error.code == "city-without-roads"


def test_a_map_of_one_way_dead_ends_has_no_roads(tmp_path: Path) -> None:
    dead_end = SmallMap()
    dead_end.way((0, 0), (20, 0), highway="primary", oneway="yes")
    error = build(dead_end.write(tmp_path / "map.osm"), tmp_path / "city")
    assert error.code == "city-without-roads"


def test_an_unknown_time_zone_is_refused(tmp_path: Path) -> None:
    source = a_street().write(tmp_path / "map.osm")
    for timezone in ("Europe/Atlantis", "../etc", ""):
        assert build(source, tmp_path / "city", timezone).code == "unknown-timezone"


def test_a_directory_that_is_something_else_is_not_overwritten(tmp_path: Path) -> None:
    source = a_street().write(tmp_path / "map.osm")
    precious = tmp_path / "thesis"
    precious.mkdir()
    (precious / "chapter.txt").write_text("words")
    assert build(source, precious).code == "city-not-written"
    assert build(source, precious / "chapter.txt").code == "city-not-written"
    assert (precious / "chapter.txt").read_text() == "words"


def test_a_place_where_nothing_can_be_written_is_named(tmp_path: Path) -> None:
    source = a_street().write(tmp_path / "map.osm")
    error = build(source, source / "beneath a file")
    assert error.code == "city-not-written"
    assert "beneath a file" in error.at


def test_a_disk_that_fills_up_leaves_the_old_city_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    street = a_street()
    street.report(tmp_path)
    before = {f: f.read_bytes() for f in (tmp_path / "city").iterdir()}

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    street.way((400, 0), (500, 0), highway="primary")
    error = build(street.write(tmp_path / "map.osm"), tmp_path / "city")
    assert "No space left" in error.what
    assert {f: f.read_bytes() for f in (tmp_path / "city").iterdir()} == before


def test_a_rebuilt_city_keeps_what_else_is_in_its_directory(tmp_path: Path) -> None:
    street = a_street()
    street.report(tmp_path)
    (tmp_path / "city" / "NOTICE.md").write_text("whose it is")
    street.way((400, 0), (500, 0), highway="primary")
    assert street.report(tmp_path).road_km == 0.5
    assert (tmp_path / "city" / "NOTICE.md").read_text() == "whose it is"
    assert city_info(tmp_path / "city").road_km == 0.5
    # Nothing is left of the ways there.
    assert sorted(f.name for f in tmp_path.iterdir()) == ["city", "map.osm"]


def test_a_directory_that_is_no_city_is_refused(tmp_path: Path) -> None:
    for read in (load_city, city_info):
        for directory in (tmp_path, tmp_path / "missing"):
            with pytest.raises(CityError, match="is not a city") as caught:
                read(directory)
            assert "dispatch city build" in caught.value.cure


@pytest.mark.parametrize("name", ["city.json", "buildings.json", "offices.json", "roads.npz"])
def test_a_damaged_file_is_named_as_damage(tmp_path: Path, name: str) -> None:
    a_street().report(tmp_path)
    path = tmp_path / "city" / name
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(CityError, match="cannot be read"):
        load_city(tmp_path / "city")


@pytest.mark.parametrize(("found", "age"), [(1, "an older"), (99, "another")])
def test_a_city_of_another_format_is_refused(tmp_path: Path, found: int, age: str) -> None:
    a_street().report(tmp_path)
    path = tmp_path / "city" / "city.json"
    written = path.read_text("utf-8")
    path.write_text(written.replace('"format": 2', f'"format": {found}'), "utf-8")
    with pytest.raises(CityError, match=f"format {found} of {age} version") as caught:
        load_city(tmp_path / "city")
    assert "dispatch city build" in caught.value.cure


def test_the_country_comes_from_the_time_zone_or_is_told(tmp_path: Path) -> None:
    source = a_street().write(tmp_path / "map.osm")
    for country, expected in ((None, "GB"), ("SG", "SG")):
        build_city(source, tmp_path / "city", name="T", timezone="Europe/London", country=country)
        assert load_map(tmp_path / "city").country == expected
    assert own_streets(load_city(tmp_path / "city")).country.side == "left"
