"""
Runs the application on a socket until it is told to stop.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from api import supervisor
from api.app import create_app
from api.problems import document
from api.security_headers import HEADERS
from api.settings import Settings
from dispatch.errors import InvalidRequest

GRACE_S = 2
"""Seconds that requests under way get to end once the service stops."""


HEAD_S = 10
"""Seconds within which the head of a request has to arrive, else its connection is closed."""


LINGER_S = 1
"""Seconds for which what still comes of a refused request is read, and thrown away."""


class Protocol(H11Protocol):
    """HTTP/1.1 for which nobody keeps a connection by never ending the head of a request."""

    _late: asyncio.TimerHandle | None = None
    _refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Waits for the first head."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Takes what arrived, and waits on where it is but part of a head."""
        if self._refused:
            return
        super().data_received(data)
        self._wait()

    def on_response_complete(self) -> None:
        """Waits for the next head, of which a part may be here."""
        super().on_response_complete()
        self._wait()

    def send_400_response(self, msg: str) -> None:
        """Answers what is no request, and reads on a while: else the answer would not arrive."""
        answer = document(400, "bad-request", f"{msg} A head has at most 64 KiB.", headers=HEADERS)
        head = h11.Response(
            status_code=400, headers=[*answer.raw_headers, (b"connection", b"close")], reason=b""
        )
        data = h11.Data(data=bytes(answer.body))
        for event in (head, data, h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self._refused = True
        self.transport.write_eof()
        self.loop.call_later(LINGER_S, self.transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits for nothing more."""
        super().connection_lost(exc)
        self._stop_waiting()

    def _wait(self) -> None:
        if self.conn.their_state is not h11.IDLE or self.transport.is_closing():
            self._stop_waiting()
        elif self._late is None:
            self._late = self.loop.call_later(HEAD_S, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class Server(uvicorn.Server):
    """
    A uvicorn server that tells when it listens, and lets its streams say goodbye before it waits.

    Uvicorn waits for open connections before the application hears of the end, and a stream of
    events has no end of its own.
    """

    def __init__(
        self, app: FastAPI, listening: Callable[[], None], proxies: Sequence[str] = ()
    ) -> None:
        config = uvicorn.Config(
            app,
            lifespan="off",
            http=Protocol,
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=list(proxies),
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
        )
        super().__init__(config)
        self._app = app
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to listen, and says so."""
        await super().startup(sockets)
        self._listening()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends the streams, then everything else."""
        self._app.state.zone.feed.close()
        await super().shutdown(sockets)


async def serve(
    settings: Settings,
    ready: Callable[[str], None],
    *,
    first: Callable[[str], None] = lambda _: None,
    ready_file: Path | None = None,
) -> None:
    """
    Serves until SIGTERM or SIGINT, then ends streams, searches and database, in less than 3 s.

    ``ready`` is called with the URL once it listens, and ``ready_file`` is written then, as JSON
    with ``url`` and ``pid``; a supervisor is told too. ``first`` is called with the token of an
    administrator where there was none: nobody can show it again. Raises DispatchError where the
    zone or port cannot be opened.
    """
    app = create_app(settings)
    with _bound(settings.host, settings.port) as listener:
        host, port = listener.getsockname()[:2]
        url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

        def listening() -> None:
            if ready_file is not None:
                _write_ready(ready_file, url)
            supervisor.tell(supervisor.READY)
            ready(url)

        async with app.router.lifespan_context(app):
            app.state.vroom.warm()
            # Uvicorn repeats the signal that stopped it once it has ended; the zone is closed then.
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            if app.state.watch.first_token is not None:
                first(app.state.watch.first_token)
            with supervisor.supervised():
                await Server(app, listening, settings.trusted_proxies).serve([listener])


def _bound(host: str, port: int) -> socket.socket:
    """Returns a socket with an address of its own; port 0 takes any that is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Only on sockets that say they are TCP does asyncio switch Nagle's algorithm off; with it on,
    # an answer of two writes waits 40 ms for the client's delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise InvalidRequest(
            f"Port {port} of {host} cannot be had: {error.strerror}.",
            at="port",
            cure="Choose another port; 0 takes any that is free.",
            code="port-taken",
            value=port,
        ) from error
    return listener


def _write_ready(path: Path, url: str) -> None:
    """Writes the file at once, so that nobody reads half of it."""
    partly = path.with_name(f"{path.name}.part")
    partly.write_text(json.dumps({"url": url, "pid": os.getpid()}), encoding="utf-8")
    partly.replace(path)
