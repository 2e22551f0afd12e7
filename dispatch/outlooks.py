"""
What the plan would be with one order more, and what may therefore be promised.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from dispatch.carrying import carry_over, renamed, sequences_of_plan
from dispatch.endangered import endangers
from dispatch.events import OrderPlaced
from dispatch.holds import successors
from dispatch.honest import Aim, LastHandover, last_handover
from dispatch.orders import StopKind
from dispatch.proposals import Proposal, handover_ends, judged, without
from dispatch.protecting import safe_by, with_buffers
from dispatch.state import apply
from solver.insertion import complete, earliest_insertion
from solver.solution import Solution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatch.dispatcher import Dispatcher
    from dispatch.model import Model
    from solver.solution import Route


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
    is_harmless = not breaks_word(dispatcher, placed, proposal, aim)
    if first.feasible and is_harmless:
        return first
    # From the plan without it: the cheapest way may have moved, or delayed, what is promised.
    planned = carry_over(sequences_of_plan(dispatcher.plan), proposal.model)
    routes = complete(proposal.model.problem, planned).routes
    found = _earliest(dispatcher, proposal, routes, placed, aim.buffer)
    early = seen(dispatcher, placed, found, aim, now)
    if is_harmless and first.last is not None and early.last is not None:
        # Several drops, each at its earliest place, may end later than at their cheapest ones.
        return min((early, first), key=lambda o: (not o.feasible, o.promise_s))
    return early


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
    longer = max(aim.promise_s, last.honest_s(surely, now)) + policy.quote_room_s
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


def breaks_word(dispatcher: Dispatcher, placed: OrderPlaced, proposal: Proposal, aim: Aim) -> bool:
    """
    Returns whether a proposal with a new order takes from a promise what it needs to be kept.

    That is the buffer that the published plan leaves it, and the chance that it has with that:
    both were there when it was made, for what luck brings, and orders that come later and use them
    up would make most promises kept on paper only. Who has less left than a buffer waits for no
    more than one loading. Where the aim is a word that was given, only what would be late counts.
    Promises are those of urgent drops and, for the buffer, of places held for quotes. What time
    alone took since that plan was made is not the proposal's doing.
    """
    now, loading_s = proposal.model.now, dispatcher.policy.loading_s
    orders, drops = proposal.state.orders, proposal.state.drops
    ends = handover_ends(proposal)
    promised = [
        (drop, stop.due_at)
        for route in dispatcher.plan.whole_routes()
        for stop in route.stops
        if stop.kind is StopKind.DELIVER and stop.due_at is not None
        for drop in stop.drops
        if drop in ends and (drop not in drops or orders[drops[drop].order].urgent)
    ]
    worn = [(d, due) for d, due in promised if ends[d][0] > safe_by(due, now, aim.buffer)]
    if not worn and not aim.confidence:
        return False
    going_on = undisturbed(dispatcher, placed, proposal)
    anyway = handover_ends(going_on)
    is_worn = any(
        drop in anyway
        and anyway[drop][0] <= due
        and ends[drop][0] > min(due, anyway[drop][0] + loading_s)
        for drop, due in worn
    )
    return is_worn or endangers(dispatcher, going_on, proposal, aim.confidence)


def undisturbed(dispatcher: Dispatcher, placed: OrderPlaced, proposal: Proposal) -> Proposal:
    """
    Returns the published plan as it would just go on, in the problem of a proposal.

    The new order of the proposal is in it where a place is held for it, and else nowhere.
    """
    quote = dispatcher.state.quotes.get(placed.order.quote or "")
    held = quote is not None and quote.holds(proposal.model.now)
    names = successors(quote, placed.drops) if quote is not None and held else {}
    solution = _going_on(dispatcher, dispatcher.plan.version, proposal.model, tuple(names.items()))
    return Proposal(proposal.state, proposal.model, solution)


# Asked for the promises of others, and again for what is told about them.
@lru_cache(maxsize=4)
def _going_on(
    dispatcher: Dispatcher, version: int, model: Model, names: tuple[tuple[str, str], ...]
) -> Solution:
    """Returns what is legal of the published plan, of this version, in a problem."""
    assert dispatcher.plan.version == version
    routes = carry_over(renamed(sequences_of_plan(dispatcher.plan), dict(names)), model)
    return without(model.problem, routes, ())


def earliest_outlook(dispatcher: Dispatcher, placed: OrderPlaced, aim: Aim, now: int) -> Outlook:
    """Returns the outlook with the new drops at their earliest places that make no promise late."""
    state = apply(dispatcher.state, placed)
    model = dispatcher.model(state, now)
    routes = carry_over(sequences_of_plan(dispatcher.plan), model)
    left = Solution(((),) * len(model.problem.vehicles), frozenset(range(len(model.problem.jobs))))
    early = _earliest(dispatcher, Proposal(state, model, left), routes, placed, aim.buffer)
    return seen(dispatcher, placed, early, aim, now)


def _earliest(
    dispatcher: Dispatcher,
    proposal: Proposal,
    planned: Sequence[Route],
    placed: OrderPlaced,
    buffer: float,
) -> Proposal:
    """Returns planned routes, in a proposal's problem, with the new drops as early as harmless."""
    model = proposal.model
    new = [j for j, job in enumerate(model.problem.jobs) if job.name in placed.order.drops]
    solution = without(model.problem, planned, new)
    tight = with_buffers(model.problem, solution, new, buffer, dispatcher.policy.loading_s)
    for j in new:
        insertion = earliest_insertion(tight, solution, j)
        if insertion is None or insertion.harm:
            # Where it has to take a buffer, at least it makes nobody late.
            insertion = earliest_insertion(model.problem, solution, j)
        if insertion is not None:
            changed = [*solution.routes]
            changed[insertion.vehicle] = insertion.route
            solution = Solution(tuple(changed), solution.unassigned - {j})
    return judged(proposal.state, model, solution, known=proposal.solution)
