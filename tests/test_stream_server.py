"""Streams on real sockets: many of them, one that never reads, a service killed and stopped."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from api.app import create_app
from api.feed import QUEUE
from api.server import Server, _bound
from benchmarks.push import Heard, receiving
from benchmarks.push import opened as opened_stream
from benchmarks.service import Service
from dispatch.store import LoggedEvent
from tests.api_world import InlineSearch, a_courier, an_order, helsinki, settings_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from api.zone import Zone


@asynccontextmanager
async def listening(folder: Path) -> AsyncIterator[tuple[Zone, Server, asyncio.Task[None]]]:
    """A service on this event loop and a socket of its own."""
    app = create_app(settings_in(folder), city=helsinki(), search=InlineSearch())
    async with app.router.lifespan_context(app):
        with _bound("127.0.0.1", 0) as listener:
            began = asyncio.Event()
            server = Server(app, began.set)
            task = asyncio.create_task(server.serve([listener]))
            await began.wait()
            yield app.state.zone, server, task
            server.should_exit = True
            await task


def a_great_plan(seq: int) -> LoggedEvent:
    """Returns an entry of the log of which about 60 kB are told."""
    changes = [{"drop": f"d_{i}", "before": None, "after": "c_1"} for i in range(1500)]
    body = {"version": seq, "changes": changes}
    return LoggedEvent(seq, 0, "plan_published", body, ("c_1",))


async def opened(server: Server) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Opens a stream and waits for its first word."""
    host, port = server.servers[0].sockets[0].getsockname()
    reader, writer = await asyncio.open_connection(host, port, limit=2**20)
    writer.write(b"GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    await reader.readuntil(b"retry: 2000")
    return reader, writer


def test_a_client_that_never_reads_holds_neither_memory_nor_the_stop(tmp_path: Path) -> None:
    async def story() -> float:
        async with listening(tmp_path) as (zone, server, task):
            reads, one = await opened(server)
            _, deaf = await opened(server)
            deaf.transport.pause_reading()  # type: ignore[attr-defined]
            # The sockets take some MB; of what is left more than a queue holds.
            for seq in range(1, 2 * QUEUE + 1):
                zone.feed.publish([a_great_plan(seq)])
                await reads.readuntil(b"id: helsinki:%d\n" % seq)
            lost = [listener for listener in zone.feed._listeners if listener.lost]  # noqa: SLF001
            waiting = [len(i._waiting) for i in zone.feed._listeners]  # noqa: SLF001
            # The third is what sends webhooks.
            assert (len(lost), waiting) == (1, [0, 0, 0])
            began = time.monotonic()
            server.should_exit = True
            await task
            assert b"event: bye" in await reads.read()
            deaf.close()
            one.close()
            return time.monotonic() - began

    assert asyncio.run(story()) < 3


def heard(stream: socket.socket, until: bytes) -> bytes:
    """Returns what comes on a stream until this text, and the end of its line."""
    told = b""
    while until not in told or not told.endswith(b"\n\n"):
        part = stream.recv(65536)
        assert part, told
        told += part
    return told


def listen(service: Service, last: str | None = None, query: str = "") -> socket.socket:
    """Opens a stream on a socket of its own."""
    url = service.http.base_url
    stream = socket.create_connection((url.host, url.port or 80), timeout=30)
    # By HTTP/1.0 the events come as they are, in no chunks.
    lines = [f"GET /v1/stream{query} HTTP/1.0", "Host: 127.0.0.1"]
    lines += [f"Last-Event-ID: {last}"] if last else []
    stream.sendall("\r\n".join([*lines, "", ""]).encode())
    return stream


def facts(told: bytes) -> Iterator[tuple[str, str]]:
    """Yields id and name of the events in what was told."""
    for block in told.decode().split("\n\n"):
        lines = [line.partition(": ") for line in block.splitlines()]
        fields = {name: value for name, _, value in lines}
        if "event" in fields:
            yield fields.get("id", ""), fields["event"]


def test_streams_go_on_after_kill_9_and_fifty_of_them_end_in_time(tmp_path: Path) -> None:
    settings = {"clock": "manual", "clock_start": "2026-11-23T10:00:00+02:00", "workers": 0}
    service = Service(tmp_path, settings | {"webhooks_allow_loopback": True})
    by_hook = Heard()
    try:
        with receiving(by_hook) as url:
            service.start()
            service.ask("POST", "/v1/couriers", a_courier())
            service.ask("POST", "/v1/webhooks", {"url": url})
            _killed_between_orders(service)
            # No webhook is lost either.
            by_hook.wait(set(range(2, service.ask("GET", "/readyz")["events"] + 1)))

        streams = [opened_stream(service) for _ in range(50)]
        began = time.monotonic()
        service.terminate()
        for stream in streams:
            assert b"event: bye" in heard(stream, b"event: bye")
            stream.close()
        service.wait()
        assert time.monotonic() - began < 3
        assert "Traceback" not in (tmp_path / "service.log").read_text()
    finally:
        service.stop()


def _killed_between_orders(service: Service) -> None:
    """Kills the service while a stream is behind, and asserts that it misses nothing."""
    with listen(service) as stream:
        heard(stream, b"retry: 2000")
        service.ask("POST", "/v1/orders", an_order())
        before = list(facts(heard(stream, b"event: plan")))
        # Nobody reads what this one brings about before the power goes.
        service.ask("POST", "/v1/orders", an_order())
        service.kill()
    service.start()
    service.ask("POST", "/v1/orders", an_order())
    with listen(service, last=before[-1][0]) as stream:
        told = heard(stream, b'"orders":["o_3"]')
        told += b"" if b'"version":3' in told else heard(stream, b'"version":3')
        after = list(facts(told))
    events = service.ask("GET", "/readyz")["events"]
    # The courier is the first event; each order is one, and its plan another.
    numbers = [int(id_.removeprefix("helsinki:")) for id_, _ in before + after]
    assert numbers == list(range(2, events + 1))
    assert [name for _, name in before + after] == ["order", "plan"] * 3
