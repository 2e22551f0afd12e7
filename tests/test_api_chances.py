"""Chances over HTTP: in orders and in quotes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.api_world import a_courier, a_drop, an_order, move_clock, placed, route, service, tapped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with service(tmp_path) as found:
        found.post("/v1/couriers", json=a_courier())
        yield found


def late_by(drop: dict[str, Any]) -> float:
    """Returns the seconds from a drop's eta to what holds nine times in ten."""
    return (
        datetime.fromisoformat(drop["eta_p90"]) - datetime.fromisoformat(drop["eta"])
    ).total_seconds()


def test_an_order_tells_its_chance_and_what_holds_nine_times_in_ten(client: TestClient) -> None:
    order = placed(client)
    assert 0.5 < order["promise"]["p_on_time"] <= 1
    assert late_by(order["drops"][0]) > 0
    # Asked again at the same moment it is the same.
    again = client.get(f"/v1/orders/{order['id']}").json()
    assert again["promise"] == order["promise"]
    assert client.get("/v1/orders").json()["items"] == [order]


def test_a_promise_that_cannot_be_kept_has_no_chance(client: TestClient) -> None:
    order = placed(client)
    move_clock(client, 23)
    promise = client.get(f"/v1/orders/{order['id']}").json()["promise"]
    assert (promise["state"], promise["p_on_time"]) == ("breached", 0)


def test_an_order_nobody_brings_has_no_chance_to_tell(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        order = placed(client, on_infeasible="accept_late")
        assert order["promise"]["p_on_time"] is None
        assert order["drops"][0]["eta_p90"] is None


def test_what_is_decided_has_no_chance(client: TestClient) -> None:
    order = placed(client)
    load = route(client)[0]["id"]
    tapped(client, "c_1", {"kind": "loaded", "stop": load})
    deliver = route(client)[0]["id"]
    tapped(client, "c_1", {"kind": "delivered", "stop": deliver})
    promise = client.get(f"/v1/orders/{order['id']}").json()["promise"]
    assert (promise["state"], promise["p_on_time"]) == ("met", None)


def test_a_quote_tells_the_chance_of_the_time_it_promises(client: TestClient) -> None:
    wish = {key: an_order(a_drop(), a_drop("k_2"))[key] for key in ("service", "drops")}
    quote = client.post("/v1/quotes", json=wish).json()
    assert 0.5 < quote["p_on_time"] <= 1
    assert late_by(quote) > 0
    # The order placed right away gets the plan, and the luck, that the quote had.
    order = placed(client, a_drop(), a_drop("k_2"), quote_id=quote["quote_id"])
    assert order["promise"]["p_on_time"] == quote["p_on_time"]
