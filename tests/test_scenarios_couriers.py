"""Couriers: what they read on the phone, and how long they really take."""

from typing import Any

import numpy as np
import pytest

from dispatch.orders import StopKind
from scenarios.couriers import Rider, make_riders, place_on
from scenarios.luck import Alone
from scenarios.route import RouteStop, read_instant, read_route

# 2026-11-23 10:00 in Helsinki is 08:00 UTC.
TEN = 1_795_420_800


def moment(second: int) -> str:
    return f"2026-11-23T10:{second // 60:02d}:{second % 60:02d}+02:00"


def a_raw_stop(arrival: int, **more: Any) -> dict[str, Any]:
    times = {
        "arrival": moment(arrival),
        "start": moment(arrival),
        "departure": moment(arrival + 60),
    }
    return {"id": "s_1", "kind": "deliver", "drops": ["d_1"], "way": None} | times | more


def a_rider(sigma: float = 0.0) -> Rider:
    return Rider("c_1", "Aino", np.random.default_rng(1), Alone(sigma))


def test_an_instant_is_read_with_its_offset() -> None:
    assert read_instant("2026-11-23T10:00:00+02:00") == TEN


def test_an_instant_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="with an offset"):
        read_instant("2026-11-23T10:00:00")


def test_a_way_is_split_where_the_bike_is_parked() -> None:
    legs = [("lift", 50), ("walk", 40), ("leave", 20), ("park", 60), ("check_in", 45), ("walk", 40)]
    way = {
        "duration_s": 400,
        "distance_m": 870,
        "line": {"type": "LineString", "coordinates": [[24.94, 60.17], [24.95, 60.18]]},
        "inside": [{"kind": kind, "duration_s": seconds} for kind, seconds in legs],
    }
    (stop,) = read_route({"stops": [a_raw_stop(400, way=way)]}, TEN)
    # 50 + 40 + 20 before the ride, 60 + 45 + 40 after it.
    assert (stop.leaving_s, stop.entering_s, stop.travel_s) == (110, 145, 400)
    assert stop.line == ((24.94, 60.17), (24.95, 60.18))
    assert (stop.arrival, stop.service_s, stop.distance_m) == (TEN + 400, 60, 870)


def test_a_stop_without_a_way_takes_from_the_end_of_the_one_before() -> None:
    route = read_route({"stops": [a_raw_stop(100), a_raw_stop(300)]}, TEN + 20)
    # 100 - 20, then 300 - (100 + 60).
    assert [stop.travel_s for stop in route] == [80, 140]


def test_time_without_noise_is_the_planned_time() -> None:
    assert a_rider().takes(300) == 300


def test_noise_keeps_the_planned_time_as_its_mean() -> None:
    rider = a_rider(0.25)
    taken = np.array([rider.takes(1000) for _ in range(20_000)])
    # The standard deviation is 1000 * sqrt(exp(0.25^2) - 1) = 254, its error here 254 / 141 = 1.8.
    assert abs(taken.mean() - 1000) < 4 * 1.8
    assert abs(np.log(taken / 1000).std() - 0.25) < 0.01


def test_a_leg_is_split_as_its_way() -> None:
    stop = RouteStop(
        "s_1", StopKind.DELIVER, ("d_1",), 0, 0, 60, travel_s=400, leaving_s=110, entering_s=145
    )
    leg = a_rider().set_off(stop, 1000)
    # On the bike from 1110 to 1400 - 145.
    assert (leg.departed, leg.riding, leg.parked, leg.arrived) == (1000, 1110, 1255, 1400)


def test_nobody_rides_within_one_building() -> None:
    stop = RouteStop("s_1", StopKind.DELIVER, ("d_1",), 0, 0, 60, travel_s=90, leaving_s=90)
    leg = a_rider().set_off(stop, 0)
    assert leg.riding == leg.parked == leg.arrived == 90


def test_the_luck_of_a_courier_does_not_depend_on_the_others() -> None:
    alone = make_riders({"c_1": "Aino"}, seed=3)
    both = make_riders({"c_1": "Aino", "c_2": "Eetu"}, seed=3)
    assert [both[1].takes(100) for _ in range(5)] != [both[0].takes(100) for _ in range(5)]
    assert make_riders({"c_1": "Aino"}, seed=3)[0].takes(100) == alone[0].takes(100)


@pytest.mark.parametrize(
    ("share", "point"), [(0, (60.0, 24.0)), (0.5, (61.0, 25.0)), (1, (62.0, 26.0))]
)
def test_a_place_on_a_line(share: float, point: tuple[float, float]) -> None:
    line = ((24.0, 60.0), (25.0, 61.0), (26.0, 62.0))
    assert place_on(line, share) == point


def test_there_is_no_place_on_no_line() -> None:
    with pytest.raises(ValueError, match="line with points"):
        place_on((), 0.5)
