"""
Which waiting drops enter the problem, and on which couriers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dispatch.geo import distance
from dispatch.orders import DropStatus, StopKind

if TYPE_CHECKING:
    from dispatch.orders import Courier, Drop, Order
    from dispatch.places import Building
    from dispatch.plan import CourierRoute, Plan
    from dispatch.policy import Policy
    from dispatch.state import State


@dataclass(frozen=True, slots=True)
class Entering:
    """
    Which waiting drops are planned now.

    ``couriers`` gives for each entering drop the couriers allowed (None: all). ``fills`` are those
    that may only ride along with an urgent drop to their building. ``held`` gives these and the
    drops that do not enter the moment at which they are old enough for a trip of their own.
    ``stopped`` are drops whose clock does not run, and why: ``goods`` that have not arrived, or
    ``paused``.
    """

    couriers: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    fills: frozenset[str] = frozenset()
    held: Mapping[str, int] = field(default_factory=dict)
    stopped: Mapping[str, str] = field(default_factory=dict)


def is_on_duty(courier: Courier, now: int) -> bool:
    """Returns whether a courier may get new work at this moment."""
    return (
        courier.shift_start <= now < courier.shift_end and not courier.paused and not courier.silent
    )


def takes_work(courier: Courier, now: int) -> bool:
    """Returns whether a courier may be planned with new work, be it for a shift yet to begin."""
    return not courier.paused and not courier.silent and courier.shift_end > now


def idle_couriers(state: State, plan: Plan, now: int) -> frozenset[str]:
    """Returns the couriers on duty with nothing on board, nothing planned, going nowhere."""
    busy = {drop.courier for drop in state.open_drops() if drop.status is DropStatus.ON_BOARD}
    busy |= {route.courier for route in plan.whole_routes() if _works(route)}
    return frozenset(
        courier.id
        for courier in state.couriers.values()
        if is_on_duty(courier, now)
        and courier.id not in busy
        and (courier.committed is None or courier.committed.kind is StopKind.RETURN)
    )


def _works(route: CourierRoute) -> bool:
    return any(stop.kind is not StopKind.RETURN for stop in route.stops)


def entering(
    state: State, plan: Plan, policy: Policy, now: int, buildings: Mapping[str, Building]
) -> Entering:
    """Returns which waiting drops enter the problem, on which couriers, and which are held."""
    waiting = [drop for drop in state.open_drops() if drop.status is DropStatus.WAITING]
    stopped = {drop.id: why for drop in waiting if (why := _stopped(state.orders[drop.order]))}
    couriers: dict[str, frozenset[str] | None] = {}
    standard: list[Drop] = []
    for drop in waiting:
        if drop.id in stopped:
            continue
        if drop.pinned is not None:
            couriers[drop.id] = frozenset({drop.pinned})
        elif state.orders[drop.order].urgent:
            couriers[drop.id] = None
        else:
            standard.append(drop)
    if not standard:
        return Entering(couriers, stopped=stopped)
    groups = _groups(state, standard, policy.standard_near_m, buildings)
    return replace(_with_standard(state, plan, policy, now, couriers, groups), stopped=stopped)


def _groups(
    state: State, drops: list[Drop], near_m: int, buildings: Mapping[str, Building]
) -> list[list[Drop]]:
    """Returns drops by building, with those for buildings near that of the oldest one."""
    left = sorted(drops, key=lambda drop: state.orders[drop.order].placed_at)
    groups = []
    while left:
        here = left[0].desk.building
        others = sorted({drop.desk.building for drop in left} - {here}) if near_m else []
        near = {here, *(b for b in others if _metres(buildings, here, b) <= near_m)}
        groups.append([drop for drop in left if drop.desk.building in near])
        left = [drop for drop in left if drop.desk.building not in near]
    return groups


def _metres(buildings: Mapping[str, Building], a: str, b: str) -> float:
    """Returns how far two buildings are apart as the crow flies, endless for an unknown one."""
    if a not in buildings or b not in buildings:
        return math.inf
    one, other = buildings[a], buildings[b]
    return distance((one.lat, one.lon), (other.lat, other.lon))


def _stopped(order: Order) -> str:
    """Returns why an order is not brought for now, empty where it may be."""
    if order.is_paused:
        return "paused"
    return "goods" if order.awaits_goods else ""


def _with_standard(
    state: State,
    plan: Plan,
    policy: Policy,
    now: int,
    couriers: dict[str, frozenset[str] | None],
    groups: list[list[Drop]],
) -> Entering:
    """Returns the decision for the standard drops, group by group, that of the oldest first."""
    idle = sorted(idle_couriers(state, plan, now))
    spare = idle[_kept_back(policy, len(idle)) :]
    urgent, is_calm = urgent_trips(state, plan), len(idle) >= policy.fill_idle
    planned = {
        drop: courier
        for drop, (courier, _) in plan.assignments().items()
        if takes_work(state.couriers[courier], now)
    }
    fills: set[str] = set()
    held: dict[str, int] = {}
    for drops in groups:
        new = [drop for drop in drops if drop.id not in planned]
        old_at = _oldest(state, drops) + policy.standard_age_s
        is_old = now >= old_at and not _is_joined_soon(state, policy, now, drops)
        due_a_trip = len(new) >= policy.standard_group or (bool(new) and is_old)
        taker = frozenset({_taker(state, spare, drops)}) if spare and due_a_trip else None
        for drop in drops:
            order = state.orders[drop.order]
            if order.deadline is not None and order.deadline - now <= policy.standard_margin_s:
                couriers[drop.id] = None
            elif drop.id in planned and not _rides_along(drop, planned[drop.id], plan, state):
                couriers[drop.id] = frozenset({planned[drop.id]})
            elif taker is not None:
                couriers[drop.id] = taker
            else:
                held[drop.id] = max(now, old_at)
                company = _in_time(urgent.get(drop.desk.building, {}), order.ready_at)
                if company and (is_calm or now >= order.placed_at + policy.standard_age_s):
                    couriers[drop.id] = company
                    fills.add(drop.id)
    return Entering(couriers, frozenset(fills), held)


def _kept_back(policy: Policy, idle: int) -> int:
    """Returns how many of the idle couriers are kept for urgent work."""
    # Rounded first: 0.6 of five may come out a hair above three.
    return max(policy.reserve_idle, math.ceil(round(policy.reserve_share * idle, 6)))


def _is_joined_soon(state: State, policy: Policy, now: int, drops: list[Drop]) -> bool:
    """
    Returns whether ``standard_expect`` drops are expected for the buildings of a group.

    Expected are so many in the next ``standard_age_s`` as were ordered in the last, urgent or not:
    either kind of company saves a trip.
    """
    if not policy.standard_expect:
        return False
    buildings = {drop.desk.building for drop in drops}
    others = 0
    for order in reversed(tuple(state.orders.values())):
        if order.placed_at <= now - policy.standard_age_s:
            break
        others += sum(state.drops[drop].desk.building in buildings for drop in order.drops)
    return others >= policy.standard_expect


def _taker(state: State, spare: list[str], drops: list[Drop]) -> str:
    """Takes from the idle who can carry each of the drops and works longest."""
    heaviest = max(drop.load for drop in drops)
    couriers = [state.couriers[courier] for courier in spare]
    best = max(couriers, key=lambda courier: (courier.capacity >= heaviest, courier.shift_end))
    spare.remove(best.id)
    return best.id


def _oldest(state: State, drops: list[Drop]) -> int:
    return min(state.orders[drop.order].placed_at for drop in drops)


def trips(route: CourierRoute) -> tuple[frozenset[str], ...]:
    """Returns the drops of each trip that still has to be loaded."""
    return tuple(frozenset(stop.drops) for stop in route.stops if stop.kind is StopKind.LOAD)


def urgent_trips(state: State, plan: Plan) -> dict[str, dict[str, int]]:
    """
    Returns for each building who still loads an urgent drop for it, and when that is ready.

    Ready are courier and all urgent goods of the load stop, in Unix seconds.
    """
    found: dict[str, dict[str, int]] = {}
    for route in plan.routes:
        for stop in (stop for stop in route.stops if stop.kind is StopKind.LOAD):
            urgent = [state.drops[d] for d in stop.drops if _is_waiting_urgent(state, d)]
            ready = [state.orders[drop.order].ready_at for drop in urgent]
            for drop in urgent:
                loads = found.setdefault(drop.desk.building, {})
                loads[route.courier] = max(stop.arrival, *ready)
    return found


def _is_waiting_urgent(state: State, name: str) -> bool:
    drop = state.drops[name]
    return state.orders[drop.order].urgent and drop.status is DropStatus.WAITING


def _in_time(urgent: Mapping[str, int], ready_at: int) -> frozenset[str]:
    """Returns the couriers whose urgent goods need not wait for goods ready at this moment."""
    return frozenset(courier for courier, loads_at in urgent.items() if ready_at <= loads_at)


def _rides_along(drop: Drop, courier: str, plan: Plan, state: State) -> bool:
    """Returns whether a planned drop shares its trip with an urgent one to its building."""
    route = plan.route_of(courier)
    trip = next((t for t in trips(route) if drop.id in t), frozenset()) if route else frozenset()
    return has_company(drop, trip, state)


def has_company(drop: Drop, trip: frozenset[str], state: State) -> bool:
    """
    Returns whether a trip has an urgent drop for the building of this one.

    A place held is no company: nothing may come of it.
    """
    return any(
        state.drops[other].desk.building == drop.desk.building
        and state.orders[state.drops[other].order].urgent
        for other in trip
        if other != drop.id and other in state.drops
    )
