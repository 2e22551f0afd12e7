"""The main job through HTTP: from an order to a promise kept, and through a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api_world import (
    InlineSearch,
    a_courier,
    a_drop,
    at,
    move_clock,
    placed,
    route,
    service,
    tapped,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """A service with one courier."""
    with service(tmp_path, InlineSearch()) as client:
        assert client.post("/v1/couriers", json=a_courier()).status_code == 201
        yield client


def deliver_all(client: TestClient) -> None:
    """Rides courier c_1 through all of its stops but the return, on time."""
    for _ in range(20):
        stops = route(client)
        if not stops or stops[0]["kind"] == "return":
            return
        stop = stops[0]
        now = {"stop": stop["id"]}
        assert tapped(client, "c_1", {"kind": "departed", **now})[0]["result"] == "applied"
        client.post("/v1/clock", json={"now": route(client)[0]["arrival"]})
        client.post("/v1/clock", json={"now": route(client)[0]["start"]})
        assert tapped(client, "c_1", {"kind": "arrived", **now})[0]["result"] == "applied"
        client.post("/v1/clock", json={"now": route(client)[0]["departure"]})
        done = "loaded" if stop["kind"] == "load" else "delivered"
        assert tapped(client, "c_1", {"kind": done, **now})[0]["result"] == "applied"
    raise AssertionError("The route has no end.")


def test_an_order_becomes_a_route_and_a_promise_kept(client: TestClient) -> None:
    order = placed(client)
    assert order["status"] == "planned"
    assert order["promise"]["due_at"] == at(22)
    assert order["drops"][0]["courier"] == "c_1"
    assert [stop["kind"] for stop in route(client)] == ["load", "deliver", "return"]

    deliver_all(client)

    done = client.get(f"/v1/orders/{order['id']}").json()
    assert done["status"] == "delivered"
    assert done["promise"]["state"] == "met"
    assert done["drops"][0]["status"] == "accepted"
    assert done["drops"][0]["lines"][0]["accepted"] == 2
    kinds = [entry["what"] for entry in done["history"] if entry["what"] != "plan_published"]
    assert kinds == [
        *("order_placed", "loaded", "departed", "arrived"),
        # The ride over half of the city takes half of the time promised.
        *("promise_warned", "delivered"),
    ]


def test_the_committed_stop_is_shown_in_the_route(client: TestClient) -> None:
    placed(client)
    (load, *_) = route(client)
    tapped(client, "c_1", {"kind": "departed", "stop": load["id"]})
    assert route(client)[0]["id"] == load["id"]
    assert [stop["committed"] for stop in route(client)] == [True, False, False]


def test_a_courier_brings_back_what_was_rejected(client: TestClient) -> None:
    order = placed(client)
    load, deliver, _ = route(client)
    tapped(client, "c_1", {"kind": "loaded", "stop": load["id"]})
    lines = [{"sku": "A4-80", "accepted": 1, "rejected": 1, "reason": "dirty"}]
    move_clock(client, 12)
    tapped(client, "c_1", {"kind": "delivered", "stop": deliver["id"], "lines": lines})
    shown = client.get(f"/v1/orders/{order['id']}").json()
    assert shown["status"] == "partly_accepted"
    assert shown["drops"][0]["lines"] == [
        {"sku": "A4-80", "accepted": 1, "rejected": 1, "reason": "dirty"}
    ]
    assert client.get("/v1/couriers/c_1").json()["returning"] == [order["drops"][0]["id"]]
    # One of two packs was kept: the other is what the stop at the store is for.
    ((back,),) = [stop["goods"] for stop in route(client)]
    assert ([item["quantity"] for item in back["items"]], back["load"]) == ([1], 1)


def test_a_cancelled_order_leaves_the_route(client: TestClient) -> None:
    order = placed(client)
    answer = client.delete(f"/v1/orders/{order['id']}")
    assert answer.status_code == 200
    assert answer.json()["status"] == "cancelled"
    assert answer.json()["promise"]["state"] == "cancelled"
    assert not [stop for stop in route(client) if stop["kind"] == "deliver"]


def test_an_order_on_board_cannot_be_cancelled_and_the_answer_says_how_to_proceed(
    client: TestClient,
) -> None:
    order = placed(client)
    tapped(client, "c_1", {"kind": "loaded", "stop": route(client)[0]["id"]})
    answer = client.delete(f"/v1/orders/{order['id']}")
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/order-on-board"
    assert "refused" in answer.json()["detail"]


def test_goods_that_are_ready_later_move_the_route(client: TestClient) -> None:
    order = placed(client)
    answer = client.post(f"/v1/orders/{order['id']}/ready", json={"at": at(8)})
    assert answer.json()["ready_at"] == at(8)
    assert route(client)[0]["start"] == at(8)


def test_a_quote_is_honoured_by_the_order_that_names_it(client: TestClient) -> None:
    body = {"service": "urgent", "drops": [a_drop()]}
    quote = client.post("/v1/quotes", json=body).json()
    assert quote["feasible"]
    assert quote["promise_s"] == 22 * 60
    assert quote["expires_at"] == at(1)
    order = placed(client, quote_id=quote["quote_id"])
    assert order["quote_id"] == quote["quote_id"]
    assert order["promise"]["due_at"] == quote["due_at"]


def test_a_standard_drop_kept_back_says_until_when(client: TestClient) -> None:
    order = placed(client, service="standard")
    (drop,) = order["drops"]
    assert (drop["status"], drop["courier"], drop["eta"]) == ("waiting", None, None)
    assert drop["held"]
    assert drop["held_until"] == at(3 * 60)
    assert order["promise"]["due_at"] == "2026-11-24T17:00:00+02:00"


def test_a_drop_is_moved_pinned_and_released(client: TestClient) -> None:
    client.post("/v1/couriers", json=a_courier(name="Eero"))
    order = placed(client)
    drop = order["drops"][0]["id"]
    other = {"c_1": "c_2", "c_2": "c_1"}[order["drops"][0]["courier"]]

    dry = client.patch(f"/v1/drops/{drop}", json={"courier": other, "dry_run": True}).json()
    assert dry["plan_version"] is None
    assert client.get("/v1/orders/o_1").json()["drops"][0]["courier"] != other

    moved = client.patch(f"/v1/drops/{drop}", json={"courier": other}).json()
    assert moved["plan_version"] > order["plan_version"]
    shown = client.get("/v1/orders/o_1").json()["drops"][0]
    assert (shown["courier"], shown["pinned"]) == (other, other)
    assert [c["to"] for c in client.get("/v1/plan").json()["changes"]] == [other]

    client.patch(f"/v1/drops/{drop}", json={"courier": None})
    assert client.get("/v1/orders/o_1").json()["drops"][0]["pinned"] is None


def test_the_route_is_not_sent_again_while_it_is_the_same(client: TestClient) -> None:
    placed(client)
    first = client.get("/v1/couriers/c_1/route")
    again = client.get("/v1/couriers/c_1/route", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.content == b""
    placed(client, a_drop("k_9"))
    changed = client.get("/v1/couriers/c_1/route", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200


def test_the_way_to_a_stop_is_as_long_as_its_travel_time(client: TestClient) -> None:
    placed(client)
    load, deliver, _ = client.get("/v1/couriers/c_1/route").json()["stops"]
    assert load["way"]["line"] is None
    assert deliver["way"]["line"]["type"] == "LineString"
    assert deliver["way"]["distance_m"] > 0
    assert "check_in" in [leg["kind"] for leg in deliver["way"]["inside"]]
    # The bag leaves the counter 15 s after the goods are ready, four minutes after ten.
    assert load["departure"] == "2026-11-23T10:04:15+02:00"
    minutes = 4.25 + deliver["way"]["duration_s"] / 60
    assert deliver["arrival"] == at(minutes)


def test_a_restart_gives_the_same_plan_without_solving(tmp_path: Path) -> None:
    with service(tmp_path, InlineSearch()) as client:
        for name in ("Aino", "Eero"):
            client.post("/v1/couriers", json=a_courier(name=name))
        for desk in ("k_1", "k_20", "k_40"):
            placed(client, a_drop(desk))
        move_clock(client, 3)
        before = [client.get(path).content for path in ("/v1/plan", "/v1/orders", "/v1/couriers")]
    search = InlineSearch()
    with service(tmp_path, search) as client:
        after = [client.get(path).content for path in ("/v1/plan", "/v1/orders", "/v1/couriers")]
        assert after == before
        assert search.searches == 0
        # The clock goes on where it stood.
        assert client.post("/v1/clock", json={"now": at(2)}).status_code == 409


def test_an_older_plan_can_be_read_again(client: TestClient) -> None:
    version = placed(client)["plan_version"]
    placed(client, a_drop("k_9"))
    assert client.get("/v1/plan").json()["version"] > version
    older = client.get(f"/v1/plan/{version}").json()
    assert older["version"] == version
    assert sum(stop["kind"] == "deliver" for r in older["routes"] for stop in r["stops"]) == 1
