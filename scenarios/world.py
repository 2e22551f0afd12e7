"""
A scenario's world, played in this process: zone, orders, couriers, and what the log tells after it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, overload

import numpy as np

from scenarios.couriers import make_riders
from scenarios.day import draw_day
from scenarios.in_process import InProcess
from scenarios.log import ShiftLog
from scenarios.luck import Alone, Harsher, Luck, Weather
from scenarios.scenario import Family
from scenarios.shift import Shift

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from dispatch.city import City
    from dispatch.orders import Store
    from dispatch.policy import Policy
    from scenarios.couriers import Leg, Rider
    from scenarios.demand import WantedOrder
    from scenarios.scenario import Scenario

AFTER_S = 4 * 3600
"""How long couriers work on after the end of demand."""

COURIERS = 5
"""Which generator of a seed says who drops out and who comes late."""


Zone = TypeVar("Zone", bound=InProcess)


@overload
def open_zone(
    scenario: Scenario,
    city: City,
    store: Store,
    policy: Policy,
    iterations: int,
    *,
    kind: Callable[..., Zone],
    **more: Any,
) -> Zone: ...


@overload
def open_zone(
    scenario: Scenario, city: City, store: Store, policy: Policy, iterations: int, **more: Any
) -> InProcess: ...


def open_zone(
    scenario: Scenario,
    city: City,
    store: Store,
    policy: Policy,
    iterations: int,
    *,
    kind: Callable[..., InProcess] = InProcess,
    **more: Any,
) -> InProcess:
    """
    Returns a zone in which a scenario can be played, at the start of its day.

    The store announces goods as the scenario says. ``kind`` is `InProcess` or what inherits from
    it, and gets ``more`` as it is.
    """
    store = replace(store, preparation_s=scenario.announced_s)
    now = scenario.starts_at(city.timezone)
    return kind(city, store, policy, now, iterations, in_parts=True, **more)


def play_world(
    scenario: Scenario,
    zone: InProcess,
    seed: int,
    progress: Callable[[int, ShiftLog], None] = lambda now, log: None,
    takes: Callable[[WantedOrder], bool] = lambda order: True,
    *,
    clock: Callable[[], float] | None = None,
) -> ShiftLog:
    """
    Returns what happened on a day of a scenario; ``seed`` is that of the world alone.

    ``zone`` is one of `open_zone`, in which nothing happened yet. ``progress`` is told each moment
    at which something happened, ``takes`` asked of each order that comes: one that it turns away is
    never placed. ``clock`` gives seconds, by which answers to orders are timed (None: they are
    not). Raises ValueError for a zone that is not of this scenario, InvalidRequest for a building
    that the city does not have.
    """
    city = zone.dispatcher.city
    start = scenario.starts_at(city.timezone)
    end = start + scenario.minutes * 60
    _check(zone, scenario, start)
    orders = draw_day(scenario, city, seed)
    couriers = zone.hire(scenario.couriers, end + AFTER_S)
    log = ShiftLog(start, end, couriers)
    first = zone.version
    riders = riders_of(scenario, couriers, city.timezone, seed)
    shift = Shift(zone, orders, riders, log, takes=takes, clock=clock)
    try:
        shift.play(lambda now: progress(now, log))
    except KeyboardInterrupt:
        shift.stop()
    look_back(zone, log, first)
    return log


def _check(zone: InProcess, scenario: Scenario, start: int) -> None:
    wanted = (start, scenario.announced_s, True)
    found = (zone.now, zone.store.preparation_s, zone.in_parts)
    if found != wanted:
        raise ValueError(
            f"Expected a zone at {start} whose store announces goods after {wanted[1]} s and that "
            f"tells ways in parts, as open_zone makes it, got {found}."
        )


def luck_of(scenario: Scenario, timezone: str, seed: int) -> Luck:
    """Returns the luck of a day."""
    family: Luck = Alone(scenario.travel_noise, scenario.service_noise)
    if scenario.family is Family.WEATHER:
        family = Weather(seed, timezone, scenario.travel_noise)
    figures = (scenario.rain, scenario.rain_slows, scenario.lift_queues)
    return Harsher(family, seed, timezone, *figures)


def riders_of(
    scenario: Scenario, couriers: Mapping[str, str], timezone: str, seed: int
) -> tuple[Rider, ...]:
    """Returns the couriers of a day; some of them come late, others drop out in its middle half."""
    riders = make_riders(couriers, seed, luck=luck_of(scenario, timezone, seed))
    rng = np.random.default_rng([seed, COURIERS])
    order = rng.permutation(len(riders)).tolist()
    shares = rng.uniform(0.25, 0.75, len(riders)).tolist()
    start = scenario.starts_at(timezone)
    for rider in riders:
        rider.world = seed
    for j in order[: scenario.dropping_out]:
        riders[j].drops_out = True
        riders[j].pause_at = start + round(60 * scenario.minutes * shares[j])
    for j in order[scenario.dropping_out :][: scenario.coming_late]:
        riders[j].comes_at = start + 60 * scenario.late_min
    return riders


def look_back(zone: InProcess, log: ShiftLog, first: int) -> None:
    """Writes to the log what the zone knows at the end: what it did to plans, and open drops."""
    log.replans = list(zone.replans)
    log.moved = [drop for replan in log.replans for drop in replan.moved]
    log.plan_versions = zone.version - first
    for order in log.placed:
        for drop in order.drops:
            if drop not in log.closings:
                log.expected[drop] = zone.expected(drop)


def with_ways(legs: Iterable[Leg], zone: InProcess) -> list[Leg]:
    """Returns legs with the way ridden and its metres, which a zone does not tell as it goes."""
    city = zone.dispatcher.city
    told = []
    for leg in legs:
        way = city.way(*zone.ends[leg.courier, leg.stop])
        told.append(replace(leg, line=way.line, distance_m=way.distance_m))
    return told
