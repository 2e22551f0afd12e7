"""
The gate: finds out who asks before anything of a request is read, and how much they may ask.

A refusal here costs the service some microseconds, and no body is waited for.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access import LOCAL, Principal, forbidden, is_open, unauthenticated
from api.body_limit import told_length
from api.credentials import SESSION, TOKEN, Credentials, csrf_of
from api.limits import MOST_COST, Limits
from api.lockout import Lockout
from api.problems import MAX_BODY, Problem, answer_to
from api.request_context import ASKING
from api.settings import Settings, is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

COOKIE = "dispatch_session"
"""The cookie of a browser's session."""

CSRF = "x-csrf-token"
"""The header by which a page shows that it, and no other page, sends the request."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""

ENDLESS = frozenset({"/v1/stream"})
"""Answers without an end, which have limits of their own."""

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""Names under which a service that listens on loopback can honestly be asked for."""

KEYED = frozenset({"/optimization"})
"""Paths whose clients send a key in `Authorization` without saying what it is."""

COSTLY = {("POST", "/v1/orders"): MOST_COST, ("POST", "/v1/quotes"): MOST_COST}
"""Requests that count as several: a promise is looked for in each, for as long as three reads."""

REFUSAL_S = 2.0
"""Seconds for which a 429 is kept back."""

MOST_REFUSING = 1000
"""Refusals kept back at once; more are answered immediately."""


class Gate:
    """
    Lets those in who may ask, as `Principal` in the request's state; answers the others.

    Mutable because it counts the refusals it keeps back.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        credentials: Credentials,
        lockout: Lockout,
        limits: Limits,
    ) -> None:
        self.app = app
        self._is_local = settings.access == "local"
        self._hosts = frozenset(name.lower() for name in settings.allowed_hosts)
        self._credentials = credentials
        self._lockout = lockout
        self._limits = limits
        self._refusing = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or answers it with what is wrong."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        with ExitStack() as answering:
            try:
                who = self._admitted(Request(scope))
                if who is not None:
                    cost = COSTLY.get((scope["method"], scope["path"]), 1)
                    self._limits.spend(who, "requests", cost)
                    # Spent as it arrives; whoever has not that much left need not send it.
                    self._limits.check(who, "bytes", min(told_length(scope), MAX_BODY))
                    if scope["path"] not in ENDLESS:
                        answering.enter_context(self._limits.running(who))
            except Problem as problem:
                if problem.status == 429:
                    await self._slow_down()
                await answer_to(problem)(scope, receive, send)
                return
            scope.setdefault("state", {})["principal"] = who
            ASKING.set("" if who is None else who.name)
            await self.app(scope, receive, send)

    async def _slow_down(self) -> None:
        """Waits with a refusal: who sends the next request on it sends fewer, and costs less."""
        if self._refusing < MOST_REFUSING:
            self._refusing += 1
            try:
                await asyncio.sleep(REFUSAL_S)
            finally:
                self._refusing -= 1

    def _admitted(self, request: Request) -> Principal | None:
        """Returns who asks, None for anybody where anybody may; raises Problem for the others."""
        self._check_host(request)
        # Of the address as a whole the header Host is a part, which may hold anything.
        path = request.scope["path"]
        if is_open(request.method, path):
            return None
        told = request.headers.getlist("authorization")
        if told and self._is_local and path in KEYED:
            # The field's clients send some key even where none is asked for.
            return LOCAL
        if told:
            return self._by_token(request, told)
        who = self._by_cookie(request)
        if who is not None:
            return who
        if self._is_local:
            return LOCAL
        raise unauthenticated("This needs a token.")

    def _by_token(self, request: Request, told: list[str]) -> Principal:
        scheme, _, shown = told[0].partition(" ")
        if not shown and request.scope["path"] in KEYED:
            scheme, shown = "bearer", scheme
        who = None
        if len(told) == 1 and scheme.lower() == "bearer":
            who = self._credentials.check(shown.strip(), TOKEN)
        if who is None:
            address = address_of(request)
            if wait_s := self._lockout.wait_s(address):
                raise locked_out(wait_s)
            self._lockout.note(address)
            raise unauthenticated("The token is not, or no longer, in force.")
        return who

    def _by_cookie(self, request: Request) -> Principal | None:
        shown = request.cookies.get(COOKIE)
        who = None if shown is None else self._credentials.check(shown, SESSION)
        if shown is None or who is None:
            # A browser sends what it kept by itself: one that is over is as good as none.
            return None
        if request.method not in SAFE:
            check_page(request.headers, csrf_of(shown))
        return who

    def _check_host(self, request: Request) -> None:
        """
        Raises Problem 403 for a request that cannot be meant for this service.

        Without tokens for a client on another machine, and for one that names another host: a web
        page whose name was pointed at this machine could otherwise use a visitor's browser.
        """
        if self._is_local and not is_loopback(client := address_of(request)):
            raise Problem(
                403,
                "not-local",
                f"Requests are answered on the machine itself only, this one came from {client}.",
                cure='Ask from the machine the service runs on, or set access = "tokens".',
            )
        asked_for = request.headers.get("host", "").lower()
        if self._is_local and name_of(asked_for) not in LOCAL_NAMES:
            raise Problem(
                403,
                "not-local",
                f"The service does not answer for the host {asked_for[:100]!r}.",
                cure="Use the address 127.0.0.1, localhost or [::1].",
            )
        if not self._is_local and self._hosts and name_of(asked_for) not in self._hosts:
            raise Problem(
                403,
                "other-host",
                f"The service does not answer for the host {asked_for[:100]!r}.",
                cure="Use one of its names, or add this one to allowed_hosts.",
            )


def address_of(request: Request) -> str:
    """Returns the address that a request came from."""
    return request.client.host if request.client else "an unknown address"


def name_of(host: str) -> str:
    """Returns the name in a header ``Host``, without the port."""
    return host if host.endswith("]") else host.rpartition(":")[0] or host


def check_page(headers: Mapping[str, str], csrf: str) -> None:
    """Raises Problem 403 where a page of somebody else may have made a browser send a request."""
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
        raise forbidden("A page of another origin sent this.")
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise forbidden("A page of another site sent this.")
    if headers.get(CSRF) != csrf:
        raise Problem(
            403,
            "csrf",
            "The request rests on a cookie, and X-CSRF-Token is not that of the session.",
            cure="Send the `csrf` of `POST /v1/sessions`, or of `GET /v1/me`.",
        )


def locked_out(wait_s: int) -> Problem:
    """Returns the refusal of an address from which too many wrong tokens or codes came."""
    return Problem(
        429,
        "locked-out",
        "Too many wrong tokens or codes came from your address.",
        cure=f"Wait {wait_s} s; with a token that is in force you are answered at once.",
        headers={"Retry-After": str(wait_s)},
    )
