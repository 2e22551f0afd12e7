"""
Requests that proofs send: couriers on shift all day, orders for random desks of the directory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

    from benchmarks.service import Service

DAY = "2026-11-23"
"""A Monday. Helsinki is two hours ahead of UTC in November."""

START = f"{DAY}T10:00:00+02:00"


def desks(service: Service) -> list[str]:
    """Returns the ids of all desks of the service's city."""
    found: list[str] = []
    cursor = ""
    while True:
        page = service.ask("GET", f"/v1/desks?cursor={cursor}" if cursor else "/v1/desks")
        found += [item["id"] for item in page["items"]]
        cursor = page["next"] or ""
        if not cursor:
            return found


def add_couriers(service: Service, count: int) -> list[str]:
    """Returns the ids of new couriers on shift from 8 to 18."""
    shift = {"start": f"{DAY}T08:00:00+02:00", "end": f"{DAY}T18:00:00+02:00"}
    return [
        service.ask(
            "POST",
            "/v1/couriers",
            {"name": f"Courier {i}", "store": "st_1", "capacity": 12, "shift": shift},
        )["id"]
        for i in range(1, count + 1)
    ]


def order(rng: random.Random, known: list[str], urgent_share: float = 0.75) -> dict[str, Any]:
    """Returns a random order body: one drop, in one of six cases two."""
    service = "urgent" if rng.random() < urgent_share else "standard"
    drops = [
        {
            "desk": {"id": rng.choice(known)},
            "items": [{"sku": "A4-80", "quantity": rng.randint(1, 3), "load": 1}],
        }
        for _ in range(rng.choice((1, 1, 1, 1, 1, 2)))
    ]
    return {"service": service, "drops": drops}
