"""
Refuses bodies that are too large, before they are read or while they arrive.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import MAX_BODY, document


class BodyLimit:
    """
    Answers 413 to a body of more than ``limit`` bytes, as a problem document.

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
        told = dict(scope["headers"]).get(b"content-length", b"0")
        if told.isdigit() and int(told[:20]) > self.limit:
            detail = f"The body has {int(told[:20])} bytes, at most {self.limit} are taken."
            await document(413, "body-too-large", detail)(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.limit:
                raise HTTPException(413, f"The body has more than {self.limit} bytes")
            return message

        await self.app(scope, counted, send)
