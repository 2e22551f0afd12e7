"""
Refuses bodies that are too large, before they are read or while they arrive.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import MAX_BODY, MAX_TABLE, document

TABLES = frozenset({("PUT", "/v1/desks"), ("POST", "/v1/imports")})
"""Method and path of what takes whole tables."""


class BodyLimit:
    """
    Answers 413 to a body of more than ``limit`` bytes, as a problem document; where `TABLES` are
    sent, to one of more than ``MAX_TABLE``.

    FastAPI's own limit answers plain text.
    """

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, unless it says that it is too large; counts what arrives."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_table = (scope["method"], scope["path"]) in TABLES
        limit = MAX_TABLE if is_table else self.limit
        told = dict(scope["headers"]).get(b"content-length", b"0")
        if told.isdigit() and int(told[:20]) > limit:
            detail = f"The body has {int(told[:20])} bytes, at most {limit} are taken."
            await document(413, "body-too-large", detail)(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise HTTPException(413, f"The body has more than {limit} bytes")
            return message

        await self.app(scope, counted, send)
