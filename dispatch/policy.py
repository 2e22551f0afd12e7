"""
The rules and figures a zone plans by, and which waiting drops may enter the problem.

Evidence for the defaults: urgent and standard work in one queue keeps 78 % of urgent promises; with
standard drops filling urgent trips to the same building only, and trips of their own once three
wait for a building while another courier stays idle, 96 % (simulated: one store, 5 couriers, 10
urgent and 12 standard orders an hour). A quote with a fifth of the time as buffer keeps 99 %.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from dispatch.errors import InvalidRequest
from dispatch.orders import DropStatus, StopKind

if TYPE_CHECKING:
    from dispatch.orders import Courier, Drop, Order
    from dispatch.plan import CourierRoute, Plan
    from dispatch.state import State


MOST = 365 * 24 * 3600
"""The largest figure of a policy; a longer time than a year is a slip of the keyboard."""


MOVED = {
    "urgent_s": "Say it as the clock of a [[service]] with the name urgent.",
    "business_close": "Say it as the hours of a [[calendar]].",
}
"""Where figures went that were once among these."""


@dataclass(frozen=True, slots=True)
class Policy:
    """
    Figures of one zone; durations in seconds.

    ``quote_buffer`` is the share added to a planned time before it is promised, which orders that
    come later leave it; ``quote_confidence`` the chance with which a time must hold to be promised
    (0: chances are not asked). Before a longer time is promised a plan that keeps the usual one is
    looked for, ``quote_search_s`` at most (0: not), or with ``quote_search_moves`` (0: by time),
    which gives the same on every run. ``holds_per_principal`` are the places that may be held for
    one who asks. ``remainder_s`` is what a courier who is behind its planned end is expected to
    need still. A standard drop waits until ``standard_group`` of them wait for its building, or one
    is older than ``standard_age_s``, and more than ``reserve_idle`` couriers are idle;
    ``standard_margin_s`` before its deadline it waits for nothing. ``learn_speeds`` 1 corrects
    rides by those observed, 0 does not. A promise whose chance falls under ``foresee_below`` is
    foreseen to break (0: none is). Raises InvalidRequest for a figure that makes no sense.
    """

    quote_buffer: float = 0.2
    quote_confidence: float = 0.95
    quote_search_s: float = 0.15
    quote_search_moves: int = 0
    quote_valid_s: int = 60
    holds_per_principal: int = 20
    handover_s: int = 60
    loading_s: int = 15
    remainder_s: int = 30
    tick_s: int = 30
    silence_s: int = 900
    position_valid_s: int = 120
    standard_group: int = 3
    standard_age_s: int = 3 * 3600
    standard_margin_s: int = 2 * 3600
    reserve_idle: int = 1
    learn_speeds: int = 0
    foresee_below: float = 0.5

    def __post_init__(self) -> None:
        least = {"tick_s": 1}
        most = dict.fromkeys(("learn_speeds", "foresee_below", "quote_confidence"), 1)
        most["quote_search_s"] = 60
        for name in self.__dataclass_fields__:
            value, low, high = getattr(self, name), least.get(name, 0), most.get(name, MOST)
            if not low <= value <= high:
                raise InvalidRequest(
                    f"{name} is {value}.",
                    at=f"policy.{name}",
                    cure=f"Give {low} to {high}.",
                    value=value,
                )

    @classmethod
    def from_mapping(cls, figures: Mapping[str, Any]) -> Policy:
        """Returns the defaults with these figures; raises InvalidRequest for an unknown name."""
        known = {f.name: f.default for f in fields(cls)}
        for name, value in figures.items():
            if name not in known:
                raise InvalidRequest(
                    f"There is no figure {name!r}.",
                    at=f"policy.{name}",
                    cure=MOVED.get(name, f"Choose from {', '.join(sorted(known))}."),
                    value=value,
                )
            whole = not isinstance(known[name], float)
            if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
                raise InvalidRequest(
                    f"{name} is {value!r}.",
                    at=f"policy.{name}",
                    cure="Give a whole number." if whole else "Give a number.",
                    value=value,
                )
        return cls(**figures)


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


def entering(state: State, plan: Plan, policy: Policy, now: int) -> Entering:
    """Returns which waiting drops enter the problem, on which couriers, and which are held."""
    waiting = [drop for drop in state.open_drops() if drop.status is DropStatus.WAITING]
    stopped = {drop.id: why for drop in waiting if (why := _stopped(state.orders[drop.order]))}
    couriers: dict[str, frozenset[str] | None] = {}
    standard: dict[str, list[Drop]] = {}
    for drop in waiting:
        if drop.id in stopped:
            continue
        if drop.pinned is not None:
            couriers[drop.id] = frozenset({drop.pinned})
        elif state.orders[drop.order].urgent:
            couriers[drop.id] = None
        else:
            standard.setdefault(drop.desk.building, []).append(drop)
    if not standard:
        return Entering(couriers, stopped=stopped)
    return replace(_with_standard(state, plan, policy, now, couriers, standard), stopped=stopped)


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
    standard: Mapping[str, list[Drop]],
) -> Entering:
    """Returns the decision for the standard drops, building by building, oldest first."""
    spare = sorted(idle_couriers(state, plan, now))[policy.reserve_idle :]
    urgent = urgent_trips(state, plan)
    planned = {
        drop: courier
        for drop, (courier, _) in plan.assignments().items()
        if takes_work(state.couriers[courier], now)
    }
    fills: set[str] = set()
    held: dict[str, int] = {}
    for building, drops in sorted(standard.items(), key=lambda group: _oldest(state, group[1])):
        new = [drop for drop in drops if drop.id not in planned]
        old_at = _oldest(state, drops) + policy.standard_age_s
        due_a_trip = len(new) >= policy.standard_group or (bool(new) and now >= old_at)
        taker = frozenset({_taker(state, spare, drops)}) if spare and due_a_trip else None
        for drop in drops:
            deadline = state.orders[drop.order].deadline
            if deadline is not None and deadline - now <= policy.standard_margin_s:
                couriers[drop.id] = None
            elif drop.id in planned and not _rides_along(drop, planned[drop.id], plan, state):
                couriers[drop.id] = frozenset({planned[drop.id]})
            elif taker is not None:
                couriers[drop.id] = taker
            elif company := _in_time(urgent.get(building, {}), state.orders[drop.order].ready_at):
                couriers[drop.id] = company
                fills.add(drop.id)
                held[drop.id] = max(now, old_at)
            else:
                held[drop.id] = max(now, old_at)
    return Entering(couriers, frozenset(fills), held)


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
