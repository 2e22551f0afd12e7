"""
What the real service bears: orders a second, and how soon couriers hear of a change.

A zone with 300 open drops and 20 couriers on a clock that stands still. Each courier listens to its
own stream, reads its route and reports; dispatchers' screens hear everything; besides them streams
are open that have nothing to tell, those of a courier who pauses. Orders come at a given rate
whether answers are there or not (open loop); each is cancelled when it is answered, so that every
order meets the same load. A rate is sustained when the last answer comes soon after the last order.
Then an hour passes in steps of a minute, with orders and taps in each, and what memory is needed is
told.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2

from benchmarks.demand import START, add_couriers, desks, order
from benchmarks.load_phone import PAUSE_S, Phone, listen
from benchmarks.machine import machine, percentiles
from benchmarks.postgres_server import PostgresServer, why_not
from benchmarks.service import Service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

SEED = 7

LATE_S = 1.0
"""A rate is sustained while the last answer comes no later than this after the last order."""


@dataclass(frozen=True, slots=True)
class Load:
    """How much is asked: ``rates`` are orders a second, for ``seconds`` each."""

    couriers: int = 20
    screens: int = 5
    open_drops: int = 300
    idle_streams: int = 500
    rates: tuple[float, ...] = (1, 2, 4, 8, 12, 16)
    seconds: float = 20.0
    minutes: int = 60
    orders_a_minute: int = 5


@dataclass
class Heard:
    """What was measured at one rate; filled by many tasks on one event loop."""

    posted_ms: list[float] = field(default_factory=list)
    sent_at: dict[int, float] = field(default_factory=dict)
    answered_at: dict[int, float] = field(default_factory=dict)
    on_phones: list[tuple[int, float]] = field(default_factory=list)
    on_screens: list[tuple[int, float]] = field(default_factory=list)
    refused: int = 0


@dataclass
class Ear:
    """Where listeners put what they hear: the measurement of now."""

    now: Heard = field(default_factory=Heard)

    def phone(self, version: int, at: float) -> None:
        """Notes that a courier's stream told of a version of the plan."""
        self.now.on_phones.append((version, at))

    def screen(self, version: int, at: float) -> None:
        """Notes that a dispatcher's stream told of a version of the plan."""
        self.now.on_screens.append((version, at))


def since(moments: Mapping[int, float], heard: Sequence[tuple[int, float]]) -> list[float]:
    """Returns the milliseconds from a moment of each version to every hearing of it."""
    return [1000 * (at - moments[version]) for version, at in heard if version in moments]


def load(urls: Sequence[str] = ("",), what: Load | None = None) -> str:
    """Returns the figures on each store by its URL, empty for SQLite, as text."""
    what = Load() if what is None else what
    parts = [machine(), _head(what)]
    for url in urls:
        with tempfile.TemporaryDirectory() as folder:
            parts += _measure(Path(folder), url, what)
    return "\n".join(parts) + "\n"


def load_both(what: Load | None = None) -> str:
    """Returns the figures on SQLite and, where a server can be started, on PostgreSQL."""
    if reason := why_not():
        return f"{load(what=what)}postgresql: not measured. {reason}\n"
    with closing(PostgresServer()) as server:
        server.start()
        server.create("load")
        return load(("", server.url("load")), what)


def _head(what: Load) -> str:
    return (
        f"{what.open_drops} open drops, {what.couriers} couriers who listen and act every "
        f"{PAUSE_S:g} s, {what.screens} screens that hear everything, "
        f"{what.idle_streams} idle streams, 1 search worker at work (0.2 s a search), seed {SEED}, "
        f"{what.seconds:g} s a rate, client on the same machine"
    )


def _measure(folder: Path, url: str, what: Load) -> list[str]:
    settings: dict[str, Any] = {"clock": "manual", "clock_start": START, "workers": 1}
    settings |= {"search_seconds": 0.2, **({"db": url} if url else {})}
    service = Service(folder, settings)
    try:
        service.start()
        rng, known = random.Random(SEED), desks(service)
        *couriers, away = add_couriers(service, what.couriers + 1)
        service.ask("PATCH", f"/v1/couriers/{away}", {"paused": True})
        open_drops = 0
        while open_drops < what.open_drops:
            body = {**order(rng, known, 0.3), "on_infeasible": "accept_late"}
            open_drops += len(service.ask("POST", "/v1/orders", body)["drops"])
        lines = [f"{url.split(':', 1)[0] or 'sqlite'}: {service.memory_mb():.0f} MB at rest"]
        lines += asyncio.run(_loaded(service, rng, known, couriers, away, what))
    finally:
        service.stop()
    return lines


async def _loaded(
    service: Service,
    rng: random.Random,
    known: list[str],
    couriers: list[str],
    away: str,
    what: Load,
) -> list[str]:
    ear, lines = Ear(), list[str]()
    async with _phones(service, ear, couriers, away, what) as (http, phones, acting):
        for rate in what.rates:
            ear.now = Heard()
            lines.append(await _at_rate(http, ear.now, rng, known, rate, what.seconds))
        for task in acting:
            task.cancel()
        await asyncio.gather(*acting, return_exceptions=True)
        lines.append(await _hour(service, http, rng, known, phones, what))
        began = time.monotonic()
        await asyncio.to_thread(service.stop)
        streams = what.couriers + what.screens + what.idle_streams
        lines.append(f"stopped within {time.monotonic() - began:.1f} s, {streams} streams open")
    return lines


@asynccontextmanager
async def _phones(
    service: Service, ear: Ear, couriers: list[str], away: str, what: Load
) -> AsyncIterator[tuple[httpx2.AsyncClient, list[Phone], list[asyncio.Task[None]]]]:
    """Yields a client, the couriers' phones and the tasks in which they act, while all listen."""
    # The service closes what is idle for 5 s; who lets go before writes into no closed line.
    limits = httpx2.Limits(
        max_connections=None, max_keepalive_connections=None, keepalive_expiry=2.0
    )
    url = str(service.http.base_url)
    async with httpx2.AsyncClient(base_url=url, timeout=60, limits=limits, trust_env=False) as http:
        streams = [listen(http, ear.phone, courier) for courier in couriers]
        streams += [listen(http, ear.screen) for _ in range(what.screens)]
        streams += [listen(http, Ear().phone, away) for _ in range(what.idle_streams)]
        listening = [asyncio.create_task(stream) for stream in streams]
        phones = [Phone(http, courier, random.Random(courier)) for courier in couriers]
        acting = [asyncio.create_task(phone.run()) for phone in phones]
        try:
            await asyncio.sleep(2)
            yield http, phones, acting
        finally:
            for task in (*listening, *acting):
                task.cancel()
            await asyncio.gather(*listening, *acting, return_exceptions=True)


async def _at_rate(
    http: httpx2.AsyncClient,
    heard: Heard,
    rng: random.Random,
    known: list[str],
    rate: float,
    seconds: float,
) -> str:
    """Returns what orders at a rate met."""
    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for i in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + i / rate - time.perf_counter()))
            tasks.create_task(_order(http, heard, order(rng, known)))
        last = time.perf_counter()
    late = time.perf_counter() - last
    await asyncio.sleep(0.5)
    word = "sustained" if late <= LATE_S and not heard.refused else "not sustained"
    told = {
        "POST /v1/orders": heard.posted_ms,
        "order sent to phone": since(heard.sent_at, heard.on_phones),
        "answer to phone": since(heard.answered_at, heard.on_phones),
        "answer to screen": since(heard.answered_at, heard.on_screens),
    }
    return "\n".join(
        [
            f"{rate:g} orders a second, each cancelled: {word} (last answer {late:.2f} s after the "
            f"last order, {heard.refused} refused)",
            *(f"  {name}: {percentiles(figures, unit='ms')}" for name, figures in told.items()),
        ]
    )


async def _order(http: httpx2.AsyncClient, heard: Heard, body: dict[str, Any]) -> None:
    sent = time.perf_counter()
    answer = await http.post("/v1/orders", json={**body, "on_infeasible": "accept_late"})
    at = time.perf_counter()
    if not answer.is_success:
        heard.refused += 1
        return
    placed = answer.json()
    heard.posted_ms.append((at - sent) * 1000)
    heard.sent_at[placed["plan_version"]] = sent
    heard.answered_at[placed["plan_version"]] = at
    await http.delete(f"/v1/orders/{placed['id']}")


async def _hour(
    service: Service,
    http: httpx2.AsyncClient,
    rng: random.Random,
    known: list[str],
    phones: list[Phone],
    what: Load,
) -> str:
    """Returns what memory was needed while time passed with orders and taps in each minute."""
    start = datetime.fromisoformat(START)
    memory = [service.memory_mb()]
    for minute in range(1, what.minutes + 1):
        now = start + timedelta(minutes=minute)
        (await http.post("/v1/clock", json={"now": now.isoformat()})).raise_for_status()
        for _ in range(what.orders_a_minute):
            await _order(http, Heard(), order(rng, known))
        for phone in phones:
            await phone.act()
        if minute % 10 == 0:
            memory.append(service.memory_mb())
    told = ", ".join(f"{mb:.0f}" for mb in memory)
    return f"memory over {what.minutes} minutes of orders and taps: {told} MB"
