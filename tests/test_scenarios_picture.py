"""Pictures: what is drawn from a log, and where."""

import itertools
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import LineCollection

import scenarios
from dispatch.city_files import CityMap, load_map
from dispatch.orders import Item, StopKind
from dispatch.promises import URGENT
from scenarios.charts import draw_promises, draw_timeline, spans
from scenarios.couriers import Leg
from scenarios.demand import KnownDesk, WantedDrop, WantedOrder
from scenarios.log import Closing, Outcome, PlacedOrder, ShiftLog
from scenarios.picture import beside, draw_map

ZONE = ZoneInfo("Europe/Helsinki")
STORE = (60.1699, 24.9415)
START = 1_795_420_800


def a_leg(kind: StopKind = StopKind.DELIVER, ended: int | None = START + 500) -> Leg:
    return Leg(
        courier="c_1",
        stop="s_1",
        kind=kind,
        drops=("d_1",),
        departed=START,
        riding=START + 20,
        parked=START + 200,
        arrived=START + 400,
        began=None if ended is None else START + 440,
        ended=ended,
        distance_m=900,
        line=((24.9415, 60.1699), (24.9430, 60.1699), (24.9430, 60.1710)),
    )


@pytest.fixture(scope="module")
def city() -> CityMap:
    """Central Helsinki, as it is shipped."""
    return load_map(Path(scenarios.__file__).parent / "data" / "helsinki")


@pytest.fixture
def log() -> ShiftLog:
    """One courier on the way, another who did nothing; one order kept, one late."""
    goods = WantedDrop(KnownDesk("k_1", "Office", "b_1"), (Item("A4-80", 1),))
    log = ShiftLog(START, START + 3600, {"c_1": "Aino", "c_2": "Eetu"}, finished=START + 3900)
    log.legs = [a_leg(), a_leg(StopKind.RETURN)]
    for number, took in ((1, 1000), (2, 1400)):
        wanted = WantedOrder(number, START, URGENT, (goods,))
        name = f"d_{number}"
        log.placed.append(PlacedOrder(wanted, f"o_{number}", START, START + 1320, (name,), 1320))
        log.closings[name] = Closing(START + took, Outcome.ACCEPTED)
    return log


def test_a_leg_is_told_in_spans_without_gaps() -> None:
    assert spans(a_leg(), START + 9999) == [
        ("inside buildings", START, START + 20),
        ("riding to a stop", START + 20, START + 200),
        ("inside buildings", START + 200, START + 400),
        ("waiting for goods", START + 400, START + 440),
        ("handing over", START + 440, START + 500),
    ]


def test_nothing_is_told_after_the_end() -> None:
    assert spans(a_leg(ended=None), START + 100) == [
        ("inside buildings", START, START + 20),
        ("riding to a stop", START + 20, START + 100),
    ]


def test_the_way_back_is_told_apart() -> None:
    assert spans(a_leg(StopKind.RETURN), START + 100)[1][0] == "riding back"


def test_a_line_to_the_north_moves_to_the_east() -> None:
    moved = beside(((24.0, 0.0), (24.0, 1.0)), 0.001)
    # At the equator a degree is as long to the east as to the north.
    assert moved[0] == pytest.approx((24.001, 0.0))


@given(st.lists(st.tuples(st.floats(24.9, 25.0), st.floats(60.1, 60.2)), max_size=6))
def test_a_line_beside_another_has_as_many_points_near_it(
    line: list[tuple[float, float]],
) -> None:
    moved = beside(tuple(line), 0.0001)
    assert len(moved) == len(line)
    for (lon, lat), (east, north) in zip(line, moved, strict=True):
        # 0.0001 degrees to the north is 0.0002 to the east at 60 degrees.
        assert abs(east - lon) < 0.00021
        assert abs(north - lat) < 0.00011


def test_the_map_shows_every_courier_and_says_whose_data_it_is(
    city: CityMap, log: ShiftLog
) -> None:
    figure = draw_map(city, log, STORE)
    (axes,) = figure.axes
    ways = [c for c in axes.collections if isinstance(c, LineCollection) and c.get_zorder() == 4]
    assert [len(courier.get_segments()) for courier in ways] == [2, 0]
    assert "© OpenStreetMap contributors" in [text.get_text() for text in axes.texts]
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["Aino", "Eetu", "store"]


def test_a_map_of_nothing_ridden_shows_the_store(city: CityMap) -> None:
    log = ShiftLog(START, START + 60, {"c_1": "Aino"}, finished=START + 60)
    (axes,) = draw_map(city, log, STORE).axes
    west, east = axes.get_xlim()
    assert west < STORE[1] < east


def test_the_timeline_has_a_row_for_each_courier(log: ShiftLog) -> None:
    (axes,) = draw_timeline(log, ZONE).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Aino", "Eetu"]
    # 65 minutes at a mark every quarter, from 10:00 to 11:00.
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels == ["10:00", "10:15", "10:30", "10:45", "11:00"]


def test_the_promises_show_the_minutes_left(log: ShiftLog) -> None:
    (axes,) = draw_promises(log, ZONE).axes
    marks = [line.get_ydata()[0] for line in axes.lines if line.get_marker() == "o"]  # type: ignore[index]
    # 1320 - 1000 and 1320 - 1400 seconds.
    assert marks == pytest.approx([320 / 60, -80 / 60])


def test_many_couriers_are_named_in_rows_above_the_map(city: CityMap, log: ShiftLog) -> None:
    few = draw_map(city, log, STORE).get_figheight()
    log.couriers = {f"c_{n}": f"Courier {n}" for n in range(1, 12)}
    # Eleven and the store are two rows of six.
    assert draw_map(city, log, STORE).get_figheight() == pytest.approx(few + 0.36)


def test_who_went_home_is_not_on_a_break(log: ShiftLog) -> None:
    log.pauses = [("c_1", START + 600, START + 1200), ("c_2", START + 900, log.end)]
    legend = draw_timeline(log, ZONE).legends[0]
    assert {"on a break", "gone home"} <= {text.get_text() for text in legend.get_texts()}


@pytest.mark.parametrize(("hours", "apart_s"), [(1, 900), (5, 1800), (9, 3600), (12, 7200)])
def test_marks_of_the_time_axis_are_full_parts_of_hours(
    log: ShiftLog, hours: int, apart_s: int
) -> None:
    log.end = log.finished = START + 3600 * hours
    ticks = draw_timeline(log, ZONE).axes[0].get_xticks()
    assert len(ticks) >= 4
    assert {int(b - a) for a, b in itertools.pairwise(ticks)} == {apart_s}
