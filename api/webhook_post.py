"""
One attempt to send a webhook: a single POST to an address that was looked at.

No redirect is followed, no proxy of the environment asked, no cookie kept, nothing of the answer
read but its head.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address

import httpx2

from api.webhook_addresses import Forbidden, LookUp, Target, addresses, look_up, read_url
from api.webhook_schedule import Answer

TIMEOUT_S = 15.0
"""Seconds that an attempt takes at most, whatever the receiver does."""

CONNECT_S = 5.0
"""Seconds to reach one of several addresses."""

CHECK_S = 3.0
"""Seconds to look up a name that somebody wants to be sent to."""

MOST_ADDRESSES = 3
"""Addresses of one name that are tried in an attempt."""

MAX_ERROR = 200
"""Characters of an error that are kept."""


class Poster:
    """
    Sends bodies; ``allow_loopback`` also to this machine.

    Mutable because it holds its transport open; connections are made anew for each attempt.
    """

    def __init__(
        self,
        *,
        allow_loopback: bool = False,
        look_up: LookUp = look_up,
        transport: httpx2.AsyncBaseTransport | None = None,
        trusted: ssl.SSLContext | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._allow_loopback = allow_loopback
        self._look_up = look_up
        self._timeout_s = timeout_s
        # Kept connections would be shared by receivers behind one address, whose names differ.
        self._transport = transport or httpx2.AsyncHTTPTransport(
            verify=True if trusted is None else trusted,
            trust_env=False,
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Returns what became of it; raises nothing that a receiver could bring about."""
        try:
            async with asyncio.timeout(self._timeout_s):
                target = read_url(url, allow_loopback=self._allow_loopback)
                found = await addresses(target, self._look_up, allow_loopback=self._allow_loopback)
                return await self._first(target, found[:MOST_ADDRESSES], headers, body)
        except TimeoutError:
            return Answer(None, f"no answer within {self._timeout_s:g} s")
        except Forbidden as error:
            return Answer(None, f"not sent: {error}"[:MAX_ERROR])
        except (OSError, httpx2.HTTPError, httpx2.InvalidURL) as error:
            return Answer(None, f"{type(error).__name__}: {error}"[:MAX_ERROR])

    async def check(self, url: str) -> None:
        """
        Raises Forbidden for an address to which nothing would be sent.

        A name that cannot be looked up for now is none of those.
        """
        target = read_url(url, allow_loopback=self._allow_loopback)
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(CHECK_S):
                await addresses(target, self._look_up, allow_loopback=self._allow_loopback)

    async def close(self) -> None:
        """Ends what is open."""
        await self._transport.aclose()

    async def _first(
        self, target: Target, found: Sequence[str], headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Returns the answer of the first address that can be reached."""
        for address in found[:-1]:
            try:
                return await self._try(target, address, headers, body)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return await self._try(target, found[-1], headers, body)

    async def _try(
        self, target: Target, address: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        timeout = {"connect": CONNECT_S, "read": TIMEOUT_S, "write": TIMEOUT_S, "pool": TIMEOUT_S}
        request = httpx2.Request(
            "POST",
            target.at(address),
            # The machine is named by its address, the receiver by its name: to the server, and to
            # whoever checks its certificate.
            headers={"host": target.netloc, "connection": "close", **headers},
            content=body,
            extensions={"timeout": timeout, **_named(target.host)},
        )
        response = await self._transport.handle_async_request(request)
        try:
            return Answer(response.status_code, wait_s=_wait(response.headers.get("retry-after")))
        finally:
            await response.aclose()


def _named(host: str) -> dict[str, str]:
    """Returns for whom a certificate has to be: a name; one for an address needs no telling."""
    try:
        ip_address(host)
    except ValueError:
        return {"sni_hostname": host}
    return {}


def _wait(text: str | None) -> int | None:
    """Returns the seconds of a Retry-After (RFC 9110, 10.2.3), None where it says nothing."""
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return int(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return max(0, int((moment - datetime.now(UTC)).total_seconds()))
