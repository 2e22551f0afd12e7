"""
Refuses bodies that are too large, before they are read or while they arrive, or take too long.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access import Principal
from api.limits import Limits
from api.problems import MAX_TABLE, Problem, document
from api.settings import MAX_BODY
from api.vroom_requests import TOO_LARGE

TABLES = frozenset({("PUT", "/v1/desks"), ("POST", "/v1/imports")})
"""Method and path of what takes whole tables."""

VROOM = frozenset({"/vroom/", "/optimization"})
"""Paths that take VROOM's format, and refuse in it."""

BODY_S = 30.0
"""Seconds within which a body has to arrive; the largest table by a slow line takes ten."""


class BodyLimit:
    """
    Answers 413 to a body of more than ``limit`` bytes, as a problem document; where `TABLES` are
    sent, to one of more than ``MAX_TABLE``, and to one in VROOM's format of more than ``vroom``,
    in that format. Answers 408 to one that has not arrived in `BODY_S`, and 429 to whoever has sent
    too many bytes.

    FastAPI's own limit answers plain text.
    """

    def __init__(
        self, app: ASGIApp, limits: Limits, limit: int = MAX_BODY, vroom: int = MAX_BODY
    ) -> None:
        self.app = app
        self.limits = limits
        self.limit = limit
        self.vroom = vroom

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, unless it says that it is too large; counts what arrives."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_table = (scope["method"], scope["path"]) in TABLES
        is_vroom = scope["path"] in VROOM
        limit = MAX_TABLE if is_table else self.vroom if is_vroom else self.limit
        if (told := told_length(scope)) > limit:
            detail = f"The body has {told} bytes, at most {limit} are taken."
            refused: Response = document(413, "body-too-large", detail)
            if is_vroom:
                refused = JSONResponse({"code": TOO_LARGE, "error": detail}, 413)
            # As if it had been read: who goes on with such bodies is told to wait by the gate.
            with suppress(HTTPException):
                self._spend(scope, min(told, MAX_BODY))
            await refused(scope, receive, send)
            return
        read, is_whole = 0, False
        until = asyncio.get_running_loop().time() + BODY_S

        async def counted() -> Message:
            nonlocal read, is_whole
            if is_whole:
                return await receive()
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError as error:
                raise HTTPException(408, f"The body did not arrive within {BODY_S:g} s") from error
            read += len(message.get("body", b""))
            if read > limit:
                raise HTTPException(413, f"The body has more than {limit} bytes")
            self._spend(scope, len(message.get("body", b"")))
            is_whole = not message.get("more_body", False)
            return message

        await self.app(scope, counted, send)

    def _spend(self, scope: Scope, count: int) -> None:
        """Spends bytes of who asks; raises as the framework does, which else would hide why."""
        who: Principal | None = scope.get("state", {}).get("principal")
        if who is None or not count:
            return
        try:
            self.limits.spend(who, "bytes", count)
        except Problem as problem:
            what = f"{who.name} has sent too many bytes"
            raise HTTPException(429, what, dict(problem.headers or {})) from problem


def told_length(scope: Scope) -> int:
    """Returns the bytes that a request's body has by its own word, 0 without one."""
    told = dict(scope["headers"]).get(b"content-length", b"0")
    return int(told[:20]) if told.isdigit() else 0
