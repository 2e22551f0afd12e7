"""A zone on the streets of an OSRM server: chosen by a setting, lost in the day, and back again."""

from __future__ import annotations

import math
import socket
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from api.opening import open_city
from api.settings import Settings
from dispatch.errors import CityError, Unavailable
from dispatch.explaining import explain_way
from dispatch.observed import Observed, learn
from dispatch.observed_classes import with_leg
from dispatch.policy import Policy
from dispatch.state import State
from tests.api_world import (
    a_courier,
    a_drop,
    an_order,
    at,
    helsinki,
    move_clock,
    placed,
    route,
    settings_in,
    tapped,
)
from tests.api_world import service as own_service
from tests.fake_osrm import Fake, running, service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dispatch.city import City

SLOW = 30
"""30 000 s a degree of latitude, twice that a degree of longitude: about 13 km/h in Helsinki."""

NEAR, FAR = "k_1", "k_40"

A_CLOSURE = {"segments": [{"from": 1, "to": 2, "kmh": 0}]}


def fake(port: int = 0) -> Fake:
    """Returns a server whose roads lead past every door."""
    return Fake(port, slow=SLOW, gap_m=0)


@pytest.fixture
def server() -> Iterator[Fake]:
    with running(fake()) as found:
        yield found


@pytest.fixture
def city(server: Fake) -> Iterator[City]:
    with closing(open_city(Settings(osrm=server.url, profile="bicycle"))) as found:
        yield found


def test_rides_take_what_the_server_says_in_every_band(city: City) -> None:
    a, b = city.street_place(60.17, 24.94), city.street_place(60.175, 24.95)
    # 0.005 degrees north and 0.01 east: 30 000 * 0.005 + 60 000 * 0.01 s.
    assert city.ride_times((a, b), "day")[0, 1] == 750
    assert city.ride_times((a, b), "lunch/rush")[0, 1] == 750
    # Unlocking and parking come on top, as on the city's own roads.
    own = helsinki()
    more = own.travel_times((a, b), "day")[0, 1] - own.ride_times((a, b), "day")[0, 1]
    assert city.travel_times((a, b), "day")[0, 1] == 750 + more
    assert (city.profile, city.travel_epoch, city.bounds) == ("bicycle", 1, own.bounds)


def test_a_band_is_not_asked_for_twice(server: Fake, city: City) -> None:
    places = (city.street_place(60.17, 24.94), city.street_place(60.175, 24.95))
    city.travel_times(places, "day")
    asked = len(server.asked)
    city.travel_times(places, "peak/rush")
    assert len(server.asked) == asked


def test_a_ride_has_no_class_of_road_and_is_explained_by_the_server(city: City) -> None:
    a, b = city.street_place(60.17, 24.94), city.street_place(60.172, 24.94)
    (ridden,) = city.ridden(a, b, "day")
    # The fake's routes take 90 s, whatever its tables say.
    assert (ridden.roads, ridden.seconds, ridden.factor) == ("", 90, 1)
    legs = explain_way(city, a, b, 10 * 3600)
    assert sum(leg.duration_s for leg in legs) == city.travel_times((a, b), "day")[0, 1]
    streets = [leg for leg in legs if leg.kind in ("ride", "push")]
    assert [leg.text for leg in streets] == ["A Street", "road without a name", "B Street"]
    assert streets[0].figures[0].source == "times for bicycle of the routing server"


def test_a_route_slower_than_the_table_explains_no_second_twice(city: City) -> None:
    a, b = city.street_place(60.17, 24.94), city.street_place(60.1714, 24.94)
    # 30 000 s a degree: 42 s, of 90 s on the route's four pieces.
    legs = explain_way(city, a, b, 10 * 3600)
    assert all(leg.duration_s >= 0 for leg in legs)
    assert sum(leg.duration_s for leg in legs) == city.travel_times((a, b), "day")[0, 1]


def test_a_place_far_from_the_servers_roads_is_outside(server: Fake, city: City) -> None:
    server.gap_m = 100
    with pytest.raises(
        CityError, match="6017 m from the nearest road of the routing server"
    ) as caught:
        city.street_place(60.17, 24.94)
    assert caught.value.code == "outside-city"
    server.reply = 400, '{"code": "NoSegment"}'
    with pytest.raises(CityError, match="is far from the nearest road"):
        city.street_place(60.18, 24.94)


def test_what_is_out_of_reach_is_not_said_to_be_closed(server: Fake, city: City) -> None:
    places = city.street_place(60.17, 24.94), city.street_place(60.18, 24.94)
    server.reply = 200, '{"code": "Ok", "durations": [[0, null], [null, 0]]}'
    with pytest.raises(CityError, match="the routing server knows none") as caught:
        city.travel_times(places, "day")
    assert caught.value.code == "unreachable"


def test_factors_are_learned_by_band_but_not_by_class(city: City) -> None:
    a, b = city.street_place(60.17, 24.94), city.street_place(60.172, 24.94)
    before = int(city.ride_times((a, b), "day")[0, 1])
    # 100 legs, all on main roads, that took twice as long as expected: seen on other streets.
    sums: tuple[float, ...] = ()
    for _ in range(100):
        sums = with_leg(sums, (1, 0, 0, 0), 2)
    state = State(observed={"ride:day": Observed("ride:day", ((13, 100),), sums)})
    for _ in range(2):
        learn(city, state, Policy(learn_speeds=1))
        assert city.class_factors == {}
        # Learned once: each change would raise the epoch and throw all times away.
        assert city.travel_epoch == 2
    assert city.ride_times((a, b), "day")[0, 1] == math.ceil(before * city.ride_factors["day"])
    with pytest.raises(CityError, match="1 classes of roads cannot be set"):
        city.set_ride_factors({"day": 1.1}, {("day", "main"): 1.2})
    assert city.travel_epoch == 2


def test_an_order_is_planned_ridden_and_shown_on_the_servers_streets(
    tmp_path: Path, server: Fake
) -> None:
    with service(tmp_path, server.url, profile="bicycle") as client:
        courier = client.post("/v1/couriers", json=a_courier()).json()
        assert courier["profile"] == "bicycle"
        order = placed(client)
        assert order["status"] == "planned"
        load, deliver, *_ = route(client)
        # The fake's route: north, around, then east; doors are at its ends.
        line = deliver["way"]["line"]["coordinates"]
        assert line[1:-1] == [[0, 0], [0, 1], [1, 2], [2, 2]]
        tapped(client, "c_1", {"kind": "departed", "stop": load["id"]})
        tapped(client, "c_1", {"kind": "arrived", "stop": load["id"]})
        tapped(client, "c_1", {"kind": "loaded", "stop": load["id"]})
        (left,) = tapped(client, "c_1", {"kind": "departed", "stop": deliver["id"]})
        assert left["result"] == "applied"
        move_clock(client, 10)
        asked = len(server.asked)
        (there,) = tapped(client, "c_1", {"kind": "arrived", "stop": deliver["id"]})
        assert there["result"] == "applied"
        # Nothing is learned by class, so no route is asked for.
        assert not any("/route/" in address for address in server.asked[asked:])


def test_reports_of_traffic_are_refused_with_the_reason(tmp_path: Path, server: Fake) -> None:
    with service(tmp_path, server.url) as client:
        refused = client.post("/v1/traffic", json=A_CLOSURE)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/no-live-traffic")
        assert client.get("/v1/traffic").json()["items"] == []


def test_reports_of_before_end_where_the_streets_take_none(tmp_path: Path, server: Fake) -> None:
    south, west, north, east = helsinki().bounds
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    slow = {"area": {"type": "Polygon", "coordinates": [ring]}, "kmh": 10}
    with service(tmp_path, None) as client:
        assert client.post("/v1/traffic", json={"areas": [slow]}).status_code == 201
    with service(tmp_path, server.url) as client:
        assert client.get("/v1/traffic").json()["items"] == []
        client.post("/v1/couriers", json=a_courier())
        assert placed(client)["status"] == "planned"


def test_a_server_that_is_lost_refuses_what_is_new_and_comes_back(tmp_path: Path) -> None:
    with running(fake()) as server:
        port = server.server_address[1]
        client_of = service(tmp_path, server.url)
        client = client_of.__enter__()
        client.post("/v1/couriers", json=a_courier())
        placed(client, a_drop(NEAR))
    try:
        before = client.get("/v1/orders").json(), client.get("/readyz").json()["events"]
        lost = client.post("/v1/orders", json=an_order(a_drop(FAR), external_id="PO-1"))
        assert (lost.status_code, lost.json()["type"]) == (503, "/problems/routing-server")
        assert f"http://127.0.0.1:{port} does not answer" in lost.json()["detail"]
        # Nothing is half done, and a minute of ticks passes.
        assert before == (client.get("/v1/orders").json(), client.get("/readyz").json()["events"])
        move_clock(client, 1)
        # Known doors go on; a phone that tells where it is refines nothing, and harms nothing.
        position = {"lat": 60.1702, "lon": 24.9419, "at": at(1)}
        load, deliver, *_ = route(client)
        assert deliver["way"] is None
        tapped(client, "c_1", {"kind": "departed", "stop": load["id"]})
        told = client.post("/v1/couriers/c_1/positions", json={"positions": [position]})
        assert told.status_code == 200
        assert placed(client, a_drop(NEAR))["status"] == "planned"
        with running(fake(port)):
            assert placed(client, a_drop(FAR), external_id="PO-1")["status"] == "planned"
            assert all(stop["way"] for stop in route(client)[1:])
    finally:
        client_of.__exit__(None, None, None)


def test_without_the_server_a_zone_does_not_start(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(Unavailable, match=f"{url} does not answer"), service(tmp_path, url):
            pass


def test_who_walks_takes_longer_than_who_rides(tmp_path: Path) -> None:
    with closing(open_city(settings_in(tmp_path, profile="foot"))) as foot:
        a, b = foot.street_place(60.1699, 24.9415), foot.place("b_98", 2)
        # 599 m on foot at 1.3 m/s are 460 s, crossings come on top; the bike goes 924 m in less.
        by_bike = helsinki().ride_times((a, b), "day")[0, 1]
        assert foot.ride_times((a, b), "day")[0, 1] > max(460, by_bike)


def test_a_courier_of_another_profile_is_refused(tmp_path: Path) -> None:
    with own_service(tmp_path) as client:
        refused = client.post("/v1/couriers", json=a_courier(profile="car"))
        assert (refused.status_code, refused.json()["type"]) == (422, "/problems/other-profile")
        assert refused.json()["errors"][0]["at"] == "profile"
        assert client.get("/v1/couriers").json()["items"] == []
        added = client.post("/v1/couriers", json=a_courier(profile="ebike"))
        assert added.json()["profile"] == "ebike"


def test_couriers_of_another_profile_are_told_of_at_a_start(
    tmp_path: Path, server: Fake, caplog: pytest.LogCaptureFixture
) -> None:
    with own_service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
    with service(tmp_path, server.url, profile="car"):
        pass
    assert "All times are for car from now on, for the couriers c_1 (ebike) too" in caplog.text
