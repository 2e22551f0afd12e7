"""Coordinates of Chinese phones and maps, to and from WGS-84."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.datum import BOXES, Datum, from_wgs84, in_china, to_wgs84
from dispatch.geo import Point, distance

SHIFTED = (Datum.GCJ02, Datum.BD09)


@st.composite
def places_in_china(draw: st.DrawFn) -> Point:
    south, west, north, east = draw(st.sampled_from(BOXES))
    point = draw(st.floats(south, north)), draw(st.floats(west, east))
    # Within a kilometre of the border a shift may lead across it.
    corners = [(point[0] + a, point[1] + b) for a in (-0.02, 0.02) for b in (-0.02, 0.02)]
    return point if all(map(in_china, corners)) else (31.2, 121.5)


anywhere = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        # The tests of eviltransform: Shanghai, Shenzhen, Beijing; its ellipsoid is 2e-5 smaller.
        ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
        ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
        ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
        # The tests of coordtransform, Beijing, and of coord_transform, Nanjing.
        ((39.915, 116.404), (39.91640428150164, 116.41024449916938)),
        ((32.0, 118.0), (31.997964381055795, 118.00543101383846)),
    ],
)
def test_published_points_are_shifted_as_published(wgs84: Point, gcj02: Point) -> None:
    assert from_wgs84(wgs84, Datum.GCJ02) == pytest.approx(gcj02, abs=3e-7)
    assert to_wgs84(gcj02, Datum.GCJ02) == pytest.approx(wgs84, abs=3e-7)


def test_the_published_points_of_baidu_are_shifted_as_published() -> None:
    # The tests of coordtransform: GCJ-02 (39.915, 116.404) is this in BD-09.
    wgs84 = to_wgs84((39.915, 116.404), Datum.GCJ02)
    baidu = (39.92133699351021, 116.41036949371029)
    assert from_wgs84(wgs84, Datum.BD09) == pytest.approx(baidu, abs=1e-9)
    assert to_wgs84(baidu, Datum.BD09) == pytest.approx(wgs84, abs=1e-9)
    # The tests of coord_transform: GCJ-02 (32, 118) is this in BD-09.
    wgs84 = to_wgs84((32.0, 118.0), Datum.GCJ02)
    baidu = (32.00581846664105, 118.00653128313961)
    assert from_wgs84(wgs84, Datum.BD09) == pytest.approx(baidu, abs=1e-9)


@given(places_in_china(), st.sampled_from(SHIFTED))
def test_there_and_back_is_the_same_place(point: Point, datum: Datum) -> None:
    assert to_wgs84(from_wgs84(point, datum), datum) == pytest.approx(point, abs=1e-9)
    assert from_wgs84(to_wgs84(point, datum), datum) == pytest.approx(point, abs=1e-9)


@given(places_in_china())
def test_a_shift_is_tens_to_hundreds_of_metres(point: Point) -> None:
    assert 10 < distance(point, from_wgs84(point, Datum.GCJ02)) < 1000
    # Baidu adds some 0.006 and 0.0065 degrees: 600 to 1100 m.
    assert 300 < distance(point, from_wgs84(point, Datum.BD09)) < 2200


@given(anywhere, st.sampled_from(Datum))
def test_outside_china_nothing_is_shifted(point: Point, datum: Datum) -> None:
    if not in_china(point):
        assert to_wgs84(point, datum) == from_wgs84(point, datum) == point


@given(anywhere)
def test_wgs84_is_never_shifted(point: Point) -> None:
    assert to_wgs84(point, Datum.WGS84) == from_wgs84(point, Datum.WGS84) == point


@pytest.mark.parametrize(
    ("point", "inside"),
    [
        ((31.23, 121.47), True),  # Shanghai
        ((30.92, 121.47), True),  # Fengxian
        ((22.54, 114.06), True),  # Shenzhen
        ((45.80, 126.53), True),  # Harbin
        ((18.25, 109.51), True),  # Sanya
        ((25.03, 121.57), False),  # Taipei
        ((37.57, 126.98), False),  # Seoul
        ((1.283, 103.860), False),  # Singapore
        ((21.03, 105.85), False),  # Hanoi
        ((60.17, 24.94), False),  # Helsinki
    ],
)
def test_cities_are_on_their_side_of_the_border(point: Point, inside: bool) -> None:
    assert in_china(point) is inside
