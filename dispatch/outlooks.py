"""
What the plan would be with one order more, and what may therefore be promised.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dispatch.band_times import band_of
from dispatch.errors import CityError
from dispatch.events import OrderPlaced
from dispatch.honest import Aim, LastHandover, last_handover
from dispatch.intake import new_order, stores_for, with_promise
from dispatch.openings import desk_place
from dispatch.orders import StopKind
from dispatch.proposals import Proposal, handover_ends, judged
from dispatch.requests import QuoteRequest
from dispatch.state import apply
from solver.insertion import earliest_insertion
from solver.salvage import salvage
from solver.solution import Solution
from solver.solve import SolveParams, solve

if TYPE_CHECKING:
    from dispatch.dispatcher import Dispatcher
    from dispatch.orders import Quote
    from dispatch.requests import OrderRequest
    from solver.problem import Problem


@dataclass(frozen=True, slots=True)
class Outlook:
    """
    What the plan would be with one order more.

    ``last`` is when its last drop is handed over, None where a drop is held or fits nowhere.
    ``promise_s`` is what may be promised, counted from now. ``searched_s`` are the seconds that a
    better plan was searched for (None: it was not needed, or not allowed).
    """

    placed: OrderPlaced
    proposal: Proposal
    last: LastHandover | None
    promise_s: int
    feasible: bool
    searched_s: float | None = None

    @property
    def eta(self) -> int | None:
        """When the last hand-over is over as planned, Unix seconds; None: it is not planned."""
        return None if self.last is None else self.last.eta

    @property
    def courier(self) -> str | None:
        """Who brings the last drop, None: nobody yet."""
        return None if self.last is None else self.last.courier


def outlook(dispatcher: Dispatcher, placed: OrderPlaced, aim: Aim, now: int) -> Outlook:
    """
    Returns whether what an aim wants can be promised to an order, and else the shortest time.

    The cheapest insertion is asked first; where it is not early enough, or makes another promise
    late, the earliest one that makes none. What waits for company or for its goods, and what is
    promised its day whatever the plan, is not timed.
    """
    proposal = dispatcher.propose(apply(dispatcher.state, placed), now)
    first = seen(dispatcher, placed, proposal, aim, now)
    if _as_usual(dispatcher, first):
        return replace(first, promise_s=aim.promise_s, feasible=True)
    if first.feasible and not breaks_word(dispatcher, proposal):
        return first
    return seen(dispatcher, placed, _earliest(proposal, placed), aim, now)


def seen(
    dispatcher: Dispatcher, placed: OrderPlaced, proposal: Proposal, aim: Aim, now: int
) -> Outlook:
    """Returns a proposal with what it lets one promise."""
    last = last_handover(dispatcher, proposal, placed.order.drops, now)
    if last is None:
        return Outlook(placed, proposal, None, aim.promise_s, feasible=False)
    if last.keeps(aim, now):
        return Outlook(placed, proposal, last, aim.promise_s, feasible=True)
    policy = dispatcher.policy
    surely = Aim(aim.promise_s, policy.quote_buffer, policy.quote_confidence)
    longer = max(aim.promise_s, last.honest_s(surely, now))
    service = dispatcher.state.services[placed.order.service]
    promise_s = longer if service.negotiable else aim.promise_s
    return Outlook(placed, proposal, last, promise_s, feasible=False)


def _as_usual(dispatcher: Dispatcher, first: Outlook) -> bool:
    """Returns whether the usual time is promised without a look at the plan."""
    order = first.placed.order
    if order.awaits_goods:
        return True
    if order.urgent:
        return False
    if not dispatcher.state.services[order.service].negotiable:
        return True
    model = first.proposal.model
    left = {model.problem.jobs[j].name for j in first.proposal.solution.unassigned}
    planned = {job.name for job in model.problem.jobs} - left
    waiting = [drop for drop in order.drops if drop not in planned]
    return bool(waiting) and all(drop in model.entering.held for drop in waiting)


def breaks_word(dispatcher: Dispatcher, proposal: Proposal) -> bool:
    """
    Returns whether a proposal makes a promise late that the published plan keeps.

    Promises are those of urgent drops and of places held for quotes.
    """
    orders, drops = proposal.state.orders, proposal.state.drops
    ends = handover_ends(proposal)
    return any(
        stop.departure <= stop.due_at < ends[drop][0]
        for route in dispatcher.plan.whole_routes()
        for stop in route.stops
        if stop.kind is StopKind.DELIVER and stop.due_at is not None
        for drop in stop.drops
        if drop in ends and (drop not in drops or orders[drops[drop].order].urgent)
    )


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


def searched(dispatcher: Dispatcher, start: Outlook, aim: Aim, now: int) -> Outlook:
    """
    Returns the outlook after a search for a plan that keeps what an aim wants, or a shorter time.

    In the problem searched the new drops are due when they must be handed over for that. A plan
    that makes another promise late is not taken.
    """
    policy = dispatcher.policy
    if start.feasible or start.last is None or not (policy.quote_search_s or _moves(dispatcher)):
        return start
    problem = _with_due(start, aim, now)
    if problem is None:
        return start
    params = SolveParams(seconds=policy.quote_search_s)
    if policy.quote_search_moves:
        params = SolveParams(iterations=policy.quote_search_moves)
    result = solve(problem, params, start.proposal.solution)
    best = start
    if result.solution != start.proposal.solution:
        model, state = start.proposal.model, start.proposal.state
        found = seen(dispatcher, start.placed, judged(state, model, result.solution), aim, now)
        is_better = (not found.feasible, found.promise_s) < (not start.feasible, start.promise_s)
        if found.last is not None and is_better and not breaks_word(dispatcher, found.proposal):
            best = found
    return replace(best, searched_s=result.seconds)


def _moves(dispatcher: Dispatcher) -> int:
    return dispatcher.policy.quote_search_moves


def _with_due(start: Outlook, aim: Aim, now: int) -> Problem | None:
    """Returns the problem in which new drops are due early enough, None where that is over."""
    if start.last is None:
        return None
    # As much longer as luck makes this plan, it will make a better one.
    planned_s = max(1, start.last.eta - now)
    ratio = max(1.0, start.last.needs_s(aim, now) / planned_s)
    problem, names = start.proposal.model.problem, start.placed.order.drops
    jobs = []
    for job in problem.jobs:
        if job.name in names:
            due = int(aim.promise_s / ratio) - job.delivery.service_duration
            if due <= 0:
                return None
            job = replace(job, delivery=replace(job.delivery, due=due))
        jobs.append(job)
    return replace(problem, jobs=tuple(jobs))


def best_outlook(
    dispatcher: Dispatcher,
    request: OrderRequest | QuoteRequest,
    now: int,
    quote: Quote | None = None,
) -> Outlook:
    """
    Returns the outlook from the store that can promise best, or from the one named.

    The time wanted is the usual one, or that of a quote whose word is to be kept. Stores without a
    way to a desk and back are left out; raises CityError where all are.
    """
    best, aim = quick_outlook(dispatcher, request, now, quote)
    return searched(dispatcher, best, aim, now)


def quick_outlook(
    dispatcher: Dispatcher,
    request: OrderRequest | QuoteRequest,
    now: int,
    quote: Quote | None = None,
) -> tuple[Outlook, Aim]:
    """Returns as `best_outlook` does, without a search, and what was aimed at."""
    outlooks: list[tuple[Outlook, Aim]] = []
    cut_off: CityError | None = None
    for store in stores_for(dispatcher.state, request.store):
        placed = wished(dispatcher, request, store, now, quote)
        aim = aim_of(dispatcher, placed, quote)
        try:
            _check_ways(dispatcher, placed, now)
        except CityError as error:
            cut_off = error
        else:
            outlooks.append((outlook(dispatcher, placed, aim, now), aim))
    if cut_off is not None and not outlooks:
        raise cut_off
    return min(outlooks, key=lambda found: _rank(found[0]))


def _rank(found: Outlook) -> tuple[bool, bool, int, int]:
    return not found.feasible, found.eta is None, found.promise_s, found.eta or 0


def wished(
    dispatcher: Dispatcher,
    request: OrderRequest | QuoteRequest,
    store: str,
    now: int,
    quote: Quote | None = None,
) -> OrderPlaced:
    """
    Returns the order as it would be placed from a store.

    With the usual deadline, or that of a quote; what shall be held is ready as if it were ordered
    in the last second that the quote is good.
    """
    placed = new_order(dispatcher, request, store, now)
    if quote is not None:
        placed = with_promise(placed, quoted_s(placed, quote))
    if isinstance(request, QuoteRequest) and request.reserve and request.ready_at is None:
        ready_at = placed.order.ready_at + dispatcher.policy.quote_valid_s
        placed = replace(placed, order=replace(placed.order, ready_at=ready_at))
    return placed


def quoted_s(placed: OrderPlaced, quote: Quote) -> int:
    """
    Returns the seconds that a quote promises to an order placed now.

    The usual time of a service that promises a day may grow by a day between the two, at midnight.
    """
    order = placed.order
    return quote.promise_s if order.urgent else min(order.promise_s, quote.promise_s)


def aim_of(dispatcher: Dispatcher, placed: OrderPlaced, quote: Quote | None) -> Aim:
    """Returns what is wanted of the plan: the usual time surely, or a quoted one as planned."""
    if quote is not None:
        return Aim(placed.order.promise_s)
    policy = dispatcher.policy
    return Aim(placed.order.promise_s, policy.quote_buffer, policy.quote_confidence)


def _check_ways(dispatcher: Dispatcher, placed: OrderPlaced, now: int) -> None:
    """Raises CityError for a desk with no way from the store or back: nothing can be promised."""
    city, store = dispatcher.city, dispatcher.state.stores[placed.order.store]
    desks = (desk_place(city, drop) for drop in placed.drops)
    places = (city.street_place(store.lat, store.lon), *desks)
    city.travel_times(places, band_of(now, city.timezone))
