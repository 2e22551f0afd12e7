"""The stream of events: live, after a break, for slow listeners, and at the end."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import fastapi.sse
import httpx2
import pytest

import api.stream
from api.app import create_app
from api.feed import Feed
from api.stream import MOST_MISSED, position_of
from dispatch.events import BreachForeseen, Rescue
from dispatch.store import DatabaseError, LoggedEvent
from tests.api_world import (
    TEN,
    InlineSearch,
    a_courier,
    a_drop,
    an_order,
    at,
    helsinki,
    settings_in,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from fastapi import FastAPI


class Listening:
    """A client that reads a stream while it is open, straight from the application."""

    def __init__(self, app: FastAPI, last_event_id: str | None = None, *, query: str = "") -> None:
        headers = [(b"host", b"127.0.0.1")]
        if last_event_id is not None:
            headers.append((b"last-event-id", last_event_id.encode()))
        self._scope = {
            "type": "http",
            "method": "GET",
            "path": "/v1/stream",
            "query_string": query.encode(),
            "headers": headers,
            "client": ("127.0.0.1", 1),
        }
        self._app = app
        self._chunks: asyncio.Queue[str | None] = asyncio.Queue()
        self._gone = asyncio.Event()
        self.ids: list[str] = []

    async def __aenter__(self) -> Listening:
        self._task = asyncio.create_task(self._app(self._scope, self._receive, self._send))
        assert await self.event() == {}
        return self

    async def __aexit__(self, *_: object) -> None:
        self._gone.set()
        await self._task

    async def chunk(self) -> str | None:
        """Returns what is sent next, None at the end."""
        return await self._chunks.get()

    async def event(self) -> dict[str, Any]:
        """Returns the next event with its name; empty for one that only tells the position."""
        async with asyncio.timeout(20):
            chunk = await self._chunks.get()
        if chunk is None:
            return {"event": "the end"}
        fields = dict(line.split(": ", 1) for line in chunk.strip().split("\n"))
        self.ids += [fields["id"]] if "id" in fields else []
        return {"event": fields["event"], **json.loads(fields["data"])} if "data" in fields else {}

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            assert dict(message["headers"])[b"content-type"].startswith(b"text/event-stream")
        elif message.get("body"):
            self._chunks.put_nowait(message["body"].decode())
        elif not message.get("more_body"):
            self._chunks.put_nowait(None)


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[FastAPI, httpx2.AsyncClient]]:
    """A service on this event loop with one courier, and a client of it."""
    app = create_app(settings_in(folder), city=helsinki(), search=InlineSearch())
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
    ):
        await client.post("/v1/couriers", json=a_courier())
        yield app, client


def test_what_happens_is_told_as_it_happens(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as (app, client), Listening(app) as stream:
            order = (await client.post("/v1/orders", json=an_order())).json()
            told = await stream.event()
            assert (told["event"], told["kind"]) == ("order", "order_placed")
            assert told["orders"] == [order["id"]]
            told = await stream.event()
            assert told["event"] == "plan"
            assert told["version"] == order["plan_version"]
            assert told["couriers"] == ["c_1"]
            assert told["changes"] == [{"drop": "d_1", "from": None, "to": "c_1"}]
            await client.patch("/v1/couriers/c_1", json={"paused": True})
            assert (await stream.event())["event"] == "courier"
            numbers = [int(id_.removeprefix("helsinki:")) for id_ in stream.ids]
            assert numbers == list(range(numbers[0], numbers[0] + 4))

    asyncio.run(story())


def test_warnings_and_breaches_are_told_with_what_they_are_about(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as (app, client), Listening(app) as stream:
            await client.post("/v1/orders", json=an_order(service="special"))
            assert (await stream.event())["kind"] == "order_placed"
            await client.post("/v1/clock", json={"now": at(0.5)})
            while (told := await stream.event())["event"] == "plan":
                pass
            assert (told["event"], told["kind"]) == ("order", "promise_warned")
            assert (told["warning"], told["at"], told["orders"]) == ("answer", at(0.5), ["o_1"])
            assert "within 60 s" in told["text"]
            # A foreseen breach is an event of its own.
            rescue = Rescue("c_1", None, 0.9, 40)
            foreseen = BreachForeseen(int(TEN.timestamp()) + 30, "o_1", "d_1", 0.31, rescue)
            await app.state.zone.ask(lambda room: room.dispatcher.record(room.now, foreseen))
            told = await stream.event()
            assert (told["event"], told["drop"]) == ("breach_foreseen", "d_1")
            assert (told["p_on_time"], told["rescue"]["courier"]) == (0.31, "c_1")

    asyncio.run(story())


def test_a_client_that_comes_back_misses_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as (app, client):
            async with Listening(app) as stream:
                await client.post("/v1/orders", json=an_order())
                await stream.event()
                last = stream.ids[-1]
            await client.post("/v1/orders", json=an_order(a_drop("k_2")))
            async with Listening(app, last) as stream:
                assert (await stream.event())["event"] == "plan"
                told = await stream.event()
                assert (told["event"], told["orders"]) == ("order", ["o_2"])

    asyncio.run(story())


def test_a_client_can_come_back_after_a_restart(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as (app, client), Listening(app) as stream:
            await client.post("/v1/orders", json=an_order())
            await stream.event()
            last = stream.ids[-1]
        async with running(tmp_path) as (app, _), Listening(app, last) as stream:
            assert (await stream.event())["event"] == "plan"

    asyncio.run(story())


@pytest.mark.parametrize("last", ["helsinki:999999", "espoo:1", "helsinki:x", "nonsense", ""])
def test_a_client_that_cannot_go_on_starts_anew(tmp_path: Path, last: str) -> None:
    async def story() -> None:
        async with running(tmp_path) as (app, client):
            stream = Listening(app, last)
            stream._task = asyncio.create_task(  # noqa: SLF001
                app(stream._scope, stream._receive, stream._send)  # noqa: SLF001
            )
            assert await stream.event() == {"event": "reset"}
            assert await stream.event() == {}
            await client.post("/v1/orders", json=an_order())
            assert (await stream.event())["event"] == "order"
            await stream.__aexit__()

    asyncio.run(story())


def test_a_courier_hears_of_their_own_route_and_nothing_of_others(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as (app, client):
            await client.post("/v1/couriers", json=a_courier(name="Eino"))
            async with (
                Listening(app, query="courier=c_1") as hers,
                Listening(app, query="courier=c_2") as his,
            ):
                # One of the two couriers gets the drop, and then the other.
                order = (await client.post("/v1/orders", json=an_order())).json()
                first = order["drops"][0]["courier"]
                mine, other = (hers, his) if first == "c_1" else (his, hers)
                second = {"c_1": "c_2", "c_2": "c_1"}[first]
                told = await mine.event()
                assert (told["event"], told["couriers"]) == ("plan", [first])
                assert told["changes"] == [{"drop": "d_1", "from": None, "to": first}]
                moved = await client.patch(
                    "/v1/drops/d_1", json={"courier": second, "pinned": True}
                )
                assert moved.status_code == 200, moved.text
                told = await other.event()
                while told["event"] != "plan":
                    told = await other.event()
                # Who had it before is nobody's business.
                assert told["changes"] == [{"drop": "d_1", "from": None, "to": second}]
                assert (told["couriers"], told["drops"]) == ([second], ["d_1"])
                told = await mine.event()
                assert told["changes"] == [{"drop": "d_1", "from": first, "to": None}]
                # Of the order itself neither was told; both know numbers they can go on from.
                for stream in (mine, other):
                    numbers = [int(id_.removeprefix("helsinki:")) for id_ in stream.ids]
                    assert numbers == sorted(set(numbers))

    asyncio.run(story())


def test_a_courier_who_comes_back_misses_nothing_of_their_own(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as (app, client):
            async with Listening(app, query="courier=c_1") as stream:
                last = stream.ids[-1]
            await client.post("/v1/orders", json=an_order())
            await client.post("/v1/couriers", json=a_courier(name="Eino"))
            await client.patch("/v1/couriers/c_2", json={"paused": True})
            await client.patch("/v1/couriers/c_1", json={"capacity": 5})
            async with Listening(app, last, query="courier=c_1") as stream:
                assert (await stream.event())["event"] == "plan"
                told = await stream.event()
                assert (told["kind"], told["couriers"]) == ("courier_changed", ["c_1"])

    asyncio.run(story())


def test_who_hears_little_is_told_where_the_log_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.stream, "MOST_UNTOLD", 2)

    async def story() -> None:
        async with (
            running(tmp_path) as (app, client),
            Listening(app, query="courier=c_1") as stream,
        ):
            before = stream.ids[-1]
            await client.post("/v1/couriers", json=a_courier(name="Eino"))
            await client.patch("/v1/couriers/c_2", json={"capacity": 5})
            # Neither concerns her: after two, their number alone is told.
            assert await stream.event() == {}
            assert position_of(stream.ids[-1], "helsinki", 99) == 2 + int(before.split(":")[1])

    asyncio.run(story())


def test_a_courier_nobody_knows_has_no_stream(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as (_, client):
            answer = await client.get("/v1/stream?courier=c_9")
            assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-courier")

    asyncio.run(story())


def test_more_streams_than_one_may_open_are_refused_until_one_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.stream, "MOST_STREAMS", 2)

    async def story() -> None:
        async with running(tmp_path) as (app, client), Listening(app):
            async with Listening(app):
                answer = await client.get("/v1/stream")
                assert answer.status_code == 429
                assert answer.json()["type"] == "/problems/too-many-streams"
            async with Listening(app):
                pass

    asyncio.run(story())


def test_a_silent_stream_shows_that_it_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fastapi.sse._PING_INTERVAL == 15  # noqa: SLF001
    monkeypatch.setattr("fastapi.routing._PING_INTERVAL", 0.01)

    async def story() -> None:
        async with running(tmp_path) as (app, _), Listening(app) as stream:
            async with asyncio.timeout(20):
                while await stream.chunk() != ": ping\n\n":
                    pass

    asyncio.run(story())


def test_the_stream_says_goodbye_when_the_service_stops(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as (app, _), Listening(app) as stream:
            app.state.zone.feed.close()
            assert (await stream.event())["event"] == "bye"
            assert (await stream.event())["event"] == "the end"

    asyncio.run(story())


def test_a_stream_whose_log_cannot_be_read_says_goodbye(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise DatabaseError("The disk is full.", cure="Make room.")

    async def story() -> None:
        async with running(tmp_path) as (app, _), Listening(app, "helsinki:0") as stream:
            assert await stream.event() == {"event": "bye"}
            assert await stream.chunk() is None
            # It comes back to where it was.
            assert stream.ids == ["helsinki:0"]

    monkeypatch.setattr(api.stream, "_missed", broken)
    asyncio.run(story())


def test_a_break_is_too_long_when_too_much_was_missed() -> None:
    assert position_of("z:7", "z", 7 + MOST_MISSED) == 7
    assert position_of("z:7", "z", 8 + MOST_MISSED) is None
    assert position_of(None, "z", 8) == 8
    assert position_of("z:9", "z", 8) is None
    assert position_of("z:²", "z", 8) is None


def entries(first: int, last: int) -> list[LoggedEvent]:
    """Returns entries of a log with these numbers."""
    return [LoggedEvent(n, 0, "order_ready", {}, ()) for n in range(first, last + 1)]


def test_a_listener_too_slow_loses_its_queue_and_hears_so() -> None:
    async def story() -> None:
        feed = Feed()
        with feed.listen(size=3) as slow, feed.listen(size=4) as quick:
            feed.publish(entries(1, 3))
            assert not slow.lost
            feed.publish(entries(4, 4))
            assert slow.lost
            assert await slow.take() == []
            assert await quick.take() == entries(1, 4)

    asyncio.run(story())
