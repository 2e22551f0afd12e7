"""What must not come in: each is refused with what, where and how to mend it; nothing is kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from api.problems import MAX_BODY
from tests.api_world import (
    TEN,
    a_courier,
    a_drop,
    an_order,
    at,
    placed,
    route,
    service,
    tapped,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient
    from httpx2 import Response

JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service with two couriers, for requests that change nothing."""
    with service(tmp_path_factory.mktemp("bad")) as client:
        for name in ("Aino", "Eero"):
            client.post("/v1/couriers", json=a_courier(name=name))
        yield client


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service with two couriers of its own."""
    with service(tmp_path_factory.mktemp("fresh")) as client:
        for name in ("Aino", "Eero"):
            client.post("/v1/couriers", json=a_courier(name=name))
        yield client


def assert_problem(answer: Response, status: int, code: str, at: str | None = None) -> Any:
    """Checks that an answer is this problem, with its place; returns the document."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == f"/problems/{code}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    if at is not None:
        assert at in [error["at"] for error in problem["errors"]]
        assert all(error["message"] for error in problem["errors"])
    return problem


def refused_order(client: TestClient, body: Any) -> Response:
    """Sends an order that must not be taken, and checks that nothing of it was."""
    before = client.get("/readyz").json()["events"]
    answer: Response = client.post("/v1/orders", json=body)
    assert client.get("/v1/orders").json()["items"] == []
    assert client.get("/readyz").json()["events"] == before
    return answer


def test_an_unknown_desk_is_named(client: TestClient) -> None:
    answer = refused_order(client, an_order(a_drop("k_999999")))
    problem = assert_problem(answer, answer.status_code, "unknown-desk", "drops[0].desk.id")
    assert answer.status_code in (404, 422)
    assert problem["errors"][0]["input"] == "k_999999"
    assert "/v1/desks" in problem["detail"]


@pytest.mark.parametrize(
    ("desk", "where"),
    [
        ({"building": "b_999999", "floor": 0}, "drops[0].desk.building"),
        ({"building": "b_1", "floor": 150}, "drops[0].desk.floor"),
    ],
)
def test_a_desk_outside_the_city_is_refused(
    client: TestClient, desk: dict[str, Any], where: str
) -> None:
    answer = refused_order(client, an_order({**a_drop(), "desk": desk}))
    problem = assert_problem(answer, 422, "unknown-place", where)
    assert problem["errors"][0]["input"] in (desk["building"], desk["floor"])


def test_a_desk_needs_an_id_or_a_building(client: TestClient) -> None:
    answer = refused_order(client, an_order({**a_drop(), "desk": {}}))
    assert_problem(answer, 422, "incomplete-desk", "drops[0].desk")


def test_a_building_outside_the_city_is_not_near_anything(client: TestClient) -> None:
    assert client.get("/v1/buildings?near=0,0").json()["items"] == []
    for near in ("91,0", "0,181", "nan,nan", "here", "1,2,3", "inf,0"):
        answer = client.get("/v1/buildings", params={"near": near})
        assert_problem(answer, 422, "invalid-place", "query.near")


def test_latitude_and_longitude_the_wrong_way_round_are_told(client: TestClient) -> None:
    answer = client.get("/v1/buildings?near=24.94,60.17")
    problem = assert_problem(answer, 422, "swapped-coordinates", "query.near")
    assert problem["detail"].endswith("Give the latitude first: 60.17, 24.94.")
    positions = [
        {"lat": lat, "lon": lon, "at": at(0)} for lat, lon in ((60.17, 24.94), (24.9, 60.2))
    ]
    answer = client.post("/v1/couriers/c_1/positions", json={"positions": positions})
    assert_problem(answer, 422, "swapped-coordinates", "positions[1].lat")


@pytest.mark.parametrize(
    ("lat", "lon", "taken"),
    [(90, 0, True), (90.1, 0, False), (0, -180, True), (0, -180.1, False), (121.5, 31.2, False)],
)
def test_degrees_stay_on_earth(client: TestClient, lat: float, lon: float, taken: bool) -> None:
    body = {"positions": [{"lat": lat, "lon": lon, "at": at(0)}]}
    answer = client.post("/v1/couriers/c_1/positions", json=body)
    near = client.get("/v1/buildings", params={"near": f"{lat},{lon}"})
    if taken:
        assert (answer.status_code, near.status_code) == (200, 200)
        return
    where = "lon" if lat == 0 else "lat"
    problem = assert_problem(answer, 422, "invalid-request", f"positions[0].{where}")
    what = (
        "no longitude" if where == "lon" else "no latitude: give degrees from -90 to 90; it comes"
    )
    assert what in problem["errors"][0]["message"]
    assert what in assert_problem(near, 422, "invalid-place", "query.near")["detail"]


def test_a_datum_nobody_knows_is_refused(client: TestClient) -> None:
    answer = client.get("/v1/buildings?near=60.17,24.94&datum=mars")
    assert_problem(answer, 422, "invalid-request", "query.datum")
    body = {"positions": [{"lat": 60.17, "lon": 24.94, "at": at(0), "datum": "GCJ02"}]}
    answer = client.post("/v1/couriers/c_1/positions", json=body)
    problem = assert_problem(answer, 422, "invalid-request", "positions[0].datum")
    assert "'gcj02'" in problem["errors"][0]["message"]


@pytest.mark.parametrize("quantity", [-1, 0, 1_000_001, 10**30, 1.5, "2", True, None, [], {}])
def test_a_quantity_is_a_whole_number_within_limits(client: TestClient, quantity: object) -> None:
    drop = a_drop(items=[{"sku": "A", "quantity": quantity}])
    answer = refused_order(client, an_order(drop))
    where = "drops[0].items[0].quantity"
    problem = assert_problem(answer, 422, "invalid-request", where)
    if quantity in (-1, 0):
        assert "greater than or equal to 1" in problem["errors"][0]["message"]
    if quantity == 1_000_001:
        assert "less than or equal to 100000" in problem["errors"][0]["message"]


def test_the_largest_quantity_is_taken(fresh: TestClient) -> None:
    fresh.patch("/v1/couriers/c_1", json={"capacity": 100_000})
    items = [{"sku": "A", "quantity": 100_000}]
    assert fresh.post("/v1/orders", json=an_order(a_drop(items=items))).status_code == 201


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"drops": []}, "drops"),
        ({"drops": [a_drop()] * 51}, "drops"),
        ({"drops": [a_drop(items=[])]}, "drops[0].items"),
        ({"drops": [a_drop(note="x" * 1001)]}, "drops[0].note"),
        ({"drops": [a_drop(items=[{"sku": "A", "quantity": 1}] * 201)]}, "drops[0].items"),
        ({"drops": [a_drop(items=[{"sku": "x" * 101, "quantity": 1}])]}, "drops[0].items[0].sku"),
        ({"customer": "x" * 201}, "customer"),
        ({"external_id": ""}, "external_id"),
        ({"external_id": "x" * 201}, "external_id"),
        ({"service": "Over night"}, "service"),
        ({"on_infeasible": "shrug"}, "on_infeasible"),
        ({"surprise": 1}, "surprise"),
        ({"ready_at": "2026-11-23T10:00:00"}, "ready_at"),
        ({"ready_at": "soon"}, "ready_at"),
        ({"ready_at": 1_700_000_000}, "ready_at"),
        ({"ready_at": "9999-12-31T23:59:59+00:00"}, "ready_at"),
    ],
)
def test_what_an_order_may_not_say(client: TestClient, changes: dict[str, Any], where: str) -> None:
    assert_problem(refused_order(client, an_order() | changes), 422, "invalid-request", where)


def test_fifty_drops_are_taken(fresh: TestClient) -> None:
    assert fresh.post("/v1/orders", json=an_order(*[a_drop()] * 50)).status_code == 201


def test_the_input_shown_is_clipped(client: TestClient) -> None:
    answer = refused_order(client, an_order(customer="x" * 100_000))
    assert len(answer.content) < 1000


def test_many_faults_are_counted_and_the_first_are_listed(client: TestClient) -> None:
    drop = a_drop(items=[{"sku": "A", "quantity": 0}] * 60)
    problem = assert_problem(refused_order(client, an_order(drop)), 422, "invalid-request")
    assert len(problem["errors"]) == 20
    assert "(and 59 more)" in problem["detail"]


@pytest.mark.parametrize(
    "body",
    [
        '{"service":',
        "",
        "{'service': 'urgent'}",
        "\x00",
        '{"service": "urgent",}',
        "[" * 100_000,
        '{"a":' * 50_000,
        "nul",
        "1" * 5000,
    ],
)
def test_what_is_not_json_is_refused(client: TestClient, body: str) -> None:
    answer = client.post("/v1/orders", content=body, headers=JSON)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_broken_json_is_told_with_its_place(client: TestClient) -> None:
    answer = client.post("/v1/orders", content=b'{"service": urgent}', headers=JSON)
    assert "character 12" in assert_problem(answer, 400, "invalid-json")["detail"]


def test_bytes_that_are_no_text_are_refused(client: TestClient) -> None:
    answer = client.post("/v1/orders", content=b'{"service": "\xff\xfe"}', headers=JSON)
    assert_problem(answer, 400, "bad-request")


@pytest.mark.parametrize("body", ["[]", "1", "null", '"urgent"'])
def test_json_that_is_no_object_is_refused(client: TestClient, body: str) -> None:
    answer = client.post("/v1/orders", content=body, headers=JSON)
    assert_problem(answer, 422, "invalid-request")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_numbers_that_are_none_are_refused(client: TestClient, number: str) -> None:
    order = json.dumps(an_order()).replace('"quantity": 2', f'"quantity": {number}')
    answer = client.post("/v1/orders", content=order, headers=JSON)
    assert_problem(answer, 422, "invalid-request", "drops[0].items[0].quantity")
    position = f'{{"positions": [{{"lat": {number}, "lon": 24.9, "at": "{at(0)}"}}]}}'
    answer = client.post("/v1/couriers/c_1/positions", content=position, headers=JSON)
    assert_problem(answer, 422, "invalid-request", "positions[0].lat")


def test_a_body_of_ten_megabytes_is_refused(client: TestClient) -> None:
    body = json.dumps(an_order(customer="x" * 10_000_000)).encode()
    answer = client.post("/v1/orders", content=body, headers=JSON)
    assert str(MAX_BODY) in assert_problem(answer, 413, "body-too-large")["detail"]
    in_parts = client.post("/v1/orders", content=iter([body[:100], body[100:]]), headers=JSON)
    assert str(MAX_BODY) in assert_problem(in_parts, 413, "body-too-large")["detail"]


def test_a_body_that_is_not_called_json_is_refused(client: TestClient) -> None:
    # A page in a browser can send text to this machine without asking, JSON it cannot.
    answer = client.post(
        "/v1/orders", content=json.dumps(an_order()), headers={"content-type": "text/plain"}
    )
    assert_problem(answer, 422, "invalid-request")


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("GET", "/v1/couriers/c_99", None, "unknown-courier"),
        ("PATCH", "/v1/couriers/c_99", {"paused": True}, "unknown-courier"),
        ("GET", "/v1/couriers/c_99/route", None, "unknown-courier"),
        (
            "POST",
            "/v1/couriers/c_99/actions",
            {"actions": [{"action_id": "1", "seq": 1, "kind": "paused"}]},
            "unknown-courier",
        ),
        (
            "POST",
            "/v1/couriers/c_99/positions",
            {"positions": [{"lat": 60.17, "lon": 24.94, "at": TEN.isoformat()}]},
            "unknown-courier",
        ),
        ("GET", "/v1/orders/o_99", None, "unknown-order"),
        ("DELETE", "/v1/orders/o_99", None, "unknown-order"),
        ("POST", "/v1/orders/o_99/ready", {"at": TEN.isoformat()}, "unknown-order"),
        ("PATCH", "/v1/drops/d_99", {"courier": "c_1"}, "unknown-drop"),
        ("GET", "/v1/plan/99", None, "unknown-plan"),
        ("POST", "/v1/couriers", a_courier(store="st_99"), "unknown-store"),
        ("POST", "/v1/orders", an_order(store="st_99"), "unknown-store"),
        ("POST", "/v1/orders", an_order(quote_id="q_99"), "unknown-quote"),
        ("GET", "/v2/orders", None, "unknown-path"),
    ],
)
def test_what_does_not_exist_is_not_found(
    client: TestClient, method: str, path: str, body: Any, code: str
) -> None:
    assert_problem(client.request(method, path, json=body), 404, code)


def test_a_path_says_what_it_cannot_do(client: TestClient) -> None:
    assert_problem(client.put("/v1/orders"), 405, "method-not-allowed")


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"capacity": 0}, "capacity"),
        ({"capacity": -5}, "capacity"),
        ({"name": ""}, "name"),
        ({"shift": {"start": at(0)}}, "shift.end"),
        ({"shift": {"start": "10:00", "end": "11:00"}}, "shift.start"),
        ({"skills": [""]}, "skills[0]"),
    ],
)
def test_what_a_courier_may_not_be(client: TestClient, changes: dict[str, Any], where: str) -> None:
    answer = client.post("/v1/couriers", json=a_courier(**changes))
    assert_problem(answer, 422, "invalid-request", where)


def test_a_shift_ends_after_it_starts(client: TestClient) -> None:
    answer = client.post("/v1/couriers", json=a_courier(shift={"start": at(5), "end": at(5)}))
    assert_problem(answer, 422, "empty-shift", "shift.end")


def test_an_action_for_a_stop_that_moved_away_is_superseded(fresh: TestClient) -> None:
    order = placed(fresh)
    drop = order["drops"][0]
    mine, other = drop["courier"], {"c_1": "c_2", "c_2": "c_1"}[drop["courier"]]
    stop = next(s["id"] for s in route(fresh, mine) if s["kind"] == "deliver")
    fresh.patch(f"/v1/drops/{drop['id']}", json={"courier": other})
    (result,) = tapped(fresh, mine, {"kind": "departed", "stop": stop})
    assert result["result"] == "superseded"
    assert stop in result["reason"]


def test_an_action_for_a_stop_that_never_was_is_rejected(client: TestClient) -> None:
    (result,) = tapped(client, "c_1", {"kind": "departed", "stop": "s_nowhere"})
    assert result["result"] == "rejected"
    assert "s_nowhere" in result["reason"]


def test_an_action_sent_again_takes_no_effect_again(fresh: TestClient) -> None:
    placed(fresh, a_drop("k_1"))
    courier = fresh.get("/v1/orders/o_1").json()["drops"][0]["courier"]
    tap = {"kind": "loaded", "stop": route(fresh, courier)[0]["id"], "action_id": "tap-1", "seq": 1}
    assert tapped(fresh, courier, tap)[0]["result"] == "applied"
    version = fresh.get("/v1/plan").json()["version"]
    assert tapped(fresh, courier, tap)[0]["result"] == "duplicate"
    assert fresh.get("/v1/plan").json()["version"] == version


@pytest.mark.parametrize(
    ("action", "where"),
    [
        ({"kind": "teleported"}, "actions[0].kind"),
        ({"kind": "failed", "reason": "rain"}, "actions[0].reason"),
        ({"kind": "paused", "seq": -1}, "actions[0].seq"),
        (
            {"kind": "delivered", "lines": [{"sku": "A", "accepted": -1}]},
            "actions[0].lines[0].accepted",
        ),
    ],
)
def test_what_an_action_may_not_say(client: TestClient, action: dict[str, Any], where: str) -> None:
    body = {"actions": [{"action_id": "1", "seq": 1} | action]}
    answer = client.post("/v1/couriers/c_1/actions", json=body)
    assert_problem(answer, 422, "invalid-request", where)


def test_the_same_external_id_with_the_same_body_is_the_same_order(fresh: TestClient) -> None:
    first = placed(fresh, external_id="PO-1")
    assert placed(fresh, external_id="PO-1") == first
    assert len(fresh.get("/v1/orders").json()["items"]) == 1


def test_the_same_external_id_with_another_body_is_a_conflict(fresh: TestClient) -> None:
    placed(fresh, external_id="PO-1")
    answer = fresh.post("/v1/orders", json=an_order(a_drop("k_2"), external_id="PO-1"))
    problem = assert_problem(answer, 409, "external-id-reused", "external_id")
    assert "o_1" in problem["detail"]
    assert len(fresh.get("/v1/orders").json()["items"]) == 1


def test_no_more_places_are_held_than_the_policy_allows(tmp_path: Path) -> None:
    body = {"service": "urgent", "drops": [a_drop()], "reserve": True}
    with service(tmp_path, policy={"holds_per_principal": 1}) as client:
        client.post("/v1/couriers", json=a_courier())
        assert client.post("/v1/quotes", json=body).json()["reserved"]
        answer = client.post("/v1/quotes", json=body)
        assert_problem(answer, 409, "too-many-holds", "reserve")


def test_a_quote_that_is_unknown_or_used_cannot_be_given_up(fresh: TestClient) -> None:
    assert_problem(fresh.delete("/v1/quotes/q_9"), 404, "unknown-quote", "quote_id")
    body = {"service": "urgent", "drops": [a_drop()]}
    quote = fresh.post("/v1/quotes", json=body).json()["quote_id"]
    placed(fresh, quote_id=quote)
    problem = assert_problem(fresh.delete(f"/v1/quotes/{quote}"), 409, "quote-used", "quote_id")
    assert "o_1" in problem["detail"]


def test_an_unknown_cursor_is_refused(client: TestClient) -> None:
    answer = client.get("/v1/desks?cursor=nowhere")
    assert_problem(answer, 422, "unknown-cursor", "query.cursor")


def test_the_clock_does_not_go_back_nor_leap(client: TestClient) -> None:
    assert_problem(client.post("/v1/clock", json={"now": at(-1)}), 409, "clock-backwards", "now")
    answer = client.post("/v1/clock", json={"now": at(60 * 24 * 8)})
    assert_problem(answer, 422, "clock-too-far", "now")


def test_a_service_that_is_not_offered_is_named_with_those_that_are(client: TestClient) -> None:
    answer = refused_order(client, an_order() | {"service": "overnight"})
    problem = assert_problem(answer, 422, "unknown-service", "service")
    assert "urgent, standard, special" in problem["detail"]
