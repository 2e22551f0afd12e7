"""
Keeps off addresses from which wrong tokens or codes come again and again.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

MOST_FAILURES = 20
"""Failures within ``WINDOW_S`` after which an address has to wait."""

WINDOW_S = 300.0
"""Seconds that a failure counts for, and that an address waits."""

MOST_ADDRESSES = 4096
"""Addresses remembered; the one that failed longest ago is forgotten first."""


def neighbourhood(address: str) -> str:
    """Returns what counts as one address: of IPv6 the /64, which one customer usually has whole."""
    try:
        known = ip_address(address)
    except ValueError:
        return address[:100]
    if isinstance(known, IPv6Address) and known.ipv4_mapped is None:
        return str(IPv6Address(int(known) >> 64 << 64))
    return address


class Lockout:
    """
    Failures by address; ``clock`` gives seconds that only grow.

    Mutable because it counts. It needs the same memory however many addresses fail.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failed: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait_s(self, address: str) -> int:
        """Returns the seconds for which an address is kept off, 0 for none."""
        count, until = self._failed.get(neighbourhood(address), (0, 0.0))
        left = until - self._clock()
        return math.ceil(left) if count >= MOST_FAILURES and left > 0 else 0

    def note(self, address: str) -> None:
        """Counts a failure."""
        name, now = neighbourhood(address), self._clock()
        count, until = self._failed.pop(name, (0, 0.0))
        self._failed[name] = (count + 1 if until > now else 1, now + WINDOW_S)
        if len(self._failed) > MOST_ADDRESSES:
            self._failed.popitem(last=False)

    def pardon(self, address: str) -> None:
        """Takes back one failure: it was counted before it turned out to be none."""
        name = neighbourhood(address)
        count, until = self._failed.get(name, (0, 0.0))
        if count > 1:
            self._failed[name] = (count - 1, until)
        else:
            self._failed.pop(name, None)
