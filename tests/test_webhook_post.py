"""One attempt to send: to the address looked at, by its name, whatever the receiver does."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import httpx2
import pytest

from api.webhook_addresses import Forbidden
from api.webhook_post import Poster
from api.webhook_schedule import Answer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from pathlib import Path

    Receiver = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

OK = b"HTTP/1.1 204 No Content\r\n\r\n"


class Names:
    """Addresses of names, another each time if there are several; remembers who asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.asked: list[tuple[str, int]] = []
        self._answers = list(answers)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


class Wire(httpx2.AsyncBaseTransport):
    """A network that answers 204; remembers where it was asked to connect, and by which name."""

    def __init__(self, *unreachable: str) -> None:
        self.requests: list[httpx2.Request] = []
        self._unreachable = unreachable

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        if request.url.host in self._unreachable:
            raise httpx2.ConnectError("Connection refused")
        return httpx2.Response(204)


@asynccontextmanager
async def receiving(
    work: Receiver, context: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A receiver on this machine: its port, and the heads and bodies it was sent."""
    heard: list[bytes] = []

    async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            heard.append(head + await reader.readexactly(2))
            await work(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(met, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1], heard


def answering(answer: bytes) -> Receiver:
    async def work(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    return work


def sent(work: Receiver, path: str = "/", timeout_s: float = 15.0) -> tuple[Answer, list[bytes]]:
    """Sends ``{}`` to a receiver on this machine, and returns its answer and what it heard."""

    async def story() -> tuple[Answer, list[bytes]]:
        async with receiving(work) as (port, heard):
            poster = Poster(allow_loopback=True, timeout_s=timeout_s)
            answer = await poster.post(f"http://127.0.0.1:{port}{path}", {"webhook-id": "1"}, b"{}")
            await poster.close()
            return answer, heard

    return asyncio.run(story())


def test_a_body_arrives_with_its_headers() -> None:
    answer, (heard,) = sent(answering(OK), "/hook?a=b")
    assert answer == Answer(204)
    assert heard.startswith(b"POST /hook?a=b HTTP/1.1\r\nhost: 127.0.0.1:")
    assert b"webhook-id: 1\r\n" in heard
    assert b"content-length: 2\r\n" in heard.lower()
    assert heard.endswith(b"\r\n\r\n{}")


def test_no_redirect_is_followed() -> None:
    async def story() -> None:
        async with receiving(answering(OK)) as (inside, reached):
            location = f"HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:{inside}/\r\n\r\n".encode()
            async with receiving(answering(location)) as (port, _):
                poster = Poster(allow_loopback=True)
                answer = await poster.post(f"http://127.0.0.1:{port}/", {}, b"{}")
        assert answer.status == 307
        assert "not followed" in answer.fault
        assert reached == []

    asyncio.run(story())


@pytest.mark.parametrize(
    ("header", "wait"),
    [("120", 120), ("0", 0), ("soon", None), ("-5", None), ("1.5", None), (9 * "9" + "9", 10**9)],
)
def test_retry_after_is_read(header: str, wait: int | None) -> None:
    answer, _ = sent(answering(f"HTTP/1.1 429 X\r\nRetry-After: {header}\r\n\r\n".encode()))
    assert answer.status == 429
    assert answer.wait_s == (wait if wait is None else min(wait, 10**9 - 1))


def test_retry_after_may_be_a_date() -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    answer, _ = sent(answering(f"HTTP/1.1 503 X\r\nRetry-After: {then}\r\n\r\n".encode()))
    # The date has whole seconds, and the answer took some.
    assert answer.wait_s is not None
    assert 60 <= answer.wait_s <= 100


async def _hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def _drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while not writer.is_closing():
        writer.write(b"x-slow: 1\r\n")
        await writer.drain()
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("work", [_hang, _drip])
def test_a_receiver_that_takes_its_time_is_left(work: Receiver) -> None:
    answer, _ = sent(work, timeout_s=0.3)
    assert answer == Answer(None, "no answer within 0.3 s")


def test_a_body_without_end_is_not_waited_for() -> None:
    async def work(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x" * 65536)
            await writer.drain()

    began = time.monotonic()
    answer, _ = sent(work)
    assert answer == Answer(200)
    assert time.monotonic() - began < 5


def test_headers_without_end_are_not_kept() -> None:
    async def work(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while not writer.is_closing():
            writer.write(b"x-large: " + b"x" * 65536)
            await writer.drain()

    answer, _ = sent(work)
    assert answer.status is None
    assert answer.error.startswith("RemoteProtocolError")


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 2000 OK\r\n\r\n"])
def test_what_is_no_http_is_a_failure(answer: bytes) -> None:
    told, _ = sent(answering(answer))
    assert told.status is None
    assert "RemoteProtocolError" in told.fault


def test_nobody_there_is_a_failure() -> None:
    async def story() -> Answer:
        async with receiving(answering(OK)) as (port, _):
            pass
        return await Poster(allow_loopback=True).post(f"http://127.0.0.1:{port}/", {}, b"{}")

    assert asyncio.run(story()).error.startswith("ConnectError")


def test_it_is_sent_to_the_address_looked_at_by_the_name_given() -> None:
    async def story() -> None:
        names, wire = Names(["93.184.216.34"]), Wire()
        poster = Poster(look_up=names, transport=wire)
        assert await poster.post("https://hooks.example.com/x", {}, b"{}") == Answer(204)
        (request,) = wire.requests
        assert str(request.url) == "https://93.184.216.34/x"
        assert request.headers["host"] == "hooks.example.com"
        assert request.extensions["sni_hostname"] == "hooks.example.com"
        assert names.asked == [("hooks.example.com", 443)]

    asyncio.run(story())


def test_a_name_that_means_this_machine_at_the_second_look_gains_nothing() -> None:
    async def story() -> None:
        # Looked at, then connected to: whoever looks twice would be sent to 127.0.0.1.
        names, wire = Names(["93.184.216.34"], ["127.0.0.1"]), Wire()
        poster = Poster(look_up=names, transport=wire)
        await poster.post("https://hooks.example.com/", {}, b"{}")
        assert [request.url.host for request in wire.requests] == ["93.184.216.34"]
        # The next attempt looks again, and goes nowhere.
        answer = await poster.post("https://hooks.example.com/", {}, b"{}")
        assert answer == Answer(None, "not sent: 127.0.0.1 is no public address")
        assert len(wire.requests) == 1

    asyncio.run(story())


def test_of_several_addresses_the_first_that_can_be_reached_is_taken() -> None:
    async def story() -> None:
        wire = Wire("2606:2800:220:1::1")
        poster = Poster(look_up=Names(["2606:2800:220:1::1", "93.184.216.34"]), transport=wire)
        assert await poster.post("https://hooks.example.com/", {}, b"{}") == Answer(204)
        asked = [request.url.host for request in wire.requests]
        assert asked == ["2606:2800:220:1::1", "93.184.216.34"]

    asyncio.run(story())


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert sent(answering(OK))[0] == Answer(204)


def test_a_hopeless_address_is_refused_before_anything_is_sent() -> None:
    async def story() -> None:
        with pytest.raises(Forbidden):
            await Poster(look_up=Names(["10.1.2.3"])).check("https://hooks.example.com/")
        with pytest.raises(Forbidden):
            await Poster(look_up=Names(["93.184.216.34"])).check("http://hooks.example.com/")
        await Poster(look_up=Names(["93.184.216.34"])).check("https://hooks.example.com/")
        # Nothing is known of it: it may come to be.
        await Poster(look_up=Names([])).check("https://hooks.example.com/")

    asyncio.run(story())


@pytest.fixture
def certified(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server that is hooks.example.com, and a client that trusts it."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-subj", "/CN=test", "-days", "2"]
    command += ["-addext", "subjectAltName=DNS:hooks.example.com"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    return server, ssl.create_default_context(cafile=str(certificate))


def test_a_certificate_has_to_be_for_the_name_not_for_the_address(
    certified: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    server, trusted = certified
    told: list[str | None] = []
    server.sni_callback = lambda _, name, __: told.append(name)

    async def story() -> None:
        async with receiving(answering(OK), server) as (port, heard):
            poster = Poster(allow_loopback=True, look_up=Names(["127.0.0.1"]), trusted=trusted)
            answer = await poster.post(f"https://hooks.example.com:{port}/", {}, b"{}")
            assert (answer, told) == (Answer(204), ["hooks.example.com"])
            assert f"host: hooks.example.com:{port}\r\n".encode() in heard[0]
            answer = await poster.post(f"https://other.example.com:{port}/", {}, b"{}")
            assert answer.status is None
            assert "certificate" in answer.error
            assert len(heard) == 1

    asyncio.run(story())
