"""What a client of a small service sees of promises, and the taps that keep them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.api_world import route, tapped

if TYPE_CHECKING:
    from fastapi.testclient import TestClient


def shown(client: TestClient, order: str = "o_1") -> dict[str, Any]:
    """Returns an order with its history."""
    found: dict[str, Any] = client.get(f"/v1/orders/{order}").json()
    return found


def told(client: TestClient, order: str = "o_1") -> list[tuple[str, str]]:
    """Returns the warnings and breaches in an order's history, with their moments."""
    return [
        (entry["facts"].get("kind", "breached"), entry["at"])
        for entry in shown(client, order)["history"]
        if entry["what"] in ("promise_warned", "promise_breached")
    ]


def load(client: TestClient) -> None:
    """Lets the courier load what the route shows."""
    (answer,) = tapped(client, "c_1", {"kind": "loaded", "stop": route(client)[0]["id"]})
    assert answer["result"] == "applied", answer


def deliver(client: TestClient, **tap: Any) -> None:
    """Lets the courier hand over the first drop, however early."""
    (answer,) = tapped(client, "c_1", {"kind": "delivered", "drop": "d_1", **tap})
    assert answer["result"] == "applied", answer
