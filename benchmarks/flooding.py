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
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.demand import START, desks
from benchmarks.flood import CONNECTIONS, FLOODS, an_order, client
from benchmarks.machine import machine, percentiles
from benchmarks.service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import httpx2

FACTOR = 2.0
"""By which another's 99th percentile may move."""


@dataclass(frozen=True, slots=True)
class Size:
    """How long each measurement takes, and how many orders a second another places."""

    seconds: float = 60.0
    rate: float = 4.0


def flooding(size: Size | None = None, floods: Sequence[str] = tuple(FLOODS)) -> str:
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
        f"flood is a process of its own on the same machine, of low priority, with {CONNECTIONS} "
        "connections"
    )


async def _measured(service: Service, size: Size, floods: Sequence[str]) -> list[str]:
    known = desks(service)
    for i in range(10):
        service.ask("POST", "/v1/couriers", _courier(i))
    url, token = str(service.http.base_url), _token(service, "flood")
    lines = []
    async with client(url, _token(service, "shop")) as shop:
        await _placed(shop, known, Size(min(5.0, size.seconds), size.rate))
        before = await _placed(shop, known, size)
        for name in floods:
            words = ("-m", "benchmarks.flood", url, token, known[0], name)
            flood = await asyncio.create_subprocess_exec(
                sys.executable,
                *words,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            assert flood.stdout is not None
            await flood.stdout.readline()
            under = await _placed(shop, known, size)
            told, _ = await flood.communicate(b"")
            after = await _placed(shop, known, size)
            lines += [_told(name, before, under, after, json.loads(told))]
            lines += [f"  {service.memory_mb():.0f} MB, {service.peak_mb()} MB at most"]
            before = after
    return lines


def _told(
    name: str,
    before: list[float],
    under: list[float],
    after: list[float],
    answered: Mapping[str, int],
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


def _token(service: Service, name: str) -> str:
    """Returns a token of a principal that takes orders."""
    made = service.ask("POST", "/v1/tokens", {"name": name, "role": "intake"})
    return str(made["token"])


async def _placed(http: httpx2.AsyncClient, known: Sequence[str], size: Size) -> list[float]:
    """Returns the milliseconds that each order took to be answered, from when it was due."""
    took: list[float] = []
    began = time.perf_counter()

    async def place(i: int) -> None:
        due = began + i / size.rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        answer = await http.post("/v1/orders", json=an_order(known[i % len(known)]))
        took.append(1000 * (time.perf_counter() - due))
        order = answer.raise_for_status().json()["id"]
        (await http.delete(f"/v1/orders/{order}")).raise_for_status()

    async with asyncio.TaskGroup() as tasks:
        for i in range(max(1, int(size.rate * size.seconds))):
            tasks.create_task(place(i))
    return took


def _courier(i: int) -> dict[str, Any]:
    shift = {"start": START, "end": START.replace("T10", "T18")}
    return {"name": f"Courier {i}", "store": "st_1", "capacity": 20, "shift": shift}
