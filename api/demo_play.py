"""
One shift of the demo: couriers are hired, orders drawn, everything played, the end looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dispatch.promises import URGENT
from scenarios.couriers import make_riders
from scenarios.demand import Demand, draw_orders
from scenarios.log import PlacedOrder, ShiftLog
from scenarios.route import read_instant
from scenarios.shift import Shift

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from api.demo_client import HttpService

NAMES = ("Aino", "Eetu", "Helmi", "Onni", "Venla", "Leo", "Siiri", "Väinö")

CAPACITY = 60
"""Units of load on one bike; a ream of paper is two. Assumed."""

AFTER_S = 4 * 3600
"""How long couriers work on after the end of demand."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How big a shift is; rates are per hour."""

    minutes: int = 150
    couriers: int = 5
    urgent_per_hour: float = 12.5
    standard_per_hour: float = 8


def play_shift(
    service: HttpService,
    *,
    seed: int,
    start: int,
    scale: Scale,
    progress: Callable[[int, ShiftLog], None],
) -> ShiftLog:
    """
    Returns what happened; ``seed`` is that of the world alone, ``start`` in Unix seconds.

    A play cut short by Ctrl-C is a shorter shift. Raises Refused where the service fails.
    """
    end = start + scale.minutes * 60
    service.advance(start)
    demand = Demand(scale.urgent_per_hour, scale.standard_per_hour, scale.minutes * 60)
    orders = draw_orders(demand, service.desks(), start, seed)
    couriers = _hire(service, scale.couriers, start, end + AFTER_S)
    riders = make_riders(couriers, seed)
    # One of them takes a break when half the shift is over.
    riders[-1].pause_at = (start + end) // 2
    log = ShiftLog(start, end, couriers)
    log.decisions_ms = service.decisions_ms
    first = service.version
    shift = Shift(service, orders, riders, log)
    try:
        shift.play(lambda now: progress(now, log))
    except KeyboardInterrupt:
        shift.stop()
    look_back(service, log, first)
    return log


def _hire(service: HttpService, number: int, start: int, end: int) -> dict[str, str]:
    """Returns ids and names of couriers who begin to work at the first store."""
    store = service.items("/v1/stores")[0]["id"]
    return {
        service.add_courier(name, store, CAPACITY, start, end): name
        for name in (NAMES[j % len(NAMES)] for j in range(number))
    }


def look_back(service: HttpService, log: ShiftLog, first: int) -> None:
    """
    Writes to the log what the service says at the end: plans since ``first``, open drops, promises.

    Where it says of an urgent promise what the world did not see, that is a fault.
    """
    for order in log.placed:
        told = service.ask("GET", f"/v1/orders/{order.id}")
        for drop in told["drops"]:
            if drop["id"] not in log.closings:
                log.expected[drop["id"]] = expected_at(drop)
        seen = promise_seen(log, order)
        if seen is not None and told["promise"]["state"] != seen:
            state = told["promise"]["state"]
            log.faults.append(f"the promise of {order.id} is {state}, it should be {seen}")
    last = int(service.ask("GET", "/v1/plan")["version"])
    log.plan_versions = last - first
    for version in range(first + 1, last + 1):
        # Not every number is used.
        plan = service.ask("GET", f"/v1/plan/{version}", may_miss=True) or {"changes": ()}
        log.moved += [c["drop"] for c in plan["changes"] if c["from"] and c["to"]]


def expected_at(drop: Mapping[str, Any]) -> int | None:
    """Returns when the service means to deliver an open drop, for a held one when it sets off."""
    moment = drop["eta"] or drop["held_until"]
    return None if moment is None else read_instant(moment)


def promise_seen(log: ShiftLog, order: PlacedOrder) -> str | None:
    """Returns what the state of an urgent promise must be, None while it is open."""
    slack = log.slack(order)
    if slack is None or order.wanted.service != URGENT:
        return None
    if log.is_cancelled(order):
        return "cancelled"
    return "met" if slack >= 0 else "met_late"
