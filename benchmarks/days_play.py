"""
One day of a scenario, played by one policy in Helsinki, or in any other city.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.days_hindsight import Hindsight
from benchmarks.days_lists import STANDARD_PER_HOUR, START
from benchmarks.days_record import told
from benchmarks.helsinki import STORE, embedded_city
from dispatch.city import City
from dispatch.orders import Store
from dispatch.policy import Policy
from scenarios.day import draw_day
from scenarios.scenario import Scenario
from scenarios.world import open_zone, play_world

if TYPE_CHECKING:
    from datetime import time

    from benchmarks.days_lists import Decider, Setting, Size
    from benchmarks.days_record import Day


@dataclass(frozen=True, slots=True)
class Ground:
    """A city with a store in it."""

    city: City
    store: Store


@cache
def helsinki() -> Ground:
    """Returns the city that comes with the package, loaded once."""
    return Ground(embedded_city(), STORE)


def scenario_of(
    size: Size, setting: Setting, hours: float, leaving: float = 0.0, start: time = START
) -> Scenario:
    """Returns the kind of day that a size and a setting have. Raises InvalidRequest."""
    usual = Scenario(
        name=size.name,
        start=start,
        minutes=round(60 * hours),
        couriers=size.couriers + setting.couriers,
        urgent_per_hour=size.urgent_per_hour,
        standard_per_hour=STANDARD_PER_HOUR,
        leaving=leaving,
    )
    return replace(usual, **setting.world)


def policy_of(setting: Setting, seconds: float) -> Policy:
    """Returns the figures of a setting; for a quote no longer is searched than for a plan."""
    return Policy.from_mapping({"quote_search_s": seconds, **setting.figures})


def play(
    scenario: Scenario,
    decider: Decider,
    policy: Policy,
    seed: int,
    *,
    seconds: float,
    iterations: int = 0,
    ground: Ground | None = None,
) -> Day:
    """
    Returns a day of a scenario as a policy decided it; ``seed`` is that of the world.

    A search at an event is bounded by ``iterations``, or by ``seconds`` where they are 0. Raises
    Skipped where another solver cannot be had.
    """
    ground = ground or helsinki()
    began = perf_counter()
    zone = open_zone(
        scenario,
        ground.city,
        ground.store,
        policy,
        iterations,
        kind=decider.zone,
        seconds=seconds,
    )
    try:
        if isinstance(zone, Hindsight):
            zone.foretell(draw_day(scenario, ground.city, seed))
        log = play_world(scenario, zone, seed)
    finally:
        zone.close()
    return told(log, zone, perf_counter() - began)
