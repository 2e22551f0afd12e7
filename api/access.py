"""
Who asks. Until tokens and roles are built: whoever sits at this machine, and nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.problems import Problem
from api.settings import is_loopback

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""Names under which a service that listens on loopback can honestly be asked for."""


@dataclass(frozen=True, slots=True)
class Principal:
    """In whose name a request is answered; ``courier`` is whose phone it is, None: nobody's."""

    name: str
    courier: str | None = None


async def principal(request: Request) -> Principal:
    """
    Returns the principal ``local``.

    Raises Problem 403 for a client on another machine, and for a request that names another host:
    a web page whose name was pointed at this machine could otherwise use a visitor's browser.
    """
    client = request.client.host if request.client else "an unknown address"
    if not is_loopback(client):
        raise Problem(
            403,
            "not-local",
            f"Requests are answered on the machine itself only, this one came from {client}.",
            cure="Ask from the machine the service runs on, until access control is built.",
        )
    asked_for = request.headers.get("host", "").lower()
    name = asked_for if asked_for.endswith("]") else asked_for.rpartition(":")[0] or asked_for
    if name not in LOCAL_NAMES:
        raise Problem(
            403,
            "not-local",
            f"The service does not answer for the host {asked_for[:100]!r}.",
            cure="Use the address 127.0.0.1, localhost or [::1].",
        )
    return Principal("local")


Who = Annotated[Principal, Depends(principal)]
"""The parameter by which every handler learns who asks."""
