"""The way inside a building, derived by hand from the figures of `IndoorParameters`."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.building_graph import building_graph
from dispatch.indoor import Indoor
from dispatch.indoor import compile_indoor as compile_interior
from dispatch.indoor_parameters import BANDS, IndoorParameters, band_at, slower_band
from dispatch.indoor_paths import Searches, edges_of
from dispatch.interiors import (
    Access,
    Badge,
    Department,
    DeskSpot,
    Door,
    Interior,
    LiftBank,
    Stairs,
)
from dispatch.places import InsideLeg

DEFAULTS = IndoorParameters()


def compile_indoor(levels: int, has_lift: bool, band: str, parameters: IndoorParameters) -> Indoor:
    """Returns the inside of a building of which only its levels are known; spot f is floor f."""
    floors = tuple(range(levels))
    lifts = (LiftBank("lifts", floors),) if has_lift else ()
    interior = Interior(floors, (Door(None),), lifts, (Stairs("stairs", floors),))
    return compile_interior(interior, band, parameters)


def kinds(legs: tuple[InsideLeg, ...]) -> list[str]:
    return [leg.kind for leg in legs]


def test_the_front_desk_on_the_ground_floor_needs_no_lift() -> None:
    inside = compile_indoor(5, True, "day", DEFAULTS)
    # Park 60, check in 45, door to lobby 15, lobby to desk 25; the two walks are one leg.
    assert inside.enter[0] == 60 + 45 + 40
    assert inside.enter_legs(0) == (
        InsideLeg("park", 60),
        InsideLeg("check_in", 45),
        InsideLeg("walk", 40),
    )
    # Desk to lobby 25, lobby to door 15, unlock and set off 20.
    assert inside.leave[0] == 60


def test_the_eighth_floor_is_reached_by_lift() -> None:
    inside = compile_indoor(9, True, "day", DEFAULTS)
    # Wait 30; eight floors of 3.5 m at 2.5 m/s are 11.2 s; a stop of 8 s every fifth floor
    # is 12.8 s; the last stop 8: 62 s. Around it park 60, check in 45, walk 15 and 25.
    assert inside.enter[8] == 60 + 45 + 15 + 62 + 25
    assert inside.enter_legs(8)[3] == InsideLeg("lift", 62, 0, 8)


def test_stairs_up_to_the_third_floor_and_the_lift_above_it_by_day() -> None:
    inside = compile_indoor(6, True, "day", DEFAULTS)
    # Up one floor is 6.6 m at 0.455 m/s = 14.5 s; three are 43.5 s, the lift takes
    # 30 + 3 x 3 + 8 = 47 s. Four are 58 s against 50 s.
    assert inside.enter_legs(3)[3] == InsideLeg("stairs", 44, 0, 3)
    assert inside.enter_legs(4)[3] == InsideLeg("lift", 50, 0, 4)


def test_walking_down_is_quicker_than_up() -> None:
    inside = compile_indoor(4, True, "day", DEFAULTS)
    # Down one floor is 6.6 m at 0.65 m/s = 10.15 s, three are 30.46 s.
    assert inside.leave_legs(3)[1] == InsideLeg("stairs", 31, 3, 0)


def test_at_lunch_stairs_beat_the_lift_up_to_the_eleventh_floor() -> None:
    inside = compile_indoor(13, True, "lunch", DEFAULTS)
    # Eleven floors are 159.6 s on foot, 120 + 11 x 3 + 8 = 161 s by lift; twelve 174 and 164.
    assert "stairs" in kinds(inside.enter_legs(11))
    assert "lift" in kinds(inside.enter_legs(12))


def test_without_a_lift_every_floor_is_climbed() -> None:
    inside = compile_indoor(9, False, "day", DEFAULTS)
    assert "lift" not in kinds(inside.enter_legs(8))
    # Eight floors of 14.505 s are 116.04 s.
    assert inside.enter_legs(8)[3] == InsideLeg("stairs", 117, 0, 8)


def test_two_desks_on_one_floor_are_a_walk_apart() -> None:
    inside = compile_indoor(3, True, "day", DEFAULTS)
    # Not by way of the lift, which would be 25 + 25.
    assert inside.between[2, 2] == 30
    assert kinds(inside.between_legs(2, 2)) == ["walk"]


def test_two_floors_are_joined_without_checking_in_again() -> None:
    inside = compile_indoor(3, True, "day", DEFAULTS)
    # Walk 25, one floor up 14.5 rounded up to 15, walk 25.
    assert inside.between[1, 2] == 65
    assert kinds(inside.between_legs(1, 2)) == ["walk", "stairs", "walk"]


@settings(max_examples=20)
@given(st.integers(1, 12), st.booleans(), st.sampled_from(BANDS))
def test_the_legs_add_up_to_the_tables(levels: int, has_lift: bool, band: str) -> None:
    inside = compile_indoor(levels, has_lift, band, DEFAULTS)
    for f in range(levels):
        assert sum(leg.duration_s for leg in inside.enter_legs(f)) == inside.enter[f]
        assert sum(leg.duration_s for leg in inside.leave_legs(f)) == inside.leave[f]
        for g in range(levels):
            assert sum(leg.duration_s for leg in inside.between_legs(f, g)) == inside.between[f, g]


@settings(max_examples=20)
@given(st.integers(2, 20), st.booleans())
def test_a_slower_band_never_makes_a_way_shorter(levels: int, has_lift: bool) -> None:
    day, peak, lunch = (compile_indoor(levels, has_lift, band, DEFAULTS) for band in BANDS)
    for name in ("enter", "leave", "between"):
        assert (getattr(day, name) <= getattr(peak, name)).all()
        assert (getattr(peak, name) <= getattr(lunch, name)).all()


@pytest.mark.parametrize(
    ("clock", "band"),
    [
        ("07:59", "day"),
        ("08:00", "peak"),
        ("09:29", "peak"),
        ("09:30", "day"),
        ("11:00", "lunch"),
        ("13:29", "lunch"),
        ("13:30", "day"),
        ("16:30", "peak"),
        ("18:00", "day"),
    ],
)
def test_bands_begin_and_end_on_the_minute(clock: str, band: str) -> None:
    hours, minutes = map(int, clock.split(":"))
    assert band_at(hours * 3600 + minutes * 60) == band


def test_of_two_bands_lunch_is_slower_than_peak_and_peak_than_day() -> None:
    assert slower_band("peak", "lunch") == "lunch"
    assert slower_band("peak", "day") == "peak"
    assert slower_band("day", "day") == "day"


def test_an_unknown_band_is_refused() -> None:
    with pytest.raises(ValueError, match="midnight"):
        compile_indoor(3, True, "midnight", DEFAULTS)


@pytest.mark.parametrize(
    ("name", "value"), [("park", -1.0), ("lift_speed", 0.0), ("stairs_up", float("nan"))]
)
def test_parameters_that_make_no_sense_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        replace(DEFAULTS, **{name: value})


def lunch_wait(floors: int, cars: int | None) -> float:
    return DEFAULTS.lift_wait("lunch", cars, floors)


def test_more_lifts_are_waited_for_less() -> None:
    # Twelve floors usually have three lifts, which are waited for 120 s at lunch.
    assert lunch_wait(12, None) == lunch_wait(12, 3) == 120
    assert lunch_wait(12, 4) == 90
    assert lunch_wait(12, 2) == 180
    # Half or double at most.
    assert (lunch_wait(12, 12), lunch_wait(12, 1)) == (60, 240)


def two_banks() -> Interior:
    """Returns a tower whose lifts stop at even and at odd floors, and stairs at all."""
    even, odd = (0, 2, 4, 6, 8), (0, 7)
    lifts = (LiftBank("even", even), LiftBank("express", odd))
    return Interior(tuple(range(9)), (Door(None),), lifts, (Stairs("stairs", tuple(range(9))),))


def test_a_lift_stops_only_at_its_own_floors() -> None:
    inside = compile_interior(two_banks(), "day", DEFAULTS)
    # To 7 by the express: 30 + 7 x 1.4 + one stop every fifth landing, 1.6 + 8 = 49.4.
    assert inside.enter_legs(7)[3] == InsideLeg("lift", 50, 0, 7)
    # To 5: by lift to 4 (30 + 4 x 1.4 + 2 x 1.6 + 8 = 46.8), then one up on foot, 14.505.
    assert inside.enter_legs(5)[3:5] == (
        InsideLeg("lift", 47, 0, 4),
        InsideLeg("stairs", 15, 4, 5),
    )


def test_a_missing_floor_is_no_storey() -> None:
    floors = (0, 1, 2, 3, 5)
    interior = Interior(floors, (Door(None),), (), (Stairs("stairs", floors),))
    inside = compile_interior(interior, "day", DEFAULTS)
    # Four storeys of 14.505 s.
    assert inside.enter_legs(inside.spot(5, ""))[3] == InsideLeg("stairs", 59, 0, 5)
    with pytest.raises(KeyError):
        inside.spot(4, "")


def test_a_cellar_is_reached_downstairs() -> None:
    floors = (-2, -1, 0)
    interior = Interior(floors, (Door(None),), (), (Stairs("stairs", floors),))
    inside = compile_interior(interior, "day", DEFAULTS)
    # Two storeys down are 20.31 s, up 29.01.
    spot = inside.spot(-2, "")
    assert inside.enter_legs(spot)[3] == InsideLeg("stairs", 21, 0, -2)
    assert inside.leave_legs(spot)[1] == InsideLeg("stairs", 30, -2, 0)


@settings(max_examples=10)
@given(st.integers(2, 9), st.sampled_from(BANDS))
def test_ways_are_those_that_networkx_finds(levels: int, band: str) -> None:
    floors = tuple(range(levels))
    desks = (DeskSpot("a", 10), DeskSpot("b", 4))
    law = Department("Law", levels - 1, 12.0, Access(Badge.SLOW, 9, source="x"), desks=desks)
    interior = replace(two_banks(), floors=floors, lifts=(), departments=(law,))
    interior = replace(interior, stairs=(Stairs("stairs", floors),))
    graph = building_graph(interior, band, DEFAULTS)
    searches = Searches(graph)
    for start in graph:
        for end, seconds in nx.single_source_dijkstra_path_length(
            graph, start, weight="seconds"
        ).items():
            there, back = searches.path(start, end), searches.path_back(start, end)
            for path in (there, back):
                along = sum(edge["seconds"] for _, _, edge in edges_of(graph, path))
                assert along == pytest.approx(seconds, abs=1e-6)
