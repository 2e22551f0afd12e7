"""
A busy zone for a page to show: many open orders, many couriers, and what goes on among them.
"""

from __future__ import annotations

import asyncio
import random
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx2

from benchmarks.demand import desks, order
from benchmarks.load_phone import Phone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.service import Service

SEED = 7

SETTINGS: dict[str, Any] = {
    "workers": 1,
    "search_seconds": 0.2,
    "polish_seconds": 0,
    "requests_per_second": 10_000,
}
"""One core for the service's search: the browser has the other."""

TAP_S = 1.25
"""
Seconds between two taps of anybody.

Sixty couriers, of whom each taps four times in a stop of five minutes.
"""

POSITION_S = 0.5
"""Seconds between two positions: each courier's comes every half minute."""

ORDER_S = 12.0
"""Seconds between two orders: 300 an hour, which sixty couriers deliver."""


@dataclass(frozen=True, slots=True)
class Zone:
    """What there is: ids of couriers, of desks, and of one drop of each order."""

    couriers: tuple[str, ...]
    desks: tuple[str, ...]
    drops: tuple[str, ...]


def fill(service: Service, orders: int, couriers: int) -> Zone:
    """Returns a zone with so many open orders and couriers on shift, from now on."""
    now = datetime.fromisoformat(service.ask("GET", "/v1/city")["now"])
    shift = {"start": now.isoformat(), "end": (now + timedelta(hours=12)).isoformat()}
    rng, known = random.Random(SEED), desks(service)
    hired = [
        service.ask("POST", "/v1/couriers", courier | {"shift": shift})["id"]
        for courier in (
            {"name": f"Courier {i}", "store": "st_1", "capacity": 30} for i in range(couriers)
        )
    ]
    bodies = [order(rng, known) | {"customer": f"Customer {i}"} for i in range(orders)]
    placed = [service.ask("POST", "/v1/orders", body | LATE) for body in bodies]
    drops = tuple(each["drops"][0]["id"] for each in placed)
    return Zone(tuple(hired), tuple(known), drops)


LATE = {"on_infeasible": "accept_late"}


@contextmanager
def going_on(service: Service, zone: Zone) -> Iterator[None]:
    """Lets couriers tap and ride and orders come meanwhile, evenly, in a thread of its own."""
    ended = threading.Event()
    url = str(service.http.base_url)
    thread = threading.Thread(target=lambda: asyncio.run(_go_on(url, zone, ended)), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


async def _go_on(url: str, zone: Zone, ended: threading.Event) -> None:
    rng = random.Random(SEED + 1)
    limits = httpx2.Limits(keepalive_expiry=2.0)
    async with httpx2.AsyncClient(base_url=url, timeout=60, limits=limits, trust_env=False) as http:
        phones = [Phone(http, courier, rng) for courier in zone.couriers]

        async def tap(i: int) -> None:
            await phones[i % len(phones)].act()

        async def ride(i: int) -> None:
            where = {"lat": rng.uniform(60.163, 60.175), "lon": rng.uniform(24.92, 24.96)}
            now = (await http.get("/v1/city")).json()["now"]
            path = f"/v1/couriers/{zone.couriers[i % len(zone.couriers)]}/positions"
            body = {"positions": [where | {"at": now}]}
            (await http.post(path, json=body)).raise_for_status()

        async def buy(_: int) -> None:
            body = order(rng, list(zone.desks)) | LATE
            (await http.post("/v1/orders", json=body)).raise_for_status()

        each = ((tap, TAP_S), (ride, POSITION_S), (buy, ORDER_S))
        await asyncio.gather(*(_every(pause, act, ended) for act, pause in each))


async def _every(pause: float, act: Any, ended: threading.Event) -> None:
    """Does a thing again and again, as often as it should be and not faster to catch up."""
    i = 0
    while not ended.is_set():
        await act(i)
        i += 1
        await asyncio.sleep(pause)
