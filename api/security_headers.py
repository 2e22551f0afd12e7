"""
Headers that keep what is answered from being used by other pages, or kept by others.

References
----------
M. West, A. Barth, D. Veditz (2016). *Content Security Policy Level 2*, W3C.
https://www.w3.org/TR/CSP2/
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "; ".join(
    [
        "default-src 'self'",
        # Maps draw their symbols from memory.
        "img-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
"""Everything of a page comes from the service itself; nobody shows it in a frame."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""What every answer carries."""

NO_STORE = (b"cache-control", b"no-store")
"""What answers carry besides that say nothing of caches themselves."""

_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]


class SecurityHeaders:
    """Adds `HEADERS` to every answer; nothing of the interface is kept by a cache."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, and its answer with more headers."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                caches = any(name.lower() == NO_STORE[0] for name, _ in headers)
                message = {
                    **message,
                    "headers": [*headers, *_HEADERS, *([] if caches else [NO_STORE])],
                }
            await send(message)

        await self.app(scope, receive, sent)
