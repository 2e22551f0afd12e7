"""
What one principal who floods the service costs another.

Another places orders, each cancelled when it is answered, at a steady rate, and is timed: alone
first, then while the first floods in one way after another: as many requests as it can send, bodies
as large as are taken, bodies that never end, problems for the solver that are far too large or as
large as can be. Each flood is timed between two measurements of the other alone, so that what the
machine does is seen too.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import numpy as np

from benchmarks.demand import START, desks
from benchmarks.machine import machine, percentiles
from benchmarks.service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping

CONNECTIONS = 32
"""What the flood sends at the same time: twice what is answered at once."""

FACTOR = 2.0
"""By which another's 99th percentile may move."""

POINTS, TAKEN = 5000, 600
"""Places of a problem: far more than are taken, and nearly as many as a body has room for."""

VEHICLE = {"id": 1, "start": [24.94, 60.17], "start_index": 0}


@dataclass(frozen=True, slots=True)
class Flood:
    """A way to flood: what one of its many connections does again and again."""

    name: str
    act: Callable[[httpx2.AsyncClient, Sequence[str]], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Size:
    """How long each measurement takes, and how many orders a second another places."""

    seconds: float = 30.0
    rate: float = 4.0


async def _quotes(http: httpx2.AsyncClient, known: Sequence[str]) -> int:
    return (await http.post("/v1/quotes", json=_body(known[0]))).status_code


async def _large(http: httpx2.AsyncClient, _: Sequence[str]) -> int:
    body = b'{"service": "' + b"x" * (1024 * 1024 - 100) + b'"}'
    return (await http.post("/v1/orders", content=body)).status_code


async def _slow(http: httpx2.AsyncClient, _: Sequence[str]) -> int:
    async def trickle() -> Any:
        for _ in range(100):
            yield b" "
            await asyncio.sleep(1)

    return (await http.post("/v1/orders", content=trickle())).status_code


async def _points(http: httpx2.AsyncClient, _: Sequence[str]) -> int:
    return (await http.post("/vroom/", content=_points_body())).status_code


async def _matrix(http: httpx2.AsyncClient, _: Sequence[str]) -> int:
    return (await http.post("/vroom/", content=_matrix_body(POINTS))).status_code


async def _small_matrix(http: httpx2.AsyncClient, _: Sequence[str]) -> int:
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


FLOODS = (
    Flood("rate", _quotes),
    Flood("size", _large),
    Flood("slow bodies", _slow),
    Flood(f"problems of {POINTS} places", _points),
    Flood(f"matrices of {POINTS} places", _matrix),
    Flood(f"matrices of {TAKEN} places, which are taken", _small_matrix),
)
"""What is tried."""


def flooding(size: Size | None = None, floods: Sequence[Flood] = FLOODS) -> str:
    """Returns the figures of each flood as text."""
    size = Size() if size is None else size
    with tempfile.TemporaryDirectory() as folder:
        settings = {"access": "tokens", "clock": "manual", "clock_start": START, "workers": 0}
        service = Service(Path(folder), settings)
        try:
            service.start()
            log = (Path(folder) / "service.log").read_text(encoding="utf-8")
            service.http.headers["Authorization"] = f"Bearer {_first(log)}"
            lines = asyncio.run(_measured(service, size, floods))
        finally:
            service.stop()
    return "\n".join([machine(), _head(size), *lines]) + "\n"


def _first(log: str) -> str:
    """Returns the token of the first administrator, told as the service started."""
    return log.partition("shown this once: ")[2].split()[0]


def _head(size: Size) -> str:
    return (
        f"Another places {size.rate:g} orders a second for {size.seconds:g} s, each cancelled; the "
        f"flood has {CONNECTIONS} connections; client on the same machine"
    )


async def _measured(service: Service, size: Size, floods: Sequence[Flood]) -> list[str]:
    known = desks(service)
    for i in range(10):
        service.ask("POST", "/v1/couriers", _courier(i))
    lines = []
    async with _client(service, "shop") as shop, _client(service, "flood") as flood:
        await _placed(shop, known, Size(min(5.0, size.seconds), size.rate))
        before = await _placed(shop, known, size)
        for each in floods:
            answered: Counter[int] = Counter()
            acting = [
                asyncio.create_task(_forever(each, flood, known, answered))
                for _ in range(CONNECTIONS)
            ]
            under = await _placed(shop, known, size)
            for task in acting:
                task.cancel()
            await asyncio.gather(*acting, return_exceptions=True)
            after = await _placed(shop, known, size)
            told = _told(each.name, before, under, after, answered)
            lines += [told, f"  {service.memory_mb():.0f} MB"]
            before = after
    return lines


def _told(
    name: str,
    before: list[float],
    under: list[float],
    after: list[float],
    answered: Mapping[int, int],
) -> str:
    alone = [*before, *after]
    factor = np.percentile(under, 99) / np.percentile(alone, 99)
    word = "held" if factor < FACTOR else "not held"
    statuses = ", ".join(f"{count} x {status}" for status, count in sorted(answered.items()))
    return "\n".join(
        [
            f"{name}: the 99th percentile moves by a factor {factor:.2f}, {word}",
            f"  alone:   {percentiles(alone, unit='ms')}",
            f"  flooded: {percentiles(under, unit='ms')}",
            f"  the flood was answered {statuses or 'nothing'}",
        ]
    )


def _client(service: Service, name: str) -> httpx2.AsyncClient:
    """Returns a client by a token of a principal that takes orders."""
    token = service.ask("POST", "/v1/tokens", {"name": name, "role": "intake"})["token"]
    return httpx2.AsyncClient(
        base_url=str(service.http.base_url),
        timeout=120,
        trust_env=False,
        headers={"Authorization": f"Bearer {token}"},
        limits=httpx2.Limits(max_connections=None),
    )


async def _placed(http: httpx2.AsyncClient, known: Sequence[str], size: Size) -> list[float]:
    """Returns the milliseconds that each order took to be answered, from when it was due."""
    took: list[float] = []
    began = time.perf_counter()

    async def place(i: int) -> None:
        due = began + i / size.rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        answer = await http.post("/v1/orders", json=_body(known[i % len(known)]))
        took.append(1000 * (time.perf_counter() - due))
        order = answer.raise_for_status().json()["id"]
        (await http.delete(f"/v1/orders/{order}")).raise_for_status()

    async with asyncio.TaskGroup() as tasks:
        for i in range(max(1, int(size.rate * size.seconds))):
            tasks.create_task(place(i))
    return took


async def _forever(
    flood: Flood, http: httpx2.AsyncClient, known: Sequence[str], answered: Counter[int]
) -> None:
    while True:
        try:
            answered[await flood.act(http, known)] += 1
        except httpx2.HTTPError:
            # The service closed the line.
            answered[0] += 1


def _body(desk: str) -> dict[str, Any]:
    drop = {"desk": {"id": desk}, "items": [{"sku": "A4", "quantity": 1}]}
    return {"service": "urgent", "drops": [drop]}


def _courier(i: int) -> dict[str, Any]:
    shift = {"start": START, "end": START.replace("T10", "T18")}
    return {"name": f"Courier {i}", "store": "st_1", "capacity": 20, "shift": shift}
