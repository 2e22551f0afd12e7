"""
How long ``POST /v1/orders`` takes through the real service while it searches for better plans.

A zone with 15 couriers and 60 open drops on a clock that stands still; each measured order is
cancelled again, so that the next one meets the same load. Cancelling wakes the search as well, so
that a search worker is at work all the time. Orders that were promised the usual time are told
apart from those promised a longer one, before which a better plan is searched for
(`Policy.quote_search_s`). The solver's own part is in `solver_latency`.
"""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path

from benchmarks.demand import START, add_couriers, desks, order
from benchmarks.machine import machine, percentiles
from benchmarks.service import Service
from benchmarks.solver_latency import solver_latency

COURIERS = 15
OPEN_DROPS = 60
SEED = 7


def latency(orders: int = 500) -> str:
    """Returns the figures of so many orders as text."""
    lines = [machine()]
    with tempfile.TemporaryDirectory() as folder:
        service = Service(
            Path(folder),
            {"clock": "manual", "clock_start": START, "workers": 1, "search_seconds": 0.2},
        )
        try:
            service.start()
            open_drops, planned, figures = _measure(service, orders)
        finally:
            service.stop()
    lines.append(
        f"POST /v1/orders through the real service, {open_drops} open drops ({planned} of them in "
        f"routes, the others held), {COURIERS} couriers, 1 search worker at work (0.2 s a search), "
        f"seed {SEED}, one client"
    )
    for is_longer, name in ((False, "the usual time promised"), (True, "a longer one, searched")):
        some = [ms for ms, longer in figures if longer is is_longer]
        lines.append(f"{name}: {percentiles(some, unit='ms')}")
    return "\n".join(lines) + "\n" + solver_latency()


def _measure(service: Service, orders: int) -> tuple[int, int, list[tuple[float, bool]]]:
    """
    Returns the open drops, how many of them are in routes, and each order's milliseconds.

    With each, whether it was promised a longer time than the usual.
    """
    rng = random.Random(SEED)
    known = desks(service)
    add_couriers(service, COURIERS)
    open_drops = 0
    while open_drops < OPEN_DROPS:
        open_drops += len(service.ask("POST", "/v1/orders", order(rng, known))["drops"])
    plan = service.ask("GET", "/v1/plan")
    planned = sum(
        len(stop["drops"])
        for route in plan["routes"]
        for stop in route["stops"]
        if stop["kind"] == "deliver"
    )
    figures = []
    for _ in range(orders):
        body = order(rng, known)
        began = time.perf_counter()
        placed = service.ask("POST", "/v1/orders", body)
        figures.append(((time.perf_counter() - began) * 1000, placed["requoted"]))
        service.ask("DELETE", f"/v1/orders/{placed['id']}")
    return open_drops, planned, figures
