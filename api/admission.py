"""
Refuses what comes while more waits than can be done in time.

Searches are given up before that, see `api.asked.Waiting`. Then new work of clients is refused, and
only last what couriers tell and what somebody wants to see: what couriers did has happened, and
whoever sees nothing asks again.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

from api.access import is_open
from api.asked import Load
from api.problems import document

if TYPE_CHECKING:
    from api.zone import Zone

READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""

TOLD_BY_COURIERS = re.compile(r"/v1/couriers/[^/]+/(actions|positions)")
"""Paths of what couriers tell."""

ALWAYS = frozenset({"/livez", "/readyz", "/metrics", "/openapi.json"})
"""Paths that say how the service is, or need nothing of the zone."""

LONGEST_S = 60
"""Seconds after which a client is asked to come again at most."""


class Admission:
    """Answers 503 with ``Retry-After`` to what would have to wait too long for the zone."""

    def __init__(self, app: ASGIApp, zone: Zone) -> None:
        self.app = app
        self.zone = zone

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, unless too much waits."""
        if scope["type"] == "http" and self._is_refused(scope["method"], scope["path"]):
            seconds = self.zone.waiting.backlog_s
            await document(
                503,
                "overloaded",
                f"More is asked of the zone than it can do: this would wait {seconds:.0f} s. "
                "Nothing was done. Send the request again after the seconds of Retry-After.",
                headers={"Retry-After": str(min(LONGEST_S, max(1, math.ceil(seconds))))},
            )(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _is_refused(self, method: str, path: str) -> bool:
        load = self.zone.waiting.load
        if load < Load.REFUSING or path in ALWAYS or _is_page(method, path):
            return False
        is_work = method not in READING and not TOLD_BY_COURIERS.fullmatch(path)
        if load < Load.CLOSED and not is_work:
            return False
        self.zone.metrics.http.refused.labels("work" if is_work else "anything").inc()
        return True


def _is_page(method: str, path: str) -> bool:
    """Returns whether a file is asked for, which needs nothing of the zone."""
    return method in READING and is_open(method, path)
