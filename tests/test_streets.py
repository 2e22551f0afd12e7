"""Engines over arcs and turns: the same answers, whatever is closed, banned or asked at once."""

from __future__ import annotations

from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch.cch import load_routingkit, no_panics
from dispatch.errors import CityError
from dispatch.profiles import Turn, Wait
from dispatch.roads import SIGNAL_ALONG, Roads
from dispatch.street_engine import RoadStreets
from solver.problem import FOREVER
from tests.small_maps import at, engine_of, straight_roads, streets_on
from tests.street_oracle import naive_turns, oracle_seconds

if TYPE_CHECKING:
    from dispatch.geo import Point

METRES = st.integers(0, 600)
TURNING: dict[str, Any] = {"turn": Turn(7.5, 1.075, 20), "wait": Wait(6, 2, 1, 1)}
with_routingkit = pytest.mark.skipif(
    load_routingkit() is None, reason="routingkit-cch does not import"
)
SEARCHES = ["dijkstra", "cch"]


@st.composite
def towns(draw: st.DrawFn) -> tuple[Roads, list[Point], set[tuple[int, int]]]:
    """Draws roads with bans, signs, parallels and loops, points on them, and closed segments."""
    n = draw(st.integers(3, 7))
    junctions = draw(st.lists(st.tuples(METRES, METRES), min_size=n, max_size=n, unique=True))
    roads = [(i, (i + 1) % n, draw(st.integers(5, 25)), 0) for i in range(n)]
    end = st.integers(0, n - 1)
    more = st.tuples(end, end, st.integers(5, 25), st.sampled_from([0, 5, 20]))
    roads += draw(st.lists(more, min_size=2, max_size=8))
    road = st.integers(0, len(roads) - 1)
    bans = draw(st.lists(st.tuples(road, end, road), max_size=6))
    signs = draw(st.lists(st.integers(0, 127), min_size=2 * len(roads), max_size=2 * len(roads)))
    doors = draw(st.lists(st.tuples(METRES, METRES), min_size=2, max_size=6, unique=True))
    closed = draw(st.sets(st.tuples(road, st.booleans()), max_size=3))
    keys = {(2 * e, 2 * e + 1) if along else (2 * e + 1, 2 * e) for e, along in closed}
    return straight_roads(junctions, roads, bans, signs), [at(*door) for door in doors], keys


@settings(max_examples=32, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(towns(), st.sampled_from(["junctions", "dead_ends"]))
def test_all_engines_agree_to_the_millisecond(
    town: tuple[Roads, list[Point], set[tuple[int, int]]], u_turns: str
) -> None:
    roads, points, closed = town
    expected: np.ndarray[Any, Any] | None = None
    for search in SEARCHES:
        streets = engine_of(roads, search, u_turns=u_turns, **TURNING)
        snaps = [streets.nearest(point) for point in points]
        streets.set_speeds(dict.fromkeys(closed, 0.0))
        if expected is None:
            expected = oracle_seconds(streets, snaps, closed)
        table = streets.table(snaps, snaps, "day")
        assert table.tolist() == expected.tolist()
        # Rows are searched for few origins, columns for few destinations.
        assert streets.table(snaps[:1], snaps, "day").tolist() == expected[:1].tolist()
        assert streets.table(snaps, snaps[:1], "day").tolist() == expected[:, :1].tolist()
        for i, a in enumerate(snaps):
            route = streets.route(a, snaps[0], "day")
            assert (np.inf if route is None else route.seconds) == expected[i, 0]
            if route is not None:
                assert sum(piece.seconds for piece in route.pieces) == pytest.approx(route.seconds)


@settings(max_examples=16, deadline=None)
@given(towns())
def test_turns_are_those_of_the_rules_one_by_one(
    town: tuple[Roads, list[Point], set[tuple[int, int]]],
) -> None:
    roads, _, _ = town
    graph = engine_of(roads, "dijkstra").graph
    arcs = list(zip(graph.road.tolist(), graph.along.tolist(), strict=True))
    found = {(arcs[a], arcs[b]) for a, b in zip(graph.start, graph.end, strict=True)}
    naive = naive_turns(engine_of(roads, "dijkstra"), {tuple(ban) for ban in roads.ban.tolist()})
    assert found == {(a, b) for a, b in naive if a in arcs and b in arcs}


@pytest.mark.parametrize("search", SEARCHES)
def test_turning_off_and_waiting_cost_what_the_profile_says(search: str) -> None:
    # A crossing of four roads with a signal; 97.5 m at 18 km/h are 19.5 s.
    junctions = [(0, 0), (97.5, 0), (0, 97.5), (-97.5, 0), (0, -97.5)]
    roads = [(0, 1, 18, 18), (0, 2, 18, 18), (0, 3, 18, 18), (4, 0, 18, 18)]
    signs = [0] * 7 + [SIGNAL_ALONG]
    streets = streets_on(straight_roads(junctions, roads, (), signs), search, **TURNING)
    south, east, north, west = (
        streets.nearest(at(*where)) for where in ((0, -97.5), (97.5, 0), (0, 97.5), (-97.5, 0))
    )
    table = streets.table([south], [east, north, west], "day")[0]
    # 7.5 / (1 + exp(-(13 / 1.075 * 90 / 180 - 6.5 * 1.075))) to the right; mirrored bias to
    # the left; 6 s for the signal each time.
    right = 7.5 / (1 + np.exp(-(13 / 1.075 / 2 - 6.5 * 1.075)))
    left = 7.5 / (1 + np.exp(-(13 * 1.075 / 2 - 6.5 / 1.075)))
    straight = 7.5 / (1 + np.exp(6.5 * 1.075))
    assert table == pytest.approx([45 + right, 45 + straight, 45 + left], abs=0.01)


def test_where_one_drives_on_the_left_turning_right_is_dearer() -> None:
    junctions = [(0, 0), (97.5, 0), (-97.5, 0), (0, -97.5)]
    roads = [(0, 1, 18, 18), (0, 2, 18, 18), (3, 0, 18, 18)]
    roads_of = straight_roads(junctions, roads)
    tables = []
    for country in ("FI", "GB"):
        profiles = streets_profiles()
        streets = RoadStreets(roads_of, profile="plain", profiles=profiles, country=country)
        snaps = [streets.nearest(at(*where)) for where in ((0, -97.5), (97.5, 0), (-97.5, 0))]
        tables.append(streets.table(snaps[:1], snaps[1:], "day")[0].tolist())
    (right, left), (right_gb, left_gb) = tables
    assert right < left
    assert (right_gb, left_gb) == pytest.approx((left, right), abs=0.002)


def streets_profiles() -> Any:
    """Returns the plain profile with turns that cost."""
    from tests.small_maps import plain_profiles

    return plain_profiles(**TURNING)


@pytest.fixture(params=SEARCHES)
def ladder(request: pytest.FixtureRequest) -> RoadStreets:
    """Two banks 97.5 m long, joined by bridges at either end (road 2 and road 3)."""
    junctions = [(0, 0), (97.5, 0), (0, 97.5), (97.5, 97.5)]
    roads = [(0, 1, 18, 18), (2, 3, 18, 18), (0, 2, 18, 18), (1, 3, 18, 18)]
    return streets_on(straight_roads(junctions, roads), request.param)


def test_a_closed_bridge_detours_and_opens_again(ladder: RoadStreets) -> None:
    a, b = ladder.nearest(at(0, 0)), ladder.nearest(at(0, 97.5))
    assert ladder.table([a], [b], "day")[0, 0] == pytest.approx(19.5, abs=0.01)
    assert ladder.set_speeds({(4, 5): 0}) == 2
    assert ladder.table([a], [b], "day")[0, 0] == pytest.approx(58.5, abs=0.02)
    # One way only: back it is open.
    assert ladder.table([b], [a], "day")[0, 0] == pytest.approx(19.5, abs=0.01)
    assert ladder.set_speeds({(4, 5): None}) == 3
    assert ladder.table([a], [b], "day")[0, 0] == pytest.approx(19.5, abs=0.01)


def test_a_reported_speed_holds_in_every_band_and_beneath_the_cap(ladder: RoadStreets) -> None:
    a, b = ladder.nearest(at(0, 0)), ladder.nearest(at(0, 97.5))
    ladder.set_speeds({(4, 5): 9})
    for band in ("night", "day", "rush"):
        assert ladder.table([a], [b], band)[0, 0] == pytest.approx(39, abs=0.01)


def test_a_door_on_a_closed_road_is_reached_from_the_open_side(tmp_path: Any) -> None:
    from tests.small_maps import SmallMap

    street = SmallMap()
    street.way((0, 0), (200, 0), (300, 0), (500, 0), highway="primary")
    street.way((0, 0), (0, 300), (500, 300), (500, 0), highway="primary")
    city = street.city(tmp_path)
    near, far = (city.street_place(*at(east, 0)) for east in (100, 400))
    before = city.travel_times((near, far), "day")
    node = {where: number for where, (number, _) in street.nodes.items()}
    a, b = node[200, 0], node[300, 0]
    city.streets.set_speeds({(a, b): 0, (b, a): 0})
    after = city.travel_times((near, far), "day")
    # Straight on 300 m; round by the north 100 + 300 + 500 + 300 + 100 m.
    assert city.way(near, far, "day").distance_m == pytest.approx(1300, abs=3)
    assert after[0, 1] > before[0, 1] + 150
    assert after[1, 0] > before[1, 0] + 150
    assert city.travel_epoch == 2


def test_what_is_cut_off_is_a_reasoned_error(tmp_path: Any) -> None:
    from tests.small_maps import SmallMap

    street = SmallMap()
    street.way((0, 0), (200, 0), (400, 0), highway="primary")
    city = street.city(tmp_path)
    places = [city.street_place(*at(east, 0)) for east in (100, 300)]
    city.streets.set_speeds({(2, 3): 0})
    for ask in (
        lambda: city.travel_times(places, "day"),
        lambda: city.way(places[0], places[1], "day"),
    ):
        with pytest.raises(CityError, match=r"no way by ebike from .* roads are closed") as caught:
            ask()
        assert caught.value.code == "unreachable"


@pytest.mark.parametrize("factor", [1.0, 2.0])
def test_a_city_asked_to_goes_on_where_there_is_no_way(tmp_path: Any, factor: float) -> None:
    from tests.small_maps import SmallMap

    street = SmallMap()
    street.way((0, 0), (200, 0), (400, 0), highway="primary")
    city = street.city(tmp_path)
    places = [city.street_place(*at(east, 0)) for east in (50, 100, 300)]
    city.set_ride_factors({"day": factor})
    before = city.travel_times(places, "day", FOREVER)
    assert before.max() < 1000
    city.streets.set_speeds({(2, 3): 0})
    # Closed eastwards: the first two cannot get to the third, which gets to them as before.
    cut = np.array([[False, False, True], [False, False, True], [False, False, False]])
    for ask in (city.travel_times, city.ride_times):
        assert ((ask(places, "day", FOREVER) == FOREVER) == cut).all()
    assert (city.travel_times(places, "day", FOREVER)[~cut] == before[~cut]).all()


@pytest.mark.parametrize(
    ("reports", "code"),
    [
        ({(4, 5): 0, (4, 99): 10}, "unknown-segment"),
        ({(4, 5): 10, (5, 4): -3}, "bad-speed"),
        ({(4, 5): float("nan")}, "bad-speed"),
        ({(4, 5): 900}, "bad-speed"),
    ],
)
def test_a_wrong_report_is_refused_and_changes_nothing(
    ladder: RoadStreets, reports: dict[tuple[int, int], float | None], code: str
) -> None:
    a, b = ladder.nearest(at(0, 0)), ladder.nearest(at(0, 97.5))
    before = ladder.table([a], [b], "day")
    with pytest.raises(CityError) as caught:
        ladder.set_speeds(reports)
    assert caught.value.code == code
    assert ladder.epoch == 1
    assert ladder.table([a], [b], "day") == before


def test_a_table_asked_during_a_change_is_of_one_epoch(ladder: RoadStreets) -> None:
    snaps = [ladder.nearest(at(east, north)) for east in (0, 97.5) for north in (0, 97.5)]
    slow = dict.fromkeys([(2 * e + i, 2 * e + 1 - i) for e in range(4) for i in (0, 1)], 9.0)
    tables = [ladder.table(snaps, snaps, "day")]
    tables.append(tables[0] * 2)
    seen: list[Any] = []
    done: list[bool] = []

    def ask() -> None:
        while not done:
            seen.append(ladder.table(snaps, snaps, "day"))

    threads = [Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(15):
        ladder.set_speeds(slow)
        ladder.set_speeds(dict.fromkeys(slow))
    done.append(True)
    for thread in threads:
        thread.join()
    assert ladder.epoch == 31
    assert seen
    assert all(any(np.abs(table - one).max() < 0.02 for one in tables) for table in seen)


def test_points_far_away_or_off_the_earth_are_told(ladder: RoadStreets) -> None:
    near, far = ladder.snap([at(0, 50), at(0, 400)])
    assert near is not None
    assert far is None
    assert ladder.snap([at(0, 400)], max_gap_m=400)[0] is not None
    with pytest.raises(CityError, match="lat and lon look swapped"):
        ladder.snap([(121.4, 31.2)])
    with pytest.raises(CityError, match=r"not a place on Earth\."):
        ladder.snap([(121.4, 200)])


def test_a_band_that_is_none_is_refused(ladder: RoadStreets) -> None:
    snap = ladder.nearest(at(0, 0))
    with pytest.raises(ValueError, match="teatime"):
        ladder.table([snap], [snap], "teatime")


def test_nobody_asked_for_is_an_empty_table(ladder: RoadStreets) -> None:
    snap = ladder.nearest(at(0, 0))
    assert ladder.table([], [], "day").shape == (0, 0)
    assert ladder.table([snap], [], "day").shape == (1, 0)
    assert ladder.table([], [snap], "day").shape == (0, 1)


def test_roads_that_cannot_be_left_or_reached_again_are_not_snapped_to() -> None:
    # A square both ways, and a one-way road out of it into nowhere.
    junctions = [(0, 0), (97.5, 0), (97.5, 97.5), (0, 97.5), (200, 0)]
    square = [(k, (k + 1) % 4, 18, 18) for k in range(4)]
    streets = streets_on(straight_roads(junctions, [*square, (1, 4, 18, 0)]))
    assert streets.num_trapped == 1
    assert streets.nearest(at(200, 0)).road < 4


def test_without_an_order_and_the_package_the_fallback_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    roads = straight_roads([(0, 0), (97.5, 0)], [(0, 1, 18, 18)])
    monkeypatch.setattr("dispatch.street_engine.load_routingkit", lambda: None)
    assert streets_on(roads, "auto").search == "cch"
    unordered = replace(roads, rank=roads.rank[:0])
    assert streets_on(unordered, "auto").search == "dijkstra"
    with pytest.raises(CityError, match="does not import") as caught:
        streets_on(unordered, "cch")
    assert "dijkstra" in caught.value.cure


def test_a_panic_becomes_an_error() -> None:
    class PanicException(BaseException):
        """As the package raises it."""

    with pytest.raises(RuntimeError, match="The road engine failed: index"), no_panics():
        raise PanicException("index out of bounds")


@with_routingkit
def test_an_order_is_found_where_the_city_has_none() -> None:
    roads = straight_roads([(0, 0), (97.5, 0), (0, 97.5)], [(0, 1, 18, 18), (1, 2, 18, 18)])
    streets = streets_on(replace(roads, rank=roads.rank[:0]), "cch")
    a, b = streets.nearest(at(0, 0)), streets.nearest(at(0, 97.5))
    assert np.isfinite(streets.table([a], [b], "day")).all()


def test_what_is_no_panic_passes() -> None:
    with pytest.raises(KeyboardInterrupt), no_panics():
        raise KeyboardInterrupt


@pytest.mark.parametrize("search", SEARCHES)
def test_a_way_of_weeks_is_no_way(search: str) -> None:
    # 20 roads of 50 km at 1 km/h are 1 000 h, more than the 596 that fit.
    junctions = [(50_000 * k, 0) for k in range(21)]
    roads = [(k, k + 1, 1, 1) for k in range(20)]
    streets = streets_on(straight_roads(junctions, roads), search)
    a, b, c = (streets.nearest(at(50_000 * k, 0)) for k in (0, 2, 20))
    assert np.isfinite(streets.table([a], [b], "day")).all()
    assert np.isinf(streets.table([a], [c], "day")).all()
    assert streets.route(a, c, "day") is None
