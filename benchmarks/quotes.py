"""
How long ``POST /v1/quotes`` takes through the real service while it searches for better plans.

A zone with 15 couriers and 60 open drops on a clock that stands still. Before each quote an order
comes and goes, so that a search worker is at work all the time, as in `latency`. Quotes whose usual
time can be kept at once are told apart from those for which a better plan is searched for. What is
held for a quote is given up after it, so that all meet the same load.

A client's milliseconds are those of a machine that does other work as well; the milliseconds that
the service's threads were on a processor say what an answer takes of a core.
"""

from __future__ import annotations

import random
import tempfile
import time
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.demand import START, add_couriers, desks, order
from benchmarks.latency import COURIERS, OPEN_DROPS
from benchmarks.machine import machine, percentiles
from benchmarks.service import Service

if TYPE_CHECKING:
    from collections.abc import Sequence

SEEDS = (7, 8, 9)
"""Two zones are measured of each, every one a service of its own."""

URGENT_SHARES = (0.75, 0.3)
"""Shares of urgent orders among the open ones: more than can be brought in time, and fewer."""

QUOTES = 100
"""Quotes asked of each zone, every second one with ``reserve``."""

KINDS = {
    "feasible at once": (True, False, 50),
    "feasible after a search": (True, True, 300),
    "infeasible after a search": (False, True, 300),
    "infeasible, nothing to search for": (False, False, 300),
}
"""Quotes by whether the usual time is promised and a search was made; milliseconds aimed at."""


@dataclass(frozen=True, slots=True)
class Asked:
    """
    One quote that was asked for, and what was answered.

    ``ms`` until the client had the answer, ``busy_ms`` of them the service was on a processor.
    """

    ms: float
    busy_ms: float
    feasible: bool
    searched: bool
    reserved: bool


def quotes(each: int = QUOTES, seeds: Sequence[int] = SEEDS) -> str:
    """Returns the figures of so many quotes of each zone as text."""
    before = machine()
    asked: list[Asked] = []
    planned: list[int] = []
    for seed, urgent_share in product(seeds, URGENT_SHARES):
        with tempfile.TemporaryDirectory() as folder:
            service = Service(
                Path(folder),
                {"clock": "manual", "clock_start": START, "workers": 1, "search_seconds": 0.2},
            )
            try:
                service.start()
                found, in_routes = _measure(service, each, seed, urgent_share)
            finally:
                service.stop()
        asked += found
        planned.append(in_routes)
    head = (
        f"POST /v1/quotes through the real service, {COURIERS} couriers, {OPEN_DROPS} open drops "
        f"({', '.join(map(str, planned))} of them in routes), 1 search worker at work (0.2 s a "
        f"search), seeds {', '.join(map(str, seeds))} with {_percents()} of the open orders "
        f"urgent, {len(asked)} quotes, one client"
    )
    return "\n".join([before, head, *summary(asked)]) + "\n"


def _percents() -> str:
    return " and ".join(f"{share:.0%}" for share in URGENT_SHARES)


def summary(asked: Sequence[Asked]) -> list[str]:
    """Returns lines of figures of each kind of quote, with and without a place held."""
    lines = [f"after a search: {sum(quote.searched for quote in asked)} of {len(asked)}"]
    for name, (feasible, searched, aim_ms) in KINDS.items():
        some = [q for q in asked if (q.feasible, q.searched) == (feasible, searched)]
        lines.append(_line(name, some))
        if some:
            for reserved, text in ((False, "nothing held"), (True, "reserve: true")):
                part = [quote for quote in some if quote.reserved is reserved]
                lines.append(_line(f"  {text}", part))
            busy = percentiles([quote.busy_ms for quote in some], unit="ms")
            over = sum(quote.ms > aim_ms for quote in some)
            lines.append(f"  on a processor: {busy}")
            lines.append(f"  longer than {aim_ms} ms: {over} of {len(some)}")
    return lines


def _line(name: str, asked: Sequence[Asked]) -> str:
    if not asked:
        return f"{name}: none"
    return f"{name}: {percentiles([quote.ms for quote in asked], unit='ms')}"


def _measure(
    service: Service, each: int, seed: int, urgent_share: float
) -> tuple[list[Asked], int]:
    """Returns the quotes, and how many of the open drops are in routes."""
    rng = random.Random(seed)
    known = desks(service)
    add_couriers(service, COURIERS)
    open_drops = 0
    while open_drops < OPEN_DROPS:
        open_drops += len(
            service.ask("POST", "/v1/orders", order(rng, known, urgent_share))["drops"]
        )
    planned = sum(
        len(stop["drops"])
        for route in service.ask("GET", "/v1/plan")["routes"]
        for stop in route["stops"]
        if stop["kind"] == "deliver"
    )
    return [_ask(service, rng, known, reserve=i % 2 == 1) for i in range(each)], planned


def _ask(service: Service, rng: random.Random, known: list[str], *, reserve: bool) -> Asked:
    other = service.ask("POST", "/v1/orders", order(rng, known))
    service.ask("DELETE", f"/v1/orders/{other['id']}")
    body: dict[str, Any] = {**order(rng, known, urgent_share=1.0), "reserve": reserve}
    busy_ms, began = service.busy_ms(), time.perf_counter()
    quote = service.ask("POST", "/v1/quotes", body)
    ms = (time.perf_counter() - began) * 1000
    busy_ms = service.busy_ms() - busy_ms
    if quote["reserved"]:
        service.ask("DELETE", f"/v1/quotes/{quote['quote_id']}")
    return Asked(ms, busy_ms, quote["feasible"], quote["searched"], quote["reserved"])
