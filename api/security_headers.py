"""
Headers that keep what is answered from being used by other pages, or kept by others.

References
----------
M. West, A. Barth, D. Veditz (2016). *Content Security Policy Level 2*, W3C.
https://www.w3.org/TR/CSP2/
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send


def policy(tiles: str = "") -> str:
    """
    Returns what pages may use: what comes from the service itself; nobody shows them in a frame.

    ``tiles`` is another origin that pictures of maps may come from.
    """
    return "; ".join(
        [
            "default-src 'self'",
            # Maps draw their symbols from memory.
            f"img-src 'self' data: blob: {tiles}".rstrip(),
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": policy(),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""What every answer carries."""

NO_STORE = (b"cache-control", b"no-store")
"""What answers carry besides that say nothing of caches themselves."""


class SecurityHeaders:
    """
    Adds `HEADERS` to every answer; nothing of the interface is kept by a cache.

    ``tiles`` is as in `policy`.
    """

    def __init__(self, app: ASGIApp, tiles: str = "") -> None:
        self.app = app
        told = {**HEADERS, "Content-Security-Policy": policy(tiles)}
        self._headers = [(name.lower().encode(), value.encode()) for name, value in told.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, and its answer with more headers."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                caches = any(name.lower() == NO_STORE[0] for name, _ in headers)
                message = {
                    **message,
                    "headers": [*headers, *self._headers, *([] if caches else [NO_STORE])],
                }
            await send(message)

        await self.app(scope, receive, sent)
