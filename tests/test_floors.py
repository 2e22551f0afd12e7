"""Floors and hours as maps write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.floors import known_floors, parse_floors, show_floors
from dispatch.hours import Week, every_day
from dispatch.opening_tags import read_week

HOUR = 3600


@pytest.mark.parametrize(
    ("text", "floors"),
    [
        ("3", (3,)),
        ("-1", (-1,)),
        ("0-2", (0, 1, 2)),
        ("2-10", tuple(range(2, 11))),
        ("1;3", (1, 3)),
        ("0,1", (0, 1)),
        ("-2;0-3", (-2, 0, 1, 2, 3)),
        ("-2--1", (-2, -1)),
        ("-1-1", (-1, 0, 1)),
        ("4-2", (2, 3, 4)),
        (" 0 ; 1 ", (0, 1)),
        ("0.5", (0,)),
        ("-0.5", (-1,)),
    ],
)
def test_floors_are_read_as_maps_write_them(text: str, floors: tuple[int, ...]) -> None:
    assert parse_floors(text) == floors


@pytest.mark.parametrize("text", ["", "ground", "1;", "1-2-3", "999", "0-999999999", "1..3"])
def test_what_is_no_floor_is_refused_or_unknown(text: str) -> None:
    with pytest.raises(ValueError, match="Expected floors"):
        parse_floors(text)
    assert known_floors(text) == ()


@given(st.sets(st.integers(-20, 200), min_size=1))
def test_floors_shown_are_read_again(floors: set[int]) -> None:
    assert parse_floors(show_floors(tuple(sorted(floors)))) == tuple(sorted(floors))


def week(*days: tuple[tuple[float, float], ...]) -> Week:
    """Returns a week from hours of the first days; the others are closed."""
    spans = [tuple((int(a * HOUR), int(b * HOUR)) for a, b in day) for day in days]
    return Week((*spans, *[()] * (7 - len(days))))


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("Mo-Fr 08:00-17:00", week(*[((8, 17),)] * 5)),
        ("Mo-Th 09:00-16:00; Fr 09:00-11:30", week(*[((9, 16),)] * 4, ((9, 11.5),))),
        ("09:00-18:00", every_day(9 * HOUR, 18 * HOUR)),
        ("24/7", every_day(0, 24 * HOUR)),
        ("Mo,We 08:00-12:00,13:00-17:00", week(((8, 12), (13, 17)), (), ((8, 12), (13, 17)))),
        ("Mo 22:00-02:00", week(((22, 24),), ((0, 2),))),
        ("Mo-Fr 08:00-18:00; PH off", week(*[((8, 18),)] * 5)),
    ],
)
def test_hours_of_a_map_are_read(text: str, hours: Week) -> None:
    pytest.importorskip("opening_hours")
    assert read_week(text) == hours


@pytest.mark.parametrize(
    "text",
    [
        "by arrangement",
        "sunrise-sunset",
        "Apr-Sep 08:00-17:00",
        "off",
        'Mo 08:00-19:00 || "ask"',
        "Tu, Fr 10:00-18:00",
    ],
)
def test_hours_that_are_not_the_same_every_week_stay_unknown(text: str) -> None:
    assert read_week(text) is None


def test_usual_hours_are_those_of_every_working_day() -> None:
    # Friday ends at 11:30, Monday begins at 10; Saturday does not count.
    hours = week(((10, 16),), ((9, 16),), (), ((9, 16),), ((9, 11.5),), ((6, 23),))
    assert hours.usual() == (10 * HOUR, 11.5 * HOUR)
    assert week((), (), (), (), (), ((9, 12),)).usual() is None


def test_two_weeks_overlap_where_both_are_open() -> None:
    noon = week(((8, 12), (13, 17)), ((8, 12),))
    assert noon.overlap(week(((11, 14),))) == week(((11, 12), (13, 14)))
    assert str(noon) == "Mo 08:00-12:00,13:00-17:00; Tu 08:00-12:00; We-Su closed"
    assert noon.is_open(0, 12 * HOUR - 1)
    assert not noon.is_open(0, 12 * HOUR)


@pytest.mark.parametrize("span", [(9, 8), (-1, 3), (20, 25)])
def test_spans_that_make_no_sense_are_refused(span: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="Expected ascending spans"):
        week((span,))
    with pytest.raises(ValueError, match="seven days"):
        Week(())
