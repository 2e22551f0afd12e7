"""
Each request gets an id, is counted, and leaves one line in the log: what, how long, how it ended.

Neither holds what a client wrote: of a path only its template is told, and ids of ours.
"""

from __future__ import annotations

import logging
import secrets
import time
from itertools import count
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.log_words import is_id
from api.metrics import Traffic
from api.request_context import HEADER, REQUEST, REQUEST_ID, Asking

log = logging.getLogger(__name__)

QUIET = frozenset({"/livez", "/readyz", "/metrics"})
"""Routes that are asked all the time: told at level debug where all is well."""

UNROUTED = "none"
"""The route of what belongs to none."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Methods that are told; any other is ``other``."""

REPLAYED = b"idempotency-replayed"


class AccessLog:
    """
    Tells of requests; ``X-Request-Id`` is taken from the client, or made, and sent back.

    Mutable because it numbers them.
    """

    def __init__(self, app: ASGIApp, figures: Traffic) -> None:
        self.app = app
        self._figures = figures
        self._numbers = count(1)
        self._name = secrets.token_hex(4)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on and tells what became of it, even if it fails."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asking = Asking(self._id_of(scope))
        REQUEST.set(asking)
        seen = _Seen(time.perf_counter())

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                seen.began(message["status"], headers)
                message = {**message, "headers": [*headers, (HEADER, asking.id.encode())]}
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            self._tell(scope, asking, seen)

    def _id_of(self, scope: Scope) -> str:
        for name, value in scope["headers"]:
            if name == HEADER and REQUEST_ID.fullmatch(told := value.decode("latin-1")):
                return str(told)
        return f"{self._name}-{next(self._numbers)}"

    def _tell(self, scope: Scope, asking: Asking, seen: _Seen) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = getattr(scope.get("route"), "path", UNROUTED)
        seconds = (seen.answered_at or time.perf_counter()) - seen.since
        self._figures.requests.labels(method, route, f"{seen.status // 100}xx").inc()
        self._figures.seconds.labels(method, route).observe(seconds)
        if seen.is_replay:
            self._figures.replays.inc()
        level = logging.DEBUG if route in QUIET and seen.status < 400 else logging.INFO
        if log.isEnabledFor(level):
            told: dict[str, Any] = {
                "method": method,
                "route": route,
                "status": seen.status,
                "ms": round(seconds * 1000, 1),
            }
            ids = [i for i in scope.get("path_params", {}).values() if is_id(i)]
            if ids:
                told["ids"] = ids
            if asking.seq is not None:
                told["seq"] = asking.seq
            log.log(level, "request", extra=told)


class _Seen:
    """
    What was seen of an answer so far; 500 until it begins.

    Mutable because an answer comes in parts. ``answered_at`` is the beginning of a stream, None
    for what has an end.
    """

    __slots__ = ("answered_at", "is_replay", "since", "status")

    def __init__(self, since: float) -> None:
        self.since = since
        self.status = 500
        self.is_replay = False
        self.answered_at: float | None = None

    def began(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        """Notes how an answer begins."""
        self.status = status
        for name, value in headers:
            if name == REPLAYED:
                self.is_replay = True
            elif name == b"content-type" and value.startswith(b"text/event-stream"):
                self.answered_at = time.perf_counter()
