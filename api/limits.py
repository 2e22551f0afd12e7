"""
How much each principal may ask of the service, so that none can take it from the others.

By the generic cell rate algorithm: of each kind a principal has what comes in steadily, up to what
a ``burst`` holds; nothing is kept but the moment at which all that was spent will have come in.

References
----------
ITU-T (2004). *Traffic control and congestion control in B-ISDN*, Recommendation I.371, annex A.
https://www.itu.int/rec/T-REC-I.371
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Request

from api.access import LOCAL, Principal
from api.problems import Problem

Kind = Literal["requests", "bytes", "points", "solve_s"]
"""What is spent: requests, bytes of bodies, places in a problem sent, seconds of solving."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What comes in by the second, and what can be spent at once."""

    per_s: float
    burst: float


MOST_COST = 3
"""Requests that one request counts as at most: so many can always be spent at once."""


class Limits:
    """
    What principals spent; ``clock`` gives seconds that only grow. Used on the event loop only.

    Mutable because it counts. `LOCAL` is not counted: it is whoever runs the service.
    """

    def __init__(
        self, allowances: Mapping[Kind, Allowance], at_once: int, clock: Callable[[], float]
    ) -> None:
        self._allowances = allowances
        self._at_once = at_once
        self._clock = clock
        self._full_at: dict[tuple[str, Kind], float] = {}
        self._running: dict[str, int] = {}

    def spend(self, who: Principal, kind: Kind, cost: float = 1) -> None:
        """
        Spends some of what a principal has of a kind.

        Raises Problem 429 ``too-much``, with ``Retry-After``, where that is less than ``cost``;
        then nothing is spent. 413 ``never-so-much`` for more than it could ever have at once.
        """
        if who is not LOCAL:
            self._full_at[who.name, kind] = self._full_after(who, kind, cost)

    def check(self, who: Principal, kind: Kind, cost: float) -> None:
        """Raises as `spend` does, and spends nothing in any case."""
        if who is not LOCAL:
            self._full_after(who, kind, cost)

    def _full_after(self, who: Principal, kind: Kind, cost: float) -> float:
        """Returns when all will have come in again, were this spent."""
        allowance = self._allowances[kind]
        if cost > allowance.burst:
            raise Problem(
                413,
                "never-so-much",
                f"This takes {cost:g} {kind}, {who.name} has never more than {allowance.burst:g}.",
                cure="Ask for less at once.",
            )
        now = self._clock()
        full_at = max(now, self._full_at.get((who.name, kind), now)) + cost / allowance.per_s
        wait_s = full_at - now - allowance.burst / allowance.per_s
        if wait_s > 0:
            raise _too_much(
                f"{who.name} asks for more {kind} than {allowance.per_s:g} a second.",
                math.ceil(wait_s),
            )
        return full_at

    @contextmanager
    def running(self, who: Principal) -> Iterator[None]:
        """Counts a request while it is answered; raises Problem 429 where too many already are."""
        if who is LOCAL:
            yield
            return
        running = self._running.get(who.name, 0)
        if running >= self._at_once:
            raise _too_much(f"{running} requests of {who.name} are being answered already.", 1)
        self._running[who.name] = running + 1
        try:
            yield
        finally:
            self._running[who.name] -= 1
            if not self._running[who.name]:
                del self._running[who.name]


def _too_much(what: str, wait_s: int) -> Problem:
    return Problem(
        429,
        "too-much",
        what,
        cure=f"Wait {wait_s} s, then send it again.",
        headers={"Retry-After": str(wait_s)},
    )


async def limits_of(request: Request) -> Limits:
    """Returns the limits of this service."""
    limits: Limits = request.app.state.limits
    return limits


Spending = Annotated[Limits, Depends(limits_of)]
"""The parameter by which a handler spends what a principal has."""
