"""Access on real sockets: streams that end with their token, and what is no proper request."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

import api.body_limit
import api.server
from api.app import create_app
from api.server import Server, _bound
from tests.access_world import PLAIN
from tests.api_world import a_courier, an_order, at, helsinki, settings_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from api.credentials import Credentials


class Line:
    """A service on this event loop and a socket, and a client of it by token."""

    def __init__(self, port: int, credentials: Credentials, token: str) -> None:
        self.port = port
        self.credentials = credentials
        self.token = token
        self.kept: list[asyncio.StreamWriter] = []
        self.http = httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", trust_env=False, headers=bearer(token), timeout=30
        )

    async def made(self, name: str, role: str, **more: Any) -> tuple[str, str]:
        """Makes a token; returns its id and what is shown of it."""
        body = {"name": name, "role": role, **more}
        made = (await self.http.post("/v1/tokens", json=body)).raise_for_status().json()
        return made["id"], made["token"]

    async def sent(self, head: str | bytes, *, rest: bytes = b"") -> bytes:
        """Sends bytes as they are; returns all that comes until the connection closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**24)
        data = head if isinstance(head, bytes) else head.replace("\n", "\r\n").encode("latin-1")
        writer.write(data + rest)
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""
        finally:
            writer.close()

    async def stream(self, token: str, query: str = "") -> asyncio.StreamReader:
        """Opens a stream and waits for its first word."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
        self.kept.append(writer)
        writer.write(
            f"GET /v1/stream{query} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
            "".encode()
        )
        await reader.readuntil(b"retry: 2000")
        return reader


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@asynccontextmanager
async def listening(folder: Path, **changes: Any) -> AsyncIterator[Line]:
    """A service that asks for tokens, with two couriers."""
    settings = settings_in(folder, access="tokens", policy=PLAIN, **changes)
    app = create_app(settings, city=helsinki())
    async with app.router.lifespan_context(app):
        with _bound("127.0.0.1", 0) as listener:
            began = asyncio.Event()
            server = Server(app, began.set, settings.trusted_proxies)
            task = asyncio.create_task(server.serve([listener]))
            await began.wait()
            watch = app.state.watch
            line = Line(listener.getsockname()[1], watch.credentials, watch.first_token)
            async with line.http:
                for name in ("Aino", "Eero"):
                    (await line.http.post("/v1/couriers", json=a_courier(name=name)))
                yield line
                for writer in line.kept:
                    writer.close()
            server.should_exit = True
            await task


async def ended(reader: asyncio.StreamReader) -> bytes:
    """Returns what a stream tells until its end."""
    return await asyncio.wait_for(reader.readuntil(b"\r\n0\r\n\r\n"), 5)


def test_a_revoked_token_ends_its_stream_at_once_and_no_other(tmp_path: Path) -> None:
    async def story() -> None:
        async with listening(tmp_path) as line:
            name, token = await line.made("guest", "auditor")
            mine, other = await line.stream(token), await line.stream(line.token)
            await line.http.delete(f"/v1/tokens/{name}")
            assert b"event: bye" in await ended(mine)
            # What happens afterwards is for those who may hear it.
            await line.http.post("/v1/orders", json=an_order())
            assert b"order_placed" in await other.readuntil(b"order_placed")
            again = await line.http.get("/v1/stream", headers=bearer(token))
            assert again.status_code == 401

    asyncio.run(story())


def test_an_expired_token_ends_its_stream_mid_way(tmp_path: Path) -> None:
    async def story() -> None:
        async with listening(tmp_path) as line:
            _, token = await line.made("guest", "auditor", days=1)
            mine = await line.stream(token)
            (await line.http.post("/v1/clock", json={"now": at(24 * 60)})).raise_for_status()
            assert b"event: bye" in await ended(mine)

    asyncio.run(story())


def test_on_the_machines_clock_an_expired_token_ends_its_stream_too(tmp_path: Path) -> None:
    async def story() -> None:
        async with listening(tmp_path, clock="system", clock_start=None) as line:
            _, token = await line.made("guest", "auditor", days=1)
            mine = await line.stream(token)
            (known,) = (each for each in line.credentials.all() if each.name == "guest")
            # A day is over: nobody waits for one in a test.
            line.credentials._know(replace(known, expires_at=known.created_at))  # noqa: SLF001
            # The sweep comes once a second.
            assert b"event: bye" in await ended(mine)

    asyncio.run(story())


def test_a_courier_hears_of_itself_only_however_it_asks(tmp_path: Path) -> None:
    async def story() -> None:
        async with listening(tmp_path) as line:
            code = (await line.http.post("/v1/couriers/c_1/sign-in-codes")).json()["code"]
            phone = (await line.http.post("/v1/sign-in", json={"code": code})).json()["token"]
            plain, asked = await line.stream(phone), await line.stream(phone, "?courier=c_1")
            refused = await line.http.get("/v1/stream?courier=c_2", headers=bearer(phone))
            assert refused.status_code == 404
            for courier in ("c_2", "c_1"):
                path = f"/v1/couriers/{courier}"
                (await line.http.patch(path, json={"capacity": 9})).raise_for_status()
            await line.http.delete("/v1/couriers/c_1/sign-in")
            for stream in (plain, asked):
                told = await ended(stream)
                assert b"courier_changed" in told
                assert b"c_2" not in told

    asyncio.run(story())


def head(line: str, **headers: str) -> str:
    """Returns the head of a request."""
    told = {"Host": "127.0.0.1", "Connection": "close", **headers}
    return line + "\n" + "".join(f"{k}: {v}\n" for k, v in told.items()) + "\n"


@pytest.mark.parametrize(
    "path",
    [
        *("/../../etc/passwd", "/v1/%2e%2e/tokens", "//v1/tokens", "/v1/tokens/", "/V1/TOKENS"),
        *("/v1/tokens%00", "/v1/tokens;x=1", "/livez/../v1/tokens", "/livez%2f..%2fv1/tokens"),
        *("/v1/couriers/c_2%2froute", "/v1/couriers/../tokens", "/v1/orders/%c0%af"),
        *("http://127.0.0.1/v1/tokens", "*", "/" + "a" * 5000),
    ],
)
def test_no_trick_with_a_path_gets_past_the_gate(path: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with listening(tmp_path) as line:
            _, token = await line.made("shop", "intake")
            for who in ({}, bearer(token)):
                answer = await line.sent(head(f"GET {path} HTTP/1.1", **who))
                status = re.match(rb"HTTP/1.1 (\d+)", answer)
                assert status is None or 400 <= int(status[1]) < 500, answer[:200]
                assert b'"items"' not in answer

    asyncio.run(story())


def test_what_is_no_proper_request_is_answered_and_the_service_goes_on(tmp_path: Path) -> None:
    async def story() -> None:
        async with listening(tmp_path) as line:
            token = f"Bearer {line.token}"
            sent = {
                # uvicorn reads no head of more than 64 KiB.
                "a megabyte": head("GET /v1/me HTTP/1.1", Authorization="Bearer " + "A" * 2**20),
                "two tokens": head(
                    "GET /v1/me HTTP/1.1", Authorization=token, authorization="Bearer x"
                ),
                "no HTTP": "hello\n\n",
                "no host": "GET /v1/me HTTP/1.1\nAuthorization: " + token + "\n\n",
            }
            status = {}
            for name, text in sent.items():
                answer = await line.sent(text)
                status[name] = answer.split(b" ")[1].decode() if answer else "closed"
            assert status == {
                "a megabyte": "400", "two tokens": "401", "no HTTP": "400", "no host": "400"
            }  # fmt: skip
            assert (await line.http.get("/v1/me")).status_code == 200

    asyncio.run(story())


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_json_five_hundred_levels_deep_is_refused(tmp_path: Path, opening: bytes) -> None:
    async def story() -> None:
        async with listening(tmp_path) as line:
            for depth in (500, 100_000):
                closing = (b"]" if opening == b"[" else b"}") * depth
                body = opening * depth + b"1" + closing
                answer = await line.http.post("/v1/orders", content=body)
                assert answer.status_code in (400, 422), answer.text[:200]
                assert len(answer.content) < 5000

    asyncio.run(story())


def test_a_head_and_a_body_that_never_end_are_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.server, "HEAD_S", 0.2)
    monkeypatch.setattr(api.body_limit, "BODY_S", 0.2)

    async def story() -> None:
        async with listening(tmp_path) as line:
            half = head("GET /v1/me HTTP/1.1")[:-1]
            assert await asyncio.wait_for(line.sent(half), 5) == b""
            # Nothing at all, and the beginning of a second request, are no better.
            assert await asyncio.wait_for(line.sent(b""), 5) == b""
            whole = head("GET /livez HTTP/1.1", Connection="keep-alive")
            answer = await asyncio.wait_for(line.sent(whole + half), 5)
            assert answer.count(b"HTTP/1.1 200") == 1
            slow = head("POST /v1/orders HTTP/1.1", **bearer(line.token), **{"Content-Length": "9"})
            answer = await asyncio.wait_for(line.sent(slow, rest=b"{"), 5)
            assert answer.startswith(b"HTTP/1.1 408")
            assert b"/problems/too-slow" in answer

    asyncio.run(story())


def test_only_a_trusted_proxy_says_whose_request_it_passes_on(tmp_path: Path) -> None:
    async def locked_out(**changes: Any) -> int:
        async with listening(tmp_path, **changes) as line:
            told = {"X-Forwarded-For": "203.0.113.7", "Authorization": "Bearer x"}
            for _ in range(20):
                await line.http.get("/v1/me", headers=told)
            other = {"X-Forwarded-For": "203.0.113.8", "Authorization": "Bearer x"}
            return (await line.http.get("/v1/me", headers=other)).status_code

    assert asyncio.run(locked_out()) == 429
    (tmp_path / "dispatch.db").unlink()
    assert asyncio.run(locked_out(trusted_proxies=["127.0.0.1"])) == 401
