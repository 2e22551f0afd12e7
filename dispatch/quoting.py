"""
What may honestly be promised: the same planning as for a real order, before it is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatch.chances import forecast
from dispatch.events import QuoteGiven
from dispatch.intake import wanted
from dispatch.orders import Quote
from dispatch.outlooks import Outlook, best_outlook, handover_ends
from dispatch.plan import Reason
from dispatch.plan_reading import read_routes
from dispatch.plan_reasons import reasons_for

if TYPE_CHECKING:
    from dispatch.dispatcher import Dispatcher
    from dispatch.model import Model
    from dispatch.orders import Order
    from dispatch.proposals import Proposal
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
    """

    quote: Quote
    eta: int | None
    due_at: int
    courier: str | None
    delays: tuple[Delay, ...] = ()
    reasons: tuple[Reason, ...] = ()
    eta_p90: int | None = None
    p_on_time: float | None = None


def delays(before: Proposal, after: Proposal) -> tuple[Delay, ...]:
    """Returns the orders that are handed over later in one proposal than in another."""
    was, will_be = handover_ends(before), handover_ends(after)
    found: dict[str, Delay] = {}
    for drop, (end, _) in will_be.items():
        if drop in was and end > was[drop][0]:
            order: Order = after.state.orders[after.state.drops[drop].order]
            by_s = max(end - was[drop][0], found[order.id].by_s if order.id in found else 0)
            on_time = (order.deadline is None or end <= order.deadline) and (
                order.id not in found or found[order.id].still_on_time
            )
            found[order.id] = Delay(order.id, by_s, on_time)
    return tuple(found.values())


def give_quote(dispatcher: Dispatcher, request: QuoteRequest, now: int) -> Answer:
    """Returns the earliest honest time; nothing is held for it. Raises as placing an order does."""
    best = best_outlook(dispatcher, request, now)
    quote = Quote(
        id=f"q_{dispatcher.state.quotes_given + 1}",
        service=best.placed.order.service,
        store=best.placed.order.store,
        made_at=now,
        expires_at=now + dispatcher.policy.quote_valid_s,
        promise_s=best.promise_s,
        feasible=best.feasible,
        fingerprint=wanted(request.service, request.drops),
    )
    others = delays(dispatcher.propose(dispatcher.state, now), best.proposal)
    reasons = _reasons(best) if best.eta is None else ()
    dispatcher.record(now, QuoteGiven(now, quote))
    due_at = now + best.promise_s
    p90, chance = _chances(dispatcher, best, due_at, now)
    return Answer(quote, best.eta, due_at, best.courier, others, reasons, p90, chance)


def _chances(
    dispatcher: Dispatcher, best: Outlook, due_at: int, now: int
) -> tuple[int | None, float | None]:
    """Returns by when all is handed over nine times in ten, and the chance that it is when due."""
    if best.eta is None:
        return None, None
    model, state = best.proposal.model, best.proposal.state
    drops = best.placed.order.drops
    routes = tuple(
        route
        for route in read_routes(model, best.proposal.solution, state)
        if any(drop in stop.drops for stop in route.stops for drop in drops)
    )
    found = forecast(routes, state, dispatcher.policy, dispatcher.city, now)
    chance = found.on_time(dict.fromkeys(drops, due_at))
    return found.p90(*drops), round(chance, 2)


def _reasons(best: Outlook) -> tuple[Reason, ...]:
    model: Model = best.proposal.model
    left = {model.problem.jobs[j].name: j for j in best.proposal.solution.unassigned}
    out = [left[drop] for drop in best.placed.order.drops if drop in left]
    return tuple(
        reason
        for j in out
        for reason in reasons_for(model, best.proposal.solution, best.proposal.state, j)
    )
