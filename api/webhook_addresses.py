"""
Where a webhook may be sent: to public addresses by https, never into the network around us.

A name is looked up once for each attempt, every address it has must be public, and the connection
is made to the address that was looked at: a name that means another machine at the second look
gains nothing.

References
----------
OWASP (2023). *API7:2023 Server Side Request Forgery*, API Security Top 10.
https://owasp.org/API-Security/editions/2023/en/0xa7-server-side-request-forgery/
IANA. *Special-Purpose Address Registries* (RFC 6890), as `ipaddress` has them.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from threading import Thread
from urllib.parse import urlsplit

MAX_URL = 2000
"""Characters of an address at most."""

HTTPS = 443
"""The one port that is sent to."""

LOCAL_NAMES = ("localhost", "local", "internal", "home.arpa")
"""Last parts of names that mean this machine or its network (RFC 6761, RFC 6762, RFC 8375)."""

GLOBAL_UNICAST = IPv6Network("2000::/3")
NAT64 = IPv6Network("64:ff9b::/96")
"""Behind whose last 32 bits is an IPv4 address (RFC 6052)."""

LookUp = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the addresses of a name as text, OSError where it has none."""


class Forbidden(ValueError):
    """An address to which nothing may be sent; the text says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address in parts; ``path`` includes the query, ``netloc`` is host and port as given."""

    scheme: str
    host: str
    port: int
    netloc: str
    path: str

    def at(self, address: str) -> str:
        """Returns the URL of the same thing on the machine with this IP address."""
        host = f"[{address}]" if ":" in address else address
        return f"{self.scheme}://{host}:{self.port}{self.path}"


def read_url(url: str, *, allow_loopback: bool = False) -> Target:
    """
    Returns the parts of an address that something may be sent to, as far as it tells by itself.

    ``allow_loopback`` allows http, and any port, to addresses of this machine. Raises Forbidden.
    """
    if len(url) > MAX_URL or not re.fullmatch(r"[\x21-\x7e]+", url):
        raise Forbidden(f"it is longer than {MAX_URL} characters, or has others than plain ASCII")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Forbidden(str(error)) from error
    if parts.scheme != "https" and not (allow_loopback and parts.scheme == "http"):
        raise Forbidden(f"its scheme is {parts.scheme!r}, not https")
    if "@" in parts.netloc or parts.fragment:
        raise Forbidden("it has a user, a password or a fragment")
    if not host or re.search(r"[\\^|%<>{}\"`]", parts.netloc):
        raise Forbidden("it has no host, or one with strange characters")
    if port not in (None, HTTPS) and not allow_loopback:
        raise Forbidden(f"its port is {port}, not {HTTPS}")
    _check_host(host, allow_loopback)
    usual = HTTPS if parts.scheme == "https" else 80
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or usual, parts.netloc, path)


def _check_host(host: str, allow_loopback: bool) -> None:
    try:
        ip_address(host)
    except ValueError:
        name = host.rstrip(".")
        local = name in LOCAL_NAMES or name.endswith(tuple(f".{last}" for last in LOCAL_NAMES))
        if (local or "." not in name) and not (allow_loopback and name == "localhost"):
            raise Forbidden(f"{host!r} is a name of this machine or its network") from None
    else:
        check_address(host, allow_loopback)


def check_address(text: str, allow_loopback: bool = False) -> None:
    """Raises Forbidden for an IP address that is not one of the public internet."""
    # An address with a zone (fe80::1%eth0) is one of the network around.
    address = None if "%" in text else ip_address(text)
    if address is not None and (is_public(address) or (allow_loopback and address.is_loopback)):
        return
    raise Forbidden(f"{text} is no public address")


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """
    Returns whether an address is one of the public internet.

    One that carries an IPv4 address (mapped, 6to4, NAT64) is what that one is; Teredo's are not.
    """
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in NAT64:
            inner = IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(inner)
        if address not in GLOBAL_UNICAST or address.teredo is not None:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


async def addresses(target: Target, look_up: LookUp, *, allow_loopback: bool) -> Sequence[str]:
    """
    Returns the IP addresses of a target, each of which may be sent to; looks once.

    Raises Forbidden if one of them may not, or if plain http would leave this machine; OSError if
    there is none.
    """
    found = await look_up(target.host, target.port)
    if not found:
        raise OSError(f"{target.host} has no address")
    for text in found:
        check_address(text, allow_loopback)
        if target.scheme == "http" and not ip_address(text).is_loopback:
            raise Forbidden(f"{text} is another machine, and http hides nothing")
    return found


async def look_up(host: str, port: int) -> Sequence[str]:
    """
    Returns the addresses of a name as this machine knows them, the preferred first.

    In a thread of its own that holds up nobody: neither other names while a server does not answer,
    nor the end of the program.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Sequence[str]] = loop.create_future()

    def tell(found: Sequence[str] | OSError) -> None:
        if answer.done():
            return
        if isinstance(found, OSError):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def work() -> None:
        found: Sequence[str] | OSError
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found = list(dict.fromkeys(str(info[4][0]) for info in infos))
        except (OSError, UnicodeError) as error:
            found = error if isinstance(error, OSError) else OSError(str(error))
        # The loop may be over by now.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(tell, found)

    Thread(target=work, name=f"look up {host[:50]}", daemon=True).start()
    return await answer
