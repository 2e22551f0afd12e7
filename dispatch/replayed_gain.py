"""
What a plan gained over the one before, priced in the problem of the moment at which it was made.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from dispatch.carrying import carry_over, sequences_of_plan
from dispatch.errors import DispatchError
from dispatch.events import DropPinned
from dispatch.observed import learn
from dispatch.orders import DropStatus
from dispatch.plan_reading import read_routes
from dispatch.planning import build_problem
from dispatch.proposals import carried
from dispatch.reported import in_force
from dispatch.state import State, apply
from solver.problem import Measure
from solver.solution import Solution, cost

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatch.city import City
    from dispatch.model import Model
    from dispatch.plan import CourierRoute, Plan
    from dispatch.policy import Policy
    from dispatch.replaying import Past
    from solver.problem import Tier

TIERS = {
    Measure.UNASSIGNED: "promised drops left out",
    Measure.LATE: "promised drops late",
    Measure.LATENESS: "seconds late in all",
    Measure.UNASSIGNED_MINOR: "standard drops left out",
    Measure.LATE_MINOR: "standard drops late",
    Measure.BUSY: "seconds of work, waiting customers and changes",
}
"""What a tier of a dispatcher's objective counts, by its first measure."""

EVENT = "event"
SEARCH = "search"
TIME = "time"
CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Tiered:
    """One tier: what it counts, for the plan before carried over, and for the one published."""

    what: str
    kept: int
    published: int


@dataclass(frozen=True, slots=True)
class Gain:
    """
    Why a plan is another than the one before, and what it gained.

    ``cause`` is ``event`` where it is what the events alone lead to, ``time`` where it is the plan
    before with other times, ``search`` where a better one was found with no event, and ``choice``
    where something decided with an event put it otherwise than at the least cost: a dispatcher's
    move, or a plan searched for a quote. ``off_s`` is by how much a time of a stop, as built again,
    differs at most from the one published (None: the stops themselves do): what couriers'
    positions told is not in the log, and settings may have changed.
    """

    cause: str
    tiers: tuple[Tiered, ...]
    off_s: int | None

    @property
    def first(self) -> Tiered | None:
        """The first tier in which the two differ, which decides; None where none does."""
        return next((tier for tier in self.tiers if tier.kept != tier.published), None)


def gain(found: Past, city: City, policy: Policy) -> Gain:
    """
    Returns what the plan of a past moment gained; the city takes the speeds that held then.

    Raises CityError or InvalidRequest where the city is not the one that was planned in.
    """
    state, plan = found.decided, found.plan
    missing = {o.store for d in state.live.values() if (o := state.orders[d.order])} | {
        courier.store for courier in state.couriers.values()
    }
    if missing := missing - state.stores.keys():
        raise DispatchError(
            f"The settings do not know the stores {', '.join(sorted(missing))}.",
            at="store",
            cure="Give the settings of the service with --config.",
        )
    with in_force(city, State(), state):
        learn(city, state, policy)
        model = build_problem(state, found.before, city, policy, plan.made_at)
        if brought := _brought_forward(model, plan, state):
            state = reduce(apply, brought, state)
            model = build_problem(state, found.before, city, policy, plan.made_at)
        kept = carried(state, model, sequences_of_plan(found.before)).solution
        published = _solution(model, plan)
        prices = cost(model.problem, kept), cost(model.problem, published)
        routes = read_routes(model, published, state)
    tiers = tuple(
        Tiered(_named(tier), *(price // tier[0][1] for price in (was, now)))
        for tier, was, now in zip(model.problem.tiers, *prices, strict=True)
    )
    cause = _cause(bool(found.decided_with), kept.routes == published.routes)
    return Gain(cause, tiers, off_s(routes, plan.whole_routes()))


def _brought_forward(model: Model, plan: Plan, state: State) -> tuple[DropPinned, ...]:
    """
    Returns pins for waiting drops that are planned, though the model holds them back.

    A dispatcher puts one into a route without a pin: it was pinned while that was planned.
    """
    names = {job.name for job in model.problem.jobs}
    return tuple(
        DropPinned(plan.made_at, drop, courier)
        for drop, (courier, _) in plan.assignments().items()
        if drop not in names
        and drop in state.drops
        and state.drops[drop].status is DropStatus.WAITING
    )


def _cause(has_events: bool, follows: bool) -> str:
    if follows:
        return EVENT if has_events else TIME
    return CHOICE if has_events else SEARCH


def _solution(model: Model, plan: Plan) -> Solution:
    routes = carry_over(sequences_of_plan(plan), model)
    served = {activity.job for route in routes for activity in route}
    return Solution(routes, frozenset(range(len(model.problem.jobs))) - served)


def _named(tier: Tier) -> str:
    return TIERS.get(tier[0][0], tier[0][0].value)


def off_s(one: Sequence[CourierRoute], other: Sequence[CourierRoute]) -> int | None:
    """Returns the largest difference between the times of the same stops, None if they differ."""
    was = [(route.courier, stop) for route in one for stop in route.stops]
    now = [(route.courier, stop) for route in other for stop in route.stops]
    if [(c, s.id, s.drops) for c, s in was] != [(c, s.id, s.drops) for c, s in now]:
        return None
    pairs = [(a, b) for (_, a), (_, b) in zip(was, now, strict=True)]
    return max(
        (max(abs(a.arrival - b.arrival), abs(a.departure - b.departure)) for a, b in pairs),
        default=0,
    )
