"""Places held for quotes, over HTTP and through a restart."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.api_world import a_courier, a_drop, at, move_clock, placed, route, service, tapped

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi.testclient import TestClient


def reserved(client: TestClient, *drops: dict[str, Any]) -> dict[str, Any]:
    """Asks for a time and for the place to be held."""
    body = {"service": "urgent", "drops": list(drops) or [a_drop()], "reserve": True}
    answer = client.post("/v1/quotes", json=body)
    assert answer.status_code == 200, answer.text
    quote: dict[str, Any] = answer.json()
    assert quote["reserved"]
    return quote


def everything_shown(client: TestClient) -> str:
    """Returns all that couriers, customers and dispatchers are shown of plans and orders."""
    paths = ("/v1/plan", "/v1/couriers/c_1/route", "/v1/orders", "/v1/couriers", "/v1/plan/1")
    answers = [client.get(path) for path in paths]
    return json.dumps([answer.json() for answer in answers if answer.status_code == 200])


def test_a_place_held_is_shown_to_nobody(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        placed(client, a_drop("k_2"))
        before = route(client)
        reserved(client)
        assert "q_1" not in everything_shown(client)
        assert [stop["id"] for stop in route(client)] == [stop["id"] for stop in before]


def test_a_place_survives_a_restart_and_expires_after_it(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        first, second = reserved(client), reserved(client, a_drop("k_2"))
    with service(tmp_path) as client:
        move_clock(client, 1)
        order = placed(client, quote_id=first["quote_id"])
        assert order["promise"]["due_at"] == at(23)
        assert order["promise"]["slack_s"] >= 0
        assert not order["requoted"]
        move_clock(client, 1.5)
        answer = client.post(
            "/v1/orders",
            json={"service": "urgent", "drops": [a_drop("k_2")], "quote_id": second["quote_id"]},
        )
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/quote-expired")
        assert len(client.get("/v1/orders").json()["items"]) == 1


def test_a_place_given_up_is_held_no_longer(tmp_path: Path) -> None:
    with service(tmp_path, policy={"holds_per_principal": 1}) as client:
        client.post("/v1/couriers", json=a_courier())
        quote = reserved(client)["quote_id"]
        for _ in range(2):
            answer = client.delete(f"/v1/quotes/{quote}")
            assert (answer.status_code, answer.content) == (204, b"")
        reserved(client)


def test_what_is_loaded_by_default_is_what_is_shown(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        placed(client, a_drop("k_2"))
        reserved(client)
        (load, *_) = route(client)
        assert load["drops"] == ["d_1"]
        taps = [{"kind": kind, "stop": load["id"]} for kind in ("departed", "arrived", "loaded")]
        assert {tap["result"] for tap in tapped(client, "c_1", *taps)} == {"applied"}
        assert "q_1" not in everything_shown(client)


def test_a_longer_time_comes_with_what_was_searched_and_what_else_there_is(tmp_path: Path) -> None:
    with service(tmp_path, policy={"quote_search_s": 0.01}) as client:
        client.post("/v1/couriers", json=a_courier())
        body = {"service": "urgent", "drops": [a_drop(), a_drop("k_2")], "ready_at": at(25)}
        quote = client.post("/v1/quotes", json=body).json()
        assert not quote["feasible"]
        assert quote["searched"]
        assert quote["searched_s"] >= 0
        for other in quote["alternatives"]:
            assert set(other) == {"kind", "promise_s", "text"}
            assert other["promise_s"] < quote["promise_s"]
