"""
How places held for quotes are kept while the zone changes, taken over, given up and lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dispatch.carrying import renamed, sequences_of_plan, sequences_of_solution
from dispatch.errors import Conflict, NotFound
from dispatch.events import HoldLapsed
from dispatch.holds import due_at, holds, successors
from dispatch.proposals import Proposal, carried, handover_ends
from dispatch.state import apply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dispatch.dispatcher import Dispatcher
    from dispatch.events import OrderPlaced
    from dispatch.orders import Quote
    from dispatch.state import State

EXPIRED, LATE, NOBODY, RELEASED = "expired", "late", "nobody", "released"
"""
Why a place is held no longer.

The quote is no longer good; it could not be kept in time; nobody could take it at all; whoever
asked gave it up.
"""


def expired_holds(state: State, now: int) -> Iterator[HoldLapsed]:
    """Yields an event for each place held that nobody took while its quote was good."""
    for quote in state.quotes.values():
        if quote.held and not quote.lapsed and quote.order is None and now > quote.expires_at:
            yield HoldLapsed(now, quote.id, EXPIRED)


def lost(proposal: Proposal, now: int) -> tuple[HoldLapsed, ...]:
    """
    Returns the places held that are not in a proposal in time, the youngest first.

    In time for an order placed now, for one placed later is due later.
    """
    ends = handover_ends(proposal)
    lapses: list[HoldLapsed] = []
    for quote in reversed(holds(proposal.state, now)):
        if any(drop.id not in ends for drop in quote.held):
            lapses.append(HoldLapsed(now, quote.id, NOBODY))
        elif any(ends[drop.id][0] > due_at(quote, now) for drop in quote.held):
            lapses.append(HoldLapsed(now, quote.id, LATE))
    return tuple(lapses)


def settled(
    dispatcher: Dispatcher, proposal: Proposal, now: int
) -> tuple[tuple[HoldLapsed, ...], Proposal]:
    """
    Returns the places that a proposal does not hold in time any more, and the plan without them.

    One after the other, the youngest first: without it there may be room for the rest. So one that
    would be in time itself goes where that keeps an older one.
    """
    lapses: list[HoldLapsed] = []
    while gone := lost(proposal, now):
        lapse, proposal = _youngest(dispatcher, proposal, gone[0], now)
        lapses.append(lapse)
    return tuple(lapses), proposal


def _youngest(
    dispatcher: Dispatcher, proposal: Proposal, gone: HoldLapsed, now: int
) -> tuple[HoldLapsed, Proposal]:
    """Returns the youngest place without which one that is gone is in time, and the plan then."""
    for quote in reversed(holds(proposal.state, now)):
        if quote.id == gone.quote:
            break
        lapse = HoldLapsed(now, quote.id, LATE)
        without = _without(dispatcher, proposal, lapse, now)
        if gone.quote not in {left.quote for left in lost(without, now)}:
            return lapse, without
    return gone, _without(dispatcher, proposal, gone, now)


def _without(dispatcher: Dispatcher, proposal: Proposal, lapse: HoldLapsed, now: int) -> Proposal:
    state = apply(proposal.state, lapse)
    sequences = sequences_of_solution(proposal.model.problem, proposal.solution.routes)
    return carried(state, dispatcher.model(state, now), sequences)


def taken_over(
    dispatcher: Dispatcher, placed: OrderPlaced, quote: Quote, now: int
) -> Proposal | None:
    """
    Returns the plan in which an order stands where a place was held for its quote.

    None where none is held now, where the goods are ready later than was said, or are not those.
    """
    names = successors(quote, placed.drops)
    if not quote.holds(now) or placed.order.ready_at > quote.ready_at or not names:
        return None
    state = apply(dispatcher.state, placed)
    sequences = renamed(sequences_of_plan(dispatcher.plan), names)
    return carried(state, dispatcher.model(state, now), sequences)


def release_hold(dispatcher: Dispatcher, quote_id: str, now: int) -> Quote:
    """
    Returns the quote, for which nothing is held any more; it may still be used until it expires.

    Raises NotFound for an unknown quote, Conflict for one that is used: then there is an order.
    """
    quote = known_quote(dispatcher.state, quote_id)
    if quote.order is not None:
        raise Conflict(
            f"The quote {quote_id!r} was used for {quote.order}.",
            at="quote_id",
            cure=f"Cancel it with DELETE /v1/orders/{quote.order}.",
            code="quote-used",
            value=quote_id,
        )
    if quote.holds(now):
        dispatcher.handle(now, HoldLapsed(now, quote_id, RELEASED))
    return dispatcher.state.quotes[quote_id]


def known_quote(state: State, quote_id: str) -> Quote:
    """Returns a quote; raises NotFound for an unknown one, or one long forgotten."""
    if quote_id not in state.quotes:
        raise NotFound(
            f"There is no quote {quote_id!r}.",
            at="quote_id",
            cure="Ask for a new quote.",
            code="unknown-quote",
            value=quote_id,
        )
    return state.quotes[quote_id]


def check_may_hold(dispatcher: Dispatcher, principal: str, now: int) -> None:
    """Raises Conflict where as many places are held for a principal as the policy allows."""
    most = dispatcher.policy.holds_per_principal
    held = sum(quote.principal == principal for quote in holds(dispatcher.state, now))
    if held >= most:
        raise Conflict(
            f"{held} places are held for {principal or 'you'}, at most {most} may be.",
            at="reserve",
            cure="Use or give up a quote (DELETE /v1/quotes/{id}), or ask without reserve.",
            code="too-many-holds",
            value=held,
        )
