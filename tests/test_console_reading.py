"""What the console reads in one go: where couriers are, all ways, what is open or ended lately."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.access_world import guarded
from tests.api_world import a_courier, an_order, at, move_clock, placed, route, service, tapped

if TYPE_CHECKING:
    from pathlib import Path

HERE = {"lat": 60.1690, "lon": 24.9436}


def test_where_a_courier_is_comes_with_the_courier(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        assert client.get("/v1/couriers/c_1").json()["position"] is None
        told = {"positions": [HERE | {"at": at(0)}]}
        client.post("/v1/couriers/c_1/positions", json=told)
        assert client.get("/v1/couriers/c_1").json()["position"] == HERE | {"at": at(0)}
        assert client.get("/v1/couriers").json()["items"][0]["position"] == HERE | {"at": at(0)}


def test_a_position_of_an_earlier_shift_is_not_told(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        told = {"positions": [HERE | {"at": at(0)}]}
        client.post("/v1/couriers/c_1/positions", json=told)
        # A shift that begins the second after the position, and one that begins with it.
        for begins, position in ((1 / 60, None), (0, HERE | {"at": at(0)})):
            shift = {"start": at(begins), "end": at(480)}
            answer = client.patch("/v1/couriers/c_1", json={"shift": shift})
            assert answer.json()["position"] == position


def test_who_may_not_see_persons_does_not_see_where_they_are(tmp_path: Path) -> None:
    with guarded(tmp_path) as world:
        told = {"positions": [HERE | {"at": at(0)}]}
        world.json("c_1", "POST", "/v1/couriers/c_1/positions", told)
        seen = {
            name: world.json(name, "GET", "/v1/couriers/c_1")["position"]
            for name in ("desk", "audit", "c_1")
        }
        place = HERE | {"at": at(0)}
        assert seen == {"desk": place, "audit": None, "c_1": place}


def test_the_plan_tells_the_ways_of_all_routes_where_they_are_asked_for(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        placed(client)
        plain = client.get("/v1/plan").json()
        assert [stop["way"] for stop in plain["routes"][0]["stops"]] == [None, None, None]
        answer = client.get("/v1/plan?ways=true")
        (told,) = answer.json()["routes"]
        own = route(client)
        assert [stop["way"] for stop in told["stops"]] == [stop["way"] for stop in own]
        # Goods are for the courier: a plan of many routes would be as long as all orders.
        assert [stop["goods"] for stop in told["stops"]] == [[], [], []]
        same = client.get("/v1/plan?ways=true", headers={"If-None-Match": answer.headers["ETag"]})
        assert same.status_code == 304
        assert client.get("/v1/plan").headers["ETag"] != answer.headers["ETag"]


def test_orders_that_ended_before_a_moment_can_be_left_out(tmp_path: Path) -> None:
    def ids(since: float) -> list[str]:
        found = client.get("/v1/orders", params={"ended_since": at(since)})
        return [order["id"] for order in found.json()["items"]]

    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        assert [placed(client)["id"] for _ in range(3)] == ["o_1", "o_2", "o_3"]
        move_clock(client, 1)
        client.delete("/v1/orders/o_2")
        # Ended a minute after ten, which is not before it, and is before the second after.
        assert ids(1) == ["o_1", "o_2", "o_3"]
        assert ids(1 + 1 / 60) == ["o_1", "o_3"]
        move_clock(client, 5)
        tapped(client, "c_1", {"kind": "loaded", "stop": route(client)[0]["id"]})
        first = route(client)[0]
        tapped(client, "c_1", {"kind": "delivered", "stop": first["id"], "drop": "d_1"})
        assert ids(5) == ["o_1", "o_3"]
        assert ids(5 + 1 / 60) == ["o_3"]


def test_a_moment_that_is_none_is_refused(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        answer = client.get("/v1/orders?ended_since=yesterday")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["at"] == "query.ended_since"
        assert client.post("/v1/orders", json=an_order()).status_code == 201
