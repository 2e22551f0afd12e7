"""
What happens on a day of a scenario: drawn from a seed, before anything is planned.

Each thing has a generator of its own, so that the same seed gives the same orders, incidents and
couriers whatever is decided, and a day with more rain, or one courier fewer, has the same orders.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dispatch.errors import InvalidRequest
from dispatch.promises import STANDARD, URGENT
from scenarios.demand import (
    Demand,
    Fate,
    KnownDesk,
    Preparation,
    WantedDrop,
    WantedOrder,
    draw_drops,
    draw_items,
)
from scenarios.in_process import desks_of, floors_of
from scenarios.scenario import Profile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dispatch.city import City
    from dispatch.places import Building
    from scenarios.scenario import Burst, Scenario

    Floats = NDArray[np.float64]

OFFICE_HOURS: Mapping[float, float] = {
    0: 0.1, 7: 0.1, 8: 0.5, 9: 0.9, 10: 1.0, 11: 1.2, 12: 1.8, 13: 1.2, 14: 0.9, 15: 1.0, 16: 1.3,
    17: 1.8, 18: 0.8, 19: 0.3, 20: 0.1, 24: 0.1,
}  # fmt: skip
"""How much offices order by the hour, straight between: peaks at noon and at 17 h. Assumed."""

STEP_S = 60
"""Demand is even within so many seconds."""

CHANGE_OF_MIND_S = (30, 480)
"""From when to when, after the order, it is called off, by those who do. Assumed."""

ORDERS, WEIGHTS, BURSTS, DROPS, FATES, GOODS = range(10, 16)
"""Which generator of a seed is whose; those below 10 belong to other parts of a world."""


def draw_day(scenario: Scenario, city: City, seed: int) -> tuple[WantedOrder, ...]:
    """
    Returns the orders of a day, oldest first, with all that befalls them.

    Raises InvalidRequest for a burst in a building that the city does not have.
    """
    start = scenario.starts_at(city.timezone)
    desks = desks_of(city, scenario.desks)
    weights = _rng(seed, WEIGHTS).lognormal(0.0, scenario.uneven, len(desks))
    moments: list[tuple[int, str, str]] = []
    rates = {URGENT: scenario.urgent_per_hour, STANDARD: scenario.standard_per_hour}
    for k, (service, rate) in enumerate(rates.items()):
        moments += [(at, service, "") for at in _arrivals(scenario, rate, _rng(seed, ORDERS, k))]
    for k, burst in enumerate(scenario.bursts):
        building = _building_of(burst, city, desks, _rng(seed, BURSTS, k))
        late = _rng(seed, BURSTS, k, 1).integers(0, burst.minutes * 60, burst.orders - 1)
        begin = burst.after_min * 60
        moments += [(begin + at, URGENT, building) for at in (0, *late.tolist())]
    demand = Demand(
        scenario.urgent_per_hour,
        scenario.standard_per_hour,
        scenario.minutes * 60,
        scenario.several_drops,
    )
    orders = []
    for number, (at, service, building) in enumerate(sorted(moments), start=1):
        rng = _rng(seed, DROPS, number)
        drops = (
            draw_drops(demand, desks, weights, rng)
            if not building
            else (_drop_in(city.buildings[building], rng),)
        )
        order = WantedOrder(number, start + at, service, drops)
        orders.append(_with_fate(_with_goods(order, scenario, seed), scenario, seed))
    return tuple(orders)


def _drop_in(building: Building, rng: np.random.Generator) -> WantedDrop:
    """Returns what somebody in a building wants, on whatever floor."""
    floors = floors_of(building)
    return WantedDrop(floors[int(rng.integers(len(floors)))], draw_items(rng))


def _rng(seed: int, *whose: int) -> np.random.Generator:
    return np.random.default_rng([seed, *whose])


def _arrivals(scenario: Scenario, per_hour: float, rng: np.random.Generator) -> list[int]:
    """
    Returns moments of orders, seconds from the start.

    Given their number, which is the expected one, rounded, the arrivals of a Poisson stream are
    independent, each with the density of the stream's rate over time.
    """
    number = round(per_hour * scenario.minutes / 60)
    edges = np.arange(0, scenario.minutes * 60 + STEP_S, STEP_S)
    sums = np.concatenate(([0.0], np.cumsum(_shape(scenario, edges[:-1]))))
    found = np.interp(rng.random(number) * sums[-1], sums, edges)
    return sorted(int(at) for at in found)


def _shape(scenario: Scenario, at_s: NDArray[np.int64]) -> Floats:
    """Returns how much is ordered at seconds from the start, up to a factor."""
    if scenario.profile is Profile.FLAT:
        return np.ones(len(at_s))
    hours = (scenario.start.hour + scenario.start.minute / 60 + at_s / 3600) % 24
    return np.interp(hours, list(OFFICE_HOURS), list(OFFICE_HOURS.values()))


def _building_of(
    burst: Burst, city: City, desks: tuple[KnownDesk, ...], rng: np.random.Generator
) -> str:
    """Returns whose orders a burst has: who is not named is one of those who order at all."""
    if not burst.building:
        known = sorted({desk.building for desk in desks})
        return known[int(rng.integers(len(known)))]
    if burst.building not in city.buildings:
        raise InvalidRequest(
            f"There is no building {burst.building!r} in {city.name}.",
            at="burst.building",
            cure="Give the id of a building of the city, or none.",
            value=burst.building,
        )
    return burst.building


def _with_goods(order: WantedOrder, scenario: Scenario, seed: int) -> WantedOrder:
    """Returns an order with when its goods are announced and when they are really there."""
    sigma = scenario.prepared_sigma
    spread = math.exp(sigma * _rng(seed, GOODS, order.number).standard_normal() - sigma**2 / 2)
    really_s = round(scenario.prepared_min * 60 * spread)
    return replace(order, preparation=Preparation(scenario.announced_s, really_s))


def _with_fate(order: WantedOrder, scenario: Scenario, seed: int) -> WantedOrder:
    """Returns an order with what befalls it, at most one thing, and who takes no longer time."""
    chance = _rng(seed, FATES, order.number).random(5)
    first, last = CHANGE_OF_MIND_S
    order = replace(
        order,
        leaves=bool(chance[3] < scenario.leaving),
        cancel_after_s=round(first + (last - first) * chance[4]),
    )
    if chance[0] < scenario.cancelled:
        return replace(order, fate=Fate.CANCELLED)
    if chance[1] < scenario.closed:
        return replace(order, fate=Fate.CLOSED)
    if chance[2] < scenario.rejected and all(d.items[0].quantity > 1 for d in order.drops):
        return replace(order, fate=Fate.REJECTED)
    return order
