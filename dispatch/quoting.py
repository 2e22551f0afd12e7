"""
What may honestly be promised: the same planning as for a real order, before it is one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dispatch.alternatives import Alternative, alternatives
from dispatch.carrying import Found, renamed, sequences_of_solution
from dispatch.events import QuoteGiven
from dispatch.holds import due_at, held_drops
from dispatch.intake import wanted
from dispatch.keeping import check_may_hold
from dispatch.orders import Quote
from dispatch.outlooks import undisturbed
from dispatch.plan import Reason
from dispatch.plan_reasons import reasons_for
from dispatch.proposals import Proposal, carried, handover_ends
from dispatch.sooner import searched
from dispatch.state import apply
from dispatch.wishing import quick_outlook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dispatch.carrying import Sequences
    from dispatch.dispatcher import Dispatcher
    from dispatch.model import Model
    from dispatch.orders import Order
    from dispatch.outlooks import Outlook
    from dispatch.requests import QuoteRequest


@dataclass(frozen=True, slots=True)
class Delay:
    """An order that would come later by so many seconds, and whether its promise would hold."""

    order: str
    by_s: int
    still_on_time: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """
    A quote with what it rests on.

    ``eta`` is when the last drop would be handed over (None: not planned yet, or by nobody, then
    ``reasons`` says why); ``courier`` brings that last drop. ``eta_p90`` is kept nine times in
    ten, ``p_on_time`` the chance of keeping ``due_at``, to two digits; None without ``eta``.
    ``alternatives`` are ways to have something sooner, where the usual time cannot be promised;
    ``reserved`` is whether a place is held. ``searched_s`` are the seconds that went into a search
    (None: none was needed).
    """

    quote: Quote
    eta: int | None
    due_at: int
    courier: str | None
    delays: tuple[Delay, ...] = ()
    reasons: tuple[Reason, ...] = ()
    eta_p90: int | None = None
    p_on_time: float | None = None
    alternatives: tuple[Alternative, ...] = ()
    reserved: bool = False
    searched_s: float | None = None


def delays(was: Mapping[str, tuple[int, str]], after: Proposal) -> tuple[Delay, ...]:
    """Returns the orders that are handed over later in a proposal than their drops were to be."""
    will_be = handover_ends(after)
    found: dict[str, Delay] = {}
    for drop, (end, _) in will_be.items():
        if drop in was and end > was[drop][0] and drop in after.state.drops:
            order: Order = after.state.orders[after.state.drops[drop].order]
            by_s = max(end - was[drop][0], found[order.id].by_s if order.id in found else 0)
            on_time = (order.deadline is None or end <= order.deadline) and (
                order.id not in found or found[order.id].still_on_time
            )
            found[order.id] = Delay(order.id, by_s, on_time)
    return tuple(found.values())


def give_quote(dispatcher: Dispatcher, request: QuoteRequest, now: int) -> Answer:
    """
    Returns the earliest honest time, and the place held for it where that was asked.

    Nothing is held for what is not planned now: goods to come, or work that waits for company.
    Raises as placing an order does, and Conflict where too many places are held already.
    """
    if request.reserve:
        check_may_hold(dispatcher, request.principal, now)
    quick, aim = quick_outlook(dispatcher, request, now)
    best = searched(dispatcher, quick, aim, now)
    ways = () if best.feasible else alternatives(dispatcher, request, best, aim, now)
    others = delays(
        handover_ends(undisturbed(dispatcher, best.placed, best.proposal)), best.proposal
    )
    reasons = _reasons(best) if best.eta is None else ()
    quote = _quote(dispatcher, request, best, now)
    if quote.held:
        quote = _hold(dispatcher, quote, best, now)
    else:
        dispatcher.record(now, QuoteGiven(now, quote))
    if best.searched_s is not None:
        _remember(dispatcher, quote, best, now)
    due_at = now + best.promise_s
    p90, chance = None, None
    if best.last is not None:
        p90, chance = best.last.by(0.9), round(best.last.chance(due_at), 2)
    return Answer(
        quote=quote,
        eta=best.eta,
        due_at=due_at,
        courier=best.courier,
        delays=others,
        reasons=reasons,
        eta_p90=p90,
        p_on_time=chance,
        alternatives=ways,
        reserved=quote.holds(now),
        searched_s=best.searched_s,
    )


def _quote(dispatcher: Dispatcher, request: QuoteRequest, best: Outlook, now: int) -> Quote:
    order = best.placed.order
    quote_id = f"q_{dispatcher.state.quotes_given + 1}"
    held = best.last is not None and request.reserve
    return Quote(
        id=quote_id,
        service=order.service,
        store=order.store,
        made_at=now,
        expires_at=now + dispatcher.policy.quote_valid_s,
        promise_s=best.promise_s,
        feasible=best.feasible,
        fingerprint=wanted(request.service, request.drops),
        held=held_drops(quote_id, best.placed.drops) if held else (),
        ready_at=order.ready_at,
        principal=request.principal,
    )


def _hold(dispatcher: Dispatcher, quote: Quote, best: Outlook, now: int) -> Quote:
    """Returns the quote, whose place is now in the published plan."""
    given = QuoteGiven(now, quote)
    state = apply(dispatcher.state, given)
    held = (drop.id for drop in quote.held)
    names = dict(zip(best.placed.order.drops, held, strict=True))
    if best.feasible and best.placed.order.urgent:
        # The problem is the one of the quote but for names, and its plan was judged.
        model = with_place_held(best.proposal.model, quote, names)
        proposal = Proposal(state, model, best.proposal.solution)
    else:
        sequences = renamed(_sequences(best), names)
        proposal = carried(state, dispatcher.model(state, now), sequences)
    dispatcher.publish(now, (given,), proposal)
    return dispatcher.state.quotes[quote.id]


def with_place_held(model: Model, quote: Quote, names: Mapping[str, str]) -> Model:
    """Returns the model of an urgent order that was asked about with the place held for it."""
    due = due_at(quote, model.now) - model.now
    jobs = tuple(
        replace(
            job,
            name=names[job.name],
            delivery=replace(job.delivery, due=due - job.delivery.service_duration),
        )
        if job.name in names
        else job
        for job in model.problem.jobs
    )
    couriers = {names.get(drop, drop): who for drop, who in model.entering.couriers.items()}
    return replace(
        model,
        problem=replace(model.problem, jobs=jobs),
        entering=replace(model.entering, couriers=couriers),
    )


def _sequences(best: Outlook) -> Sequences:
    proposal = best.proposal
    return sequences_of_solution(proposal.model.problem, proposal.solution.routes)


def _remember(dispatcher: Dispatcher, quote: Quote, best: Outlook, now: int) -> None:
    """Keeps the plan that was searched for, so that placing the order need not search again."""
    quotes = dispatcher.state.quotes
    alive = {
        q: f for q, f in dispatcher.found.items() if q in quotes and quotes[q].expires_at >= now
    }
    found = Found(_sequences(best), best.placed.order.drops)
    dispatcher.found = {**alive, quote.id: found} if best.feasible else alive


def _reasons(best: Outlook) -> tuple[Reason, ...]:
    model: Model = best.proposal.model
    left = {model.problem.jobs[j].name: j for j in best.proposal.solution.unassigned}
    out = [left[drop] for drop in best.placed.order.drops if drop in left]
    return tuple(
        reason
        for j in out
        for reason in reasons_for(model, best.proposal.solution, best.proposal.state, j)
    )
