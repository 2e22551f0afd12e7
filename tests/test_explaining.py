"""A way explained: every second has a source, and all of them are those of the table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from dispatch.city import City, band_at, load_city
from dispatch.errors import CityError, InvalidRequest
from dispatch.explaining import explain_way, read_place
from dispatch.places import DirectoryDesk
from tests.small_maps import SmallMap, at

if TYPE_CHECKING:
    from pathlib import Path

TEN, LUNCH = 10 * 3600, 12 * 3600 + 600

LAB = """
building = "b_2"
floors = "0-3"
[check_in]
seconds = 25
[[stairs]]
floors = "0-3"
[[department]]
name = "Lab"
floor = 2
walk_m = 26
[[department]]
name = "Vault"
floor = 3
[department.access]
badge = "refused"
"""


@pytest.fixture
def city(tmp_path: Path) -> City:
    """A house of nine levels at 100 m known from the map, one at 197.5 m described."""
    street = SmallMap()
    street.way((0, 0), (100, 0), (197.5, 0), (600, 0), highway="primary")
    street.building(100, 0, building__levels="9")
    street.building(197.5, 0, building__levels="4")
    for west in (100, 197.5):
        street.point((west, 0), entrance="main")
    street.point((105, 5), office="lawyer", name="Law", level="8")
    street.report(tmp_path)
    (tmp_path / "city/buildings.d").mkdir()
    (tmp_path / "city/buildings.d/lab.toml").write_text(LAB, "utf-8")
    return load_city(tmp_path / "city")


def test_a_way_to_another_building_is_explained_leg_by_leg(city: City) -> None:
    a, b = read_place(city, "k_1"), read_place(city, "b_2/2/Lab")
    legs = explain_way(city, a, b, LUNCH)
    way = city.way(a, b, "lunch")
    riding = way.duration_s - sum(leg.duration_s for leg in way.inside)
    assert [(leg.kind, leg.duration_s, leg.from_floor, leg.to_floor) for leg in legs] == [
        ("walk", 25, None, None),
        # Down eight floors of 10.15 s are 81.2; the lift would take 120 + 24 + 8.
        ("stairs", 82, 8, 0),
        ("walk", 15, None, None),
        ("leave", 20, None, None),
        ("ride", riding, None, None),
        ("park", 60, None, None),
        ("check_in", 25, None, None),
        ("walk", 15, None, None),
        ("stairs", 30, 0, 2),
        ("walk", 20, None, None),
    ]
    check_in, lab = legs[6].figures[0], legs[9].figures[0]
    assert (check_in.source, check_in.assumed) == ("lab.toml: check_in", False)
    assert (lab.source, lab.assumed) == ("lab.toml.department[0] (26 m)", False)
    stairs = legs[1].figures[0]
    assert stairs.assumed
    assert "IES VE manual" in stairs.source


@pytest.mark.parametrize("moment", [TEN, LUNCH, 17 * 3600])
@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("k_1", "b_2/2/Lab"),
        ("b_2/3", "k_1"),
        ("b_1/0", "b_1/8"),
        ("b_1/5/x", "b_1/5/y"),
        ("b_1/5/x", "b_1/5/x"),
        ("60.0,25.0", "b_2/3/Vault"),
        ("60.0,25.0", "60.0,25.0"),
    ],
)
def test_the_seconds_explained_are_those_planned_with(
    city: City, start: str, end: str, moment: int
) -> None:
    a, b = read_place(city, start), read_place(city, end)
    legs = explain_way(city, a, b, moment)
    table = city.travel_times((a, b), band_at(moment))
    assert sum(leg.duration_s for leg in legs) == table[0, 1]
    for leg in legs:
        made_of = sum(figure.seconds for figure in leg.figures)
        if leg.kind in ("ride", "push") or leg.text == "between door and road":
            assert abs(made_of - leg.duration_s) < 1
        else:
            assert math.ceil(round(made_of, 4)) == leg.duration_s
        assert all(figure.source for figure in leg.figures)


def test_the_lift_says_what_it_is_made_of(city: City) -> None:
    legs = explain_way(city, read_place(city, "b_1/0"), read_place(city, "b_1/8"), TEN)
    (lift,) = [leg for leg in legs if leg.kind == "lift"]
    # Wait 30; 8 x 3.5 m at 2.5 m/s; 8 x 0.2 stops of 8 s and the last one.
    assert [(figure.what, figure.seconds) for figure in lift.figures] == [
        ("wait for the lift", 30),
        ("lift ride", 11.2),
        ("stops of the lift", 20.8),
    ]


def test_goods_that_stay_at_reception_are_explained(city: City) -> None:
    street, vault = city.street_place(*at(0, 0)), read_place(city, "b_2/3/Vault")
    legs = explain_way(city, street, vault, TEN)
    assert [leg.kind for leg in legs] == ["leave", "ride", "park", "walk", "reception"]
    assert legs[-1].figures[0].source == "lab.toml.department[1].access.badge"


def test_a_place_is_named_in_several_ways(city: City) -> None:
    assert read_place(city, "b_1/4") == city.place("b_1", 4)
    assert read_place(city, "b_2/2/Lab/7") == city.place("b_2", 2, "Lab/7")
    assert read_place(city, " 60.0, 25.0 ") == city.street_place(60.0, 25.0)
    desk = DirectoryDesk("k_own", "b_1", 3, "Sales", "3-1")
    assert read_place(city, "k_own", {"k_own": desk}) == city.place("b_1", 3, "Sales/3-1")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "names no place"),
        ("k_99", "names no place"),
        ("b_1/high", "names no place"),
        ("b_1/0-3", "names no place"),
        ("60.0", "names no place"),
        ("b_7/1", "no building b_7"),
        ("b_1/20", "9 levels"),
        ("60.02,25.0", "from the nearest road"),
    ],
)
def test_what_names_no_place_is_refused(city: City, text: str, what: str) -> None:
    with pytest.raises(CityError, match=what) as caught:
        read_place(city, text)
    assert caught.value.cure


def test_a_place_with_its_coordinates_swapped_is_refused_with_the_right_order(city: City) -> None:
    with pytest.raises(InvalidRequest, match="swapped they are at it") as caught:
        read_place(city, "25.0,60.0")
    assert caught.value.cure == "Give the latitude first: 60, 25."
