"""
What the plan would be with one order more, and what may therefore be promised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatch.band_times import band_of
from dispatch.errors import CityError
from dispatch.events import OrderPlaced
from dispatch.intake import new_order, stores_for
from dispatch.openings import desk_place
from dispatch.proposals import Proposal, judged
from dispatch.retiming import retimed
from dispatch.state import apply
from solver.insertion import earliest_insertion
from solver.salvage import salvage
from solver.solution import Kind, Solution

if TYPE_CHECKING:
    from dispatch.dispatcher import Dispatcher
    from dispatch.requests import OrderRequest, QuoteRequest
    from dispatch.state import State

MINUTE = 60

_Ends = dict[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Outlook:
    """
    What the plan would be with one order more.

    ``eta`` is the end of its last hand-over in Unix seconds, None where a drop is held or fits
    nowhere. ``promise_s`` is what may be promised, counted from now.
    """

    placed: OrderPlaced
    proposal: Proposal
    eta: int | None
    courier: str | None
    promise_s: int
    feasible: bool


def outlook(dispatcher: Dispatcher, placed: OrderPlaced, now: int) -> Outlook:
    """
    Returns whether the usual time can be promised to an order, and else the shortest honest one.

    A planned time counts with the policy's buffer added. The cheapest insertion is asked first;
    where it is not early enough, or makes another promise late, the earliest one that makes none.
    """
    state = apply(dispatcher.state, placed)
    proposal = dispatcher.propose(state, now)
    usual = placed.order.promise_s
    ends = handover_ends(proposal)
    eta, courier = _last(ends, placed)
    if not placed.order.urgent or (
        _holds(dispatcher, eta, now, usual) and not _breaks_word(dispatcher, proposal.state, ends)
    ):
        return Outlook(placed, proposal, eta, courier, usual, feasible=True)
    early = _earliest(proposal, placed)
    eta, courier = _last(handover_ends(early), placed)
    if _holds(dispatcher, eta, now, usual):
        return Outlook(placed, early, eta, courier, usual, feasible=True)
    promise_s = usual if eta is None else max(usual, _honest(dispatcher, eta - now))
    return Outlook(placed, early, eta, courier, promise_s, feasible=False)


def _holds(dispatcher: Dispatcher, eta: int | None, now: int, promise_s: int) -> bool:
    return eta is not None and (eta - now) * (1 + dispatcher.policy.quote_buffer) <= promise_s


def _breaks_word(dispatcher: Dispatcher, state: State, ends: _Ends) -> bool:
    """Returns whether an urgent drop that the published plan brings in time would be late."""
    return any(
        stop.departure <= stop.due_at < ends[drop][0]
        for drop, (_, stop) in dispatcher.plan.assignments().items()
        if drop in ends and stop.due_at is not None and state.orders[state.drops[drop].order].urgent
    )


def _honest(dispatcher: Dispatcher, planned_s: int) -> int:
    """Returns a planned time with its buffer, rounded up to a minute."""
    buffered = planned_s * (1 + dispatcher.policy.quote_buffer)
    return -int(-buffered // MINUTE) * MINUTE


def _earliest(proposal: Proposal, placed: OrderPlaced) -> Proposal:
    """Returns the proposal with the new drops at their earliest harmless places."""
    model = proposal.model
    new = [j for j, job in enumerate(model.problem.jobs) if job.name in placed.order.drops]
    old = tuple(
        tuple(activity for activity in route if activity.job not in new)
        for route in proposal.solution.routes
    )
    routes = salvage(model.problem, old)
    served = {activity.job for route in routes for activity in route}
    solution = Solution(routes, frozenset(range(len(model.problem.jobs))) - served)
    for j in new:
        insertion = earliest_insertion(model.problem, solution, j)
        if insertion is not None:
            changed = [*solution.routes]
            changed[insertion.vehicle] = insertion.route
            solution = Solution(tuple(changed), solution.unassigned - {j})
    return judged(proposal.state, model, solution)


def _last(ends: _Ends, placed: OrderPlaced) -> tuple[int | None, str | None]:
    """Returns when and by whom the last drop is handed over, None unless all are planned."""
    if any(drop not in ends for drop in placed.order.drops):
        return None, None
    return max((ends[drop] for drop in placed.order.drops), key=lambda end: end[0])


def handover_ends(proposal: Proposal) -> _Ends:
    """Returns for each planned drop the end of its hand-over, in Unix seconds, and its courier."""
    problem = proposal.model.problem
    return {
        problem.jobs[visit.activity.job].name: (
            visit.departure + proposal.model.now,
            vehicle.name,
        )
        for v, vehicle in enumerate(problem.vehicles)
        for visit in retimed(proposal.model, v, proposal.solution.routes[v]).visits
        if visit.activity.kind is Kind.DELIVERY
        and problem.jobs[visit.activity.job].name in proposal.state.drops
    }


def best_outlook(dispatcher: Dispatcher, request: OrderRequest | QuoteRequest, now: int) -> Outlook:
    """
    Returns the outlook from the store that can promise best, or from the one named.

    Stores without a way to a desk and back are left out; raises CityError where all are.
    """
    outlooks: list[Outlook] = []
    cut_off: CityError | None = None
    for store in stores_for(dispatcher.state, request.store):
        placed = new_order(dispatcher, request, store, now)
        try:
            _check_ways(dispatcher, placed, now)
        except CityError as error:
            cut_off = error
        else:
            outlooks.append(outlook(dispatcher, placed, now))
    if cut_off is not None and not outlooks:
        raise cut_off
    return min(outlooks, key=lambda o: (not o.feasible, o.eta is None, o.promise_s, o.eta or 0))


def _check_ways(dispatcher: Dispatcher, placed: OrderPlaced, now: int) -> None:
    """Raises CityError for a desk with no way from the store or back: nothing can be promised."""
    city, store = dispatcher.city, dispatcher.state.stores[placed.order.store]
    desks = (desk_place(city, drop) for drop in placed.drops)
    places = (city.street_place(store.lat, store.lon), *desks)
    city.travel_times(places, band_of(now, city.timezone))
