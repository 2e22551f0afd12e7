"""
Which request the running code belongs to: on the event loop, and on the zone's thread.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from dataclasses import dataclass

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""An id of a request as a client may give it; any other is replaced by one of ours."""

HEADER = b"x-request-id"
"""The header that carries it, to us and back."""


@dataclass(slots=True)
class Asking:
    """
    A request under way; ``seq`` is the last event that it wrote (None: none so far).

    Mutable because that is known only later.
    """

    id: str
    seq: int | None = None


REQUEST: ContextVar[Asking | None] = ContextVar("REQUEST", default=None)
"""The request, None where nobody from outside asked."""

ASKING: ContextVar[str] = ContextVar("ASKING", default="")
"""The principal in whose name a request is worked on; empty for what the program does itself."""
