"""
Floods of a service: what one client does again and again, as fast as it can.

A process of its own, ``python -m benchmarks.flood URL TOKEN DESK NAME``, so that who is timed
shares no loop with it; it stops when its standard input ends, and prints how it was answered.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx2

if TYPE_CHECKING:
    from collections.abc import Mapping

CONNECTIONS = 32
"""What the flood sends at the same time: twice what is answered at once."""

NICE = 10
"""A flood comes from other machines: on this one it must not take the service's cores."""

POINTS, TAKEN = 5000, 600
"""Places of a problem: far more than are taken, and nearly as many as a body has room for."""

VEHICLE = {"id": 1, "start": [24.94, 60.17], "start_index": 0}

Act = Callable[[httpx2.AsyncClient, str], Awaitable[int]]
"""Sends one request, by a desk, and returns the status of the answer."""


async def _quotes(http: httpx2.AsyncClient, desk: str) -> int:
    return (await http.post("/v1/quotes", json=an_order(desk))).status_code


async def _large(http: httpx2.AsyncClient, _: str) -> int:
    body = b'{"service": "' + b"x" * (1024 * 1024 - 100) + b'"}'
    return (await http.post("/v1/orders", content=body)).status_code


async def _slow(http: httpx2.AsyncClient, _: str) -> int:
    async def trickle() -> Any:
        for _ in range(100):
            yield b" "
            await asyncio.sleep(1)

    return (await http.post("/v1/orders", content=trickle())).status_code


async def _points(http: httpx2.AsyncClient, _: str) -> int:
    return (await http.post("/vroom/", content=_points_body())).status_code


async def _matrix(http: httpx2.AsyncClient, _: str) -> int:
    return (await http.post("/vroom/", content=_matrix_body(POINTS))).status_code


async def _small_matrix(http: httpx2.AsyncClient, _: str) -> int:
    return (await http.post("/vroom/", content=_matrix_body(TAKEN))).status_code


@cache
def _points_body() -> bytes:
    """Returns a problem of so many places by coordinates, all within Helsinki."""
    jobs = [
        {"id": i, "location": [24.93 + i % 100 * 2e-4, 60.16 + i // 100 * 2e-4]}
        for i in range(POINTS)
    ]
    return json.dumps({"vehicles": [VEHICLE], "jobs": jobs}).encode()


@cache
def _matrix_body(size: int) -> bytes:
    """Returns a problem of so many places with its matrix, written with as few digits as can be."""
    row = b"[" + b",".join([b"9"] * size) + b"]"
    matrix = b"[" + b",".join([row] * size) + b"]"
    jobs = [{"id": i, "location_index": i} for i in range(1, size)]
    rest = json.dumps({"vehicles": [VEHICLE], "jobs": jobs}).encode()
    return rest[:-1] + b',"matrices":{"car":{"durations":' + matrix + b"}}}"


FLOODS: Mapping[str, Act] = {
    "rate": _quotes,
    "size": _large,
    "slow bodies": _slow,
    f"problems of {POINTS} places": _points,
    f"matrices of {POINTS} places": _matrix,
    f"matrices of {TAKEN} places, which are taken": _small_matrix,
}
"""What is tried, by name."""


def an_order(desk: str) -> dict[str, Any]:
    """Returns an urgent order of one drop as it is sent."""
    drop = {"desk": {"id": desk}, "items": [{"sku": "A4", "quantity": 1}]}
    return {"service": "urgent", "drops": [drop]}


async def flood(url: str, token: str, desk: str, act: Act) -> Counter[int]:
    """Floods until standard input ends; returns the answers by status, 0 for closed lines."""
    answered: Counter[int] = Counter()
    async with client(url, token) as http:
        acting = [
            asyncio.create_task(_forever(act, http, desk, answered)) for _ in range(CONNECTIONS)
        ]
        sys.stdout.write("begun\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
        for task in acting:
            task.cancel()
        await asyncio.gather(*acting, return_exceptions=True)
    return answered


def client(url: str, token: str) -> httpx2.AsyncClient:
    """Returns a client of a service, with as many connections as it likes."""
    return httpx2.AsyncClient(
        base_url=url,
        timeout=120,
        trust_env=False,
        headers={"Authorization": f"Bearer {token}"},
        limits=httpx2.Limits(max_connections=None),
    )


async def _forever(act: Act, http: httpx2.AsyncClient, desk: str, answered: Counter[int]) -> None:
    while True:
        try:
            answered[await act(http, desk)] += 1
        except httpx2.HTTPError:
            answered[0] += 1


if __name__ == "__main__":
    os.nice(NICE)
    url, token, desk, name = sys.argv[1:]
    sys.stdout.write(json.dumps(asyncio.run(flood(url, token, desk, FLOODS[name]))))
