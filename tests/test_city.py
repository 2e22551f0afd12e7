"""Travel times of a whole city: by hand on a small one, and facts of central Helsinki."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from geopy.distance import geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.areas import read_area
from dispatch.city import BANDS, City, InsideLeg, Place, band_at, load_city, slower_band
from dispatch.errors import CityError
from dispatch.osm import city_info
from tests.small_maps import SmallMap, at

HELSINKI = Path(__file__).parents[1] / "scenarios/data/helsinki"


@cache
def helsinki() -> City:
    return load_city(HELSINKI)


@pytest.fixture
def city(tmp_path: Path) -> City:
    """
    A street of 600 m with a house at 100 m (9 levels) and one at 197.5 m (4 levels).

    Both main doors are on the street, so that nothing is walked between door and road.
    """
    street = SmallMap()
    street.way((0, 0), (100, 0), (197.5, 0), (600, 0), highway="primary")
    for west, levels in ((100, "9"), (197.5, "4")):
        street.building(west, 0, building__levels=levels)
        street.point((west, 0), entrance="main")
    return street.city(tmp_path)


def times(city: City, *places: Place, band: str = "day") -> list[list[int]]:
    table: list[list[int]] = city.travel_times(places, band).tolist()
    return table


def test_two_desks_on_one_floor_are_a_walk_apart(city: City) -> None:
    a, b = city.place("b_1", 5, "5-101"), city.place("b_1", 5, "5-102")
    assert times(city, a, b) == [[0, 30], [30, 0]]


def test_two_floors_of_one_building_need_no_check_in(city: City) -> None:
    # Up 3 x 14.5 s on foot, rounded up to 44; down 3 x 10.2 to 31; 25 s to and from the stairs.
    a, b = city.place("b_1", 2), city.place("b_1", 5)
    assert times(city, a, b) == [[0, 25 + 44 + 25], [25 + 31 + 25, 0]]


def test_two_buildings_are_left_ridden_and_entered(city: City) -> None:
    a, b = city.place("b_1", 8), city.place("b_2", 1)
    # Out: desk 25, lift 62 (see test_indoor), lobby 15, set off 20. 97.5 m at 6 m/s: 17.
    # In: park 60, check in 45, lobby 15, one floor up 15, desk 25.
    there = 25 + 62 + 15 + 20 + 17 + 60 + 45 + 15 + 15 + 25
    # Back the same, one floor down taking 11 instead of 15 s.
    back = 25 + 11 + 15 + 20 + 17 + 60 + 45 + 15 + 62 + 25
    assert times(city, a, b) == [[0, there], [back, 0]]


def test_a_store_is_left_and_entered_at_its_door(city: City) -> None:
    store, desk = city.street_place(*at(2.5, 0)), city.place("b_1", 0)
    # 97.5 m at 6 m/s: 17. Set off 20; in: park 60, check in 45, walk 40. Back: walk 40, set
    # off 20, put the bike down at the store 15.
    assert times(city, store, desk) == [[0, 17 + 20 + 145], [60 + 17 + 15, 0]]


def test_check_in_is_paid_once_per_visit_to_a_building(city: City) -> None:
    store = city.street_place(*at(0, 0))
    first, second = city.place("b_1", 1, "a"), city.place("b_1", 2, "b")
    kinds = [leg.kind for leg in city.way(store, first, "day").inside]
    kinds += [leg.kind for leg in city.way(first, second, "day").inside]
    assert kinds.count("check_in") == 1
    table = times(city, store, first, second)
    # Both in one visit cost 65 s more than the first (25 + 15 + 25), not another 160.
    assert table[0][1] + table[1][2] == table[0][1] + 65


def test_the_same_place_named_twice_is_no_way_apart(city: City) -> None:
    desk, store = city.place("b_1", 3, "x"), city.street_place(*at(0, 0))
    table = times(city, desk, store, desk, store)
    assert table[0][2] == table[2][0] == table[1][3] == 0
    assert table[0][1] == table[2][3]


def test_lunch_makes_the_lift_slower_and_nothing_else(city: City) -> None:
    store, high, low = city.street_place(*at(0, 0)), city.place("b_1", 8), city.place("b_1", 0)
    # By day the lift takes 62 s; at lunch 152 s, so one climbs: 8 x 14.505 = 116.04 s.
    day, lunch = (times(city, store, high, low, band=band) for band in ("day", "lunch"))
    assert lunch[0][1] - day[0][1] == 117 - 62
    assert lunch[0][2] == day[0][2]


def test_a_way_names_its_legs_its_door_and_its_line(city: City) -> None:
    way = city.way(city.street_place(*at(2.5, 0)), city.place("b_1", 4), "day")
    assert way.inside == (
        InsideLeg("leave", 20),
        InsideLeg("park", 60),
        InsideLeg("check_in", 45),
        InsideLeg("walk", 15),
        # 30 + 4 x 3 + 8.
        InsideLeg("lift", 50, 0, 4),
        InsideLeg("walk", 25),
    )
    assert way.entrance == "e_1"
    assert way.distance_m == 98
    # (lon, lat), the order of GeoJSON.
    (west, south), (east, north) = way.line
    assert (south, west) == pytest.approx(at(2.5, 0), abs=2e-6)
    assert (north, east) == pytest.approx(at(100, 0), abs=2e-6)


def test_the_pieces_of_a_way_are_its_ride_by_road(city: City) -> None:
    store, desk = city.street_place(*at(2.5, 0)), city.place("b_1", 4)
    (piece,) = city.pieces(store, desk, "day")
    assert (piece.kind, piece.pushed) == ("primary", False)
    assert piece.metres == pytest.approx(97.5, abs=0.2)
    assert piece.seconds == pytest.approx(97.5 / 6, abs=0.03)
    assert piece.heading == pytest.approx(90, abs=0.1)
    assert city.pieces(desk, city.place("b_1", 5), "day") == ()


def test_rush_hour_makes_the_street_slower_and_no_lift(city: City) -> None:
    store, desk = city.street_place(*at(2.5, 0)), city.place("b_1", 8)
    day, rush = (city.way(store, desk, band) for band in ("peak", "peak/rush"))
    assert day.inside == rush.inside
    # 97.5 m at 6 m/s, and at 0.95 of it: 16.25 and 17.1 s.
    assert rush.duration_s - day.duration_s == 18 - 17


@pytest.mark.parametrize(
    ("clock", "weekday", "band"),
    [
        ("3:00", 0, "day/night"),
        ("7:30", 0, "day/rush"),
        ("8:30", 0, "peak/rush"),
        ("8:30", 5, "peak"),
        ("8:30", 6, "peak/night"),
        ("12:00", 2, "lunch"),
        ("15:00", 4, "day"),
    ],
)
def test_a_moment_has_the_band_of_its_hour_and_weekday(clock: str, weekday: int, band: str) -> None:
    hours, minutes = map(int, clock.split(":"))
    assert band_at(hours * 3600 + minutes * 60, weekday) == band


def test_the_slower_band_is_slower_in_every_part() -> None:
    assert slower_band("lunch", "day/rush") == "lunch/rush"
    assert slower_band("peak/night", "day") == "peak"
    assert slower_band("day", "day") == "day"
    with pytest.raises(ValueError, match="day/teatime"):
        slower_band("day/teatime", "day")


def test_swapped_coordinates_are_told(city: City) -> None:
    with pytest.raises(CityError, match="look swapped"):
        city.street_place(*reversed(at(300, 0)))


def test_a_way_within_a_building_has_no_line(city: City) -> None:
    way = city.way(city.place("b_1", 2), city.place("b_1", 2, "window"), "day")
    assert (way.duration_s, way.distance_m, way.line, way.entrance) == (30, 0, (), None)
    assert way.inside == (InsideLeg("walk", 30),)
    nowhere = city.way(city.place("b_1", 2), city.place("b_1", 2), "day")
    assert (nowhere.duration_s, nowhere.inside) == (0, ())


@pytest.mark.parametrize("floor", [-1, 9, 10**9])
def test_a_floor_that_is_not_in_the_building_is_refused(city: City, floor: int) -> None:
    with pytest.raises(CityError, match="9 levels") as caught:
        city.place("b_1", floor)
    assert caught.value.code == "unknown-floor"
    # A place made by hand is looked at again where it is used.
    with pytest.raises(CityError, match="9 levels"):
        city.travel_times((city.place("b_1", 0), replace(city.place("b_1", 0), floor=floor)), "day")


def test_a_building_that_does_not_exist_is_refused(city: City) -> None:
    with pytest.raises(CityError, match="no building b_3") as caught:
        city.place("b_3", 0)
    assert caught.value.code == "unknown-building"
    with pytest.raises(CityError, match="no building b_3"):
        city.travel_times((Place(60.0, 25.0, "b_3"),), "day")


def test_a_place_far_from_every_road_is_refused_with_its_metres(city: City) -> None:
    assert city.street_place(*at(300, 149)).building is None
    with pytest.raises(CityError, match="is 152 m from the nearest road of Test") as caught:
        city.street_place(*at(300, 152))
    assert caught.value.code == "outside-city"
    assert "(60.0000, 25.0000)" in caught.value.cure


@pytest.mark.parametrize(
    ("lat", "lon"), [(math.nan, 25.0), (60.0, math.inf), (91.0, 25.0), (60.0, 181.0)]
)
def test_a_place_that_is_not_on_earth_is_refused(city: City, lat: float, lon: float) -> None:
    for ask in (city.street_place, city.near):
        with pytest.raises(CityError, match="not a place on Earth"):
            ask(lat, lon)


def test_an_unknown_band_is_refused(city: City) -> None:
    with pytest.raises(ValueError, match="teatime"):
        city.travel_times((city.place("b_1", 0),), "teatime")


def test_nobody_asked_for_is_an_empty_table(city: City) -> None:
    assert city.travel_times((), "day").shape == (0, 0)


def test_the_table_may_be_changed_without_changing_the_city(city: City) -> None:
    places = city.place("b_1", 1), city.place("b_1", 2), city.place("b_2", 1)
    table = city.travel_times(places, "day")
    before = table.copy()
    table += 1000
    assert (city.travel_times(places, "day") == before).all()


def test_helsinki_holds_what_its_map_holds() -> None:
    report = city_info(HELSINKI)
    # Of 433 closed ways and 67 relations tagged as buildings 54 are clipped by the edge and
    # 22 are roofs, sheds and doorsteps.
    assert report.buildings == 424
    assert report.with_levels == 141
    # Of 231 named offices ten are in none of these buildings.
    assert report.offices == 221
    assert report.entrances == 276
    # Of 1 470 two are relations clipped by the edge.
    assert report.addresses == 1468
    assert report.lifts == 11
    # Every footway counts, so there are more junctions than on the roads of cars; roads are
    # cut at stairs and gates too.
    assert (report.junctions, report.roads, report.arcs) == (2723, 3452, 6353)
    # 44 restrictions of cars and bicycles; one "only" bans several turns.
    assert report.turn_bans == 94


def test_helsinki_shows_whose_data_it_is() -> None:
    assert helsinki().attribution == "© OpenStreetMap contributors"
    assert ZoneInfo(helsinki().timezone).key == "Europe/Helsinki"
    notice = (HELSINKI / "NOTICE.md").read_text("utf-8")
    assert "© OpenStreetMap contributors" in notice
    assert "opendatacommons.org/licenses/odbl" in notice


def test_every_office_of_helsinki_is_on_a_floor_of_a_building_that_can_be_reached() -> None:
    city = helsinki()
    places = [city.place(office.building, office.floor) for office in city.offices.values()]
    table = city.travel_times(places, "day")
    assert (table >= 0).all()
    # Three kilometres across at 5 km/h would be 2 200 s.
    assert table.max() < 2200


def test_no_ride_in_helsinki_is_faster_than_the_law_allows() -> None:
    city = helsinki()
    doors = [city.place(key, 0) for key in list(city.buildings)[::20]]
    for a in doors:
        for b in doors:
            way = city.way(a, b, "day")
            crow = float(geodesic((a.lat, a.lon), (b.lat, b.lon)).meters)
            riding = way.duration_s - sum(leg.duration_s for leg in way.inside)
            # No way is shorter than the crow flies; 25 km/h are 6.94 m/s.
            assert way.distance_m >= crow * 0.99 - 1
            assert crow <= 6.94 * riding + 1


places_in_helsinki = st.builds(
    lambda k, floor, desk: (k, floor, desk),
    st.integers(0, 423),
    st.integers(0, 12),
    st.sampled_from(["", "window"]),
)


@settings(max_examples=40)
@given(st.lists(places_in_helsinki, min_size=2, max_size=6), st.sampled_from(BANDS))
def test_every_way_in_helsinki_takes_the_time_in_the_table(
    picks: list[tuple[int, int, str]], band: str
) -> None:
    city = helsinki()
    buildings = list(city.buildings.values())
    places = [
        city.place(buildings[k].id, floor % buildings[k].levels, desk) for k, floor, desk in picks
    ]
    table = city.travel_times(places, band)
    for i, a in enumerate(places):
        for j, b in enumerate(places):
            way = city.way(a, b, band)
            assert way.duration_s == table[i, j]
            assert sum(leg.duration_s for leg in way.inside) <= way.duration_s


@settings(max_examples=20)
@given(st.lists(places_in_helsinki, min_size=3, max_size=12), st.sampled_from(BANDS))
def test_no_detour_in_helsinki_is_quicker_than_the_way_itself(
    picks: list[tuple[int, int, str]], band: str
) -> None:
    city = helsinki()
    buildings = list(city.buildings.values())
    table = city.travel_times(
        [city.place(buildings[k].id, f % buildings[k].levels, desk) for k, f, desk in picks], band
    ).astype(np.int64)
    assert (table[:, None, :] <= table[:, :, None] + table[None, :, :]).all()


def test_buildings_near_a_point_come_nearest_first(city: City) -> None:
    def near(east: float, metres: float) -> list[str]:
        return [building.id for building in city.near(*at(east, 0), metres)]

    # The door of b_1 is 10 m away, that of b_2 107.5.
    assert near(90, 9) == []
    assert near(90, 11) == ["b_1"]
    assert near(90, 500) == ["b_1", "b_2"]
    assert near(190, 500) == ["b_2", "b_1"]
    # In the middle of b_1 its centre is nearer than its door.
    assert [building.id for building in city.near(*at(110, 10), 1)] == ["b_1"]


def test_reports_close_a_street_and_open_it_again() -> None:
    city = load_city(HELSINKI)
    a, b = city.street_place(60.1699, 24.9415), city.place("b_98", 2)
    before = int(city.travel_times((a, b), "day")[0, 1])
    lon, lat = next(iter(city.way(a, b, "day").line[4:5]))
    near = 0.0005
    ring = [[lon - near, lat - near], [lon + near, lat - near], [lon + near, lat + near],
            [lon - near, lat + near], [lon - near, lat - near]]  # fmt: skip
    segments = city.segments_in(read_area([ring], "area"))
    assert city.set_speeds(dict.fromkeys(segments, 1)) == 2
    assert int(city.travel_times((a, b), "day")[0, 1]) > before
    assert city.set_speeds(dict.fromkeys(segments)) == 3
    assert int(city.travel_times((a, b), "day")[0, 1]) == before


def test_learned_factors_stretch_the_ride_and_nothing_else() -> None:
    city = load_city(HELSINKI)
    places = (city.street_place(60.1699, 24.9415), city.place("b_98", 2))
    ride, way = (int(f(places, "day")[0, 1]) for f in (city.ride_times, city.travel_times))
    epoch = city.travel_epoch
    assert city.set_ride_factors({"day": 2.0}) == epoch + 1
    assert int(city.ride_times(places, "day")[0, 1]) == 2 * ride
    assert int(city.travel_times(places, "day")[0, 1]) == way + ride
